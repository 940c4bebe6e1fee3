"""The dead letters: messages that nobody could use, each with the reason; shown, sent again, dropped.

Looking takes every message out of the queue for a moment and gives it back, so two who look at once see a
part each, and the queue has no order that could be relied on. One body is held at a time. Copies of one
message count as one. Not here: how a message becomes one (``letters.py``).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
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
from mixtrove.messaging.reading import envelope_id

if TYPE_CHECKING:
    from pika import BlockingConnection
    from pika.adapters.blocking_connection import BlockingChannel

    from mixtrove.messaging.topology import Topology

AT_ONCE = 10
"""Acknowledgements that are sent before the queue is waited for.

RabbitMQ hands some 32 on to a quorum queue and keeps the others back until those are written; what it still
keeps back when the channel closes is lost, and the messages are in the queue again (seen with 3.10).
"""

AHEAD = 20
"""Messages that the server sends ahead of a look: of 10 MB each they are 200 MB in its memory."""

PATIENCE = 3.0
"""Seconds without a message after which a look ends, if there is none or none came at all."""

_ID = 12  # letters of an id


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody could use."""

    id: str
    reason: str
    since: datetime | None
    message_id: str | None  # as its sender chose it: the property, or the id in what it says
    routing_key: str
    exchange: str
    size: int  # bytes
    copies: int = 1


def count_dead(connection: BlockingConnection, topology: Topology) -> int:
    """How many messages are in the queue, copies included, those that another looks at left out."""
    with _looking(connection) as channel:
        first = _next(channel, topology)
        return 0 if first is None else 1 + _waiting(channel, topology)


def list_dead(connection: BlockingConnection, topology: Topology) -> list[DeadLetter]:
    """The dead letters, the oldest first; those that do not say since when are the last."""
    with _looking(connection) as channel:
        return _folded(_dead(letter) for letter in _held(channel, topology))


def show_dead(connection: BlockingConnection, topology: Topology, dead_id: str) -> tuple[DeadLetter, bytes]:
    """One dead letter and what it says.

    Raises:
        NotFound: there is none with this id.
        BadInput: there are several.
    """
    with _looking(connection) as channel:
        [found] = _sought(channel, topology, [dead_id])
        return found.dead, found.letter.body


def retry_dead(
    connection: BlockingConnection, topology: Topology, dead_ids: Sequence[str] | None
) -> list[DeadLetter]:
    """Send dead letters to where they were sent to at first; None: all. Copies are sent once.

    What is refused once more while this goes on stays a dead letter.

    Raises:
        NotFound: there is none with one of the ids.
        BadInput: there are several.
    """
    out = confirming(connection)
    run = uuid.uuid4().hex

    def again(dead: DeadLetter, letter: Letter) -> None:
        send_again(out, dead.exchange, dead.routing_key, letter, run)

    done = _remove(connection, topology, dead_ids, again, run)
    out.close()
    return done


def drop_dead(
    connection: BlockingConnection, topology: Topology, dead_ids: Sequence[str] | None
) -> list[DeadLetter]:
    """Delete dead letters for good; None: all that are there when it begins.

    Raises:
        NotFound: there is none with one of the ids.
        BadInput: there are several.
    """
    return _remove(connection, topology, dead_ids, lambda _dead, _letter: None)


def buried(connection: BlockingConnection, topology: Topology, letters: Collection[Letter]) -> set[int]:
    """Of these messages those that are dead letters already, by their tags."""
    with _looking(connection) as channel:
        there = {id_of(letter) for letter in _held(channel, topology)}
    return {letter.tag for letter in letters if id_of(letter) in there}


