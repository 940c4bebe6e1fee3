"""The entries of a tracklist: made from lines, and carried over to the next version of the tracklist.

An entry that still says the same keeps its id, its status, its play and its candidates, wherever it moved.
One that says something else now is pending again; a play of a provisional track stays on it until the new
line is decided, so that wants of an ID that was filled in move along.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.alignment import Pair, Said, align
from mixtrove.library.credits import credit_of_entry, entry_columns, shown
from mixtrove.library.deletion import chunks, delete_rows, ids_where
from mixtrove.library.derived import refresh_derived, remove_orphans
from mixtrove.library.outbox import emit_all
from mixtrove.library.store import Transaction, new_id
from mixtrove.matching import Credit, line_key
from mixtrove.matching.credit import is_unknown
from mixtrove.tracklists.model import Component, Line, Tracklist

_entry = schema.tracklist_entry
_discovery = schema.track_discovery
UNKNOWN_TRACK = "unknown track (ID)"
"""Why an entry is skipped that names nothing."""

NOT_A_TRACK = "not a track"
"""How the reason begins why an entry is skipped that a person said is none."""

OF_ENTRY = "entry:"
"""Before the id of an entry in the line key of one that names no artist or no title."""

ID_NAMED = "id.named"
"""The event that a tracklist says now what an ID, or what was not released yet, is."""

_WRITTEN = [column.name for column in _entry.c if column.name not in ("id", "tracklist_id", "revision")]
_PLACE = ("position", "component", "line_no", "raw_line")


def new_entry(tx: Transaction, tracklist_id: str, line: Line, component: Component) -> dict[str, Any]:
    """The row of an entry that was not there before."""
    entry_id = new_id()
    return {
        "id": entry_id,
        "tracklist_id": tracklist_id,
        **_content(line, component),
        **_decision(entry_id, line, component),
        "catalogue": None,
        "revision": tx.revision,
    }


def update_entries(tx: Transaction, tracklist_id: str, tracklist: Tracklist) -> list[str]:
    """Make the entries those of the new version; returns what changed, in sentences."""
    rows = tx.connection.execute(
        sa.select(_entry)
        .where(_entry.c.tracklist_id == tracklist_id)
        .order_by(_entry.c.position, _entry.c.component)
    ).mappings()
    old = [list(group) for _, group in groupby(rows, key=lambda row: row["position"])]
    new = [line for line in tracklist.entries if line.components]
    pairs = align([_old_said(group) for group in old], [_said(line) for line in new])

    kept: list[tuple[sa.RowMapping, Line, Component]] = []
    gone = [row for i in _unpaired(old, [pair.old for pair in pairs]) for row in old[i]]
    come = [(new[j], one) for j in _unpaired(new, [pair.new for pair in pairs]) for one in new[j].components]
    for pair in pairs:
        before = {row["component"]: row for row in old[pair.old]}
        for one in new[pair.new].components:
            row = before.pop(one.component, None)
            if row is None:
                come.append((new[pair.new], one))
            else:
                kept.append((row, new[pair.new], one))
        gone += before.values()

    touched = _remove(tx, [row["id"] for row in gone])
    touched |= _carry_over(tx, kept)
    if come:
        tx.connection.execute(
            sa.insert(_entry), [new_entry(tx, tracklist_id, line, one) for line, one in come]
        )
    refresh_derived(tx, touched)
    remove_orphans(tx, touched)
    return _sentences(old, new, pairs)


def delete_entries(tx: Transaction, entry_ids: Sequence[str]) -> None:
    """Delete entries with their plays; tracks that were heard there are brought up to date."""
    touched = _remove(tx, entry_ids)
    refresh_derived(tx, touched)
    remove_orphans(tx, touched)


def wholly_unknown(credit: Credit) -> bool:
    """Whether there is nothing to look up: neither artist, remixer nor title is known."""
    return not credit.artists and not credit.remixers and is_unknown(credit.title)


def _content(line: Line, component: Component) -> dict[str, Any]:
    return {
        "position": line.position,
        "component": component.component,
        "line_no": line.line_no,
        "cue_seconds": line.cue_seconds,
        "raw_line": line.raw,
        **entry_columns(component.credit),
        "is_id": component.is_id,
        "unreleased": component.unreleased,
        "layered": component.layered,
        "mashup": component.mashup,
    }


def _decision(entry_id: str, line: Line, component: Component) -> dict[str, Any]:
    """Where corrections of the entry are filed, and its status before anything was looked up.

    A line without artist or title is filed under its entry: two unknown tracks are not the same track.
    """
    credit = component.credit
    skipped = line.kind == "id" or wholly_unknown(credit)
    return {
        "line_key": f"{OF_ENTRY}{entry_id}" if credit.unknown else line_key(credit),
        "status": "skipped" if skipped else "pending",
        "skip_reason": (line.skip_reason or UNKNOWN_TRACK) if skipped else None,
    }


def _said(line: Line) -> Said:
    keys = tuple(line_key(one.credit) for one in line.components)
    return Said(" ".join(line.raw.split()), keys, line.cue_seconds)


def _old_said(rows: Sequence[sa.RowMapping]) -> Said:
    keys = tuple(line_key(credit_of_entry(row)) for row in rows)
    return Said(" ".join(rows[0]["raw_line"].split()), keys, rows[0]["cue_seconds"])


def _unpaired(lines: Sequence[object], paired: Sequence[int]) -> list[int]:
    return sorted(set(range(len(lines))) - set(paired))


def _remove(tx: Transaction, entry_ids: Sequence[str]) -> set[str]:
    """Delete entries and their plays; returns the tracks that were played."""
    touched = _remove_plays(tx, entry_ids)
    delete_rows(tx, _entry, entry_ids)
    return touched


def _remove_plays(tx: Transaction, entry_ids: Sequence[str]) -> set[str]:
    touched: set[str] = set()
    for some in chunks(entry_ids):
        touched.update(
            tx.connection.execute(
                sa.select(_discovery.c.library_track_id).where(
                    _discovery.c.entry_id.in_(some), _discovery.c.library_track_id.is_not(None)
                )
            ).scalars()
        )
    delete_rows(tx, _discovery, ids_where(tx, _discovery, "entry_id", entry_ids))
    return touched


def _carry_over(tx: Transaction, kept: Sequence[tuple[sa.RowMapping, Line, Component]]) -> set[str]:
    """Write what is new about entries that stay; returns tracks that lost a play."""
    moving: list[str] = []
    writes: list[dict[str, Any]] = []
    fresh: list[str] = []
    forget: list[str] = []  # plays that hold no more: the line says another track now, or none
    said = _said_by_people(tx, [f"{OF_ENTRY}{row['id']}" for row, _, _ in kept])
    for row, line, component in kept:
        values = _content(line, component)
        keys = line_key(credit_of_entry(row)), line_key(component.credit)
        if keys[0] != keys[1] or row["is_id"] != component.is_id:
            values |= {**_decision(row["id"], line, component), "catalogue": None}
            if values["line_key"] in said:  # a person said what is played there
                values |= {"status": "pending", "skip_reason": None}
            fresh.append(row["id"])
            if row["status"] == "identified" or values["status"] == "skipped":
                forget.append(row["id"])
        if any(row[name] != value for name, value in values.items()):
            # without "revision": a parameter of that name would win over the new one
            writes.append({name: ({**row, **values})[name] for name in _WRITTEN} | {"b_id": row["id"]})
        if row["position"] != line.position:
            moving.append(row["id"])
    touched = _remove_plays(tx, forget)
    emit_all(tx, ID_NAMED, [_named(*one) for one in kept if _says_a_name(one[0], one[2])])
    for some in chunks(fresh):
        tx.connection.execute(
            sa.delete(schema.entry_candidate).where(schema.entry_candidate.c.entry_id.in_(some))
        )
    # Positions are unique: first all that move step aside, then each takes its new one.
    for some in chunks(moving):
        tx.connection.execute(
            sa.update(_entry).where(_entry.c.id.in_(some)).values(position=-_entry.c.position)
        )
        tx.connection.execute(
            sa.update(_discovery)
            .where(_discovery.c.entry_id.in_(some))
            .values(track_position=-_discovery.c.track_position, revision=tx.revision)
        )
    if writes:
        tx.connection.execute(
            sa.update(_entry)
            .where(_entry.c.id == sa.bindparam("b_id"))
            .values(
                **{name: sa.bindparam(name, type_=_entry.c[name].type) for name in _WRITTEN},
                revision=tx.revision,
            ),
            writes,
        )
    for some in chunks(moving):
        place = sa.select(_entry.c.position).where(_entry.c.id == _discovery.c.entry_id)
        tx.connection.execute(
            sa.update(_discovery)
            .where(_discovery.c.entry_id.in_(some))
            .values(track_position=place.scalar_subquery())
        )
    return touched


def _says_a_name(row: sa.RowMapping, component: Component) -> bool:
    """Whether a line that named no track, or one that was not released yet, names another one now."""
    if component.is_id or component.credit.unknown:
        return False
    return bool(row["is_id"]) or (
        bool(row["unreleased"]) and line_key(credit_of_entry(row)) != line_key(component.credit)
    )


def _named(row: sa.RowMapping, line: Line, component: Component) -> tuple[str, dict[str, Any]]:
    payload = {
        "entry_id": row["id"], "tracklist_id": row["tracklist_id"], "position": line.position,
        "was": shown(credit_of_entry(row)), "is": shown(component.credit),
    }  # fmt: skip
    return row["id"], payload


def _said_by_people(tx: Transaction, line_keys: Sequence[str]) -> set[str]:
    """Those of the line keys that a decision of a person holds for."""
    correction = schema.correction
    found: set[str] = set()
    for some in chunks(line_keys):
        query = sa.select(correction.c.line_key).where(
            correction.c.line_key.in_(some), correction.c.undone_at.is_(None)
        )
        found.update(tx.connection.execute(query).scalars())
    return found


def _sentences(
    old: Sequence[Sequence[sa.RowMapping]], new: Sequence[Line], pairs: Sequence[Pair]
) -> list[str]:
    said: list[tuple[int, str]] = []
    stayed = _longest_rise([pair.old for pair in pairs])
    for pair in pairs:
        group, line = old[pair.old], new[pair.new]
        before = " / ".join(shown(credit_of_entry(row)) for row in group)
        after = " / ".join(shown(one.credit) for one in line.components)
        position = line.position or 0
        if pair.how == "replaced":
            said.append((position, f"line {position}: {before} → {after}"))
        elif pair.old not in stayed:
            said.append((position, f"line {position}: {after} moved here from line {group[0]['position']}"))
        elif details := _details(group, line):
            said.append((position, f"line {position}: {after}: {details} changed"))
    for i in _unpaired(old, [pair.old for pair in pairs]):
        position = old[i][0]["position"]
        before = " / ".join(shown(credit_of_entry(row)) for row in old[i])
        said.append((position, f"line {position}: {before} was removed"))
    for j in _unpaired(new, [pair.new for pair in pairs]):
        position = new[j].position or 0
        after = " / ".join(shown(one.credit) for one in new[j].components)
        said.append((position, f"line {position}: {after} was added"))
    return [sentence for _, sentence in sorted(said)] or ["the lines are written differently"]


def _details(group: Sequence[sa.RowMapping], line: Line) -> str:
    names = [
        name.replace("_", " ")
        for row, one in zip(group, line.components, strict=True)
        for name, value in _content(line, one).items()
        if name not in _PLACE and row[name] != value
    ]
    return ", ".join(dict.fromkeys(names))


def _longest_rise(values: Sequence[int]) -> set[int]:
    """The values of a longest increasing subsequence: the lines that did not move."""
    ends: list[int] = []
    chains: list[list[int]] = []
    for value in values:
        at = bisect_left(ends, value)
        chain = [*(chains[at - 1] if at else []), value]
        ends[at : at + 1] = [value]
        chains[at : at + 1] = [chain]
    return set(chains[-1]) if chains else set()
