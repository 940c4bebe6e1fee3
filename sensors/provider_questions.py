"""The sensor ``provider_questions``: lines to ask providers about become runs, one at a time."""

from datetime import UTC, datetime

import dagster as dg
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.library.watch import due_for_providers
from mixtrove.online import BATCH
from resources.failures import permanent
from resources.home import Home
from resources.providers import Providers
from sensors.backlog import ask_for_run, nothing_yet, skip
from sensors.backlog_decision import QUESTIONS, Due

EVERY = 30
"""Seconds between two looks."""


def questions_due(store: Store, ready: list[str]) -> Due:
    """What these providers are to be asked about now."""
    entry, retry = schema.tracklist_entry, schema.retry_entry
    now = datetime.now(UTC)
    if not ready:
        return Due(0, ())
    due = due_for_providers(ready, now)
    with store.read() as connection:
        entries = connection.execute(sa.select(sa.func.count()).select_from(entry).where(due)).scalar_one()
        first = connection.execute(sa.select(entry.c.id).where(due).order_by(entry.c.id).limit(BATCH))
        queued = connection.execute(
            sa.select(retry.c.id, retry.c.attempts)
            .where(retry.c.provider.in_(ready), retry.c.next_at <= now)
            .order_by(retry.c.id)
            .limit(BATCH)
        )
        return Due(entries, first.scalars().all(), [(row.id, row.attempts) for row in queued])


@dg.sensor(
    name="provider_questions",
    job_name="ask_providers",
    minimum_interval_seconds=EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Asks for a run of ask_providers while lines are to be asked about: new ones, watched ones whose "
        "date has come, and questions of the queue whose time has come. One run at a time, 100 entries each. "
        "Does nothing while no provider is set up."
    ),
)
def provider_questions(
    context: dg.SensorEvaluationContext, home: Home, providers: Providers
) -> dg.SensorResult:
    """Ask for a run when there is something to ask."""
    with permanent():
        settings = home.settings()
        if why := nothing_yet(settings):
            return skip(context, why)
        with providers.open() as (online, why):
            if online is None:
                return skip(context, why)
            ready = sorted(name for name, one in online.ready.items() if one.searches)
        store = Store.open(settings)
        try:
            due = questions_due(store, ready)
        finally:
            store.close()
    return ask_for_run(context, due, job="ask_providers", backlog=QUESTIONS)
