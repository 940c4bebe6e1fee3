"""Consuming and publishing: for a while (``pump``), or until told to end (``work``), whatever restarts.

Not here: doing the jobs; a worker of ``mixtrove serve`` or Dagster takes them up.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixtrove.errors import BrokerUnavailable, StoreUnavailable
from mixtrove.library.dead_rows import forget_published_events
from mixtrove.library.store import PAUSE, Store
from mixtrove.messaging.broker import connected, server_name
from mixtrove.messaging.consumer import Consumer
from mixtrove.messaging.publisher import Publisher
from mixtrove.messaging.topology import Topology

if TYPE_CHECKING:
    from pika import BlockingConnection

    from mixtrove.settings import Settings

LOOK_AGAIN = 0.5
"""Seconds between two looks into the outbox while no message comes."""

IDLE = 0.2
"""Seconds without a message after which a queue counts as empty."""

CLEAN_UP = 3600.0
"""Seconds between two times at which events that were published long ago are forgotten."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds until a server or store that was away is tried again."""

_log = logging.getLogger("mixtrove.messages")


@dataclass(frozen=True, slots=True)
class Moved:
    """What went in and out."""

    taken: int = 0  # requests whose jobs were written
    known: int = 0  # that came before
    refused: int = 0  # to the dead letters
    delayed: int = 0  # to the retry queue
    published: int = 0  # events

    @property
    def sentence(self) -> str:
        """For people."""
        said = [
            f"{number:,} {what}"
            for number, what in (
                (self.taken, "taken"),
                (self.known, "known already"),
                (self.refused, "to the dead letters"),
                (self.delayed, "to be tried again"),
                (self.published, "published"),
            )
            if number
        ]
        return ", ".join(said) or "nothing to take, nothing to publish"


def topology_of(settings: Settings) -> Topology:
    """The exchange and queues of this installation."""
    return Topology(settings.amqp_name)


def pump(
    settings: Settings,
    *,
    topology: Topology | None = None,
    seconds: float | None = None,
    listen: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Moved:
    """Take and publish what there is, then return.

    Args:
        settings: of this installation.
        topology: other queues than the installation's.
        seconds: after which it returns though there is more; None: when there is nothing more.
        listen: whether to wait for messages and events until then, when there is nothing more.
        stopping: whether to return now.

    Raises:
        BadInput: ``MIXTROVE_AMQP_URL`` is missing or wrong.
        BrokerUnavailable, StoreUnavailable: what was not settled is still in queue and outbox.
    """
    until = time.monotonic() + seconds if seconds is not None else float("inf")
    store = Store.open(settings)
    try:
        with connected(settings) as connection:
            session = _Session(connection, topology or topology_of(settings), store, settings.user)
            while not stopping() and time.monotonic() < until:
                if not session.step(IDLE) and not listen:
                    break
            session.end()
            return session.moved
    finally:
        store.close()


def work(settings: Settings, ended: threading.Event, *, topology: Topology | None = None) -> None:
    """Take and publish until ``ended``; a server or a store that goes away is waited for.

    Raises:
        BadInput: ``MIXTROVE_AMQP_URL`` is missing or wrong.
    """
    pause = SHORTEST_PAUSE
    while not ended.is_set():
        started = time.monotonic()
        try:
            _work_until_lost(settings, topology or topology_of(settings), ended)
        except (BrokerUnavailable, StoreUnavailable) as error:
            if time.monotonic() - started > LONGEST_PAUSE:
                pause = SHORTEST_PAUSE  # it worked for a while
            _log.warning("%s; tried again in %g s", error, pause)
            ended.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def _work_until_lost(settings: Settings, topology: Topology, ended: threading.Event) -> None:
    store = Store.open(settings)
    try:
        with connected(settings) as connection:
            session = _Session(connection, topology, store, settings.user)
            _log.info("ready: %s, queue %s", server_name(settings), topology.requests)
            clean_at, said = time.monotonic(), Moved()
            while not ended.is_set():
                if time.monotonic() >= clean_at:
                    forget_published_events(store)
                    clean_at = time.monotonic() + CLEAN_UP
                if not session.step(LOOK_AGAIN) and session.moved != said:
                    said = session.moved
                    _log.info("since it is ready: %s", said.sentence)
            session.end()
            _log.info("ended: %s", session.moved.sentence)
    finally:
        store.close()


class _Session:
    """A consumer and a publisher on one connection, in turns."""

    def __init__(self, connection: BlockingConnection, topology: Topology, store: Store, user: str) -> None:
        channel = connection.channel()
        topology.declare(channel)
        channel.close()
        self._consumer = Consumer(connection, topology, store, user=user)
        self._publisher = Publisher(connection, topology, store)

    def step(self, wait: float) -> bool:
        """Publish what waits, take a batch; whether there was anything. ``wait`` seconds for a message."""
        published = self._publisher.publish()
        taken = self._consumer.take(0 if published else wait)
        if taken:
            time.sleep(PAUSE)  # others who write get their turn
        return bool(published or taken)

    @property
    def moved(self) -> Moved:
        """What went in and out since it began."""
        counts = self._consumer.counts
        return Moved(
            counts["taken"], counts["known"], counts["refused"], counts["delayed"], self._publisher.published
        )

    def end(self) -> None:
        """Take and publish nothing more."""
        self._publisher.stop()
        self._consumer.stop()
