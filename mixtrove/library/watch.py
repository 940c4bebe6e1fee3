"""Which lines and tracks providers are to be asked about, and when again (DESIGN §6).

A line that nobody knows is watched: asked again after 1, 2, 4 … 32 days, of a provider that was switched on
meanwhile at once. A question that a provider could not answer is queued with its time. Not here: asking
(``mixtrove.online``), what was answered (``offers.py``), claims of workers (``batches.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import TO_SEARCH
from mixtrove.library.store import Transaction, new_id

LONGEST = 5
"""2 to the power of this many days is the longest pause between two rounds of questions."""

FLOOR = timedelta(seconds=30)
"""The shortest time to the next attempt; it doubles with every failed one, up to …"""
CEILING = timedelta(hours=12)

_entry = schema.tracklist_entry
_watch = schema.line_watch
_retry = schema.retry_entry


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of the questions about a line."""

    asked: frozenset[str]  # providers that answered, or have the question in the queue
    next_at: datetime  # when all of them are asked again
    times: int


@dataclass(frozen=True, slots=True)
class Later:
    """A question that a provider could not answer."""

    provider: str
    retry_in: float  # seconds that the provider asks for
    why: str


@dataclass(frozen=True, slots=True)
class Queued:
    """A question in the queue."""

    provider: str
    entry_id: str
    line: str
    next_at: datetime
    attempts: int
    why: str


def due_for_providers(ready: Collection[str], now: datetime) -> sa.ColumnElement[bool]:
    """Whether providers are to be asked about an entry: open, and not watched, or its time has come.

    Args:
        ready: the providers that can be asked.
        now: the time of the run.
    """
    watched = sa.exists().where(_watch.c.line_key == _entry.c.line_key)
    new = [~_watch.c.asked.contains(f" {name} ", autoescape=True) for name in sorted(ready)]
    queued = sa.exists().where(
        _retry.c.entry_id == _entry.c.id, _retry.c.provider.in_(ready), _retry.c.next_at <= now
    )
    return (
        _entry.c.status.in_(TO_SEARCH)
        & ~_entry.c.line_key.startswith("entry:")  # names no artist or no title: nothing to ask about
        & (~watched | watched.where((_watch.c.next_at <= now) | sa.or_(sa.false(), *new)) | queued)
    )


def watched_lines(connection: sa.Connection, line_keys: Iterable[str]) -> dict[str, Watch]:
    """What is known of the questions about these lines; lines that were never asked about are absent."""
    return {
        row.line_key: Watch(frozenset(row.asked.split()), row.next_at, row.times)
        for some in chunks(line_keys)
        for row in connection.execute(sa.select(_watch).where(_watch.c.line_key.in_(some)))
    }


def watch(tx: Transaction, line_key: str, asked: Collection[str]) -> None:
    """Note which providers were asked about a line; what is known is overdue, or not there: a new round.

    Args:
        tx: the transaction.
        line_key: the line.
        asked: those that answered now, or have the question in the queue.
    """
    before = watched_lines(tx.connection, [line_key]).get(line_key)
    if before is None or before.next_at <= tx.now:
        times = before.times + 1 if before else 1
        known, next_at = frozenset(asked), tx.now + timedelta(days=2.0 ** min(times - 1, LONGEST))
    else:
        known, next_at, times = before.asked | frozenset(asked), before.next_at, before.times
    statement = insert(tx.connection, _watch).values(
        line_key=line_key, asked=as_text(known), asked_at=tx.now, next_at=next_at, times=times
    )
    new = statement.excluded
    tx.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["line_key"],
            set_={name: new[name] for name in ("asked", "asked_at", "next_at", "times")},
        )
    )


def queued_for(connection: sa.Connection, entry_ids: Iterable[str], now: datetime) -> dict[str, set[str]]:
    """By entry, the providers whose question is in the queue and whose time has come."""
    found: dict[str, set[str]] = {}
    for some in chunks(entry_ids):
        for row in connection.execute(
            sa.select(_retry.c.entry_id, _retry.c.provider).where(
                _retry.c.entry_id.in_(some), _retry.c.next_at <= now
            )
        ):
            found.setdefault(row.entry_id, set()).add(row.provider)
    return found


def queue(
    tx: Transaction, entry_ids: Collection[str], answered: Collection[str], later: Collection[Later]
) -> None:
    """Bring the queue up to date for entries of one line.

    Args:
        tx: the transaction.
        entry_ids: the entries.
        answered: providers whose question is done with.
        later: questions to be asked again.
    """
    for some in chunks(entry_ids):
        mine = _retry.c.entry_id.in_(some)
        tx.connection.execute(sa.delete(_retry).where(mine, _retry.c.provider.in_(answered)))
        known = {
            (row.entry_id, row.provider): row for row in tx.connection.execute(sa.select(_retry).where(mine))
        }
        for one in later:
            for entry_id in some:
                before = known.get((entry_id, one.provider))
                attempts = (before.attempts if before else 0) + 1
                values = {
                    "attempts": attempts,
                    "next_at": tx.now + pause(one.retry_in, attempts),
                    "why": one.why,
                }
                if before:
                    tx.connection.execute(sa.update(_retry).where(_retry.c.id == before.id).values(**values))
                else:
                    tx.connection.execute(
                        sa.insert(_retry).values(
                            id=new_id(), provider=one.provider, entry_id=entry_id, **values
                        )
                    )


def forget_decided(tx: Transaction) -> int:
    """Take questions out of the queue whose entries are decided; returns how many."""
    open_entries = sa.select(_entry.c.id).where(_entry.c.status.in_(TO_SEARCH))
    return int(
        tx.connection.execute(sa.delete(_retry).where(_retry.c.entry_id.not_in(open_entries))).rowcount
    )


def pause(retry_in: float, attempts: int) -> timedelta:
    """How long a question waits in the queue: what the provider asks for, and not less than the floor."""
    floor = min(FLOOR * 2.0 ** min(attempts - 1, 20), CEILING)
    return max(timedelta(seconds=retry_in), floor)


def queued_questions(
    connection: sa.Connection, *, due_by: datetime | None = None, limit: int | None = None
) -> list[Queued]:
    """The questions in the queue, the next first; with ``due_by`` only those whose time comes until then."""
    query = (
        sa.select(_retry, _entry.c.raw_line)
        .join(_entry, _entry.c.id == _retry.c.entry_id)
        .order_by(_retry.c.next_at, _retry.c.id)
        .limit(limit)
    )
    if due_by is not None:
        query = query.where(_retry.c.next_at <= due_by)
    return [
        Queued(row.provider, row.entry_id, row.raw_line, row.next_at, row.attempts, row.why)
        for row in connection.execute(query)
    ]


def queue_lengths(connection: sa.Connection) -> Mapping[str, tuple[int, datetime]]:
    """By provider: how many questions are in its queue, and when the first is due."""
    rows = connection.execute(
        sa.select(
            _retry.c.provider, sa.func.count().label("length"), sa.func.min(_retry.c.next_at).label("first")
        )
        .group_by(_retry.c.provider)
        .order_by(_retry.c.provider)
    )
    return {row.provider: (row.length, row.first) for row in rows}


def as_text(providers: Iterable[str]) -> str:
    """Names of providers as they are kept: each with a space on both sides."""
    return f" {' '.join(sorted(providers))} "
