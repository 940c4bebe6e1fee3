"""The dead letters: messages that nobody could use, each with the reason; shown, sent again, dropped.

Looking takes every message out of the queue for a moment and gives it back, so two who look at once see a
part each. Copies of one message count as one. Not here: how a message becomes one (``letters.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mixtrove.errors import BadInput, NotFound
from mixtrove.messaging.broker import confirming
from mixtrove.messaging.letters import (
    EXCHANGE,
    REASON,
    ROUTING_KEY,
    SINCE,
    Letter,
    send_again,
)

if TYPE_CHECKING:
    from pika import BlockingConnection
    from pika.adapters.blocking_connection import BlockingChannel

    from mixtrove.messaging.topology import Topology

MOST = 10_000
"""Messages that are looked through at most, the oldest first."""

_ID = 12  # letters of an id


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody could use."""

    id: str
    reason: str
    since: datetime | None
    message_id: str | None  # as its sender chose it
    routing_key: str
    exchange: str
    size: int  # bytes
    copies: int = 1


def count_dead(connection: BlockingConnection, topology: Topology) -> int:
    """How many messages are in the queue, copies included."""
    channel = connection.channel()
    found = channel.queue_declare(topology.dead, passive=True).method.message_count
    channel.close()
    return int(found)


def list_dead(connection: BlockingConnection, topology: Topology, *, limit: int = MOST) -> list[DeadLetter]:
    """The dead letters, the oldest first."""
    with _taken(connection, topology, limit) as (_, letters):
        return _folded(letters)


def show_dead(connection: BlockingConnection, topology: Topology, dead_id: str) -> tuple[DeadLetter, bytes]:
    """One dead letter and what it says.

    Raises:
        BadInput: there is none with this id, or several.
    """
    with _taken(connection, topology) as (_, letters):
        [found] = _meant(_folded(letters), [dead_id])
        return found, next(letter.body for letter in letters if id_of(letter) == found.id)


def retry_dead(
    connection: BlockingConnection, topology: Topology, dead_ids: Sequence[str] | None
) -> list[DeadLetter]:
    """Send dead letters to where they were sent to at first; None: all. Copies are sent once."""
    out = confirming(connection)
    sent: set[str] = set()

    def again(dead: DeadLetter, letter: Letter) -> None:
        if dead.id not in sent:
            send_again(out, dead.exchange, dead.routing_key, letter)
            sent.add(dead.id)

    done = _remove(connection, topology, dead_ids, again)
    out.close()
    return done


def drop_dead(
    connection: BlockingConnection, topology: Topology, dead_ids: Sequence[str] | None
) -> list[DeadLetter]:
    """Delete dead letters for good; None: all."""
    return _remove(connection, topology, dead_ids, lambda _dead, _letter: None)


def buried(connection: BlockingConnection, topology: Topology, letters: Collection[Letter]) -> set[int]:
    """Of these messages those that are dead letters already, by their tags."""
    with _taken(connection, topology) as (_, there):
        ids = {id_of(letter) for letter in there}
    return {letter.tag for letter in letters if id_of(letter) in ids}


def id_of(letter: Letter) -> str:
    """The id of a dead letter: of what it says and of its sender's id, so that copies have the same."""
    digest = hashlib.sha256(letter.body)
    digest.update(f"\0{letter.properties.message_id or ''}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:_ID]


def _remove(
    connection: BlockingConnection,
    topology: Topology,
    dead_ids: Sequence[str] | None,
    before: Callable[[DeadLetter, Letter], None],
) -> list[DeadLetter]:
    """Take dead letters out of the queue for good, after ``before`` was done with each copy."""
    with _taken(connection, topology) as (channel, letters):
        folded = _folded(letters)
        meant = {one.id: one for one in (folded if dead_ids is None else _meant(folded, dead_ids))}
        for letter in letters:
            if found := meant.get(id_of(letter)):
                before(found, letter)
                channel.basic_ack(letter.tag)
        return list(meant.values())


@contextmanager
def _taken(
    connection: BlockingConnection, topology: Topology, limit: int = MOST
) -> Iterator[tuple[BlockingChannel, list[Letter]]]:
    """The messages of the queue; those that the block does not acknowledge go back in their order."""
    channel = connection.channel()
    try:
        waiting = channel.queue_declare(topology.dead, passive=True).method.message_count
        letters: list[Letter] = []
        while len(letters) < min(waiting, limit):
            method, properties, body = channel.basic_get(topology.dead)
            if method is None or properties is None or body is None:
                break
            letters.append(
                Letter(
                    method.delivery_tag, method.redelivered, method.exchange, method.routing_key, properties,
                    body,
                )
            )  # fmt: skip
        yield channel, letters
    finally:
        if channel.is_open:
            channel.close()  # what was not acknowledged goes back


def _folded(letters: Sequence[Letter]) -> list[DeadLetter]:
    """Copies of one message as one."""
    found: dict[str, DeadLetter] = {}
    for letter in letters:
        dead = _dead(letter)
        before = found.get(dead.id)
        found[dead.id] = dead if before is None else replace(before, copies=before.copies + 1)
    return list(found.values())


def _dead(letter: Letter) -> DeadLetter:
    headers: dict[str, Any] = letter.properties.headers or {}
    deaths = headers.get("x-death") or [{}]
    first = deaths[0] if isinstance(deaths[0], dict) else {}
    reason = headers.get(REASON) or _by_server(first)
    exchange = headers.get(EXCHANGE, first.get("exchange"))
    key = headers.get(ROUTING_KEY) or next(iter(first.get("routing-keys") or ()), None)
    return DeadLetter(
        id_of(letter),
        str(reason),
        _time(headers.get(SINCE) or first.get("time")),
        letter.properties.message_id,
        str(letter.routing_key if key is None else key),
        str(letter.exchange if exchange is None else exchange),
        len(letter.body),
    )


def _by_server(death: dict[str, Any]) -> str:
    """Why the server itself took a message away."""
    if death.get("reason") == "delivery_limit":
        return (
            "every consumer that had it ended before it was done: look at what the consumers say when they "
            "end, then retry it"
        )
    return f"taken away by the server ({death.get('reason') or 'put there by hand'})"


def _time(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return None


def _meant(there: Sequence[DeadLetter], given: Sequence[str]) -> list[DeadLetter]:
    found: dict[str, DeadLetter] = {}
    for text in given:
        same = [one for one in there if one.id.startswith(text.strip().lower())] if text.strip() else []
        if not same:
            raise NotFound("dead letter", text, seen_in="mixtrove dead-letters list")
        if len(same) > 1:
            raise BadInput(f"several ids begin with {text!r}: give more of the dead letter's id")
        found[same[0].id] = same[0]
    return list(found.values())
