"""The review queue: lines that wait for a person, each once, the most heard first, and what was offered.

A line whose decision was taken back waits from that moment on, with what was offered before; the next run
looks it up again.

Not here: deciding (``line_decisions.py``), what was decided (``correction_records.py``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput, NotFound
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_entry, read, shown
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import Candidate, TrackRecord, external_id_of
from mixtrove.library.facts import Facts
from mixtrove.matching import Credit
from mixtrove.matching.openings import NEAREST_IS, NO_CANDIDATE

_entry = schema.tracklist_entry

_SHOWN = (NEAREST_IS, NO_CANDIDATE)  # how reasons begin that the queue's list of candidates says anyway


@dataclass(frozen=True, slots=True)
class Offer:
    """A candidate as the queue shows it."""

    rank: int  # from 1, best first
    source: str
    candidate_id: str
    credit: str
    label: str | None
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One line, in all the mixes it was heard in."""

    line_key: str
    entry_id: str  # the first entry with this line
    line: str  # as written there
    heard: int
    why: tuple[str, ...]  # why no run takes the best candidate, beside how the two compare
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which lines of the queue are meant; all of them by default."""

    words: str = ""  # each of them occurs in the line
    min_confidence: float = 0.0  # of the best candidate, [0, 1]
    dj: str | None = None  # heard in a mix of a DJ with this in the name
    tracklist_id: str | None = None
    unreleased: bool = False  # those that a person said are not out yet, instead of those that wait


EVERYTHING = ReviewFilter()


def review_queue(
    connection: sa.Connection,
    which: ReviewFilter = EVERYTHING,
    *,
    after: tuple[int, str] | None = None,
    limit: int | None = None,
) -> list[ReviewItem]:
    """Lines that wait, grouped by line key, ordered by how often they were heard.

    Args:
        connection: an open connection.
        which: the lines that are meant.
        after: only those behind the line that was heard so often and has this entry.
        limit: at most so many.
    """
    waiting = _waiting(which)
    query = (
        sa.select(waiting, _entry.c.raw_line)
        .join(_entry, _entry.c.id == waiting.c.entry_id)
        .order_by(waiting.c.heard.desc(), waiting.c.entry_id)
        .limit(limit)
    )
    if after is not None:
        rarer = waiting.c.heard < after[0]
        query = query.where(rarer | ((waiting.c.heard == after[0]) & (waiting.c.entry_id > after[1])))
    rows = connection.execute(query).all()
    return [_item(connection, row.line_key, row.entry_id, row.raw_line, row.heard) for row in rows]


def count_review(connection: sa.Connection, which: ReviewFilter = EVERYTHING) -> int:
    """How many lines of the queue these are."""
    return connection.execute(sa.select(sa.func.count()).select_from(_waiting(which))).scalar_one()


def review_item(connection: sa.Connection, entry_id: str) -> ReviewItem:
    """The line of an entry, whether it waits in the queue or not.

    Raises:
        BadInput: there is no such entry.
    """
    row = connection.execute(sa.select(_entry).where(_entry.c.id == entry_id)).one_or_none()
    if row is None:
        raise NotFound("entry", entry_id, seen_in="mixtrove review list")
    heard = connection.execute(
        sa.select(sa.func.count()).where(_entry.c.line_key == row.line_key)
    ).scalar_one()
    return _item(connection, row.line_key, entry_id, row.raw_line, heard)


def _item(connection: sa.Connection, line_key: str, entry_id: str, line: str, heard: int) -> ReviewItem:
    play = schema.track_discovery
    said = connection.execute(sa.select(play.c.reasons).where(play.c.entry_id == entry_id)).scalar() or ()
    found = offers(connection, entry_id)
    known = {reason for one in found[:1] for reason in one.reasons}
    why = tuple(one for one in said if one not in known and not one.startswith(_SHOWN))
    return ReviewItem(line_key, entry_id, line, heard, why, found)


def _waiting(which: ReviewFilter) -> sa.Subquery:
    """(line_key, heard, entry_id) of the lines that are meant; the entry is the first with the line."""
    correction, tracklist, same = schema.correction, schema.tracklist, _entry.alias()
    unreleased = sa.exists().where(
        correction.c.line_key == _entry.c.line_key,
        correction.c.kind == "unreleased",
        correction.c.undone_at.is_(None),
    )
    query = (
        sa.select(
            _entry.c.line_key,
            sa.func.count().label("heard"),
            sa.func.min(_entry.c.id).label("entry_id"),
        )
        .where(
            sa.or_(_entry.c.status == "provisional", _taken_back()),
            unreleased if which.unreleased else ~unreleased,
        )
        .group_by(_entry.c.line_key)
    )
    for word in which.words.split():
        query = query.where(_entry.c.raw_line.icontains(word, autoescape=True))
    if which.tracklist_id is not None:
        there = sa.select(same.c.line_key).where(same.c.tracklist_id == which.tracklist_id)
        query = query.where(_entry.c.line_key.in_(there))
    if which.dj:
        there = (
            sa.select(same.c.line_key)
            .join(tracklist, tracklist.c.id == same.c.tracklist_id)
            .where(tracklist.c.dj.icontains(which.dj, autoescape=True))
        )
        query = query.where(_entry.c.line_key.in_(there))
    grouped = query.subquery()
    if which.min_confidence <= 0:
        return grouped
    candidate = schema.entry_candidate
    best = (candidate.c.entry_id == grouped.c.entry_id) & (candidate.c.rank == 1)
    certain = sa.select(grouped).join(candidate, best).where(candidate.c.confidence >= which.min_confidence)
    return certain.subquery()


def _taken_back() -> sa.ColumnElement[bool]:
    """Whether an entry is to be looked up again because what people decided was taken back, all of it."""
    correction = schema.correction
    decided = sa.exists().where(correction.c.line_key == _entry.c.line_key)
    return sa.and_(
        _entry.c.status == "pending",
        decided.where(correction.c.undone_at.is_not(None)),
        ~decided.where(correction.c.undone_at.is_(None)),
    )


def offers(connection: sa.Connection, entry_id: str) -> tuple[Offer, ...]:
    """What was offered for an entry, best first."""
    candidate = schema.entry_candidate
    rows = connection.execute(
        sa.select(candidate).where(candidate.c.entry_id == entry_id).order_by(candidate.c.rank)
    )
    return tuple(
        Offer(
            row.rank, row.source, row.candidate_id, shown(read(row.record)), row.record.get("label"),
            row.confidence, tuple(row.reasons),
        )
        for row in rows
    )  # fmt: skip


def candidates_of(connection: sa.Connection, entry_ids: Collection[str]) -> dict[str, tuple[Candidate, ...]]:
    """What was offered for entries, best first, as a decision about them keeps it."""
    candidate = schema.entry_candidate
    found: dict[str, list[Candidate]] = {}
    for some in chunks(entry_ids):
        rows = connection.execute(
            sa.select(candidate)
            .where(candidate.c.entry_id.in_(some))
            .order_by(candidate.c.entry_id, candidate.c.rank)
        )
        for row in rows:
            found.setdefault(row.entry_id, []).append(
                Candidate(
                    row.source, row.candidate_id, read(row.record), row.score, row.confidence, row.decision,
                    tuple(row.reasons), row.record.get("url"), row.record.get("facts"),
                )
            )  # fmt: skip
    return {entry_id: tuple(some) for entry_id, some in found.items()}


def offered_track(connection: sa.Connection, entry_id: str, rank: int) -> str | TrackRecord:
    """The candidate at this place: a library track's id, or a recording to add.

    Raises:
        BadInput: nothing was offered there.
    """
    candidate = schema.entry_candidate
    row = connection.execute(
        sa.select(candidate).where(candidate.c.entry_id == entry_id, candidate.c.rank == rank)
    ).first()
    if row is None:
        raise BadInput(
            f"there is no candidate {rank} for this line: `mixtrove review list` shows them; "
            "`mixtrove review assign` takes an artist and a title"
        )
    return _track_of(connection, row)


def offered_as(
    connection: sa.Connection, entry_id: str, provider: str, number: str
) -> str | TrackRecord | None:
    """What was offered for an entry under this id of a provider, or with this address; None: nothing was."""
    candidate = schema.entry_candidate
    rows = connection.execute(
        sa.select(candidate).where(candidate.c.entry_id == entry_id).order_by(candidate.c.rank)
    )
    for row in rows:
        own = external_id_of(row.source, row.candidate_id)
        if own == (provider, number) or row.record.get("url") == number:
            return _track_of(connection, row)
    return None


def _track_of(connection: sa.Connection, row: sa.Row[Any]) -> str | TrackRecord:
    if row.source == "library":
        return str(row.candidate_id)
    facts = Facts.read(row.record["facts"]) if "facts" in row.record else None
    credit = read(row.record) if facts is None or facts.named else credit_of_line(connection, row.entry_id)
    return TrackRecord(row.source, row.candidate_id, credit, row.record.get("url"), facts)


def credit_of_line(connection: sa.Connection, entry_id: str) -> Credit:
    """What an entry says, as a credit.

    Raises:
        BadInput: there is no such entry.
    """
    row = connection.execute(sa.select(_entry).where(_entry.c.id == entry_id)).mappings().first()
    if row is None:
        raise NotFound("entry", entry_id, seen_in="mixtrove review list")
    return credit_of_entry(row)
