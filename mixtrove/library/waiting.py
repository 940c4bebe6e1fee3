"""What waits in the store, since when, and what failed for good: for figures, checks and alerts.

Here: counting and listing. Not here: the queues themselves (``jobs.py``, ``watch.py``, ``outbox.py``,
``review_queue.py``), and who is told (``mixtrove.api``, ``discovery_assets``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.discoveries import PENDING
from mixtrove.library.jobs import queued
from mixtrove.library.review_queue import count_review
from mixtrove.library.watch import queue_lengths

GIVEN_UP = 20
"""Attempts in a row, over about five days, after which a question to a provider counts as failed for good."""

_CHUNK = 500

_entry = schema.tracklist_entry
_job = schema.discovery_job
_retry = schema.retry_entry
_outbox = schema.outbox


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits."""

    entries: int  # that are pending
    entry_since: datetime | None  # since when the oldest waits for its first decision
    review: int  # lines that wait for a person
    jobs: int  # that no worker has taken up
    job_since: datetime | None
    questions: Mapping[str, int]  # in the queue, by provider
    events: int  # of the outbox, that were not published yet
    event_since: datetime | None
    revision: int  # of the last write


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """An entry that waits for its first decision."""

    id: str
    line: str
    tracklist_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something that was asked for, failed for good and was not done since."""

    kind: str  # job or question
    id: str
    about: str  # a tracklist's id, or a provider and a line
    why: str  # a sentence
    since: datetime


def what_waits(connection: sa.Connection) -> Waiting:
    """Everything that waits."""
    count = sa.func.count()
    jobs = queued(connection)
    first_job = sa.select(sa.func.min(_job.c.created_at)).where(_job.c.id.in_(jobs[:1]))
    events, event_since = connection.execute(
        sa.select(count, sa.func.min(_outbox.c.created_at)).where(_outbox.c.published_at.is_(None))
    ).one()
    oldest = min((one.since for one in _undecided(connection)), default=None)
    revision = sa.select(schema.counter.c.value).where(schema.counter.c.name == "revision")
    return Waiting(
        entries=connection.execute(sa.select(count).select_from(_entry).where(PENDING)).scalar_one(),
        entry_since=oldest,
        review=count_review(connection),
        jobs=len(jobs),
        job_since=connection.execute(first_job).scalar(),
        questions={name: length for name, (length, _) in queue_lengths(connection).items()},
        events=events,
        event_since=event_since,
        revision=int(connection.execute(revision).scalar() or 0),
    )


def pending_since_before(connection: sa.Connection, moment: datetime) -> list[PendingEntry]:
    """The entries that have waited for their first decision since before this moment, by id."""
    return [one for one in _undecided(connection, made_before=moment) if one.since < moment]


def dead_letters(connection: sa.Connection) -> list[DeadLetter]:
    """What failed for good, the oldest first.

    A failed job is not among them once its lines were asked for again and done; it is forgotten with its row.
    A question to a provider is, after ``GIVEN_UP`` attempts, although it is still asked now and then.
    """
    return sorted([*_failed_jobs(connection), *_given_up(connection)], key=lambda one: (one.since, one.id))


def made_at(id_: str) -> datetime:
    """When a row was made, by its id, a UUIDv7 (RFC 9562 §5.7)."""
    return datetime.fromtimestamp(int(id_.replace("-", "")[:12], 16) / 1000, UTC)


def _undecided(connection: sa.Connection, made_before: datetime | None = None) -> Iterator[PendingEntry]:
    """Pending entries without a play, by id, as long as an older one may follow.

    An entry waits from when it was made, or, when what people decided was taken back, from then on. Those
    with a play were decided before and are looked at again: what is known of them stands meanwhile.
    """
    play, correction = schema.track_discovery, schema.correction
    taken_back = (
        sa.select(sa.func.max(correction.c.undone_at))
        .where(correction.c.line_key == _entry.c.line_key)
        .correlate(_entry)
        .scalar_subquery()
    )
    query = (
        sa.select(_entry.c.id, _entry.c.raw_line, _entry.c.tracklist_id, taken_back.label("taken_back"))
        .where(PENDING, ~sa.exists().where(play.c.entry_id == _entry.c.id))
        .order_by(_entry.c.id)
        .limit(_CHUNK)
    )
    last, oldest = "", None
    while rows := connection.execute(query.where(_entry.c.id > last)).all():
        for row in rows:
            made = made_at(row.id)
            if (made_before and made >= made_before) or (not made_before and oldest and made >= oldest):
                return
            since = max(made, row.taken_back or made)
            oldest = min(since, oldest or since)
            yield PendingEntry(row.id, row.raw_line, row.tracklist_id, since)
        last = rows[-1].id


def _failed_jobs(connection: sa.Connection) -> Iterator[DeadLetter]:
    failed = connection.execute(sa.select(_job).where(_job.c.status == "failed")).all()
    if not failed:
        return
    done = connection.execute(
        sa.select(_job.c.id, _job.c.tracklist_id, _job.c.positions).where(
            _job.c.status == "done", _job.c.tracklist_id.in_({row.tracklist_id for row in failed})
        )
    ).all()
    for row in failed:
        since: set[Any] = set()
        for other in done:
            if other.tracklist_id == row.tracklist_id and other.id > row.id:
                since.update(other.positions)
        if not since.issuperset(row.positions):
            yield DeadLetter("job", row.id, row.tracklist_id, row.error or "", row.updated_at)


def _given_up(connection: sa.Connection) -> Iterator[DeadLetter]:
    rows = connection.execute(
        sa.select(_retry.c.id, _retry.c.provider, _retry.c.why, _entry.c.raw_line)
        .join(_entry, _entry.c.id == _retry.c.entry_id)
        .where(_retry.c.attempts >= GIVEN_UP)
    )
    for row in rows:
        yield DeadLetter("question", row.id, f"{row.provider}: {row.raw_line}", row.why, made_at(row.id))
