"""Rows as JSON can hold them, and back: what a merge or a correction changed is kept like that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from mixtrove.database.columns import UtcDateTime


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row as JSON can hold it: times and days in ISO 8601, amounts as text."""
    return {name: _plain(value) for name, value in row.items()}


def typed(table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a table that ``plain`` wrote down; columns that came later have their default."""
    return {name: _typed(table.c[name], value) for name, value in row.items() if name in table.c}


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(column.type, sa.Numeric) and isinstance(value, str) else value
