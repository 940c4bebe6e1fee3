"""The sensor ``sensor_ticks``: tells the outside when every sensor last looked, itself included.

What watches an installation reads the file (``mixtrove.ticks``), not Dagster's tables. When the daemon stands
still, so does the file.
"""

import time
from collections.abc import Mapping

import dagster as dg

from mixtrove.ticks import read_ticks, write_ticks
from resources.failures import permanent
from resources.home import Home

EVERY = 30
"""Seconds between two looks."""


def last_looks(
    running: Mapping[str, float | None], before: Mapping[str, float], now: float
) -> dict[str, float]:
    """Sensor → when it last looked without an error.

    Args:
        running: the sensors that are switched on → when Dagster says they did; None while one looks, and
            after an error.
        before: what was found the time before.
        now: of this look, for sensors that nothing is known of; seconds since 1970, as all of them.
    """
    return {name: max(at or 0.0, before.get(name, 0.0)) or now for name, at in running.items()}


@dg.sensor(
    name="sensor_ticks",
    minimum_interval_seconds=EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes down when each sensor last looked without an error, for /metrics of the REST API.",
)
def sensor_ticks(context: dg.SensorEvaluationContext, home: Home) -> dg.SkipReason:
    """Write the file."""
    running = {
        state.name: getattr(state.instigator_data, "last_tick_success_timestamp", None)
        for state in context.instance.all_instigator_state()
        if state.instigator_type.value == "SENSOR" and state.is_running
    }
    with permanent():
        settings = home.settings()
        write_ticks(settings, last_looks(running, read_ticks(settings), time.time()))
    return dg.SkipReason(f"{len(running)} sensors are switched on")
