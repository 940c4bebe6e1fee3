"""Requests to discover the tracks of a tracklist: asked for, taken up by a worker, followed, cancelled.

A job is at most ``MOST`` entries of one tracklist. Workers claim jobs one by one, the oldest first; a job
whose worker was killed is queued again: at once on its own machine, where everybody sees that the process is
gone, and after ``LEASE`` elsewhere. The transaction in which a job ends tells so in the outbox
(``job_events.py``). Not here: doing it (``mixtrove.requested``).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput, MixtroveError, NotFound
from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.job_events import tell_ended
from mixtrove.library.store import Store, Transaction, new_id
from mixtrove.processes import is_abandoned, process_started

MOST = 100
"""Entries in a job (the specification's limit); more become several jobs."""

MOST_WAITING = 500
"""Jobs of one user that may wait: ten of the longest tracklists."""

LEASE = timedelta(minutes=2)
"""How long a job is its worker's after the last sign of life."""

ATTEMPTS = 3
"""Workers that may end within one job before it is given up."""

KEPT = timedelta(days=30)
"""After which a job that ended is forgotten."""

ENDED = ("done", "failed", "cancelled")

_job = schema.discovery_job
_entry = schema.tracklist_entry


@dataclass(frozen=True, slots=True)
class Job:
    """A request to discover tracks."""

    id: str
    tracklist_id: str
    positions: tuple[int, ...]  # of the lines, from 1, ascending
    status: str  # queued, running, done, failed or cancelled
    progress: float  # 0 to 1
    attempts: int
    error: str | None  # a sentence, when it failed
    created_at: datetime
    updated_at: datetime
    asked_by: str
    message_id: str | None = None  # of the message that asked
    reply_key: str | None = None  # what its sender listens to

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: lines of a tracklist."""

    tracklist_id: str
    by: str  # a user
    positions: Collection[int] = ()  # of the lines that are meant, from 1; empty: all
    message_id: str | None = None
    reply_key: str | None = None


def ask_for(tx: Transaction, tracklist_id: str, *, positions: Collection[int] = (), by: str) -> list[Job]:
    """Ask for the tracks of a tracklist to be discovered; the jobs, of at most ``MOST`` entries each.

    A job that somebody asked for already, and that has not ended, is given back instead of a second one.

    Args:
        tx: the transaction.
        tracklist_id: the tracklist.
        positions: of the lines that are meant, from 1; empty: all.
        by: who asks.

    Raises:
        BadInput: there is no such tracklist, or no such line.
        MixtroveError: too many jobs of this user wait.
    """
    sizes = _sizes(tx.connection, {tracklist_id})
    asked = _planned(tx, Asked(tracklist_id, by, positions), sizes.get(tracklist_id))
    _forget_old(tx)
    there = _under_way(tx.connection, tracklist_id)
    fresh = [job for job in asked if job.positions not in there]
    if fresh:
        _refuse_too_many(tx.connection, by, len(fresh))
        tx.connection.execute(sa.insert(_job), [asdict(job) for job in fresh])
    return get_jobs(tx.connection, [there.get(job.positions, job.id) for job in asked])


def ask_for_all(tx: Transaction, asked: Sequence[Asked]) -> list[list[Job] | BadInput]:
    """Ask for several things at once: the jobs of each, or why it is refused.

    What is refused does not keep the others from being asked for. Each gets jobs of its own, for each is
    answered by itself.
    """
    sizes = _sizes(tx.connection, {one.tracklist_id for one in asked})
    _forget_old(tx)
    answers: list[list[Job] | BadInput] = []
    for one in asked:
        try:
            answers.append(_planned(tx, one, sizes.get(one.tracklist_id)))
        except BadInput as refused:
            answers.append(refused)
    rows = [asdict(job) for jobs in answers if not isinstance(jobs, BadInput) for job in jobs]
    if rows:
        tx.connection.execute(sa.insert(_job), rows)
    return answers


def _forget_old(tx: Transaction) -> None:
    tx.connection.execute(sa.delete(_job).where(_job.c.status.in_(ENDED), _job.c.updated_at < tx.now - KEPT))


def _planned(tx: Transaction, asked: Asked, sizes: dict[int, int] | None) -> list[Job]:
    """The jobs that something asked for takes; they are not written down yet."""
    positions = _meant(asked, sizes)
    return [
        Job(
            new_id(), asked.tracklist_id, tuple(some), "queued", 0.0, 0, None, tx.now, tx.now, asked.by,
            asked.message_id, asked.reply_key,
        )
        for some in _divided(positions, sizes or {})
    ]  # fmt: skip


def get_jobs(connection: sa.Connection, job_ids: Sequence[str]) -> list[Job]:
    """Jobs by their ids, in that order.

    Raises:
        BadInput: there is none with one of the ids.
    """
    rows = connection.execute(sa.select(_job).where(_job.c.id.in_(job_ids))).mappings()
    found = {row["id"]: _job_of(row) for row in rows}
    for job_id in job_ids:
        if job_id not in found:
            raise _no_job(job_id)
    return [found[job_id] for job_id in job_ids]


def queued(connection: sa.Connection) -> list[str]:
    """The ids of the jobs that wait for a worker, those of killed workers included, the oldest first."""
    waiting = connection.execute(sa.select(_job.c.id).where(_job.c.status == "queued")).scalars()
    return sorted({*waiting, *_left_behind(connection, datetime.now(UTC))})


def cancel(tx: Transaction, job_id: str) -> Job:
    """Cancel a job: a worker that is at it stops at the next line. One that has ended stays as it is.

    Raises:
        BadInput: there is none with this id.
    """
    job = _read(tx.connection, job_id)
    if not job.ended:
        _end(tx, job_id, status="cancelled")
    return _read(tx.connection, job_id)


def claim(store: Store) -> Job | None:
    """Take up the oldest job that waits; None when none does. ``finish`` or ``give_back`` ends that."""
    with store.write() as tx:
        for job_id in _left_behind(tx.connection, tx.now):
            _give_back(tx, job_id)
        oldest = sa.select(_job.c.id).where(_job.c.status == "queued").order_by(_job.c.id).limit(1)
        found = tx.connection.execute(oldest).scalar()
        if found is None:
            return None
        _write(
            tx, found, status="running", progress=0.0, attempts=_job.c.attempts + 1,
            host=socket.gethostname(), pid=os.getpid(), until=tx.now + LEASE,
        )  # fmt: skip
        return _read(tx.connection, found)


def report(store: Store, job: Job, progress: float) -> bool:
    """Tell how far a claimed job is, 0 to 1: a sign of life. False: it was cancelled, stop."""
    with store.write() as tx:
        return _mine(tx, job) and bool(_write(tx, job.id, progress=progress, until=tx.now + LEASE))


def finish(store: Store, job: Job, error: str | None = None) -> None:
    """A claimed job is done, or failed with this sentence; one that was cancelled meanwhile stays so."""
    with store.write() as tx:
        if _mine(tx, job):
            ended = {"status": "failed", "error": error} if error else {"status": "done", "progress": 1.0}
            _end(tx, job.id, **ended)


def end_with_tracklist(tx: Transaction, tracklist_id: str) -> None:
    """The jobs of a tracklist that is about to be deleted fail, so that who asked for them is told."""
    under_way = sa.select(_job.c.id).where(_job.c.tracklist_id == tracklist_id, _job.c.status.not_in(ENDED))
    for job_id in tx.connection.execute(under_way.order_by(_job.c.id)).scalars().all():
        _end(tx, job_id, status="failed", error="its tracklist was deleted before it was done")


def give_back(store: Store, job: Job) -> None:
    """Leave a claimed job to another worker; this one ends."""
    with store.write() as tx:
        if _mine(tx, job):
            _write(tx, job.id, status="queued", until=None, attempts=_job.c.attempts - 1)


def _sizes(connection: sa.Connection, tracklist_ids: Collection[str]) -> dict[str, dict[int, int]]:
    """By tracklist that there is: its positions in order, with their numbers of entries."""
    sizes: dict[str, dict[int, int]] = {}
    mix = schema.tracklist
    for some in chunks(tracklist_ids):
        rows = connection.execute(
            sa.select(mix.c.id, _entry.c.position, sa.func.count().label("size"))
            .join(_entry, _entry.c.tracklist_id == mix.c.id, isouter=True)
            .where(mix.c.id.in_(some))
            .group_by(mix.c.id, _entry.c.position)
            .order_by(mix.c.id, _entry.c.position)
        )
        for row in rows:
            lines = sizes.setdefault(row.id, {})
            if row.position is not None:
                lines[row.position] = row.size
    return sizes


def _meant(asked: Asked, sizes: dict[int, int] | None) -> list[int]:
    """The positions that are asked for, ascending."""
    if sizes is None:
        raise NotFound("tracklist", asked.tracklist_id, seen_in="mixtrove tracklist list")
    absent = sorted(set(asked.positions) - set(sizes))
    if absent:
        raise BadInput(
            f"the tracklist has no line at position {absent[0]}: "
            f"its positions are 1 to {max(sizes, default=0)}"
        )
    return sorted(set(asked.positions)) if asked.positions else list(sizes)


def _under_way(connection: sa.Connection, tracklist_id: str) -> dict[tuple[int, ...], str]:
    """By positions, the jobs of a tracklist that bring what is asked for now: they read it as it is now."""
    mix = schema.tracklist
    rows = connection.execute(
        sa.select(_job.c.id, _job.c.positions)
        .join(mix, mix.c.id == _job.c.tracklist_id)
        .where(_job.c.tracklist_id == tracklist_id)
        .where(
            (_job.c.status == "queued")
            | ((_job.c.status == "running") & (_job.c.created_at > mix.c.updated_at))
        )
        .order_by(_job.c.id.desc())
    )
    return {tuple(row.positions): row.id for row in rows}


def _refuse_too_many(connection: sa.Connection, user: str, new: int) -> None:
    waiting = connection.execute(
        sa.select(sa.func.count()).select_from(_job).where(_job.c.status == "queued", _job.c.asked_by == user)
    ).scalar_one()
    if waiting + new > MOST_WAITING:
        raise MixtroveError(
            f"{waiting:,} jobs of {user} wait already, {MOST_WAITING:,} is the most: see to it that a worker "
            "runs, or cancel some"
        )


def _divided(positions: Sequence[int], sizes: dict[int, int]) -> Iterator[list[int]]:
    """Positions in lists whose lines have at most ``MOST`` entries together."""
    some: list[int] = []
    size = 0
    for position in positions:
        if some and size + sizes[position] > MOST:
            yield some
            some, size = [], 0
        some.append(position)
        size += sizes[position]
    if some:
        yield some


def _left_behind(connection: sa.Connection, now: datetime) -> list[str]:
    """The running jobs whose workers are gone or gave no sign of life in time."""
    rows = connection.execute(sa.select(_job).where(_job.c.status == "running")).mappings()
    return [row["id"] for row in rows if row["until"] <= now or _is_gone(row)]


def _is_gone(row: sa.RowMapping) -> bool:
    if row["host"] != socket.gethostname() or row["pid"] == os.getpid():
        return False
    return is_abandoned(row["updated_at"].timestamp(), process_started(row["pid"]))


def _give_back(tx: Transaction, job_id: str) -> None:
    job = _read(tx.connection, job_id)
    if job.attempts < ATTEMPTS:
        _write(tx, job_id, status="queued", until=None)
        return
    _end(
        tx, job_id, status="failed",
        error=f"its worker ended {job.attempts} times before it was done: see the worker's log, ask again",
    )  # fmt: skip


def _mine(tx: Transaction, job: Job) -> bool:
    row = tx.connection.execute(sa.select(_job).where(_job.c.id == job.id)).mappings().first()
    return row is not None and row["status"] == "running" and row["attempts"] == job.attempts


def _end(tx: Transaction, job_id: str, **values: Any) -> None:
    _write(tx, job_id, until=None, **values)
    tell_ended(tx, job_id)


def _write(tx: Transaction, job_id: str, **values: Any) -> int:
    done = tx.connection.execute(
        sa.update(_job).where(_job.c.id == job_id).values(updated_at=tx.now, **values)
    )
    return done.rowcount


def _read(connection: sa.Connection, job_id: str) -> Job:
    row = connection.execute(sa.select(_job).where(_job.c.id == job_id)).mappings().first()
    if row is None:
        raise _no_job(job_id)
    return _job_of(row)


def _no_job(job_id: str) -> NotFound:
    why = (
        f"jobs that ended are forgotten after {KEPT.days} days, those of a tracklist also when it is deleted"
    )
    return NotFound("job", job_id, why=why)


def _job_of(row: sa.RowMapping) -> Job:
    values = {field.name: row[field.name] for field in fields(Job)}
    return Job(**{**values, "positions": tuple(row["positions"])})
