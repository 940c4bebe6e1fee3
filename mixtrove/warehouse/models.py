"""The files of ``sql/`` and what their headers say: grain, key, scope, columns.

Here: finding and reading them, and the few statements made from their names. Not here: what their SQL reads
(``lineage``), and running them (``staging``, ``marts``, ``statistics``, ``checks``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mixtrove.errors import MixtroveError

if TYPE_CHECKING:
    import duckdb

Layer = Literal["staging", "scopes", "marts", "checks", "reports"]
LAYERS: tuple[Layer, ...] = ("staging", "scopes", "marts", "checks")
"""What a build file is made by; ``reports`` are only read with, from the published file."""

TREND_KINDS = ("track", "unreleased", "artist", "genre", "label", "source", "dj")
"""What the table ``trends`` has rows of; ``sql/marts/trends.sql`` says how each is counted."""

_FIELD = re.compile(r"-- (grain|key|scope|refreshed|columns):\s*(.*)")
_COLUMN = re.compile(r"--   (\w+): (.+)")
_COMMENT = re.compile(r"--.*")
_PARAMETER = re.compile(r"\$([a-z_]+)")
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)?")


@dataclass(frozen=True, slots=True)
class Model:
    """One file of ``sql/``: a SELECT and its header."""

    layer: Layer
    name: str  # of the file and of the table
    sql: str
    description: str
    grain: str
    key: tuple[str, ...]
    scope: tuple[str, str] | None  # (table of keys in scope, key column); None: written as a whole
    refreshed: str | None  # a sentence, for tables that a function with parameters writes
    columns: Mapping[str, str]  # column → what it means

    def parameters(self, values: Mapping[str, object]) -> dict[str, object]:
        """Those of these values that the SQL takes: DuckDB refuses a name that a statement does not have."""
        taken = set(_PARAMETER.findall(_COMMENT.sub("", self.sql)))
        return {name: values[name] for name in sorted(taken)}


def sql_directory() -> Path:
    """The folder of the models: inside the package when installed, else the repository's ``sql/``.

    Raises:
        MixtroveError: there is neither; the installation is broken.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "sql", here.parents[1] / "sql"):
        if (folder / "marts").is_dir():
            return folder
    raise MixtroveError(f"the SQL models of the warehouse are missing beside {here}: reinstall mixtrove")


@cache
def models(layer: Layer) -> tuple[Model, ...]:
    """The models of a layer, by name."""
    return tuple(
        parse(layer, path.stem, path.read_text(encoding="utf-8"))
        for path in sorted((sql_directory() / layer).glob("*.sql"))
    )


def model(layer: Layer, name: str) -> Model:
    """One model by its name."""
    return next(item for item in models(layer) if item.name == name)


@cache
def fingerprint() -> str:
    """Changes when any model changes: the schema version of a warehouse. 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for layer in LAYERS:
        for item in models(layer):
            digest.update(f"{layer}/{item.name}\0{item.sql}\0".encode())
    return digest.hexdigest()[:12]


def parse(layer: Layer, name: str, text: str) -> Model:
    """Read a model from its text.

    Args:
        layer: the folder it is in.
        name: the name of the file without ``.sql``.
        text: a header of ``--`` lines, then one SELECT.
    """
    fields: dict[str, str] = {}
    columns: dict[str, str] = {}
    description: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        if field := _FIELD.match(line):
            fields[field[1]] = field[2].strip()
        elif column := _COLUMN.match(line):
            columns[column[1]] = column[2].strip()
        else:
            description.append(line.removeprefix("--").strip())
    scope = re.match(r"([\w.]+) \((\w+)\)", fields.get("scope", ""))
    return Model(
        layer=layer,
        name=name,
        sql=text,
        description=" ".join(description),
        grain=fields.get("grain", ""),
        key=_names(fields.get("key", "")),
        scope=(scope[1], scope[2]) if scope else None,
        refreshed=fields.get("refreshed"),
        columns=columns,
    )


def quoted(name: str) -> str:
    """A table name of ours (``schema.table`` or ``table``) as it stands in a statement.

    Raises:
        ValueError: it is not of the form that files of ``sql/`` have.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no table of the warehouse")
    return ".".join(f'"{part}"' for part in name.split("."))


def literal(text: str) -> str:
    """A text literal, for statements that take no parameters (COMMENT ON)."""
    return "'" + text.replace("'", "''") + "'"


def column_list(connection: duckdb.DuckDBPyConnection, select: str, parameters: object = None) -> str:
    """The names and types of a SELECT's columns, as CREATE TABLE takes them.

    Tables are made from this and not by ``CREATE TABLE … AS … LIMIT 0``: in DuckDB 2.0.0, what is inserted
    into such a table in the same transaction is invisible from 122,880 rows on (found with the benchmark of
    the statistics; 1.5.6 is right).
    """
    described = connection.execute(f"DESCRIBE {select}", parameters).fetchall()
    return "(" + ", ".join(f'"{row[0]}" {row[1]}' for row in described) + ")"


def comments(table: str, item: Model) -> tuple[str, ...]:
    """The statements that put a model's header on its table."""
    about = f"{item.description} Grain: {item.grain}."
    return (
        f"COMMENT ON TABLE {quoted(table)} IS {literal(about)}",
        *(
            f'COMMENT ON COLUMN {quoted(table)}."{column}" IS {literal(meaning)}'
            for column, meaning in item.columns.items()
        ),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
