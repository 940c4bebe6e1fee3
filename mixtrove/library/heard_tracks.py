"""The tracks of the library as want rules look at them: in whose mixes they were heard, label, genre, owned.

Not here: what a rule says of them (``want_rule.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.lookup import spellings
from mixtrove.library.owned import owned_tracks
from mixtrove.library.track_columns import PERSON
from mixtrove.library.track_records import is_live
from mixtrove.library.want_rule import HeardTrack

_track = schema.library_track
_play = schema.track_discovery
_tracklist = schema.tracklist
_attribute = schema.track_attribute
_mixes = sa.func.count(sa.distinct(_play.c.tracklist_id))

_SHARE = 5_000
"""Rows that are fetched at a time."""


def heard_tracks(
    connection: sa.Connection, *, least: int, djs: Collection[str], genres: bool
) -> Iterator[HeardTrack]:
    """The tracks that were heard in so many mixes at least.

    Args:
        connection: an open connection; it is read from while the tracks are taken.
        least: in so many mixes.
        djs: whose mixes are to be told apart; those of all others are counted together, as nobody's.
        genres: whether genres are needed.
    """
    by_dj = _by_dj(connection, djs)
    said = _said_genres(connection) if genres else {}
    owned = owned_tracks(connection)
    counted = (
        sa.select(_play.c.library_track_id, _mixes.label("mixes"))
        .where(_play.c.library_track_id.is_not(None))
        .group_by(_play.c.library_track_id)
        .having(_mixes >= least)
        .subquery()
    )
    columns = (_track.c.id, _track.c.label, _track.c.genre, _track.c.provisional, counted.c.mixes)
    query = sa.select(*columns).join(counted, counted.c.library_track_id == _track.c.id).order_by(_track.c.id)
    for row in connection.execute(query.execution_options(yield_per=_SHARE)):
        named = by_dj.get(row.id, {})
        others = row.mixes - sum(named.values())
        yield HeardTrack(
            row.id,
            {**named, None: others} if others else named,
            row.label,
            (row.genre,) if row.genre else said.get(row.id, ()),
            row.provisional,
            row.id in owned,
        )


def tracks_as_heard(connection: sa.Connection, track_ids: Collection[str]) -> dict[str, HeardTrack]:
    """Tracks by id, with the mixes of every DJ, however few; those that are not there are absent."""
    owned = owned_tracks(connection)
    found: dict[str, HeardTrack] = {}
    for some in chunks(track_ids):
        mixes = _mixes_of(connection, _play.c.library_track_id.in_(some))
        said = _said_genres(connection, some)
        columns = (_track.c.id, _track.c.label, _track.c.genre, _track.c.provisional)
        for row in connection.execute(sa.select(*columns).where(_track.c.id.in_(some))):
            found[row.id] = HeardTrack(
                row.id,
                mixes.get(row.id, {}),
                row.label,
                (row.genre,) if row.genre else said.get(row.id, ()),
                row.provisional,
                row.id in owned,
            )
    return found


def _by_dj(connection: sa.Connection, djs: Collection[str]) -> Mapping[str, Mapping[str | None, int]]:
    """By track, in how many mixes of each of these DJs it was heard."""
    if not djs:
        return {}
    return _mixes_of(connection, _tracklist.c.dj.in_(spellings(connection, _tracklist.c.dj, djs)))


def _mixes_of(
    connection: sa.Connection, which: sa.ColumnElement[bool]
) -> Mapping[str, Mapping[str | None, int]]:
    found: dict[str, dict[str | None, int]] = {}
    rows = connection.execute(
        sa.select(_play.c.library_track_id, _tracklist.c.dj, _mixes.label("mixes"))
        .join(_tracklist, _tracklist.c.id == _play.c.tracklist_id)
        .where(_play.c.library_track_id.is_not(None), which)
        .group_by(_play.c.library_track_id, _tracklist.c.dj)
    )
    for row in rows:
        found.setdefault(row.library_track_id, {})[row.dj] = row.mixes
    return found


def _said_genres(
    connection: sa.Connection, track_ids: Sequence[str] | None = None
) -> Mapping[str, tuple[str, ...]]:
    """By track, the genres that providers say and no column may hold; of all tracks when None.

    As they are shown: nothing of what a person emptied, or of what a provider lets nobody show any longer.
    """
    person = _attribute.alias()
    by_person = sa.exists().where(
        person.c.library_track_id == _attribute.c.library_track_id,
        person.c.name == "genre",
        person.c.provider == PERSON,
    )
    query = sa.select(_attribute.c.library_track_id, _attribute.c.value).where(
        _attribute.c.name == "genre", is_live(datetime.now(UTC)), ~by_person
    )
    if track_ids is not None:
        query = query.where(_attribute.c.library_track_id.in_(track_ids))
    found: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(query.order_by(_attribute.c.provider)):
        found[row.library_track_id] = (*found.get(row.library_track_id, ()), str(row.value))
    return found
