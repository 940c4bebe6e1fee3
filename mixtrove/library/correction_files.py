"""Corrections as a file: every decision that holds, one JSON object a line, and back into any library.

Tracks are named by what they are called and by their ids elsewhere, so that a library that never saw them can
follow: replayed on an empty one, before or after the same tracklists came in, they give the same decisions.
Decisions about tracks are replayed first, in their order, then other names of artists, then lines.

A line without artist or title has no name of its own: it is the line at this place of this mix, and its
tracklist has to be there first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.aliases import add_alias
from mixtrove.library.corrections import BY_NAME
from mixtrove.library.line_decisions import file_decision
from mixtrove.library.store import Store, Transaction
from mixtrove.library.track_corrections import edit_track, keep_apart, merge_by_person, reference, track_of
from mixtrove.library.track_identity import track_named

FORM = 1
"""The number of this form of file, in every line."""

LONGEST = 36
"""Letters of an id; of the name of a person too."""

_ENTRY = "entry:"
_LINE_KINDS = ("assign", "reject", "is_id", "unreleased", "not_a_track")
_correction = schema.correction
_entry = schema.tracklist_entry
_tracklist = schema.tracklist
_track = schema.library_track


@dataclass(frozen=True, slots=True)
class CorrectionImport:
    """What an import of corrections did."""

    read: int
    taken: int
    known: int  # were here already
    refused: tuple[str, ...]  # sentences: those that could not be followed


def export_corrections(connection: sa.Connection) -> Iterator[str]:
    """The decisions that hold, a line of JSON each: about tracks, then names of artists, then lines."""
    rows = (
        connection.execute(
            sa.select(_correction).where(_correction.c.undone_at.is_(None)).order_by(_correction.c.id)
        )
        .mappings()
        .all()
    )
    for row in rows:
        if row["line_key"] is None:
            yield _line({**_head(row), **_about_track(row)})
    alias = schema.artist_alias
    for one in connection.execute(
        sa.select(alias).where(alias.c.source == "person").order_by(alias.c.at, alias.c.name)
    ):
        names = {"kind": "alias", "name": one.name, "alias": one.alias}
        yield _line({**names, "by": one.by, "at": one.at.isoformat()})
    for row in rows:
        if row["line_key"] is not None:
            yield _line({**_head(row), **_about_line(connection, row)})


def import_corrections(store: Store, data: bytes, name: str) -> CorrectionImport:
    """Follow the decisions of a file; what is here already stays as it is. All in one transaction.

    Args:
        store: the store.
        data: the bytes of the file.
        name: its name, for messages.

    Raises:
        BadInput: it is no such file; nothing was taken over.
    """
    decisions = list(_read(data, name))
    taken = known = 0
    refused: list[str] = []
    with store.write() as tx:
        here = set(tx.connection.execute(sa.select(_correction.c.id)).scalars())
        for place, one in decisions:
            if one.get("id") in here:
                known += 1
                continue
            _ = tx.revision  # outside the savepoint: what is rolled back must not take the number along
            try:
                with tx.connection.begin_nested():
                    new = _follow(tx, one)
            except BadInput as error:
                refused.append(f"{place}: {error}")
                continue
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise BadInput(
                    f"{place}: no decision as `mixtrove corrections export` writes it ({error!r}); nothing "
                    "was taken over"
                ) from error
            taken, known = taken + new, known + (not new)
    return CorrectionImport(len(decisions), taken, known, tuple(refused))


def _follow(tx: Transaction, one: Mapping[str, Any]) -> bool:
    """Follow one decision; false when it was here already."""
    kind, by, at = one["kind"], _short(one["by"]), datetime.fromisoformat(one["at"])
    if at.tzinfo is None:
        raise ValueError(f"{one['at']} has no time zone")
    if kind == "alias":
        return add_alias(tx, one["name"], one["alias"], by=by, at=at) is not None
    given: Any = {"by": by, "at": at, "correction_id": _short(one["id"]), "batch_id": one.get("batch_id")}
    if kind == "edit":
        track_id = _edited(tx, one)
        edit_track(tx, track_id, {name: new for name, (_, new) in one["changes"].items()}, **given)
    elif kind == "merge":
        ids = [track_of(tx, one[end]) for end in ("kept", "merged")]
        if ids[0] == ids[1]:
            return False
        merge_by_person(tx, kept=ids[0], merged=ids[1], **given)
    elif kind == "apart":
        first, second = (track_of(tx, ref) for ref in one["tracks"])
        keep_apart(tx, first, second, **given)
    elif kind in _LINE_KINDS:
        track = track_of(tx, one["track"]) if kind == "assign" else None
        key = one["line_key"] if "line_key" in one else _key_at(tx, one["place"])
        file_decision(tx, kind, key, track=track, rejected=one.get("rejected", ()), **given)
    else:
        raise BadInput(f"{kind!r} is no kind of decision that this version of mixtrove knows")
    return True


def _short(text: str) -> str:
    if not 0 < len(text) <= LONGEST:
        raise ValueError(f"{text[:50]!r} is no id or name")
    return text


def _edited(tx: Transaction, one: Mapping[str, Any]) -> str:
    """The track of an edit: by its name before, else by the name that the edit gives it, else added."""
    ref = one["track"]
    if track_named(tx.connection, ref["identity_key"], ref["disambiguator"]) is None:
        renamed = track_named(tx.connection, one["after"], ref["disambiguator"])
        if renamed is not None:
            return str(renamed["id"])
    return track_of(tx, ref)


def _head(row: sa.RowMapping) -> dict[str, Any]:
    head = {"kind": row["kind"], "id": row["id"], "by": row["decided_by"]}
    more = {"batch_id": row["batch_id"]} if row["batch_id"] else {}
    return {**head, "at": row["decided_at"].isoformat(), **more}


def _about_track(row: sa.RowMapping) -> dict[str, Any]:
    wanted = {
        "edit": ("track", "changes", "after"), "merge": ("kept", "merged"), "apart": ("tracks",),
    }  # fmt: skip
    return {name: row["payload"][name] for name in wanted[row["kind"]]}


def _about_line(connection: sa.Connection, row: sa.RowMapping) -> dict[str, Any]:
    said: dict[str, Any] = {}
    key = row["line_key"]
    if key.startswith(_ENTRY):
        said["place"] = _place_of(connection, key.removeprefix(_ENTRY))
    else:
        said["line_key"] = key
    if row["kind"] == "assign":
        track = connection.execute(
            sa.select(_track).where(_track.c.id == row["library_track_id"])
        ).mappings().one()  # fmt: skip
        said["track"] = reference(connection, track)
    rejected = [one for one in row["payload"].get("rejected", ()) if one["source"] != "library"]
    for one in row["payload"].get("rejected", ()):
        if one["source"] == "library":
            named = connection.execute(
                sa.select(_track.c.identity_key).where(_track.c.id == one["candidate_id"])
            ).scalar()
            by_name = {"source": BY_NAME, "candidate_id": named}
            if named is not None and by_name not in rejected:
                rejected.append(by_name)
    return said | ({"rejected": rejected} if rejected else {})


def _place_of(connection: sa.Connection, entry_id: str) -> dict[str, Any] | None:
    row = connection.execute(
        sa.select(
            _entry.c.position, _entry.c.component, _entry.c.raw_line,
            _tracklist.c.source_url, _tracklist.c.mix_key, _tracklist.c.content_hash,
        )
        .join(_tracklist, _tracklist.c.id == _entry.c.tracklist_id)
        .where(_entry.c.id == entry_id)
    ).mappings().one_or_none()  # fmt: skip
    return None if row is None else dict(row)


def _key_at(tx: Transaction, place: Mapping[str, Any] | None) -> str:
    """The line key of the entry at a place of a mix."""
    if place is None:
        raise BadInput("it is about a line that was deleted")
    same = [
        _tracklist.c[name] == place[name]
        for name in ("source_url", "mix_key", "content_hash")
        if place[name] is not None
    ]
    entry_id = tx.connection.execute(
        sa.select(_entry.c.id)
        .join(_tracklist, _tracklist.c.id == _entry.c.tracklist_id)
        .where(
            sa.or_(*same),
            _entry.c.position == place["position"],
            _entry.c.component == place["component"],
            _entry.c.raw_line == place["raw_line"],
        )
        .order_by(_entry.c.id)
        .limit(1)
    ).scalar()
    if entry_id is None:
        raise BadInput(
            f"its line {place['raw_line']!r} is in no mix here: import that tracklist first and repeat the "
            "import"
        )
    return f"{_ENTRY}{entry_id}"


def _read(data: bytes, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, raw in enumerate(data.splitlines(), 1):
        if not raw.strip():
            continue
        place = f"{name}, line {number}"
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"{place}: no JSON ({error}); nothing was taken over") from error
        if not isinstance(value, dict) or value.get("form") != FORM or "kind" not in value:
            raise BadInput(
                f"{place}: no decision of form {FORM}, as `mixtrove corrections export` writes it; nothing "
                "was taken over"
            )
        yield place, value


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps({"form": FORM, **value}, ensure_ascii=False, sort_keys=True) + "\n"
