"""Taking back what people decided: about lines and about tracks, one decision or all of one command.

Nothing is deleted: a decision that was taken back stays in the history with the time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput, StaleEdit
from mixtrove.library import schema
from mixtrove.library.aliases import forget_aliases_of
from mixtrove.library.correction_records import CorrectionRecord, holding_decision
from mixtrove.library.credits import credit_of_track
from mixtrove.library.giving_way import hold_again, set_corrections
from mixtrove.library.line_decisions import apply_to_line
from mixtrove.library.store import Store, Transaction
from mixtrove.library.track_columns import write_columns
from mixtrove.library.track_corrections import take_merge_back, track_row
from mixtrove.library.track_decisions import renew_apart, renew_marks
from mixtrove.library.track_identity import forget_name, remember_name, track_named
from mixtrove.matching import identity_key

_correction = schema.correction
NOTHING = "there is no such decision to take back: `mixtrove corrections list` shows those that hold"


@dataclass(frozen=True, slots=True)
class Undone:
    """A decision that was taken back."""

    correction_id: str
    kind: str
    line_key: str | None
    library_track_id: str | None
    entries: int  # lines with it, in all mixes
    holds: str | None = None  # of a line, what an earlier decision says of it now, in words


def undo(
    store: Store,
    *,
    correction_ids: Collection[str] = (),
    line_key: str | None = None,
    batch_id: str | None = None,
    by: str | None = None,
) -> list[Undone]:
    """Take back decisions by their ids, the last one about a line, or all of one command; the last one first.

    Of a line, the decision that it replaced holds again; lines that nothing holds for are pending: the next
    run looks them up. Of a track, an edit gives back what was there, a merge gives back two tracks, kept
    apart.

    Args:
        store: the store.
        correction_ids: these decisions, or
        line_key: the last one about this line, or
        batch_id: all of one command.
        by: who takes them back; whoever made them when None.

    Raises:
        BadInput: there is no such decision, or it was taken back already; nothing is taken back then.
        StaleEdit: a field that an edit set was set again since; nothing is taken back then.
    """
    if (batch_id is not None) + bool(correction_ids) + (line_key is not None) != 1:
        raise BadInput(NOTHING)
    with store.write() as tx:
        query = sa.select(_correction).where(_correction.c.undone_at.is_(None))
        if batch_id is not None:
            query = query.where(_correction.c.batch_id == batch_id)
        elif correction_ids:
            query = query.where(_correction.c.id.in_(correction_ids))
        else:
            query = query.where(_correction.c.line_key == line_key).limit(1)
        rows = tx.connection.execute(query.order_by(_correction.c.id.desc())).mappings().all()
        if not rows or len(rows) < len(set(correction_ids)):
            raise BadInput(NOTHING)
        return [_take_back(tx, row, by or row["decided_by"]) for row in rows]


def last_decision(connection: sa.Connection, line_key: str) -> str:
    """The id of the last decision about a line that holds.

    Raises:
        BadInput: nothing was decided about it, or all was taken back.
    """
    query = sa.select(sa.func.max(_correction.c.id)).where(
        _correction.c.line_key == line_key, _correction.c.undone_at.is_(None)
    )
    found = connection.execute(query).scalar()
    if found is None:
        raise BadInput(NOTHING)
    return str(found)


def _take_back(tx: Transaction, row: sa.RowMapping, by: str) -> Undone:
    entries = 0
    holds: CorrectionRecord | None = None
    if row["line_key"] is not None:
        set_corrections(tx, [row["id"]], undone_at=tx.now)
        forget_aliases_of(tx, row["id"])
        hold_again(tx, row)
        entries = apply_to_line(tx, row["line_key"])
        holds = holding_decision(tx.connection, row["line_key"])
    elif row["kind"] == "edit":
        _unedit(tx, row)
        set_corrections(tx, [row["id"]], undone_at=tx.now)
        renew_marks(tx, [row["payload"]["id"]])
    elif row["kind"] == "merge":
        take_merge_back(tx, row["payload"]["merge_id"], by=by)
    else:
        set_corrections(tx, [row["id"]], undone_at=tx.now)
        renew_apart(tx)
    return Undone(
        row["id"],
        row["kind"],
        row["line_key"],
        row["library_track_id"],
        entries,
        holds.what if holds else None,
    )


def _unedit(tx: Transaction, row: sa.RowMapping) -> None:
    """Give the fields of a track back what an edit changed."""
    track = track_row(tx.connection, row["library_track_id"])
    if row["payload"]["id"] != track["id"]:
        raise BadInput(
            f"this was an edit of a track that became part of track {track['id']}: edit that one, or take "
            f"the merge back first, with `mixtrove library unmerge {track['id'][-8:]}`"
        )
    changes = row["payload"]["changes"]
    if any(track[name] != after for name, (_, after) in changes.items()):
        raise StaleEdit(
            f"track {track['id']}", expected=row["payload"]["version"], found=track["version"],
            given={name: before for name, (before, _) in changes.items()},
            there={name: track[name] for name in changes},
        )  # fmt: skip
    values: dict[str, Any] = {name: before for name, (before, _) in changes.items()}
    whole: Any = {**track, **values}
    key = track["identity_key"] if track["provisional"] else identity_key(credit_of_track(whole))
    if key != track["identity_key"]:
        twin = track_named(tx.connection, key, track["disambiguator"])
        if twin is not None and twin["id"] != track["id"]:
            raise BadInput(
                f"track {twin['id']} has the name that this edit would give back: rename it first, or merge "
                "the two"
            )
        forget_name(tx, key, track["disambiguator"])
        values["identity_key"] = key
        if row["payload"]["known"] is not None:
            remember_name(tx, row["payload"]["known"], track["id"])
    write_columns(tx, track["id"], values)
