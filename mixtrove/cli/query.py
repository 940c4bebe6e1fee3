"""``mixtrove query``: SQL on the published warehouse, which nothing can change.

Here: arguments, rows and refusals. Not here: opening the file (``mixtrove.warehouse.read``), printing rows
(``output``). The pipeline may replace the file while a query runs: it ends on the version that it began with.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mixtrove.errors import BadInput

if TYPE_CHECKING:
    import duckdb

_LIMIT = 1_000  # rows of a table when nothing is said
_PART = 1_000  # rows of CSV at a time


@click.command()
@click.argument("sql", required=False)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help='Read the SQL from a file; "-" is standard input.',
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"At most so many rows; by default {_LIMIT:,} in a table, all of them in JSON and CSV.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--csv", "as_csv", is_flag=True, help="For spreadsheets.")
def query(sql: str | None, path: Path | None, limit: int | None, as_json: bool, as_csv: bool) -> None:
    """Ask the warehouse in SQL (DuckDB's), or list its tables when no SQL is given.

    The published file is opened read-only: nothing can be changed, and no other file be read. It can be asked
    at any time, also while it is built.
    "-" reads the SQL from standard input.

    \b
    For example:
      mixtrove query
      mixtrove query "SELECT artist, title, mixes FROM tracks ORDER BY mixes DESC LIMIT 10"
      mixtrove query --file my-query.sql --csv > answer.csv
    """
    import duckdb

    from mixtrove.cli.output import print_table
    from mixtrove.settings import load_settings
    from mixtrove.warehouse.read import open_published, plain

    if as_json and as_csv:
        raise BadInput("--json and --csv exclude each other: choose one")
    warehouse = load_settings().warehouse_path
    text = _text(sql, path)
    if text is None:
        return _print_tables(warehouse, as_json, as_csv)
    most = limit or (sys.maxsize if as_json or as_csv else _LIMIT)
    with open_published(warehouse) as connection:
        try:
            cursor = connection.execute(text)
            if cursor is None:  # spaces, semicolons and comments
                raise BadInput("the query is empty: give SQL, or nothing at all to list the tables")
            columns: Sequence[str] = [column[0] for column in cursor.description or ()]
            rows = [[plain(value) for value in row] for row in _part(cursor, as_csv, most)]
            left = most - len(rows)
            while as_csv and left and len(rows) == _PART:  # any number of rows in the memory of some
                print_table(columns, rows, csv=True)
                columns = []
                rows = [[plain(value) for value in row] for row in _part(cursor, as_csv, left)]
                left -= len(rows)
            more = not left and cursor.fetchone() is not None
        except duckdb.Error as error:
            raise BadInput(f"the query was refused: {sentence(error)}") from error
    print_table(_told_apart(columns) if as_json else columns, rows, json=as_json, csv=as_csv, empty="no rows")
    if more:
        hint = "--limit shows more" if limit or as_csv or as_json else "--limit shows more, --csv gives all"
        click.echo(f"… and more: these are the first {most:,} rows; {hint}", err=True)
    return None


def sentence(error: duckdb.Error) -> str:
    """An error of DuckDB in one line, with the place in the SQL where it names one."""
    first, _, rest = str(error).partition("\n")
    found = re.search(r"^(LINE (\d+): ).*\n( *)\^", rest, flags=re.MULTILINE)
    hint = re.search(r"^(Candidate bindings:.*|Did you mean.*)$", rest, flags=re.MULTILINE)
    said = f"{first}; {hint[1][0].lower()}{hint[1][1:]}" if hint else first
    if found is None:
        return said
    column = len(found[3]) - len(found[1]) + 1
    return (
        f"{said} (line {found[2]}, column {column})" if "..." not in found[0] else f"{said} (line {found[2]})"
    )


def _text(sql: str | None, path: Path | None) -> str | None:
    if sql is not None and path is not None:
        raise BadInput("the SQL is given twice, as an argument and as --file: choose one")
    if sql == "-" or path == Path("-"):
        return sys.stdin.read()
    if path is None:
        return sql
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(f"{path} cannot be read: {reason}; name a file of SQL in UTF-8") from error


def _told_apart(columns: Sequence[str]) -> list[str]:
    """Names of columns, each once: an object in JSON has no two keys of one name."""
    found: list[str] = []
    for name in columns:
        number = 1
        unique = name
        while unique in found or (number > 1 and unique in columns):
            number += 1
            unique = f"{name}_{number}"
        found.append(unique)
    return found


def _part(cursor: duckdb.DuckDBPyConnection, as_csv: bool, most: int) -> list[tuple[Any, ...]]:
    if most == sys.maxsize and not as_csv:
        return cursor.fetchall()
    return cursor.fetchmany(min(most, _PART) if as_csv else most)


def _print_tables(path: Path, as_json: bool, as_csv: bool) -> None:
    from mixtrove.cli.output import print_table
    from mixtrove.warehouse.read import tables

    rows: list[list[str | None]] = []
    for table in tables(path):
        rows.append([table.name, None, None, table.comment])
        rows.extend([table.name, *column] for column in table.columns)
    print_table(["table", "column", "type", "about"], rows, json=as_json, csv=as_csv)
