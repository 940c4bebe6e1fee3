"""Open a database of ours at its newest schema, read and write it: SQLite by default, Postgres when told so.

Here: connections, transactions, migrations on opening and the sentences for a database that cannot be
used. Not here: any table's meaning (``library``, ``providers``), how a schema is migrated (``migrating.py``).

SQLite runs in WAL mode; only writes take ``BEGIN IMMEDIATE``, so readers never queue behind writers.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pydantic_core
import sqlalchemy as sa

from mixtrove.database.columns import json_text
from mixtrove.database.sessions import name_session
from mixtrove.database.unavailable import explain, wrong_encoding
from mixtrove.errors import BadInput, StoreUnavailable

DEFAULT_BUSY_TIMEOUT = 30.0

_JSON: Any = {"json_serializer": json_text, "json_deserializer": pydantic_core.from_json}

LOOK_AGAIN = 0.001
"""Seconds between two attempts to become SQLite's writer. Its own waits grow to 100 ms and so miss the few
milliseconds that a bulk writer leaves to others: measured, an edit then waits 800 ms (p95)."""


CHECKPOINT = 4_000
"""Pages of SQLite's write-ahead log (16 MB) after which they are copied into the database. A bulk writer
changes the same pages again and again: with SQLite's 1,000 it is a third slower (measured)."""


CONNECTIONS = 16
"""Connections of a process that stay open once they were needed."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of Alembic migrations, and the tables it makes."""

    scripts: Path  # its folder
    head: str  # the newest migration
    version_table: str  # a name of its own: on Postgres several chains share a database
    metadata: sa.MetaData


