"""The bulk lane of identification over a real store: stages, order, repetition, new catalogues."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.search import Catalogue
from mixtrove.identify import MatchSummary, match_entries, search_catalogue
from mixtrove.library import schema
from mixtrove.library.index import LibraryIndex
from mixtrove.library.line_decisions import decide
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.matching import Credit

Make = Callable[..., Any]
OPUS = ("x:1", "Eric Prydz", "Opus")
REMIX = ("x:2", "Eric Prydz", "Opus (Four Tet Remix)")
BABY = ("x:3", "Four Tet", "Baby")

_entry, _play, _track = schema.tracklist_entry, schema.track_discovery, schema.library_track


@pytest.fixture
def catalogue(tmp_path: Path) -> Callable[..., Catalogue]:
    """``catalogue(OPUS, REMIX)``: an open catalogue of these rows."""
    opened: list[Catalogue] = []

    def build(*rows: tuple[str, str, str]) -> Catalogue:
        out = tmp_path / f"catalogue{len(opened)}"
        source = tmp_path / f"rows{len(opened)}.csv"
        with source.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("id", "artist", "title"), *rows])
        build_catalogue([source], out)
        opened.append(Catalogue(out))
        return opened[-1]

    return build


def run(store: Store, catalogue: Catalogue | None) -> MatchSummary:
    if catalogue is not None:
        search_catalogue(store, catalogue)
    return match_entries(store)


def plays(store: Store) -> list[tuple[Any, ...]]:
    """(line, status, how, artist, title, version, provisional) of every entry, in order."""
    with store.read() as connection:
        rows = connection.execute(
            sa.select(
                _entry.c.raw_line, _entry.c.status, _play.c.identification_method, _track.c.artist,
                _track.c.title, _track.c.remix, _track.c.provisional,
            )
            .outerjoin(_play, _play.c.entry_id == _entry.c.id)
            .outerjoin(_track, _track.c.id == _play.c.library_track_id)
            .order_by(_entry.c.tracklist_id, _entry.c.position)
        )  # fmt: skip
        return sorted((tuple(row) for row in rows), key=lambda row: row[0])


def test_lines_are_identified_from_the_catalogue_and_then_from_the_library(
    store: Store, make_tracklist: Make, catalogue: Callable[..., Catalogue]
) -> None:
    import_tracklist(
        store, make_tracklist("Eric Prydz - Opus", "Eric Prydz - Opus (Four Tet Remix)", "ID - ID")
    )
    done = run(store, catalogue(OPUS, REMIX))
    assert (done.identified, done.tracks_added) == (2, 2)
    import_tracklist(store, make_tracklist("ERIC PRYDZ - Opus (Original Mix)", dj="Other"))
    again = run(store, None)
    assert (again.identified, again.tracks_added) == (1, 0)
    assert [row[1:6] for row in plays(store)] == [
        ("identified", "library", "Eric Prydz", "Opus", None),
        ("identified", "catalogue", "Eric Prydz", "Opus", None),
        ("identified", "catalogue", "Eric Prydz", "Opus", "Four Tet Remix"),
        ("skipped", None, None, None, None),
    ]


def test_a_remix_is_not_taken_for_the_original_that_the_library_has(
    sqlite_store: Store, make_tracklist: Make, catalogue: Callable[..., Catalogue]
) -> None:
    import_tracklist(sqlite_store, make_tracklist("Eric Prydz - Opus"))
    run(sqlite_store, catalogue(OPUS))
    import_tracklist(sqlite_store, make_tracklist("Eric Prydz - Opus (Four Tet Remix)", dj="Other"))
    done = run(sqlite_store, None)
    assert (done.identified, done.provisional) == (0, 1)


def test_a_second_run_does_nothing(
    store: Store, make_tracklist: Make, catalogue: Callable[..., Catalogue]
) -> None:
    one = catalogue(OPUS)
    import_tracklist(store, make_tracklist("Eric Prydz - Opus", "Nobody - Knows", "Four Tet - Baby"))
    run(store, one)
    before = plays(store)
    assert search_catalogue(store, one).searched == 0
    assert match_entries(store) == MatchSummary()
    assert plays(store) == before


def test_two_lines_of_one_unknown_credit_share_a_provisional_track(
    sqlite_store: Store, make_tracklist: Make
) -> None:
    import_tracklist(sqlite_store, make_tracklist("Nobody - Knows", dj="One"))
    import_tracklist(sqlite_store, make_tracklist("[05] NOBODY - Knows (Original Mix)", dj="Two"))
    assert run(sqlite_store, None).provisional == 2
    with sqlite_store.read() as connection:
        tracks = connection.execute(sa.select(_track.c.provisional, _track.c.discovery_count)).all()
    assert [tuple(row) for row in tracks] == [(True, 2)]


def test_a_new_catalogue_is_asked_about_provisional_lines_and_identifies_them(
    store: Store, make_tracklist: Make, catalogue: Callable[..., Catalogue]
) -> None:
    import_tracklist(store, make_tracklist("Four Tet - Baby", "Nobody - Knows"))
    first = run(store, catalogue(OPUS))
    assert (first.identified, first.provisional) == (0, 2)
    second = run(store, catalogue(OPUS, BABY))
    assert second.identified == 1
    assert [row[:2] for row in plays(store)] == [
        ("Four Tet - Baby", "identified"),
        ("Nobody - Knows", "provisional"),
    ]


def test_a_person_s_word_wins_over_what_the_catalogue_has(
    sqlite_store: Store, make_tracklist: Make, catalogue: Callable[..., Catalogue]
) -> None:
    import_tracklist(sqlite_store, make_tracklist("Eric Prydz - Opus", dj="One"))
    run(sqlite_store, None)
    with sqlite_store.read() as connection:
        entry_id = connection.execute(sa.select(_entry.c.id)).scalar_one()
    mine = Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")
    decide(sqlite_store, kind="assign", by="dj", entry_id=entry_id, track=mine)
    import_tracklist(sqlite_store, make_tracklist("Eric Prydz - Opus", dj="Two"))
    run(sqlite_store, catalogue(OPUS, REMIX))
    assert [row[1:6] for row in plays(sqlite_store)] == [
        ("identified", "manual", "Eric Prydz", "Opus", "Four Tet Remix"),
        ("identified", "manual", "Eric Prydz", "Opus", "Four Tet Remix"),
    ]


LINES = [
    "Eric Prydz - Opus", "Eric Prydz - Opus (Extended Mix)", "Eric Prydz - Opus (Four Tet Remix)",
    "Four Tet - Baby", "Four Tet - Babyy", "Nobody - Knows", "nobody - knows", "Eric Prydz - Opus (Dub)",
]  # fmt: skip


def library(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as connection:
        rows = connection.execute(
            sa.select(_entry.c.raw_line, _entry.c.status, _track.c.identity_key, _track.c.provisional)
            .join(_play, _play.c.entry_id == _entry.c.id)
            .join(_track, _track.c.id == _play.c.library_track_id)
        )
        return sorted(tuple(row) for row in rows)


@pytest.mark.parametrize(
    "batches", [[LINES], [LINES[::-1]], [[line] for line in LINES], [LINES[4:], LINES[:4]]]
)
def test_the_order_and_the_batches_of_lines_do_not_change_the_library(
    tmp_path: Path, make_tracklist: Make, catalogue: Callable[..., Catalogue], batches: list[list[str]]
) -> None:
    offered = catalogue(OPUS, REMIX, BABY)
    results = []
    for number, some in enumerate(([LINES], batches)):
        opened = Store.open(f"sqlite:///{tmp_path / f'{number}.db'}")
        for index, lines in enumerate(some):
            import_tracklist(opened, make_tracklist(*lines, dj=f"DJ {index}"))
            run(opened, offered)
        results.append(library(opened))
        opened.close()
    assert results[0] == results[1]
    assert len(results[0]) == len(LINES)


def test_a_limit_leaves_the_rest_for_the_next_run(sqlite_store: Store, make_tracklist: Make) -> None:
    import_tracklist(sqlite_store, make_tracklist("A - X", "B - Y", "C - Z"))
    assert match_entries(sqlite_store, limit=2).decided == 2
    assert match_entries(sqlite_store).decided == 1


def test_the_library_index_takes_in_what_changed_since(
    sqlite_store: Store, make_tracklist: Make, catalogue: Callable[..., Catalogue]
) -> None:
    index = LibraryIndex()
    line = Credit.parse("Eric Prydz", "Opus")
    import_tracklist(sqlite_store, make_tracklist("Eric Prydz - Opus", "Nobody - Knows"))
    run(sqlite_store, catalogue(OPUS))
    with sqlite_store.read() as connection:
        index.refresh(connection)
    assert len(index) == 1  # the provisional track is not offered
    [found] = index.candidates(line)
    assert (found.source, found.credit.full_title) == ("library", "Opus")
    index.add("new", Credit.parse("Eric Prydz", "Opus (Four Tet Remix)"))
    assert len(index.candidates(line)) == 2
    index.remove("new")
    index.remove("never there")
    with sqlite_store.read() as connection:
        index.refresh(connection)
    assert [one.id for one in index.candidates(line)] == [found.id]
