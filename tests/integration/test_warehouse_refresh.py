"""From a store to the published file: exact figures, increments, repairs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.line_decisions import LineDecision, decide_many
from mixtrove.library.review_queue import count_review
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.undoing import undo
from mixtrove.report.charts import all_pictures
from mixtrove.report.figures import Stretch
from mixtrove.settings import Settings
from mixtrove.warehouse import marts, read
from mixtrove.warehouse.buildfile import build_path, open_build, staging_path
from mixtrove.warehouse.checks import run_checks, unchecked
from mixtrove.warehouse.marts import build_marts
from mixtrove.warehouse.models import model, models
from mixtrove.warehouse.publish import ChecksFailed, publish
from mixtrove.warehouse.refresh import refresh
from mixtrove.warehouse.staging import stage
from mixtrove.warehouse.statistics import GRAINS, refresh_statistics
from tests.integration.warehouse_content import content
from tests.integration.warehouse_scene import Scene, at, shake, small


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_the_statistics_of_a_small_store_are_exact(store: Store, settings: Settings) -> None:
    scene = small(store)
    refresh(store, settings)
    opus, glue, duo, rough = map(UUID, scene.tracks)
    path = settings.warehouse_path

    (january,) = read.statistics(path, "monthly", "played", start=date(2025, 1, 1))
    assert january == read.PeriodStatistics(
        basis="played",
        period_start=date(2025, 1, 1),
        period_end=date(2025, 1, 31),
        entries=3,
        plays=2,
        tracks=2,
        new_tracks=1,  # Opus was played in December already
        artists=2,
        labels=1,
        mixes=1,
        djs=1,
        identified=1,
        provisional=1,
        pending=0,
        skipped=1,
        review_backlog=1,
        identification_rate=0.5,
        mean_confidence=0.95,
        top_tracks=[
            {
                "track_id": opus,
                "artist": "Eric Prydz",
                "title": "Opus",
                "remix": "Four Tet Remix",
                "plays": 1,
            },
            {
                "track_id": rough,
                "artist": "Someone",
                "title": "Something",
                "remix": None,
                "plays": 1,
            },
        ],
        top_artists=[
            {"artist": "Eric Prydz", "plays": 1, "tracks": 1},
            {"artist": "Someone", "plays": 1, "tracks": 1},
        ],
        top_labels=[{"label": "Pryda", "plays": 1, "tracks": 1}],
        top_genres=[{"genre": "House", "plays": 1, "tracks": 1}],
        sources=[{"source": "paste", "entries": 3, "identified": 1}],
        methods=[{"method": "catalogue", "plays": 1, "rate": 0.5}],
        providers=[{"provider": "catalogue", "plays": 1, "rate": 0.5}],
    )

    (week,) = read.statistics(path, "weekly", "played")  # ISO: 30 December to 5 January
    assert (week.period_start, week.period_end) == (date(2024, 12, 30), date(2025, 1, 5))
    assert (week.entries, week.tracks, week.new_tracks, week.mixes, week.djs) == (5, 3, 3, 2, 1)
    assert week.top_genres == [{"genre": "House", "plays": 3, "tracks": 2}]  # House and house

    days = read.statistics(path, "daily", "discovered")
    assert [(day.period_start.day, day.entries, day.new_tracks) for day in days] == [
        (1, 4, 2),  # the pending and the skipped entry count on the day of the import
        (2, 2, 1),
        (31, 1, 1),
    ]
    (ever,) = read.statistics(path, "all-time", "discovered")
    assert (ever.period_start, ever.period_end) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (ever.entries, ever.plays, ever.tracks, ever.artists, ever.labels) == (7, 5, 4, 5, 2)
    assert (ever.identified, ever.provisional, ever.pending, ever.skipped) == (4, 1, 1, 1)
    assert ever.identification_rate == pytest.approx(4 / 6)
    assert ever.mean_confidence == 0.9375
    assert [row["artist"] for row in ever.top_artists] == [
        "Bicep",
        "Eric Prydz",
        "Hammer",
        "Someone",
        "Éva",
    ]
    assert [row["track_id"] for row in ever.top_tracks] == [opus, glue, duo, rough]


def test_conversion_tells_what_became_of_the_wants(store: Store, settings: Settings) -> None:
    small(store)
    refresh(store, settings)
    (everything,) = read.conversion(settings.warehouse_path)
    assert (everything.wants, everything.purchased, everything.conversion_rate) == (2, 1, 0.5)
    assert everything.median_days == 4.0
    assert [(row["currency"], str(row["amount"])) for row in everything.spent] == [("EUR", "1.49")]
    months = read.conversion(settings.warehouse_path, "month")
    assert [(row.value, row.wants, row.purchased) for row in months] == [
        ("2026-03", 1, 1),
        ("2026-04", 1, 0),
    ]
    assert everything.p90_days == 4.0
    priorities = read.conversion(settings.warehouse_path, "priority")
    assert sum(row.wants for row in priorities) == 2
    (store_row,) = read.conversion(settings.warehouse_path, "store")
    (price_row,) = read.conversion(settings.warehouse_path, "price")
    assert (store_row.wants, store_row.purchased, store_row.conversion_rate) == (1, 1, None)
    assert (price_row.value, price_row.purchased, price_row.median_days) == ("EUR 1 to 1.99", 1, 4.0)


@pytest.mark.parametrize(
    ("bought", "days"),
    [
        ("2026-03-01 18:00", 0.25),
        ("2026-03-01", 0.0),  # of these the day is known: the day of the want, and one after
        ("2026-03-03", 2.0),
        ("2026-02-28", None),  # bought first, wanted later
        ("2026-03-01 11:00", None),
    ],
)
def test_the_time_to_buy_is_never_negative(
    sqlite_store: Store, settings: Settings, bought: str, days: float | None
) -> None:
    scene = Scene(sqlite_store)
    scene.want(scene.track("Bicep", "Glue"), at("2026-03-01 12:00"), bought=at(bought))
    refresh(sqlite_store, settings)
    with read.open_published(settings.warehouse_path) as connection:
        assert connection.execute("SELECT days_wanted FROM purchases").fetchall() == [(days,)]
    (everything,) = read.conversion(settings.warehouse_path)
    assert (everything.purchased, everything.median_days) == (1, days)


@pytest.mark.parametrize("day", [date.max, date(9999, 12, 26), date.min])
def test_the_ends_of_the_calendar_are_periods_too(sqlite_store: Store, settings: Settings, day: date) -> None:
    scene = small(sqlite_store)
    mix = scene.mix("A", day)
    scene.entry(mix, 1, "identified", track=scene.tracks[0], discovered=at("2026-03-01 12:00"))
    refresh(sqlite_store, settings)
    path = settings.warehouse_path
    for period in ("daily", "weekly", "monthly"):
        [one] = read.statistics(path, period, "played", start=day, end=day)
        assert one.period_start <= day <= one.period_end
        assert one.plays == 1
    assert all(pace.first_day <= pace.last_day for pace in read.pace(path, "played", as_of=day))
    with read.open_published(path) as connection:
        assert all(picture.sentence for picture in all_pictures(connection, Stretch()))
    with open_build(path) as build:
        for grain in GRAINS:
            assert refresh_statistics(build, grain, date(9999, 11, 1), date.max) in (0, 1)
    scene.delete(schema.tracklist, mix)
    refresh(sqlite_store, settings)
    assert read.statistics(path, "daily", "played", start=day, end=day) == []


@pytest.mark.parametrize(
    ("price", "currency", "band"),
    [
        ("0", "EUR", "EUR under 1"),
        ("0.99", "EUR", "EUR under 1"),
        ("1", "GBP", "GBP 1 to 1.99"),
        ("4.99", "EUR", "EUR 2 to 4.99"),
        ("5", "EUR", "EUR 5 to 9.99"),
        ("10", "USD", "USD 10 and more"),
        (None, None, "unknown"),
    ],
)
def test_purchases_are_told_apart_by_price_and_never_across_currencies(
    price: str | None, currency: str | None, band: str
) -> None:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE wants AS SELECT 1 AS want_id, 'purchased' AS status, "
        "TIMESTAMP '2026-01-01' AS added_at, 3 AS priority, 'House' AS genre, "
        "NULL::VARCHAR AS label, NULL::VARCHAR AS dj, 'web' AS source"
    )
    connection.execute(
        "CREATE TABLE purchases AS SELECT 1 AS want_id, 2.0::DOUBLE AS days_wanted, 'Juno' AS store, "
        "$price::DECIMAL(10, 2) AS price, $currency::VARCHAR AS currency",
        {"price": price, "currency": currency},
    )
    rows = connection.execute(model("marts", "conversion").sql).fetchall()
    assert [row[1] for row in rows if row[0] == "price"] == [band]
    assert [row[1] for row in rows if row[0] == "store"] == ["Juno"]


def test_artists_labels_and_genres_are_those_of_the_tracks(store: Store, settings: Settings) -> None:
    small(store)
    refresh(store, settings)
    with read.open_published(settings.warehouse_path) as connection:
        tracks = connection.execute(
            "SELECT label, genre, plays, owned, first_discovered, last_discovered, first_played, "
            "last_played, (SELECT list(artist_key) FROM track_artists AS made "
            "WHERE made.track_id = tracks.track_id) FROM tracks"
        ).fetchall()
        for column, kind in enumerate(("label", "genre", "artist")):
            expected: dict[str, list[tuple[Any, ...]]] = {}
            for row in tracks:
                keys = (row[8] or []) if kind == "artist" else [row[column].lower()] if row[column] else []
                for key in keys:
                    expected.setdefault(key, []).append(row)
            days = "first_discovered, last_discovered, first_played, last_played"
            found = connection.execute(
                f"SELECT {kind}_key, tracks, owned, plays, {days} FROM {kind}s ORDER BY ALL"  # noqa: S608
            ).fetchall()
            assert found == [
                (
                    key,
                    len(rows),
                    sum(row[3] for row in rows),
                    sum(row[2] for row in rows),
                    *(
                        choose((row[at] for row in rows if row[at] is not None), default=None)
                        for at, choose in ((4, min), (5, max), (6, min), (7, max))
                    ),
                )
                for key, rows in sorted(expected.items())
            ]
            assert found, kind


def test_the_rows_of_the_marts_say_what_the_store_says(store: Store, settings: Settings) -> None:
    small(store)
    refresh(store, settings)
    with read.open_published(settings.warehouse_path) as connection:
        rows = connection.execute(
            "SELECT raw_line, status, artist, remix, confidence, metadata_sources, reasons, "
            "discovered_at, played_on, dj, skip_reason FROM discoveries "
            "WHERE dj = 'ben ufo' AND position IN (1, 3) ORDER BY position"
        ).fetchall()
        purchase = connection.execute("SELECT price, days_wanted FROM purchases").fetchall()
        heard = connection.execute(
            "SELECT plays, mixes, djs, first_played, last_discovered FROM tracks WHERE title = 'Opus'"
        ).fetchall()
    assert rows[0] == (
        "line 1",
        "identified",
        "Eric Prydz",
        "Four Tet Remix",
        0.95,
        ["catalogue"],
        ["same artists", "same title"],
        at("2026-03-02 23:59").replace(tzinfo=None),
        date(2025, 1, 1),
        "ben ufo",
        None,
    )
    assert rows[1][:3] == ("line 3", "skipped", None)
    assert rows[1][-1] == "unknown ID"
    assert [(str(price), days) for price, days in purchase] == [("1.49", 4.0)]
    assert heard == [(2, 2, 1, date(2024, 12, 30), date(2026, 3, 2))]


@pytest.mark.parametrize("seed", range(2))
def test_increments_give_what_a_full_build_gives(
    sqlite_store: Store, settings: Settings, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marts, "RESORT", 10.0)  # so small a store would be written anew each time
    scene = Scene(sqlite_store)
    shake(scene, seed, 40)
    refresh(sqlite_store, settings)
    for step in range(4):
        shake(scene, 100 * seed + step, 3 + step)
        refresh(sqlite_store, settings)
    anew = Settings(home=tmp_path / "anew")
    refresh(sqlite_store, anew)
    assert content(settings.warehouse_path) == content(anew.warehouse_path)


@pytest.mark.postgres
def test_increments_from_postgres_give_what_a_full_build_gives(
    postgres_url: str, settings: Settings, tmp_path: Path
) -> None:
    store = Store.open(postgres_url)
    scene = Scene(store)
    for step in range(4):
        shake(scene, step, 15)
        refresh(store, settings)
    anew = Settings(home=tmp_path / "anew")
    refresh(store, anew)
    store.close()
    assert content(settings.warehouse_path) == content(anew.warehouse_path)


def test_a_change_touches_the_periods_it_concerns_and_no_others(
    sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marts, "RESORT", 10.0)  # so small a store would be written anew
    scene = small(sqlite_store)
    _, glue, _, rough = scene.tracks
    refresh(sqlite_store, settings)

    # the provisional play of 1 January turns out to be Glue, which was first played on 30 December
    with sqlite_store.write() as tx:
        tx.connection.execute(
            sa.update(schema.track_discovery)
            .where(schema.track_discovery.c.library_track_id == rough)
            .values(library_track_id=glue, confidence=0.95, revision=tx.revision)
        )
    touched, changed = touched_and_changed(sqlite_store, settings)
    assert (
        touched
        == changed
        == {
            ("day", "discovered", date(2026, 3, 2)),
            ("day", "played", date(2025, 1, 1)),
            ("week", "discovered", date(2026, 3, 2)),
            ("week", "played", date(2024, 12, 30)),
            ("month", "discovered", date(2026, 3, 1)),
            ("month", "played", date(2025, 1, 1)),
        }
    )

    # Opus leaves the mix of December: in January it is new then, and on 2 March
    scene.delete(schema.tracklist_entry, scene.entries[0][0])
    touched, changed = touched_and_changed(sqlite_store, settings)
    assert touched == changed
    assert {row for row in touched if row[0] == "day"} == {
        ("day", "discovered", date(2026, 3, 1)),
        ("day", "discovered", date(2026, 3, 2)),
        ("day", "played", date(2024, 12, 30)),
        ("day", "played", date(2025, 1, 1)),
    }
    (january,) = read.statistics(settings.warehouse_path, "monthly", "played", start=date(2025, 1, 1))
    assert january.new_tracks == 1


def test_a_name_that_is_spelled_otherwise_now_changes_where_it_is_shown(
    sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marts, "RESORT", 10.0)  # so small a store would be written anew
    scene = small(sqlite_store)
    refresh(sqlite_store, settings)
    for change, shown in (
        (lambda: scene.track("Hammer", "Canopy", label="NINJA TUNE"), "NINJA TUNE"),  # first by letter
        (lambda: scene.delete(schema.library_track, scene.tracks[-1]), "Ninja Tune"),
    ):
        change()
        touched, changed = touched_and_changed(sqlite_store, settings)
        assert touched == changed
        assert {row for row in touched if row[0] == "day"} == {
            ("day", "discovered", date(2026, 3, 1)),
            ("day", "played", date(2024, 12, 30)),
        }
        (ever,) = read.statistics(settings.warehouse_path, "all-time", "played")
        assert shown in [row["label"] for row in ever.top_labels]


Period = tuple[str, str, date]
TABLES = {
    "day": "FROM statistics_daily",
    "week": "FROM statistics_weekly",
    "month": "FROM statistics_monthly",
}


def touched_and_changed(store: Store, settings: Settings) -> tuple[set[Period], set[Period]]:
    """Refresh; the periods that were computed anew, and those whose rows are not what they were."""
    with open_build(settings.warehouse_path) as build:
        stage(build, store)
        build_marts(build)
        touched = {row for row in build.rows("FROM work.pending") if row[2] is not None}
    before = figures_by_period(settings)
    refresh(store, settings)
    after = figures_by_period(settings)
    return touched, {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def figures_by_period(settings: Settings) -> dict[Period, tuple[Any, ...]]:
    with read.open_published(settings.warehouse_path) as connection:
        return {
            (grain, row[0], row[1]): row
            for grain, query in TABLES.items()
            for row in connection.execute(query).fetchall()
        }


def test_a_refresh_without_changes_publishes_nothing(store: Store, settings: Settings) -> None:
    small(store)
    assert refresh(store, settings).changed
    before = settings.warehouse_path.stat()
    again = refresh(store, settings)
    assert not again.changed
    assert (again.staged.changed, sum(again.staged.rows.values())) == (0, 0)
    assert settings.warehouse_path.stat().st_ino == before.st_ino


def test_a_line_whose_every_decision_was_taken_back_waits(
    store: Store, settings: Settings, make_tracklist: Callable[..., Any]
) -> None:
    import_tracklist(store, make_tracklist("Bicep - Glue"))
    with store.read() as connection:
        entry_id, line = connection.execute(
            sa.select(schema.tracklist_entry.c.id, schema.tracklist_entry.c.line_key)
        ).one()
    waiting = []
    for step in ("imported", "decided", "taken back"):
        if step == "decided":
            decide_many(store, [LineDecision("not_a_track", entry_id=entry_id)], by="dj")
        elif step == "taken back":
            undo(store, line_key=line)
        refresh(store, settings)
        [ever] = read.statistics(settings.warehouse_path, "all-time", "discovered")
        with store.read() as connection:
            assert ever.review_backlog == count_review(connection), step
        waiting.append(ever.review_backlog)
    assert waiting == [0, 0, 1]


def test_a_row_written_again_with_equal_values_touches_no_period(
    sqlite_store: Store, settings: Settings
) -> None:
    scene = small(sqlite_store)
    refresh(sqlite_store, settings)
    scene.update(schema.library_track, scene.tracks[0], discovery_count=2)  # derived: not staged
    result = refresh(sqlite_store, settings)
    assert result.staged.rows["library_track"] == 1
    assert result.staged.changed == 0


def test_a_store_that_was_put_back_to_an_older_state_is_read_whole(
    sqlite_store: Store, settings: Settings
) -> None:
    scene = small(sqlite_store)
    refresh(sqlite_store, settings)
    scene.delete(schema.tracklist, scene.mixes[2])
    with sqlite_store.write() as tx:
        tx.connection.execute(sa.update(schema.counter).values(value=3))
    result = refresh(sqlite_store, settings)
    assert result.staged.rebuilt == "the store is at revision 3, before the staged 24"
    (ever,) = read.statistics(settings.warehouse_path, "all-time", "discovered")
    assert ever.entries == 5


def test_another_store_at_a_higher_revision_is_noticed(
    sqlite_store: Store, settings: Settings, tmp_path: Path
) -> None:
    first = Store.open(f"sqlite:///{tmp_path / 'first.db'}")
    mix = Scene(first).mix("A", None)
    refresh(first, settings)
    small(sqlite_store)
    result = refresh(sqlite_store, settings)
    assert result.staged.rebuilt == f"the store is another one: it never had the tracklist {mix}"
    (ever,) = read.statistics(settings.warehouse_path, "all-time", "discovered")
    assert ever.entries == 7
    first.close()


def test_deleting_the_oldest_tracklist_is_no_other_store(sqlite_store: Store, settings: Settings) -> None:
    scene = small(sqlite_store)
    refresh(sqlite_store, settings)
    scene.delete(schema.tracklist, scene.mixes[0])
    result = refresh(sqlite_store, settings)
    assert result.staged.rebuilt is None
    assert result.staged.deleted == 5  # the mix, its two entries and their discoveries
    (ever,) = read.statistics(settings.warehouse_path, "all-time", "played")
    assert (ever.entries, ever.new_tracks) == (3, 2)


def test_rows_that_vanished_without_a_trace_are_noticed_and_mended(
    sqlite_store: Store, settings: Settings
) -> None:
    scene = small(sqlite_store)
    refresh(sqlite_store, settings)
    entry = scene.entries[0][0]
    with sqlite_store.write() as tx:
        tx.connection.execute(sa.delete(schema.tracklist_entry).where(schema.tracklist_entry.c.id == entry))
    result = refresh(sqlite_store, settings)
    assert result.staged.notes == (
        "tracklist_entry was read whole: 7 rows were staged where the store has 6",
        "track_discovery was read whole: 5 rows were staged where the store has 4",
    )
    (ever,) = read.statistics(settings.warehouse_path, "all-time", "discovered")
    assert (ever.entries, ever.plays) == (6, 4)


def test_columns_that_start_with_many_nulls_keep_their_type(sqlite_store: Store, settings: Settings) -> None:
    scene = Scene(sqlite_store)
    mix = scene.mix(None, None)
    with sqlite_store.write() as tx:
        tx.connection.execute(
            sa.insert(schema.library_track),
            [
                {
                    "id": f"00000000-0000-7000-8000-{number:012}",
                    "artist": "A",
                    "title": f"T{number}",
                    "label": "late" if number >= 3000 else None,
                    "bpm": 120 if number >= 3000 else None,
                    "isrcs": [],
                    "identity_key": str(number),
                    "provisional": False,
                    "created_at": tx.now,
                    "updated_at": tx.now,
                    "revision": tx.revision,
                }
                for number in range(3002)
            ],
        )
    scene.entry(mix, 1)
    refresh(sqlite_store, settings)
    with read.open_published(settings.warehouse_path) as connection:
        assert connection.execute("SELECT count(*), count(label), min(bpm) FROM tracks").fetchall() == [
            (3002, 2, 120.0)
        ]


def test_an_empty_store_publishes_an_empty_warehouse(store: Store, settings: Settings) -> None:
    refresh(store, settings)
    assert read.statistics(settings.warehouse_path, "all-time", "played") == []
    assert read.trends(settings.warehouse_path, "played") == []
    assert not refresh(store, settings).changed


def test_steps_that_are_behind_are_not_published(sqlite_store: Store, settings: Settings) -> None:
    scene = small(sqlite_store)
    refresh(sqlite_store, settings)
    scene.entry(scene.mixes[0], 3)
    before = settings.warehouse_path.stat().st_ino
    with open_build(settings.warehouse_path) as build:
        stage(build, sqlite_store)
        build_marts(build)
        failed = {result.name for result in run_checks(build) if not result.passed}
        assert failed == {"nothing_pending", "statistics_add_up"}
        with pytest.raises(ChecksFailed, match="was not published"):
            publish(build)
    assert settings.warehouse_path.stat().st_ino == before
    assert refresh(sqlite_store, settings).changed  # goes on where it stopped
    (ever,) = read.statistics(settings.warehouse_path, "all-time", "discovered")
    assert ever.entries == 8


BROKEN = {
    "discoveries_unique": "INSERT INTO discoveries FROM discoveries LIMIT 1",
    "entries_accounted_for": "UPDATE discoveries SET entry_id = uuid() WHERE status = 'pending'",
    "identified_have_a_track": "UPDATE discoveries SET track_id = NULL WHERE title = 'Glue'",
    "plays_complete": "UPDATE plays_by_played SET is_first = FALSE WHERE is_first AND day = '2025-01-01'",
    "store_counts": "DELETE FROM wants WHERE status = 'wanted'",
    "tracks_unique": "UPDATE tracks SET identity_key = (SELECT min(identity_key) FROM tracks) "
    "WHERE title = 'Opus'",
    "nothing_pending": "INSERT INTO work.pending VALUES ('trends', 'played', NULL)",
    "statistics_add_up": "UPDATE statistics_daily SET entries = entries + 1 WHERE basis = 'played'",
}


def test_there_is_a_broken_row_for_every_check() -> None:
    assert sorted(BROKEN) == [item.name for item in models("checks")]


@pytest.mark.parametrize("check", BROKEN)
def test_each_check_names_the_row_that_breaks_it(sqlite_store: Store, settings: Settings, check: str) -> None:
    small(sqlite_store)
    refresh(sqlite_store, settings)
    with open_build(settings.warehouse_path) as build:
        assert all(result.passed for result in run_checks(build))
        build.connection.execute(BROKEN[check])
        [result] = run_checks(build, {check})
        assert (result.passed, result.violations > 0, len(result.sample) > 0) == (False, True, True)
        assert check in unchecked(build)
        with pytest.raises(ChecksFailed, match="was not published"):
            publish(build)


def test_a_check_holds_for_the_revision_it_passed_at(sqlite_store: Store, settings: Settings) -> None:
    scene = small(sqlite_store)
    refresh(sqlite_store, settings)
    with open_build(settings.warehouse_path) as build:
        everything = {result.name for result in run_checks(build)}
        assert unchecked(build) == frozenset()
        scene.entry(scene.mixes[0], 3)
        stage(build, sqlite_store)
        build_marts(build)
        assert unchecked(build) == everything
        two = run_checks(build, {"discoveries_unique", "nothing_pending"})
        assert [(one.name, one.passed) for one in two] == [
            ("discoveries_unique", True),
            ("nothing_pending", False),
        ]
        assert unchecked(build) == everything - {"discoveries_unique"}


def test_two_files_that_do_not_belong_together_are_built_again(
    sqlite_store: Store, settings: Settings, tmp_path: Path
) -> None:
    small(sqlite_store)
    refresh(sqlite_store, settings)
    expected = content(settings.warehouse_path)
    elsewhere = Settings(home=tmp_path / "elsewhere")
    refresh(sqlite_store, elsewhere)
    staging_path(elsewhere.warehouse_path).replace(staging_path(settings.warehouse_path))
    assert refresh(sqlite_store, settings).staged.rows["tracklist_entry"] == 7  # read whole
    assert content(settings.warehouse_path) == expected


@pytest.mark.parametrize("find", [build_path, staging_path])
def test_a_lost_or_damaged_file_is_built_again(
    sqlite_store: Store, settings: Settings, find: Callable[[Path], Path]
) -> None:
    scene = small(sqlite_store)
    refresh(sqlite_store, settings)
    find(settings.warehouse_path).unlink()
    scene.entry(scene.mixes[0], 3)
    refresh(sqlite_store, settings)
    find(settings.warehouse_path).write_bytes(b"not a database" * 1000)
    scene.entry(scene.mixes[0], 4)
    refresh(sqlite_store, settings)
    (ever,) = read.statistics(settings.warehouse_path, "all-time", "discovered")
    assert ever.entries == 9


@pytest.mark.parametrize("block", range(3))
def test_a_build_file_damaged_inside_is_built_again(
    sqlite_store: Store, settings: Settings, block: int
) -> None:
    scene = small(sqlite_store)
    refresh(sqlite_store, settings)
    path = build_path(settings.warehouse_path)
    data = bytearray(path.read_bytes())
    middle = 12288 + (len(data) - 12288) * (block + 1) // 4
    data[middle : middle + 300_000] = b"\xa5" * 300_000
    path.write_bytes(data)
    scene.entry(scene.mixes[0], 3)
    refresh(sqlite_store, settings)
    (ever,) = read.statistics(settings.warehouse_path, "all-time", "discovered")
    assert ever.entries == 8


def test_every_published_table_and_column_is_explained(sqlite_store: Store, settings: Settings) -> None:
    small(sqlite_store)
    refresh(sqlite_store, settings)
    silent = [
        f"{table.name}.{column}"
        for table in read.tables(settings.warehouse_path)
        for column, _, about in table.columns
        if not about
    ]
    assert silent == []
    assert all(table.comment for table in read.tables(settings.warehouse_path))


def test_readers_cannot_write_nor_reach_files(sqlite_store: Store, settings: Settings) -> None:
    refresh(sqlite_store, settings)
    with read.open_published(settings.warehouse_path) as connection:
        for forbidden in (
            "DELETE FROM tracks",
            "SELECT * FROM read_csv('/etc/passwd')",
            "COPY tracks TO 'out.csv'",
            "ATTACH 'other.duckdb'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(forbidden)


def test_more_rows_than_a_row_group_of_duckdb_are_all_there(sqlite_store: Store, settings: Settings) -> None:
    scene = Scene(sqlite_store)
    scene.mix("A", date(2025, 1, 1))
    with sqlite_store.write() as tx:
        tx.connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 130000) "
            "INSERT INTO tracklist_entry (id, tracklist_id, position, component, line_no, raw_line, artists, "
            "featured, title, remixers, is_id, unreleased, layered, mashup, line_key, status, revision) "
            "SELECT printf('00000000-0000-7000-8000-%012x', i), ?, i, 1, i, 'line', '[]', '[]', '', '[]', "
            "0, 0, 0, 0, '', 'pending', ? FROM n",
            (scene.mixes[0], tx.revision),
        )
    refresh(sqlite_store, settings)
    for basis in ("discovered", "played"):
        (ever,) = read.statistics(settings.warehouse_path, "all-time", basis)
        assert (ever.entries, ever.pending) == (130000, 130000)
