"""All rows of some tables, from one database to another, and whether both hold the same.

Here: copying in bulk and in constant memory, between SQLite and Postgres in any direction; a digest of a
table's contents that is equal on both, whatever order the rows come in and however a type is stored. Not
here: which databases, and when a target may be written (``upkeep``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from mixtrove.database.bulk import insert_rows
from mixtrove.errors import BadInput, StoreUnavailable

CHUNK = 2_000
"""Rows in memory at a time."""

Progress = Callable[[str, int], None]
"""Told the table and how many rows of all tables are done."""

_MODULUS = 1 << 128
_as_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Contents:
    """What a table holds: how many rows, and a digest of them (32 hexadecimal digits)."""

    rows: int
    digest: str


def _told(_table: str, _rows: int) -> None:
    """Nobody is told."""


def copy_tables(
    source: sa.Connection,
    target: sa.Connection,
    tables: Sequence[sa.Table],
    *,
    target_name: str,
    progress: Progress = _told,
) -> dict[str, Contents]:
    """Copy all rows of tables that are empty in the target, and compare both sides.

    What was inserted is read back within the target's transaction: a copy that differs is never committed.

    Args:
        source: in one transaction that sees one moment.
        target: in a write transaction; the tables are there.
        tables: those that others refer to first (``MetaData.sorted_tables``).
        target_name: the target as a sentence may name it.
        progress: told after every chunk.

    Returns:
        The contents of each table by its name, equal on both sides.

    Raises:
        BadInput: the target's types cannot hold a value.
        StoreUnavailable: the two sides differ.
    """
    copied: dict[str, Contents] = {}
    total = 0
    for table in tables:
        tally = _Tally(table)
        for rows in _chunks(source, table):
            try:
                insert_rows(target, table, rows)
            except sa.exc.DBAPIError as error:
                raise _refused(table, target_name, error) from error
            tally.add(rows)
            total += len(rows)
            progress(table.name, total)
        copied[table.name] = tally.contents
    for table in tables:
        _carry_counter(source, target, table)
        found = contents(target, table)
        if found != copied[table.name]:
            before = copied[table.name]
            raise StoreUnavailable(
                f"the copy of table {table.name!r} in {target_name} is not what was read "
                f"({found.rows:,} rows with checksum {found.digest[:12]}, {before.rows:,} with "
                f"{before.digest[:12]} were read): nothing was kept; please report this"
            )
    return copied


def contents(connection: sa.Connection, table: sa.Table) -> Contents:
    """What a table holds, equal on every database that holds the same rows."""
    tally = _Tally(table)
    for rows in _chunks(connection, table):
        tally.add(rows)
    return tally.contents


def count_rows(connection: sa.Connection, tables: Iterable[sa.Table]) -> dict[str, int]:
    """How many rows each table has, by its name."""
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in tables
    }


def first_filled(connection: sa.Connection, tables: Iterable[sa.Table]) -> str | None:
    """The name of the first table with a row; None when all are empty."""
    for table in tables:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
            return table.name
    return None


def empty_tables(connection: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Delete all rows of tables that refer to nobody else's, and nobody else to them."""
    if connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        connection.exec_driver_sql(f"TRUNCATE {', '.join(quote(table.name) for table in tables)}")
        return
    for table in reversed(tables):
        connection.execute(sa.delete(table))


def _chunks(connection: sa.Connection, table: sa.Table) -> Iterator[list[Mapping[str, Any]]]:
    query = sa.select(table).execution_options(yield_per=CHUNK)  # on Postgres a cursor of the server's
    with connection.execute(query) as result:
        for some in result.mappings().partitions(CHUNK):
            yield [dict(row) for row in some]


class _Tally:
    """Counts rows and adds up their digests: a sum does not know in which order they came."""

    def __init__(self, table: sa.Table) -> None:
        self._names = [column.name for column in table.columns]
        self._other = [  # columns whose values the databases may give back in different forms
            number
            for number, column in enumerate(table.columns)
            if not isinstance(column.type, sa.String | sa.Integer | sa.Boolean)
        ]
        self._rows = 0
        self._sum = 0

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            values = [row[name] for name in self._names]
            for number in self._other:
                values[number] = _plain(values[number])
            digest = hashlib.blake2b(_as_json(values).encode("ascii"), digest_size=16).digest()
            self._sum += int.from_bytes(digest, "big")
        self._rows += len(rows)

    @property
    def contents(self) -> Contents:
        return Contents(self._rows, f"{self._sum % _MODULUS:032x}")


def _plain(value: Any) -> Any:
    """A value in the one form that both databases give it back in.

    JSONB sorts keys and writes ``1e20`` as digits, SQLite keeps the text as it came; so whole numbers are one
    thing, and keys are sorted. Decimals lose the zeros at their end; times are UTC already.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(f"{type(value).__name__} is not compared")


def _refused(table: sa.Table, target_name: str, error: sa.exc.DBAPIError) -> Exception:
    """The sentence for a value that the target does not take; anything else as it is."""
    if not isinstance(error, sa.exc.DataError | sa.exc.IntegrityError):
        return error
    first = (str(error.orig).strip().splitlines() or ["refused"])[0]
    return BadInput(
        f"a row of table {table.name!r} cannot be kept in {target_name}: {first}; nothing was kept there: "
        "change that row where it is and copy again"
    )


def _carry_counter(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    """Ids that a database hands out go on where they were: one that is free again is never given twice."""
    column = table.autoincrement_column
    if column is None:
        return
    last = _last_given(source, table, column)
    if target.dialect.name == "postgresql":
        if last:
            sequence = _sequence(target, table, column)
            target.execute(
                sa.select(sa.func.setval(sa.cast(sequence, sa.dialects.postgresql.REGCLASS), last))
            )
    elif _has_sequences(target):
        target.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        target.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last))


def _last_given(connection: sa.Connection, table: sa.Table, column: sa.Column[Any]) -> int:
    highest = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one())
    if connection.dialect.name == "postgresql":
        name = _sequence(connection, table, column)
        row = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {name}").one()  # noqa: S608
        return max(highest, int(row[0]) if row[1] else 0)
    if not _has_sequences(connection):
        return highest
    kept = connection.exec_driver_sql(
        "SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)
    ).scalar()
    return max(highest, int(kept or 0))


def _sequence(connection: sa.Connection, table: sa.Table, column: sa.Column[Any]) -> str:
    """The name of the sequence behind a column, quoted as the server quotes it."""
    quoted = connection.dialect.identifier_preparer.quote(table.name)
    name: str = connection.execute(
        sa.select(sa.func.pg_get_serial_sequence(quoted, column.name))
    ).scalar_one()
    return name


def _has_sequences(connection: sa.Connection) -> bool:
    found = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").first()
    return found is not None
