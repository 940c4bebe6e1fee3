"""The files of ``sql/`` and what their headers say: grain, key, scope, dependencies, columns.

Here: finding, reading and ordering them, and the few statements made from their names. Not here: running
them (``staging``, ``marts``, ``statistics``, ``checks``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Literal

from mixtrove.errors import MixtroveError

Layer = Literal["staging", "scopes", "marts", "checks"]
LAYERS: tuple[Layer, ...] = ("staging", "scopes", "marts", "checks")

_FIELD = re.compile(r"-- (grain|key|scope|depends|refreshed|columns):\s*(.*)")
_COLUMN = re.compile(r"--   (\w+): (.+)")
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
    depends: tuple[str, ...]
    refreshed: str | None  # a sentence, for tables that a function with parameters writes
    columns: Mapping[str, str]  # column → what it means


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
    """The models of a layer, each after those it depends on; otherwise by name."""
    found = {
        path.stem: parse(layer, path.stem, path.read_text(encoding="utf-8"))
        for path in sorted((sql_directory() / layer).glob("*.sql"))
    }
    order = TopologicalSorter(
        {name: [other for other in model.depends if other in found] for name, model in found.items()}
    )
    return tuple(found[name] for name in order.static_order())


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
        depends=_names(fields.get("depends", "")),
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


def create(table: str, item: Model) -> str:
    """The statement that makes an empty table in the shape of a model, unless it is there."""
    return f"CREATE TABLE IF NOT EXISTS {quoted(table)} AS FROM ({item.sql}) LIMIT 0"


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
