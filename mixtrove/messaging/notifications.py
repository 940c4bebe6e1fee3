"""Telling people: what is due goes to every channel, in few messages.

The guarantee is *at least once, and twice only when nobody can know*. A channel has one sender at a time (a
claim with a lease, taken in a write transaction). Before a message leaves, the rows that it tells carry its
id; once the service has taken it they carry the time. A sender that is killed in between leaves rows with an
id and no time: that one message is sent again, alone, and says that it may have arrived before. Everything
else is told once a channel: ``notification`` has a unique key of channel, kind and thing. At most once was
the other choice; it would lose the one message that tells of an offer, and nobody could notice.

A channel that fails is tried again after 30 s, then later and later, and keeps no other from its messages;
what happened meanwhile is one message then. Not here: what there is to tell (``noting.py``, ``outages.py``),
what it says (``gathering.py``, ``digests.py``), when (``timing.py``).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.store import Store, Transaction, new_id
from mixtrove.messaging.channels import Channel, Event, send
from mixtrove.messaging.digests import MUSIC, TROUBLE, Kind, Message, message_of, trial_message
from mixtrove.messaging.gathering import gather
from mixtrove.messaging.noting import note_some
from mixtrove.messaging.timing import Waiting, pause
from mixtrove.processes import is_abandoned, process_started

LEASE = timedelta(minutes=2)
"""How long a channel is its sender's after the last sign of life; elsewhere than on its own machine, where
everybody sees that a process is gone."""

GROUPS = (TROUBLE, MUSIC)
"""What goes into one message each."""

AT_A_TIME = 8
"""Channels that are sent to side by side."""

_note = schema.notification
_channel = schema.notification_channel
_entry = schema.tracklist_entry

Send = Callable[[Channel, Message], str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message, or of a channel that got none."""

    channel: str  # its name
    state: str  # sent, failed, later or busy
    why: str = ""  # it was not sent
    title: str = ""
    text: str = ""

    @property
    def sentence(self) -> str:
        """The same for people."""
        about = f": {self.title}" if self.title else ""
        return f"{self.state} {self.channel}{about}" + (f" ({self.why})" if self.why else "")


def waiting(connection: sa.Connection, channels: Sequence[Channel], kinds: Sequence[Kind]) -> Waiting:
    """What is still to be told of these kinds; a thing is counted once a channel."""
    keys = [one.key for one in channels]
    number, oldest, newest, begun = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.min(_note.c.happened_at, type_=_note.c.happened_at.type),
            sa.func.max(_note.c.happened_at, type_=_note.c.happened_at.type),
            sa.func.count(_note.c.message_id),
        ).where(_note.c.channel.in_(keys), _note.c.sent_at.is_(None), _note.c.kind.in_(kinds), _tellable())
    ).one()
    return Waiting(number, oldest, newest, begun > 0)


def anything_waits(connection: sa.Connection, channels: Sequence[Channel]) -> bool:
    """Whether there is something to tell; cheaper than ``waiting``."""
    unsent = sa.select(_note.c.id).where(
        _note.c.channel.in_([one.key for one in channels]), _note.c.sent_at.is_(None)
    )
    return connection.execute(unsent.limit(1)).first() is not None


def send_due(
    store: Store,
    channels: Sequence[Channel],
    *,
    groups: Sequence[Sequence[Kind]] = GROUPS,
    force: bool = False,
    sender: Send = send,
) -> list[Outcome]:
    """Send everything that waits, to all channels side by side.

    Args:
        store: the store.
        channels: where to.
        groups: kinds of things, those of each in one message.
        force: also to those that failed a moment ago.
        sender: sends one message; says why that failed.
    """
    if not channels:
        return []
    with ThreadPoolExecutor(min(AT_A_TIME, len(channels)), thread_name_prefix="notify") as pool:
        found = list(pool.map(lambda one: list(_tell(store, one, groups, force, sender)), channels))
    return [outcome for some in found for outcome in some]


