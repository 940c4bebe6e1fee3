"""Tracks that are filled in by providers: what is asked, taken, with which source and for how long."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.catalogue.build import build_catalogue
from mixtrove.discovery import search
from mixtrove.enrichment import EnrichSummary, enrich_tracks
from mixtrove.identify import match_entries
from mixtrove.library import schema
from mixtrove.library.derived import delete_tracks
from mixtrove.library.facts import expire
from mixtrove.library.merging import merge_tracks
from mixtrove.library.track_corrections import edit_track
from mixtrove.library.track_records import get_track
from mixtrove.library.tracks import ExternalId, add_external_ids, find_or_create_track
from mixtrove.matching import Credit
from mixtrove.providers.budget import Budget
from mixtrove.providers.registry import PROVIDERS
from mixtrove.providers.simulator import Faults
from mixtrove.providers.simulator.songs import Song, Songs
from mixtrove.shopping import ask_shops
from tests.integration.online_scene import Begin, Rows, Scene, line, recordings, soon

_track, _attribute, _link = schema.library_track, schema.track_attribute, schema.purchase_link
_external, _done = schema.external_id, schema.track_enrichment

RECORDING = ("bpm", "key", "isrcs", "catalog_number", "duration")
ROW = {"id": "x:1", "artist": "Meera", "title": "Stikk", "label": "Northern Sounds", "duration": "5:00"}
LONGER = {"id": "x:2", "artist": "Odd Numbers", "title": "Lantern", "label": "Paper Trax", "duration": "6:40"}


def enrich(scene: Scene, **options: Any) -> EnrichSummary:
    """Fill in what is due, in a gateway of its own."""
    with scene.online() as online:
        return enrich_tracks(scene.store, online.providers, **options)


def ids_at(scene: Scene, provider: str, rows: Sequence[dict[str, str]]) -> list[str]:
    """The ids that a provider has for these rows."""
    with scene.online() as online:
        found = [
            online.providers[provider].search(Credit.parse(row["artist"], row["title"]), budget=Budget())
            for row in rows
        ]
    scene.asked()
    return [one.recordings[0].id for one in found]


def add(scene: Scene, row: dict[str, str], *, length: float | None = None, **ids: str) -> str:
    """A track of the library that has nothing but its name and perhaps ids at providers."""
    credit = Credit.parse(row["artist"], row["title"], duration=length)
    with scene.store.write() as tx:
        known = [ExternalId(provider, number) for provider, number in ids.items()]
        return find_or_create_track(tx, credit, external_ids=known)


def track(scene: Scene, track_id: str) -> dict[str, Any]:
    """The columns of a track."""
    with scene.store.read() as connection:
        return dict(connection.execute(sa.select(_track).where(_track.c.id == track_id)).mappings().one())


def attributes(scene: Scene, track_id: str) -> dict[tuple[str, str], Any]:
    """(name, provider) → row of every attribute of a track."""
    with scene.store.read() as connection:
        rows = connection.execute(sa.select(_attribute).where(_attribute.c.library_track_id == track_id))
        return {(row.name, row.provider): row for row in rows}


def links(scene: Scene) -> dict[str, Any]:
    """Store → link to buy."""
    with scene.store.read() as connection:
        return {row.store: row for row in connection.execute(sa.select(_link))}


def songs(rows: Rows) -> list[Song]:
    """What the stand-in knows of these rows."""
    return Songs(rows, other_versions=0.0).all


def test_tracks_of_a_catalogue_are_filled_in_with_one_request_for_all_their_ids(begin: Begin) -> None:
    rows = recordings(8)
    scene = begin(rows, *map(line, rows))
    scene.only("musicbrainz")
    ids = ids_at(scene, "musicbrainz", rows)
    table = scene.settings.home / "rows.csv"
    table.write_text(
        "id,artist,title\n"
        + "".join(
            f'musicbrainz:{number},"{row["artist"]}","{row["title"]}"\n'
            for number, row in zip(ids, rows, strict=True)
        ),
        encoding="utf-8",
    )
    build_catalogue([table], scene.settings.catalogue_dir)
    search(scene.store, scene.settings)
    assert match_entries(scene.store).identified == 8
    with scene.store.read() as connection:
        known = connection.execute(sa.select(_external.c.provider, _external.c.external_id)).all()
    assert sorted(map(tuple, known)) == sorted(("musicbrainz", number) for number in ids)

    assert enrich(scene) == EnrichSummary(tracks=8, filled=8, later=0)
    paths = Counter(one.path.split("?")[0].rsplit("/", 1)[0] for one in scene.server.received)
    assert paths == {"/ws/2": 1, "/ws/2/release": 8}
    with scene.store.read() as connection:
        found = {row.title: row for row in connection.execute(sa.select(_track))}
    for song in songs(rows):
        mine = found[song.parts[0]]
        assert (mine.label, mine.release_date[:4]) == (song.label, song.date[:4])
    scene.asked()
    assert enrich(scene) == EnrichSummary()
    assert scene.asked() == []


def test_a_track_without_ids_is_searched_for_and_every_provider_is_asked_once(begin: Begin) -> None:
    rows = recordings(3)
    scene = begin(rows)
    tracks = [add(scene, row) for row in rows]
    assert enrich(scene) == EnrichSummary(tracks=3, filled=3, later=0)
    asked = Counter(one.provider for one in scene.server.received if "search" in one.path)
    assert asked["beatport"] == 3
    assert "spotify" not in asked  # nothing of its answers may stay
    with scene.store.read() as connection:
        noted = connection.execute(sa.select(_done.c.asked, _done.c.next_at)).all()
    assert all("beatport" in row.asked and row.next_at is None for row in noted)
    for song, track_id in zip(songs(rows), tracks, strict=True):
        said = attributes(scene, track_id)
        assert track(scene, track_id)["label"] == song.label
        assert said["genre", "beatport"].value == song.genre
        assert said["bpm", "beatport"].value in (song.bpm, song.bpm // 2)
    scene.asked()
    assert enrich(scene) == EnrichSummary()
    assert scene.asked() == []


def test_an_id_that_was_merged_away_is_searched_for_by_name(begin: Begin) -> None:
    scene = begin([ROW])
    scene.only("musicbrainz")
    gone = add(scene, ROW, musicbrainz="00000000-0000-4000-8000-000000000000")
    assert enrich(scene) == EnrichSummary(tracks=1, filled=1, later=0)
    assert track(scene, gone)["label"] == "Northern Sounds"
    asked = [one.path.split("?")[0] for one in scene.server.received]
    assert asked[:2] == ["/ws/2/recording", "/ws/2/recording"]  # by id, then by name
    assert len(asked) == 3  # … and its label


def test_a_provider_that_fails_is_asked_later_and_costs_no_answer_of_the_others(begin: Begin) -> None:
    scene = begin([ROW])
    scene.only("beatport", "musicbrainz")
    one = add(scene, ROW)
    scene.server.faults = Faults(1.0, ("server",), providers=("beatport",), persist=True)
    assert enrich(scene) == EnrichSummary(tracks=1, filled=1, later=1)
    assert track(scene, one)["label"] == "Northern Sounds"
    assert {provider for _, provider in attributes(scene, one)} == {"musicbrainz"}
    with scene.store.read() as connection:
        [(asked, next_at)] = connection.execute(sa.select(_done.c.asked, _done.c.next_at)).all()
    assert asked.split() == ["musicbrainz"]
    assert next_at > soon(300)
    scene.server.faults = None
    scene.asked()
    assert enrich(scene) == EnrichSummary()  # not yet
    assert scene.asked() == []
    scene.time_passes(1)
    assert enrich(scene) == EnrichSummary(tracks=1, filled=1, later=0)
    assert set(scene.asked()) == {"beatport"}
    assert ("bpm", "beatport") in attributes(scene, one)
    assert enrich(scene) == EnrichSummary()


def test_what_holds_for_one_recording_is_not_taken_from_one_of_another_length(begin: Begin) -> None:
    scene = begin([ROW, LONGER])
    scene.only("beatport")
    [number] = ids_at(scene, "beatport", [LONGER])
    other = add(scene, ROW, length=300.0, beatport=number)  # LONGER has 400 s
    enrich(scene)
    found = track(scene, other)
    assert {name: found[name] for name in RECORDING} == {
        "bpm": None, "key": None, "isrcs": [], "catalog_number": None, "duration": 300.0,
    }  # fmt: skip
    said = {name for name, _ in attributes(scene, other)}
    assert said.isdisjoint(RECORDING)
    assert found["label"] == "Paper Trax"
    assert {"label", "genre"} <= said


def test_what_holds_for_one_recording_is_taken_from_one_of_the_same_length(begin: Begin) -> None:
    scene = begin([ROW])
    scene.only("beatport")
    same = add(scene, ROW, length=302.0)
    enrich(scene)
    assert set(RECORDING) - {"duration"} <= {name for name, _ in attributes(scene, same)}
    assert track(scene, same)["catalog_number"] == songs([ROW])[0].catalog_number


def test_the_first_label_stays_and_what_each_source_says_is_kept(begin: Begin) -> None:
    scene = begin([ROW, LONGER])
    [discogs] = ids_at(scene, "discogs", [LONGER])
    both = add(scene, ROW)
    scene.only("beatport")
    enrich(scene)
    with scene.store.write() as tx:  # something that Discogs may know is lacking
        add_external_ids(tx, both, [ExternalId("discogs", discogs)])
        tx.connection.execute(sa.update(_track).where(_track.c.id == both).values(release_date=None))
        tx.connection.execute(sa.delete(_attribute).where(_attribute.c.name == "release_date"))
    scene.only("beatport", "discogs")
    enrich(scene)
    said = attributes(scene, both)
    assert said["label", "beatport"].value == "Northern Sounds"
    assert said["label", "discogs"].value == "Paper Trax"
    assert track(scene, both)["label"] == "Northern Sounds"
    assert said["release_date", "discogs"].value == track(scene, both)["release_date"]


def test_every_value_has_its_source(begin: Begin) -> None:
    rows = recordings(4)
    scene = begin(rows)
    for row in rows:
        add(scene, row)
    enrich(scene)
    with scene.store.read() as connection:
        for row in connection.execute(sa.select(_track)).mappings().all():
            said = attributes(scene, row["id"])
            for name in ("label", "catalog_number", "release_date", "genre", "bpm", "key", "duration"):
                values = [one.value for (what, _), one in said.items() if what == name]
                assert row[name] is None or row[name] in values, name
            assert all(one.fetched_at <= soon() for one in said.values())


@pytest.mark.parametrize("when", ["before", "while it is asked about"])
def test_what_a_person_set_is_never_changed(begin: Begin, when: str) -> None:
    first, second = recordings(2)
    scene = begin([first, second])
    tracks = sorted(add(scene, row) for row in (first, second))
    mine = {"label": "Mine", "genre": "Mine", "bpm": 99.0, "key": "F# minor", "release_date": "1999",
            "catalog_number": "MINE1", "duration": 61.0}  # fmt: skip

    def edit(done: int = 1, of: int = 2) -> None:
        if done == 1:
            with scene.store.write() as tx:
                edit_track(tx, tracks[1], mine, by="dj")

    if when == "before":
        edit()
        enrich(scene)
    else:
        enrich(scene, workers=2, progress=edit)
    found = track(scene, tracks[1])
    assert {name: found[name] for name in mine} == mine
    assert track(scene, tracks[0])["label"] not in (None, "Mine")


@pytest.mark.parametrize("gone", ["merged", "deleted"])
def test_a_track_that_is_gone_when_the_answer_comes_is_no_failure(begin: Begin, gone: str) -> None:
    rows = recordings(3)
    scene = begin(rows)
    kept, *_, last = sorted(add(scene, row) for row in rows)

    def take_away(done: int, of: int) -> None:
        if done == 1:
            with scene.store.write() as tx:
                if gone == "merged":
                    merge_tracks(tx, kept=kept, merged=last, reason="the same")
                else:
                    delete_tracks(tx, [last])

    assert enrich(scene, progress=take_away) == EnrichSummary(tracks=3, filled=2, later=0)
    with scene.store.read() as connection:
        noted = set(connection.execute(sa.select(_done.c.library_track_id)).scalars())
        of = set(connection.execute(sa.select(_attribute.c.library_track_id)).scalars())
    assert last not in noted | of
    assert kept in noted


def test_what_may_be_kept_for_a_while_goes_and_links_stay(begin: Begin) -> None:
    scene = begin([ROW])
    scene.only("itunes")
    one = add(scene, ROW)
    enrich(scene)
    said = attributes(scene, one)
    day = next(kind.terms.ceiling for kind in PROVIDERS if kind.name == "itunes")
    assert day == timedelta(days=1)
    for name in ("genre", "preview_url"):
        row = said[name, "itunes"]
        assert row.expires_at == row.fetched_at + day
    assert said["release_date", "itunes"].expires_at is None
    before = links(scene)["itunes"]
    assert before.price is not None
    assert before.expires_at == before.fetched_at + timedelta(hours=2)
    scene.time_passes(0.09)  # two hours and a bit
    assert expire(scene.store) == 1
    after = links(scene)["itunes"]
    assert (after.url, after.price, after.currency) == (before.url, None, None)
    assert attributes(scene, one).keys() == said.keys()
    scene.time_passes(1)
    expire(scene.store)
    assert {name for name, _ in attributes(scene, one)} == {"release_date", "duration"}
    assert expire(scene.store) == 0


def test_prices_are_asked_for_again_with_currency_and_the_time_they_may_be_shown(begin: Begin) -> None:
    scene = begin([ROW])
    numbers = {name: ids_at(scene, name, [ROW])[0] for name in ("beatport", "itunes", "discogs")}
    one = add(scene, ROW, **numbers)
    with scene.online() as online:
        assert ask_shops(scene.store, online.providers, [one]).links == 3
        allowed = {name: online.providers[name].terms.offers_for for name in numbers}
    found = links(scene)
    assert found.keys() == numbers.keys()
    for name, link in found.items():
        assert isinstance(link.price, Decimal)
        assert link.price > 0
        assert len(link.currency) == 3
        assert link.expires_at == link.fetched_at + allowed[name]
    scene.time_passes(0.3)
    expire(scene.store)
    assert {link.price for link in links(scene).values()} == {None}
    with scene.online() as online:
        assert ask_shops(scene.store, online.providers, [one]).links == 3
    again = links(scene)
    assert {name: (link.id, link.price) for name, link in again.items()} == {
        name: (link.id, link.price) for name, link in found.items()
    }


def test_a_price_from_the_cache_is_shown_for_no_longer_than_one_that_was_just_said(begin: Begin) -> None:
    scene = begin([ROW])
    numbers = {name: ids_at(scene, name, [ROW])[0] for name in ("beatport", "itunes", "discogs")}
    one = add(scene, ROW, **numbers)
    for _ in range(2):
        with scene.online() as online:
            ask_shops(scene.store, online.providers, [one])
        said = {name: link.fetched_at for name, link in links(scene).items()}
        scene.asked()
        time.sleep(0.01)
    with scene.online() as online:
        ask_shops(scene.store, online.providers, [one])
    assert scene.asked() == []
    assert {name: link.fetched_at for name, link in links(scene).items()} == said


@pytest.mark.parametrize("gone", ["before", "while it is asked about"])
def test_prices_of_a_track_that_is_gone_are_no_failure(begin: Begin, gone: str) -> None:
    rows = recordings(2)
    scene = begin(rows)
    scene.only("itunes")
    tracks = sorted(
        add(scene, row, itunes=number)
        for row, number in zip(rows, ids_at(scene, "itunes", rows), strict=True)
    )

    def delete(done: int = 1, of: int = 2) -> None:
        if done == 1:
            with scene.store.write() as tx:
                delete_tracks(tx, tracks[1:])

    with scene.online() as online:
        if gone == "before":
            delete()
        written = ask_shops(scene.store, online.providers, tracks, workers=1, progress=delete).links
    assert written == 1
    assert len(links(scene)) == 1


def test_a_provider_that_fails_keeps_its_link(begin: Begin) -> None:
    scene = begin([ROW])
    scene.only("itunes")
    one = add(scene, ROW)
    enrich(scene)
    before = links(scene)["itunes"]
    scene.server.faults = Faults(1.0, ("server",), persist=True)
    with scene.online() as online:
        online.gateway.forget(provider="itunes")
        done = ask_shops(scene.store, online.providers, [one])
    assert (done.links, set(done.failed)) == (0, {"itunes"})
    assert links(scene)["itunes"] == before


def test_every_shop_is_searched_whoever_identified_the_track(begin: Begin) -> None:
    scene = begin([ROW, {**ROW, "id": "x:other", "title": f"{ROW['title']} (Somebody Remix)"}])
    scene.only("musicbrainz", "beatport", "itunes", "discogs")
    one = add(scene, ROW, musicbrainz=ids_at(scene, "musicbrainz", [ROW])[0])
    with scene.online() as online:
        assert ask_shops(scene.store, online.providers, [one]).links == 3
        assert set(scene.asked()) == {"beatport", "itunes", "discogs"}
        assert ask_shops(scene.store, online.providers, [one]).links == 3
    with scene.store.read() as connection:
        known = get_track(connection, one).external_ids
    assert {provider for provider, _ in known} == {"musicbrainz", "beatport", "itunes", "discogs"}
    assert links(scene).keys() == {"beatport", "itunes", "discogs"}


def test_killed_in_the_middle_the_next_run_goes_on(begin: Begin) -> None:
    rows = recordings(40)
    scene = begin(rows)
    scene.only("beatport")
    tracks = [add(scene, row) for row in rows]
    program = (
        "from mixtrove.discovery import opened_online; from mixtrove.settings import load_settings\n"
        "from mixtrove.library.store import Store; from mixtrove.enrichment import enrich_tracks\n"
        "settings = load_settings(); store = Store.open(settings)\n"
        "with opened_online(settings) as online: enrich_tracks(store, online.providers)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 60
    while len(scene.server.received) < 12 and time.monotonic() < deadline:
        time.sleep(0.005)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    before = len(scene.asked())
    assert 12 <= before < 40
    enrich(scene)
    again = len(scene.asked())
    assert before + again <= 40 + 10  # what was answered before the kill is not asked again
    assert enrich(scene) == EnrichSummary()

    found = [track(scene, one)["label"] for one in tracks]
    assert found == [song.label for song in songs(rows)]
