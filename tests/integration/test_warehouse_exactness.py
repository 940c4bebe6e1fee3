"""Whatever happens to a library, every figure of every period is what its rows say, refresh after refresh.

The steps are those of ``life_steps.py`` and a few more that move days and spellings; the figures are computed
a second time in ``expected_statistics.py``. ``MIXTROVE_LIVES=200`` lets it run for longer, with other
sequences each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from mixtrove.library import schema
from mixtrove.library.derived import refresh_derived
from mixtrove.library.review_queue import count_review
from mixtrove.library.store import Store
from mixtrove.library.track_corrections import edit_track
from mixtrove.library.tracklist_records import delete_tracklist, edit_tracklist
from mixtrove.library.wants import set_want
from mixtrove.settings import Settings
from mixtrove.warehouse import marts, read, statistics
from mixtrove.warehouse.refresh import refresh
from tests.integration.expected_statistics import expected
from tests.integration.expected_trends import expected_conversion, expected_pace, expected_trends
from tests.integration.life_scene import discover, read_rows
from tests.integration.life_steps import Life, catalogues, pick, which
from tests.integration.warehouse_content import content

Make = Callable[..., Any]
LIVES = int(os.environ.get("MIXTROVE_LIVES", "0"))

EVERY = 6
"""Steps between two refreshes, at most."""

MOMENTS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2024-12-29 23:59:59.999999", "2024-12-30 00:00:00", "2024-12-31 23:59:59.999999",
        "2025-01-01 00:00:00", "2025-01-05 23:30:00", "2025-03-30 00:30:00", "2025-03-30 01:30:00",
        "2024-02-29 12:00:00",
        "2024-03-01 00:00:00", "1999-12-31 23:59:59",
    )
)  # fmt: skip
"""Edges of days, ISO weeks, months and years, of daylight saving, and a leap day."""

DIMENSIONS = ("all", "month", "priority", "genre", "label", "dj", "source", "store", "price")

DAYS = (date(2024, 12, 30), date(2024, 12, 31), date(2025, 1, 1), date(2024, 2, 29), None)

NAMES: tuple[dict[str, Any], ...] = (
    {"artist": "Éva & BICEP"}, {"artist": "bicep feat. eva"}, {"artist": "Eva, Bicep"},
    {"label": "ninja tune"},
    {"label": "NINJA TUNE"}, {"genre": "house"}, {"genre": "HOUSE", "label": "pryda"}, {"artist": "Bicep"},
    {"artist": "?"}, {"artist": "Pryda Featuring Éva"}, {"artist": "EVA vs. Pryda"},
)  # fmt: skip


class Measured(Life):
    """One library, and its warehouse beside it."""

    carry = None  # the other library has no warehouse
    deep_pass = None
    homes = 0

    def __init__(self, store: Store, other: Store, make: Make, folder: Path) -> None:
        super().__init__(store, other, make)
        Measured.homes += 1
        self.folder = folder / str(Measured.homes)
        self.home = Settings(home=self.folder / "home")
        self.steps = 0

    @rule(which=which)
    def delete(self, which: int) -> None:
        """Any mix: its DJ may be called otherwise by now."""
        if mix := pick(sorted(key for (key,) in self.rows["tracklist"]), which):
            self.written(delete_tracklist, mix)

    @rule(which=which, moment=st.sampled_from(MOMENTS))
    def find_at(self, which: int, moment: datetime) -> None:
        """A discovery of another time: a row that came late."""
        if found := pick(sorted(key for (key,) in self.rows["track_discovery"]), which):
            self._set(schema.track_discovery, found, discovery_date=moment)
            track = self.rows["track_discovery"][found,]["library_track_id"]
            self.written(refresh_derived, [track])

    @rule(
        which=which,
        moment=st.sampled_from(MOMENTS),
        source=st.sampled_from(("paste", "radio", "Set 1.TXT", "set 2.txt", "mixesdb.com", None)),
    )
    def bring_in_at(self, which: int, moment: datetime, source: str | None) -> None:
        if mix := pick(sorted(key for (key,) in self.rows["tracklist"]), which):
            self._set(schema.tracklist, mix, imported_at=moment, source=source)

    @rule(which=which, day=st.sampled_from(DAYS), dj=st.sampled_from(("One", "ONE", "Two", None)))
    def date_mix(self, which: int, day: date | None, dj: str | None) -> None:
        if mix := pick(sorted(key for (key,) in self.rows["tracklist"]), which):
            self.attempt(
                lambda: self.written(edit_tracklist, mix, {"played_on": day, "dj": dj or "Nobody"}) or True
            )

    @rule(which=which, changes=st.sampled_from(NAMES))
    def spell(self, which: int, changes: dict[str, Any]) -> None:
        if track := pick(self.tracks(), which):
            self.attempt(lambda: self.written(edit_track, track["id"], changes, by="dj"))

    @rule(which=which, hours=st.integers(-30, 23), day_only=st.booleans())
    def buy(self, which: int, hours: int, day_only: bool) -> None:
        """A purchase before or after the want; the day may be all that is told of it."""
        if want := pick(sorted(key for (key,) in self.rows["want"]), which):
            at = self.rows["want"][want,]["added_at"] + timedelta(hours=hours)
            told = {"status": "purchased", "purchased_at": at.date() if day_only else at}
            self.written(set_want, want, told, by="dj")

    @rule(catalogue=catalogues)
    def look(self, catalogue: str) -> None:
        """A run, and the statistics after it."""
        discover(self.store, catalogue)
        self.compare()

    @rule()
    def look_at_once(self) -> None:
        self.compare()

    @invariant()
    def holds(self) -> None:
        """What must hold of the library is the business of its own test; here the figures, now and then."""
        self.rows = read_rows(self.store)
        self.steps += 1
        if self.steps % EVERY == 0:
            self.compare()

    def teardown(self) -> None:
        """At the end everything is compared, also with a warehouse that is built from nothing."""
        self.compare()
        anew = Settings(home=self.folder / "anew")
        refresh(self.store, anew)
        assert content(self.home.warehouse_path) == content(anew.warehouse_path)

    def compare(self) -> None:
        refresh(self.store, self.home)
        self.rows = read_rows(self.store)
        for basis in ("discovered", "played"):
            for period in read.PERIODS:
                found = [asdict(one) for one in read.statistics(self.home.warehouse_path, period, basis)]
                same(found, expected(self.rows, period, basis))
            self.compare_trends(basis)
        for dimension in DIMENSIONS:
            bought = [asdict(one) for one in read.conversion(self.home.warehouse_path, dimension)]
            close(bought, expected_conversion(self.rows, dimension))
        with self.store.read() as connection:
            waiting = count_review(connection)
        ever = read.statistics(self.home.warehouse_path, "all-time", "discovered")
        assert sum(one.review_backlog for one in ever) == waiting

    def compare_trends(self, basis: str) -> None:
        """What is published, and the trends to days on which something begins or ends."""
        path = self.home.warehouse_path
        days = [one.period_start for one in read.statistics(path, "daily", basis)]
        if not days:
            assert read.trends(path, basis) == read.pace(path, basis) == []
            return
        floor = statistics.TREND_FLOOR
        published = [asdict(one) for one in read.trends(path, basis)]
        close(published, expected_trends(self.rows, basis, days[-1], floor))
        close([asdict(one) for one in read.pace(path, basis)], expected_pace(self.rows, basis, days[-1]))
        for day in {days[0], days[-1], days[len(days) // 2] + timedelta(days=29)}:
            found = [asdict(one) for one in read.trends(path, basis, as_of=day, floor=1)]
            close(found, expected_trends(self.rows, basis, day, 1))
            close(
                [asdict(one) for one in read.pace(path, basis, as_of=day)],
                expected_pace(self.rows, basis, day),
            )

    def _set(self, table: sa.Table, row_id: str, **values: Any) -> None:
        with self.store.write() as tx:
            tx.connection.execute(
                sa.update(table).where(table.c.id == row_id).values(**values, revision=tx.revision)
            )


def same(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    """Equal but for the last digit of a mean, which the warehouse rounds to six."""
    assert [one["period_start"] for one in found] == [one["period_start"] for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        mean = one.pop("mean_confidence")
        assert mean == pytest.approx(other.pop("mean_confidence"), abs=2e-6)
        assert one == other


def close(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    """Equal but for the last digits of what is divided."""
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one == {
            key: pytest.approx(value) if isinstance(value, float) else value for key, value in other.items()
        }


def test_every_figure_is_what_the_rows_of_the_store_say(
    sqlite_url: str, tmp_path: Path, make_tracklist: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marts, "RESORT", 10.0)  # so small a store would be written anew each time
    monkeypatch.setattr(statistics, "PORTION", 3)  # several statements for one refresh
    store = Store.open(sqlite_url)
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    run_state_machine_as_test(
        lambda: Measured(store, other, make_tracklist, tmp_path),
        settings=hypothesis_settings(
            max_examples=LIVES or 5,
            stateful_step_count=20,
            deadline=None,
            derandomize=not LIVES,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    other.close()
    store.close()
