"""The outbox: what happened, written in the transaction in which it happened, to be published later.

An event is there exactly when its change is. What was published is kept for ``KEPT``. Not here: publishing
(``mixtrove.messaging``), which reads from here and may repeat itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.store import Transaction

KEPT = timedelta(days=30)
"""How long an event that was published stays readable. One that was not stays until it is."""

_outbox = schema.outbox


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    id: int  # grows in the order in which things happened
    event: str  # "want.added", "want.available", "track.identified" …
    key: str  # events of one key leave in order
    payload: Mapping[str, Any]
    created_at: datetime
    published_at: datetime | None = None


def emit(tx: Transaction, event: str, key: str, payload: Mapping[str, Any]) -> None:
    """Note that something happened; it is kept when the transaction is.

    Args:
        tx: the transaction of the change itself.
        event: a noun and a participle, ``want.available``.
        key: the id of the track or want it is about, at most 64 characters.
        payload: what JSON can hold: amounts and times as text.
    """
    emit_all(tx, event, [(key, payload)])


def emit_all(tx: Transaction, event: str, happened: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Note that something happened to several things: (key, payload) of each, see ``emit``."""
    rows = [
        {"event": event, "key": key, "payload": dict(payload), "created_at": tx.now}
        for key, payload in happened
    ]
    if rows:
        tx.connection.execute(sa.insert(_outbox), rows)


def unpublished(connection: sa.Connection, *, limit: int | None = None) -> list[Event]:
    """The events that were not published yet, the oldest first."""
    waiting = sa.select(_outbox).where(_outbox.c.published_at.is_(None))
    return _events(connection, waiting.order_by(_outbox.c.id).limit(limit))


def list_events(
    connection: sa.Connection,
    *,
    event: str | None = None,
    key: str | None = None,
    after: int = 0,
    waiting: bool = False,
    limit: int,
) -> list[Event]:
    """Events in the order in which things happened.

    Args:
        connection: an open connection.
        event: only those of this name.
        key: only those of this track or tracklist.
        after: the id behind which to begin; 0: the newest ``limit`` events.
        waiting: only those that were not published.
        limit: how many at most.
    """
    wanted = sa.select(_outbox).where(_outbox.c.id > after)
    if event is not None:
        wanted = wanted.where(_outbox.c.event == event)
    if key is not None:
        wanted = wanted.where(_outbox.c.key == key)
    if waiting:
        wanted = wanted.where(_outbox.c.published_at.is_(None))
    if after:
        return _events(connection, wanted.order_by(_outbox.c.id).limit(limit))
    return _events(connection, wanted.order_by(_outbox.c.id.desc()).limit(limit))[::-1]


def mark_published(tx: Transaction, event_ids: Sequence[int]) -> None:
    """Note that events were published."""
    for some in chunks(event_ids):
        tx.connection.execute(sa.update(_outbox).where(_outbox.c.id.in_(some)).values(published_at=tx.now))


def _events(connection: sa.Connection, wanted: sa.Select[Any]) -> list[Event]:
    return [
        Event(row.id, row.event, row.key, row.payload, row.created_at, row.published_at)
        for row in connection.execute(wanted)
    ]
