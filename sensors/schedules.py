"""Schedules: a day, a week and a month are closed shortly after they end (UTC)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta

import dagster as dg

from mixtrove.warehouse.statistics import Grain, first_day_of

CRON: dict[Grain, tuple[str, str]] = {
    "day": ("daily_statistics", "15 0 * * *"),
    "week": ("weekly_statistics", "30 0 * * 1"),
    "month": ("monthly_statistics", "45 0 1 * *"),
}
"""Grain → its job and when it runs. A quarter of an hour apart: they write the same file."""


def last_complete(grain: Grain, today: date) -> str:
    """The partition of the last period that has ended before ``today``."""
    return first_day_of(grain, first_day_of(grain, today) - timedelta(days=1)).isoformat()


def schedules() -> Iterator[dg.ScheduleDefinition]:
    """A schedule for each grain, running by default."""
    for grain, (job, cron) in CRON.items():
        yield _schedule(grain, job, cron)


def _schedule(grain: Grain, job: str, cron: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=job,
        job_name=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Computes the {grain} that has just ended and publishes the warehouse.",
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        key = last_complete(grain, context.scheduled_execution_time.astimezone(UTC).date())
        return dg.RunRequest(partition_key=key)

    return schedule
