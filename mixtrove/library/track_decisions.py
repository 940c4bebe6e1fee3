"""What follows from people's decisions about tracks: which pairs are apart, which fields are theirs.

Runs read it at once from ``track_pair`` and from the attributes of the source ``person``; here it is brought
up to date from the decisions that hold, when one is taken back and when tracks become one or two again. Not
here: deciding (``track_corrections.py``), merging itself (``merging.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.store import Transaction, upsert
from mixtrove.library.track_columns import NAMED, PERSON
from mixtrove.library.track_identity import current_ids

_correction = schema.correction
_attribute = schema.track_attribute
_track = schema.library_track
_pair = schema.track_pair


def pairs_apart(connection: sa.Connection) -> Iterator[tuple[tuple[str, str], sa.RowMapping]]:
    """The pairs of tracks that are apart, as the tracks are now, each with the decision that says so."""
    query = sa.select(_correction).where(_correction.c.kind == "apart", _correction.c.undone_at.is_(None))
    rows = connection.execute(query.order_by(_correction.c.id)).mappings().all()
    now = current_ids(connection, {one for row in rows for one in row["payload"]["ids"]})
    for row in rows:
        ends = sorted({now[one] for one in row["payload"]["ids"] if one in now})
        if len(ends) == 2:
            yield (ends[0], ends[1]), row


def renew_apart(tx: Transaction) -> None:
    """Let those pairs be apart that a decision says are."""
    said = dict(pairs_apart(tx.connection))
    apart = sa.select(_pair.c.left_id, _pair.c.right_id).where(_pair.c.kind == "apart")
    there = {(left, right) for left, right in tx.connection.execute(apart)}
    for left, right in there - said.keys():
        tx.connection.execute(sa.delete(_pair).where(_pair.c.left_id == left, _pair.c.right_id == right))
    for left, right in sorted(said.keys() - there):
        row = said[left, right]
        values: dict[str, Any] = {
            "kind": "apart", "score": 0.0, "reason": f"kept apart by {row['decided_by']}",
            "found_at": row["decided_at"],
        }  # fmt: skip
        statement = insert(tx.connection, _pair).values(left_id=left, right_id=right, **values)
        tx.connection.execute(
            statement.on_conflict_do_update(index_elements=["left_id", "right_id"], set_=values)
        )


def renew_marks(tx: Transaction, track_ids: Collection[str]) -> None:
    """Mark those fields of tracks as people's that an edit which holds has set.

    What was set of a track that became part of another one is set there too, except what it was called.
    """
    values = {
        row["id"]: row
        for row in tx.connection.execute(sa.select(_track).where(_track.c.id.in_(track_ids))).mappings()
    }
    said: dict[tuple[str, str], Any] = {}  # when it was set last
    for row in tx.connection.execute(
        sa.select(_correction)
        .where(
            _correction.c.library_track_id.in_(track_ids),
            _correction.c.kind == "edit",
            _correction.c.undone_at.is_(None),
        )
        .order_by(_correction.c.id)
    ):
        own = row.payload["id"] == row.library_track_id
        for name in row.payload["changes"]:
            if own or name not in NAMED:
                said[row.library_track_id, name] = row.decided_at
    marks = sa.and_(_attribute.c.library_track_id.in_(track_ids), _attribute.c.provider == PERSON)
    there = {
        (row.library_track_id, row.name): (row.value, row.fetched_at)
        for row in tx.connection.execute(sa.select(_attribute).where(marks))
    }
    for track_id, name in there.keys() - said.keys():
        tx.connection.execute(
            sa.delete(_attribute).where(
                marks, _attribute.c.library_track_id == track_id, _attribute.c.name == name
            )
        )
    new = [
        {
            "library_track_id": track_id, "name": name, "provider": PERSON, "value": values[track_id][name],
            "fetched_at": at, "expires_at": None,
        }
        for (track_id, name), at in sorted(said.items())
        if there.get((track_id, name)) != (values[track_id][name], at)
    ]  # fmt: skip
    upsert(tx, _attribute, new, on=("library_track_id", "name", "provider"))
