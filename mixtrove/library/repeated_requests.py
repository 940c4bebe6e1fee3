"""Requests that may be repeated: what was answered the first time is answered again (``Idempotency-Key``).

As the IETF draft on the header field says: a key is its user's, stands for one request and is kept for a
day. Not here: HTTP (``mixtrove.api.idempotency``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.store import Store

KEPT = timedelta(days=1)
"""How long an answer is kept."""

PATIENCE = timedelta(minutes=2)
"""After which a request without an answer is taken for one whose server was killed."""

_request = schema.idempotent_request


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Earlier:
    """The first request with a key; ``answer`` is None while it is under way."""

    fingerprint: str
    answer: Answered | None


def begin(store: Store, user: str, key: str, fingerprint: str) -> Earlier | None:
    """Begin a request, unless one with this key has begun before: that one."""
    now = datetime.now(UTC)
    with store.write() as tx:
        tx.connection.execute(
            sa.delete(_request).where(
                (_request.c.started_at < now - KEPT)
                | (_request.c.status.is_(None) & (_request.c.started_at < now - PATIENCE))
            )
        )
        begun = tx.connection.execute(
            insert(tx.connection, _request)
            .values(user=user, key=key, fingerprint=fingerprint, started_at=now)
            .on_conflict_do_nothing()
            .returning(_request.c.key)
        ).scalar()
    return None if begun is not None else earlier(store, user, key)


def earlier(store: Store, user: str, key: str) -> Earlier | None:
    """The request with this key; None when there is none (any more)."""
    with store.read() as connection:
        query = sa.select(_request).where(_request.c.user == user, _request.c.key == key)
        row = connection.execute(query).first()
    if row is None:
        return None
    answer = None if row.status is None else Answered(row.status, row.headers, row.body)
    return Earlier(row.fingerprint, answer)


def answered(store: Store, user: str, key: str, answer: Answered) -> None:
    """Keep what was answered."""
    with store.write() as tx:
        tx.connection.execute(
            sa.update(_request)
            .where(_request.c.user == user, _request.c.key == key)
            .values(status=answer.status, headers=dict(answer.headers), body=answer.body)
        )


def forget(store: Store, user: str, key: str) -> None:
    """A request failed for a reason that may pass: the next one with its key is tried anew."""
    with store.write() as tx:
        tx.connection.execute(sa.delete(_request).where(_request.c.user == user, _request.c.key == key))
