"""The deep duplicate pass: what is merged, what a person looks at, what is never merged."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtrove.duplicates import Duplicates, TrackText, find_duplicates
from mixtrove.errors import BadInput
from mixtrove.matching import compare
from mixtrove.matching.kernel import G_CUT


def track(identity: str, artist: str, title: str, **facts: object) -> TrackText:
    return TrackText(identity, artist, title, **facts)  # type: ignore[arg-type]


def clusters(found: Duplicates) -> list[tuple[str, ...]]:
    return [some.ids for some in found.clusters]


def unsure(found: Duplicates) -> list[tuple[str, str]]:
    return [(pair.left, pair.right) for pair in found.unsure]


def test_no_track_and_one_track_have_no_duplicates() -> None:
    assert find_duplicates([]) == Duplicates((), (), ())
    assert find_duplicates([track("a", "Eric Prydz", "Opus")]) == Duplicates((), (), ())


def test_spellings_of_one_track_are_one() -> None:
    found = find_duplicates(
        [
            track("a", "Tensnake feat. Fiora", "Automatic"),
            track("b", "TENSNAKE", "Automatic (ft. Fiora) (Original Mix)"),
            track("c", "Dubfire, Oliver Huntemann", "Fuego (Julian Jeweil Remix)"),
            track("d", "Oliver Huntemann & Dubfire", "Fuego - Julian Jeweil Remix"),
            track("e", "Eric Prydz", "Opus"),
        ]
    )
    assert clusters(found) == [("a", "b"), ("c", "d")]
    assert unsure(found) == []


def test_a_version_that_is_kept_apart_counts_as_one_in_the_title() -> None:
    apart = TrackText("a", "Eric Prydz", "Opus", version="Four Tet Remix")
    found = find_duplicates([apart, track("b", "Eric Prydz", "Opus (Four Tet Remix)")])
    assert clusters(found) == [("a", "b")]


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Opus", "Opus (Four Tet Remix)"),
        ("Opus (Fabio Remix)", "Opus (Four Tet Remix)"),
        ("Opus (Four Tet Remix)", "Opus (Four Tet Edit)"),
        ("Opus (Four Tet Remix)", "Opus (Four Tet Remix 2020)"),
        ("Opus (Four Tet & Fabio Remix)", "Opus (Four Tet Remix)"),
        ("Opus", "Opus (VIP)"),
        ("Opus", "Opus (Instrumental)"),
        ("Opus (Dub)", "Opus"),
        ("Opus", "Opus (Live)"),
        ("Opus Part 1", "Opus Part 2"),
        ("Opus", "Opus II"),
    ],
)
def test_no_fact_makes_two_versions_one(title: str, other: str) -> None:
    facts = {
        "label": "Pryda", "catalog_number": "PRY 1", "album": "Opus", "position": "3", "duration": 300.0,
        "year": 2015,
    }  # fmt: skip
    if "Part" in title or "II" in other:
        facts.pop("position")  # … which two parts cannot share
    shared = {"isrcs": ("GBXXX1500001",), "external_ids": (("spotify", "1"),)}
    found = find_duplicates(
        [
            track("a", "Eric Prydz", title, **facts, **shared),
            track("b", "Eric Prydz", other, **facts, **shared),
        ]
    )
    assert clusters(found) == []
    assert [(pair.left, pair.right) for pair in found.conflicts] == [("a", "b")]


def test_a_shared_isrc_with_agreeing_texts_is_one_track() -> None:
    facts = {"isrcs": ("GB-XXX-15-00001",)}
    found = find_duplicates(
        [
            track("a", "Mr. Oizo", "Positif", **facts),
            track("b", "Mr Oizo & Somebody", "Positiff", isrcs=("gbxxx1500001",)),
        ]
    )
    assert clusters(found) == [("a", "b")]
    assert found.clusters[0].pairs[0].reasons[0] == "same ISRC GBXXX1500001"


def test_a_shared_id_with_other_texts_is_a_conflict_and_no_cluster() -> None:
    ids = (("discogs", "77"),)
    found = find_duplicates(
        [
            track("a", "Eric Prydz", "Opus", external_ids=ids),
            track("b", "Slam", "Positive Education", external_ids=ids),
        ]
    )
    assert clusters(found) == []
    assert unsure(found) == []
    assert [(pair.left, pair.right, pair.reasons[0]) for pair in found.conflicts] == [
        ("a", "b", "same discogs id 77")
    ]


def test_a_slip_is_merged_when_a_fact_agrees_and_shown_when_none_does() -> None:
    one = track("a", "Papa Roach", "Detox")
    other = track("b", "Papa Roach", "Dteox")
    assert clusters(find_duplicates([one, other])) == []
    assert unsure(find_duplicates([one, other])) == [("a", "b")]
    same_length = [replace(one, duration=200.0, year=2002), replace(other, duration=201.0, year=2002)]
    assert clusters(find_duplicates(same_length)) == [("a", "b")]


def test_a_remixer_spelled_otherwise_is_for_a_person() -> None:
    found = find_duplicates(
        [
            track("a", "Drake", "Come Thru (Harmonimix Remix)"),
            track("b", "Drake", "Come Thru (Harmonix Remix)"),
        ]
    )
    assert clusters(found) == []
    assert unsure(found) == [("a", "b")]


def test_two_remixes_of_one_release_stay_two_however_alike_their_names() -> None:
    facts = {"catalog_number": "PRY 1", "label": "Pryda", "year": 2008}
    one = track("a", "Struktur", "Black Soul Music (Guts Remix)", duration=437.0, **facts)
    other = track("b", "Struktur", "Black Soul Music (Duts Remix)", duration=352.0, **facts)
    assert clusters(find_duplicates([one, other])) == []
    assert unsure(find_duplicates([one, other])) == [("a", "b")]


def test_titles_that_everybody_uses_need_a_fact() -> None:
    found = find_duplicates([track("a", "Vhoor", "Untitled"), track("b", "Vhoor", "untitled")])
    assert clusters(found) == []
    assert unsure(found) == [("a", "b")]
    with_length = [
        track("a", "Vhoor", "Untitled", duration=200.0),
        track("b", "Vhoor", "untitled", duration=200.0),
    ]
    assert clusters(find_duplicates(with_length)) == [("a", "b")]


def test_placeholders_are_no_track() -> None:
    found = find_duplicates([track("a", "ID", "ID"), track("b", "ID", "ID"), track("c", "?", "ID")])
    assert found == Duplicates((), (), ())


def test_tracks_that_a_disambiguator_or_a_person_keeps_apart_stay_two() -> None:
    one, other = track("a", "Eric Prydz", "Opus"), track("b", "Eric Prydz", "Opus (Original Mix)")
    assert clusters(find_duplicates([one, replace(other, disambiguator="x")])) == []
    assert find_duplicates([one, other], apart=[("b", "a"), ("b", "gone")]) == Duplicates((), (), ())


def test_who_is_kept_apart_is_not_joined_through_a_third() -> None:
    three = [track(name, "Eric Prydz", "Opus") for name in "abc"]
    found = find_duplicates(three, apart=[("a", "c")])
    assert clusters(found) == [("a", "b")]
    assert unsure(found) == [("b", "c")]


def test_a_record_without_a_title_does_not_make_two_tracks_one() -> None:
    facts = {"album": "Grace and Charm", "position": "3", "duration": 236.0, "year": 2005}
    found = find_duplicates(
        [
            track("a", "Kelly Chen", "Past Life", **facts),
            track("b", "", "", **facts),
            track("c", "Courtney Jaye", "Permanent", **facts),
        ]
    )
    assert all(not {"a", "c"} <= set(some) for some in clusters(found))


def test_a_damaged_record_is_found_by_its_place_on_the_album() -> None:
    facts = {"album": "The Natural", "position": "6", "duration": 127.0}
    found = find_duplicates(
        [
            track("a", "Randy Newman", "Memo", **facts),
            track("b", "Randy Newman", "Meom", **facts),
            track("c", "Randy Newman", "Wheat", album="The Natural", position="7", duration=127.0),
        ]
    )
    assert clusters(found) == [("a", "b")]


def test_two_tracks_with_one_id_are_refused() -> None:
    with pytest.raises(BadInput, match="two tracks have the id 'a': give each track once"):
        find_duplicates([track("a", "X", "Y"), track("a", "X", "Z")])


def test_progress_tells_each_step_to_its_end() -> None:
    told: dict[str, tuple[int, int]] = {}
    find_duplicates(
        [track("a", "Eric Prydz", "Opus"), track("b", "Eric Prydz", "Opus")],
        progress=lambda what, done, of: told.update({what: (done, of)}),
    )
    assert {what: done == of for what, (done, of) in told.items()} == {
        "parsed": True, "searched": True, "compared": True,
    }  # fmt: skip


def test_several_processes_find_what_one_finds() -> None:
    some = [track(f"{at:05}", f"Artist {at // 2}", f"Some Title Number {at // 2}") for at in range(41_000)]
    found = find_duplicates(some, processes=2)
    assert len(found.clusters) == 20_500
    assert clusters(found)[0] == ("00000", "00001")


ARTISTS = ("Eric Prydz", "Eric Pryda", "Slam", "DJ Slam", "Mr. Oizo", "Mr Oizo & Slam", "Daft Punk")
TITLES = (
    "Opus",
    "Opuss",
    "Positif",
    "Positive",
    "Opus Part 1",
    "Opus Part 2",
    "Untitled",
    "Around the World",
)
VERSIONS = (
    "",
    " (Original Mix)",
    " (Four Tet Remix)",
    " (Four Tett Remix)",
    " (Slam Remix)",
    " (VIP)",
    " (Dub)",
)
LIBRARIES = st.lists(
    st.tuples(
        st.sampled_from(ARTISTS), st.sampled_from(TITLES), st.sampled_from(VERSIONS),
        st.sampled_from((None, 200.0, 201.0, 320.0)), st.sampled_from((None, 2001, 2015)),
        st.sampled_from(((), ("GBXXX1500001",), ("GBXXX1500002",))),
    ),
    max_size=14,
)  # fmt: skip


def library(rows: list[tuple[str, str, str, float | None, int | None, tuple[str, ...]]]) -> list[TrackText]:
    return [
        TrackText(f"{at:02}", artist, title + version, duration=duration, year=year, isrcs=isrcs)
        for at, (artist, title, version, duration, year, isrcs) in enumerate(rows)
    ]


@settings(max_examples=60, deadline=None)
@given(LIBRARIES, st.randoms())
def test_the_order_of_the_tracks_does_not_matter(rows, rng) -> None:  # type: ignore[no-untyped-def]
    tracks = library(rows)
    shuffled = list(tracks)
    rng.shuffle(shuffled)
    assert find_duplicates(shuffled) == find_duplicates(tracks)


@settings(max_examples=60, deadline=None)
@given(LIBRARIES)
def test_no_cluster_holds_two_versions_and_no_pair_is_told_twice(rows) -> None:  # type: ignore[no-untyped-def]
    tracks = library(rows)
    by_id = {one.id: one for one in tracks}
    found = find_duplicates(tracks)
    seen = [pair for some in found.clusters for pair in combinations(some.ids, 2)]
    for left, right in seen:
        assert compare(by_id[left].credit(), by_id[right].credit()).gate >= G_CUT
    for some in found.clusters:
        assert len(some.pairs) == len(some.ids) - 1
    seen += [(pair.left, pair.right) for pair in (*found.unsure, *found.conflicts)]
    assert len(seen) == len(set(seen))
    members = [one for some in found.clusters for one in some.ids]
    assert len(members) == len(set(members))


@settings(max_examples=25, deadline=None)
@given(LIBRARIES)
def test_what_is_found_does_not_depend_on_strangers(rows) -> None:  # type: ignore[no-untyped-def]
    tracks = library(rows)
    strangers = [
        TrackText(f"x{at}", blake2b(b"artist %d" % at).hexdigest()[:9], blake2b(b"%d" % at).hexdigest()[:20])
        for at in range(100)
    ]
    assert find_duplicates([*tracks, *strangers]) == find_duplicates(tracks)
