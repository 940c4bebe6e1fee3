"""The deep pass over a library: what is one becomes one, versions never do, people have the last word."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from mixtrove.deep_pass import DeepPass, merge_duplicates
from mixtrove.library import schema
from mixtrove.library.merging import list_merges
from mixtrove.library.store import Store
from mixtrove.library.track_corrections import keep_apart, unmerge_by_person
from mixtrove.library.track_pairs import list_pairs
from mixtrove.library.track_records import get_track
from mixtrove.library.tracks import find_or_create_track
from mixtrove.matching import Credit

NAMES = (
    ("Marcel Dettmann", "Lattice"),
    ("Marcel Detmann", "Lattice"),
    ("Marcel Dettmann", "Lattice (Ben Klock Remix)"),
    ("Floorplan", "Never Grow Old"),
    ("Floor Plan", "Never Grow Old"),
    ("Eric Prydz", "Opus"),
    ("Eric Prydz", "Opus (Four Tet Remix)"),
)


@pytest.fixture
def tracks(store: Store) -> list[str]:
    """The ids of a library with two tracks that are there twice."""
    with store.write() as tx:
        return [
            find_or_create_track(tx, Credit.parse(*name), bpm=100.0 + at) for at, name in enumerate(NAMES)
        ]


def names(store: Store) -> list[str]:
    track = schema.library_track
    with store.read() as connection:
        rows = connection.execute(
            sa.select(track.c.artist, track.c.title, track.c.remix).order_by(track.c.id)
        )
        return [f"{one.artist} - {one.title}" + (f" ({one.remix})" if one.remix else "") for one in rows]


def test_what_is_one_is_merged_and_a_second_pass_finds_nothing(store: Store, tracks: list[str]) -> None:
    done = merge_duplicates(store)
    assert (done.tracks, done.merged, done.left) == (7, 2, 0)
    assert names(store) == [
        "Marcel Dettmann - Lattice",
        "Marcel Dettmann - Lattice (Ben Klock Remix)",
        "Floorplan - Never Grow Old",
        "Eric Prydz - Opus",
        "Eric Prydz - Opus (Four Tet Remix)",
    ]
    with store.read() as connection:
        assert {one.by for one in list_merges(connection)} == {"deep pass"}
    again = merge_duplicates(store)
    assert (again.tracks, again.merged) == (5, 0)


def test_what_a_person_keeps_apart_or_takes_back_stays_two(store: Store, tracks: list[str]) -> None:
    with store.write() as tx:
        keep_apart(tx, tracks[0], tracks[1], by="dj")
    assert merge_duplicates(store).merged == 1
    with store.write() as tx:
        unmerge_by_person(tx, tracks[3], by="dj")
    assert merge_duplicates(store).merged == 0
    assert len(names(store)) == 7
    with store.read() as connection:
        assert get_track(connection, tracks[4]).track.bpm == 104.0
        assert list_pairs(connection) == []


def test_an_empty_library_is_no_error(store: Store) -> None:
    assert merge_duplicates(store) == DeepPass(0, 0, 0, 0, 0)
