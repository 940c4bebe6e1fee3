"""Two tracks become one and two again: nothing is lost, nothing is invented, and what people said holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.errors import BadInput, StaleEdit
from mixtrove.library import schema
from mixtrove.library.discoveries import EntryDecision, TrackRecord, entries_to_identify, write_decisions
from mixtrove.library.facts import Link, write_links
from mixtrove.library.index import LibraryIndex
from mixtrove.library.line_decisions import decide
from mixtrove.library.merging import merge_tracks, unmerge_tracks
from mixtrove.library.owned import import_owned_csv
from mixtrove.library.set_context import set_context
from mixtrove.library.store import Store
from mixtrove.library.track_corrections import edit_track, keep_apart, merge_by_person, unmerge_by_person
from mixtrove.library.track_pairs import list_pairs
from mixtrove.library.track_records import get_track
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.tracks import ExternalId, find_or_create_track
from mixtrove.library.undoing import undo
from mixtrove.library.wants import add_want, set_want
from mixtrove.matching import Credit

Make = Callable[..., Any]
NEAR = "Never Grow Olde"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
_IGNORED = ("revision", "updated_at", "version", "since")
_UNTOUCHED = ("counter", "tombstone", "merge_log", "correction", "track_pair", "outbox")


def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, without what only counts changes."""
    found = {}
    with store.read() as connection:
        for table in schema.metadata.sorted_tables:
            if table.name in _UNTOUCHED:
                continue
            columns = [column for column in table.c if column.name not in _IGNORED]
            found[table.name] = sorted(map(str, connection.execute(sa.select(*columns))))
    return found  # type: ignore[return-value]


def play(store: Store, make: Make, line: str, record: TrackRecord, dj: str) -> str:
    """Import a mix of one line and identify it; the id of its track."""
    import_tracklist(store, make(line, dj=dj))
    with store.read() as connection:
        [entry] = entries_to_identify(connection, None)
    write_decisions(store, [EntryDecision(entry.entry_id, "identified", record, 0.95, catalogue="c")])
    play = schema.track_discovery
    with store.read() as connection:
        found: str = connection.execute(
            sa.select(play.c.library_track_id).where(play.c.entry_id == entry.entry_id)
        ).scalar_one()
    return found


@pytest.fixture
def two(store: Store, make_tracklist: Make) -> tuple[str, str]:
    """Two tracks that are one, each heard, wanted, owned, linked and described; their ids."""
    first = play(
        store, make_tracklist, "Floorplan - Never Grow Old",
        TrackRecord("catalogue", "musicbrainz:1", Credit.parse("Floorplan", "Never Grow Old", label="M")),
        "One",
    )  # fmt: skip
    second = play(
        store, make_tracklist, "Floor Plan - Never Grow Old",
        TrackRecord("catalogue", "musicbrainz:2", Credit.parse("Floor Plan", NEAR, duration=401.0)),
        "Two",
    )  # fmt: skip
    assert first != second
    with store.write() as tx:
        kept = add_want(tx, "dj", first, priority=2)
        gone = add_want(tx, "dj", second, priority=5, notes="the one with the organ")
        set_want(tx, gone, {"status": "purchased", "purchase_price": "1.99", "currency": "EUR"}, by="dj")
        add_want(tx, "other", second)
        assert kept != gone
        link = Link("beatport", "https://www.beatport.com/track/a/1", "offer", Decimal("1.99"), "EUR")
        more = Link("itunes", "https://music.apple.com/gb/song/2", "offer")
        write_links(tx, first, [(link, NOW)])
        write_links(tx, second, [(link, NOW), (more, NOW)])
    import_owned_csv(store, b"artist,title,location\nFloor Plan,Never Grow Olde,/music/a.aiff\n", "owned.csv")
    return first, second


