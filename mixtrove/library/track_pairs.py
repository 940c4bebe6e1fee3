"""Pairs of tracks that share an id: one track when their texts agree, reported when they do not.

``note_shared_id`` is told as tracks arrive; what is the same is merged at the end of the transaction. A pair
that a person keeps apart is neither merged nor reported. Not here: looking through the whole library
(``duplicates.py``), merging (``merging.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track, shown
from mixtrove.library.deletion import chunks
from mixtrove.library.merging import RUN, merge_tracks
from mixtrove.library.store import Transaction
from mixtrove.library.track_columns import NAMED, set_by_people
from mixtrove.library.track_identity import current_ids
from mixtrove.matching import Credit, identity_key

if TYPE_CHECKING:
    from mixtrove.matching.verdict import Decision

Kind = Literal["unsure", "conflict", "apart"]

BY_ID = "both have the id of "
"""How the reason of a pair begins that shares the id of a provider: no other track can have that."""

_pair = schema.track_pair
_track = schema.library_track


@dataclass(frozen=True, slots=True)
class TrackPair:
    """Two tracks that may be one, or that share an id and are not alike."""

    left_id: str
    right_id: str
    left: str  # as people read it
    right: str
    kind: Kind
    score: float  # MATCHING §5, [0, 1]
    reason: str
    found_at: datetime


def alike(one: Credit, other: Credit) -> tuple[Decision, float, tuple[str, ...]]:
    """What the texts of two recordings that share an id say: decision, score, reasons."""
    if identity_key(one) == identity_key(other):
        return "same", 1.0, ()
    from mixtrove.matching import compare  # compiled code: loaded by who compares

    found = compare(one, other)
    return found.decision, found.score, found.reasons


def note_shared_id(tx: Transaction, first: str, second: str, shared: str) -> None:
    """Two tracks were found to share an id: merge them, ask a person, or report that they disagree.

    Args:
        tx: the transaction; a merge happens at its end, so that ids hold until then.
        first: a track.
        second: another one.
        shared: what they share, for people: ``ISRC GBAYE0601498``.
    """
    if is_apart(tx.connection, first, second):
        return
    rows = {
        row["id"]: row
        for row in tx.connection.execute(sa.select(_track).where(_track.c.id.in_([first, second]))).mappings()
    }
    if len(rows) < 2:
        return
    decision, score, reasons = alike(credit_of_track(rows[first]), credit_of_track(rows[second]))
    if decision == "same":
        tx.before_commit(f"merge {first} {second}", lambda last: merge_same(last, [(first, second, shared)]))
        return
    note_pair(tx, first, second, "conflict", score, "; ".join((f"both have {shared}", *reasons)))


def note_pair(tx: Transaction, first: str, second: str, kind: Kind, score: float, reason: str) -> None:
    """Keep a pair; what a person said of it stays, unless this is what a person says now."""
    left, right = sorted((first, second))
    statement = insert(tx.connection, _pair).values(
        left_id=left, right_id=right, kind=kind, score=score, reason=reason, found_at=tx.now
    )
    new = statement.excluded
    tx.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["left_id", "right_id"],
            set_={name: new[name] for name in ("kind", "score", "reason", "found_at")},
            where=sa.true() if kind == "apart" else _pair.c.kind != "apart",
        )
    )


def forget_pair(tx: Transaction, first: str, second: str) -> None:
    """Two tracks are a pair no more."""
    left, right = sorted((first, second))
    tx.connection.execute(sa.delete(_pair).where(_pair.c.left_id == left, _pair.c.right_id == right))


def is_apart(connection: sa.Connection, first: str, second: str) -> bool:
    """Whether a person keeps two tracks apart."""
    left, right = sorted((first, second))
    found = connection.execute(
        sa.select(_pair.c.kind).where(_pair.c.left_id == left, _pair.c.right_id == right)
    ).scalar()
    return found == "apart"


def forget_found(tx: Transaction, before: datetime) -> None:
    """Forget the pairs that a deep pass found before this time; those that arrived by a shared id stay."""
    by_id = (_pair.c.kind == "conflict") & _pair.c.reason.startswith(BY_ID)
    tx.connection.execute(sa.delete(_pair).where(_pair.c.kind != "apart", ~by_id, _pair.c.found_at < before))


def merge_same(tx: Transaction, pairs: Iterable[tuple[str, str, str]], *, by: str = RUN) -> int:
    """Merge pairs of one track each, the later into the earlier; returns how many merges that were.

    The one that a person gave its name stays.

    Args:
        tx: the transaction.
        pairs: two tracks and why they are one. A track that was merged meanwhile stands for what it is now.
        by: who, for the history.
    """
    done = 0
    for first, second, why in pairs:
        now = current_ids(tx.connection, [first, second])
        if len(now) < 2 or now[first] == now[second]:
            continue
        names = set_by_people(tx.connection, now.values())
        kept, merged = sorted(now.values(), key=lambda one: (names.get(one, set()).isdisjoint(NAMED), one))
        if not is_apart(tx.connection, kept, merged):
            merge_tracks(tx, kept=kept, merged=merged, reason=why, by=by)
            done += 1
    return done


def list_pairs(
    connection: sa.Connection, kinds: Sequence[Kind] = ("unsure", "conflict"), *, limit: int | None = None
) -> list[TrackPair]:
    """Pairs for a person to look at, the most alike first."""
    rows = connection.execute(
        sa.select(_pair)
        .where(_pair.c.kind.in_(kinds))
        .order_by(_pair.c.kind.desc(), _pair.c.score.desc(), _pair.c.left_id, _pair.c.right_id)
        .limit(limit)
    ).all()
    names: dict[str, str] = {}
    for some in chunks(one for row in rows for one in (row.left_id, row.right_id)):
        tracks = connection.execute(sa.select(_track).where(_track.c.id.in_(some))).mappings()
        names |= {track["id"]: shown(credit_of_track(track)) for track in tracks}
    return [
        TrackPair(
            row.left_id, row.right_id, names[row.left_id], names[row.right_id], row.kind, row.score,
            row.reason, row.found_at,
        )
        for row in rows
    ]  # fmt: skip


def count_pairs(connection: sa.Connection, kinds: Sequence[Kind] = ("unsure", "conflict")) -> int:
    """How many pairs there are of these kinds."""
    return connection.execute(sa.select(sa.func.count()).where(_pair.c.kind.in_(kinds))).scalar_one()
