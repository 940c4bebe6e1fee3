"""What a database needs from time to time: its free room given back, its rows counted for the planner.

Here: SQLite's and Postgres's own means. Not here: deleting rows that are no longer needed (``upkeep``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from mixtrove.database.opening import Database
from mixtrove.database.unavailable import explain
from mixtrove.errors import StoreUnavailable

WORTH_IT = 0.25
"""Share of a SQLite file that is free before it is written anew: until then new rows fill the room."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """Bytes of the database before and after; whether it was written anew (SQLite)."""

    before: int
    after: int
    rewritten: bool = False


def count_anew(database: Database) -> None:
    """Have the planner count the tables' rows, after many were written at once."""
    with database.explained():
        if database.engine.dialect.name == "postgresql":
            with _outside(database.engine) as connection:
                for name in _tables(database):
                    connection.exec_driver_sql(f"ANALYZE {name}")
        else:
            with driver(database) as plain:
                plain.execute("PRAGMA analysis_limit = 1000")
                plain.execute("ANALYZE")


def compact(database: Database) -> Compacted:
    """Give back free room, and count rows anew.

    On Postgres ``VACUUM (ANALYZE)`` of our tables, beside other writers. On SQLite the write-ahead log is
    copied into the file, and the file written anew when a quarter of it is free; writers wait for that.

    Raises:
        StoreUnavailable: somebody else kept it locked, or the disk is full; nothing is lost.
    """
    if database.engine.dialect.name == "postgresql":
        with database.explained(), _outside(database.engine) as connection:
            before = _postgres_size(connection, database)
            for name in _tables(database):
                connection.exec_driver_sql(f"VACUUM (ANALYZE) {name}")
            return Compacted(before, _postgres_size(connection, database))
    with driver(database) as plain:
        before = _sqlite_size(plain)
        (free,) = plain.execute("PRAGMA freelist_count").fetchone()
        (pages,) = plain.execute("PRAGMA page_count").fetchone()
        rewritten = free > WORTH_IT * pages
        if rewritten:
            plain.execute("VACUUM")
        plain.execute("PRAGMA analysis_limit = 1000")
        plain.execute("ANALYZE")
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return Compacted(before, _sqlite_size(plain), rewritten)


@contextmanager
def driver(database: Database) -> Iterator[sqlite3.Connection]:
    """A connection of SQLite's own module, for what may not be within a transaction.

    Raises:
        StoreUnavailable: see ``Database.open_at``.
    """
    with sqlite_explained(database.name), database.explained():
        raw = database.engine.raw_connection()
        try:
            connection = raw.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            yield connection
        finally:
            raw.close()


@contextmanager
def sqlite_explained(name: object) -> Iterator[None]:
    """Errors of SQLite's own module as sentences about the file ``name``.

    Raises:
        StoreUnavailable: any of them.
    """
    try:
        yield
    except sqlite3.Error as error:
        known = explain(sa.exc.DBAPIError("", None, error), str(name))
        sentence = known or f"the store {name} cannot be used: {error}"
        raise StoreUnavailable(sentence) from error


@contextmanager
def _outside(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection of Postgres without a transaction."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def _tables(database: Database) -> list[str]:
    quote = database.engine.dialect.identifier_preparer.quote
    return [quote(table.name) for table in database.chain.metadata.sorted_tables]


def _postgres_size(connection: sa.Connection, database: Database) -> int:
    sizes = [sa.func.pg_total_relation_size(name) for name in _tables(database)]
    return sum(connection.execute(sa.select(*sizes)).one())


def _sqlite_size(connection: sqlite3.Connection) -> int:
    (pages,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
    )
    return int(pages) * int(size)