def send_trial(channels: Sequence[Channel], *, sender: Send = send) -> list[Outcome]:
    """Send a test message to every channel; nothing is noted."""
    message = trial_message(datetime.now(UTC))
    found = []
    for one in channels:
        why = sender(one, message)
        found.append(Outcome(one.name, "failed" if why else "sent", why, message.title))
    return found


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


def preview(store: Store, channels: Sequence[Channel], events: Collection[Event], user: str) -> list[Outcome]:
    """What ``send_due`` would send, with what happened since the last look. Nothing is sent or kept."""
    found: list[Outcome] = []
    try:
        with store.write() as tx:
            while note_some(tx, [one.key for one in channels], events, user):
                pass
            for one in channels:
                begun = [(message_id, True) for message_id in _begun(tx.connection, one.key)]
                fresh = [(begin, False) for kinds in GROUPS if (begin := _begin(tx, one, kinds))]
                for message_id, again in (*begun, *fresh):
                    message = _message(tx.connection, one, message_id, again=again)
                    if message is not None:
                        text = message.markdown if one.markdown else message.text
                        found.append(Outcome(one.name, "would send", "", message.title, text))
            raise _Undone
    except _Undone:
        return found


def channel_rows(store: Store) -> Mapping[str, sa.Row[Any]]:
    """By key, what is known of each channel that was ever sent to."""
    with store.read() as connection:
        return {row.channel: row for row in connection.execute(sa.select(_channel))}


def _tell(
    store: Store, channel: Channel, groups: Sequence[Sequence[Kind]], force: bool, sender: Send
) -> Iterator[Outcome]:
    """Send one channel what waits for it; ends with the first message that fails."""
    with store.write() as tx:
        refused = _claim(tx, channel, force)
    if refused is not None:
        if refused.why:
            yield refused
        return
    try:
        for message_id, again in _messages(store, channel, groups):
            with store.read() as connection:
                message = _message(connection, channel, message_id, again=again)
            why = sender(channel, message) if message is not None else ""
            with store.write() as tx:
                if why:
                    _failed(tx, channel, message_id, why, again=again)
                else:
                    _sent(tx, channel, message_id, told=message is not None)
            if message is not None:
                yield Outcome(channel.name, "failed" if why else "sent", why, message.title, message.text)
            if why:
                return
    finally:
        with store.write() as tx:
            _extend(tx, channel, until=None)


def failing(connection: sa.Connection, channels: Iterable[Channel]) -> list[tuple[str, str]]:
    """The channels that took nothing at the last try, (name, why)."""
    keys = [one.key for one in channels]
    rows = connection.execute(
        sa.select(_channel.c.name, _channel.c.why)
        .where(_channel.c.channel.in_(keys), _channel.c.failures > 0)
        .order_by(_channel.c.name)
    )
    return [(row.name, row.why) for row in rows]


def _claim(tx: Transaction, channel: Channel, force: bool) -> Outcome | None:
    """Make this process the sender of a channel; else why not, without a reason when nothing waits."""
    row = tx.connection.execute(sa.select(_channel).where(_channel.c.channel == channel.key)).one_or_none()
    unsent = sa.select(_note.c.id).where(_note.c.channel == channel.key, _note.c.sent_at.is_(None))
    if tx.connection.execute(unsent.limit(1)).first() is None:
        return Outcome(channel.name, "later")
    if row is not None and _held(row, tx.now):
        return Outcome(channel.name, "busy", "another process is sending to it")
    if row is not None and row.next_at is not None and row.next_at > tx.now and not force:
        return Outcome(
            channel.name,
            "later",
            f"it failed, {row.why}; again at {row.next_at:%H:%M:%S} UTC",
        )
    values = {
        "name": channel.name, "host": socket.gethostname(), "pid": os.getpid(), "claimed_at": tx.now,
        "until": tx.now + LEASE,
    }  # fmt: skip
    statement = insert(tx.connection, _channel).values(channel=channel.key, failures=0, why="", **values)
    tx.connection.execute(statement.on_conflict_do_update(index_elements=["channel"], set_=values))
    return None


