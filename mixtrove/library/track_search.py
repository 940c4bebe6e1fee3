"""Finding library tracks: filters, orders, pages, and all of them one after another.

Lists, exports and every other caller ask with the same ``TrackFilter``. What a filter compares is what is
shown (``track_records.py``): the column, else what a provider says of the track. Not here: one track with
everything known of it, where it was heard (``set_context.py``).
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.musical_key import MusicalKey, spellings
from mixtrove.library.track_columns import PERSON
from mixtrove.library.track_records import TrackRow, is_live, track_rows
from mixtrove.library.tracks import PROVISIONAL_PREFIX
from mixtrove.matching import normal_form

Order = Literal["heard", "artist", "newest"]

BATCH = 1_000
"""Tracks that are held at a time when all of them are read."""

_track = schema.library_track
_attribute = schema.track_attribute
_discovery = schema.track_discovery
_tracklist = schema.tracklist
_Condition = sa.ColumnElement[bool]

_ORDERS: Mapping[Order, tuple[sa.Column[Any], ...]] = {
    "heard": (_track.c.discovery_count, _track.c.artist, _track.c.title, _track.c.id),
    "artist": (_track.c.artist, _track.c.title, _track.c.id),
    "newest": (_track.c.id,),
}
_DESCENDING = frozenset((_track.c.discovery_count,))


@dataclass(frozen=True, slots=True)
class TrackFilter:
    """Which tracks are meant; all of them by default. Every field that is set must hold.

    Texts are parts of a name, in any case. Names that are spelled with marks are also found without them.
    """

    words: str = ""  # each occurs in artist, title, version or label
    artist: str | None = None
    title: str | None = None  # or version
    label: str | None = None
    genre: str | None = None
    discovered_after: date | None = None  # entered the library on this day or later, UTC
    discovered_before: date | None = None  # or before this day
    bpm_from: float | None = None
    bpm_to: float | None = None
    keys: frozenset[MusicalKey] = frozenset()  # one of these; empty: any or none
    heard: int = 0  # at least so many plays
    provisional: bool | None = None
    dj: str | None = None  # played by somebody with this in the name
    tracklist_id: str | None = None  # heard there
    new_in: str | None = None  # a tracklist: heard there before anywhere else
    owned: bool | None = None  # a file of the collection is this track
    wanted_by: str | None = None  # a user: on their want list, not bought


@dataclass(frozen=True, slots=True)
class TrackPage:
    """Some of the tracks that a filter finds."""

    tracks: tuple[TrackRow, ...]
    total: int  # that the filter finds
    after: str | None  # what to go on with; None: these are the last


def find_tracks(
    connection: sa.Connection,
    which: TrackFilter = TrackFilter(),
    *,
    order: Order = "heard",
    after: str | None = None,
    limit: int = 50,
) -> TrackPage:
    """A page of tracks.

    Args:
        connection: an open connection.
        which: the tracks that are meant.
        order: the most heard, by artist and title, or those that entered the library last, first.
        after: ``TrackPage.after`` of the page before.
        limit: tracks on a page.

    Raises:
        BadInput: ``after`` is none of a page in this order.
    """
    conditions = _conditions(connection, which)
    query = _ordered(conditions, order)
    if after is not None:
        query = query.where(_behind(order, _read_cursor(after, order)))
    rows = connection.execute(query.limit(limit + 1)).mappings().all()
    more = len(rows) > limit
    rows = rows[:limit]
    return TrackPage(
        tracks=tuple(track_rows(connection, rows)),
        total=len(rows) if after is None and not more else _count(connection, conditions),
        after=_cursor(order, rows[-1]) if more else None,
    )


def every_track(
    connection: sa.Connection,
    which: TrackFilter = TrackFilter(),
    *,
    order: Order = "heard",
    lasting: bool = False,
) -> Iterator[list[TrackRow]]:
    """All tracks that are meant, ``BATCH`` at a time, read while they are taken; see ``track_rows``."""
    query = _ordered(_conditions(connection, which), order).execution_options(yield_per=BATCH)
    for rows in connection.execute(query).mappings().partitions():
        yield track_rows(connection, rows, lasting=lasting)


def count_tracks(connection: sa.Connection, which: TrackFilter = TrackFilter()) -> int:
    """How many tracks are meant."""
    return _count(connection, _conditions(connection, which))


def _count(connection: sa.Connection, conditions: list[_Condition]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(_track).where(*conditions)).scalar_one()


def _ordered(conditions: list[_Condition], order: Order) -> sa.Select[Any]:
    columns = _ORDERS[order]
    if order == "newest":
        return sa.select(_track).where(*conditions).order_by(_track.c.id.desc())
    return (
        sa.select(_track)
        .where(*conditions)
        .order_by(*(one.desc() if one in _DESCENDING else one for one in columns))
    )


def _behind(order: Order, values: list[Any]) -> _Condition:
    """The tracks after the one with these values of the order's columns."""
    if order == "newest":
        older: _Condition = _track.c.id < values[0]
        return older
    if order == "artist":
        behind: _Condition = sa.tuple_(*_ORDERS["artist"]) > sa.tuple_(*values)
        return behind
    heard, *names = _ORDERS["heard"]
    less_heard: _Condition = (heard <= values[0]) & (
        (heard < values[0]) | (sa.tuple_(*names) > sa.tuple_(*values[1:]))
    )
    return less_heard


def _cursor(order: Order, row: sa.RowMapping) -> str:
    values = [row[column.name] for column in _ORDERS[order]]
    return base64.urlsafe_b64encode(json.dumps([order, *values]).encode()).decode()


