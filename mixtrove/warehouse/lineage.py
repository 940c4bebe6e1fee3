"""Which tables a model reads, and the order that follows from it: derived from the SQL, with sqlglot.

Here: reading statements. Not here: running them. Importing sqlglot takes 0.2 s and reading all models 0.1 s
(measured), so only what builds a warehouse or describes it comes here, and each text is read once a process.
"""

from __future__ import annotations

from functools import cache
from graphlib import TopologicalSorter

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from mixtrove.errors import MixtroveError
from mixtrove.warehouse.models import Layer, Model, models


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
