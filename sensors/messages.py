"""The sensor ``messages``: requests from RabbitMQ become jobs, events of the outbox leave, a while at a time.

It asks for no run: the sensor ``discovery_jobs`` sees the jobs. Not here: consuming and publishing
(``mixtrove.messaging``).
"""

import time

import dagster as dg

from mixtrove.errors import BrokerUnavailable, StoreUnavailable
from resources.failures import permanent
from resources.home import Home
from sensors import OFTEN
from sensors.messages_decision import Looked, failed, wait_for

LISTENS = 4.0
"""Seconds that a look takes: most of the time somebody listens, so that nobody waits for the next look."""


@dg.sensor(
    name="messages",
    minimum_interval_seconds=OFTEN,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Takes requests from RabbitMQ and publishes the events of the outbox, a few seconds at a time. Does "
        "nothing unless MIXTROVE_AMQP_URL is set; `mixtrove messages work` may run beside it or instead."
    ),
)
def messages(context: dg.SensorEvaluationContext, home: Home) -> dg.SensorResult:
    """Take and publish what there is."""
    with permanent():
        settings = home.settings()
        if settings.amqp_url is None:
            return dg.SensorResult(
                skip_reason="MIXTROVE_AMQP_URL is not set: events stay in the outbox", cursor=context.cursor
            )
        looked, now = Looked.read(context.cursor), time.time()
        if why := wait_for(looked, now):
            return dg.SensorResult(skip_reason=why, cursor=context.cursor)
        from mixtrove.messaging.worker import pump  # pika is loaded where a server is set

        try:
            moved = pump(settings, seconds=LISTENS, listen=True)
        except (BrokerUnavailable, StoreUnavailable) as error:
            return dg.SensorResult(skip_reason=str(error), cursor=failed(looked, now, str(error)).written())
    return dg.SensorResult(skip_reason=moved.sentence, cursor=Looked().written())