class Database:
    """A database at the newest schema of its chain, for one process; safe to share between its threads."""

    chain: ClassVar[Chain]

    def __init__(self, engine: sa.Engine) -> None:
        """Wrap an engine made by ``open_at``; use that."""
        self.engine = engine

    @classmethod
    def open_at(
        cls, url: sa.URL, *, upgrade: bool = True, busy_timeout: float = DEFAULT_BUSY_TIMEOUT
    ) -> Self:
        """Open the database at a URL of ``database_url`` or ``sqlite_url``; create or migrate it when needed.

        Args:
            url: where it is.
            upgrade: migrate an older one; when false, an older one is refused.
            busy_timeout: seconds to wait for another writer.

        Raises:
            StoreUnavailable: it is locked, read-only, unreachable, damaged or of a newer schema.
        """
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            _make_folder(Path(str(url.database)))
        opened = cls(make_engine(url, busy_timeout))
        try:
            opened._reach_head(upgrade)
        except BaseException:
            opened.close()
            raise
        return opened

    @property
    def url(self) -> str:
        """The SQLAlchemy URL, password included: not for logs."""
        return self.engine.url.render_as_string(hide_password=False)

    @property
    def name(self) -> str:
        """The database as a sentence may name it: the path of the file, or the URL without password."""
        url = self.engine.url
        return str(url.database) if url.get_backend_name() == "sqlite" else str(url)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection in one read transaction: everything read in it is of one moment.

        Raises:
            StoreUnavailable: see ``open_at``.
        """
        with self.explained(), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection in a write transaction: commits at the end of the block, rolls back on any error.

        On SQLite it waits for other writers as long as ``busy_timeout``.

        Raises:
            StoreUnavailable: see ``open_at``; nothing of the block was kept.
        """
        with self.explained(), self.engine.connect() as plain:
            connection = plain.execution_options(mixtrove_write=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every connection of this process to the database."""
        self.engine.dispose()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Errors of the block that a person can do something about become sentences.

        Raises:
            StoreUnavailable: see ``open_at``.
        """
        try:
            yield
        except sa.exc.DBAPIError as error:
            sentence = explain(error, self.name)
            if sentence is None:
                raise
            raise StoreUnavailable(sentence) from error

    def _reach_head(self, upgrade: bool) -> None:
        found = self._found_version()
        if found == self.chain.head:
            return  # the usual case: alembic is not even imported
        if not upgrade:
            if found is not None:
                from mixtrove.database.migrating import refuse_newer

                refuse_newer(self.chain, found, self.name)
            raise StoreUnavailable(
                f"the store {self.name} has schema {found or 'none'} and this mixtrove needs "
                f"{self.chain.head}: run `mixtrove db upgrade`"
            )
        from mixtrove.database.migrating import upgrade_to_head

        with self.explained():
            upgrade_to_head(self.chain, self.engine.url, name=self.name)

    def _found_version(self) -> str | None:
        with self.read() as connection:
            self._refuse_encoding(connection)
            if not sa.inspect(connection).has_table(self.chain.version_table):
                return None
            version = sa.table(self.chain.version_table, sa.column("version_num"))
            return connection.execute(sa.select(version.c.version_num)).scalar()

    def _refuse_encoding(self, connection: sa.Connection) -> None:
        if connection.dialect.name != "postgresql":
            return
        raw: Any = connection.connection.driver_connection
        encoding = raw.info.parameter_status("server_encoding")  # it said so when it was connected to
        if encoding and (trouble := wrong_encoding(encoding)):
            raise StoreUnavailable(f"the store {self.name} {trouble}")


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """The dialect's own INSERT of a table: it has ``on_conflict_do_nothing`` and ``…_update``."""
    return insert_of(connection.dialect.name, table)


def insert_of(dialect: str, table: sa.Table) -> Any:
    """See ``insert``; for a statement that is made once."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def sqlite_url(path: Path) -> sa.URL:
    """The URL of a SQLite file, whatever signs its path has."""
    return sa.URL.create("sqlite", database=str(path))


def _without_secret(text: str) -> str:
    """A text that should be a URL, without what may be a name and a password."""
    shown, _, query = text.partition("?")
    if "@" in query:  # of a password, or before one
        return "***"
    return f"***@{shown.rpartition('@')[2]}" if "@" in shown else shown


def database_url(text: str) -> sa.URL:
    """The URL that a text gives.

    Raises:
        BadInput: it is no URL of SQLite or Postgres.
    """
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise BadInput(
            f"{_without_secret(text)!r} is no database URL: use sqlite:///path or "
            "postgresql://user@host/database"
        ) from error
    except ValueError:  # its text quotes what may be a password
        raise BadInput(
            "the database URL has a port that is no number: use "
            "postgresql://user:password@host:5432/database with @, : and / of a password written %40, %3A "
            "and %2F"
        ) from None
    if "password" in url.query:  # where it would be shown
        url = url.set(password=str(url.query["password"])).difference_update_query(["password"])
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise BadInput(
            f"the store cannot be kept in {url.drivername!r}: use sqlite:///path or "
            "postgresql://user@host/database"
        )
    return url


def make_engine(url: sa.URL, busy_timeout: float, *, foreign_keys: bool = True) -> sa.Engine:
    """An engine for this URL. Foreign keys are switched off only to rebuild tables in a migration."""
    if url.get_backend_name() == "postgresql":
        engine = sa.create_engine(
            url,
            # where the database has no encoding, texts would come as bytes, and no sentence about it
            connect_args={"client_encoding": "utf8"},
            pool_pre_ping=True,
            pool_size=CONNECTIONS,
            **_JSON,
        )
        milliseconds = max(1, round(busy_timeout * 1000))

        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            connection.execute(f"SET lock_timeout = {milliseconds:d}")
            name_session(connection)
            connection.commit()

        return engine

    engine = sa.create_engine(url, connect_args={"timeout": busy_timeout}, pool_size=CONNECTIONS, **_JSON)

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT:d}")
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get("mixtrove_write"):
            connection.exec_driver_sql("BEGIN")
        elif not _became_writer(connection.connection.driver_connection, busy_timeout):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, for its error

    return engine


def _became_writer(connection: Any, busy_timeout: float) -> bool:
    """Begin a write transaction as soon as no other writer has one; false when one still has at the end."""
    deadline = time.monotonic() + busy_timeout
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return True
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    return False
            time.sleep(LOOK_AGAIN)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {round(busy_timeout * 1000):d}")


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"the folder of the store {path} cannot be made: {error.strerror}; "
            "set MIXTROVE_HOME to a folder you may write to"
        ) from error