def test_a_merge_keeps_everything_and_taking_it_back_gives_back_exactly_that(
    store: Store, two: tuple[str, str]
) -> None:
    first, second = two
    before = contents(store)
    with store.write() as tx:
        merge_id = merge_tracks(tx, kept=first, merged=second, reason="the same")
    with store.read() as connection:
        found, plays = get_track(connection, first), set_context(connection, first).plays
        wants = connection.execute(
            sa.select(schema.want.c.user, schema.want.c.priority, schema.want.c.status, schema.want.c.notes)
            .where(schema.want.c.library_track_id == first)
            .order_by(schema.want.c.user)
        ).all()
    assert [one.dj for one in plays] == ["One", "Two"]
    assert (found.track.discovery_count, found.track.duration, found.owned) == (2, 401.0, 1)
    assert [number for _, number in found.external_ids] == ["1", "2"]
    assert [tuple(row) for row in wants] == [
        ("dj", 5, "purchased", "the one with the organ"),
        ("other", 3, "wanted", None),
    ]
    assert len(contents(store)["purchase_link"]) == 2
    with store.write() as tx:
        assert unmerge_tracks(tx, merge_id) == (first, second)
    assert contents(store) == before
    with store.write() as tx, pytest.raises(BadInput, match="was taken back already"):
        unmerge_tracks(tx, merge_id)


def test_what_changed_since_a_merge_stays_when_it_is_taken_back(store: Store, two: tuple[str, str]) -> None:
    first, second = two
    with store.write() as tx:
        merge_id = merge_tracks(tx, kept=first, merged=second, reason="the same")
        [want_id] = tx.connection.execute(
            sa.select(schema.want.c.id).where(schema.want.c.user == "dj")
        ).scalars()
        set_want(tx, want_id, {"priority": 1}, by="dj")
    with store.write() as tx:
        unmerge_tracks(tx, merge_id)
        rows = tx.connection.execute(
            sa.select(schema.want.c.library_track_id, schema.want.c.priority, schema.want.c.status)
            .where(schema.want.c.user == "dj")
            .order_by(schema.want.c.priority)
        ).all()
    assert [tuple(row) for row in rows] == [(first, 1, "purchased"), (second, 5, "purchased")]


def test_a_merged_track_is_found_by_its_former_name_and_ids(
    store: Store, two: tuple[str, str], make_tracklist: Make
) -> None:
    first, second = two
    with store.write() as tx:
        merge_by_person(tx, kept=first, merged=second, by="dj")
        assert find_or_create_track(tx, Credit.parse("Floor Plan", NEAR)) == first
        known = [ExternalId("musicbrainz", "2")]
        assert find_or_create_track(tx, Credit.parse("Floor Plan", NEAR), external_ids=known) == first
    index = LibraryIndex()
    with store.read() as connection:
        index.refresh(connection)
    [offered] = index.candidates(Credit.parse("Floor Plan", NEAR))
    assert (offered.id, offered.credit.title) == (first, NEAR)


def test_a_decision_about_a_track_that_was_merged_meanwhile_goes_to_the_one_it_is_now(
    store: Store, two: tuple[str, str], make_tracklist: Make
) -> None:
    first, second = two
    index = LibraryIndex()
    import_tracklist(store, make_tracklist("Floor Plan - Never Grow Olde", dj="Three"))
    with store.read() as connection:
        index.refresh(connection)
        [entry] = entries_to_identify(connection, None)
    with store.write() as tx:
        merge_by_person(tx, kept=first, merged=second, by="dj")
    write_decisions(store, [EntryDecision(entry.entry_id, "identified", second, 0.99, "library")])
    with store.read() as connection:
        assert get_track(connection, first).track.discovery_count == 3
        index.refresh(connection)
    assert {one.id for one in index.candidates(Credit.parse("Floorplan", "Never Grow Old"))} == {first}


