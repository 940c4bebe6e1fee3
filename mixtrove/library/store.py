"""Open the operational store, read it and write it: SQLite by default, Postgres when told so.

Here: connections, transactions, revisions, migrations on opening and the sentences for a store that
cannot be used. Not here: any table's meaning (the other files of this package).

SQLite runs in WAL mode; only writes take ``BEGIN IMMEDIATE``, so readers never queue behind writers.
Writers are serialised on both databases (SQLite's write lock; on Postgres the row of the counter), so
a function that looks and then inserts needs no other lock, and revisions are in commit order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import uuid_utils

from mixtrove.errors import BadInput, StoreUnavailable
from mixtrove.library import schema
from mixtrove.library.unavailable import explain

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection as AdbcConnection

    from mixtrove.settings import Settings

HEAD = "0004"
"""The newest migration; a test compares it with ``migrations/versions``."""

VERSION_TABLE = "mixtrove_schema_version"
"""Own name: on Postgres dagster keeps its ``alembic_version`` in the same database."""

DEFAULT_BUSY_TIMEOUT = 30.0


def new_id() -> str:
    """A UUIDv7 as text: ids sort by the time they were made."""
    return str(uuid_utils.uuid7())


@dataclass(slots=True)
class Transaction:
    """An open write transaction; it commits when its ``with`` block ends without an error."""

    connection: sa.Connection
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _revision: int | None = None

    @property
    def revision(self) -> int:
        """The number of this transaction, taken at first use: one that changes no row takes none."""
        if self._revision is None:
            self._revision = self.connection.execute(
                sa.update(schema.counter)
                .where(schema.counter.c.name == "revision")
                .values(value=schema.counter.c.value + 1)
                .returning(schema.counter.c.value)
            ).scalar_one()
        return self._revision


class Store:
    """The operational store. Safe to share between threads; one per process is enough."""

    def __init__(self, engine: sa.Engine) -> None:
        """Wrap an engine made by ``Store.open``; use that."""
        self.engine = engine

    @classmethod
    def open(
        cls,
        where: Settings | str,
        *,
        upgrade: bool = True,
        busy_timeout: float = DEFAULT_BUSY_TIMEOUT,
    ) -> Store:
        """Open the store of these settings or at this URL; create or migrate it when needed.

        Args:
            where: settings, or a URL: ``sqlite:///path``, ``postgresql://user@host/database``.
            upgrade: migrate an older store; when false, an older one is refused.
            busy_timeout: seconds to wait for another writer (settings bring their own).

        Raises:
            BadInput: the URL is no URL of SQLite or Postgres.
            StoreUnavailable: it is locked, read-only, unreachable, damaged or of a newer schema.
        """
        if isinstance(where, str):
            url = _database_url(where)
        else:
            url, busy_timeout = _url_of(where), where.busy_timeout
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            _make_folder(Path(str(url.database)))
        store = cls(_engine(url, busy_timeout))
        try:
            store._reach_head(upgrade)
        except BaseException:
            store.close()
            raise
        return store

    @property
    def url(self) -> str:
        """The SQLAlchemy URL, password included: not for logs."""
        return self.engine.url.render_as_string(hide_password=False)

    @property
    def name(self) -> str:
        """The store as a sentence may name it: the path of the file, or the URL without password."""
        return _name(self.engine.url)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection in one read transaction: everything read in it is of one moment.

        Raises:
            StoreUnavailable: see ``open``.
        """
        with self._explained(), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A write transaction: commits at the end of the block, rolls back on any error.

        Waits for other writers as long as ``busy_timeout``.

        Raises:
            StoreUnavailable: see ``open``; nothing of the block was kept.
        """
        with self._explained(), self.engine.connect() as plain:
            connection = plain.execution_options(mixtrove_write=True)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(
                        sa.select(schema.counter.c.value)
                        .where(schema.counter.c.name == "revision")
                        .with_for_update()
                    )
                yield Transaction(connection)

    def adbc(self) -> AdbcConnection:
        """An open ADBC connection to Postgres for reading in bulk as Arrow; the caller closes it.

        Its statements see one moment (REPEATABLE READ). Not for SQLite: the driver brings a second SQLite
        library, and its closing takes POSIX locks of this process away, after which a checkpoint may drop
        committed rows of the write-ahead log (seen with adbc-driver-sqlite 1.13).

        Raises:
            StoreUnavailable: the store is not Postgres, or cannot be reached.
        """
        url = self.engine.url
        if url.get_backend_name() != "postgresql":
            raise StoreUnavailable(f"the store {self.name} is not Postgres: read it with `Store.read`")
        import adbc_driver_postgresql.dbapi as postgres_adbc

        try:
            connection: AdbcConnection = postgres_adbc.connect(
                url.set(drivername="postgresql").render_as_string(hide_password=False)
            )
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return connection
        except OSError as error:
            raise StoreUnavailable(f"the store {self.name} cannot be read: {error}") from error

    def close(self) -> None:
        """Close every connection of this process to the store."""
        self.engine.dispose()

    def _reach_head(self, upgrade: bool) -> None:
        found = self._found_version()
        if found == HEAD:
            return  # the usual case: alembic is not even imported
        if not upgrade:
            if found is not None:
                from mixtrove.library.migrations import refuse_newer

                refuse_newer(found, self.name)
            raise StoreUnavailable(
                f"the store {self.name} has schema {found or 'none'} and this mixtrove needs "
                f"{HEAD}: run `mixtrove db upgrade`"
            )
        from mixtrove.library.migrations import upgrade_to_head

        with self._explained():
            upgrade_to_head(self.engine.url, name=self.name)

    def _found_version(self) -> str | None:
        with self.read() as connection:
            if not sa.inspect(connection).has_table(VERSION_TABLE):
                return None
            version = sa.table(VERSION_TABLE, sa.column("version_num"))
            return connection.execute(sa.select(version.c.version_num)).scalar()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            sentence = explain(error, self.name)
            if sentence is None:
                raise
            raise StoreUnavailable(sentence) from error


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """The dialect's own INSERT of a table: it has ``on_conflict_do_nothing`` and ``…_update``."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def upsert(tx: Transaction, table: sa.Table, rows: list[dict[str, Any]], *, on: tuple[str, ...]) -> None:
    """Insert rows, or bring the rows with the same key up to date; rows that are equal stay as they are.

    Args:
        tx: the transaction; its revision is written to every row that changed.
        table: a table with a ``revision`` column.
        rows: dictionaries of one shape, without ``revision``. ``id`` of an existing row is kept.
        on: the columns of a unique key.
    """
    if not rows:
        return
    statement = insert(tx.connection, table)
    changing = [name for name in rows[0] if name not in (*on, "id")]
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=list(on),
        set_={name: new[name] for name in (*changing, "revision")},
        where=sa.or_(sa.false(), *(table.c[name].is_distinct_from(new[name]) for name in changing)),
    )
    tx.connection.execute(statement, [{**row, "revision": tx.revision} for row in rows])