def _held(row: sa.Row[Any], now: datetime) -> bool:
    if row.until is None or row.until <= now:
        return False
    if row.host != socket.gethostname():
        return True
    return not is_abandoned(row.claimed_at.timestamp(), process_started(row.pid))


def _messages(store: Store, channel: Channel, groups: Sequence[Sequence[Kind]]) -> Iterator[tuple[str, bool]]:
    """The messages to send, (id, whether it was begun before): what was left behind, then one a group.

    Each is begun when it is its turn, so that a kill leaves one at most.
    """
    with store.read() as connection:
        begun = _begun(connection, channel.key)
    for message_id in begun:
        yield message_id, True
    for kinds in groups:
        with store.write() as tx:
            fresh = _begin(tx, channel, kinds)
        if fresh is not None:
            yield fresh, False


def _begun(connection: sa.Connection, channel: str) -> list[str]:
    """The messages that a sender left behind when it ended, the oldest first."""
    return list(
        connection.execute(
            sa.select(_note.c.message_id)
            .where(_note.c.channel == channel, _note.c.sent_at.is_(None), _note.c.message_id.is_not(None))
            .group_by(_note.c.message_id)
            .order_by(sa.func.min(_note.c.id))
        ).scalars()
    )


def _begin(tx: Transaction, channel: Channel, kinds: Sequence[Kind]) -> str | None:
    """Give what waits of these kinds the id of a new message; None when nothing does."""
    message_id = new_id()
    taken = tx.connection.execute(
        sa.update(_note)
        .where(
            _note.c.channel == channel.key,
            _note.c.sent_at.is_(None),
            _note.c.message_id.is_(None),
            _note.c.kind.in_(kinds),
            _tellable(),
        )
        .values(message_id=message_id)
    )
    if not taken.rowcount:
        return None
    _extend(tx, channel)
    return message_id


def _tellable() -> sa.ColumnElement[bool]:
    """What can be told now: of a line that has just got a name one waits for what it turns out to be."""
    undecided = sa.exists().where(_entry.c.id == _note.c.about, _entry.c.status == "pending")
    known: Kind = "known"
    return (_note.c.kind != known) | ~undecided


def _message(connection: sa.Connection, channel: Channel, message_id: str, *, again: bool) -> Message | None:
    """The message; None when there is nothing left to tell."""
    digest = gather(connection, message_id, again=again)
    return message_of(digest, channel.longest) if digest.sections else None


def _sent(tx: Transaction, channel: Channel, message_id: str, *, told: bool) -> None:
    tx.connection.execute(sa.update(_note).where(_note.c.message_id == message_id).values(sent_at=tx.now))
    if told:
        _extend(tx, channel, failures=0, next_at=None, why="", sent_at=tx.now)


def _failed(tx: Transaction, channel: Channel, message_id: str, why: str, *, again: bool) -> None:
    """It is tried again, together with what happens until then; what may have arrived stays by itself."""
    if not again:
        tx.connection.execute(
            sa.update(_note).where(_note.c.message_id == message_id).values(message_id=None)
        )
    failures = (
        1
        + tx.connection.execute(
            sa.select(_channel.c.failures).where(_channel.c.channel == channel.key)
        ).scalar_one()
    )
    _extend(tx, channel, failures=failures, next_at=tx.now + pause(failures), why=why)


def _extend(tx: Transaction, channel: Channel, **values: Any) -> None:
    """Give a sign of life, and set other values of the channel's row."""
    tx.connection.execute(
        sa.update(_channel)
        .where(_channel.c.channel == channel.key)
        .values(**{"until": tx.now + LEASE, **values})
    )
