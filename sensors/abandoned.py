"""Runs whose process was killed are ended, so that what they held is free again.

A run that is killed (``kill -9``, no memory, power) stays "started" for ever and keeps its slot in the pool
of the warehouse: the next run would wait without end. Seen with Dagster 1.13, whose run monitoring looks at
started runs only where a launcher can ask for their health; the default one cannot. The run's steps may be
repeated at any time, so nothing is lost by ending it.

Whether a process lives is known on its own machine only. With Dagster's records in SQLite every run is a
process of this machine. In Postgres those are that the code server launched, which evaluates the sensor, too;
runs that somebody executes elsewhere on the same records are left alone.
"""

from __future__ import annotations

import dagster as dg

from mixtrove.processes import is_abandoned, process_started

EVERY = 30
"""Seconds between two looks."""

LAUNCHED = ".dagster/grpc_info"
"""The tag that Dagster gives to a run that a code server was told to start."""


def end_abandoned_runs(instance: dg.DagsterInstance, *, in_code_server: bool = False) -> list[str]:
    """Mark runs without a process as failed and free their slots; their ids.

    Args:
        instance: Dagster's records.
        in_code_server: whether this process is the code server, on whose machine its runs are.
    """
    embedded = "sqlite" in type(instance.run_storage).__name__.lower()
    ended = []
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        if not embedded and not (in_code_server and LAUNCHED in run.tags):
            continue
        starts = [
            (entry.timestamp, entry.dagster_event.pid)
            for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_START)
            if entry.dagster_event is not None and entry.dagster_event.pid is not None
        ]
        if not starts:
            continue
        at, pid = starts[-1]
        if is_abandoned(at, process_started(int(pid))):
            instance.report_run_failed(
                run, f"Process {pid} of this run is gone: it was killed. Run it again."
            )
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            ended.append(run.run_id)
    return ended


@dg.sensor(
    name="abandoned_runs",
    minimum_interval_seconds=EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Ends runs whose process was killed, so that the next one does not wait for them.",
)
def abandoned_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """End what was killed."""
    ended = end_abandoned_runs(context.instance, in_code_server=True)
    return dg.SkipReason(f"ended: {', '.join(ended)}" if ended else "no run has lost its process")
