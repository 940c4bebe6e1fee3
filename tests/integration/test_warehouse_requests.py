"""The table provider_requests: it comes from the providers' own database, which knows no revisions."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mixtrove.library.store import Store
from mixtrove.providers.store import open_slots
from mixtrove.providers.use import Counters
from mixtrove.settings import Settings
from mixtrove.warehouse import read
from mixtrove.warehouse.refresh import refresh
from tests.integration.warehouse_scene import small


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def rows_of(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with read.open_published(settings.warehouse_path) as connection:
        return connection.execute(query).fetchall()


def test_what_asking_cost_is_a_table_and_published_when_nothing_else_changed(
    sqlite_store: Store, settings: Settings
) -> None:
    small(sqlite_store)
    day = date(2026, 3, 1)
    assert refresh(sqlite_store, settings).changed
    assert rows_of(settings, "FROM provider_requests") == []
    with closing(open_slots(settings)) as database:
        counters = Counters(database)
        for what in ("answered", "misses", "cache_hits", "found_lines"):
            counters.add("discogs", what)
        counters.flush(day, {"discogs": 2})
    assert refresh(sqlite_store, settings).changed
    query = "SELECT provider, day, requests, cache_hits, hit_rate, requests_per_line FROM provider_requests"
    assert rows_of(settings, query) == [("discogs", day, 2, 1, pytest.approx(1 / 3), 2.0)]
    assert not refresh(sqlite_store, settings).changed
    settings.home.joinpath("providers.db").unlink()  # the counts are gone with it, what was published is not
    assert not refresh(sqlite_store, settings).changed


def test_requests_that_cannot_be_read_stop_nothing(
    sqlite_store: Store, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    small(sqlite_store)
    settings.home.mkdir(parents=True, exist_ok=True)
    settings.home.joinpath("providers.db").write_bytes(b"no database" * 1000)
    assert refresh(sqlite_store, settings).changed
    assert "the requests of the providers are as they were" in caplog.text
