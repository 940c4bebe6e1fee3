"""Which tables and columns a model reads, and the order that follows: derived from the SQL, with sqlglot.

Here: reading statements. Not here: running them. Importing sqlglot takes 0.2 s and reading all models 0.1 s
(measured), so only what builds a warehouse or describes it comes here, and each text is read once a process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.scope import traverse_scope

from mixtrove.errors import MixtroveError
from mixtrove.warehouse.models import Layer, Model, model, models

if TYPE_CHECKING:
    import duckdb

Columns = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Schema → table → column → type."""

_NUMBERS = {
    ("work.track_keys", "track_no"): ("tracks", "track_id"),
    ("work.mix_keys", "mix_no"): ("tracklists", "tracklist_id"),
}
"""What a number of the facts stands for."""

_NAMES = {
    "artist": ("artists", "artist"),
    "guest": ("artists", "artist"),
    "label": ("labels", "label"),
    "genre": ("genres", "genre"),
    "dj": ("tracklists", "dj"),
    "source": ("tracklists", "source"),
    "provider": ("discoveries", "metadata_sources"),
}
"""Kind of a name (``work.names`` has them all in one column) → where it is; a column is made of the kind that
its own name has, and of all when it has none."""


@cache
def tree_of(sql: str) -> exp.Query:
    """The syntax tree of a model's SELECT; copy it before changing it.

    Raises:
        MixtroveError: it is no SELECT of DuckDB.
    """
    try:
        tree = parse_one(sql, read="duckdb")
    except SqlglotError as error:
        raise MixtroveError(f"a model of the warehouse cannot be read: {error}") from error
    if not isinstance(tree, exp.Query):
        raise MixtroveError(f"a model of the warehouse is no SELECT but {tree.key.upper()}: {sql[:60]}")
    return tree


@cache
def reads(sql: str) -> frozenset[str]:
    """The tables that a SELECT reads, as ``table`` or ``schema.table``; its own CTEs are none."""
    return frozenset(
        table_name(source)
        for scope in traverse_scope(tree_of(sql))
        for source in scope.sources.values()
        if isinstance(source, exp.Table) and source.name
    )


@cache
def in_order(layer: Layer) -> tuple[Model, ...]:
    """The models of a layer, each after those it reads; otherwise by name.

    Raises:
        graphlib.CycleError: they read each other in a circle.
    """
    found = {item.name: item for item in models(layer)}
    order = TopologicalSorter(
        {name: sorted(reads(item.sql) & found.keys() - {name}) for name, item in found.items()}
    )
    return tuple(found[name] for name in order.static_order())


def table_name(table: exp.Table) -> str:
    """A table as the models name it: with its schema unless that is the main one."""
    return f"{table.db}.{table.name}" if table.db else table.name


def columns_of(connection: duckdb.DuckDBPyConnection) -> Columns:
    """The columns of an open build file and of its staged rows."""
    rows = connection.execute(
        "SELECT CASE database_name WHEN 'staging' THEN 'staging' ELSE schema_name END, table_name, "
        "column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY column_index"
    ).fetchall()
    found: dict[str, dict[str, dict[str, str]]] = {}
    for schema, table, column, kind in rows:
        found.setdefault(schema, {}).setdefault(table, {})[column] = kind
    return found


def column_sources(item: Model, columns: Columns) -> dict[str, frozenset[tuple[str, str]]]:
    """What each column of a model is made of: (table, column) of marts and of staged rows.

    The builder's own tables (``work``) are followed to those, numbers to what they stand for. What is only
    counted, or comes from a parameter, is made of no column; conditions and joins are not looked at.
    """
    return {
        column: frozenset(_followed(column, sources, columns))
        for column, sources in _direct_sources(item.sql, columns).items()
    }


def _followed(
    column: str, sources: frozenset[tuple[str, str]], columns: Columns
) -> Iterator[tuple[str, str]]:
    for table, name in sources:
        if not table.startswith("work."):
            yield table, name
        elif (table, name) in _NUMBERS:
            yield _NUMBERS[table, name]
        elif table == "work.names" or name.endswith(("_no", "_nos")):
            kinds = [kind for kind in _NAMES if kind in column]
            yield from (_NAMES[kind] for kind in kinds or _NAMES)
        else:
            direct = _direct_sources(model("scopes", table.removeprefix("work.")).sql, columns)
            yield from _followed(column, direct.get(name, frozenset()), columns)


def _direct_sources(sql: str, columns: Columns) -> dict[str, frozenset[tuple[str, str]]]:
    tree = tree_of(sql).copy()
    for table in tree.find_all(exp.Table):
        if not table.db and table.name in columns["main"]:
            table.set("db", exp.to_identifier("main"))
    nodes = lineage(None, tree, schema=dict(columns), dialect="duckdb")
    assert isinstance(nodes, dict)  # of every column, as none was named
    return {
        column: frozenset(
            (table_name(leaf.expression).removeprefix("main."), exp.to_column(leaf.name).name)
            for leaf in node.walk()
            if not leaf.downstream and isinstance(leaf.expression, exp.Table)
        )
        for column, node in nodes.items()
    }
