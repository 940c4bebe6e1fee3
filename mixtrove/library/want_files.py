"""The want list as a file: CSV for spreadsheets, JSON for programs, text to paste."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from mixtrove.library.spreadsheet import to_csv
from mixtrove.library.want_records import WantRecord

COLUMNS = (
    "artist", "title", "version", "label", "catalog_number", "cut", "priority", "status", "heard",
    "added_at", "purchased_at", "purchase_price", "currency", "store", "notes",
)  # fmt: skip


def export_wants(wants: Sequence[WantRecord], form: Literal["csv", "json", "txt"]) -> str:
    """Wants as ``csv`` (with a header), ``json`` (an array) or ``txt`` (``Artist - Title (Version)``)."""
    if form == "json":
        return json.dumps([asdict(one) for one in wants], ensure_ascii=False, indent=2, default=_plain) + "\n"
    if form == "txt":
        return "".join(
            f"{one.artist} - {one.title}{f' ({one.remix})' if one.remix else ''}"
            f"{f' [{one.label}]' if one.label else ''}\n"
            for one in wants
        )
    rows = [
        [
            one.remix if name == "version" else _plain(getattr(one, name), keep=(int, str, type(None)))
            for name in COLUMNS
        ]
        for one in wants
    ]
    return to_csv(COLUMNS, rows)


def _plain(value: Any, *, keep: tuple[type, ...] = ()) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value if isinstance(value, keep) else str(value)
