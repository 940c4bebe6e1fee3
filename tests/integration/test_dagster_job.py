"""The job ``discover`` as people run it: a real home, a real Dagster instance, in this process."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from discovery_assets.definitions import build_definitions
from discovery_assets.running import prepare_dagster_home, run_discovery
from mixtrove.catalogue.build import build_catalogue
from mixtrove.cli import main
from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.locking import locked
from mixtrove.settings import Settings
from mixtrove.warehouse import read
from mixtrove.warehouse.refresh import refresh
from resources.home import Home
from tests.integration.warehouse_scene import Scene, at

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MIXES = ("1995-03-05 The Chemical Brothers - Essential Mix.txt", "RA.570 Wolfgang Voigt.txt")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with the starter catalogue and two tracklists in its inbox."""
    made = Settings(home=tmp_path / "home")
    build_catalogue([EXAMPLES / "catalogue.csv"], made.catalogue_dir)
    made.inbox.mkdir(parents=True)
    for name in MIXES:
        shutil.copy2(EXAMPLES / "tracklists" / name, made.inbox / name)
    return made


@pytest.fixture
def job(settings: Settings) -> Callable[..., dg.ExecuteInProcessResult]:
    """``job()`` runs ``discover`` on the home, on an instance that is gone afterwards."""

    def run(name: str = "discover", **options: object) -> dg.ExecuteInProcessResult:
        defs = build_definitions(home=Home(path=str(settings.home)))
        with dg.DagsterInstance.ephemeral() as instance:
            return defs.resolve_job_def(name).execute_in_process(
                instance=instance, raise_on_error=False, **options
            )

    return run


