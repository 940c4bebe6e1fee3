"""How every command prints rows: a table for people, aligned text in a pipe, JSON or CSV for programs."""

from __future__ import annotations

import json as json_module
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import click

from mixtrove.errors import BadInput
from mixtrove.library.spreadsheet import to_csv


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    json: bool = False,
    csv: bool = False,
    title: str | None = None,
    empty: str = "nothing found",
) -> None:
    """Print rows on stdout.

    Args:
        columns: the names of the columns; with ``json`` the keys of the objects.
        rows: one sequence a row, as long as ``columns``.
        json: a JSON array of objects instead.
        csv: CSV with a header instead.
        title: a line above the table, on a terminal only.
        empty: what people read when there are no rows.
    """
    found = [tuple(row) for row in rows]
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in found])
    elif csv:
        click.echo(to_csv(columns, [[_csv_cell(value) for value in row] for row in found]), nl=False)
    elif not found:
        click.echo(empty)
    elif _is_terminal():
        _print_rich(columns, found, title)
    else:
        _print_aligned(columns, found)


def print_json(value: object) -> None:
    """Print one value as JSON: UTF-8, times in ISO 8601, decimals as text."""
    click.echo(as_json_text(value))


def as_json_text(value: object) -> str:
    """One value as JSON text."""
    return json_module.dumps(value, ensure_ascii=False, indent=2, default=_json_value)


def say_rest(shown: int, everything: int, what: str) -> None:
    """Tell that there is more than a list shows."""
    if shown < everything:
        click.echo(f"{shown:,} of {everything:,} {what}: --limit shows more")


def text_of(value: object) -> str:
    """A cell for people: nothing for None, ``yes``/``no``, minutes of times, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple):
        return ", ".join(text_of(item) for item in value)
    if isinstance(value, dict):
        return json_module.dumps(value, ensure_ascii=False, default=_json_value)
    return " ".join(str(value).split())


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _print_rich(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        numeric = all(_is_number(row[index]) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(Text(text_of(value)) for value in row))
    Console().print(table)


def _print_aligned(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    cells = [list(columns), *([text_of(value) for value in row] for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    right = [all(_is_number(row[index]) for row in rows) for index in range(len(columns))]
    for row in cells:
        padded = (
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, widths, right, strict=True)
        )
        click.echo("  ".join(padded).rstrip())


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and value is not True)


def _csv_cell(value: object) -> object:
    if isinstance(value, list | tuple | dict):
        return json_module.dumps(value, ensure_ascii=False, default=_json_value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else value


def _json_value(value: object) -> object:
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be printed as JSON")


def write_text(text: str, out: Path | None) -> None:
    """Write text to a file, or to stdout when there is none; a file is complete or not there.

    Raises:
        BadInput: the file cannot be written.
    """
    if out is None:
        click.echo(text, nl=False)
        return
    draft = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(out)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BadInput(f"{out} cannot be written: {error.strerror}; choose another place") from error
    click.echo(f"wrote {out}", err=True)
