"""Schedules (UTC): periods are closed shortly after they end; standing checks; duplicates and maintenance."""

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

LATEST: dict[str, tuple[str, timedelta, str]] = {
    "standing_checks": (
        "20 */6 * * *",
        timedelta(hours=6),
        "Looks every six hours for what waits too long or failed for good, run or no run.",
    ),
    "merge_duplicates": (
        "20 2 * * *",
        timedelta(days=1),
        "Looks every night through the whole library for tracks that are one. Every merge can be taken back.",
    ),
    "maintenance": (
        "10 3 * * *",
        timedelta(days=1),
        "Backup, what expired, old rows, free room and Dagster's old runs, every night.",
    ),
}
"""Job → when it runs, how often that is, what it is for. Of several that were missed the last one runs."""


def last_complete(grain: Grain, today: date) -> str:
    """The partition of the last period that has ended before ``today``."""
    return first_day_of(grain, first_day_of(grain, today) - timedelta(days=1)).isoformat()


def is_due(scheduled: datetime, now: datetime, every: timedelta) -> bool:
    """Whether what was scheduled for a moment is still to be done: not once the next one is.

    A daemon that was off for a week asks for all that it missed; one is enough of what looks at everything.
    """
    return now - scheduled < every


def schedules() -> Iterator[dg.ScheduleDefinition]:
    """Schedules of each grain, of the standing checks and of the maintenance, running by default."""
    for grain, (job, cron) in CRON.items():
        yield _schedule(grain, job, cron)
    for name, (cron, every, description) in LATEST.items():
        yield _latest(name, cron, every, description)


def _latest(name: str, cron: str, every: timedelta, description: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name,
        job_name=name,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        scheduled = context.scheduled_execution_time.astimezone(UTC)
        if not is_due(scheduled, datetime.now(UTC), every):
            return dg.SkipReason(f"{scheduled:%Y-%m-%d %H:%M} UTC is over; the next one does the same")
        return dg.RunRequest(run_key=f"{name}-{scheduled:%Y-%m-%dT%H:%M}")

    return schedule


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
