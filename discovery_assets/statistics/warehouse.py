"""Asset ``statistics/warehouse``: store → staged rows → facts and dimensions → the periods they touch."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg

from discovery_assets.metadata import counts, layer_asset, preview
from discovery_assets.statistics import POOL
from discovery_assets.statistics.partitions import ASSETS, partition_keys
from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.checks import CheckResult, run_checks
from mixtrove.warehouse.marts import build_marts
from mixtrove.warehouse.models import fingerprint, models
from mixtrove.warehouse.staging import stage
from mixtrove.warehouse.statistics import GRAINS, Grain, refresh_pending_statistics
from resources.home import OperationalStore, Warehouse

KEY = dg.AssetKey(["statistics", "warehouse"])

REPORTED = 400
"""Partitions of a grain that a run reports, the newest; each costs an event of about 5 ms (measured)."""

LAST = frozenset({"nothing_pending", "statistics_add_up"})
"""Checks that hold only after every statistic: they gate the publication, the others the statistics."""

FIRST = frozenset(item.name for item in models("checks")) - LAST


@layer_asset(
    "statistics",
    "warehouse",
    "duckdb",
    "sql",
    deps=[
        dg.AssetKey(["raw", "tracklist_entries"]),
        dg.AssetKey(["match", "track_discoveries"]),
        dg.AssetKey(["match", "library_tracks"]),
        dg.AssetKey(["match", "track_attributes"]),
        dg.AssetKey(["want", "want_list"]),
    ],
    description=(
        "The DuckDB file that is built for analysts: discoveries, tracks, mixes, wants and purchases, "
        "read incrementally from the operational store. Days, weeks and months that the change touches "
        "are computed here at once and reported as partitions of the statistics, so that a run leaves "
        "none of them behind. Analysts see it when statistics/published has run."
    ),
    code_version=fingerprint(),
    pool=POOL,
    metadata={"dagster/table_name": "warehouse.main.discoveries"},
)
def warehouse(
    context: dg.AssetExecutionContext, store: OperationalStore, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Stage, build the marts, compute the touched periods."""
    with store.open() as opened, warehouse.build() as build:
        staged = stage(build, opened)
        marts = build_marts(build)
        touched = {grain: pending_periods(build, grain) for grain in GRAINS}
        for grain in GRAINS:
            refresh_pending_statistics(build, grain)
        tables = {item.name: item for item in models("marts")}
        newest = build.rows(
            "SELECT played_on, dj, artist, title, remix, status, confidence FROM discoveries "
            "ORDER BY discovered_at DESC, entry_id DESC LIMIT 10"
        )
    for grain, periods in touched.items():
        _report(context, grain, periods)
    sentence = (
        f"{sum(staged.rows.values()):,} rows staged, {marts.entries:,} facts written; touched "
        f"{len(touched['day']):,} days, {len(touched['week']):,} weeks, {len(touched['month']):,} months"
        + (f"; built anew: {staged.rebuilt}" if staged.rebuilt else "")
    )
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": marts.rows["discoveries"],
            "revision": staged.revision,
            "rows_staged": sum(staged.rows.values()),
            "rows_deleted": staged.deleted,
            "facts_written": marts.entries,
            "built_anew": staged.rebuilt or "no",
            "periods_touched": sum(len(periods) for periods in touched.values()),
            "tables": preview(
                ("table", "rows", "one row is"),
                [(name, rows, tables[name].grain) for name, rows in sorted(marts.rows.items())],
            ),
            "staged": counts("table", staged.rows),
            "preview": preview(
                ("played on", "dj", "artist", "title", "remix", "status", "confidence"), newest
            ),
        }
    )


@dg.multi_asset_check(
    name="warehouse_checks",
    specs=[
        dg.AssetCheckSpec(item.name, asset=KEY, description=item.description, blocking=True)
        for item in models("checks")
        if item.name in FIRST
    ],
    pool=POOL,
)
def warehouse_checks(warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
    """Run the files of ``sql/checks`` that hold as soon as the facts are there."""
    with warehouse.build() as build:
        results = run_checks(build, FIRST)
    for result in results:
        yield check_result(result, KEY)


def check_result(result: CheckResult, key: dg.AssetKey) -> dg.AssetCheckResult:
    """A check of the warehouse as Dagster shows it."""
    columns = list(result.sample[0]) if result.sample else []
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=key,
        check_name=result.name,
        description=None if result.passed else f"{result.violations:,} rows violate: {result.description}",
        metadata={
            "violations": result.violations,
            "sample": preview(columns, [list(row.values()) for row in result.sample]),
        },
    )


def pending_periods(build: Build, grain: Grain) -> list[date]:
    """The periods of a grain that are behind the facts, on either basis."""
    return [
        row[0]
        for row in build.rows(
            "SELECT DISTINCT period_start FROM work.pending "
            "WHERE step = $grain AND period_start IS NOT NULL ORDER BY period_start",
            {"grain": grain},
        )
    ]


def _report(context: dg.AssetExecutionContext, grain: Grain, periods: list[date]) -> None:
    """Tell Dagster that these partitions are up to date: it did not run their asset, but they are."""
    keys = partition_keys(grain, periods, datetime.now(UTC).date())
    for key in keys[:REPORTED]:
        context.log_event(
            dg.AssetMaterialization(
                ASSETS[grain],
                partition=key,
                description="Computed by statistics/warehouse: its facts changed.",
            )
        )
    if len(keys) > REPORTED:
        sentence = f"{len(keys):,} {grain}s were computed; the newest {REPORTED} are reported as partitions"
        context.log.info(sentence)
