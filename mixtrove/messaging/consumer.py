"""Taking requests from the queue: in batches, acknowledged only after their jobs are written down.

What cannot be done goes to the dead letters with the reason, what cannot be done now to the retry queue, and
the others of the batch go on. Not here: what a request is (``reading.py``), writing (``accepting.py``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mixtrove.errors import BadInput, BrokerUnavailable, StoreUnavailable
from mixtrove.messaging.accepting import Fault, Outcome, accept
from mixtrove.messaging.broker import confirming
from mixtrove.messaging.dead_letters import buried
from mixtrove.messaging.letters import Letter, bury, delay
from mixtrove.messaging.reading import Request, read_request

if TYPE_CHECKING:
    from pika import BlockingConnection
    from pika.adapters.blocking_connection import BlockingChannel

    from mixtrove.library.store import Store
    from mixtrove.messaging.topology import Topology

BATCH = 50
"""Messages of one transaction at most: others who write wait for it."""

BATCH_BYTES = 1_000_000
"""Bytes of a batch at most, unless it is one message: a large one is parsed and written for many seconds."""

PREFETCH = BATCH
"""Messages that the server sends ahead: of 10 MB each they are 500 MB here."""

LINGER = 0.005
"""Seconds without a new message after which a batch is not waited for."""

RETRIES = 5
"""How often a message waits in the retry queue because of a fault of ours; then it is a dead letter."""


class Consumer:
    """One consumer of the queue of requests, on one connection."""

    def __init__(
        self, connection: BlockingConnection, topology: Topology, store: Store, *, user: str
    ) -> None:
        """Nothing is taken yet.

        Args:
            connection: to the server.
            topology: the queues, which are declared.
            store: where jobs are written.
            user: who asks where a request does not say.
        """
        self._connection = connection
        self._topology = topology
        self._store = store
        self._user = user
        self._waiting: list[Letter] = []
        self._ended = False
        self.counts: Counter[str] = Counter()  # taken, known, refused, delayed
        self._out = confirming(connection)
        self._in = connection.channel()
        self._in.basic_qos(prefetch_count=PREFETCH)
        self._in.add_on_cancel_callback(self._cancelled)
        self._tag = self._in.basic_consume(topology.requests, self._delivered)

    def take(self, wait: float) -> int:
        """Take the next batch and settle it: how many messages it had.

        Args:
            wait: seconds to wait for the first message.

        Raises:
            StoreUnavailable: the batch waits in the retry queue; end and come back later.
            BrokerUnavailable: the queue was deleted; begin anew.
        """
        letters = self._batch(wait)
        if self._ended:
            raise BrokerUnavailable(
                f"the queue {self._topology.requests} was deleted while it was consumed; it is declared anew"
            )
        if letters:
            self._settle(letters)
        return len(letters)

    def stop(self) -> None:
        """Take nothing more; what the server sent ahead goes back to it."""
        self._in.basic_cancel(self._tag)
        self._in.close()

    def _delivered(self, _channel: BlockingChannel, method: Any, properties: Any, body: bytes) -> None:
        self._waiting.append(
            Letter(
                method.delivery_tag, method.redelivered, method.exchange, method.routing_key, properties, body
            )
        )

    def _cancelled(self, _method: Any) -> None:
        self._ended = True

    def _batch(self, wait: float) -> list[Letter]:
        until = time.monotonic() + wait
        while True:
            left = until - time.monotonic()
            self._connection.process_data_events(0 if self._waiting else max(left, 0))
            if self._waiting or self._ended or left <= 0:
                break
        seen = 0
        while seen < len(self._waiting) < BATCH:
            seen = len(self._waiting)
            self._connection.process_data_events(LINGER)
        number = _first(self._waiting)
        letters, self._waiting = self._waiting[:number], self._waiting[number:]
        return letters

    def _settle(self, letters: Sequence[Letter]) -> None:
        """Every message of the batch is written down, dead or delayed; then all are acknowledged at once."""
        good: list[tuple[Letter, Request]] = []
        bad: list[tuple[Letter, str]] = []
        for letter in letters:
            try:
                good.append((letter, read_request(letter.body)))
            except BadInput as refused:
                bad.append((letter, str(refused)))
            self._connection.process_data_events(0)  # else heartbeats are missed and all comes again
        away: StoreUnavailable | None = None
        late: list[Letter] = []
        try:
            answers = accept(self._store, [request for _, request in good], user=self._user)
        except StoreUnavailable as error:
            away, answers = error, []
            late = [letter for letter, _ in good]
        for (letter, _), answer in zip(good, answers, strict=False):
            if isinstance(answer, BadInput):
                bad.append((letter, str(answer)))
            elif isinstance(answer, Fault):
                if letter.retries < RETRIES:
                    late.append(letter)
                else:
                    bad.append((letter, f"{answer.why}; tried {letter.retries + 1} times"))
            else:
                self.counts["taken" if answer is Outcome.TAKEN else "known"] += 1
        self._bury(bad)
        for letter in late:
            delay(self._out, self._topology, letter)
        self._in.basic_ack(letters[-1].tag, multiple=True)
        self.counts["refused"] += len(bad)
        self.counts["delayed"] += len(late)
        if away is not None:
            raise away

    def _bury(self, bad: Sequence[tuple[Letter, str]]) -> None:
        """Send to the dead letters; what a consumer before sent there and did not acknowledge is there."""
        again = [letter for letter, _ in bad if letter.redelivered]
        there = buried(self._connection, self._topology, again) if again else set()
        for letter, reason in bad:
            if letter.tag not in there:
                bury(self._out, self._topology, letter, reason)


def _first(letters: Sequence[Letter]) -> int:
    """How many of these are one batch."""
    size = 0
    for number, letter in enumerate(letters[:BATCH]):
        size += len(letter.body)
        if number and size > BATCH_BYTES:
            return number
    return min(len(letters), BATCH)