def metadata(result: dg.ExecuteInProcessResult, *key: str) -> dict[str, Any]:
    """The metadata that an asset's materialisation in this run carries, as plain values."""
    (event,) = [
        event
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(list(key)) and event.partition is None
    ]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_a_run_takes_the_inbox_to_a_published_warehouse(
    settings: Settings, job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    result = job()
    assert result.success
    evaluated = [check.check_name for check in result.get_asset_check_evaluations()]
    assert len(evaluated) == len(set(evaluated))
    for asset in ("all_time", "trends", "conversion", "published"):  # the event log keeps them for every run
        assert len(metadata(result, "statistics", asset)["charts"]) < 200_000
    assert "](data:image/png;base64," in metadata(result, "statistics", "all_time")["charts"]
    lineage = metadata(result, "statistics", "warehouse")["dagster/column_lineage"].deps_by_column
    assert lineage["tracks.artist"] == [dg.TableColumnDep(dg.AssetKey(["match", "library_tracks"]), "artist")]
    assert lineage["tracklists.title"] == [
        dg.TableColumnDep(dg.AssetKey(["raw", "tracklist_entries"]), "tracklist.title")
    ]
    described = schemas()
    for asset in ("warehouse", "all_time", "trends", "conversion", "published"):
        made = metadata(result, "statistics", asset)["dagster/column_lineage"].deps_by_column
        assert made, asset
        assert set(made) <= set(described["statistics", asset])
        for dep in (dep for deps in made.values() for dep in deps):
            assert dep.column_name in described[tuple(dep.asset_key.path)], dep
    assert {"tracklists.dj", "discoveries.played_on", "wants.added_by", "provider_requests.requests"} < set(
        lineage
    )
    assert "discovery_pace.median_days" in described["statistics", "trends"]
    assert all(all(described["statistics", name].values()) for name in ("warehouse", "daily", "published"))
    raw = metadata(result, "raw", "tracklist_entries")
    assert (raw["files_new"], raw["files_failed"], raw["files_left"]) == (2, 0, 0)
    assert sorted(path.name for path in (settings.inbox / "done").iterdir()) == sorted(MIXES)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        (in_warehouse,) = connection.execute("SELECT count(*) FROM discoveries").fetchall()[0]
        (undecided,) = connection.execute(
            "SELECT count(*) FROM discoveries WHERE status = 'pending'"
        ).fetchall()[0]
    assert in_warehouse == raw["dagster/row_count"] > 0
    assert undecided == 0


def schemas() -> dict[tuple[str, ...], dict[str, str | None]]:
    """Asset → its columns with their meaning, as the location declares them."""
    return {
        tuple(spec.key.path): {
            column.name: column.description for column in spec.metadata["dagster/column_schema"].columns
        }
        for spec in build_definitions().resolve_all_asset_specs()
    }


def test_a_second_run_changes_nothing(
    settings: Settings, job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    assert job().success
    before = settings.warehouse_path.stat()
    again = job()
    assert again.success
    assert metadata(again, "match", "track_discoveries")["decided"] == 0
    assert metadata(again, "statistics", "warehouse")["facts_written"] == 0
    assert metadata(again, "statistics", "published")["published"] is False
    assert settings.warehouse_path.stat() == before


def test_a_search_of_the_backlog_leaves_the_decisions_to_discover(
    settings: Settings, job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    assert job(asset_selection=[dg.AssetKey(["raw", "tracklist_entries"])]).success
    config = {"ops": {"search__catalogue_candidates": {"config": {"batch_size": 40, "processes": 2}}}}
    result = job("search_backlog", run_config=config)
    assert result.success
    ran = [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]
    assert ran == ["search/catalogue_candidates"]
    told = metadata(result, "search", "catalogue_candidates")
    assert told["entries_searched"] > told["entries_offered"] > 0
    assert told["batches"] == -(-told["entries_searched"] // 40)
    assert told["lines_per_second"] > 0
    again = metadata(job("search_backlog"), "search", "catalogue_candidates")
    assert (again["entries_searched"], again["batches"]) == (0, 0)

    everything = job()
    assert metadata(everything, "search", "catalogue_candidates")["entries_searched"] == 0
    assert metadata(everything, "match", "track_discoveries")["decided"] >= told["entries_searched"]


def test_days_weeks_and_months_that_a_run_touches_are_reported_as_partitions(
    settings: Settings,
) -> None:
    assert run_discovery(settings, out=io.StringIO())
    with dg.DagsterInstance.from_config(str(prepare_dagster_home(settings))) as instance:
        months = instance.get_materialized_partitions(dg.AssetKey(["statistics", "monthly"]))
    assert "1995-03-01" in months


def test_periods_that_a_terminal_computed_are_partitions_after_the_next_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(settings.home))
    for command in (("import", str(settings.inbox)), ("discover", "--offline")):
        assert CliRunner().invoke(main, command).exit_code == 0
    shutil.rmtree(settings.inbox)
    days = {
        one.period_start.isoformat()
        for basis in ("discovered", "played")
        for one in read.statistics(settings.warehouse_path, "daily", basis)
    }
    key = dg.AssetKey(["statistics", "daily"])
    for _ in range(2):
        assert run_discovery(settings, out=io.StringIO())
        with dg.DagsterInstance.from_config(str(prepare_dagster_home(settings))) as instance:
            assert instance.get_materialized_partitions(key) == days
            told = [one.asset_materialization for one in instance.fetch_materializations(key, 50).records]
        assert len(told) == len(days)  # the second run has nothing to tell
        assert told[0] is not None
        assert told[0].partition == max(days)
        assert told[0].metadata["dagster/partition_row_count"].value == 1
        assert "dagster/column_lineage" in told[0].metadata


def test_the_trends_are_to_the_day_that_was_asked_for_until_nobody_asks(settings: Settings) -> None:
    with closing(Store.open(settings)) as store:
        scene = Scene(store)
        for day in (date(2025, 1, 1), date(2025, 1, 31), date(2025, 3, 1)):
            mix = scene.mix("A", day)
            scene.entry(
                mix, 1, "identified", track=scene.track("X", f"{day}"), discovered=at("2026-03-01 12:00")
            )
        refresh(store, settings)
    defs = build_definitions(home=Home(path=str(settings.home)))
    selection = [dg.AssetKey(["statistics", name]) for name in ("trends", "published")]
    shown = []
    for asked in ("2025-02-01", None, "1 May"):
        config = {"ops": {"statistics__trends": {"config": {"as_of": asked}}}} if asked else {}
        with dg.DagsterInstance.ephemeral() as instance:
            done = defs.resolve_job_def("discover").execute_in_process(
                instance=instance, raise_on_error=False, asset_selection=selection, run_config=config
            )
        with read.open_published(settings.warehouse_path) as connection:
            days = connection.execute("SELECT max(last_day) FROM discovery_pace WHERE basis = 'played'")
            shown.append((done.success, days.fetchall()[0][0]))
    assert shown == [(True, date(2025, 2, 1)), (True, date(2025, 3, 1)), (False, date(2025, 3, 1))]


def test_without_a_catalogue_the_run_goes_on_and_says_so(
    settings: Settings, job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    shutil.rmtree(settings.catalogues_dir)
    result = job()
    assert result.success
    assert "mixtrove catalogue build" in str(metadata(result, "search", "catalogue_candidates")["catalogue"])


def test_an_entry_that_got_lost_stops_the_run_before_it_spreads(
    settings: Settings, job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    assert job().success
    store = Store.open(settings)
    with store.write() as tx:
        tx.connection.execute(
            sa.delete(schema.track_discovery).where(
                schema.track_discovery.c.entry_id.in_(
                    sa.select(schema.tracklist_entry.c.id)
                    .where(schema.tracklist_entry.c.status == "identified")
                    .limit(1)
                )
            )
        )
    store.close()
    result = job()
    assert not result.success
    failed = [check.check_name for check in result.get_asset_check_evaluations() if not check.passed]
    assert failed == ["every_entry_accounted_for"]
    ran = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert ran == {
        "raw/tracklist_entries",
        "search/catalogue_candidates",
        "search/provider_results",
        "match/track_discoveries",
    }


def test_a_wrong_setting_fails_the_step_with_its_sentence(
    settings: Settings, job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    settings.rules_path.write_text("[[rules]]\n", encoding="utf-8")
    result = job()
    assert not result.success
    told = result.failure_data_for_node("want__want_list").user_failure_data
    assert "rules are written under [[rule]]" in str(told.description)


def test_progress_is_a_few_lines_a_step(settings: Settings) -> None:
    out = io.StringIO()
    assert run_discovery(settings, out=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "raw/tracklist_entries"
    assert lines[1].startswith("  2 files from the inbox, 0 of them refused;")
    assert "statistics/published" in lines
    assert not [line for line in lines if "DEBUG" in line]
    assert len(lines) < 45


def test_a_backfill_of_a_month_of_days_is_one_run(
    settings: Settings, job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    assert job().success
    month = {
        "dagster/asset_partition_range_start": "1995-03-01",
        "dagster/asset_partition_range_end": "1995-03-31",
    }
    result = job("daily_statistics", tags=month)
    assert result.success
    days = [
        event.partition
        for event in result.get_asset_materialization_events()
        if event.step_key == "statistics__daily"
    ]
    assert (len(days), min(days), max(days)) == (31, "1995-03-01", "1995-03-31")
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT period_start::VARCHAR FROM statistics_daily "
            "WHERE basis = 'played' AND year(period_start) = 1995"
        ).fetchall()
    assert rows == [("1995-03-05",)]


def test_the_slot_of_a_killed_run_is_free_for_the_next(settings: Settings) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MIXTROVE_")}
    slot = settings.home / "warehouse.lock"  # the run waits for it, within statistics/warehouse
    with locked(slot, wait=0, doing="a test is running"):
        killed = subprocess.Popen(
            [sys.executable, "-m", "discovery_assets", "discover"],
            cwd=EXAMPLES.parent,
            env={**environment, "MIXTROVE_HOME": str(settings.home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert killed.stdout is not None
        with killed.stdout as lines:
            assert "statistics/warehouse\n" in iter(lines.readline, "")
            killed.kill()
        killed.wait()
    assert run_discovery(settings, out=io.StringIO())
    with dg.DagsterInstance.from_config(str(prepare_dagster_home(settings))) as instance:
        newest, before = instance.get_runs()
    assert newest.status == dg.DagsterRunStatus.SUCCESS
    assert before.status == dg.DagsterRunStatus.FAILURE
