"""Corrections as people see them: what was decided about lines and tracks, in words, the last first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track, shown

_correction = schema.correction
_entry = schema.tracklist_entry
_track = schema.library_track
_SAID = {
    "reject": "is none of what was offered",
    "is_id": "is an ID nobody knows",
    "unreleased": "is not released yet",
    "not_a_track": "is not a track",
}


@dataclass(frozen=True, slots=True)
class CorrectionRecord:
    """A decision of a person."""

    id: str
    kind: str  # assign, reject, is_id, unreleased, not_a_track, edit, merge or apart
    about: str | None  # the line, or the track, as people read it
    what: str  # what was decided, in words
    library_track_id: str | None
    decided_by: str
    decided_at: datetime
    undone_at: datetime | None
    batch_id: str | None  # of the command that it was decided with


@dataclass(frozen=True, slots=True)
class CorrectionFilter:
    """Which corrections are meant; all that hold by default."""

    kinds: Collection[str] = ()  # all when empty
    track_id: str | None = None  # those about this track, or that say that a line is it
    batch_id: str | None = None  # those of one command
    undone: bool = False  # also those that were taken back


def list_corrections(
    connection: sa.Connection, which: CorrectionFilter, *, limit: int | None = None
) -> list[CorrectionRecord]:
    """Corrections, the last first."""
    query = _matching(which).order_by(_correction.c.id.desc()).limit(limit)
    return [_record(row) for row in connection.execute(query).mappings()]


def count_corrections(connection: sa.Connection, which: CorrectionFilter) -> int:
    """How many corrections these are."""
    found = _matching(which).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(found)).scalar_one()


def holding_decision(connection: sa.Connection, line_key: str) -> CorrectionRecord | None:
    """The decision that says what a line is, or else the last that says what it is not; None: nobody did."""
    query = _matching(CorrectionFilter()).where(_correction.c.line_key == line_key)
    rows = connection.execute(query.order_by(_correction.c.kind == "reject", _correction.c.id.desc()))
    row = rows.mappings().first()
    return None if row is None else _record(row)


def _matching(which: CorrectionFilter) -> sa.Select[Any]:
    first = (
        sa.select(_entry.c.raw_line)
        .where(_entry.c.line_key == _correction.c.line_key)
        .order_by(_entry.c.id)
        .limit(1)
        .scalar_subquery()
    )
    names = ("artist", "title", "remix", "label", "catalog_number", "duration", "isrcs", "release_date")
    query = sa.select(
        _correction, first.label("line"), *(_track.c[name].label(f"track_{name}") for name in names)
    ).outerjoin(_track, _track.c.id == _correction.c.library_track_id)
    if which.kinds:
        query = query.where(_correction.c.kind.in_(which.kinds))
    if which.track_id is not None:
        query = query.where(_correction.c.library_track_id == which.track_id)
    if which.batch_id is not None:
        query = query.where(_correction.c.batch_id == which.batch_id)
    return query if which.undone else query.where(_correction.c.undone_at.is_(None))


def _record(row: sa.RowMapping) -> CorrectionRecord:
    track = None
    if row["track_title"] is not None:
        values: Any = {name[6:]: value for name, value in row.items() if name.startswith("track_")}
        track = shown(credit_of_track(values))
    return CorrectionRecord(
        id=row["id"],
        kind=row["kind"],
        about=row["line"] if row["line_key"] is not None else track,
        what=_in_words(row["kind"], row["payload"], track),
        library_track_id=row["library_track_id"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        undone_at=row["undone_at"],
        batch_id=row["batch_id"],
    )


def _in_words(kind: str, payload: Mapping[str, Any], track: str | None) -> str:
    if kind == "assign":
        return f"is {track}"
    if kind == "edit":
        changes = payload["changes"].items()
        return ", ".join(f"{name}: {old or '(empty)'} → {new or '(empty)'}" for name, (old, new) in changes)
    if kind == "merge":
        return f"took in {_named(payload['merged'])}"
    if kind == "apart":
        return " is not ".join(_named(one) for one in payload["tracks"])
    return _SAID[kind]


def _named(ref: Mapping[str, Any]) -> str:
    return f"{ref['artist']} - {ref['title']}" + (f" ({ref['remix']})" if ref["remix"] else "")
