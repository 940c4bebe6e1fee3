"""A person at work on a busy library, as fast as the store lets them, and the audit of what was done.

Here: edits for a version that was read, again when it was stale, each timed; and whether one was lost. Not
here: the run beside it and the figures (``editors.py``).
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput, StaleEdit
from mixtrove.library import schema
from mixtrove.library.line_decisions import decide
from mixtrove.library.store import Store
from mixtrove.library.track_corrections import edit_track
from mixtrove.library.wants import set_want

THINK = 0.02
"""Seconds between two edits of one editor, and between reading and writing: far less than a person needs."""

HOT = 20
"""Tracks that all editors work on, the most played ones."""

_track, _want, _play = schema.library_track, schema.want, schema.track_discovery
_correction, _entry = schema.correction, schema.tracklist_entry


@dataclass(frozen=True, slots=True)
class Edit:
    """One attempt."""

    kind: str  # track, name, want or line
    thing: str  # its id
    seconds: float  # from asking for the write to its commit
    before: int  # the version it was made for
    after: int | None  # the version that it became; None: it was stale
    field: str
    value: Any


@dataclass(frozen=True, slots=True)
class Work:
    """What an editor may work on."""

    shared: Sequence[str]  # tracks
    own: Sequence[str]  # tracks that only this editor edits
    wants: Sequence[str]  # shared
    lines: list[str]  # entries of lines that only this editor decides, each once


def edit_until(store: Store, work: Work, name: str, chance: random.Random, done: Callable[[], bool]) -> Any:
    """Edit until ``done``; yields every attempt."""
    number = 0
    while not done():
        number += 1
        said = f"{name} {number} {chance.randrange(10**9)}"
        drawn = chance.random()
        if drawn < 0.05 and work.lines:
            yield _line(store, work.lines.pop(), chance.choice(work.own), name)
        elif drawn < 0.25:
            yield from _want_edit(store, chance.choice(work.wants), said, name)
        elif drawn < 0.35:
            yield from _track_edit(store, "name", chance.choice(work.own), "title", said, name)
        else:
            tracks = work.shared if chance.random() < 0.5 else work.own
            yield from _track_edit(store, "track", chance.choice(tracks), "genre", said, name)
        time.sleep(THINK)


def _track_edit(store: Store, kind: str, track_id: str, field: str, value: str, by: str) -> Any:
    while True:
        with store.read() as connection:
            version = connection.execute(
                sa.select(_track.c.version).where(_track.c.id == track_id)
            ).scalar_one()
        time.sleep(THINK)
        started = time.perf_counter()
        after = None
        try:
            with store.write() as tx:
                after = edit_track(tx, track_id, {field: value}, by=by, expected_version=version)
        except StaleEdit:
            pass
        yield Edit(kind, track_id, time.perf_counter() - started, version, after, field, value)
        if after is not None:
            return


def _want_edit(store: Store, want_id: str, value: str, by: str) -> Any:
    while True:
        with store.read() as connection:
            version = connection.execute(sa.select(_want.c.version).where(_want.c.id == want_id)).scalar_one()
        time.sleep(THINK)
        started = time.perf_counter()
        after = None
        try:
            with store.write() as tx:
                after = set_want(tx, want_id, {"notes": value}, by=by, expected_version=version).version
        except BadInput:
            pass
        yield Edit("want", want_id, time.perf_counter() - started, version, after, "notes", value)
        if after is not None:
            return


def _line(store: Store, entry: str, track_id: str, by: str) -> Edit:
    started = time.perf_counter()
    decide(store, kind="assign", by=by, entry_id=entry, track=track_id)
    return Edit("line", entry, time.perf_counter() - started, 0, 1, "track", track_id)


def lost(store: Store, edits: Sequence[Edit]) -> list[str]:
    """Sentences: accepted edits that are not where they must be; empty when all is right."""
    wrong = []
    by_thing: dict[tuple[str, str], list[Edit]] = defaultdict(list)
    for one in edits:
        if one.after is not None:
            by_thing[one.kind if one.kind in ("want", "line") else "track", one.thing].append(one)
    with store.read() as connection:
        for (kind, thing), accepted in by_thing.items():
            if kind == "line":  # the bulk acceptance may have said something else, too
                said = connection.execute(
                    sa.select(_correction.c.library_track_id)
                    .join(_entry, _entry.c.line_key == _correction.c.line_key)
                    .where(_entry.c.id == thing, _correction.c.kind == "assign")
                ).scalars()
                if accepted[0].value not in set(said):
                    wrong.append(f"line {thing}: what was said of it is not kept")
                continue
            befores = {one.before for one in accepted}
            if len(befores) < len(accepted) or any(one.after != one.before + 1 for one in accepted):
                wrong.append(f"{kind} {thing}: two edits of one version were accepted")
            table = _want if kind == "want" else _track
            row = connection.execute(sa.select(table).where(table.c.id == thing)).mappings().one()
            last = {one.field: one for one in sorted(accepted, key=lambda one: one.before)}
            wrong += [
                f"{kind} {thing}: {field} is {row[field]!r} and not {one.value!r}"
                for field, one in last.items()
                if row[field] != one.value
            ]
            if row["version"] < max(one.after or 0 for one in accepted):
                wrong.append(f"{kind} {thing}: its version went back")
        made = connection.execute(sa.select(sa.func.count()).where(_correction.c.kind == "edit")).scalar_one()
        accepted_edits = sum(one.kind in ("track", "name") and one.after is not None for one in edits)
        if made != accepted_edits:
            wrong.append(f"{accepted_edits} edits of tracks were accepted and {made} are kept")
    return wrong


def unwritten(store: Store) -> list[str]:
    """Sentences: lines and derived values that are not as they must be after the run."""
    plays = sa.select(_play.c.library_track_id, sa.func.count().label("n")).group_by(_play.c.library_track_id)
    counted = plays.subquery()
    questions = {
        "lines are pending": sa.select(sa.func.count()).where(_entry.c.status == "pending"),
        "decided lines have no play": sa.select(sa.func.count())
        .select_from(_entry.outerjoin(_play, _play.c.entry_id == _entry.c.id))
        .where(_entry.c.status.in_(("identified", "provisional")), _play.c.id.is_(None)),
        "tracks have a wrong number of plays": sa.select(sa.func.count())
        .select_from(_track.outerjoin(counted, counted.c.library_track_id == _track.c.id))
        .where(_track.c.discovery_count != sa.func.coalesce(counted.c.n, 0)),
        "provisional tracks were heard nowhere": sa.select(sa.func.count())
        .select_from(_track.outerjoin(counted, counted.c.library_track_id == _track.c.id))
        .where(
            _track.c.provisional,
            counted.c.n.is_(None),
            ~sa.exists().where(_want.c.library_track_id == _track.c.id),
        ),
    }
    with store.read() as connection:
        found = {said: connection.execute(query).scalar_one() for said, query in questions.items()}
    return [f"{count} {said}" for said, count in found.items() if count]
