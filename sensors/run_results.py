"""The sensors ``runs_failed`` and ``runs_succeeded``: jobs that fail again and again, and that work again.

They note it; the sensor ``notifications`` tells it. How often a job failed in a row is read from Dagster's
own runs, never counted, so an event that is delivered twice changes nothing. A run that Dagster starts again
is not counted; neither is one that a person ended. The first look sets the cursor: older runs are no news.
"""

from collections.abc import Callable, Sequence

import dagster as dg

from mixtrove.library.store import Store
from mixtrove.messaging.channels import notify_settings, open_channels
from mixtrove.messaging.outages import RunResult, note_conditions, of_job, open_outages
from resources.failures import permanent
from resources.home import Home

LOOK_BACK = 100
"""Runs of a job that are looked at."""

WILL_RETRY = "dagster/will_retry"
"""The tag of a failed run that Dagster starts again ("true"), since 1.11."""

EVERY = 15
"""Seconds between two looks."""


def results_of(instance: dg.DagsterInstance, job: str) -> list[RunResult]:
    """How the last runs of a job ended, the newest first."""
    ended = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE])
    runs = [
        run
        for run in instance.get_runs(ended, limit=LOOK_BACK)
        if not (run.is_failure and run.tags.get(WILL_RETRY) == "true")
    ]
    return [RunResult(run.run_id, run.is_success) for run in runs]


def why_it_failed(instance: dg.DagsterInstance, run_id: str) -> str:
    """The sentence that a step of ours ended a run with; nothing of other errors, which may hold a secret."""
    failures = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    for entry in failures:
        event = entry.dagster_event
        told = event.step_failure_data.user_failure_data if event is not None else None
        if told is not None and told.description:
            return str(told.description)
    return ""


def with_reason(results: Sequence[RunResult], reason: Callable[[str], str]) -> list[RunResult]:
    """The results, the newest with its reason when it failed."""
    if not results or results[0].ok:
        return list(results)
    newest = results[0]
    return [RunResult(newest.run_id, False, reason(newest.run_id)), *results[1:]]


def note_job(instance: dg.DagsterInstance, home: Home, job: str) -> str:
    """Note that a job fails, or works again; what was noted, or why nothing was."""
    with permanent():
        chosen = notify_settings()
        channels = open_channels(chosen)
        if not channels or "runs" not in chosen.events:
            return "nobody is to be told of runs"
        results = with_reason(results_of(instance, job), lambda run_id: why_it_failed(instance, run_id))
        condition = of_job(job, results, chosen.run_failures)
        if condition is None:
            return f"{job} failed fewer than {chosen.run_failures} times in a row"
        store = Store.open(home.settings())
        try:
            keys = [one.key for one in channels]
            with store.read() as connection:
                told = [job in open_outages(connection, key, "run") for key in keys]
            if all(known == condition.failing for known in told):
                return f"{job} {'fails, which was told' if condition.failing else 'works'}"
            with store.write() as tx:
                note_conditions(tx, keys, "run", [condition])
        finally:
            store.close()
    return f"noted: {job} {'fails' if condition.failing else 'works again'}"


@dg.run_failure_sensor(
    name="runs_failed",
    minimum_interval_seconds=EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Notes that a job failed MIXTROVE_NOTIFY_RUN_FAILURES times in a row (3 unless set), once until it "
        "works again. Does nothing while MIXTROVE_NOTIFY_URLS is not set."
    ),
)
def runs_failed(context: dg.RunFailureSensorContext, home: Home) -> dg.SkipReason:
    """Look at a job of which a run failed."""
    if context.dagster_run.tags.get(WILL_RETRY) == "true":
        return dg.SkipReason("it is started again")
    return dg.SkipReason(note_job(context.instance, home, context.dagster_run.job_name))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="runs_succeeded",
    minimum_interval_seconds=EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Notes that a job works again of which it was told that it fails.",
)
def runs_succeeded(context: dg.RunStatusSensorContext, home: Home) -> dg.SkipReason:
    """Look at a job of which a run succeeded."""
    return dg.SkipReason(note_job(context.instance, home, context.dagster_run.job_name))
