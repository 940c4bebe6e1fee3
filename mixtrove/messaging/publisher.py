"""From the outbox to the exchange: at least once, in the order in which things happened.

One connection publishes at a time; who has the queue ``Topology.turn`` is it. An event counts as published
once the server has confirmed it. Not here: what happened (``mixtrove.library.outbox``).
"""

from __future__ import annotations

import logging
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mixtrove.database.columns import json_text
from mixtrove.library import outbox
from mixtrove.messaging.broker import confirming, lasting
from mixtrove.messaging.letters import Letter, bury
from mixtrove.messaging.schemas import OUTGOING, Event

if TYPE_CHECKING:
    from pika import BlockingConnection
    from pika.adapters.blocking_connection import BlockingChannel

    from mixtrove.library.store import Store
    from mixtrove.messaging.topology import Topology

BATCH = 100
"""Events that are published before that is noted; after a crash so many may come again."""

ANOTHER = 5.0
"""Seconds until it is looked again whether another connection still publishes."""

_IDS = uuid.UUID("6f0ae9d5-94ac-5a0e-8a86-5c6d1d1c6f02")
"""The namespace of the ids of events."""

_log = logging.getLogger(__name__)


class Publisher:
    """One publisher of the outbox, on one connection."""

    def __init__(self, connection: BlockingConnection, topology: Topology, store: Store) -> None:
        """Nothing is published yet."""
        self._connection = connection
        self._topology = topology
        self._store = store
        self._channel: BlockingChannel | None = None
        self._look_again = 0.0  # by time.monotonic
        self.published = 0

    def publish(self) -> int:
        """Publish the oldest events that wait, ``BATCH`` at most; 0 when there is none, or another is at it.

        Raises:
            BrokerUnavailable: what was confirmed before is noted.
            StoreUnavailable: what was published and not noted is published again.
        """
        with self._store.read() as connection:
            events = outbox.unpublished(connection, limit=BATCH)
        if not events or not self._is_my_turn():
            return 0
        assert self._channel is not None
        done: list[int] = []
        try:
            for event in events:
                self._send(self._channel, event)
                done.append(event.id)
        finally:
            if done:
                with self._store.write() as tx:
                    outbox.mark_published(tx, done)
                self.published += len(done)
        return len(done)

    def stop(self) -> None:
        """Let another publish."""
        if self._channel is not None and self._channel.is_open:
            self._channel.queue_delete(self._topology.turn)
            self._channel.close()

    def _is_my_turn(self) -> bool:
        from pika.exceptions import ChannelClosedByBroker

        if self._channel is not None and self._channel.is_open:
            return True
        if time.monotonic() < self._look_again:
            return False
        self._look_again = time.monotonic() + ANOTHER
        channel = confirming(self._connection)
        try:
            channel.queue_declare(self._topology.turn, exclusive=True)
        except ChannelClosedByBroker as error:
            if error.reply_code != 405:  # RESOURCE_LOCKED: another connection has it
                raise
            return False
        self._channel = channel
        return True

    def _send(self, channel: BlockingChannel, event: outbox.Event) -> None:
        key, message_id = routing_key(event), event_id(event)
        try:
            body = message_of(event)
        except (KeyError, ValidationError) as error:  # a defect of ours, which must not stop the others
            _log.error("event %d (%s) is not as its schema says", event.id, event.event)
            properties = lasting(message_id=message_id, type=event.event, content_type="application/json")
            letter = Letter(0, False, self._topology.exchange, key, properties, _as_it_is(event))
            bury(channel, self._topology, letter, f"the event is not as its schema says: {_short(error)}")
            return
        properties = lasting(
            content_type="application/json",
            message_id=message_id,
            type=event.event,
            timestamp=int(event.created_at.timestamp()),
            app_id="mixtrove",
            correlation_id=event.payload.get("message_id"),
            headers={"mixtrove-version": newest(event.event), "mixtrove-key": event.key},
        )
        channel.basic_publish(self._topology.exchange, key, body, properties)


def newest(event: str) -> int:
    """The version in which events of this name are sent."""
    return max(OUTGOING[event])


def event_id(event: outbox.Event) -> str:
    """The id of an event, the same whenever it is published; a store that was restored gives others."""
    return str(uuid.uuid5(_IDS, f"{event.id} {event.event} {event.created_at.isoformat()}"))


def routing_key(event: outbox.Event) -> str:
    """The event's name, and behind it what the sender of a request listens to."""
    reply_key = event.payload.get("reply_key")
    return f"{event.event}.{reply_key}" if reply_key else event.event


def message_of(event: outbox.Event, *, now: datetime | None = None) -> bytes:
    """An event as it is published.

    Raises:
        KeyError: there is no schema for it.
        ValidationError: it is not as its schema says.
    """
    version = newest(event.event)
    model = OUTGOING[event.event][version]
    message = Event[Any](
        type=event.event,
        version=version,
        id=event_id(event),
        at=event.created_at,
        key=event.key,
        sequence=event.id,
        data=model.model_validate(_without_old_price(event.payload, now or datetime.now(UTC))),
    )
    return message.model_dump_json(by_alias=True).encode()


def _without_old_price(payload: Any, now: datetime) -> Any:
    """A price whose time is over is not told, also when the event waited long."""
    until = payload.get("price_until")
    if until is None or datetime.fromisoformat(until) > now:
        return payload
    return {**payload, "price": None, "currency": None}


def _as_it_is(event: outbox.Event) -> bytes:
    """An event that is not as its schema says, for a person to look at."""
    found = {
        "type": event.event, "version": max(OUTGOING.get(event.event, {1: None})), "id": event_id(event),
        "at": event.created_at, "key": event.key, "sequence": event.id, "data": event.payload,
    }  # fmt: skip
    return json_text(found).encode()


def _short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return f"there is none for {error}"
