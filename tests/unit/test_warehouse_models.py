"""The files of sql/: their headers are true, and each is valid SQL of DuckDB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from mixtrove.library import schema
from mixtrove.warehouse import marts, staging
from mixtrove.warehouse.buildfile import prepare
from mixtrove.warehouse.models import LAYERS, Model, models, parse, quoted, sql_directory

MODELS = [item for layer in LAYERS for item in models(layer)]
VALUES: dict[str, Any] = {
    "full": True,
    "basis": "played",
    "grain": "day",
    "first_day": "2025-01-01",
    "last_day": "2025-01-31",
    "periods": ["2025-01-01"],
    "as_of": "2025-01-31",
    "days": 30,
    "smoothing": 2.0,
    "floor": 3,
}


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse without rows."""
    connection = duckdb.connect()
    prepare(connection, ":memory:")
    staging.create_tables(connection)
    marts.create_tables(connection)
    yield connection
    connection.close()


def names(model: Model) -> set[str]:
    """The tables that a model reads, without its own CTEs."""
    tree = sqlglot.parse_one(model.sql, read="duckdb")
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = {f"{table.db}.{table.name}" if table.db else table.name for table in tree.find_all(exp.Table)}
    return {name for name in found if name not in ctes and name}


@pytest.mark.parametrize("model", MODELS, ids=lambda item: f"{item.layer}/{item.name}")
def test_a_model_can_be_planned_on_an_empty_warehouse(model: Model, empty: duckdb.DuckDBPyConnection) -> None:
    if model.layer == "staging":
        columns = ", ".join(
            f'NULL::VARCHAR AS "{column.name}"' for column in schema.metadata.tables[model.name].columns
        )
        empty.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT {columns}")
    parameters = {name: VALUES[name] for name in set(re.findall(r"\$(\w+)", model.sql))}
    assert empty.execute(f"EXPLAIN {model.sql}", parameters or None).fetchall()


@pytest.mark.parametrize(
    "model",
    [item for item in MODELS if item.layer in ("scopes", "marts")],
    ids=lambda item: f"{item.layer}/{item.name}",
)
def test_the_header_names_what_the_sql_reads(model: Model) -> None:
    assert names(model) == set(model.depends)


@pytest.mark.parametrize("model", MODELS, ids=lambda item: f"{item.layer}/{item.name}")
def test_every_model_says_what_it_holds(model: Model) -> None:
    assert model.description
    if model.layer != "checks":
        assert model.grain
        assert model.key


@pytest.mark.parametrize("model", models("marts"), ids=lambda item: item.name)
def test_the_header_explains_exactly_the_columns(model: Model, empty: duckdb.DuckDBPyConnection) -> None:
    table = "statistics_daily" if model.name == "statistics" else model.name
    columns = [row[0] for row in empty.execute(f"DESCRIBE {quoted(table)}").fetchall()]
    assert list(model.columns) == columns
    assert set(model.key) <= set(columns)


def test_marts_come_after_what_they_read() -> None:
    order = [item.name for item in models("marts")]
    for item in models("marts"):
        for other in set(item.depends) & set(order):
            assert order.index(other) < order.index(item.name)


def test_staging_keeps_columns_that_the_store_has() -> None:
    for item in models("staging"):
        tree = sqlglot.parse_one(item.sql, read="duckdb")
        kept = {column.alias_or_name for column in tree.selects}
        assert kept <= set(schema.metadata.tables[item.name].columns.keys())
        assert "revision" in kept


def test_the_models_are_found_in_the_repository() -> None:
    assert set(LAYERS) <= {path.name for path in sql_directory().iterdir()}


def test_a_header_is_read_field_by_field() -> None:
    model = parse(
        "marts",
        "things",
        "-- Things,\n-- all of them.\n-- grain: one thing\n-- key: a, b\n-- scope: work.things (a)\n"
        "-- depends: x, staging.y\n-- columns:\n--   a: the first\n--   b: the second\nSELECT 1\n",
    )
    assert model.description == "Things, all of them."
    assert model.grain == "one thing"
    assert model.key == ("a", "b")
    assert model.scope == ("work.things", "a")
    assert model.depends == ("x", "staging.y")
    assert model.columns == {"a": "the first", "b": "the second"}


@pytest.mark.parametrize("name", ['x"; DROP TABLE y', "a.b.c", "", "Ä", "x y"])
def test_only_names_of_ours_become_part_of_a_statement(name: str) -> None:
    with pytest.raises(ValueError, match="no table of the warehouse"):
        quoted(name)
