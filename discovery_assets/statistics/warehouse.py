"""Asset ``statistics/warehouse``: store → staged rows → facts and dimensions → the periods they touch."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime

import dagster as dg

from discovery_assets.metadata import counts, layer_asset, preview, warehouse_tables
from discovery_assets.statistics import POOL
from discovery_assets.statistics.freshness import DAILY
from discovery_assets.statistics.partitions import ASSETS, partition_keys
from discovery_assets.statistics.tables import WAREHOUSE as KEY
from discovery_assets.statistics.tables import column_lineage, made_by
from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.checks import CheckResult, run_checks
from mixtrove.warehouse.marts import STATISTICS, build_marts
from mixtrove.warehouse.models import fingerprint, models, quoted
from mixtrove.warehouse.staging import stage, stage_requests
from mixtrove.warehouse.statistics import GRAINS, Grain, refresh_pending_statistics
from resources.home import OperationalStore, Warehouse

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
        dg.AssetKey(["search", "provider_results"]),
        dg.AssetKey(["want", "want_list"]),
    ],
    description=(
        "The DuckDB file that is built for analysts: discoveries, tracks, artists, labels, genres, mixes, "
        "wants, purchases and requests, read incrementally from the operational store. Days, weeks and "
        "months that the change touches are computed here at once and reported as partitions of the "
        "statistics, so that a run leaves none of them behind. Analysts see it when statistics/published "
        "has run."
    ),
    code_version=fingerprint(),
    freshness_policy=DAILY,
    pool=POOL,
    metadata=warehouse_tables(made_by(KEY)),
)
def warehouse(
    context: dg.AssetExecutionContext, store: OperationalStore, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Stage, build the marts, compute the touched periods."""
    with store.open() as opened, warehouse.build() as build:
        staged = stage(build, opened)
        if note := stage_requests(build, warehouse.settings()):
            context.log.warning(note)
        marts = build_marts(build)
        touched = {grain: pending_periods(build, grain) for grain in GRAINS}
        for grain in GRAINS:
            refresh_pending_statistics(build, grain)
        tables = {item.name: item for item in models("marts")}
        lineage = column_lineage(build, made_by(KEY))
        of_periods = column_lineage(build, made_by(ASSETS["day"]), plain="statistics")
        computed = {
            grain: dict(
                build.rows(f"SELECT period_start, count(*) FROM {quoted(STATISTICS[grain])} GROUP BY ALL")  # noqa: S608
            )
            for grain in GRAINS
        }
        newest = build.rows(
            "SELECT played_on, dj, artist, title, remix, status, confidence FROM discoveries "
            "ORDER BY discovered_at DESC, entry_id DESC LIMIT 10"
        )
    for grain, periods in touched.items():
        _report(context, grain, periods, computed[grain], of_periods)
    sentence = (
        f"{sum(staged.rows.values()):,} rows staged, {marts.entries:,} facts written; touched "
        f"{len(touched['day']):,} days, {len(touched['week']):,} weeks, {len(touched['month']):,} months"
        + (f"; built anew: {staged.rebuilt}" if staged.rebuilt else "")
    )
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": marts.rows["discoveries"],
            "dagster/column_lineage": lineage,
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


def _report(
    context: dg.AssetExecutionContext,
    grain: Grain,
    touched: Collection[date],
    rows: Mapping[date, int],
    lineage: dg.TableColumnLineage,
) -> None:
    """Tell Dagster that partitions are up to date: it did not run their asset, but they are.

    Args:
        context: of the run.
        grain: of the partitions.
        touched: the periods that were computed now.
        rows: every period that is computed, also by a `mixtrove discover` in a terminal, and its rows.
        lineage: of their columns; the last that is reported has it.
    """
    today = datetime.now(UTC).date()
    known = context.instance.get_materialized_partitions(ASSETS[grain])
    news = {*touched, *(period for period in rows if period.isoformat() not in known)}
    keys = partition_keys(grain, news, today)
    newest = keys[:REPORTED]
    for key in reversed(newest):
        context.log_event(
            dg.AssetMaterialization(
                ASSETS[grain],
                partition=key,
                description="Computed with the facts that it is made of, by statistics/warehouse.",
                metadata={
                    "dagster/partition_row_count": rows.get(date.fromisoformat(key), 0),
                    **({"dagster/column_lineage": lineage} if key == newest[0] else {}),
                },
            )
        )
    if len(keys) > REPORTED:
        sentence = (
            f"{len(keys):,} {grain}s are computed and not reported as partitions yet: now the newest "
            f"{REPORTED} are, the others with the next runs"
        )
        context.log.info(sentence)
