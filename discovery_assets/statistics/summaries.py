"""Assets ``statistics/all_time``, ``trends`` and ``conversion``: without partitions, computed when behind."""

from collections.abc import Callable

import dagster as dg

from discovery_assets.metadata import built_columns, chart, layer_asset, preview, warehouse_table
from discovery_assets.statistics import POOL
from discovery_assets.statistics.warehouse import KEY as WAREHOUSE
from mixtrove.errors import BadInput
from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.models import fingerprint, model, quoted
from mixtrove.warehouse.statistics import refresh_all_time, refresh_conversion, refresh_trends
from resources.home import Warehouse


@layer_asset(
    "statistics",
    "all_time",
    "duckdb",
    "sql",
    deps=[WAREHOUSE],
    description=(
        "Everything that was ever discovered and ever played: one row for each basis. Days, weeks and "
        "months each sum up to it."
    ),
    code_version=fingerprint(),
    pool=POOL,
    metadata=warehouse_table("statistics_all_time"),
)
def all_time(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """Compute the statistics of all time."""
    return _summary(
        context, warehouse, "all", "statistics_all_time", "statistics", refresh_all_time,
        "basis, period_start, period_end, entries, tracks, artists, labels, mixes, djs, identification_rate",
        "basis", ("over-time", "top-artists", "top-labels", "top-genres"),
    )  # fmt: skip


@layer_asset(
    "statistics",
    "trends",
    "duckdb",
    "sql",
    deps=[WAREHOUSE],
    description=(
        "Tracks, artists, genres and labels that are played more or less than before: the last 30 days "
        "with data against the 30 days before them, by share of all plays. What was heard in fewer than "
        "three mixes is left out."
    ),
    code_version=fingerprint(),
    pool=POOL,
    metadata=warehouse_table("trends"),
)
def trends(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """Compute the trends."""
    return _summary(
        context, warehouse, "trends", "trends", "trends", refresh_trends,
        "basis, as_of, kind, name, recent, before, growth, direction, rank", "basis, rank, kind", ("trends",),
    )  # fmt: skip


@layer_asset(
    "statistics",
    "conversion",
    "duckdb",
    "sql",
    deps=[WAREHOUSE],
    description=(
        "From wanted to bought: how many wants became purchases, how long that took and what was paid, "
        "in all and by month, priority, genre, label, DJ, source, store and price."
    ),
    code_version=fingerprint(),
    pool=POOL,
    metadata=warehouse_table("conversion"),
)
def conversion(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """Compute what became of the wants."""
    return _summary(
        context, warehouse, "conversion", "conversion", "conversion", refresh_conversion,
        "dimension, value, wants, wanted, purchased, unavailable, conversion_rate, median_days, p90_days",
        "dimension, wants DESC, value", ("funnel",),
    )  # fmt: skip


def _summary(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    step: str,
    table: str,
    source: str,
    refresh: Callable[[Build], int],
    shown: str,
    order: str,
    pictures: tuple[str, ...],
) -> dg.MaterializeResult[None]:
    """Refresh a table when the facts moved on; ``shown`` and ``order`` are columns of the preview.

    ``pictures`` are names of the report's.
    """
    with warehouse.build() as build:
        if not build.value("SELECT marts_built FROM work.state"):
            raise BadInput("there are no facts yet: materialize statistics/warehouse first")
        behind = bool(build.value("SELECT count(*) FROM work.pending WHERE step = $step", {"step": step}))
        if behind:
            refresh(build)
        rows = int(build.value(f"SELECT count(*) FROM {quoted(table)}"))  # noqa: S608
        columns = built_columns(build, table, model("marts", source))
        charts = chart(build.connection, *pictures)
        first = build.rows(f"SELECT {shown} FROM {quoted(table)} ORDER BY {order} LIMIT 10")  # noqa: S608
    sentence = f"{rows:,} rows of {table}" + ("" if behind else ", up to date already")
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "dagster/column_schema": columns,
            "recomputed": behind,
            "charts": charts,
            "preview": preview([column.split()[0] for column in shown.split(", ")], first),
        }
    )
