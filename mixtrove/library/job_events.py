"""What the outbox is told when a job ends: ``discovery.completed`` with its tracks, or ``discovery.failed``.

An event a job: a request for more than a job holds is answered in parts, and ``jobs_left`` says how many are
still to come. Not here: jobs themselves (``jobs.py``), publishing (``mixtrove.messaging``).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.outbox import emit
from mixtrove.library.store import Transaction

COMPLETED = "discovery.completed"
FAILED = "discovery.failed"

_job = schema.discovery_job
_entry = schema.tracklist_entry


def tell_ended(tx: Transaction, job_id: str) -> None:
    """Tell how a job ended; the events of one tracklist leave in order."""
    job = tx.connection.execute(sa.select(_job).where(_job.c.id == job_id)).one()
    told = {
        "job_id": job.id, "tracklist_id": job.tracklist_id, "positions": job.positions, "user": job.asked_by,
        "message_id": job.message_id, "reply_key": job.reply_key, "jobs_left": _left(tx, job.message_id),
    }  # fmt: skip
    if job.status == "done":
        tracks = _tracks(tx, job.tracklist_id, job.positions)
        counts = Counter(track["status"] for track in tracks)
        for status in schema.ENTRY_STATUSES:
            told[status] = counts[status]
        emit(tx, COMPLETED, job.tracklist_id, {**told, "tracks": tracks})
    else:
        error = job.error or "it was cancelled"
        emit(tx, FAILED, job.tracklist_id, {**told, "status": job.status, "error": error})


def _left(tx: Transaction, message_id: str | None) -> int:
    """The jobs of the same message that did not end yet."""
    if message_id is None:
        return 0
    waiting = sa.select(sa.func.count()).select_from(_job)
    return tx.connection.execute(
        waiting.where(_job.c.message_id == message_id, _job.c.status.in_(("queued", "running")))
    ).scalar_one()


def _tracks(tx: Transaction, tracklist_id: str, positions: list[int]) -> list[dict[str, Any]]:
    """What was played in these lines, an item a component."""
    play, track = schema.track_discovery, schema.library_track
    rows = tx.connection.execute(
        sa.select(
            _entry.c.position, _entry.c.component, _entry.c.raw_line, _entry.c.status,
            track.c.id.label("track_id"), track.c.artist, track.c.title, track.c.remix.label("version"),
            play.c.confidence,
        )
        .join(play, play.c.entry_id == _entry.c.id, isouter=True)
        .join(track, track.c.id == play.c.library_track_id, isouter=True)
        .where(_entry.c.tracklist_id == tracklist_id, _entry.c.position.in_(positions))
        .order_by(_entry.c.position, _entry.c.component)
    ).mappings()  # fmt: skip
    return [dict(row) for row in rows]
