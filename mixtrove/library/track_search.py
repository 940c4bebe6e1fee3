"""Finding library tracks: orders, pages, and all of them one after another.

Which tracks are meant is ``track_filter.py``. Not here: one track with everything known of it
(``track_records.py``), where it was heard (``set_context.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.errors import NotFound
from mixtrove.library import cursors, schema
from mixtrove.library.track_filter import TrackFilter, conditions
from mixtrove.library.track_records import TrackRow, track_rows

Order = Literal["heard", "artist", "newest"]

EVERYTHING = TrackFilter()
"""All tracks."""

BATCH = 1_000
"""Tracks that are held at a time when all of them are read."""

_track = schema.library_track
_ORDERS: Mapping[Order, tuple[str, ...]] = {
    "heard": ("discovery_count", "artist", "title", "id"),
    "artist": ("artist", "title", "id"),
    "newest": ("id",),  # ids ascend with the time they were made
}
_Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class TrackPage:
    """Some of the tracks that a filter finds."""

    tracks: tuple[TrackRow, ...]
    total: int | None  # that the filter finds; None unless they were to be counted
    after: str | None  # what to go on with; None: these are the last


def find_tracks(
    connection: sa.Connection,
    which: TrackFilter = EVERYTHING,
    *,
    order: Order = "heard",
    after: str | None = None,
    limit: int = 50,
    count: bool = True,
) -> TrackPage:
    """A page of tracks.

    Args:
        connection: an open connection.
        which: the tracks that are meant.
        order: the most heard, by artist and title, or those that entered the library last, first.
        after: ``TrackPage.after`` of the page before.
        limit: tracks on a page.
        count: whether to count all that are meant.

    Raises:
        NotFound: ``after`` is none of a page in this order.
    """
    held = conditions(connection, which)
    values = None if after is None else _read_cursor(after, order)
    total: int | None = None
    if held and (count or which.names_a_text):
        rows, counted = _in_one_pass(connection, held, order, values, limit + 1)
        total = counted if count else None
    else:
        query = _ordered(sa.select(_track).where(*held), _track, order, values)
        rows = connection.execute(query.limit(limit + 1)).mappings().all()
        total = _count(connection, held) if count else None
    more = len(rows) > limit
    return TrackPage(
        tracks=tuple(track_rows(connection, rows[:limit])),
        total=total,
        after=_cursor(order, rows[limit - 1]) if more else None,
    )


def every_track(
    connection: sa.Connection,
    which: TrackFilter = EVERYTHING,
    *,
    order: Order = "heard",
    lasting: bool = False,
) -> Iterator[list[TrackRow]]:
    """All tracks that are meant, ``BATCH`` at a time, read while they are taken; see ``track_rows``."""
    query = _ordered(sa.select(_track).where(*conditions(connection, which)), _track, order)
    for rows in connection.execute(query.execution_options(yield_per=BATCH)).mappings().partitions():
        yield track_rows(connection, rows, lasting=lasting)


def count_tracks(connection: sa.Connection, which: TrackFilter = EVERYTHING) -> int:
    """How many tracks are meant."""
    return _count(connection, conditions(connection, which))


def _count(connection: sa.Connection, held: Sequence[_Condition]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(_track).where(*held)).scalar_one()


def _in_one_pass(
    connection: sa.Connection,
    held: Sequence[_Condition],
    order: Order,
    values: Sequence[Any] | None,
    limit: int,
) -> tuple[Sequence[sa.RowMapping], int]:
    """(rows of the page, how many there are in all): the tracks are looked through once for both.

    A text is looked for in rows as they lie: to follow an index from row to row takes four times as long.
    """
    hit = sa.select(*(_track.c[name] for name in _ORDERS[order])).where(*held).cte("hit")
    hit = hit.prefix_with("MATERIALIZED")
    counted = sa.select(sa.func.count().label("total")).select_from(hit).subquery()
    page = _ordered(sa.select(hit), hit, order, values).limit(limit).subquery()
    both = sa.select(counted.c.total, page.c.id).select_from(counted.outerjoin(page, sa.true()))
    found = connection.execute(_ordered(both, page, order)).all()
    ids = [row.id for row in found if row.id]
    rows = connection.execute(sa.select(_track).where(_track.c.id.in_(ids))).mappings()
    by_id = {row["id"]: row for row in rows}
    return [by_id[one] for one in ids], found[0].total


def _ordered(
    query: sa.Select[Any], of: sa.FromClause, order: Order, values: Sequence[Any] | None = None
) -> sa.Select[Any]:
    """The query in an order of columns of ``of``, behind the row with these values."""
    columns = [of.c[name] for name in _ORDERS[order]]
    if order == "newest":
        query = query.order_by(columns[0].desc())
        return query if values is None else query.where(columns[0] < values[0])
    if order == "artist":
        query = query.order_by(*columns)
        return query if values is None else query.where(sa.tuple_(*columns) > sa.tuple_(*values))
    heard, *names = columns
    query = query.order_by(heard.desc(), *names)
    if values is None:
        return query
    later = sa.tuple_(*names) > sa.tuple_(*values[1:])
    return query.where(heard <= values[0], (heard < values[0]) | later)


def _cursor(order: Order, row: sa.RowMapping) -> str:
    return cursors.write([order, *(row[name] for name in _ORDERS[order])])


def _read_cursor(text: str, order: Order) -> list[Any]:
    kinds = [int if name == "discovery_count" else str for name in _ORDERS[order]]
    page = f"page in the order {order!r}"
    of, *values = cursors.read(text, [str, *kinds], page=page)
    if of != order:
        raise NotFound(f"{page} behind", text, why="begin with the first page")
    return values