def _read_cursor(text: str, order: Order) -> list[Any]:
    kinds = [int if column in _DESCENDING else str for column in _ORDERS[order]]
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode()))
        wrong = found[0] != order or [type(value) for value in found[1:]] != kinds
    except (ValueError, LookupError, TypeError):
        wrong = True
    if wrong:
        raise BadInput(f"{text!r} is no end of a page in the order {order!r}: begin with the first page")
    values: list[Any] = found[1:]
    return values


def _conditions(connection: sa.Connection, which: TrackFilter) -> list[_Condition]:
    said = _Said(connection)
    found = [_named(said, word) for word in which.words.split()]
    if which.artist:
        spelled = _spelled(which.artist, behind="%|", before="|%|%")
        found.append(said.contains(_track.c.artist, which.artist) | spelled)
    if which.title:
        found.append(
            said.contains(_track.c.title, which.title)
            | said.contains(_track.c.remix, which.title)
            | _spelled(which.title, before="|%|%|%")
        )
    found += [
        said.shown(name, partial(said.contains, text=text))
        for name, text in (("label", which.label), ("genre", which.genre))
        if text
    ]
    if which.keys:
        found.append(said.shown("key", lambda value: value.in_(spellings(which.keys))))
    if which.bpm_from is not None or which.bpm_to is not None:
        low, high = which.bpm_from or 0.0, which.bpm_to or math.inf
        found.append(said.shown("bpm", lambda value: value.between(low, high), number=True))
    if which.discovered_after is not None:
        found.append(_track.c.first_discovered >= _midnight(which.discovered_after))
    if which.discovered_before is not None:
        found.append(_track.c.first_discovered < _midnight(which.discovered_before))
    if which.heard:
        found.append(_track.c.discovery_count >= which.heard)
    if which.provisional is not None:
        found.append(_track.c.provisional if which.provisional else ~_track.c.provisional)
    if which.new_in is not None:
        found.append(_track.c.discovered_from == which.new_in)
    return [*found, *_related(said, which)]


def _related(said: _Said, which: TrackFilter) -> Iterator[_Condition]:
    """What other tables say: plays, files, wants."""
    plays = sa.select(_discovery.c.library_track_id).where(_discovery.c.library_track_id.is_not(None))
    if which.dj:
        mixes = plays.join(_tracklist, _tracklist.c.id == _discovery.c.tracklist_id)
        yield _track.c.id.in_(mixes.where(said.contains(_tracklist.c.dj, which.dj)))
    if which.tracklist_id is not None:
        yield _track.c.id.in_(plays.where(_discovery.c.tracklist_id == which.tracklist_id))
    if which.owned is not None:
        owned = sa.exists().where(schema.owned_track.c.library_track_id == _track.c.id)
        yield owned if which.owned else ~owned
    if which.wanted_by is not None:
        want = schema.want
        yield sa.exists().where(
            want.c.library_track_id == _track.c.id,
            want.c.user == which.wanted_by,
            want.c.status != "purchased",
        )


def _named(said: _Said, word: str) -> _Condition:
    columns = (_track.c.artist, _track.c.title, _track.c.remix)
    return sa.or_(
        *(said.contains(column, word) for column in columns),
        said.shown("label", partial(said.contains, text=word)),
        _spelled(word),
    )


class _Said:
    """Conditions on what is shown of a track: its column, else what the first provider by name says.

    What a person emptied is shown empty, and what a provider's terms let nobody show any longer is not shown.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._postgres = connection.dialect.name == "postgresql"
        self._now = datetime.now(UTC)

    def contains(self, value: sa.ColumnElement[Any], text: str) -> _Condition:
        """Whether the text is a part, in any case. SQLite's LIKE knows no case of ASCII by itself."""
        if self._postgres:
            held: _Condition = value.icontains(text, autoescape=True)
        else:
            held = value.contains(text, autoescape=True)
        return held

    def shown(
        self, name: str, holds: Callable[[sa.ColumnElement[Any]], _Condition], *, number: bool = False
    ) -> _Condition:
        """Whether it holds of the text, or the number, that is shown."""
        other = _attribute.alias()
        better = sa.exists().where(
            other.c.library_track_id == _attribute.c.library_track_id,
            other.c.name == name,
            (other.c.provider < _attribute.c.provider) | (other.c.provider == PERSON),
            is_live(self._now, other),
        )
        value = self._number() if number else self._text()
        said = sa.select(_attribute.c.library_track_id).where(
            _attribute.c.name == name, is_live(self._now), holds(value), ~better
        )
        column = _track.c[name]
        return holds(column) | (column.is_(None) & _track.c.id.in_(said))

    def _text(self) -> sa.ColumnElement[Any]:
        if self._postgres:
            return _attribute.c.value.op("#>>", return_type=sa.Text())(sa.literal_column("'{}'"))
        return sa.func.json_extract(_attribute.c.value, "$", type_=sa.Text())

    def _number(self) -> sa.ColumnElement[Any]:
        if not self._postgres:
            return sa.cast(self._text(), sa.Float)
        is_number = sa.func.jsonb_typeof(_attribute.c.value) == "number"
        return sa.cast(sa.case((is_number, self._text()), else_=None), sa.Float)


def _spelled(text: str, *, behind: str = "", before: str = "") -> _Condition:
    """Whether every word of the text's normal form is in the identity key, between other parts of it.

    The key is ``title|artists|remixers|kind`` without marks and case, titles without spaces too.
    """
    key = sa.case(
        (_track.c.provisional, sa.func.substr(_track.c.identity_key, len(PROVISIONAL_PREFIX) + 1)),
        else_=_track.c.identity_key,
    )
    words = normal_form(text).split()
    return sa.and_(sa.literal(bool(words)), *(key.like(f"{behind}%{word}%{before}") for word in words))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
