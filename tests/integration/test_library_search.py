"""Finding tracks by what is shown of them, page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtrove.errors import BadInput
from mixtrove.library import schema, track_search
from mixtrove.library.musical_key import parse_key
from mixtrove.library.owned import import_owned_csv
from mixtrove.library.store import Store
from mixtrove.library.track_corrections import edit_track
from mixtrove.library.track_filter import TrackFilter
from mixtrove.library.track_records import get_track
from mixtrove.library.track_search import Order, count_tracks, every_track, find_tracks
from mixtrove.library.tracks import find_or_create_track
from mixtrove.library.wants import add_want, set_want
from mixtrove.matching import Credit
from tests.integration.decided_scene import import_and_decide

Make = Callable[..., Any]
ORDERS: tuple[Order, ...] = ("heard", "artist", "newest")


@pytest.fixture
def library(store: Store) -> Store:
    """Five tracks with all their values in columns."""
    rows = (
        ("Björk", "Jóga (Four Tet Remix)", {"label": "One Little Indian", "key": "A min", "bpm": 124.0}),
        ("Four Tet", "Two Thousand And Seventeen", {"label": "Text", "key": "8B", "bpm": 126.5}),
        ("Burial", "Archangel", {"label": "Hyperdub", "key": "Abmin", "bpm": 138.0}),
        ("Skream", "Midnight Request Line", {"label": "Tempa", "key": "atonal", "bpm": 140.0}),
        ("50% Off", "A_B", {"label": None, "key": None, "bpm": None}),
    )
    with store.write() as tx:
        for artist, title, more in rows:
            label = more.pop("label")
            find_or_create_track(tx, Credit.parse(artist, title, label=label), genre="Bass", **more)
    return store


def say(store: Store, title: str, provider: str, expires_at: datetime | None = None, **values: Any) -> str:
    """What a provider says of a track, and nothing in the columns; returns the track's id."""
    with store.write() as tx:
        table = schema.library_track
        track_id: str = tx.connection.execute(
            sa.select(table.c.id).where(table.c.title == title)
        ).scalar_one()
        for name, value in values.items():
            tx.connection.execute(
                sa.insert(schema.track_attribute).values(
                    library_track_id=track_id, name=name, provider=provider, value=value,
                    fetched_at=tx.now, expires_at=expires_at, revision=tx.revision,
                )
            )  # fmt: skip
            tx.connection.execute(sa.update(table).where(table.c.id == track_id).values({name: None}))
    return track_id


def titles(store: Store, order: Order = "artist", **which: Any) -> list[str]:
    with store.read() as connection:
        page = find_tracks(connection, TrackFilter(**which), order=order)
        assert page.total == len(page.tracks) == count_tracks(connection, TrackFilter(**which))
        return [one.title for one in page.tracks]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({"words": "four tet"}, ["Jóga", "Two Thousand And Seventeen"]),
        ({"words": "TET text"}, ["Two Thousand And Seventeen"]),
        ({"words": "bjork joga"}, ["Jóga"]),
        ({"words": "BJÖRK"}, ["Jóga"]),
        ({"words": "line"}, ["Midnight Request Line"]),
        ({"words": "%"}, ["A_B"]),
        ({"words": "_"}, ["A_B"]),
        ({"words": "?!"}, []),
        ({"artist": "four tet"}, ["Two Thousand And Seventeen"]),
        ({"artist": "bjork"}, ["Jóga"]),
        ({"artist": "midnight"}, []),
        ({"title": "four tet"}, ["Jóga"]),
        ({"title": "request line"}, ["Midnight Request Line"]),
        ({"title": "skream"}, []),
        ({"label": "hyper"}, ["Archangel"]),
        ({"genre": "bass", "label": "te"}, ["Midnight Request Line", "Two Thousand And Seventeen"]),
        ({"bpm_from": 126.0}, ["Archangel", "Two Thousand And Seventeen", "Midnight Request Line"]),
        ({"bpm_to": 126.5}, ["Jóga", "Two Thousand And Seventeen"]),
        ({"bpm_from": 126.0, "bpm_to": 138.0}, ["Archangel", "Two Thousand And Seventeen"]),
        ({"provisional": True}, []),
    ],
)
def test_tracks_are_found_by_their_columns(library: Store, which: dict[str, Any], found: list[str]) -> None:
    assert sorted(titles(library, **which)) == sorted(found)


def test_keys_are_found_in_every_spelling(library: Store) -> None:
    a_minor = parse_key("8A")
    assert a_minor is not None
    assert titles(library, keys=frozenset([a_minor])) == ["Jóga"]
    assert titles(library, keys=a_minor.compatible()) == ["Jóga", "Two Thousand And Seventeen"]
    with library.read() as connection:
        shown = {one.title: (one.key, one.classical, one.camelot) for one in find_tracks(connection).tracks}
    assert shown["Jóga"] == ("A min", "A minor", "8A")
    assert shown["Archangel"] == ("Abmin", "Ab minor", "1A")
    assert shown["Midnight Request Line"] == ("atonal", None, None)


def test_what_a_provider_says_is_shown_and_found(library: Store) -> None:
    g_minor = frozenset([parse_key("6A")])
    say(library, "Archangel", "beatport", bpm=69.0, key="G Minor", genre="Dubstep")
    track_id = say(library, "Archangel", "deezer", bpm=138.0, genre="Electronic")
    assert titles(library, genre="dubstep") == titles(library, keys=g_minor) == ["Archangel"]
    assert titles(library, bpm_from=60, bpm_to=70) == ["Archangel"]
    assert titles(library, genre="electronic") == titles(library, bpm_from=138, bpm_to=138) == []
    with library.read() as connection:
        track = get_track(connection, track_id).track
    assert (track.bpm, track.key, track.camelot, track.genre) == (69.0, "G Minor", "6A", "Dubstep")
    assert track.sources == {"bpm": ("beatport",), "genre": ("beatport",), "key": ("beatport",)}