def test_a_person_cannot_merge_what_is_not_one_track(store: Store) -> None:
    with store.write() as tx:
        opus = find_or_create_track(tx, Credit.parse("Eric Prydz", "Opus"))
        remix = find_or_create_track(tx, Credit.parse("Eric Prydz", "Opus (Four Tet Remix)"))
    for kept, merged, why in (
        (opus, opus, "cannot be merged with itself"),
        (opus, remix, "are two versions .* and stay two tracks"),
        (opus, "0" * 36, "there is no track"),
    ):
        with pytest.raises(BadInput, match=why), store.write() as tx:
            merge_by_person(tx, kept=kept, merged=merged, by="dj")
    with store.write() as tx, pytest.raises(BadInput, match="nothing was merged into track"):
        unmerge_by_person(tx, opus, by="dj")


def test_a_merge_that_a_person_takes_back_is_made_by_no_run_again(store: Store, two: tuple[str, str]) -> None:
    first, second = two
    with store.write() as tx:
        merge_by_person(tx, kept=first, merged=second, by="dj")
    with store.write() as tx:
        assert unmerge_by_person(tx, first, by="dj") == (first, second)
    with store.write() as tx:  # the deep pass, or an id that both have, would merge them now
        find_or_create_track(
            tx, Credit.parse("Floorplan", "Never Grow Old"), external_ids=[ExternalId("musicbrainz", "2")]
        )
    with store.read() as connection:
        assert get_track(connection, second).track.discovery_count == 1
        assert list_pairs(connection, ("apart",))[0].kind == "apart"


def test_a_chain_of_merges_is_taken_back_from_its_end(store: Store) -> None:
    with store.write() as tx:
        one, two, three = (
            find_or_create_track(tx, Credit.parse("Artist", title))
            for title in ("Song One", "Song Uno", "Song Ein")
        )
        merge_tracks(tx, kept=two, merged=one, reason="a")
        merge_tracks(tx, kept=three, merged=two, reason="b")
    before = contents(store)
    with pytest.raises(BadInput, match=f"track {two} was merged into another one since"), store.write() as tx:
        unmerge_by_person(tx, one, by="dj")
    assert contents(store) == before
    with store.write() as tx:
        assert unmerge_by_person(tx, three, by="dj") == (three, two)
        assert unmerge_by_person(tx, two, by="dj") == (two, one)


def test_tracks_that_share_an_isrc_are_one_only_when_their_texts_agree(store: Store) -> None:
    isrc = "GBAYE0601498"
    with store.write() as tx:
        first = find_or_create_track(tx, Credit.parse("Bicep", "Glue", isrc=isrc))
        assert find_or_create_track(tx, Credit.parse("BICEP", "Glue (Original Mix)", isrc=isrc)) == first
        other = find_or_create_track(tx, Credit.parse("Bicep", "Glue (Hammer Remix)", isrc=isrc))
        assert other != first
    with store.read() as connection:
        [pair] = list_pairs(connection)
    assert (pair.kind, {pair.left_id, pair.right_id}) == ("conflict", {first, other})
    assert "both have ISRC GBAYE0601498" in pair.reason
    with store.write() as tx:
        keep_apart(tx, first, other, by="dj")
    with store.read() as connection:
        assert list_pairs(connection) == []


def test_two_tracks_that_turn_out_to_share_an_id_are_one_at_the_end_of_the_transaction(store: Store) -> None:
    with store.write() as tx:
        first = find_or_create_track(
            tx, Credit.parse("Marcel Dettmann", "Lattice"), external_ids=[ExternalId("discogs", "1:A1")]
        )
        other = find_or_create_track(tx, Credit.parse("Marcel Detmann", "Lattice"))
        assert first != other
    with store.write() as tx:
        from mixtrove.library.tracks import add_external_ids

        add_external_ids(tx, other, [ExternalId("discogs", "1:A1")])
        assert tx.connection.execute(sa.select(sa.func.count(schema.library_track.c.id))).scalar() == 2
    with store.read() as connection:
        assert connection.execute(sa.select(schema.library_track.c.id)).scalars().all() == [first]
        merge = connection.execute(sa.select(schema.merge_log)).one()
    assert (merge.reason, merge.by) == ("the id of discogs 1:A1", "run")