def id_of(letter: Letter) -> str:
    """The id of a dead letter: of what it says and of its sender's id, so that copies have the same."""
    digest = hashlib.sha256(letter.body)
    digest.update(f"\0{letter.properties.message_id or ''}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:_ID]


@contextmanager
def _looking(connection: BlockingConnection) -> Iterator[BlockingChannel]:
    """A channel of its own: what was taken on it and not acknowledged goes back, to the end of the queue."""
    channel = connection.channel()
    try:
        yield channel
    finally:
        if channel.is_open:
            channel.cancel()  # the consumer of a look that ended early
            channel.basic_nack(0, multiple=True)  # closing alone gives back at some time after it
            channel.close()


def _next(channel: BlockingChannel, topology: Topology) -> Letter | None:
    """The next message. The queue gives it out when it has done all that it was sent before.

    Of what was given back shortly before, its depth may know nothing yet: so a look begins with this.
    """
    method, properties, body = channel.basic_get(topology.dead)
    return None if method is None else _letter(method, properties, body)


def _waiting(channel: BlockingChannel, topology: Topology) -> int:
    return int(channel.queue_declare(topology.dead, passive=True).method.message_count)


def _held(channel: BlockingChannel, topology: Topology) -> Iterator[Letter]:
    """As many messages as the queue has now, one at a time, for bodies may be large; none is acknowledged.

    They come from one consumer after the other, ``AHEAD`` each: asking for each takes five times as long.
    """
    first = _next(channel, topology)
    if first is None:
        return
    left = _waiting(channel, topology)
    yield first
    channel.basic_qos(prefetch_count=AHEAD)
    while left > 0:
        wanted = min(left, AHEAD)
        got = 0
        for method, properties, body in channel.consume(topology.dead, inactivity_timeout=PATIENCE):
            if method is not None:
                yield _letter(method, properties, body)
                got += 1
            if method is None or got == wanted:
                break
        channel.cancel()
        if got == 0 or (got < wanted and not _waiting(channel, topology)):
            return  # another looks at the others
        left -= got


def _given(channel: BlockingChannel, topology: Topology) -> Iterator[Letter]:
    """The same, to be acknowledged at once: each is asked for when the queue is done with the one before."""
    letter = _next(channel, topology)
    left = _waiting(channel, topology)
    while letter is not None:
        yield letter
        letter = _next(channel, topology) if left > 0 else None
        left -= 1


def _letter(method: Any, properties: Any, body: Any) -> Letter:
    return Letter(
        method.delivery_tag, method.redelivered, method.exchange, method.routing_key, properties, body
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A dead letter that was sought."""

    dead: DeadLetter
    letter: Letter  # one of its copies
    tags: list[int]  # of all


def _sought(channel: BlockingChannel, topology: Topology, given: Sequence[str]) -> list[_Found]:
    """Those whose ids begin so, each once. The whole queue is looked through, for others that do."""
    ids: dict[str, str] = {}
    found: dict[str, _Found] = {}
    for letter in _held(channel, topology):
        dead_id = id_of(letter)
        meant = [text for text in given if text.strip() and dead_id.startswith(text.strip().lower())]
        for text in meant:
            if ids.setdefault(text, dead_id) != dead_id:
                raise BadInput(f"several ids begin with {text!r}: give more of the dead letter's id")
        if not meant:
            continue
        before = found.get(dead_id)
        if before is None:
            found[dead_id] = _Found(_dead(letter), letter, [letter.tag])
        else:
            [dead] = _folded([before.dead, _dead(letter)])
            found[dead_id] = _Found(dead, before.letter, [*before.tags, letter.tag])
    for text in given:
        if text not in ids:
            raise NotFound("dead letter", text, seen_in="mixtrove dead-letters list")
    return [found[dead_id] for dead_id in dict.fromkeys(ids[text] for text in given)]


def _remove(
    connection: BlockingConnection,
    topology: Topology,
    dead_ids: Sequence[str] | None,
    before: Callable[[DeadLetter, Letter], None],
    run: str | None = None,
) -> list[DeadLetter]:
    """Take dead letters out of the queue for good, after ``before`` was done with one copy of each."""
    with _looking(connection) as channel:
        if dead_ids is None:
            return _remove_all(channel, topology, before, run)
        found = _sought(channel, topology, dead_ids)
        for one in found:
            before(one.dead, one.letter)
            _acknowledge(channel, topology, one.tags)
        return [one.dead for one in found]


def _remove_all(
    channel: BlockingChannel,
    topology: Topology,
    before: Callable[[DeadLetter, Letter], None],
    run: str | None,
) -> list[DeadLetter]:
    """The same for all, one after the other; what ``run`` itself sent and came back is left."""
    done: list[DeadLetter] = []
    seen: set[str] = set()
    for letter in _given(channel, topology):
        if run is not None and letter.run == run:
            continue
        dead = _dead(letter)
        if dead.id not in seen:
            before(dead, letter)
        seen.add(dead.id)
        done.append(dead)
        channel.basic_ack(letter.tag)  # the next one is given out after it
    return _folded(done)


def _acknowledge(channel: BlockingChannel, topology: Topology, tags: Sequence[int]) -> None:
    """Acknowledge, and come back when the queue has done it."""
    for start in range(0, len(tags), AT_ONCE):
        for tag in tags[start : start + AT_ONCE]:
            channel.basic_ack(tag)
        _next(channel, topology)  # what comes goes back with the others


def _folded(there: Iterable[DeadLetter]) -> list[DeadLetter]:
    """Copies of one message as one, dead since the first of them; the oldest first."""
    found: dict[str, DeadLetter] = {}
    for dead in there:
        before = found.get(dead.id)
        if before is None:
            found[dead.id] = dead
        else:
            found[dead.id] = replace(min(before, dead, key=_age), copies=before.copies + dead.copies)
    return sorted(found.values(), key=_age)


def _age(dead: DeadLetter) -> tuple[bool, datetime | None, str]:
    return dead.since is None, dead.since, dead.id


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
        letter.properties.message_id or envelope_id(letter.body),
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