def test_what_may_be_shown_no_longer_is_not_found(library: Store) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    track_id = say(library, "Archangel", "itunes", past, genre="Dubstep")
    assert titles(library, genre="dubstep") == []
    with library.read() as connection:
        details = get_track(connection, track_id)
    assert (details.track.genre, details.attributes) == (None, ())


def test_what_a_person_set_or_emptied_is_shown_whoever_says_otherwise(library: Store) -> None:
    track_id = say(library, "Archangel", "beatport", bpm=69.0, genre="Dubstep")
    with library.write() as tx:
        edit_track(tx, track_id, {"genre": "Garage"}, by="dj")
        edit_track(tx, track_id, {"bpm": 138.0, "genre": ""}, by="dj")
    assert titles(library, bpm_from=138, bpm_to=138) == ["Archangel"]
    assert titles(library, bpm_to=70) == titles(library, genre="dubstep") == []
    with library.read() as connection:
        track = get_track(connection, track_id).track
    assert (track.bpm, track.genre) == (138.0, None)
    assert track.sources == {"bpm": ("person",), "genre": ("person",)}
    assert track.providers == set()


@pytest.fixture
def heard(store: Store, make_tracklist: Make) -> tuple[str, str]:
    """Two mixes: One was heard in both, Two and an undecided line in the second; their ids."""
    first = import_and_decide(store, make_tracklist("A - One", dj="Ben UFO", title="1"))
    second = import_and_decide(
        store, make_tracklist("A - One", "B - Two", "C - Thrée", dj="Ben", title="2"), provisional={"Thrée"}
    )
    return first, second


def test_tracks_are_found_by_where_they_were_heard(store: Store, heard: tuple[str, str]) -> None:
    first, second = heard
    today = datetime.now(UTC).date()
    assert titles(store, heard=2) == titles(store, dj="ufo") == titles(store, tracklist_id=first) == ["One"]
    assert titles(store, order="heard", tracklist_id=second) == ["One", "Two", "Thrée"]
    assert titles(store, new_in=first) == ["One"]
    assert titles(store, new_in=second) == ["Two", "Thrée"]
    assert titles(store, new_in=second, provisional=False) == ["Two"]
    assert titles(store, words="three", provisional=True) == titles(store, provisional=True) == ["Thrée"]
    assert titles(store, words="line") == []  # what is provisional is filed under its line
    assert titles(store, discovered_after=today) == ["One", "Two", "Thrée"]
    assert titles(store, discovered_before=today) == titles(store, discovered_after=date(2999, 1, 1)) == []


def test_tracks_are_found_by_what_is_owned_and_wanted(store: Store, heard: tuple[str, str]) -> None:
    import_owned_csv(store, b"artist,title\nA,One\n", "owned.csv")
    with store.write() as tx:
        table = schema.library_track
        two, three = (
            tx.connection.execute(sa.select(table.c.id).where(table.c.title == name)).scalar_one()
            for name in ("Two", "Thrée")
        )
        add_want(tx, "dj", two)
        set_want(tx, add_want(tx, "dj", three), {"status": "purchased"}, by="dj")
        add_want(tx, "other", three)
    assert titles(store, owned=True) == ["One"]
    assert titles(store, owned=False) == ["Two", "Thrée"]
    assert titles(store, wanted_by="dj") == ["Two"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from("aAbÄ"), st.sampled_from("xyZ"), st.integers(0, 2))), st.integers(1, 4)
)
def test_pages_are_all_tracks_once_in_order(
    store: Store, made: list[tuple[str, str, int]], size: int
) -> None:
    with store.write() as tx:
        tx.connection.execute(sa.delete(schema.library_track))
        for number, (artist, title, count) in enumerate(made):
            track_id = find_or_create_track(tx, Credit.parse(artist, title), disambiguator=str(number))
            tx.connection.execute(
                sa.update(schema.library_track)
                .where(schema.library_track.c.id == track_id)
                .values(discovery_count=count)
            )
    for order in ORDERS:
        for which in (TrackFilter(), TrackFilter(heard=1), TrackFilter(words="a")):
            with store.read() as connection:
                whole = [one.id for some in every_track(connection, which, order=order) for one in some]
                pages: list[str] = []
                after, total = None, None
                while True:
                    page = find_tracks(connection, which, order=order, after=after, limit=size)
                    pages += [one.id for one in page.tracks]
                    assert total in (None, page.total)
                    after, total = page.after, page.total
                    if after is None:
                        break
            assert pages == whole
            assert total == len(whole)


def test_a_page_goes_on_in_its_own_order_only(library: Store) -> None:
    with library.read() as connection:
        after = find_tracks(connection, order="artist", limit=2).after
        assert after is not None
        rest = find_tracks(connection, order="artist", after=after, limit=9).tracks
        assert [one.artist for one in rest] == ["Burial", "Four Tet", "Skream"]
        for wrong in (after, "nonsense", "", "bnVsbA==", "WyJoZWFyZCIsIDEsIDIsIDMsIDRd"):
            with pytest.raises(BadInput, match="begin with the first page"):
                find_tracks(connection, order="heard", after=wrong)


def test_all_tracks_are_read_in_batches(library: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track_search, "BATCH", 2)
    with library.read() as connection:
        batches = list(every_track(connection, order="artist"))
    assert [len(one) for one in batches] == [2, 2, 1]
    assert [one.artist for some in batches for one in some] == [
        "50% Off", "Björk", "Burial", "Four Tet", "Skream",
    ]  # fmt: skip
