"""How old statistics may be before Dagster calls them stale (``freshness`` in ``dagster.yaml``).

Each has a schedule that computes it again although nothing changed (``sensors.schedules``); an hour is left
for the run and its retries. A backfill of an old period counts as well: Dagster knows the asset's last run
only, so what is behind by period is said by the check ``nothing_pending``.
"""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from mixtrove.warehouse.statistics import Grain

DAILY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=48), warn_window=timedelta(hours=25))

OF_GRAIN: dict[Grain, dg.FreshnessPolicy] = {
    "day": DAILY,
    "week": dg.FreshnessPolicy.time_window(
        fail_window=timedelta(days=14), warn_window=timedelta(days=7, hours=1)
    ),
    "month": dg.FreshnessPolicy.time_window(
        fail_window=timedelta(days=62), warn_window=timedelta(days=31, hours=1)
    ),
}