def _url_of(settings: Settings) -> sa.URL:
    """The URL of the settings' store; the default file by its path, whatever signs that has."""
    if settings.database_url is None:
        return sa.URL.create("sqlite", database=str(settings.home / "mixtrove.db"))
    return _database_url(settings.database_url)


def _database_url(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise BadInput(
            f"{text!r} is no database URL: use sqlite:///path or postgresql://user@host/database"
        ) from error
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise BadInput(
            f"the store cannot be kept in {url.drivername!r}: use sqlite:///path or "
            "postgresql://user@host/database"
        )
    return url


def _name(url: sa.URL) -> str:
    return str(url.database) if url.get_backend_name() == "sqlite" else str(url)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"the folder of the store {path} cannot be made: {error.strerror}; "
            "set MIXTROVE_HOME to a folder you may write to"
        ) from error


def _engine(url: sa.URL, busy_timeout: float, *, foreign_keys: bool = True) -> sa.Engine:
    """An engine for this URL. Foreign keys are switched off only to rebuild tables in a migration."""
    if url.get_backend_name() == "postgresql":
        engine = sa.create_engine(url, pool_pre_ping=True)
        milliseconds = max(1, round(busy_timeout * 1000))

        @sa.event.listens_for(engine, "connect")
        def _wait_for_writers(connection: Any, _record: Any) -> None:
            connection.execute(f"SET lock_timeout = {milliseconds:d}")
            connection.commit()

        return engine

    engine = sa.create_engine(url, connect_args={"timeout": busy_timeout})

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get("mixtrove_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
