"""Whether RabbitMQ can be used: a message goes there and comes back, and the queues are looked at."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixtrove.errors import BrokerUnavailable
from mixtrove.messaging.broker import confirming, connected, lasting, server_name, server_version
from mixtrove.messaging.worker import topology_of

if TYPE_CHECKING:
    from pika import BlockingConnection

    from mixtrove.messaging.topology import Topology
    from mixtrove.settings import Settings


@dataclass(frozen=True, slots=True)
class Checked:
    """What was seen of a server that can be used."""

    name: str  # without user and password
    version: str
    milliseconds: float  # from publishing to having the message back
    depths: dict[str, int] | None  # messages by queue; None: none of them was declared yet

    def sentence(self, topology: Topology) -> str:
        """For people."""
        said = f"RabbitMQ {self.version} at {self.name}: there and back in {self.milliseconds:.0f} ms"
        if self.depths is None:
            return f"{said}; no queue yet: `mixtrove messages work` declares them"
        waiting = self.depths[topology.requests] + self.depths[topology.retry]
        dead = self.depths[topology.dead]
        look = " (`mixtrove dead-letters list`)" if dead else ""
        return f"{said}; requests that wait: {waiting:,}, dead letters: {dead:,}{look}"


def check(settings: Settings) -> Checked:
    """Try the server of these settings.

    Raises:
        BadInput: no server is set, or its URL is none.
        BrokerUnavailable: it cannot be used, or some of its queues were deleted or are of another kind.
    """
    with connected(settings) as connection:
        took = _there_and_back(connection)
        topology = topology_of(settings)
        depths = _depths(connection, topology, server_name(settings))
        if depths is not None:
            _declared_alike(connection, topology)
        return Checked(server_name(settings), server_version(connection), took * 1000, depths)


def queue_depths(settings: Settings) -> dict[str, int]:
    """Messages in each queue of this installation, by what it is for; empty before the first is declared.

    Raises:
        BadInput: no server is set, or its URL is none.
        BrokerUnavailable: it cannot be used, or some of its queues were deleted.
    """
    topology = topology_of(settings)
    with connected(settings) as connection:
        depths = _depths(connection, topology, server_name(settings)) or {}
    return {queue.removeprefix(f"{topology.name}."): number for queue, number in depths.items()}


def _there_and_back(connection: BlockingConnection) -> float:
    channel = confirming(connection)
    queue = channel.queue_declare("", exclusive=True, auto_delete=True).method.queue
    sent = uuid.uuid4().bytes
    started = time.monotonic()
    channel.basic_publish("", queue, sent, lasting(), mandatory=True)
    _, _, body = channel.basic_get(queue, auto_ack=True)
    took = time.monotonic() - started
    channel.close()
    if body != sent:
        raise BrokerUnavailable("RabbitMQ confirmed a message and did not give it back: see its log")
    return took


def _declared_alike(connection: BlockingConnection, topology: Topology) -> None:
    """Refuse queues of the right names and another kind, which `messages work` would refuse."""
    channel = connection.channel()
    topology.declare(channel)
    channel.close()


def _depths(connection: BlockingConnection, topology: Topology, name: str) -> dict[str, int] | None:
    from pika.exceptions import ChannelClosedByBroker

    depths: dict[str, int] = {}
    gone: list[str] = []
    for queue in topology.queues:
        channel = connection.channel()
        try:
            depths[queue] = channel.queue_declare(queue, passive=True).method.message_count
            channel.close()
        except ChannelClosedByBroker as error:
            if error.reply_code != 404:
                raise
            gone.append(queue)
    if gone and depths:
        raise BrokerUnavailable(
            f"RabbitMQ at {name} lacks the queue {gone[0]}, which was deleted: `mixtrove messages work` "
            "declares it anew when it starts"
        )
    return None if gone else depths
