"""Where a track was heard, and what was beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.line_decisions import decide
from mixtrove.library.set_context import Heard, SetContext, set_context
from mixtrove.library.store import Store
from mixtrove.library.tracklist_records import get_tracklist, new_tracks
from tests.integration.decided_scene import import_and_decide

Make = Callable[..., Any]


def context(store: Store, title: str) -> SetContext:
    table = schema.library_track
    with store.read() as connection:
        track_id = connection.execute(sa.select(table.c.id).where(table.c.title == title)).scalar_one()
        return set_context(connection, track_id)


def names(beside: tuple[Heard, ...]) -> list[str]:
    return [one.name for one in beside]


def test_neighbours_are_the_lines_before_and_after(store: Store, make_tracklist: Make) -> None:
    import_and_decide(store, make_tracklist("A - One", "B - Two (Dub)", "ID - ID"))
    [play] = context(store, "Two").plays
    assert (names(play.before), names(play.together), names(play.after)) == (["A - One"], [], ["ID - ID"])
    assert play.before[0].library_track_id is not None
    assert (play.after[0].library_track_id, play.after[0].raw_line) == (None, "ID - ID")
    [first] = context(store, "One").plays
    assert (first.before, names(first.after)) == ((), ["B - Two (Dub)"])


def test_what_is_layered_is_one_moment(store: Store, make_tracklist: Make) -> None:
    import_and_decide(
        store,
        make_tracklist("[00:00] A - One", "[03:00] B - Two w/ C - Three", "w/ D - Four", "[09:00] E - Five"),
    )
    [two], [four], [five] = (context(store, title).plays for title in ("Two", "Four", "Five"))
    assert names(two.together) == ["C - Three", "D - Four"]
    assert names(four.together) == ["B - Two", "C - Three"]
    assert names(two.before) == names(four.before) == ["A - One"]
    assert names(two.after) == names(four.after) == ["E - Five"]
    assert names(five.before) == ["B - Two", "C - Three", "D - Four"]
    assert (two.cue_seconds, two.position, two.component) == (180, 2, 1)


def test_a_line_that_is_no_track_is_stepped_over(store: Store, make_tracklist: Make) -> None:
    mix = import_and_decide(store, make_tracklist("A - One", "Host - Interview", "B - Two"))
    with store.read() as connection:
        entry = get_tracklist(connection, mix)[1][1]
    decide(store, kind="not_a_track", by="dj", entry_id=entry.id)
    [play] = context(store, "Two").plays
    assert names(play.before) == ["A - One"]


def test_mixes_djs_days_and_neighbours_are_counted(store: Store, make_tracklist: Make) -> None:
    days = (("Ben UFO", date(2024, 5, 1)), ("ben ufo", date(2020, 1, 1)), (None, None))
    for number, (dj, day) in enumerate(days):
        lines = ("A - One", "B - Two", *(["C - Three", "B - Two"] if number == 0 else []))
        import_and_decide(store, make_tracklist(*lines, dj=dj, title=str(number), played_on=day))
    found = context(store, "Two")
    assert [one.played_on for one in found.plays] == [date(2020, 1, 1), *[date(2024, 5, 1)] * 2, None]
    assert (found.mixes, found.djs) == (3, 1)
    assert (found.first_played, found.last_played) == (date(2020, 1, 1), date(2024, 5, 1))
    assert found.first_discovered is not None
    assert found.last_discovered is not None
    assert found.first_discovered < found.last_discovered
    assert [(one.name, one.mixes) for one in found.often_beside] == [("A - One", 3), ("C - Three", 1)]


def test_a_track_that_was_heard_nowhere_has_no_plays(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        found = set_context(connection, "nobody")
    assert (found.plays, found.often_beside) == ((), ())
    assert (found.mixes, found.djs, found.first_played, found.last_discovered) == (0, 0, None, None)


def test_what_was_new_with_a_tracklist(store: Store, make_tracklist: Make) -> None:
    first = import_and_decide(store, make_tracklist("A - One", "B - Two", "A - One", title="1"))
    second = import_and_decide(
        store, make_tracklist("B - Two", "C - Three", "D - Four", title="2"), provisional={"Four"}
    )
    with store.read() as connection:
        before, after = (get_tracklist(connection, one)[1] for one in (first, second))
    assert [one.new for one in before] == [True, True, True]
    assert [one.new for one in after] == [False, True, True]
    assert (new_tracks(before), new_tracks(after)) == ((2, 0), (1, 1))
