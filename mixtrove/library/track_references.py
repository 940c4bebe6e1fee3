"""Tracks as another library can find them: by what they were called at a decision, and by their ids.

A track of a line that nobody identified is called by its line; one whose line names no artist or no title by
the place of that line in a mix. Not here: decisions as a file (``correction_files.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track
from mixtrove.library.entries import OF_ENTRY
from mixtrove.library.store import Transaction
from mixtrove.library.track_columns import NAMED
from mixtrove.library.track_identity import PROVISIONAL_PREFIX, track_named
from mixtrove.library.tracks import ExternalId, find_or_create_track, provisional_track
from mixtrove.matching import identity_key

_track = schema.library_track
_known = schema.external_id
_entry = schema.tracklist_entry
_tracklist = schema.tracklist
_merge = schema.merge_log

Edit = tuple[str, Mapping[str, Sequence[Any]]]
"""The id of an edit of a track, and by field what was there and what was set."""


def reference(connection: sa.Connection, row: Mapping[Any, Any]) -> dict[str, Any]:
    """A track as it is now."""
    ids = connection.execute(
        sa.select(_known.c.provider, _known.c.external_id)
        .where(_known.c.library_track_id == row["id"])
        .order_by(_known.c.provider, _known.c.external_id)
    )
    names = ("identity_key", "disambiguator", *NAMED, "label", "catalog_number")
    found = {**{name: row[name] for name in names}, "external_ids": [list(one) for one in ids]}
    return found | _place(connection, row)


def reference_then(
    connection: sa.Connection, then: Mapping[str, Any], track_id: str, edits: Sequence[Edit], decision_id: str
) -> dict[str, Any]:
    """A track as it was called at a decision, had there been no edits but those that hold.

    Args:
        connection: an open connection.
        then: the reference that was kept with the decision.
        track_id: the track, which may be part of another one now.
        edits: those of the track that hold, the first one first.
        decision_id: of the decision.
    """
    row = connection.execute(sa.select(_track).where(_track.c.id == track_id)).mappings().one_or_none()
    now: Mapping[Any, Any] | None = row
    if now is None:
        merge = sa.select(_merge.c.before).where(_merge.c.merged_id == track_id, _merge.c.undone_at.is_(None))
        before = connection.execute(merge.order_by(_merge.c.id.desc()).limit(1)).scalar()
        now = before["track"] if before else None
    if now is None or now["provisional"]:
        return dict(then) if now is None else {**then, **_place(connection, now)}
    names = {name: now[name] for name in NAMED}
    for edit_id, changes in reversed(edits):
        if edit_id >= decision_id:
            names |= {name: before for name, (before, _) in changes.items() if name in NAMED}
    return renamed({**then, "disambiguator": now["disambiguator"]}, names)


def renamed(ref: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """A reference with other names."""
    whole = {**ref, **names}
    return {**whole, "identity_key": identity_key(_credit(whole))}


def track_of(tx: Transaction, ref: Mapping[str, Any]) -> str:
    """The track that a reference names, in this library: by name, else by id, else it is added.

    Raises:
        BadInput: it stands for a line that is in no mix here.
    """
    if ref["identity_key"].startswith(PROVISIONAL_PREFIX):
        line_key = ref["identity_key"].removeprefix(PROVISIONAL_PREFIX)
        if line_key.startswith(OF_ENTRY):
            line_key = key_at(tx, ref["place"])
        return provisional_track(tx, _credit(ref), filed_under=line_key)
    found = track_named(tx.connection, ref["identity_key"], ref["disambiguator"])
    if found is not None:
        return str(found["id"])
    ids = [ExternalId(provider, number) for provider, number in ref["external_ids"]]
    return find_or_create_track(tx, _credit(ref), external_ids=ids, disambiguator=ref["disambiguator"])


def place_of(connection: sa.Connection, entry_id: str) -> dict[str, Any] | None:
    """Where an entry is: its mix, its place there and what it says; None when it is gone."""
    row = connection.execute(
        sa.select(
            _entry.c.position, _entry.c.component, _entry.c.raw_line,
            _tracklist.c.source_url, _tracklist.c.mix_key, _tracklist.c.content_hash,
        )
        .join(_tracklist, _tracklist.c.id == _entry.c.tracklist_id)
        .where(_entry.c.id == entry_id)
    ).mappings().one_or_none()  # fmt: skip
    return None if row is None else dict(row)


def key_at(tx: Transaction, place: Mapping[str, Any] | None) -> str:
    """The line key of the entry at a place of a mix.

    Raises:
        BadInput: there is none here.
    """
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
    return f"{OF_ENTRY}{entry_id}"


def _place(connection: sa.Connection, row: Mapping[Any, Any]) -> dict[str, Any]:
    of_line = PROVISIONAL_PREFIX + OF_ENTRY
    if not row["identity_key"].startswith(of_line):
        return {}
    return {"place": place_of(connection, row["identity_key"].removeprefix(of_line))}


def _credit(ref: Mapping[str, Any]) -> Any:
    plain: Any = {**ref, "isrcs": [], "release_date": None, "duration": None}
    return credit_of_track(plain)
