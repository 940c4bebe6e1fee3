"""Where a library track was heard: every mix, and what was played before it, with it and after it.

Here: plays of one track with their neighbours, and what follows from them. Not here: a whole tracklist
(``tracklist_records.py``), figures over the library (``mixtrove.warehouse``).

A mix is a row of **moments**: a line and the lines layered over it (``w/``, ``+``) are one. What is in the
same moment was played together; before and after are the moments beside it. A line that a person said is
not a track is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.credits import credit_of_entry, shown
from mixtrove.library.deletion import chunks
from mixtrove.library.entries import NOT_A_TRACK
from mixtrove.library.tracklist_records import track_name

OFTEN = 10
"""Neighbours that are named."""

_entry = schema.tracklist_entry
_discovery = schema.track_discovery
_tracklist = schema.tracklist
_track = schema.library_track
_NAMED = tuple(_track.c[name].label(f"track_{name}") for name in ("artist", "title", "remix"))
_IS_A_TRACK = _entry.c.skip_reason.is_(None) | ~_entry.c.skip_reason.startswith(NOT_A_TRACK)
_Rows = Sequence[sa.Row[Any]]
_Beside = tuple[_Rows, _Rows, _Rows]


@dataclass(frozen=True, slots=True)
class Heard:
    """A component of a line beside the track."""

    entry_id: str
    position: int
    component: int
    library_track_id: str | None  # None: it is skipped, or waits to be looked up
    name: str  # of the library track, else what the line says
    raw_line: str


@dataclass(frozen=True, slots=True)
class Play:
    """One time a track was heard."""

    tracklist_id: str
    mix: str | None
    dj: str | None
    played_on: date | None
    discovered: datetime
    position: int
    component: int
    cue_seconds: int | None
    raw_line: str
    confidence: float
    method: str
    reasons: tuple[str, ...]
    before: tuple[Heard, ...]
    together: tuple[Heard, ...]
    after: tuple[Heard, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track that was played beside another."""

    library_track_id: str
    name: str
    mixes: int  # in which it was: before, with or after


@dataclass(frozen=True, slots=True)
class SetContext:
    """Where a track was heard."""

    plays: tuple[Play, ...]  # by the day of the mix, then by discovery; mixes without a day last
    mixes: int
    djs: int  # different names; mixes without one are not counted
    first_played: date | None  # of the mixes whose day is known
    last_played: date | None
    first_discovered: datetime | None
    last_discovered: datetime | None
    often_beside: tuple[Neighbour, ...]  # the most often first, at most ``OFTEN``


def set_context(connection: sa.Connection, track_id: str) -> SetContext:
    """Where a track was heard; nowhere when it is in no mix, or no track at all."""
    rows = connection.execute(
        sa.select(
            _discovery,
            _tracklist.c.title,
            _tracklist.c.dj,
            _tracklist.c.played_on,
            _entry.c.raw_line,
            _entry.c.cue_seconds,
        )
        .join(_tracklist, _tracklist.c.id == _discovery.c.tracklist_id)
        .join(_entry, _entry.c.id == _discovery.c.entry_id)
        .where(_discovery.c.library_track_id == track_id)
    ).all()
    moments = _moments(connection, {row.tracklist_id for row in rows})
    beside = {row.id: _beside(moments[row.tracklist_id], row.entry_id) for row in rows}
    names = _names(connection, [one for some in beside.values() for part in some for one in part])
    plays = [
        Play(
            row.tracklist_id, row.title, row.dj, row.played_on, row.discovery_date, row.track_position,
            row.component, row.cue_seconds, row.raw_line, row.confidence, row.identification_method,
            tuple(row.reasons), *(_heard(part, names) for part in beside[row.id]),
        )
        for row in rows
    ]  # fmt: skip
    plays.sort(key=_by_day)
    days = [one.played_on for one in plays if one.played_on]
    times = [one.discovered for one in plays]
    return SetContext(
        plays=tuple(plays),
        mixes=len(moments),
        djs=len({one.dj.casefold() for one in plays if one.dj}),
        first_played=min(days, default=None),
        last_played=max(days, default=None),
        first_discovered=min(times, default=None),
        last_discovered=max(times, default=None),
        often_beside=_often(plays, track_id),
    )


