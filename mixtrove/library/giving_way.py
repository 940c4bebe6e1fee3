"""Decisions about one line that give way to a later one and hold again when that is taken back.

With them goes what follows from a decision: another name of an artist, and the provisional track of the line
(with its wants), which is part of what the line was said to be for as long as that holds. Not here: deciding
(``line_decisions.py``), taking back (``undoing.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.aliases import alias_of_correction, forget_aliases_of
from mixtrove.library.discoveries import absorb
from mixtrove.library.merging import unmerge_tracks
from mixtrove.library.store import Transaction
from mixtrove.library.track_identity import PROVISIONAL_PREFIX, track_named

_correction = schema.correction


def set_corrections(tx: Transaction, ids: Sequence[str], **values: Any) -> None:
    """Write columns of corrections."""
    if ids:
        tx.connection.execute(
            sa.update(_correction).where(_correction.c.id.in_(ids)).values(**values, revision=tx.revision)
        )


def set_aside(tx: Transaction, key: str) -> list[str]:
    """Earlier decisions about the line give way to a new one; rejections of candidates stay."""
    ids = list(
        tx.connection.execute(
            sa.select(_correction.c.id).where(
                _correction.c.line_key == key,
                _correction.c.kind != "reject",
                _correction.c.undone_at.is_(None),
            )
        ).scalars()
    )
    set_corrections(tx, ids, undone_at=tx.now)
    for one in ids:
        forget_aliases_of(tx, one)
    return ids


def hold_again(tx: Transaction, row: sa.RowMapping) -> None:
    """Let what gave way to a decision that is taken back hold again, or give way to a later one."""
    replaced = row["payload"].get("replaced", [])
    later = _next(tx.connection, row)
    if later is not None:
        payload = later["payload"]
        set_corrections(
            tx, [later["id"]], payload={**payload, "replaced": [*payload.get("replaced", ()), *replaced]}
        )
        return
    set_corrections(tx, replaced, undone_at=None)
    again = _deciding(tx.connection, row["line_key"])
    if again is not None and again["library_track_id"] is not None:
        alias_of_correction(tx, again["id"], row["line_key"], again["library_track_id"], again["decided_by"])


def _next(connection: sa.Connection, row: sa.RowMapping) -> sa.RowMapping | None:
    """The next decision about the same line after this one, which holds or gave way to another one."""
    query = sa.select(_correction).where(_correction.c.line_key == row["line_key"])
    rows = {one["id"]: one for one in connection.execute(query.order_by(_correction.c.id)).mappings()}
    stands: set[str] = set()
    fresh = {one["id"] for one in rows.values() if one["undone_at"] is None}
    while fresh:
        stands |= fresh
        fresh = {old for one in fresh for old in rows[one]["payload"].get("replaced", ())} - stands
    return next((one for number, one in rows.items() if number in stands and number > row["id"]), None)


def _deciding(connection: sa.Connection, key: str) -> sa.RowMapping | None:
    """The decision that says what a line is, if one holds."""
    query = sa.select(_correction).where(
        _correction.c.line_key == key, _correction.c.kind != "reject", _correction.c.undone_at.is_(None)
    )
    return connection.execute(query.order_by(_correction.c.id.desc())).mappings().first()


def take_in(tx: Transaction, key: str, track_id: str) -> None:
    """The provisional track of a line becomes part of what a person says it is; the decision knows that."""
    identity = PROVISIONAL_PREFIX + key
    provisional = track_named(tx.connection, identity)
    if provisional is not None:
        absorb(tx, provisional["id"], track_id)
    log = schema.merge_log
    merges = tx.connection.execute(
        sa.select(log).where(log.c.kept_id == track_id, log.c.merged_at == tx.now, log.c.undone_at.is_(None))
    ).mappings()
    mine = [row["id"] for row in merges if row["before"]["track"]["identity_key"] == identity]
    holds = _deciding(tx.connection, key)
    if mine and holds is not None:
        took_in = [*holds["payload"].get("took_in", ()), *mine]
        set_corrections(tx, [holds["id"]], payload={**holds["payload"], "took_in": took_in})


def _not_undone(connection: sa.Connection, merge_ids: Sequence[str]) -> list[str]:
    """Those of the merges that were not taken back otherwise."""
    log = schema.merge_log
    query = sa.select(log.c.id).where(log.c.id.in_(merge_ids), log.c.undone_at.is_(None)).order_by(log.c.id)
    return list(connection.execute(query).scalars())


def part(tx: Transaction, key: str) -> list[str]:
    """What decisions that hold no more made part of a track is a provisional track again, with its wants.

    Where the two cannot be parted now, because that track became part of another one or the line has a new
    provisional track, the wants stay where they are, and the decision remembers what it took in: the next
    change of what holds for the line tries it again. To refuse the change for that would leave a line wrong.
    """
    rows = tx.connection.execute(
        sa.select(_correction).where(_correction.c.line_key == key, _correction.c.undone_at.is_not(None))
    ).mappings()
    taken = [row for row in rows if row["payload"].get("took_in")]
    parted: list[str] = []
    for row in taken:
        left: list[str] = []
        for merge_id in _not_undone(tx.connection, row["payload"]["took_in"]):
            try:
                parted.append(unmerge_tracks(tx, merge_id)[1])
            except BadInput:
                left.append(merge_id)
        if left != row["payload"]["took_in"]:
            set_corrections(tx, [row["id"]], payload={**row["payload"], "took_in": left})
    return parted
