"""Deleting rows so that the warehouse can follow.

A deleted row with an id of its own leaves a tombstone. Rows without one (external ids, attributes,
candidates) go with the row they belong to and leave none. A row that comes back loses its tombstone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.store import Transaction

Id = TypeVar("Id", str, int)

CHUNK = 500
"""Ids in one IN list, far below the limits of both databases."""


def chunks(ids: Iterable[Id]) -> Iterable[list[Id]]:
    """The distinct ids, sorted, in lists that fit one statement."""
    ordered = sorted(set(ids))
    return (ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK))


def delete_rows(tx: Transaction, table: sa.Table, ids: Iterable[str]) -> int:
    """Delete rows by id, leave tombstones; returns how many there were.

    Rows that the database deletes along with them must be deleted by the caller first, when they have
    tombstones of their own.
    """
    deleted = 0
    for some in chunks(ids):
        found = tx.connection.execute(
            sa.delete(table).where(table.c.id.in_(some)).returning(table.c.id)
        ).scalars()
        rows = [
            {"table_name": table.name, "row_id": row_id, "revision": tx.revision} for row_id in found.all()
        ]
        if rows:
            statement = insert(tx.connection, schema.tombstone)
            tx.connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["table_name", "row_id"],
                    set_={"revision": statement.excluded.revision},
                ),
                rows,
            )
        deleted += len(rows)
    return deleted


def restore_rows(tx: Transaction, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that were deleted, as they were; their tombstones go."""
    if not rows:
        return
    if "revision" in table.c:
        rows = [{**row, "revision": tx.revision} for row in rows]
    tx.connection.execute(sa.insert(table), rows)
    if "id" in table.c:
        tombstone = schema.tombstone
        for some in chunks(row["id"] for row in rows):
            tx.connection.execute(
                sa.delete(tombstone).where(tombstone.c.table_name == table.name, tombstone.c.row_id.in_(some))
            )


def ids_where(tx: Transaction, table: sa.Table, column: str, values: Iterable[str]) -> list[str]:
    """The ids of the rows whose ``column`` is one of ``values``, sorted."""
    found: set[str] = set()
    for some in chunks(values):
        found.update(tx.connection.execute(sa.select(table.c.id).where(table.c[column].in_(some))).scalars())
    return sorted(found)


def detach(tx: Transaction, table: sa.Table, column: str, values: Iterable[str]) -> None:
    """Empty a reference to rows that are about to be deleted, so that the change has a revision."""
    ids = ids_where(tx, table, column, values)
    for some in chunks(ids):
        tx.connection.execute(
            sa.update(table).where(table.c.id.in_(some)).values({column: None, "revision": tx.revision})
        )
