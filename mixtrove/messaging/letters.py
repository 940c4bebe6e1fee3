"""Messages that are passed on inside: to the dead letters with the reason, or to the retry queue.

What the sender set is kept, except what would make the copy leave, expire or be refused. Not here: looking
after dead letters (``dead_letters.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mixtrove.messaging.broker import lasting

if TYPE_CHECKING:
    from pika import BasicProperties
    from pika.adapters.blocking_connection import BlockingChannel

    from mixtrove.messaging.topology import Topology

REASON, SINCE, EXCHANGE, ROUTING_KEY, RETRIES, RUN = (
    "mixtrove-reason", "mixtrove-dead-since", "mixtrove-exchange", "mixtrove-routing-key", "mixtrove-retries",
    "mixtrove-retry-run",
)  # fmt: skip
"""Headers: why it is dead, since when, where it was sent to, how often it waited in the retry queue, which
``dead-letters retry`` sent it again."""

_KEPT = ("content_type", "content_encoding", "correlation_id", "message_id", "timestamp", "type", "app_id")
_LONGEST_REASON = 2_000
_OURS = (REASON, SINCE, EXCHANGE, ROUTING_KEY)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as the server gave it to us."""

    tag: int  # to acknowledge it by, on its channel
    redelivered: bool  # somebody had it before, and ended
    exchange: str  # where it was sent to
    routing_key: str
    properties: BasicProperties
    body: bytes

    @property
    def retries(self) -> int:
        """How often it waited in the retry queue."""
        found = (self.properties.headers or {}).get(RETRIES, 0)
        return found if isinstance(found, int) else 0

    @property
    def run(self) -> str | None:
        """Which run of ``retry`` sent it again last."""
        found = (self.properties.headers or {}).get(RUN)
        return found if isinstance(found, str) else None


def bury(channel: BlockingChannel, topology: Topology, letter: Letter, reason: str) -> None:
    """Send a message to the dead letters; ``channel`` confirms. The original is not acknowledged here."""
    headers = {
        **_headers(letter.properties),
        REASON: reason[:_LONGEST_REASON],
        SINCE: datetime.now(UTC).isoformat(timespec="milliseconds"),
        EXCHANGE: letter.exchange,
        ROUTING_KEY: letter.routing_key,
    }
    _send(channel, "", topology.dead, letter, headers)


def delay(channel: BlockingChannel, topology: Topology, letter: Letter) -> None:
    """Send a message to the retry queue, from where it comes back after a while."""
    _send(channel, "", topology.retry, letter, {**_headers(letter.properties), RETRIES: letter.retries + 1})


def send_again(channel: BlockingChannel, exchange: str, routing_key: str, letter: Letter, run: str) -> None:
    """Send a dead letter to where it was sent to at first, as if it were new but for the mark of this run."""
    headers = {
        name: value
        for name, value in _headers(letter.properties).items()
        if name not in _OURS and name != RETRIES
    }
    _send(channel, exchange, routing_key, letter, {**headers, RUN: run})


def _send(
    channel: BlockingChannel, exchange: str, routing_key: str, letter: Letter, headers: dict[str, Any]
) -> None:
    kept = {name: getattr(letter.properties, name) for name in _KEPT}
    properties = lasting(headers=headers, **kept)
    channel.basic_publish(exchange, routing_key, letter.body, properties, mandatory=True)


def _headers(properties: BasicProperties) -> dict[str, Any]:
    """The headers of the sender, without those that RabbitMQ acts upon."""
    given: dict[str, Any] = properties.headers or {}
    return {
        name: value
        for name, value in given.items()
        if name not in ("CC", "BCC") and not name.startswith("x-")
    }
