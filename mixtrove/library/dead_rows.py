"""Rows that nobody needs any more: answers to repeated requests, and events that were published long ago.

Not here: what a provider's terms end (``facts.expire``, ``providers.cache``), deletion by people
(``deletion.py``).
"""

from __future__ import annotations

import time

import sqlalchemy as sa

from mixtrove.library import outbox, schema
from mixtrove.library.repeated_requests import KEPT
from mixtrove.library.store import PAUSE, Store

_CHUNK = 1_000  # rows deleted in one transaction, so that others get their turn


def forget_old_requests(store: Store) -> int:
    """Delete answers to requests that may no longer be repeated; returns how many."""
    request = schema.idempotent_request
    with store.write() as tx:
        old = sa.delete(request).where(request.c.started_at < tx.now - KEPT)
        return tx.connection.execute(old).rowcount


def forget_published_events(store: Store) -> int:
    """Delete events that were published ``outbox.KEPT`` ago; what was not stays. Returns how many."""
    events, gone = schema.outbox, 0
    while True:
        with store.write() as tx:
            old = sa.select(events.c.id).where(events.c.published_at < tx.now - outbox.KEPT).limit(_CHUNK)
            some = tx.connection.execute(sa.delete(events).where(events.c.id.in_(old))).rowcount
        gone += some
        if some < _CHUNK:
            return gone
        time.sleep(PAUSE)
