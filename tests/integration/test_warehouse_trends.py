"""Trends: windows, smoothing, floor, and what the directions mean."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

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


def test_another_day_is_computed_from_the_published_file(scene: Scene, settings: Settings) -> None:
    earlier = read.trends(settings.warehouse_path, "played", as_of=LAST - timedelta(days=30))
    assert [(t.name, t.recent, t.before) for t in earlier if t.kind == "track"] == [("Faller - Down", 4, 0)]
    assert earlier[0].direction != "new"  # it was heard ninety days before


def test_the_published_trends_can_be_of_another_day(scene: Scene, settings: Settings) -> None:
    with open_build(settings.warehouse_path) as build:
        refresh_trends(build, LAST - timedelta(days=30))
        assert build.rows("SELECT DISTINCT as_of FROM trends") == [(LAST - timedelta(days=30),)]


def test_a_window_of_periods_can_be_computed_again(scene: Scene, settings: Settings) -> None:
    with open_build(settings.warehouse_path) as build:
        before = build.rows("FROM statistics_monthly ORDER BY basis, period_start")
        build.connection.execute("DELETE FROM statistics_monthly WHERE period_start >= DATE '2025-06-01'")
        written = refresh_statistics(build, "month", date(2025, 6, 15), date(2025, 7, 1))
        assert written == 1  # played in June 2025; nothing was discovered then
        refresh_statistics(build, "month", date(2026, 3, 1), date(2026, 4, 1))
        assert build.rows("FROM statistics_monthly ORDER BY basis, period_start") == before
