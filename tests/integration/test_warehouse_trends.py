"""Trends: windows, smoothing, floor, and what the directions mean."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse import read
from mixtrove.warehouse.buildfile import open_build
from mixtrove.warehouse.refresh import refresh
from mixtrove.warehouse.statistics import refresh_statistics, refresh_trends
from tests.integration.warehouse_scene import Scene, at

LAST = date(2025, 6, 30)
NOON = at("2026-03-01 12:00")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def play(scene: Scene, track: str, *days_before_the_last: int) -> None:
    for days in days_before_the_last:
        mix = scene.mix("A", LAST - timedelta(days=days))
        scene.entry(mix, 1, "identified", track=track, discovered=NOON)


@pytest.fixture
def scene(sqlite_store: Store, settings: Settings) -> Scene:
    """Six plays in either window: a rising, a falling, a new and a rare track."""
    scene = Scene(sqlite_store)
    rising = scene.track("Riser", "Up", genre="House")
    falling = scene.track("Faller", "Down", genre="House")
    new = scene.track("Newcomer", "First")
    rare = scene.track("Rare", "Once")
    play(scene, rising, 0, 1, 2, 59)  # 3 of the last 30 days, 1 of the 30 before
    play(scene, falling, 30, 31, 32, 33, 90)  # four, right before the window; one long ago
    play(scene, new, 5, 6, 29)
    play(scene, rare, 40)
    refresh(sqlite_store, settings)
    return scene


def test_growth_compares_shares_of_plays(scene: Scene, settings: Settings) -> None:
    tracks = {
        trend.name: trend for trend in read.trends(settings.warehouse_path, "played") if trend.kind == "track"
    }
    assert [(t.name, t.recent, t.before, t.mixes, t.direction, t.rank) for t in tracks.values()] == [
        ("Newcomer - First", 3, 0, 3, "new", 1),
        ("Riser - Up", 3, 1, 4, "rising", 2),
        ("Faller - Down", 0, 4, 4, "falling", 3),
    ]  # "Rare" is below the floor
    assert tracks["Newcomer - First"].as_of == LAST
    assert tracks["Newcomer - First"].growth == (3 + 2) / (0 + 2)
    assert tracks["Riser - Up"].growth == (3 + 2) / (1 + 2)  # six plays in either window: scale 1
    assert tracks["Faller - Down"].growth == (0 + 2) / (4 + 2)


def test_genres_and_artists_have_trends_too(scene: Scene, settings: Settings) -> None:
    found = read.trends(settings.warehouse_path, "played")
    assert [(t.item, t.name, t.recent, t.before, t.direction) for t in found if t.kind == "genre"] == [
        ("house", "House", 3, 5, "falling")
    ]
    assert [t.name for t in found if t.kind == "artist"] == ["Newcomer", "Riser", "Faller"]


def test_sources_have_trends_too(scene: Scene, settings: Settings) -> None:
    found = read.trends(settings.warehouse_path, "played")
    assert [(t.item, t.recent, t.before, t.direction) for t in found if t.kind == "source"] == [
        ("paste", 6, 6, "steady")
    ]


def test_what_nobody_can_buy_yet_is_a_kind_of_its_own(
    scene: Scene, sqlite_store: Store, settings: Settings
) -> None:
    dub = scene.track("Riser", "ID", provisional=True)
    guess = scene.track("Riser", "Perhaps", provisional=True)
    for days in (1, 2, 3):
        mix = scene.mix("A", LAST - timedelta(days=days))
        entry = scene.entry(mix, 1, "provisional", track=dub, discovered=NOON, confidence=0.5)
        scene.update(schema.tracklist_entry, entry, is_id=True)
        scene.entry(mix, 2, "provisional", track=guess, discovered=NOON, confidence=0.5)
    refresh(sqlite_store, settings)
    found = read.trends(settings.warehouse_path, "played")
    assert [(t.name, t.recent, t.direction) for t in found if t.kind == "unreleased"] == [
        ("Riser - ID", 3, "new")
    ]
    assert {"Riser - ID", "Riser - Perhaps"} < {t.name for t in found if t.kind == "track"}


def test_a_dj_counts_for_what_others_take_up(sqlite_store: Store, settings: Settings) -> None:
    scene = Scene(sqlite_store)
    before = scene.track("X", "Before")
    for number in range(3):  # three tracks: "Early" months before, another DJ within the window
        track = scene.track("X", f"T{number}")
        for dj, days in (
            ("Early", 200 + number),
            (None, 150),
            ("early", 100),
            ("Late", 5 + number),
            ("Last", 4),
        ):
            mix = scene.mix(dj, LAST - timedelta(days=days))
            scene.entry(mix, 1, "identified", track=track, discovered=NOON)
    for dj, days in (("Early", 90), ("Late", 45)):  # one that was taken up in the 30 days before
        scene.entry(
            scene.mix(dj, LAST - timedelta(days=days)), 1, "identified", track=before, discovered=NOON
        )
    both = scene.track("X", "On one day")  # nobody was first
    unknown = scene.track("X", "Somebody's")  # somebody, long before the others
    for dj, days in ((None, 300), ("Early", 50), ("Late", 1)):
        mix = scene.mix(dj, LAST - timedelta(days=days))
        scene.entry(mix, 1, "identified", track=unknown, discovered=NOON)
    shared = scene.track("X", "With somebody")  # and somebody on the same day
    for dj, days in ((None, 50), ("Early", 50), (None, 20), ("Late", 1)):
        mix = scene.mix(dj, LAST - timedelta(days=days))
        scene.entry(mix, 1, "identified", track=shared, discovered=NOON)
    alone = scene.track("X", "Nobody else")
    for dj in ("Early", "Late"):
        scene.entry(scene.mix(dj, LAST), 1, "identified", track=both, discovered=NOON)
    scene.entry(scene.mix("Early", LAST), 1, "identified", track=alone, discovered=NOON)
    refresh(sqlite_store, settings)
    path = settings.warehouse_path
    assert [
        (t.item, t.name, t.recent, t.before, t.mixes, t.direction)
        for t in read.trends(path, "played")
        if t.kind == "dj"
    ] == [("early", "Early", 3, 1, 4, "steady")]
    assert not [t for t in read.trends(path, "discovered") if t.kind == "dj"]
    with read.open_published(path) as connection:
        rows = connection.execute("SELECT title, first_dj, taken_up FROM tracks ORDER BY title").fetchall()
    assert rows == [
        ("Before", "Early", LAST - timedelta(days=45)),
        ("Nobody else", "Early", None),
        ("On one day", None, None),
        ("Somebody's", None, None),
        *((f"T{number}", "Early", LAST - timedelta(days=5 + number)) for number in range(3)),
        ("With somebody", None, None),
    ]


def test_the_pace_tells_how_much_is_new_and_how_long_it_stays_unknown(
    scene: Scene, sqlite_store: Store, settings: Settings
) -> None:
    with scene.store.write() as tx:  # known forty days after it was played first
        tx.connection.execute(
            sa.update(schema.track_discovery).values(
                identified_at=at("2025-08-09 10:00"), revision=tx.revision
            )
        )
    refresh(sqlite_store, settings)
    recent, before = read.pace(settings.warehouse_path, "played")
    assert (recent.stretch, recent.first_day, recent.last_day) == ("recent", date(2025, 6, 1), LAST)
    assert (before.stretch, before.first_day, before.last_day) == (
        "before",
        date(2025, 5, 2),
        date(2025, 5, 31),
    )
    assert (recent.plays, recent.tracks, recent.new_tracks, recent.discovery_rate) == (6, 2, 1, 1 / 6)
    assert (before.plays, before.new_tracks, before.identified) == (6, 2, 2)
    newcomer = (date(2025, 8, 9) - (LAST - timedelta(days=29))).days
    assert (recent.identified, recent.median_days, recent.p90_days) == (1, newcomer, newcomer)
    assert read.pace(settings.warehouse_path, "played", as_of=LAST) == [recent, before]
    assert read.pace(settings.warehouse_path, "played", as_of=date(1999, 1, 1)) == []


def test_another_day_is_computed_from_the_published_file(scene: Scene, settings: Settings) -> None:
    earlier = read.trends(settings.warehouse_path, "played", as_of=LAST - timedelta(days=10))
    assert [(t.name, t.recent, t.before, t.direction) for t in earlier if t.kind == "track"] == [
        ("Faller - Down", 4, 0, "rising")  # not new: it was heard ninety days before
    ]


@pytest.mark.parametrize("days", [30, -31])  # nothing at all was played before, and nothing after
def test_a_window_without_plays_is_compared_with_nothing(scene: Scene, settings: Settings, days: int) -> None:
    day = LAST - timedelta(days=days)
    assert read.trends(settings.warehouse_path, "played", as_of=day, floor=1) == []
    assert read.latest_trends(settings.warehouse_path, "discovered", floor=1) is None  # all on one day
    found = read.latest_trends(settings.warehouse_path, "played", floor=1)
    assert found is not None
    assert found[0] == LAST


def test_the_published_trends_can_be_of_another_day(scene: Scene, settings: Settings) -> None:
    with open_build(settings.warehouse_path) as build:
        refresh_trends(build, LAST - timedelta(days=10))
        assert build.rows("SELECT DISTINCT as_of FROM trends") == [(LAST - timedelta(days=10),)]


def test_a_window_of_periods_can_be_computed_again(scene: Scene, settings: Settings) -> None:
    with open_build(settings.warehouse_path) as build:
        before = build.rows("FROM statistics_monthly ORDER BY basis, period_start")
        build.connection.execute("DELETE FROM statistics_monthly WHERE period_start >= DATE '2025-06-01'")
        written = refresh_statistics(build, "month", date(2025, 6, 15), date(2025, 7, 1))
        assert written == 1  # played in June 2025; nothing was discovered then
        refresh_statistics(build, "month", date(2026, 3, 1), date(2026, 4, 1))
        assert build.rows("FROM statistics_monthly ORDER BY basis, period_start") == before
