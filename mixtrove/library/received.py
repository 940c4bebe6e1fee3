"""Messages whose jobs are written down, by the ids that their senders chose: what comes again is known.

Not here: reading messages, and the queue they come from (``mixtrove.messaging``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.store import Transaction

KEPT = timedelta(days=30)
"""How long an id is remembered."""

_received = schema.received_message


def known_digests(tx: Transaction, message_ids: Iterable[str]) -> dict[str, str]:
    """Of those that were received: id → digest."""
    found: dict[str, str] = {}
    for some in chunks(message_ids):
        rows = tx.connection.execute(
            sa.select(_received.c.id, _received.c.digest).where(_received.c.id.in_(some))
        )
        found.update((row.id, row.digest) for row in rows)
    return found


def remember(tx: Transaction, digests: Mapping[str, str]) -> None:
    """Remember messages, id → digest, in the transaction that writes their jobs; forget old ones."""
    tx.connection.execute(sa.delete(_received).where(_received.c.received_at < tx.now - KEPT))
    if digests:
        rows = [{"id": one, "digest": digest, "received_at": tx.now} for one, digest in digests.items()]
        tx.connection.execute(sa.insert(_received), rows)
