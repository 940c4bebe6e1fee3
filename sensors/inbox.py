"""The sensor ``inbox``: files dropped into the inbox become a run of ``discover``."""

import time

import dagster as dg

from mixtrove.inbox import SETTLED_AFTER, content_digest, dropped_files
from resources.failures import permanent
from resources.home import Home
from sensors import OFTEN
from sensors.backlog import under_way
from sensors.inbox_decision import Decision, decide

CLOCK = 0.05
"""Seconds by which two clocks of a machine may differ: that of the pause and that of the looks."""


@dg.sensor(
    name="inbox",
    job_name="discover",
    minimum_interval_seconds=OFTEN,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Looks into the inbox and asks for one run on all files that have stopped growing. Imported files "
        "move to done/, others to failed/ with a .txt that says why."
    ),
)
def inbox(context: dg.SensorEvaluationContext, home: Home) -> dg.SensorResult:
    """Ask for a run on the files that are ready."""
    with permanent():
        folder = home.settings().inbox

        def look(cursor: str | None) -> Decision:
            return decide(
                dropped_files(folder),
                cursor,
                time.time(),
                lambda file: content_digest(folder, file),
                running=bool(under_way(context.instance, "discover")),
            )

        decision = look(context.cursor)
        if decision.growing:  # look again at once: somebody waits
            time.sleep(SETTLED_AFTER + CLOCK)
            decision = look(decision.cursor)
    if decision.run_key is None:
        return dg.SensorResult(skip_reason=decision.reason, cursor=decision.cursor)
    request = dg.RunRequest(
        run_key=decision.run_key,
        run_config={"ops": {"raw__tracklist_entries": {"config": {"files": dict(decision.files)}}}},
        tags={"mixtrove/files": str(len(decision.files))},
    )
    return dg.SensorResult(run_requests=[request], cursor=decision.cursor)
