"""The outbox: what happened, written in the transaction in which it happened, to be published later.

An event is there exactly when its change is. Not here: publishing, which reads from here and may repeat
itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.store import Transaction

_outbox = schema.outbox


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    id: int  # grows in the order in which things happened
    event: str  # "want.added", "want.available", "track.identified" …
    key: str  # events of one key leave in order
    payload: Mapping[str, Any]
    created_at: datetime


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
    rows = connection.execute(
        sa.select(_outbox).where(_outbox.c.published_at.is_(None)).order_by(_outbox.c.id).limit(limit)
    )
    return [Event(row.id, row.event, row.key, row.payload, row.created_at) for row in rows]
