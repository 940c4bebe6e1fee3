"""Rows of the operational store as Arrow, all of one moment.

Here: the statements that read the store on SQLite and Postgres, and the differences between their types.
Not here: what becomes of the rows (``staging``).

Postgres is read through ADBC. SQLite is read through Python's own module, which the store writes with: the
ADBC driver brings a second copy of the SQLite library, and two copies in one process do not see each other's
locks. Measured: closing the ADBC connection removed the write-ahead log under the store's open connection,
and the store's next commits were lost (https://sqlite.org/howtocorrupt.html §2.2.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from mixtrove.database.columns import UtcDateTime
from mixtrove.library import schema

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection as AdbcConnection

CHUNK = 50_000
"""Rows of SQLite that are turned into Arrow at a time."""


class Readable(Protocol):
    """What staging needs of a ``Store``."""

    @property
    def url(self) -> str:
        """The SQLAlchemy URL."""
        ...

    def read(self) -> AbstractContextManager[sa.Connection]:
        """A connection in one read transaction."""
        ...

    def adbc(self) -> AdbcConnection:
        """An open ADBC connection whose statements see one moment; used on Postgres only."""
        ...


class Source(Protocol):
    """One open read transaction of the store."""

    def scalar(self, query: sa.Select[Any]) -> Any:
        """The first value of a query, None when it has no row."""
        ...

    def changed(self, table: sa.Table, since: int) -> Iterator[pa.Table | pa.RecordBatchReader]:
        """The rows of a table with a revision above ``since`` (all of them when it is 0), in parts.

        Times come as UTC without a zone (as text from SQLite), JSON as text.
        """
        ...


def revision(source: Source) -> int:
    """The number of the store's last write."""
    counter = schema.counter
    return int(source.scalar(sa.select(counter.c.value).where(counter.c.name == "revision")) or 0)


def oldest_tracklist(source: Source) -> str | None:
    """The lowest tracklist id: ids sort by time and are random, so it tells stores apart."""
    found = source.scalar(sa.select(sa.func.min(schema.tracklist.c.id)))
    return None if found is None else str(found)


def knows_tracklist(source: Source, tracklist_id: str) -> bool:
    """Whether this store has, or had and deleted, this tracklist."""
    here, gone = schema.tracklist.c, schema.tombstone.c
    return bool(
        source.scalar(
            sa.select(
                sa.exists().where(here.id == tracklist_id)
                | sa.exists().where(gone.table_name == "tracklist", gone.row_id == tracklist_id)
            )
        )
    )


def count(source: Source, table: sa.Table) -> int:
    """How many rows a table has."""
    return int(source.scalar(sa.select(sa.func.count()).select_from(table)))


@contextmanager
def open_source(store: Readable) -> Iterator[Source]:
    """Read a store within one transaction.

    Raises:
        StoreUnavailable: it cannot be opened.
    """
    if sa.make_url(store.url).get_backend_name() == "sqlite":
        with store.read() as reading:
            yield _Sqlite(reading)
        return
    connection = store.adbc()
    try:
        yield _Postgres(connection)
    finally:
        connection.rollback()
        connection.close()


class _Sqlite:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def scalar(self, query: sa.Select[Any]) -> Any:
        return self._connection.execute(query).scalar()

    def changed(self, table: sa.Table, since: int) -> Iterator[pa.Table]:
        """The driver's own values, without SQLAlchemy's types: they are what Arrow needs, and faster."""
        query = sa.select(*(sa.type_coerce(c, sa.types.NullType()) for c in table.columns))
        if since:
            query = query.where(table.c.revision > since)
        shape = pa.schema([(column.name, _arrow_type(column)) for column in table.columns])
        result = self._connection.execute(query)
        for rows in result.partitions(CHUNK):
            columns = zip(*rows, strict=True)
            yield pa.table(
                [pa.array(values, kind) for values, kind in zip(columns, shape.types, strict=True)],
                schema=shape,
            )


class _Postgres:
    def __init__(self, connection: AdbcConnection) -> None:
        self._connection = connection
        self._dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]

    def scalar(self, query: sa.Select[Any]) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(*self._compiled(query))
            row = cursor.fetchone()
        return None if row is None else row[0]

    def changed(self, table: sa.Table, since: int) -> Iterator[pa.RecordBatchReader]:
        query = sa.select(*map(_plain, table.columns))
        if since:
            query = query.where(table.c.revision > since)
        with self._connection.cursor() as cursor:
            cursor.execute(*self._compiled(query))
            yield cursor.fetch_record_batch()

    def _compiled(self, query: sa.Select[Any]) -> tuple[str, list[Any] | None]:
        compiled = query.compile(dialect=self._dialect)
        return str(compiled), [compiled.params[name] for name in compiled.positiontup or ()] or None


def _plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A column of Postgres in a type that Arrow has."""
    if isinstance(column.type, UtcDateTime):
        return sa.func.timezone(sa.literal_column("'UTC'"), column).label(column.name)
    if isinstance(column.type, sa.JSON | sa.Numeric):
        return sa.cast(column, sa.Text).label(column.name)
    return column.label(column.name)


def _arrow_type(column: sa.Column[Any]) -> pa.DataType:
    """What SQLite stores for a column; times, dates and JSON are text there."""
    if isinstance(column.type, sa.Numeric | sa.Float):
        return pa.float64()
    return pa.int64() if isinstance(column.type, sa.Integer | sa.Boolean) else pa.string()
