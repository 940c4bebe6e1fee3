"""Assets ``statistics/all_time``, ``trends`` and ``conversion``: without partitions, computed when behind."""

from collections.abc import Callable
from datetime import date

import dagster as dg
from pydantic import Field

from discovery_assets.metadata import chart, layer_asset, preview, warehouse_table
from discovery_assets.statistics import POOL
from discovery_assets.statistics.freshness import DAILY
from discovery_assets.statistics.tables import (
    ALL_TIME,
    CONVERSION,
    TRENDS,
    WAREHOUSE,
    column_lineage,
    made_by,
)
from mixtrove.errors import BadInput
from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.models import fingerprint, quoted
from mixtrove.warehouse.statistics import refresh_all_time, refresh_conversion, refresh_trends, trends_are_to
from resources.home import Warehouse


class TrendsTo(dg.Config):
    """Which days are compared."""

    as_of: str | None = Field(
        default=None,
        description="last of the recent 30 days, YYYY-MM-DD; by default the last with data on each basis",
    )

    def day(self) -> date | None:
        """The day that was asked for.

        Raises:
            BadInput: it is none.
        """
        try:
            return date.fromisoformat(self.as_of) if self.as_of else None
        except ValueError as error:
            raise BadInput(f"as_of {self.as_of!r} is not a day such as 2026-05-01") from error


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
    freshness_policy=DAILY,
    pool=POOL,
    metadata=warehouse_table("statistics_all_time"),
)
def all_time(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """Compute the statistics of all time."""
    return _summary(
        context, warehouse, ALL_TIME, "all", "statistics_all_time", refresh_all_time,
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
        "Tracks, artists, genres, labels and sources that are played more or less than before, and tracks "
        "that nobody can buy yet: the last 30 days with data against the 30 days before them, by share of "
        "all plays. What was heard in fewer than three mixes is left out. DJs are ranked by what they "
        "played before others took it up. The table discovery_pace beside it says how fast music comes in "
        "and how long it stays unknown. With as_of in the run's config the days end elsewhere, until the "
        "next run without it."
    ),
    code_version=fingerprint(),
    freshness_policy=DAILY,
    pool=POOL,
    metadata=warehouse_table("trends", "discovery_pace"),
)
def trends(
    context: dg.AssetExecutionContext, config: TrendsTo, warehouse: Warehouse
) -> dg.MaterializeResult[None]:
    """Compute the trends."""
    day = config.day()
    return _summary(
        context, warehouse, TRENDS, "trends", "trends", lambda build: refresh_trends(build, day),
        "basis, as_of, kind, name, recent, before, growth, direction, rank", "basis, rank, kind", ("trends",),
        current=lambda build: trends_are_to(build, day),
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
    freshness_policy=DAILY,
    pool=POOL,
    metadata=warehouse_table("conversion"),
)
def conversion(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """Compute what became of the wants."""
    return _summary(
        context, warehouse, CONVERSION, "conversion", "conversion", refresh_conversion,
        "dimension, value, wants, wanted, purchased, unavailable, conversion_rate, median_days, p90_days",
        "dimension, wants DESC, value", ("funnel",),
    )  # fmt: skip


def _summary(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    asset: dg.AssetKey,
    step: str,
    table: str,
    refresh: Callable[[Build], int],
    shown: str,
    order: str,
    pictures: tuple[str, ...],
    current: Callable[[Build], bool] = lambda build: True,
) -> dg.MaterializeResult[None]:
    """Refresh a table when the facts moved on, or when it is not ``current`` otherwise.

    ``shown`` and ``order`` are columns of the preview, ``pictures`` names of the report's.
    """
    with warehouse.build() as build:
        if not build.value("SELECT marts_built FROM work.state"):
            raise BadInput("there are no facts yet: materialize statistics/warehouse first")
        pending = build.value("SELECT count(*) FROM work.pending WHERE step = $step", {"step": step})
        behind = bool(pending) or not current(build)
        if behind:
            refresh(build)
        rows = int(build.value(f"SELECT count(*) FROM {quoted(table)}"))  # noqa: S608
        made = made_by(asset)
        plain = table if any(one.name == table for one in made) else "statistics"
        lineage = column_lineage(build, made, plain=plain)
        charts = chart(build.connection, *pictures)
        first = build.rows(f"SELECT {shown} FROM {quoted(table)} ORDER BY {order} LIMIT 10")  # noqa: S608
    sentence = f"{rows:,} rows of {table}" + ("" if behind else ", up to date already")
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "dagster/column_lineage": lineage,
            "recomputed": behind,
            "charts": charts,
            "preview": preview([column.split()[0] for column in shown.split(", ")], first),
        }
    )
