"""Importing a tracklist: a new mix, one that is known already, or a new version of one.

A mix is the same when ``source_url`` agrees, or DJ, title and date, or when the lines are equal and
nothing that is known about the two disagrees. Importing equal content again changes nothing. An update keeps
the entries of lines that still say the same, with their plays and decisions, wherever they moved.

Listing, editing, deleting and exporting are ``tracklist_records.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.entries import new_entry, update_entries
from mixtrove.library.lookup import short_id
from mixtrove.library.store import Store, Transaction, new_id
from mixtrove.matching import line_key, normal_form
from mixtrove.tracklists.model import Line, Tracklist

METADATA = ("title", "dj", "played_on", "source", "source_url")

_tracklist = schema.tracklist
_entry = schema.tracklist_entry


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did."""

    tracklist_id: str
    outcome: Literal["new", "unchanged", "updated"]
    entries: int  # components of lines that stand for something played
    skipped: int  # of these: wholly unknown, there is nothing to look up
    changes: tuple[str, ...] = ()  # sentences, for an update
    twin: str | None = None  # a sentence, when another mix has the very same lines


def import_tracklist(store: Store, tracklist: Tracklist) -> ImportResult:
    """Bring a tracklist that was read into the store.

    Raises:
        StoreUnavailable: nothing was changed.
    """
    with store.write() as tx:
        return import_into(tx, tracklist)


def import_into(tx: Transaction, tracklist: Tracklist) -> ImportResult:
    """Bring a tracklist that was read into the store, with what else this transaction does."""
    known = _same_mix(tx, tracklist)
    return _insert(tx, tracklist) if known is None else _update(tx, known, tracklist)


def content_hash(lines: Sequence[Line]) -> str:
    """SHA-256 over the raw lines, spaces evened out and blank lines left out."""
    texts = (" ".join(line.raw.split()) for line in lines)
    return hashlib.sha256("\n".join(text for text in texts if text).encode()).hexdigest()


def mix_key(values: Any) -> str | None:
    """The key by which DJ, title and date agree; None when one of them is unknown."""
    dj, title = normal_form(values["dj"] or ""), normal_form(values["title"] or "")
    if not (dj and title and values["played_on"]):
        return None
    return f"{dj}|{title}|{values['played_on'].isoformat()}"


def _same_mix(tx: Transaction, tracklist: Tracklist) -> sa.RowMapping | None:
    given = {name: getattr(tracklist, name) for name in METADATA}
    key = mix_key(given)
    wanted = []
    if tracklist.source_url:
        wanted.append(_tracklist.c.source_url == tracklist.source_url)
    if key:
        wanted.append(_tracklist.c.mix_key == key)
    for condition in wanted:
        row = tx.connection.execute(sa.select(_tracklist).where(condition)).mappings().first()
        if row is not None:
            return row
    rows = tx.connection.execute(
        sa.select(_tracklist)
        .where(_tracklist.c.content_hash == content_hash(tracklist.lines))
        .order_by(_tracklist.c.imported_at, _tracklist.c.id)
    ).mappings()
    for row in rows:
        if not any(_disagree(row[name], given[name]) for name in METADATA if name != "source"):
            return row
    return _edited_mix(tx, tracklist, given)


def _edited_mix(tx: Transaction, tracklist: Tracklist, given: dict[str, Any]) -> sa.RowMapping | None:
    """The mix of the same title that most lines are of, when DJ, date or address are not all known.

    12 of the 32 example mixes say no DJ; without this an edit of them would count every play twice.
    """
    if not tracklist.title:
        return None
    new = {line_key(one.credit) for line in tracklist.entries for one in line.components}
    rows = tx.connection.execute(
        sa.select(_tracklist)
        .where(sa.func.lower(_tracklist.c.title) == tracklist.title.lower())
        .order_by(_tracklist.c.imported_at, _tracklist.c.id)
    ).mappings()
    for row in rows:
        if any(_disagree(row[name], given[name]) for name in METADATA if name != "source"):
            continue
        keys = sa.select(_entry.c.line_key).where(_entry.c.tracklist_id == row["id"])
        old = set(tx.connection.execute(keys).scalars())
        if old and new and 2 * len(old & new) >= min(len(old), len(new)):
            return row
    return None


