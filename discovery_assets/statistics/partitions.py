"""The periods of the statistics as partitions, and the way between the two.

A partition is a period, for both bases: ``2014-06-13`` of ``statistics/daily`` is what was played on that
day and what was discovered on it. They begin in 1980, before the oldest mixes that circulate; an older
period has its row in the warehouse as well, only no partition. The current period is one too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import dagster as dg

from mixtrove.warehouse.statistics import Grain

DAILY = dg.DailyPartitionsDefinition("1980-01-01", end_offset=1)
WEEKLY = dg.WeeklyPartitionsDefinition("1979-12-31", day_offset=1, end_offset=1)  # ISO weeks, from Monday
MONTHLY = dg.MonthlyPartitionsDefinition("1980-01-01", end_offset=1)

PARTITIONS: dict[Grain, dg.TimeWindowPartitionsDefinition] = {"day": DAILY, "week": WEEKLY, "month": MONTHLY}

ASSETS: dict[Grain, dg.AssetKey] = {
    "day": dg.AssetKey(["statistics", "daily"]),
    "week": dg.AssetKey(["statistics", "weekly"]),
    "month": dg.AssetKey(["statistics", "monthly"]),
}


def partition_keys(grain: Grain, periods: Iterable[date], today: date) -> list[str]:
    """The partitions of these periods, newest first; periods outside of them are left out."""
    first = PARTITIONS[grain].start.date()
    return [period.isoformat() for period in sorted(set(periods), reverse=True) if first <= period <= today]