def test_an_edit_keeps_its_source_and_no_run_changes_it(store: Store) -> None:
    with store.write() as tx:
        track = find_or_create_track(tx, Credit.parse("Bicep", "Glue", label="Ninja Tune"), genre="House")
        edit_track(tx, track, {"genre": "", "bpm": "130"}, by="dj")
        find_or_create_track(tx, Credit.parse("Bicep", "Glue"), genre="Techno", bpm=65.0)
    with store.read() as connection:
        found = get_track(connection, track)
    assert (found.track.genre, found.track.bpm) == (None, 130.0)
    assert {one.name for one in found.attributes if one.provider == "person"} == {"genre", "bpm"}


def test_a_stale_edit_is_refused_with_both_versions(store: Store) -> None:
    with store.write() as tx:
        track = find_or_create_track(tx, Credit.parse("Bicep", "Glue"))
        assert edit_track(tx, track, {"genre": "House"}, by="one", expected_version=1) == 2
    with pytest.raises(StaleEdit) as error, store.write() as tx:
        edit_track(tx, track, {"genre": "Techno"}, by="two", expected_version=1)
    assert (error.value.given, error.value.there) == ({"genre": "Techno"}, {"genre": "House"})
    assert 'genre "Techno"' in str(error.value)
    assert 'genre "House"' in str(error.value)


