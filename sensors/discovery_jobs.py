"""The sensor ``discovery_jobs``: what was asked for by REST or a message becomes runs, one at a time."""

import time

import dagster as dg

from mixtrove.library.jobs import get_jobs, queued
from mixtrove.library.store import Store
from resources.failures import permanent
from resources.home import Home
from sensors import OFTEN
from sensors.backlog import ask_for_run, nothing_yet, skip
from sensors.backlog_decision import JOBS, Due

LISTENS = 4.0
"""Seconds for which a look that finds nothing looks on."""

AGAIN = 0.5
"""Seconds between two of its reads."""


def jobs_due(store: Store) -> Due:
    """The jobs that wait for a worker; the attempt tells a job that came back from one that nobody took."""
    with store.read() as connection:
        jobs = get_jobs(connection, queued(connection))
    return Due(len(jobs), [job.id for job in jobs], [(job.id, job.attempts) for job in jobs])


@dg.sensor(
    name="discovery_jobs",
    job_name="discovery_jobs",
    minimum_interval_seconds=OFTEN,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Asks for a run of discovery_jobs while jobs wait, of REST or of messages. One run at a time: "
        "it takes up all jobs there are. Does nothing where `mixtrove serve --worker` has taken them already."
    ),
)
def discovery_jobs(context: dg.SensorEvaluationContext, home: Home) -> dg.SensorResult:
    """Ask for a run when jobs wait."""
    with permanent():
        settings = home.settings()
        if why := nothing_yet(settings):
            return skip(context, why)
        store = Store.open(settings)
        try:
            until = time.monotonic() + LISTENS
            while not (due := jobs_due(store)).entries and time.monotonic() < until:
                time.sleep(AGAIN)
        finally:
            store.close()
    return ask_for_run(context, due, job="discovery_jobs", backlog=JOBS)
