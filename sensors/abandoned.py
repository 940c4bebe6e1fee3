"""Runs whose process was killed are ended, so that what they held is free again.

A run that is killed (``kill -9``, no memory, power) stays "started" for ever and keeps its slot in the pool
of the warehouse: the next run would wait without end. Seen with Dagster 1.13, whose run monitoring looks at
started runs only where a launcher can ask for their health; the default one cannot. The run's steps may be
repeated at any time, so nothing is lost by ending it.

Only where Dagster keeps its records in SQLite: there every run is a process of this machine.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

EVERY = 30
"""Seconds between two looks."""

TOLERANCE = 5.0
"""Seconds by which clocks of process and event may differ."""


def is_abandoned(run_started: float, process_started: float | None) -> bool:
    """Whether a run has lost its process.

    Args:
        run_started: when the run's process reported the start of the run, seconds since 1970.
        process_started: when the process that has its number now was started; None when there is none.
    """
    return process_started is None or process_started > run_started + TOLERANCE


def process_started(pid: int) -> float | None:
    """When a process was started, seconds since 1970; None when it does not run; 0 when nobody can say."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
        boot = next(
            float(line.split()[1])
            for line in Path("/proc/stat").read_text(encoding="ascii").splitlines()
            if line.startswith("btime ")
        )
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        return _started_elsewhere(pid)
    if fields[0] in ("Z", "X"):  # killed, and its parent has not noticed yet
        return None
    return boot + float(fields[19]) / os.sysconf("SC_CLK_TCK")


def end_abandoned_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs without a process as failed and free their slots; their ids.

    Args:
        instance: Dagster's records; nothing is done unless they are in SQLite.
    """
    if "sqlite" not in type(instance.run_storage).__name__.lower():
        return []
    ended = []
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
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
    ended = end_abandoned_runs(context.instance)
    return dg.SkipReason(f"ended: {', '.join(ended)}" if ended else "no run has lost its process")


def _started_elsewhere(pid: int) -> float | None:
    """Without /proc: whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return 0.0
