"""How a sensor asks for a run that works a backlog: one run of a job at a time.

Not here: what is due (each sensor), and whether to ask (``backlog_decision.py``).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import dagster as dg

from mixtrove.library.store import has_store
from mixtrove.settings import Settings
from sensors.backlog_decision import Backlog, Due, decide

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def under_way(instance: dg.DagsterInstance, job: str) -> list[str]:
    """The ids of runs of a job that are under way or queued."""
    return list(instance.get_run_ids(dg.RunsFilter(job_name=job, statuses=UNDER_WAY)))


def skip(context: dg.SensorEvaluationContext, why: str) -> dg.SensorResult:
    """Ask for nothing, and remember what was remembered."""
    return dg.SensorResult(skip_reason=why, cursor=context.cursor)


def nothing_yet(settings: Settings) -> str:
    """Why there is nothing to look at; empty once something was imported."""
    return "" if has_store(settings) else "nothing was imported yet"


def ask_for_run(
    context: dg.SensorEvaluationContext,
    due: Due,
    *,
    job: str,
    backlog: Backlog,
    config: Mapping[str, Any] | None = None,
) -> dg.SensorResult:
    """Ask for a run of a job when one is to work what is due."""
    running = bool(under_way(context.instance, job))
    decision = decide(due, context.cursor, time.time(), running=running, backlog=backlog)
    if decision.run_key is None:
        return dg.SensorResult(skip_reason=decision.reason, cursor=decision.cursor)
    request = dg.RunRequest(run_key=decision.run_key, run_config=config)
    return dg.SensorResult(run_requests=[request], cursor=decision.cursor)
