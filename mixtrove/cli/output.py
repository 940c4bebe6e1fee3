"""How every command prints rows: a table for people, aligned text in a pipe, JSON or CSV for programs."""

from __future__ import annotations

import json as json_module
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import click

from mixtrove.durable import to_disk
from mixtrove.errors import BadInput
from mixtrove.library.spreadsheet import to_csv

FOLLOW = "Statistics follow with the next `mixtrove discover`."
"""What every command says that changes what the warehouse shows."""

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but newline and tab, and halves of characters, which cannot be printed."""

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
"""The option of every command whose answer a program may want."""


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    json: bool = False,
    csv: bool = False,
    title: str | None = None,
    empty: str = "nothing found",
    spare: Sequence[str] = (),
) -> None:
    """Print rows on stdout.

    Args:
        columns: the names of the columns; with ``json`` the keys of the objects.
        rows: one sequence a row, as long as ``columns``.
        json: a JSON array of objects instead.
        csv: CSV with a header instead.
        title: a line above the table, on a terminal only.
        empty: what people read when there are no rows.
        spare: columns that a narrow terminal does without, the first first.
    """
    found = [tuple(row) for row in rows]
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in found])
    elif csv:
        click.echo(to_csv(columns, [[_csv_cell(value) for value in row] for row in found]), nl=False)
    elif not found:
        click.echo(empty)
    else:
        _print_table(columns, found, title, spare)


def confirm(question: str, *, err: bool = False) -> None:
    """Ask before what is hard to undo; with ``err`` on stderr, where stdout is data.

    Raises:
        Abort: the person said no.
        BadInput: nobody is there to answer.
    """
    try:
        agreed = click.confirm(question, err=err)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo(err=err)
        raise BadInput("nothing was changed: nobody is here to answer, so say it with --yes") from None
    if not agreed:
        raise click.Abort


def refuse_to_ask(*, yes: bool) -> None:
    """With --json nobody is asked: stdout is for a program.

    Raises:
        BadInput: it was not said that nobody need be asked.
    """
    if not yes:
        raise BadInput("nothing was changed: with --json nobody is asked, so say it with --yes")


def print_json(value: object) -> None:
    """Print one value as JSON: UTF-8, times in ISO 8601, decimals as text."""
    click.echo(as_json_text(value))


def as_json_text(value: object) -> str:
    """One value as JSON text; signs that steer a terminal are escaped."""
    text = json_module.dumps(value, ensure_ascii=False, indent=2, default=_json_value)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def harmless(text: str) -> str:
    """A text of a stranger for a terminal: what would steer it is written as ``\\x1b``."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say_rest(shown: int, everything: int, what: str, *, err: bool = False) -> None:
    """Tell that there is more than a list shows; with ``err`` on stderr, where stdout is data."""
    if shown < everything:
        click.echo(f"{shown:,} of {everything:,} {what}: --limit shows more", err=err)


def text_of(value: object) -> str:
    """A cell for people: nothing for None, ``yes``/``no``, minutes of times, lists with commas.

    What would steer a terminal is escaped.
    """
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
        return harmless(json_module.dumps(value, ensure_ascii=False, default=_json_value))
    return harmless(" ".join(str(value).split()))


def clock(seconds: int | None) -> str | None:
    """A cue for people: ``1:02:03``, ``4:05``."""
    if seconds is None:
        return None
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def is_terminal() -> bool:
    """Whether stdout is one: a person reads it."""
    return sys.stdout.isatty()


def _print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None, spare: Sequence[str]
) -> None:
    from mixtrove.cli.tables import Column, fitted_table, table

    shown = [
        Column(
            name,
            [text_of(row[index]) for row in rows],
            right=all(_is_number(row[index]) for row in rows),
            fixed=name == "id" or name.endswith("_id") or all(_is_whole(row[index]) for row in rows),
            spared=spare.index(name) + 1 if name in spare else 0,
        )
        for index, name in enumerate(columns)
    ]
    if not is_terminal():
        for line in table(shown):
            click.echo(line)
        return
    if title:
        click.secho(title, italic=True)
    head, lines = fitted_table(shown, shutil.get_terminal_size().columns)
    for line in head:
        click.secho(line, bold=True)
    for line in lines:
        click.echo(line)


def _is_whole(value: object) -> bool:
    """Whether nobody would want to read half of it: a number, a day, a yes or no."""
    return value is None or isinstance(value, bool | int | float | Decimal | date)


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


def write_text(text: str | Iterable[str], out: Path | None) -> None:
    """Write a text, or its pieces as they come, to a file, or to stdout when there is none.

    A file is complete or not there.

    Raises:
        BadInput: the file cannot be written.
    """
    pieces = (text,) if isinstance(text, str) else text
    if out is None:
        for piece in pieces:
            click.echo(piece, nl=False)
        return
    draft = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        to_disk(draft)
        draft.replace(out)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}; choose another place") from error
    finally:
        draft.unlink(missing_ok=True)
    click.echo(f"wrote {out}", err=True)
