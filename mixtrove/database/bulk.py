"""Many rows in one statement, written or looked up, as fast as each database takes them.

Postgres gets new rows by COPY and others as one JSON document: one message and one plan. Measured, 600 rows:
COPY 10 ms, JSON 21, arrays 51. SQLite gets tuples: it is in this process, and what costs there is
the preparation of each row by SQLAlchemy. Every value is stored as SQLAlchemy stores it.
"""

# ruff: noqa: S608 - names of tables and columns cannot be parameters; they are the schema's, values are always parameters

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from mixtrove.database.columns import json_text

_DIALECTS: dict[str, sa.Dialect] = {
    "postgresql": postgresql.dialect(json_serializer=json_text),  # type: ignore[no-untyped-call]
    "sqlite": sqlite.dialect(json_serializer=json_text),
}

Row = Mapping[str, Any]


def insert_rows(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Row], *, on: tuple[str, ...] = ()
) -> None:
    """Insert rows, or bring those with the same key up to date; what is equal is not written.

    Args:
        connection: in a write transaction.
        table: where to.
        rows: column → value, of one shape; at most one a key.
        on: the columns of a unique key. Without it a row whose key is taken is an error. The ``id`` of a row
            that is there stays, and a new ``revision`` alone is no difference.
    """
    if rows:
        _write(connection, table, rows, ("insert", on))


def update_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Row], *, key: str = "id") -> None:
    """Set columns of rows that are there.

    Args:
        connection: in a write transaction.
        table: where.
        rows: column → value, of one shape, the key among them; at most one a key.
        key: the column that tells which row is meant.
    """
    if rows:
        _write(connection, table, rows, ("update", (key,)))


class TextList(sa.types.TypeDecorator[list[str]]):
    """Texts as one parameter: an array on Postgres, a JSON list on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return postgresql.ARRAY(sa.Text()) if dialect.name == "postgresql" else sa.Text()

    def process_bind_param(self, value: list[str] | None, dialect: sa.Dialect) -> Any:
        return value if dialect.name == "postgresql" else json_text(value)


def among(dialect: str, column: sa.ColumnElement[str], values: Sequence[str] | sa.BindParameter[Any]) -> Any:
    """Whether a text column has one of these values.

    They are one parameter, so that the statement is compiled once; an ``IN`` of so many is written out anew
    each time (measured: more than half of the time of a look-up of 200 rows).

    Args:
        dialect: the name of the database's dialect.
        column: the column.
        values: the values, or a parameter of type ``TextList``.
    """
    if not isinstance(values, sa.BindParameter):
        values = sa.bindparam(None, list(values), type_=TextList, unique=True)
    if dialect == "postgresql":
        return column == sa.any_(values)
    return column.in_(sa.select(sa.func.json_each(values).table_valued("value").c.value))


def _write(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Row], what: tuple[str, tuple[str, ...]]
) -> None:
    dialect, names = connection.dialect.name, tuple(rows[0])
    verb, keys = what
    if dialect == "postgresql" and (verb, keys) == ("insert", ()):
        _copy(connection, table, names, rows)
    elif dialect == "postgresql":
        prepare = _preparations(dialect, table, names, as_json=True)
        text = json_text([dict(zip(names, one, strict=True)) for one in _prepared(rows, names, prepare)])
        connection.exec_driver_sql(_statement(dialect, table, names, what), (text,))
    else:
        if verb == "update":
            names = (*(name for name in names if name not in keys), *keys)  # as the statement has its signs
        prepare = _preparations(dialect, table, names)
        connection.exec_driver_sql(
            _statement(dialect, table, names, what), list(_prepared(rows, names, prepare))
        )


def _copy(connection: sa.Connection, table: sa.Table, names: tuple[str, ...], rows: Sequence[Row]) -> None:
    import psycopg

    quote = connection.dialect.identifier_preparer.quote
    text = f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(text) as copy:
            for one in _prepared(rows, names, _preparations("postgresql", table, names)):
                copy.write_row(one)
    except psycopg.Error as error:
        lost = bool(driver.broken)
        if lost:
            connection.invalidate(error)
        raise sa.exc.DBAPIError.instance(
            text, None, error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect
        ) from error


def _prepared(
    rows: Sequence[Row], names: tuple[str, ...], prepare: tuple[Callable[[Any], Any] | None, ...]
) -> Iterator[tuple[Any, ...]]:
    """The values of each row as the driver takes them."""
    columns = tuple(zip(names, prepare, strict=True))
    return (tuple(row[name] if do is None else do(row[name]) for name, do in columns) for row in rows)


@lru_cache(maxsize=64)
def _preparations(
    dialect: str, table: sa.Table, names: tuple[str, ...], *, as_json: bool = False
) -> tuple[Callable[[Any], Any] | None, ...]:
    """How SQLAlchemy prepares a value of each column; ``as_json``: those of JSON columns stay as they are."""
    of = _DIALECTS[dialect]
    kinds = [table.c[name].type for name in names]
    return tuple(
        None if as_json and isinstance(kind, sa.JSON) else kind.dialect_impl(of).bind_processor(of)
        for kind in kinds
    )


@lru_cache(maxsize=64)
def _statement(
    dialect: str, table: sa.Table, names: tuple[str, ...], what: tuple[str, tuple[str, ...]]
) -> str:
    quote = _DIALECTS[dialect].identifier_preparer.quote
    target, columns = quote(table.name), [quote(name) for name in names]
    kinds = [f"{quote(name)} {table.c[name].type.compile(_DIALECTS[dialect])}" for name in names]
    given = f"json_to_recordset(CAST(%s AS json)) AS given ({', '.join(kinds)})"
    verb, keys = what
    if verb == "update":
        changing, key = [quote(name) for name in names if name not in keys], quote(keys[0])
        if dialect == "sqlite":
            return f"UPDATE {target} SET {', '.join(f'{one} = ?' for one in changing)} WHERE {key} = ?"
        setting = ", ".join(f"{one} = given.{one}" for one in changing)
        return f"UPDATE {target} SET {setting} FROM {given} WHERE {target}.{key} = given.{key}"
    inserting = f"INSERT INTO {target} ({', '.join(columns)}) "
    if dialect == "sqlite":
        inserting += f"VALUES ({', '.join('?' * len(columns))})"
    else:
        inserting += f"SELECT {', '.join(f'given.{one}' for one in columns)} FROM {given}"
    if not keys:
        return inserting
    changing = [quote(name) for name in names if name not in (*keys, "id")]
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    new = " OR ".join(f"{target}.{one} {differs} excluded.{one}" for one in changing if one != "revision")
    return (
        f"{inserting} ON CONFLICT ({', '.join(map(quote, keys))}) DO UPDATE SET "
        f"{', '.join(f'{one} = excluded.{one}' for one in changing)} WHERE {new or 'false'}"
    )