def _disagree(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    if isinstance(left, str):
        return normal_form(left) != normal_form(right)
    return bool(left != right)


def _insert(tx: Transaction, tracklist: Tracklist) -> ImportResult:
    tracklist_id = new_id()
    twin = _twin(tx, tracklist, tracklist_id)
    values = {name: getattr(tracklist, name) or None for name in METADATA}
    digest = content_hash(tracklist.lines)
    tx.connection.execute(
        sa.insert(_tracklist),
        {
            "id": tracklist_id,
            **values,
            "format": tracklist.format,
            "content_hash": digest,
            "mix_key": mix_key(values),
            "version": 1,
            "imported_at": tx.now,
            "updated_at": tx.now,
            "revision": tx.revision,
        },
    )
    _keep_version(tx, tracklist_id, 1, tracklist.lines, ())
    rows = [new_entry(tx, tracklist_id, line, one) for line in tracklist.entries for one in line.components]
    if rows:
        tx.connection.execute(sa.insert(_entry), rows)
    skipped = sum(row["status"] == "skipped" for row in rows)
    return ImportResult(tracklist_id, "new", len(rows), skipped, twin=twin)


def _twin(tx: Transaction, tracklist: Tracklist, new: str) -> str | None:
    """The sentence about a mix with the very same lines that is called, dated or signed otherwise."""
    row = tx.connection.execute(
        sa.select(_tracklist)
        .where(_tracklist.c.content_hash == content_hash(tracklist.lines))
        .order_by(_tracklist.c.imported_at, _tracklist.c.id)
    ).mappings().first()  # fmt: skip
    if row is None:
        return None
    named = ", ".join(str(row[name]) for name in ("dj", "title", "played_on") if row[name]) or "no name"
    first, second = short_id(row["id"]), short_id(new)
    return (
        f"the same lines are mix {first} ({named}) already, and every play counts twice now: if they are "
        f"one, correct that one with `mixtrove tracklist edit {first}` and take this one away with "
        f"`mixtrove tracklist delete {second}`"
    )


def _update(tx: Transaction, known: sa.RowMapping, tracklist: Tracklist) -> ImportResult:
    metadata, changes = _new_metadata(tx, known, tracklist)
    digest = content_hash(tracklist.lines)
    if digest != known["content_hash"]:
        changes += update_entries(tx, known["id"], tracklist)
    if metadata or digest != known["content_hash"]:
        version = known["version"] + 1
        tx.connection.execute(
            sa.update(_tracklist)
            .where(_tracklist.c.id == known["id"])
            .values(
                **metadata,
                content_hash=digest,
                version=version,
                updated_at=tx.now,
                revision=tx.revision,
            )
        )
        _keep_version(tx, known["id"], version, tracklist.lines, changes)
    statuses = tx.connection.execute(
        sa.select(_entry.c.status).where(_entry.c.tracklist_id == known["id"])
    ).scalars().all()  # fmt: skip
    return ImportResult(
        known["id"],
        "updated" if changes else "unchanged",
        len(statuses),
        statuses.count("skipped"),
        tuple(changes),
    )


def _new_metadata(
    tx: Transaction, known: sa.RowMapping, tracklist: Tracklist
) -> tuple[dict[str, Any], list[str]]:
    """Empty fields are filled; a page that changed its title or DJ is followed, a person's edit stays."""
    edited = set(known["edited"] or ())
    followed = bool(tracklist.source_url) and tracklist.source_url == known["source_url"]
    new: dict[str, Any] = {}
    changes: list[str] = []
    for name in METADATA:
        given, present = getattr(tracklist, name), known[name]
        if given is None or given == present or name in edited:
            continue
        if present is None or (followed and name in ("title", "dj", "played_on")):
            new[name] = given
            changes.append(f"{name.replace('_', ' ')}: {present or 'unknown'} → {given}")
    key = mix_key({**known, **new})
    if key != known["mix_key"] and not _taken(tx, known["id"], key):
        new["mix_key"] = key
    return new, changes


def _taken(tx: Transaction, tracklist_id: str, key: str | None) -> bool:
    return bool(
        tx.connection.execute(
            sa.select(sa.literal(1)).where(_tracklist.c.mix_key == key, _tracklist.c.id != tracklist_id)
        ).scalar()
    )


def _keep_version(
    tx: Transaction, tracklist_id: str, version: int, lines: Sequence[Line], changes: Sequence[str]
) -> None:
    tx.connection.execute(
        sa.insert(schema.tracklist_version),
        {
            "id": new_id(),
            "tracklist_id": tracklist_id,
            "version": version,
            "content_hash": content_hash(lines),
            "imported_at": tx.now,
            "lines": [line.raw for line in lines],
            "changes": list(changes),
        },
    )
