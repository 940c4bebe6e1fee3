"""The sensor ``watched_offers``: wanted tracks that shops are to be asked about become runs, one at a time.

Lines that wait (the watch of what nobody knows, unreleased IDs, the queue of questions) are those of
``provider_questions``.
"""

from datetime import UTC, datetime

import dagster as dg

from mixtrove.library.offer_watch import due_tracks
from mixtrove.library.store import Store
from resources.failures import permanent
from resources.home import Home
from resources.providers import Providers
from sensors.backlog import ask_for_run, nothing_yet, skip
from sensors.backlog_decision import OFFERS, Due

EVERY = 60
"""Seconds between two looks: nobody waits for it."""

AT_A_TIME = 100
"""Tracks of one run."""


def offers_due(store: Store, now: datetime) -> Due:
    """The wanted tracks that shops are to be asked about; the last time tells one question from the next."""
    with store.read() as connection:
        tracks = due_tracks(connection, now)
    first = list(tracks.items())[:AT_A_TIME]
    asked = [(track, int(at.timestamp()) if at is not None else 0) for track, at in first]
    return Due(len(tracks), [track for track, _ in first], asked)


@dg.sensor(
    name="watched_offers",
    job_name="refresh_offers",
    minimum_interval_seconds=EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Asks for a run of refresh_offers while shops are to be asked about wanted tracks: those with an "
        "offer a day after the last time, others after 1, 2, 4 … 32 days. One run at a time, 100 tracks "
        "each, the most wanted first. Does nothing while no shop is set up."
    ),
)
def watched_offers(context: dg.SensorEvaluationContext, home: Home, providers: Providers) -> dg.SensorResult:
    """Ask for a run when shops are to be asked."""
    with permanent():
        settings = home.settings()
        if why := nothing_yet(settings):
            return skip(context, why)
        with providers.open() as (online, why):
            if online is None:
                return skip(context, why)
            if not any(one.sells for one in online.ready.values()):
                return skip(context, "no shop is set up")
        store = Store.open(settings)
        try:
            due = offers_due(store, datetime.now(UTC))
        finally:
            store.close()
    config = {"ops": {"want__purchase_links": {"config": {"refresh": True, "due": True}}}}
    return ask_for_run(context, due, job="refresh_offers", backlog=OFFERS, config=config)