def test_a_renamed_track_is_still_found_by_the_name_it_had_and_an_undone_edit_leaves_nothing(
    store: Store,
) -> None:
    with store.write() as tx:
        track = find_or_create_track(tx, Credit.parse("Bicp", "Gleu"))
    before = contents(store)
    with store.write() as tx:
        edit_track(tx, track, {"artist": "Bicep", "title": "Glue"}, by="dj")
        assert find_or_create_track(tx, Credit.parse("Bicp", "Gleu")) == track
        assert find_or_create_track(tx, Credit.parse("Bicep", "Glue")) == track
        correction = tx.connection.execute(sa.select(schema.correction.c.id)).scalar_one()
    undo(store, correction_ids=[correction])
    assert contents(store) == before


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"artist": " "}, "a track needs its artist"),
        ({"mood": "dark"}, "a track has no field 'mood'"),
        ({"bpm": "fast"}, "bpm must be a number from 20 to 400"),
        ({"release_date": "2015-13"}, "is none of YYYY, YYYY-MM and YYYY-MM-DD"),
        ({"label": "x" * 501}, "is longer than 500 letters"),
        ({"key": "H#"}, "key 'H#' is no musical key"),
        ({"artist": "Eric Prydz", "title": "Opus"}, "is this one already: make them one with"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_in_a_sentence(store: Store, changes: Any, why: str) -> None:
    with store.write() as tx:
        find_or_create_track(tx, Credit.parse("Eric Prydz", "Opus"))
        track = find_or_create_track(tx, Credit.parse("Bicep", "Glue"))
    before = contents(store)
    with pytest.raises(BadInput, match=why), store.write() as tx:
        edit_track(tx, track, changes, by="dj")
    assert contents(store) == before


def test_merging_a_provisional_track_assigns_its_line(store: Store, make_tracklist: Make) -> None:
    import_tracklist(store, make_tracklist("Bicp - Gleu", dj="One"))
    with store.read() as connection:
        [entry] = entries_to_identify(connection, None)
    write_decisions(store, [EntryDecision(entry.entry_id, "provisional")])
    with store.write() as tx:
        glue = find_or_create_track(tx, Credit.parse("Bicep", "Glue"))
        [unknown] = tx.connection.execute(
            sa.select(schema.library_track.c.id).where(schema.library_track.c.provisional)
        ).scalars()
    with pytest.raises(BadInput, match="is not identified"), store.write() as tx:
        merge_by_person(tx, kept=unknown, merged=glue, by="dj")
    with store.write() as tx:
        merge_by_person(tx, kept=glue, merged=unknown, by="dj")
        assert tx.connection.execute(sa.select(schema.correction.c.kind)).scalars().all() == ["assign"]
    with store.read() as connection:
        assert get_track(connection, glue).track.discovery_count == 1
        events = connection.execute(sa.select(schema.outbox.c.event, schema.outbox.c.key)).all()
    assert [tuple(row) for row in events] == [("track.identified", glue)]


def test_what_a_person_assigned_holds_when_its_track_is_merged(store: Store, make_tracklist: Make) -> None:
    import_tracklist(store, make_tracklist("Bicp - Gleu", dj="One"))
    with store.read() as connection:
        [entry] = entries_to_identify(connection, None)
    done = decide(store, kind="assign", by="dj", entry_id=entry.entry_id, track=Credit.parse("Bicp", "Gleu"))
    with store.write() as tx:
        glue = find_or_create_track(tx, Credit.parse("Bicep", "Glue"))
        merge_by_person(tx, kept=glue, merged=done.library_track_id or "", by="dj")
    import_tracklist(store, make_tracklist("Bicp - Gleu", "Other - Thing", dj="Two"))
    from mixtrove.identify import match_entries

    match_entries(store)
    with store.read() as connection:
        assert get_track(connection, glue).track.discovery_count == 2


def test_what_a_person_set_holds_for_the_one_track_that_is_left(store: Store) -> None:
    with store.write() as tx:
        kept = find_or_create_track(tx, Credit.parse("Bicep", "Glue", label="Other"), genre="Techno")
        merged = find_or_create_track(tx, Credit.parse("Bicep", "Glew"), genre="House", bpm=120.0)
        edit_track(tx, merged, {"artist": "BICEP", "genre": "Breaks", "bpm": ""}, by="dj")
    before = contents(store)
    with store.write() as tx:
        merge_by_person(tx, kept=kept, merged=merged, by="dj")
        find_or_create_track(tx, Credit.parse("Bicep", "Glue"), bpm=64.0)
    with store.read() as connection:
        found = get_track(connection, kept)
    assert (found.track.artist, found.track.genre, found.track.bpm) == ("Bicep", "Breaks", None)
    assert {one.name for one in found.attributes if one.provider == "person"} == {"genre", "bpm"}
    with store.write() as tx:
        unmerge_by_person(tx, kept, by="dj")
    assert contents(store) == before


def test_a_track_that_is_given_another_version_is_not_found_as_the_one_it_was(store: Store) -> None:
    with store.write() as tx:
        track = find_or_create_track(tx, Credit.parse("Eric Prydz", "Opus"))
        edit_track(tx, track, {"remix": "Four Tet Remix"}, by="dj")
        assert find_or_create_track(tx, Credit.parse("Eric Prydz", "Opus")) != track
        assert find_or_create_track(tx, Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")) == track


def test_who_wants_a_track_hears_when_a_merge_makes_it_available(store: Store) -> None:
    with store.write() as tx:
        offered = find_or_create_track(tx, Credit.parse("Bicep", "Glue"))
        other = find_or_create_track(tx, Credit.parse("Bicep", "Glew"))
        add_want(tx, "both", offered)
        for user in ("both", "dj"):
            add_want(tx, user, other)
        write_links(tx, offered, [(Link("beatport", "https://www.beatport.com/track/a/1", "offer"), NOW)])
        merge_tracks(tx, kept=other, merged=offered, reason="the same")
    with store.read() as connection:
        events = connection.execute(
            sa.select(schema.outbox.c.payload).where(schema.outbox.c.event == "want.available")
        ).scalars()
        assert [(one["user"], one["store"]) for one in events] == [("both", "beatport"), ("dj", "beatport")]
