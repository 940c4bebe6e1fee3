"""The operational store, opened for reading and writing; SQLite by default, Postgres when told so.

Here: its write transactions with their revisions, and reading in bulk. Not here: what every database of
ours shares (``mixtrove.database``), any table's meaning (the other files of this package).

Writers are serialised on both databases (SQLite's write lock; on Postgres the row of the counter), so
a function that looks and then inserts needs no other lock, and revisions are in commit order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
import uuid_utils

from mixtrove.database.bulk import insert_rows
from mixtrove.database.opening import (
    DEFAULT_BUSY_TIMEOUT,
    Chain,
    Database,
    database_url,
    sqlite_url,
)
from mixtrove.errors import StoreUnavailable
from mixtrove.library import schema

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection as AdbcConnection

    from mixtrove.settings import Settings

HEAD = "0010"
"""The newest migration; a test compares it with ``migrations/versions``."""

Thing = TypeVar("Thing")
Done = TypeVar("Done")

VERSION_TABLE = "mixtrove_schema_version"
"""Own name: on Postgres dagster keeps its ``alembic_version`` in the same database."""

TURN = 0.02
"""Seconds that a bulk writer of single things keeps others waiting."""

PAUSE = 0.003
"""Seconds between two transactions of a bulk writer, so that others get their turn: they look every
millisecond (``LOOK_AGAIN``)."""

RECOUNT = 2.0
"""Seconds between two looks whether Postgres should count grown tables anew."""

CHAIN = Chain(Path(__file__).parent / "migrations", HEAD, VERSION_TABLE, schema.metadata)


_MY_TURN = (
    sa.select(
        schema.counter.c.value,
        sa.func.set_config("enable_seqscan", "off", True),
        sa.func.set_config("max_parallel_workers_per_gather", "0", True),
    )
    .where(schema.counter.c.name == "revision")
    .with_for_update()
)
"""Writers find rows by key. A server that did not count a table yet, as in the first minute of a big import,
believes every second row to be meant and reads all of them: measured, 40 ms instead of .5 ms a statement. For
the same reason it starts helpers for a look-up of nothing: 9 ms."""

_GROWN = sa.text(
    "SELECT relname FROM pg_stat_user_tables "
    "WHERE schemaname = current_schema() AND n_mod_since_analyze > 500 + n_live_tup / 5"
)


def new_id() -> str:
    """A UUIDv7 as text: ids sort by the time they were made."""
    return str(uuid_utils.uuid7())


@dataclass(slots=True)
class Transaction:
    """An open write transaction; it commits when its ``with`` block ends without an error."""

    connection: sa.Connection
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _revision: int | None = None
    _last: dict[str, Callable[[Transaction], object]] = field(default_factory=dict)

    def before_commit(self, name: str, work: Callable[[Transaction], object]) -> None:
        """Have something done once at the end of this transaction, however often it was asked for."""
        self._last.setdefault(name, work)

    def finish(self) -> None:
        """Do what was left to the end; what that leaves in turn, too."""
        while self._last:
            self._last.pop(next(iter(self._last)))(self)

    @property
    def changed(self) -> bool:
        """Whether a row was changed: whether there is a revision."""
        return self._revision is not None

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


class Store(Database):
    """The operational store. Safe to share between threads; one per process is enough."""

    chain = CHAIN
    _recounted = float("-inf")  # when; by time.monotonic

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
            url = database_url(where)
        else:
            url, busy_timeout = _url_of(where), where.busy_timeout
        return cls.open_at(url, upgrade=upgrade, busy_timeout=busy_timeout)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A write transaction: commits at the end of the block, rolls back on any error.

        Waits for other writers as long as ``busy_timeout``.

        Raises:
            StoreUnavailable: see ``open``; nothing of the block was kept.
        """
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_MY_TURN)
            transaction = Transaction(connection)
            yield transaction
            transaction.finish()

    def recount(self) -> None:
        """Have Postgres count the tables that changed much since it last did; nothing on SQLite.

        Its own service looks once a minute. Until then it plans for the few rows there were, and in the first
        minute of a big import reads a whole table for what is one look-up (measured: 7 ms instead of .5).
        """
        if self.engine.dialect.name != "postgresql" or time.monotonic() < self._recounted + RECOUNT:
            return
        with self.writing() as connection:
            grown = connection.execute(_GROWN).scalars().all()
            quote = connection.dialect.identifier_preparer.quote
            for name in grown:
                connection.exec_driver_sql(f"ANALYZE {quote(name)}")
        self._recounted = time.monotonic()

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


def write_in_turns(
    store: Store, things: Iterable[Thing], work: Callable[[Transaction, Thing], Done]
) -> Iterator[list[Done]]:
    """Do something for each of many things, in transactions of about ``TURN`` with a pause after each.

    Nothing is done unless it is iterated over.

    Args:
        store: the store.
        things: what it is done for.
        work: does it for one of them inside the transaction.

    Yields:
        What ``work`` returned for the things of each transaction, once it is kept.

    Raises:
        StoreUnavailable: the transactions before are kept.
    """
    remaining = iter(things)
    for first in remaining:
        done: list[Done] = []
        with store.write() as tx:
            until = time.monotonic() + TURN
            for one in chain([first], remaining):
                done.append(work(tx, one))
                if time.monotonic() >= until:
                    break
        yield done
        time.sleep(PAUSE)


def upsert(tx: Transaction, table: sa.Table, rows: list[dict[str, Any]], *, on: tuple[str, ...]) -> None:
    """Insert rows, or bring the rows with the same key up to date; rows that are equal stay as they are.

    Args:
        tx: the transaction; its revision is written to every row that changed.
        table: a table with a ``revision`` column.
        rows: dictionaries of one shape, without ``revision``, one a key. ``id`` of an existing row is kept.
        on: the columns of a unique key.
    """
    if rows:
        insert_rows(tx.connection, table, [{**row, "revision": tx.revision} for row in rows], on=on)


def _url_of(settings: Settings) -> sa.URL:
    """The URL of the settings' store; the default file by its path, whatever signs that has."""
    if settings.database_url is None:
        return sqlite_url(settings.home / "mixtrove.db")
    return database_url(settings.database_url)


def store_path(settings: Settings) -> Path | None:
    """The file of the settings' store, whether it is there or not; None on Postgres."""
    url = _url_of(settings)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def has_store(settings: Settings) -> bool:
    """Whether there is a store to look into; one on Postgres counts as there."""
    path = store_path(settings)
    return path is None or path.exists()
