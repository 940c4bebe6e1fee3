"""Wants as people see them: listed, chosen by what they are for, with what became of each.

Reading only; changing them is ``wants.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.lookup import contains_words, spellings
from mixtrove.library.want_rows import no_such_want

_want = schema.want
_track = schema.library_track


@dataclass(frozen=True, slots=True)
class WantRecord:
    """A want with the track it is for."""

    id: str
    library_track_id: str
    artist: str
    title: str
    remix: str | None
    label: str | None
    catalog_number: str | None
    provisional: bool
    heard: int  # plays in all mixes
    owned: bool  # a file of the collection is this track
    cut: str | None
    priority: int  # 1 to 5, 5 is most wanted
    status: str
    added_at: datetime
    purchased_at: datetime | None
    purchase_price: Decimal | None
    currency: str | None
    store: str | None
    notes: str | None
    source_tracklist_id: str | None
    version: int


@dataclass(frozen=True, slots=True)
class WantChange:
    """A change of a want's status or priority; the first one is that it was added."""

    at: datetime
    by: str  # a user, rule:NAME, or merge
    old_status: str | None
    new_status: str
    old_priority: int | None
    new_priority: int


@dataclass(frozen=True, slots=True)
class WantFilter:
    """Which wants of a user are meant; all of them by default. Every field that is set must hold."""

    status: str | None = None
    min_priority: int = 1
    search: str | None = None  # words that occur in artist, title, version, label or notes
    dj: str | None = None  # heard in a mix of this DJ, in any spelling of the same normal form
    label: str | None = None  # on this label, likewise
    added_after: date | None = None  # on the list since this day (UTC) or later


EVERYTHING = WantFilter()

Place = tuple[int, int, datetime, str]
"""Where a want stands in the list: priority, plays, when it was added, id."""


def list_wants(
    connection: sa.Connection,
    user: str,
    which: WantFilter = EVERYTHING,
    *,
    after: Place | None = None,
    limit: int | None = None,
) -> list[WantRecord]:
    """A user's wants, the most wanted first, then the most heard.

    Args:
        connection: an open connection.
        user: whose.
        which: the wants that are meant.
        after: only those behind this place.
        limit: at most so many.
    """
    query = _records().where(*_conditions(connection, user, which))
    heard = _track.c.discovery_count
    if after is not None:
        later = sa.tuple_(_want.c.added_at, _want.c.id) > sa.tuple_(
            sa.literal(after[2], _want.c.added_at.type), sa.literal(after[3])
        )
        query = query.where(
            _want.c.priority <= after[0],
            (_want.c.priority < after[0]) | (heard < after[1]) | ((heard == after[1]) & later),
        )
    query = query.order_by(_want.c.priority.desc(), heard.desc(), _want.c.added_at, _want.c.id)
    return [_record(row) for row in connection.execute(query.limit(limit)).mappings()]


def place_of(want: WantRecord) -> Place:
    """Where a want stands in the list, for the page that begins behind it."""
    return want.priority, want.heard, want.added_at, want.id


def count_wants(connection: sa.Connection, user: str, which: WantFilter = EVERYTHING) -> int:
    """How many wants of a user these are."""
    query = sa.select(sa.func.count()).select_from(
        _want.join(_track, _track.c.id == _want.c.library_track_id)
    )
    return connection.execute(query.where(*_conditions(connection, user, which))).scalar_one()


def _conditions(connection: sa.Connection, user: str, which: WantFilter) -> list[sa.ColumnElement[bool]]:
    """What must hold of a want and its track."""
    held = [_want.c.user == user]
    if which.min_priority > 1:
        held.append(_want.c.priority >= which.min_priority)
    if which.status:
        held.append(_want.c.status == which.status)
    if which.search:
        named = (_track.c.artist, _track.c.title, _track.c.remix, _track.c.label, _want.c.notes)
        held.append(contains_words(named, which.search))
    if which.label:
        held.append(_track.c.label.in_(spellings(connection, _track.c.label, [which.label])))
    if which.added_after is not None:
        held.append(_want.c.added_at >= datetime.combine(which.added_after, time(), UTC))
    if which.dj:
        tracklist, play = schema.tracklist, schema.track_discovery
        names = spellings(connection, tracklist.c.dj, [which.dj])
        held.append(
            sa.exists().where(
                play.c.library_track_id == _track.c.id,
                tracklist.c.id == play.c.tracklist_id,
                tracklist.c.dj.in_(names),
            )
        )
    return held


def get_want(connection: sa.Connection, want_id: str) -> WantRecord:
    """One want; see ``get_wants``."""
    return get_wants(connection, [want_id])[0]


def get_wants(connection: sa.Connection, want_ids: Sequence[str]) -> list[WantRecord]:
    """Wants by id, each once, in order.

    Raises:
        BadInput: there is none with one of the ids.
    """
    found = {
        row["id"]: _record(row)
        for some in chunks(want_ids)
        for row in connection.execute(_records().where(_want.c.id.in_(some))).mappings()
    }
    for want_id in want_ids:
        if want_id not in found:
            raise no_such_want(want_id)
    return [found[want_id] for want_id in dict.fromkeys(want_ids)]


def want_of_track(connection: sa.Connection, track_id: str, user: str) -> str | None:
    """The id of a user's want of a track, of which there is at most one."""
    want = schema.want
    query = sa.select(want.c.id).where(want.c.library_track_id == track_id, want.c.user == user)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def want_owners(connection: sa.Connection, want_ids: Collection[str]) -> dict[str, str]:
    """By want, whose it is; ids of no want are absent."""
    return {
        row.id: row.user
        for some in chunks(want_ids)
        for row in connection.execute(sa.select(_want.c.id, _want.c.user).where(_want.c.id.in_(some)))
    }


def want_history(connection: sa.Connection, want_id: str) -> list[WantChange]:
    """What became of a want, the first change first."""
    event = schema.want_event
    names = [field.name for field in fields(WantChange)]
    rows = connection.execute(
        sa.select(*(event.c[name] for name in names)).where(event.c.want_id == want_id).order_by(event.c.id)
    )
    return [WantChange(*row) for row in rows]


def mix_of(connection: sa.Connection, want: WantRecord) -> str | None:
    """The mix that a want is from, for people: DJ, title and day; None when it is not known."""
    table = schema.tracklist
    row = connection.execute(
        sa.select(table.c.dj, table.c.title, table.c.played_on).where(table.c.id == want.source_tracklist_id)
    ).first()
    return row and (" · ".join(str(part) for part in row if part) or want.source_tracklist_id)


def _records() -> sa.Select[Any]:
    owned = sa.exists().where(schema.owned_track.c.library_track_id == _want.c.library_track_id)
    return sa.select(
        _want,
        _track.c.artist,
        _track.c.title,
        _track.c.remix,
        _track.c.label,
        _track.c.catalog_number,
        _track.c.provisional,
        _track.c.discovery_count.label("heard"),
        owned.label("owned"),
    ).join(_track, _track.c.id == _want.c.library_track_id)


def _record(row: sa.RowMapping) -> WantRecord:
    return WantRecord(**{field.name: row[field.name] for field in fields(WantRecord)})
