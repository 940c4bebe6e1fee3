"""The files of sql/: their headers are true, and each is valid SQL of DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import sqlglot

from mixtrove.errors import MixtroveError
from mixtrove.warehouse import marts, staging
from mixtrove.warehouse.buildfile import prepare
from mixtrove.warehouse.lineage import column_sources, columns_of, in_order, reads
from mixtrove.warehouse.models import LAYERS, Layer, Model, model, models, parse, quoted, sql_directory

MODELS = [item for layer in (*LAYERS, "reports") for item in models(layer)]
SHOWN = [*models("marts"), *models("reports")]
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
    "since": None,
    "until": "2025-01-31",
    "limit": 10,
    "rows": 10,
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


@pytest.mark.parametrize("model", MODELS, ids=lambda item: f"{item.layer}/{item.name}")
def test_a_model_can_be_planned_on_an_empty_warehouse(model: Model, empty: duckdb.DuckDBPyConnection) -> None:
    if model.layer == "staging":
        columns = ", ".join(f'NULL::VARCHAR AS "{name}"' for name in staging.incoming_columns(model.name))
        empty.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT {columns}")
    parameters = model.parameters(VALUES) or None
    assert empty.execute(f"EXPLAIN {model.sql}", parameters).fetchall()


@pytest.mark.parametrize("model", MODELS, ids=lambda item: f"{item.layer}/{item.name}")
def test_every_model_says_what_it_holds(model: Model) -> None:
    assert model.description
    if model.layer != "checks":
        assert model.grain
        assert model.key


@pytest.mark.parametrize("model", SHOWN, ids=lambda item: f"{item.layer}/{item.name}")
def test_the_header_explains_exactly_the_columns(model: Model, empty: duckdb.DuckDBPyConnection) -> None:
    described = empty.execute(f"DESCRIBE {model.sql}", model.parameters(VALUES) or None)
    columns = [row[0] for row in described.fetchall()]
    assert list(model.columns) == columns
    assert set(model.key) <= set(columns)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_model_comes_after_what_it_reads(layer: Layer) -> None:
    order = [item.name for item in in_order(layer)]
    assert sorted(order) == [item.name for item in models(layer)]
    for item in in_order(layer):
        for other in (reads(item.sql) & set(order)) - {item.name}:
            assert order.index(other) < order.index(item.name)


def test_every_table_that_a_model_reads_is_there(empty: duckdb.DuckDBPyConnection) -> None:
    tables = {
        name if schema_name == "main" else f"{schema_name}.{name}"
        for schema_name, name in empty.execute(
            "SELECT CASE database_name WHEN 'staging' THEN 'staging' ELSE schema_name END, "
            "table_name FROM duckdb_tables()"
        ).fetchall()
    }
    for item in MODELS:
        assert reads(item.sql) <= tables | {"incoming"}, item.name


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT 1", set()),
        ("SELECT * FROM a JOIN work.b USING (x)", {"a", "work.b"}),
        ("WITH a AS (SELECT 1) SELECT * FROM a", set()),
        ("WITH a AS (SELECT * FROM work.a) SELECT * FROM a SEMI JOIN c USING (x)", {"work.a", "c"}),
        ("SELECT * FROM (SELECT * FROM b WHERE x IN (SELECT y FROM c)) UNION ALL FROM d", {"b", "c", "d"}),
        ("SELECT (SELECT max(x) FROM a) FROM b", {"a", "b"}),
    ],
)
def test_what_a_statement_reads_is_its_tables_without_its_own_ctes(sql: str, tables: set[str]) -> None:
    assert reads(sql) == tables


def test_columns_are_followed_to_where_they_come_from(empty: duckdb.DuckDBPyConnection) -> None:
    columns = columns_of(empty)
    discoveries = column_sources(model("marts", "discoveries"), columns)
    assert discoveries["raw_line"] == {("staging.tracklist_entry", "raw_line")}
    assert discoveries["mix"] == {("staging.tracklist", "title")}
    assert discoveries["discovered_on"] == {
        ("staging.track_discovery", "discovery_date"),
        ("staging.tracklist", "imported_at"),
    }
    plays = column_sources(model("marts", "plays_by_played"), columns)  # by way of work.track_keys
    assert plays["label_no"] == {("labels", "label")}
    assert plays["guest_nos"] == {("artists", "artist")}
    assert plays["mix_no"] == {("tracklists", "tracklist_id")}
    statistics = column_sources(model("marts", "statistics"), columns)
    assert statistics["mixes"] == {("plays_by_discovered", "mix_no"), ("plays_by_played", "mix_no")}
    assert statistics["top_labels"] == {("labels", "label")}
    assert {("tracks", "title"), ("tracks", "remix")} < statistics["top_tracks"]


@pytest.mark.parametrize("item", models("marts"), ids=lambda item: item.name)
def test_every_column_of_a_mart_has_a_lineage_that_exists(
    item: Model, empty: duckdb.DuckDBPyConnection
) -> None:
    columns = columns_of(empty)
    known = {
        (name if schema_name == "main" else f"{schema_name}.{name}", column)
        for schema_name, tables in columns.items()
        for name, found in tables.items()
        for column in found
    }
    sources = column_sources(item, columns)
    assert list(sources) == list(item.columns)
    for column, found in sources.items():
        assert found <= known, column
        assert not any(table.startswith("work.") for table, _ in found)
    assert any(sources.values())


@pytest.mark.parametrize("sql", ["SELEC 1", "DROP TABLE a"])
def test_what_is_no_query_is_said_in_a_sentence(sql: str) -> None:
    with pytest.raises(MixtroveError, match="a model of the warehouse"):
        reads(sql)


def test_staging_keeps_columns_that_the_store_has() -> None:
    for item in models("staging"):
        tree = sqlglot.parse_one(item.sql, read="duckdb")
        kept = {column.alias_or_name for column in tree.selects} - {"origin"}  # made of two of them
        assert kept <= set(staging.incoming_columns(item.name))
        assert ("revision" in kept) == ("revision" in staging.source_table(item.name).columns)


def test_the_models_are_found_in_the_repository() -> None:
    assert set(LAYERS) <= {path.name for path in sql_directory().iterdir()}


def test_a_header_is_read_field_by_field() -> None:
    model = parse(
        "marts",
        "things",
        "-- Things,\n-- all of them.\n-- grain: one thing\n-- key: a, b\n-- scope: work.things (a)\n"
        "-- columns:\n--   a: the first\n--   b: the second\nSELECT 1\n",
    )
    assert model.description == "Things, all of them."
    assert model.grain == "one thing"
    assert model.key == ("a", "b")
    assert model.scope == ("work.things", "a")
    assert model.columns == {"a": "the first", "b": "the second"}


@pytest.mark.parametrize("name", ['x"; DROP TABLE y', "a.b.c", "", "Ä", "x y"])
def test_only_names_of_ours_become_part_of_a_statement(name: str) -> None:
    with pytest.raises(ValueError, match="no table of the warehouse"):
        quoted(name)
