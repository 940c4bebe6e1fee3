"""A real round trip to a Postgres server of ours: what is wrong with it, and what to do.

Here: the questions that ``mixtrove doctor`` asks once. Not here: the sentences of errors in daily use
(``unavailable.py``). A row is written and read in a transaction that is rolled back.
"""

from __future__ import annotations

import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mixtrove.database.opening import Chain
from mixtrove.database.unavailable import VARIABLE, refused, wrong_encoding
from mixtrove.errors import StoreUnavailable

OLDEST = 14
"""The oldest major version that is supported; 15 is what the tests run on."""

PATIENCE = 5
"""Seconds to connect, and for one statement."""


_Ours = tuple[Chain, sa.Table] | None
"""The migrations and the table of a store; None for a database with other tables."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A server that can be used."""

    version: str
    milliseconds: float  # of the round trip
    schema: str | None  # the newest migration it has; None: no store was made there yet


def check_postgres(url: sa.URL, chain: Chain, written: sa.Table) -> Answered:
    """Connect, look at what the server is, write a row and read it, roll back.

    Args:
        url: of the store; ``database_url`` gives it.
        chain: the migrations that should be there.
        written: the table that a row is tried in: two texts and a number.

    Raises:
        StoreUnavailable: a sentence with the remedy.
    """
    return _checked(url, VARIABLE, (chain, written))


def check_records(url: sa.URL, variable: str) -> Answered:
    """Connect, look at what the server is, make a table and write a row, roll back.

    Args:
        url: of a database with tables that are not ours; ``dagster_url.records_url`` gives it.
        variable: names it.

    Raises:
        StoreUnavailable: a sentence with the remedy.
    """
    return _checked(url, variable, None)


def _checked(url: sa.URL, variable: str, ours: _Ours) -> Answered:
    import psycopg

    name = str(url)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connecting = psycopg.connect(plain, connect_timeout=PATIENCE, client_encoding="utf8")
    except psycopg.Error as error:
        text = str(error) if isinstance(error, psycopg.OperationalError) else ""  # others quote the URL
        raise StoreUnavailable(f"{name} {refused(text, variable)}") from None
    with closing(connecting) as connection:
        try:
            return _asked(connection, name, variable, ours)
        except psycopg.Error as error:
            raise StoreUnavailable(f"{name} does not do its work: {_first(str(error))}") from error


def _asked(connection: Any, name: str, variable: str, ours: _Ours) -> Answered:
    import psycopg

    connection.execute(f"SET statement_timeout = {PATIENCE * 1000:d}")
    connection.execute(f"SET lock_timeout = {PATIENCE * 1000:d}")
    number, encoding, standby, read_only = connection.execute(
        "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), "
        "pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"
    ).fetchone()
    connection.rollback()
    if trouble := unsuitable(number, encoding, standby=standby, read_only=read_only, variable=variable):
        raise StoreUnavailable(f"{name} {trouble}")
    found = None if ours is None else _schema(connection, ours[0])
    if ours is not None and found is not None:
        refuse_schema(name, ours[0], found)
    started = time.perf_counter()
    try:
        if ours is None or found is None:
            _try_table(connection)
        else:
            _try_row(connection, ours[1])
    except psycopg.errors.InsufficientPrivilege as error:
        user = connection.info.user
        raise StoreUnavailable(
            f"{name} lets {user} in but not write ({_first(str(error))}): "
            f"GRANT ALL ON SCHEMA and ALL TABLES IN SCHEMA to {user}"
        ) from error
    except psycopg.errors.DiskFull as error:
        raise StoreUnavailable(f"{name} cannot grow, the server's disk is full: make room there") from error
    finally:
        connection.rollback()
    milliseconds = (time.perf_counter() - started) * 1000
    return Answered(f"{number // 10_000}.{number % 10_000}", milliseconds, found)


def unsuitable(
    number: int, encoding: str, *, standby: bool, read_only: bool, variable: str = VARIABLE
) -> str | None:
    """Why a server cannot hold a store, with the remedy; None when it can.

    Args:
        number: ``server_version_num``: 150020 is 15.20.
        encoding: of the database.
        standby: whether it follows another server.
        read_only: whether transactions may not write.
        variable: names the server.
    """
    if number < OLDEST * 10_000:
        return f"is Postgres {number // 10_000}: install {OLDEST} or newer"
    if standby:
        return f"is a replica, which is read-only: name the primary server in {variable}"
    if read_only:
        return (
            "is read-only (default_transaction_read_only): switch that off for this user, or name "
            f"another server in {variable}"
        )
    return wrong_encoding(encoding)


def refuse_schema(name: str, chain: Chain, found: str) -> None:
    """Refuse a schema that is behind or ahead of this program.

    Raises:
        StoreUnavailable: it is.
    """
    if found == chain.head:
        return
    from mixtrove.database.migrating import refuse_newer

    refuse_newer(chain, found, name)
    raise StoreUnavailable(
        f"{name} has schema {found}, behind this mixtrove's {chain.head}: make a backup and run "
        "`mixtrove db upgrade`"
    )


def _schema(connection: Any, chain: Chain) -> str | None:
    (there,) = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (chain.version_table,)).fetchone()
    query = f"SELECT version_num FROM {chain.version_table}"  # noqa: S608 - a name of ours
    row = connection.execute(query).fetchone() if there else None
    connection.rollback()
    return None if row is None else str(row[0])


def _try_row(connection: Any, written: sa.Table) -> None:
    table, columns = written.name, list(written.columns.keys())
    word = f"doctor-{uuid.uuid4().hex[:24]}"
    key = f"{columns[0]} = %s AND {columns[1]} = %s"
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES (%s, %s, %s)",  # noqa: S608 - the schema's names
        (word, word, 0),
    )
    back = connection.execute(f"SELECT {columns[2]} FROM {table} WHERE {key}", (word, word)).fetchone()  # noqa: S608
    if back != (0,):
        raise StoreUnavailable("a row that was written could not be read back: look at the server's log")


def _try_table(connection: Any) -> None:
    """Nothing of ours is there: whether a table may be made."""
    name = f"mixtrove_doctor_{uuid.uuid4().hex[:16]}"
    connection.execute(f"CREATE TABLE {name} (number integer)")
    connection.execute(f"INSERT INTO {name} VALUES (1)")  # noqa: S608 - a name of ours
    connection.execute(f"SELECT number FROM {name}").fetchone()  # noqa: S608


def _first(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[0]