def _by_day(play: Play) -> tuple[bool, date, datetime, str, int, int]:
    day = play.played_on
    place = (play.discovered, play.tracklist_id, play.position, play.component)
    return (day is None, day or date.min, *place)


def _moments(connection: sa.Connection, tracklist_ids: Iterable[str]) -> dict[str, list[list[sa.Row[Any]]]]:
    """By tracklist, its moments in order: rows of what was played in each."""
    found: dict[str, list[list[sa.Row[Any]]]] = {}
    for some in chunks(tracklist_ids):
        played: sa.Select[Any] = (
            sa.select(
                _entry.c.id,
                _entry.c.tracklist_id,
                _entry.c.position,
                _entry.c.component,
                _entry.c.layered,
                _entry.c.raw_line,
                _discovery.c.library_track_id,
            )
            .outerjoin(_discovery, _discovery.c.entry_id == _entry.c.id)
            .where(_entry.c.tracklist_id.in_(some), _IS_A_TRACK)
            .order_by(_entry.c.tracklist_id, _entry.c.position, _entry.c.component)
        )
        rows = connection.execute(played)
        for tracklist_id, entries in groupby(rows, key=lambda row: row.tracklist_id):
            mix: list[list[sa.Row[Any]]] = []
            position = None
            for row in entries:
                goes_on = row.position == position or row.layered
                if not (goes_on and mix):
                    mix.append([])
                position = row.position
                mix[-1].append(row)
            found[tracklist_id] = mix
    return found


def _beside(mix: Sequence[Sequence[sa.Row[Any]]], entry_id: str) -> _Beside:
    """What was before, together and after."""
    for place, moment in enumerate(mix):
        if any(row.id == entry_id for row in moment):
            before = mix[place - 1] if place else ()
            after = mix[place + 1] if place + 1 < len(mix) else ()
            return before, [row for row in moment if row.id != entry_id], after
    return (), (), ()


def _names(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> dict[str, str]:
    """By id, the names of the library tracks of these rows, and of the entries that are none."""
    names: dict[str, str] = {}
    for some in chunks(row.library_track_id for row in rows if row.library_track_id):
        tracks = connection.execute(sa.select(_track.c.id, *_NAMED).where(_track.c.id.in_(some))).mappings()
        names |= {row["id"]: str(track_name(row)) for row in tracks}
    for some in chunks(row.id for row in rows if not row.library_track_id):
        entries = connection.execute(sa.select(_entry).where(_entry.c.id.in_(some))).mappings()
        names |= {row["id"]: shown(credit_of_entry(row)) for row in entries}
    return names


def _heard(rows: Sequence[sa.Row[Any]], names: Mapping[str, str]) -> tuple[Heard, ...]:
    return tuple(
        Heard(
            entry_id=row.id,
            position=row.position,
            component=row.component,
            library_track_id=row.library_track_id,
            name=names[row.library_track_id or row.id],
            raw_line=row.raw_line,
        )
        for row in rows
    )


def _often(plays: Iterable[Play], track_id: str) -> tuple[Neighbour, ...]:
    names: dict[str, str] = {}
    mixes = set()
    for play in plays:
        for one in (*play.before, *play.together, *play.after):
            if one.library_track_id not in (None, track_id):
                names[str(one.library_track_id)] = one.name
                mixes.add((one.library_track_id, play.tracklist_id))
    counted = Counter(str(neighbour) for neighbour, _ in mixes)
    most = sorted(counted, key=lambda one: (-counted[one], names[one].casefold(), one))[:OFTEN]
    return tuple(Neighbour(one, names[one], counted[one]) for one in most)
