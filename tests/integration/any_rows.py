"""Rows for every table of a store, made from its columns' types, with what databases store differently."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from mixtrove.database.bulk import insert_rows
from mixtrove.database.columns import UtcDateTime
from mixtrove.library.store import new_id

JSON: tuple[Any, ...] = (
    {}, [], {"b": 1, "a": {"z": None, "y": [True, False, 1, 0]}}, ["é", "\u2028", "\\", '"'],
    {"price": "9.90", "small": 1e-7, "big": 1e20, "whole": 2.0, "exact": 0.1 + 0.2, "id": 2**60}, "text", 5,
)  # fmt: skip
TEXTS = (
    "",
    "Ünïcödé – ✓",
    "tab\tand\nline",
    "\\N",
    'it\'s "quoted"',
    "日本語 🎧",
    "'; DROP TABLE want; --",
    " x ",
)
FLOATS = (0.0, 1.0, 0.1, 1e-12, 128.00000000000003, 1e15, 0.30000000000000004)
WHOLE = (0, 1, 7, 2**31 - 1)
_ONE_OF = re.compile(r"^\"?(\w+)\"? IN \((.*)\)$")
_BETWEEN = re.compile(r"^\"?(\w+)\"? BETWEEN (\d+) AND (\d+)$")


def fill(connection: sa.Connection, tables: Iterable[sa.Table], *, rows: int, seed: int) -> None:
    """Put ``rows`` rows into each table; references lead to rows that are there."""
    chance = random.Random(seed)
    ids: dict[str, list[str]] = {}
    for table in tables:
        if table.name == "counter":
            continue
        made = [_row(table, number, ids, chance) for number in range(rows)]
        insert_rows(connection, table, made)
        if "id" in table.c:
            ids[f"{table.name}.id"] = [row["id"] for row in made]


def _row(table: sa.Table, number: int, ids: dict[str, list[str]], chance: random.Random) -> dict[str, Any]:
    allowed = _allowed(table)
    row: dict[str, Any] = {}
    for column in table.columns:
        references = [key.target_fullname for key in column.foreign_keys]
        unique = column.primary_key or any(column.name in one for one in _unique(table))
        if references:
            known = ids[references[0]]
            value: Any = known[number % len(known)]
            if column.name == "right_id":  # of a pair, in order
                row["left_id"], value = sorted((known[number], known[(number + 1) % len(known)]))
        elif column.name in allowed:
            value = chance.choice(allowed[column.name])
        elif column.nullable and chance.random() < 0.3:
            value = None
        elif column is table.autoincrement_column:
            value = number + 1
        else:
            value = _value(column.type, number, chance, unique=unique)
        row[column.name] = value
    return row


def _value(kind: sa.types.TypeEngine[Any], number: int, chance: random.Random, *, unique: bool) -> Any:
    if isinstance(kind, UtcDateTime):
        moment = datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
        return moment + timedelta(days=number, microseconds=chance.choice((0, 1, 500_000)))
    if isinstance(kind, sa.Date):
        return date(1980, 2, 29) + timedelta(days=number)
    if isinstance(kind, sa.Boolean):
        return chance.random() < 0.5
    if isinstance(kind, sa.JSON):
        return chance.choice(JSON)
    if isinstance(kind, sa.LargeBinary):
        return bytes(chance.choices(range(256), k=50)) + b"\x00\\x"
    if isinstance(kind, sa.Float):
        return chance.choice(FLOATS)
    if isinstance(kind, sa.Numeric):
        return Decimal(chance.choice(("0.00", "0.10", "9.99", "12345678.90")))
    if isinstance(kind, sa.BigInteger):
        return number if unique else chance.choice((*WHOLE, 2**53 + 1, 2**62))
    if isinstance(kind, sa.Integer):
        return number if unique else chance.choice(WHOLE)
    assert isinstance(kind, sa.String)
    if unique or kind.length == 36:
        return new_id()[: kind.length] if kind.length != 3 else "EUR"
    text = chance.choice(TEXTS)
    return text[: kind.length] if kind.length else text


def _unique(table: sa.Table) -> list[set[str]]:
    keys = [set(one.columns.keys()) for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
    return keys + [set(index.columns.keys()) for index in table.indexes if index.unique]


def _allowed(table: sa.Table) -> dict[str, list[Any]]:
    """The values that check constraints allow."""
    found: dict[str, list[Any]] = {}
    for one in table.constraints:
        if isinstance(one, sa.CheckConstraint):
            text = str(one.sqltext)
            if among := _ONE_OF.match(text):
                found[among[1]] = [part.strip(" '") for part in among[2].split(",")]
            elif between := _BETWEEN.match(text):
                found[between[1]] = list(range(int(between[2]), int(between[3]) + 1))
    return found
