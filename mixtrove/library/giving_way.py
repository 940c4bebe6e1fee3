"""Decisions about one line that give way to a later one and hold again when that is taken back.

With them goes what follows from a decision: another name of an artist, and the provisional track of the line
(with its wants), which is part of what the line was said to be for as long as that holds. Not here: deciding
(``line_decisions.py``), taking back (``undoing.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.aliases import alias_of_correction, forget_aliases_of
from mixtrove.library.discoveries import absorb
from mixtrove.library.merging import unmerge_tracks
from mixtrove.library.store import Transaction
from mixtrove.library.track_identity import track_named
from mixtrove.library.tracks import PROVISIONAL_PREFIX

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


def hold_again(tx: Transaction, key: str, ids: Sequence[str]) -> None:
    """Let decisions that gave way hold again; under a later one that holds, once that is taken back."""
    later = _deciding(tx.connection, key)
    if later is not None:
        replaced = [*later["payload"].get("replaced", ()), *ids]
        set_corrections(tx, [later["id"]], payload={**later["payload"], "replaced": replaced})
        return
    set_corrections(tx, ids, undone_at=None)
    again = _deciding(tx.connection, key)
    if again is not None and again["library_track_id"] is not None:
        alias_of_correction(tx, again["id"], key, again["library_track_id"], again["decided_by"])


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
        set_corrections(tx, [holds["id"]], payload={**holds["payload"], "took_in": mine})


def part(tx: Transaction, key: str) -> list[str]:
    """What decisions that hold no more made part of a track is a provisional track again, with its wants."""
    rows = tx.connection.execute(
        sa.select(_correction).where(_correction.c.line_key == key, _correction.c.undone_at.is_not(None))
    ).mappings()
    taken = [row for row in rows if row["payload"].get("took_in")]
    parted: list[str] = []
    for row in taken:
        for merge_id in row["payload"]["took_in"]:
            with suppress(BadInput):  # something else was made of the two since: that stays
                parted.append(unmerge_tracks(tx, merge_id)[1])
        set_corrections(tx, [row["id"]], payload={**row["payload"], "took_in": []})
    return parted
