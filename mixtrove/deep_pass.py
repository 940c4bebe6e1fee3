"""The deep pass: the whole library is looked through for tracks that are one (DESIGN §5, §6).

What is certain is merged, what a person should look at is kept as pairs, the likeliest first. It may be
killed at any moment and run again; a second run finds nothing new. Not here: what makes two tracks one
(``mixtrove.duplicates``), merging and its undoing (``mixtrove.library.merging``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa

from mixtrove.duplicates import Cluster, Pair, TrackText, find_duplicates
from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import CHUNK
from mixtrove.library.store import PAUSE, Store, Transaction, write_in_turns
from mixtrove.library.track_pairs import forget_found, merge_same, note_pair
from mixtrove.matching.verdict import RULE, Rule

MOST_PAIRS = 10_000
"""Pairs that are kept for people; nobody looks at more before the next pass."""

BY = "deep pass"

Progress = Callable[[str, int, int], None]  # (what, done, of)

_track = schema.library_track
_pair = schema.track_pair


@dataclass(frozen=True, slots=True)
class DeepPass:
    """What one pass did."""

    tracks: int  # looked through
    merged: int  # tracks that are part of another one now
    unsure: int  # pairs that a person should look at
    conflicts: int  # pairs that share an id and are not alike
    left: int  # groups that somebody changed meanwhile: the next pass looks at them


def merge_duplicates(
    store: Store, *, rule: Rule = RULE, processes: int | None = None, progress: Progress | None = None
) -> DeepPass:
    """Merge the tracks of the library that are certainly one, and keep the pairs that may be.

    Two versions of a track are never merged, nor what a person keeps apart. The earliest track of a group
    stays. Every merge can be taken back (``unmerge_tracks``).

    Args:
        store: the store; others may write to it meanwhile.
        rule: from which score names are the same.
        processes: how many work side by side; by default one a core when there are many tracks.
        progress: told what is done, how much of it and of how much.

    Raises:
        StoreUnavailable: the merges before are kept.
    """
    report = progress or (lambda what, done, of: None)
    started = datetime.now(UTC)
    with store.read() as connection:
        apart = [
            (row.left_id, row.right_id)
            for row in connection.execute(
                sa.select(_pair.c.left_id, _pair.c.right_id).where(_pair.c.kind == "apart")
            )
        ]
        tracks = list(_tracks(connection))
    found = find_duplicates(tracks, apart=apart, rule=rule, processes=processes, progress=progress)
    count = len(tracks)
    del tracks
    merged = left = 0
    done = 0
    for some in write_in_turns(store, found.clusters, lambda tx, group: _merge(tx, group, started)):
        merged += sum(one for one in some if one is not None)
        left += some.count(None)
        done += len(some)
        report("merged", done, len(found.clusters))
    _note(store, found.unsure[:MOST_PAIRS], "unsure")
    _note(store, found.conflicts[:MOST_PAIRS], "conflict")
    with store.write() as tx:
        forget_found(tx, started)
    return DeepPass(count, merged, len(found.unsure), len(found.conflicts), left)


def _tracks(connection: sa.Connection) -> Iterator[TrackText]:
    """The identified tracks of the library, in the order of their ids.

    An id elsewhere belongs to one track: what two share was told when it arrived (``track_pairs``).
    """
    rows = connection.execution_options(yield_per=5000).execute(
        sa.select(
            _track.c.id, _track.c.artist, _track.c.title, _track.c.remix, _track.c.label,
            _track.c.catalog_number, _track.c.duration, _track.c.release_date, _track.c.isrcs,
            _track.c.disambiguator,
        )
        .where(~_track.c.provisional)
        .order_by(_track.c.id)
    )  # fmt: skip
    for row in rows:
        yield TrackText(
            id=row.id,
            artist=row.artist,
            title=row.title,
            version=row.remix,
            label=row.label,
            catalog_number=row.catalog_number,
            duration=row.duration,
            year=int(row.release_date[:4]) if row.release_date else None,
            isrcs=tuple(row.isrcs),
            disambiguator=row.disambiguator,
        )


def _merge(tx: Transaction, group: Cluster, since: datetime) -> int | None:
    """Merge a group; None when a track of it was changed since, or is gone. New plays are no change."""
    fresh: set[str] = set()
    for some in chunks(group.ids):
        fresh.update(
            tx.connection.execute(
                sa.select(_track.c.id).where(_track.c.id.in_(some), _track.c.updated_at <= since)
            ).scalars()
        )
    if not fresh.issuperset(group.ids):
        return None
    return merge_same(tx, [(one.left, one.right, "; ".join(one.reasons)) for one in group.pairs], by=BY)


def _note(store: Store, pairs: Sequence[Pair], kind: Literal["unsure", "conflict"]) -> None:
    for at in range(0, len(pairs), CHUNK):
        some = pairs[at : at + CHUNK]
        with store.write() as tx:
            ids = [one for pair in some for one in (pair.left, pair.right)]
            there = set(tx.connection.execute(sa.select(_track.c.id).where(_track.c.id.in_(ids))).scalars())
            for pair in some:
                if {pair.left, pair.right} <= there:
                    note_pair(tx, pair.left, pair.right, kind, pair.score, "; ".join(pair.reasons))
        time.sleep(PAUSE)
