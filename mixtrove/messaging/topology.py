"""The exchange and the queues, by name, and how they are declared.

    requests ──► exchange (topic) ──► NAME.discovery-requested ──► consumer
                     │                   ▲              │ delivered too often
      events ────────┘      after a while│              ▼
      to who binds        NAME.discovery-requested.retry   NAME.dead-letters

All are durable quorum queues. Not here: what goes through them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

REQUESTED = "discovery.requested"
"""The routing key of requests."""

DELIVERIES = 20
"""How often a message may be given to a consumer that ends before it is done; then it is a dead letter."""

_NEVER = 1_000_000_000
"""A delivery limit that is none: RabbitMQ 4 has one of 20 otherwise, and looking at a queue counts."""


@dataclass(frozen=True, slots=True)
class Topology:
    """What belongs to one installation."""

    name: str = "mixtrove"
    retry_after: float = 10.0  # seconds that a message waits in the retry queue

    @property
    def exchange(self) -> str:
        """Where requests are sent to and events leave from."""
        return self.name

    @property
    def requests(self) -> str:
        """The queue of requests."""
        return f"{self.name}.discovery-requested"

    @property
    def retry(self) -> str:
        """Where requests wait that could not be written down; they go back by themselves."""
        return f"{self.name}.discovery-requested.retry"

    @property
    def dead(self) -> str:
        """The queue of dead letters."""
        return f"{self.name}.dead-letters"

    @property
    def turn(self) -> str:
        """A queue that only one connection can have: who has it publishes, so that order is kept."""
        return f"{self.name}.publisher"

    @property
    def queues(self) -> tuple[str, str, str]:
        """The queues that are always there."""
        return self.requests, self.retry, self.dead

    def declare(self, channel: BlockingChannel) -> None:
        """Make what is not there yet. One that is there with other arguments is an error of the channel."""
        channel.exchange_declare(self.exchange, "topic", durable=True)
        for queue, arguments in (
            (self.dead, {"x-delivery-limit": _NEVER}),
            (self.requests, {**_leaves_to(self.dead), "x-delivery-limit": DELIVERIES}),
            (self.retry, {**_leaves_to(self.requests), "x-message-ttl": round(self.retry_after * 1000)}),
        ):
            channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum", **arguments})
        channel.queue_bind(self.requests, self.exchange, REQUESTED)


def _leaves_to(queue: str) -> dict[str, Any]:
    """What leaves goes to this queue and is not taken away before it has arrived there."""
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
