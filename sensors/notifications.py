"""The sensor ``notifications``: what is due goes to the channels that people set.

The sensor itself sends: a message takes a second, and no run is worth starting for it. What was read, what
was told and who sends at the moment are rows of the store, so a lost cursor, a restart or a second daemon
tells nobody anything twice; after a week without the daemon one look notes all that happened, and one message
tells it.
"""

import json
import time
from datetime import UTC, datetime

import dagster as dg

from mixtrove.library.store import Store
from mixtrove.messaging.channels import Channel, NotifySettings, notify_settings, open_channels
from mixtrove.messaging.digests import MUSIC, TROUBLE
from mixtrove.messaging.looking import look
from mixtrove.messaging.notifications import anything_waits, send_due, waiting
from mixtrove.messaging.timing import Decision, decide
from resources.failures import permanent
from resources.home import Home
from sensors import OFTEN
from sensors.backlog import nothing_yet, skip, under_way

PROVIDERS_EVERY = 30.0
"""Seconds between two looks at how the providers are."""

ADDING = ("discover", "ask_providers", "discovery_jobs")
"""Jobs whose runs find tracks and add wants: one run is one message."""

LAST = "want__purchase_links"
"""The step after which such a run adds nothing more: statistics and charts follow."""

LISTENS = 4.0
"""Seconds for which a look waits for what is held back: until a run ends, or no more came for a while."""

AGAIN = 0.5
"""Seconds between two of its reads."""


def looked_at(cursor: str | None) -> float:
    """When the providers were looked at last, seconds since 1970; 0 by a cursor that is not one of ours."""
    try:
        return float(json.loads(cursor or "0"))
    except (ValueError, TypeError):
        return 0.0


@dg.sensor(
    name="notifications",
    minimum_interval_seconds=OFTEN,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Tells people what is new, in one message for what came together: new tracks and wants, wanted "
        "tracks that can be bought or are cheaper, IDs that have a name now, providers and jobs that fail. "
        "Does nothing while MIXTROVE_NOTIFY_URLS is not set."
    ),
)
def notifications(context: dg.SensorEvaluationContext, home: Home) -> dg.SensorResult:
    """Send what is due."""
    with permanent():
        chosen = notify_settings()
        channels = open_channels(chosen)
        settings = home.settings()
        cursor = context.cursor
        if not channels:
            return skip(context, "MIXTROVE_NOTIFY_URLS names no channel")
        if why := nothing_yet(settings):
            return skip(context, why)
        now = time.time()
        providers = not 0 <= now - looked_at(cursor) < PROVIDERS_EVERY
        store = Store.open(settings)
        try:
            look(store, settings, channels, chosen, providers=providers)
            cursor = json.dumps(now) if providers else cursor
            with store.read() as connection:
                if not anything_waits(connection, channels):
                    return dg.SensorResult(skip_reason="nothing is to be told", cursor=cursor)
            until = time.monotonic() + LISTENS
            while (due := _due(context, store, channels, chosen)).held and time.monotonic() < until:
                time.sleep(AGAIN)
                look(store, settings, channels, chosen, providers=False)
            kinds = [one for one, leaves in ((TROUBLE, due.trouble), (MUSIC, due.music)) if leaves]
            outcomes = send_due(store, channels, groups=kinds) if kinds else []
        finally:
            store.close()
    said = "; ".join(one.sentence for one in outcomes)
    return dg.SensorResult(skip_reason=said or due.why or "nothing is to be told", cursor=cursor)


def _due(
    context: dg.SensorEvaluationContext, store: Store, channels: list[Channel], chosen: NotifySettings
) -> Decision:
    """What leaves now."""
    with store.read() as connection:
        music, trouble = (waiting(connection, channels, kinds) for kinds in (MUSIC, TROUBLE))
    busy = any(_adds(context.instance, run) for job in ADDING for run in under_way(context.instance, job))
    now = datetime.now(UTC).astimezone()
    return decide(music, trouble, now, busy=busy, quiet=chosen.quiet)


def _adds(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a run may still add tracks or wants."""
    done = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_SUCCESS)
    return not any(one.dagster_event is not None and one.dagster_event.step_key == LAST for one in done)
