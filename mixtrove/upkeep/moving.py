"""A home's stores copied to another database: from SQLite to Postgres, and back.

Here: what is copied where, and that a copy is whole or not there. Not here: copying rows
(``database.copying``), and switching over: the person does that by setting a variable.

The target is written in one transaction that commits when counts and checksums agree, so an interruption
leaves it empty and the same command may be given again. Other writers of the source wait until it is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mixtrove.database.compacting import count_anew
from mixtrove.database.copying import (
    Contents,
    Progress,
    copy_tables,
    count_rows,
    empty_tables,
    first_filled,
)
from mixtrove.database.opening import Database, database_url, sqlite_url
from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.store import Store, has_store
from mixtrove.providers import schema as providers_schema
from mixtrove.providers.store import ProviderStore, open_use

if TYPE_CHECKING:
    from mixtrove.settings import Settings

STORE_TABLES: Sequence[sa.Table] = schema.metadata.sorted_tables
ANSWERS: Sequence[sa.Table] = (providers_schema.provider_result, providers_schema.provider_use)
"""Of the providers' own tables those that belong to the store's server; slots stay in the home."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that is complete: both sides hold the same."""

    source: str  # as a sentence may name it
    target: str
    tables: Mapping[str, Contents]
    sqlite: Path | None  # the file that it is in now

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(one.rows for one in self.tables.values())

    @property
    def remedy(self) -> str:
        """What to set, so that the copy is used."""
        if self.sqlite is None:
            return f"set MIXTROVE_DATABASE_URL to the URL you gave ({self.target})"
        if self.sqlite.name == "mixtrove.db":
            return f"set MIXTROVE_HOME={self.sqlite.parent} and unset MIXTROVE_DATABASE_URL"
        return f"set MIXTROVE_DATABASE_URL=sqlite:///{self.sqlite}"


def rows_to_copy(settings: Settings) -> int:
    """How many rows a copy of these settings' stores has."""
    with _source(settings) as (store, answers):
        with store.read() as connection:
            rows = sum(count_rows(connection, STORE_TABLES).values())
        if answers is not None:
            with answers.read() as connection:
                rows += sum(count_rows(connection, ANSWERS).values())
        return rows


def copy_home(settings: Settings, to: str, *, progress: Progress | None = None) -> Copied:
    """Copy the operational store, and what providers answered and cost, to an empty database.

    The source is left as it is. Quotas are not copied: they are this machine's or Redis's.

    Args:
        settings: of the home that is copied.
        to: ``postgresql://user@host/database``, or ``sqlite:///FOLDER/mixtrove.db``.
        progress: told the table and how many rows are done.

    Raises:
        BadInput: there is nothing to copy, the target is the source or not empty, or cannot hold a value.
        StoreUnavailable: one of the two cannot be used; nothing was kept in the target.
    """
    report = progress or (lambda _table, _rows: None)
    url = database_url(to)
    with ExitStack() as opened:
        store, answers = opened.enter_context(_source(settings))
        _refuse_itself(store.engine.url, url)
        target = Store.open_at(url, busy_timeout=settings.busy_timeout)
        opened.callback(target.close)
        # told early, before rows are read; asked again below, when nobody else can write
        with target.read() as connection:
            _refuse_filled(connection, target.name)
        done: dict[str, Contents] = {}
        before = 0
        if answers is not None and not _same_place(answers.engine.url, _providers_url(url)):
            beside = ProviderStore.open_at(_providers_url(url), busy_timeout=settings.busy_timeout)
            opened.callback(beside.close)
            done = copy_answers(answers, beside, report)
            before = sum(one.rows for one in done.values())
        with only_writer(store) as source, only_writer(target) as connection:
            _refuse_filled(connection, target.name)
            done = (
                fill(source, connection, target.name, lambda table, rows: report(table, before + rows)) | done
            )
        count_anew(target)
        file = Path(str(url.database)).absolute() if url.get_backend_name() == "sqlite" else None
        return Copied(store.name, target.name, done, file)


def copy_answers(
    answers: Database,
    target: Database,
    progress: Progress = lambda _table, _rows: None,
    *,
    tables: Sequence[sa.Table] = ANSWERS,
) -> dict[str, Contents]:
    """Put what providers answered and cost in the place of what the target has of it."""
    with answers.read() as source, target.writing() as connection:
        empty_tables(connection, tables)
        return copy_tables(source, connection, tables, target_name=target.name, progress=progress)


def fill(source: sa.Connection, target: sa.Connection, name: str, progress: Progress) -> dict[str, Contents]:
    """Copy all tables of the operational store into one that has rows in none but ``counter``."""
    target.execute(sa.delete(schema.counter))
    return copy_tables(source, target, STORE_TABLES, target_name=name, progress=progress)


def filled(connection: sa.Connection) -> str | None:
    """The name of a table of the store that has rows; None when nothing was ever imported into it."""
    return first_filled(connection, [table for table in STORE_TABLES if table is not schema.counter])


@contextmanager
def only_writer(store: Store) -> Iterator[sa.Connection]:
    """A write transaction in which nobody else changes the store; others may read it.

    On Postgres every table is locked, also against programs that are not ours. The counter comes first: who
    writes holds it and who waits for it holds nothing else, so that nobody waits in a ring.
    """
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            quote = connection.dialect.identifier_preparer.quote
            names = [quote(table.name) for table in STORE_TABLES if table is not schema.counter]
            connection.exec_driver_sql(
                f"LOCK TABLE {', '.join([quote(schema.counter.name), *names])} IN EXCLUSIVE MODE"
            )
        yield connection


@contextmanager
def _source(settings: Settings) -> Iterator[tuple[Store, ProviderStore | None]]:
    if not has_store(settings):
        raise BadInput(
            f"there is nothing to copy: {settings.home.absolute()} has no store; set MIXTROVE_HOME to a home "
            "that has one"
        )
    with ExitStack() as opened:
        store = Store.open(settings)
        opened.callback(store.close)
        answers = open_use(settings)
        if answers is not None:
            opened.callback(answers.close)
        yield store, answers


def _providers_url(url: sa.URL) -> sa.URL:
    if url.get_backend_name() != "sqlite":
        return url
    return sqlite_url(Path(str(url.database)).with_name("providers.db"))


def _same_place(one: sa.URL, other: sa.URL) -> bool:
    if one.get_backend_name() != other.get_backend_name():
        return False
    if one.get_backend_name() == "sqlite":
        return Path(str(one.database)).resolve() == Path(str(other.database)).resolve()
    places = [(url.host, url.port or 5432, url.database, url.query) for url in (one, other)]
    return places[0] == places[1]


def _refuse_itself(source: sa.URL, target: sa.URL) -> None:
    if _same_place(source, target):
        raise BadInput("the target is the store that is in use: name another, empty database with --to")


def _refuse_filled(connection: sa.Connection, name: str) -> None:
    table = filled(connection)
    if table is not None:
        raise BadInput(
            f"{name} is not empty: its table {table!r} has rows; nothing was copied: name an empty database"
        )
