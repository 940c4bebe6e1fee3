"""Where a library track was heard: every mix, and what was played before it, with it and after it.

Here: plays of one track with their neighbours, and what follows from them. Not here: a whole tracklist
(``tracklist_records.py``), figures over the library (``mixtrove.warehouse``).

A mix is a row of **moments**: a line and the lines layered over it (``w/``, ``+``) are one. What is in the
same moment was played together; before and after are the moments beside it. A line that a person said is
not a track is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

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
    plays = []
    for row in rows:
        before, with_it, after = _beside(moments[row.tracklist_id], row.entry_id)
        plays.append(
            Play(
                row.tracklist_id, row.title, row.dj, row.played_on, row.discovery_date, row.track_position,
                row.component, row.cue_seconds, row.raw_line, row.confidence, row.identification_method,
                tuple(row.reasons), before, with_it, after,
            )
        )  # fmt: skip
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


def _moments(connection: sa.Connection, tracklist_ids: Iterable[str]) -> dict[str, list[list[Heard]]]:
    """By tracklist, its moments in order."""
    found: dict[str, list[list[Heard]]] = {}
    for some in chunks(tracklist_ids):
        rows = connection.execute(
            sa.select(
                _entry,
                _discovery.c.library_track_id,
                _track.c.artist.label("track_artist"),
                _track.c.title.label("track_title"),
                _track.c.remix.label("track_remix"),
            )
            .select_from(
                _entry.outerjoin(_discovery, _discovery.c.entry_id == _entry.c.id).outerjoin(
                    _track, _track.c.id == _discovery.c.library_track_id
                )
            )
            .where(_entry.c.tracklist_id.in_(some), _entry.c.skip_reason.is_distinct_from(NOT_A_TRACK))
            .order_by(_entry.c.tracklist_id, _entry.c.position, _entry.c.component)
        ).mappings()
        for tracklist_id, entries in groupby(rows, key=lambda row: row["tracklist_id"]):
            mix: list[list[Heard]] = []
            position = None
            for row in entries:
                goes_on = row["position"] == position or row["layered"]
                if not (goes_on and mix):
                    mix.append([])
                position = row["position"]
                mix[-1].append(_heard(row))
            found[tracklist_id] = mix
    return found


def _heard(row: sa.RowMapping) -> Heard:
    return Heard(
        entry_id=row["id"],
        position=row["position"],
        component=row["component"],
        library_track_id=row["library_track_id"],
        name=track_name(row) or shown(credit_of_entry(row)),
        raw_line=row["raw_line"],
    )


def _beside(
    mix: Sequence[Sequence[Heard]], entry_id: str
) -> tuple[tuple[Heard, ...], tuple[Heard, ...], tuple[Heard, ...]]:
    """(before, together, after)."""
    for place, moment in enumerate(mix):
        if any(one.entry_id == entry_id for one in moment):
            before = mix[place - 1] if place else ()
            after = mix[place + 1] if place + 1 < len(mix) else ()
            return tuple(before), tuple(one for one in moment if one.entry_id != entry_id), tuple(after)
    return (), (), ()


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
