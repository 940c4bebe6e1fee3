"""Schedules (UTC): periods are closed shortly after they end; standing checks; maintenance every night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

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


def maintenance_is_due(scheduled: datetime, now: datetime) -> bool:
    """Whether the maintenance of a moment is still to be done: not once the next one is.

    A daemon that was off for a week asks for the runs of its last nights; one is enough.
    """
    return now - scheduled < timedelta(days=1)


def schedules() -> Iterator[dg.ScheduleDefinition]:
    """Schedules of each grain, of the standing checks and of the maintenance, running by default."""
    for grain, (job, cron) in CRON.items():
        yield _schedule(grain, job, cron)
    yield dg.ScheduleDefinition(
        name="standing_checks",
        job_name="standing_checks",
        cron_schedule="20 */6 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Looks every six hours for what waits too long or failed for good, run or no run.",
    )
    yield maintenance


@dg.schedule(
    name="maintenance",
    job_name="maintenance",
    cron_schedule="10 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Backup, what expired, old rows, free room and Dagster's old runs, every night.",
)
def maintenance(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for the run of this night."""
    scheduled = context.scheduled_execution_time.astimezone(UTC)
    if not maintenance_is_due(scheduled, datetime.now(UTC)):
        return dg.SkipReason(f"the night of {scheduled:%Y-%m-%d} is over; the next one does the same")
    return dg.RunRequest(run_key=f"maintenance-{scheduled:%Y-%m-%d}")


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
