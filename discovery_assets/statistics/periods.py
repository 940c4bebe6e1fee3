"""Assets ``statistics/daily``, ``weekly`` and ``monthly``: one partition a period, any range in one run.

The touched periods of every run are computed by ``statistics/warehouse`` already; these are for schedules,
which close a period, and for backfills, which compute a range anew.
"""

from datetime import timedelta

import dagster as dg

from discovery_assets.metadata import layer_asset, preview, warehouse_table
from discovery_assets.statistics import POOL
from discovery_assets.statistics.freshness import OF_GRAIN
from discovery_assets.statistics.partitions import ASSETS, PARTITIONS
from discovery_assets.statistics.tables import WAREHOUSE, column_lineage, made_by
from mixtrove.errors import BadInput
from mixtrove.warehouse.marts import STATISTICS
from mixtrove.warehouse.models import fingerprint, quoted
from mixtrove.warehouse.statistics import Grain, refresh_statistics
from resources.home import Warehouse


def _statistics(grain: Grain, period: str) -> dg.AssetsDefinition:
    table = STATISTICS[grain]

    @layer_asset(
        "statistics",
        ASSETS[grain].path[-1],
        "duckdb",
        "sql",
        deps=[WAREHOUSE],
        partitions_def=PARTITIONS[grain],
        backfill_policy=dg.BackfillPolicy.single_run(),
        description=(
            f"What was discovered and what was played in {period}: tracks, new tracks, artists, labels, "
            "mixes, identification rate and the most played. A row for each basis (discovered, "
            "played) that has data. A partition is replaced in one transaction, a backfill of any "
            "range is one run. Analysts see it with the next materialisation of statistics/published."
        ),
        code_version=fingerprint(),
        freshness_policy=OF_GRAIN[grain],
        pool=POOL,
        metadata=warehouse_table(table),
    )
    def statistics(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
        """Compute the periods of the run's window anew."""
        window = context.partition_time_window
        first, end = window.start.date(), window.end.date()
        with warehouse.build() as build:
            if not build.value("SELECT marts_built FROM work.state"):
                raise BadInput("there are no facts yet: materialize statistics/warehouse first")
            written = refresh_statistics(build, grain, first, end)
            lineage = column_lineage(build, made_by(ASSETS[grain]), plain="statistics")
            rows = build.rows(
                "SELECT basis, period_start, entries, tracks, new_tracks, artists, mixes, "  # noqa: S608
                f"identification_rate FROM {quoted(table)} "
                "WHERE period_start >= $first AND period_start < $end "
                "ORDER BY period_start DESC, basis LIMIT 10",
                {"first": first, "end": end},
            )
        last = end - timedelta(days=1)
        sentence = f"{written:,} rows of {table} from {first} to {last}"
        context.log.info(sentence)
        return dg.MaterializeResult(
            metadata={
                # the metadata of a range is shown on each of its partitions, so only one has a count
                **({"dagster/partition_row_count": written} if len(context.partition_keys) == 1 else {}),
                "rows of the run": written,
                "dagster/column_lineage": lineage,
                "preview": preview(
                    ("basis", "period", "entries", "tracks", "new tracks", "artists", "mixes", "identified"),
                    rows,
                ),
            }
        )

    return statistics


daily = _statistics("day", "a day")
weekly = _statistics("week", "an ISO week, from Monday")
monthly = _statistics("month", "a month")
