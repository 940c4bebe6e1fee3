"""What every asset is declared with, and what it says about its rows: counts, columns and a preview.

Here: turning rows, tables and models into Dagster metadata. Not here: reading them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import dagster as dg
import duckdb
import sqlalchemy as sa

from mixtrove.warehouse import marts, staging
from mixtrove.warehouse.buildfile import prepare
from mixtrove.warehouse.marts import STATISTICS
from mixtrove.warehouse.models import Model, models, quoted

PREVIEW = 10
"""Rows of a preview."""

CELL = 60
"""Characters of a cell of a preview; the rest is cut off."""

OWNERS = ("team:discovery",)


def layer_asset(
    layer: str, entity: str, *kinds: str, **more: Any
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """``dg.asset`` with what every asset of a layer is declared with: key, group, owners, kinds.

    Args:
        layer: folder, group and first part of the key.
        entity: the second part of the key.
        kinds: what it is made with and where it lies, besides Python.
        more: further arguments of ``dg.asset``.
    """
    decorate: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
        key=dg.AssetKey([layer, entity]),
        group_name=layer,
        owners=list(OWNERS),
        kinds={"python", *kinds},
        **more,
    )
    return decorate


def store_table(table: sa.Table, *beside: sa.Table) -> dict[str, Any]:
    """Definition metadata of an asset whose rows are a table of a store.

    Args:
        table: the table.
        beside: tables that it writes as well; their columns are named with their table.
    """
    columns = [
        dg.TableColumn(
            column.name if one is table else f"{one.name}.{column.name}",
            type=str(column.type.compile()).lower(),
            description=column.comment,
            constraints=dg.TableColumnConstraints(
                nullable=bool(column.nullable),
                unique=bool(column.primary_key and len(one.primary_key) == 1),
            ),
        )
        for one in (table, *beside)
        for column in one.columns
    ]
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/table_name": table.name,
    }


def warehouse_table(name: str, *beside: str) -> dict[str, Any]:
    """Definition metadata of an asset whose rows are a table of the warehouse; see ``store_table``."""
    return {
        "dagster/table_name": f"warehouse.main.{name}",
        "dagster/column_schema": dg.TableSchema(
            columns=[*_columns(name, ""), *(column for one in beside for column in _columns(one, f"{one}."))]
        ),
    }


def warehouse_tables(items: Iterable[Model]) -> dict[str, Any]:
    """Definition metadata of an asset that has many tables: each column is named with its table."""
    return {
        "dagster/table_name": "warehouse.main",
        "dagster/column_schema": dg.TableSchema(
            columns=[
                column for item in items for name in tables_of(item) for column in _columns(name, f"{name}.")
            ]
        ),
    }


def tables_of(item: Model) -> tuple[str, ...]:
    """The tables that a model makes."""
    return tuple(STATISTICS.values()) if item.name == "statistics" else (item.name,)


def _columns(table: str, prefix: str) -> list[dg.TableColumn]:
    """The columns of a table of the warehouse: types from DuckDB, meanings from the model."""
    item = next(one for one in models("marts") if table in tables_of(one))
    return [
        dg.TableColumn(prefix + name, type=kind, description=item.columns.get(name))
        for name, kind in _types()[table]
    ]


@cache
def _types() -> dict[str, list[tuple[str, str]]]:
    """Table → its columns and their types, from a warehouse without rows."""
    with duckdb.connect() as connection:
        prepare(connection, ":memory:")
        staging.create_tables(connection)
        marts.create_tables(connection)
        tables = [name for item in models("marts") for name in tables_of(item)]
        return {
            table: [
                (name, kind) for name, kind, *_ in connection.execute(f"DESCRIBE {quoted(table)}").fetchall()
            ]
            for table in tables
        }


def preview(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """The first rows as a table; long texts are cut, lists are their length."""
    shown = [row for row, _ in zip(rows, range(PREVIEW), strict=False)]
    if not shown:
        return dg.MetadataValue.md("no rows")
    lines = [
        "| " + " | ".join(column.replace("_", " ") for column in columns) + " |",
        "|" + " --- |" * len(columns),
        *("| " + " | ".join(_cell(value) for value in row) + " |" for row in shown),
    ]
    return dg.MetadataValue.md("\n".join(lines))


def counts(title: str, values: Mapping[str, int]) -> dg.MarkdownMetadataValue:
    """Numbers by name as a table of two columns."""
    return preview_all((title, "rows"), values.items())


def preview_all(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """As ``preview``, with every row: for tables that are short by nature."""
    lines = [
        "| " + " | ".join(columns) + " |",
        "|" + " --- |" * len(columns),
        *("| " + " | ".join(_cell(value) for value in row) + " |" for row in rows),
    ]
    return dg.MetadataValue.md("\n".join(lines))


def chart(connection: duckdb.DuckDBPyConnection, *names: str) -> dg.MarkdownMetadataValue:
    """Pictures of the report, by name, each under its sentence, as Markdown that holds them.

    The event log keeps this for every run, so pictures are small, 10 to 60 kB each.
    """
    from mixtrove.report.charts import PICTURES
    from mixtrove.report.drawing import data_uri, png
    from mixtrove.report.figures import TOP, Stretch

    parts = []
    for name in names:
        picture = PICTURES[name](connection, Stretch(), TOP)
        text = re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", picture.sentence)
        parts.append(f"**{picture.heading}.** {text}")
        if picture.chart is not None:
            parts.append(f"![{picture.heading}]({data_uri(png(picture.chart, scale=1))})")
    return dg.MetadataValue.md("\n\n".join(parts))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)[:CELL]
    text = " ".join(str(value).split()).replace("|", "\\|")
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"
