"""The review queue: lines that wait for a person, each once, the most heard first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_entry, read, shown
from mixtrove.library.discoveries import TrackRecord
from mixtrove.library.facts import Facts
from mixtrove.matching import Credit

_entry = schema.tracklist_entry


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
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """A correction that holds."""

    correction_id: str
    line_key: str
    line: str | None
    kind: str
    track: str | None
    decided_by: str
    decided_at: datetime


def review_queue(connection: sa.Connection, *, limit: int | None = None) -> list[ReviewItem]:
    """Provisional lines grouped by line key, ordered by how often they were heard."""
    grouped = (
        sa.select(
            _entry.c.line_key,
            sa.func.count().label("heard"),
            sa.func.min(_entry.c.id).label("entry_id"),
        )
        .where(_entry.c.status == "provisional")
        .group_by(_entry.c.line_key)
        .subquery()
    )
    rows = connection.execute(
        sa.select(grouped, _entry.c.raw_line)
        .join(_entry, _entry.c.id == grouped.c.entry_id)
        .order_by(grouped.c.heard.desc(), grouped.c.entry_id)
        .limit(limit)
    ).all()
    return [
        ReviewItem(row.line_key, row.entry_id, row.raw_line, row.heard, offers(connection, row.entry_id))
        for row in rows
    ]


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
    if row.source == "library":
        return str(row.candidate_id)
    facts = Facts.read(row.record["facts"]) if "facts" in row.record else None
    credit = read(row.record) if facts is None or facts.named else credit_of_line(connection, entry_id)
    return TrackRecord(row.source, row.candidate_id, credit, row.record.get("url"), facts)


def credit_of_line(connection: sa.Connection, entry_id: str) -> Credit:
    """What an entry says, as a credit.

    Raises:
        BadInput: there is no such entry.
    """
    row = connection.execute(sa.select(_entry).where(_entry.c.id == entry_id)).mappings().first()
    if row is None:
        raise BadInput(f"there is no entry {entry_id!r}: `mixtrove review list` shows them")
    return credit_of_entry(row)


def decided_lines(connection: sa.Connection, *, limit: int | None = None) -> list[DecidedLine]:
    """The corrections that hold, the last first."""
    correction, track = schema.correction, schema.library_track
    first = (
        sa.select(_entry.c.raw_line)
        .where(_entry.c.line_key == correction.c.line_key)
        .order_by(_entry.c.id)
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(correction, first.label("line"), track.c.artist, track.c.title, track.c.remix)
        .outerjoin(track, track.c.id == correction.c.library_track_id)
        .where(correction.c.undone_at.is_(None))
        .order_by(correction.c.id.desc())
        .limit(limit)
    )
    return [
        DecidedLine(
            row.id, row.line_key, row.line, row.kind,
            f"{row.artist} - {row.title}{f' ({row.remix})' if row.remix else ''}" if row.title else None,
            row.decided_by, row.decided_at,
        )
        for row in rows
    ]  # fmt: skip
