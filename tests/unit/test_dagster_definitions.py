"""What the location offers: keys, dependencies, groups, owners, kinds, checks, and where it is found."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from discovery_assets.definitions import build_definitions
from discovery_assets.statistics.tables import (
    ALL_TIME,
    CONVERSION,
    STORED,
    TRENDS,
    WAREHOUSE,
    made_by,
    sources_of,
)
from mixtrove.errors import BadInput
from mixtrove.warehouse.models import models
from resources.failures import permanent
from sensors.schedules import LATEST, is_due, last_complete

ROOT = Path(__file__).resolve().parents[2]

ASSETS = {
    "raw/tracklist_entries": ([], {"python", "sql"}),
    "search/catalogue_candidates": (["raw/tracklist_entries"], {"python", "sql", "duckdb"}),
    "search/provider_results": (["raw/tracklist_entries", "search/catalogue_candidates"], {"python", "sql"}),
    "match/track_discoveries": (
        ["raw/tracklist_entries", "search/catalogue_candidates", "search/provider_results"],
        {"python", "sql"},
    ),
    "match/library_tracks": (["match/track_discoveries"], {"python", "sql"}),
    "match/track_attributes": (["match/library_tracks"], {"python", "sql"}),
    "match/duplicate_tracks": (["match/library_tracks"], {"python", "sql"}),
    "want/want_list": (["match/library_tracks", "match/track_attributes"], {"python", "sql"}),
    "want/purchase_links": (["match/track_attributes", "want/want_list"], {"python", "sql"}),
    "statistics/warehouse": (
        [
            "match/library_tracks",
            "match/track_attributes",
            "match/track_discoveries",
            "raw/tracklist_entries",
            "search/provider_results",
            "want/want_list",
        ],
        {"python", "duckdb", "sql"},
    ),
    "statistics/daily": (["statistics/warehouse"], {"python", "duckdb", "sql"}),
    "statistics/weekly": (["statistics/warehouse"], {"python", "duckdb", "sql"}),
    "statistics/monthly": (["statistics/warehouse"], {"python", "duckdb", "sql"}),
    "statistics/all_time": (["statistics/warehouse"], {"python", "duckdb", "sql"}),
    "statistics/trends": (["statistics/warehouse"], {"python", "duckdb", "sql"}),
    "statistics/conversion": (["statistics/warehouse"], {"python", "duckdb", "sql"}),
    "statistics/published": (
        [
            "statistics/all_time",
            "statistics/conversion",
            "statistics/daily",
            "statistics/monthly",
            "statistics/trends",
            "statistics/warehouse",
            "statistics/weekly",
        ],
        {"python", "duckdb"},
    ),
}


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    made = build_definitions()
    dg.Definitions.validate_loadable(made)
    return made


def test_the_statistics_depend_on_what_their_sql_reads(definitions: dg.Definitions) -> None:
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    layer = [key for key in specs if key.path[0] == "statistics"]
    assert len(layer) == 8
    for key in layer:
        assert {dep.asset_key for dep in specs[key].deps} == sources_of(key), key


def test_every_mart_is_made_by_one_asset_and_every_staged_table_comes_from_known_ones() -> None:
    made = {WAREHOUSE, ALL_TIME, TRENDS, CONVERSION}
    names = sorted(item.name for key in made for item in made_by(key))
    assert names == sorted(item.name for item in models("marts"))
    assert set(STORED) | {"tombstone"} == {item.name for item in models("staging")}


def test_keys_dependencies_and_kinds(definitions: dg.Definitions) -> None:
    found = {
        spec.key.to_user_string(): (
            sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            spec.kinds,
        )
        for spec in definitions.resolve_all_asset_specs()
    }
    assert found == ASSETS


def test_every_asset_is_described_owned_versioned_and_in_the_group_of_its_layer(
    definitions: dg.Definitions,
) -> None:
    for spec in definitions.resolve_all_asset_specs():
        assert spec.group_name == spec.key.path[0]
        assert spec.owners == ["team:discovery"]
        assert len(spec.description or "") > 80
        assert spec.code_version
        assert "dagster/table_name" in spec.metadata


def test_checks_block_where_wrong_data_would_spread(definitions: dg.Definitions) -> None:
    checks = {
        (spec.asset_key.to_user_string(), spec.name): spec.blocking
        for check in definitions.resolve_asset_graph().assets_defs
        for spec in check.check_specs
    }
    assert [name for (asset, name), blocking in sorted(checks.items()) if blocking] == [
        "no_duplicate_identity",
        "plays_counted_right",
        "every_entry_accounted_for",
        *sorted(
            path.stem
            for path in (ROOT / "sql" / "checks").glob("*.sql")
            if path.stem not in ("nothing_pending", "statistics_add_up")
        ),
    ]
    assert {name for (_, name), blocking in checks.items() if not blocking} == {
        "nothing_pending",  # these two refuse the publication itself
        "statistics_add_up",
        "one_name_one_track",  # nothing is computed from these
        "what_is_apart_stays_apart",
        "links_lead_somewhere",
        "entries_pending_too_long",
        "dead_letters",
    }


def test_statistics_are_called_stale_an_hour_after_their_schedule(definitions: dg.Definitions) -> None:
    windows = {
        spec.key.path[-1]: spec.freshness_policy.warn_window.to_timedelta()  # type: ignore[attr-defined]
        for spec in definitions.resolve_all_asset_specs()
        if spec.freshness_policy is not None
    }
    day, hour = timedelta(days=1), timedelta(hours=1)
    assert windows == {
        **dict.fromkeys(("warehouse", "daily", "all_time", "trends", "conversion", "published"), day + hour),
        "weekly": 7 * day + hour,
        "monthly": 31 * day + hour,
    }


def test_the_standing_checks_are_a_job_of_their_own(definitions: dg.Definitions) -> None:
    nodes = {node.name for node in definitions.resolve_job_def("standing_checks").nodes}
    asset = "match__track_discoveries"
    assert nodes == {f"{asset}_entries_pending_too_long", f"{asset}_dead_letters"}


def test_what_runs_by_itself_is_switched_on(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    assert {sensor.name: sensor.default_status.value for sensor in repository.sensor_defs} == {
        "inbox": "RUNNING",
        "messages": "RUNNING",
        "discovery_jobs": "RUNNING",
        "provider_questions": "RUNNING",
        "watched_offers": "RUNNING",
        "notifications": "RUNNING",
        "runs_failed": "RUNNING",
        "runs_succeeded": "RUNNING",
        "abandoned_runs": "RUNNING",
        "sensor_ticks": "RUNNING",
    }
    assert {
        schedule.name: (schedule.cron_schedule, schedule.default_status.value)
        for schedule in repository.schedule_defs
    } == {
        "daily_statistics": ("15 0 * * *", "RUNNING"),
        "weekly_statistics": ("30 0 * * 1", "RUNNING"),
        "monthly_statistics": ("45 0 1 * *", "RUNNING"),
        "standing_checks": ("20 */6 * * *", "RUNNING"),
        "merge_duplicates": ("20 2 * * *", "RUNNING"),
        "maintenance": ("10 3 * * *", "RUNNING"),
    }


def test_a_schedule_computes_the_period_that_has_ended(definitions: dg.Definitions) -> None:
    monday = date(2026, 6, 1)
    assert last_complete("day", monday) == "2026-05-31"
    assert last_complete("week", monday) == "2026-05-25"
    assert last_complete("month", monday) == "2026-05-01"
    repository = definitions.get_repository_def()
    when = datetime.fromisoformat("2026-06-01T00:30:00+00:00")
    for schedule in repository.schedule_defs:
        if schedule.name in LATEST:
            continue
        with dg.build_schedule_context(scheduled_execution_time=when, repository_def=repository) as context:
            (request,) = schedule.evaluate_tick(context).run_requests or ()
        partitions = repository.get_job(schedule.job_name).partitions_def
        assert partitions is not None
        assert request.partition_key in partitions.get_partition_keys(current_time=when)


@pytest.mark.parametrize("name", list(LATEST))
def test_what_looks_at_everything_runs_once_and_not_for_times_that_are_over(
    definitions: dg.Definitions, name: str
) -> None:
    repository = definitions.get_repository_def()
    schedule = repository.get_schedule_def(name)
    every = LATEST[name][1]
    now = datetime.now(UTC).replace(microsecond=0)
    asked = {}
    for times in (0, 1, 6):
        moment = now - times * every
        with dg.build_schedule_context(scheduled_execution_time=moment, repository_def=repository) as context:
            asked[times] = schedule.evaluate_tick(context)
    [request] = asked[0].run_requests or ()
    assert request.run_key == f"{name}-{now:%Y-%m-%dT%H:%M}"
    for times in (1, 6):
        assert not asked[times].run_requests
        assert "is over; the next one does the same" in str(asked[times].skip_message)
    night = datetime(2026, 6, 1, 3, 10, tzinfo=UTC)
    assert is_due(night, night + every - timedelta(minutes=1), every)
    assert not is_due(night, night + every, every)


def test_a_week_without_the_daemon_is_made_up_for_day_by_day(definitions: dg.Definitions) -> None:
    """Which of the ticks that were missed Dagster makes up for is set in ``dagster.yaml``."""
    repository = definitions.get_repository_def()
    schedule = repository.get_schedule_def("daily_statistics")
    keys = []
    for day in range(7):
        moment = datetime(2026, 6, 1 + day, 0, 15, tzinfo=UTC)
        with dg.build_schedule_context(scheduled_execution_time=moment, repository_def=repository) as context:
            (request,) = schedule.evaluate_tick(context).run_requests or ()
        keys.append(request.partition_key)
    assert keys == ["2026-05-31", *(f"2026-06-0{day}" for day in range(1, 7))]


def test_workspace_and_pyproject_name_the_same_location() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["dg"]["project"]
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
    (location,) = workspace["load_from"]
    assert location["python_module"]["location_name"] == project["code_location_name"]
    assert location["python_module"]["module_name"] == project["code_location_target_module"]


def test_an_error_of_ours_becomes_a_failure_that_is_not_retried() -> None:
    with pytest.raises(dg.Failure) as caught, permanent():
        raise BadInput("mix.txt is empty")
    assert caught.value.description == "mix.txt is empty"
    assert caught.value.allow_retries is False
