"""How several workers share one backlog: batches of entries, each claimed by one worker for a while.

A worker claims a batch, asks the catalogue or the providers, writes the offers and gives the batch up. Claims
are made in a write transaction, and writers are serialised, so that no two workers of a stage have one entry.
The batch of a worker that was killed is taken over: at once on its own machine, where everybody sees that the
process is gone, and after ``LEASE`` elsewhere. Nothing depends on it for being right: offers are written by
revision, so an entry that is asked about twice after all (a worker stood still for longer than its lease)
is written once. Not here: asking (``mixtrove.asking``, ``mixtrove.online``), writing offers (``offers.py``).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Set
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.discoveries import TO_SEARCH, EntryToIdentify, Lines, entry_of_row
from mixtrove.library.store import Store, Transaction, new_id
from mixtrove.processes import is_abandoned, process_started

BATCH = 4_000
"""Entries in a batch, unless told otherwise."""

LEASE = timedelta(minutes=2)
"""How long a batch is its worker's after the last sign of life, which every claim and every end of one is.
Clocks of two machines may differ by less than that."""

Stage = Literal["catalogue", "providers"]
"""Who is asked. An entry may be with a worker of each stage at the same time."""

_entry = schema.tracklist_entry
_batch = schema.search_batch
_claim = schema.search_batch_entry


@dataclass(frozen=True, slots=True)
class Batch:
    """Some entries that are this worker's to ask about."""

    id: str
    entries: tuple[EntryToIdentify, ...]  # by id
    last: str  # the id that the next batch begins behind


class Worker:
    """One worker's way through the entries that are due: once over all, then over what others left behind."""

    def __init__(
        self,
        store: Store,
        stage: Stage,
        due: sa.ColumnElement[bool],
        *,
        only: Lines | None = None,
        size: int = BATCH,
    ) -> None:
        """Nothing is claimed yet.

        Args:
            store: the store of the backlog.
            stage: who is asked.
            due: which entries are; a condition on ``tracklist_entry``.
            only: only these lines.
            size: entries in a batch.
        """
        self._store = store
        self._stage = stage
        self._size = size
        self._host = socket.gethostname()
        self._pid = os.getpid()
        self._due = due
        if only is not None:
            self._due &= only.condition
        self._whole = only is None
        self._statuses = list(TO_SEARCH)  # still to be gone through, the first one from …
        self._after = ""  # … behind this entry
        self._mine: set[str] = set()  # ids of batches

    def claim(self, most: int) -> Batch | None:
        """The next batch of at most so many entries that nobody has; None when none is left on this way."""
        while self._statuses and most:
            ahead = (_entry.c.status == self._statuses[0]) & (_entry.c.id > self._after)
            batch = self._take(min(self._size, most), ahead)
            if batch is not None:
                self._after = batch.last
                return batch
            del self._statuses[0]
            self._after = ""
        return None

    def take_over(self, most: int) -> Batch | Literal["wait"] | None:
        """A batch that a worker left behind when it ended; ``wait`` while others are still at work.

        None when nobody has an entry that is due: the backlog is done. Also when none is wanted any more.
        """
        if not most:
            return None
        with self._store.read() as connection:
            holders = set(
                connection.execute(
                    sa.select(_claim.c.batch_id)
                    .distinct()
                    .join(_entry, _entry.c.id == _claim.c.entry_id)
                    .where(_claim.c.stage == self._stage, self._due)
                ).scalars()
            )
        if not holders:
            return None
        return self._take(min(self._size, most), _claim.c.entry_id.is_not(None)) or "wait"

    def still_here(self) -> None:
        """Give a sign of life: what is claimed stays this worker's. For batches that take minutes."""
        with self._store.write() as tx:
            self._extend(tx)

    def finish(self, batch: Batch) -> None:
        """A batch is done."""
        with self._store.write() as tx:
            _delete(tx, {batch.id})
            self._mine.discard(batch.id)
            self._extend(tx)

    def close(self, *, done: bool) -> None:
        """Leave to others what is still claimed; ``done``: nothing is due, so what is left behind can go."""
        with self._store.write() as tx:
            if done and self._whole:
                _delete(tx, self._ended(tx))
            tx.connection.execute(sa.update(_batch).where(_batch.c.id.in_(self._mine)).values(until=tx.now))
        self._mine.clear()

    def _take(self, size: int, which: sa.ColumnElement[bool]) -> Batch | None:
        batch_id = new_id()
        with self._store.write() as tx:
            ended = self._ended(tx)
            living = tx.connection.execute(sa.select(_batch.c.id).where(_batch.c.id.not_in(ended))).scalars()
            free = _claim.c.batch_id.is_(None) | _claim.c.batch_id.not_in(living.all())
            taken = (
                sa.select(_entry.c.id, sa.literal(self._stage), sa.literal(batch_id))
                .outerjoin(_claim, (_claim.c.entry_id == _entry.c.id) & (_claim.c.stage == self._stage))
                .where(self._due, which, free)
                .order_by(_entry.c.id)
                .limit(size)
            )
            statement = insert(tx.connection, _claim).from_select(["entry_id", "stage", "batch_id"], taken)
            ids = tx.connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["entry_id", "stage"], set_={"batch_id": statement.excluded.batch_id}
                ).returning(_claim.c.entry_id)
            ).scalars()
            last = max(ids, default=None)
            if last is None:
                return None
            self._mine.add(batch_id)
            tx.connection.execute(
                sa.insert(_batch).values(
                    id=batch_id,
                    stage=self._stage,
                    host=self._host,
                    pid=self._pid,
                    claimed_at=tx.now,
                    until=tx.now + LEASE,
                )
            )
            self._extend(tx)
        with self._store.read() as connection:
            rows = connection.execute(
                sa.select(_entry)
                .join(_claim, _claim.c.entry_id == _entry.c.id)
                .where(_claim.c.batch_id == batch_id, self._due)
                .order_by(_entry.c.id)
            ).mappings()
            return Batch(batch_id, tuple(map(entry_of_row, rows)), last)

    def _extend(self, tx: Transaction) -> None:
        if self._mine:
            tx.connection.execute(
                sa.update(_batch).where(_batch.c.id.in_(self._mine)).values(until=tx.now + LEASE)
            )

    def _ended(self, tx: Transaction) -> set[str]:
        """The batches of workers that are gone or gave no sign of life in time."""
        others = (_batch.c.stage == self._stage) & _batch.c.id.not_in(self._mine)
        rows = tx.connection.execute(sa.select(_batch).where(others))
        return {row.id for row in rows if row.until <= tx.now or self._is_gone(row)}

    def _is_gone(self, row: sa.Row[Any]) -> bool:
        if row.host != self._host or row.pid == self._pid:
            return False
        return is_abandoned(row.claimed_at.timestamp(), process_started(row.pid))


def _delete(tx: Transaction, batch_ids: Set[str]) -> None:
    tx.connection.execute(sa.delete(_claim).where(_claim.c.batch_id.in_(batch_ids)))
    tx.connection.execute(sa.delete(_batch).where(_batch.c.id.in_(batch_ids)))
