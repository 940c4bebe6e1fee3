"""The columns of a library track that hold facts: which may cross between recordings, and writing them.

Every change of a column that is not derived counts up the track's ``version``, so that an edit made on an
older one can be refused. What a person set, an emptied column too, is marked by an attribute of the source
``person``: no run writes there. Not here: what providers say (``facts.py``), edits by people
(``track_corrections.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from mixtrove.database.bulk import among
from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.store import Transaction

COLUMNS = ("label", "catalog_number", "release_date", "genre", "bpm", "key", "duration", "isrcs")
"""The fields that are columns of a library track."""

NAMED = ("artist", "title", "remix")
"""The columns that say which track it is."""

OF_THE_RECORDING = frozenset(("bpm", "key", "duration", "isrcs", "catalog_number", "preview_url"))
"""What is true of one recording only. Genre, label and remixers hold for every edit of a work (DESIGN §6)."""

SAME_LENGTH = 3.0
"""Seconds by which two durations of one recording differ at most (MATCHING §5)."""

PERSON = "person"
"""The source of what a person set."""

_track = schema.library_track
_attribute = schema.track_attribute


def same_length(one: float | None, other: float | None) -> bool:
    """Whether two durations (seconds) can be those of one recording; an unknown one can."""
    return one is None or other is None or abs(one - other) <= SAME_LENGTH


def set_by_people(connection: sa.Connection, track_ids: Iterable[str]) -> dict[str, set[str]]:
    """By track, the names of the columns that a person set or emptied; tracks without are absent."""
    found: dict[str, set[str]] = {}
    for some in chunks(track_ids):
        for row in connection.execute(
            sa.select(_attribute.c.library_track_id, _attribute.c.name).where(
                among(connection.dialect.name, _attribute.c.library_track_id, some),
                _attribute.c.provider == PERSON,
            )
        ):
            found.setdefault(row.library_track_id, set()).add(row.name)
    return found


def empty_columns(row: Mapping[Any, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Of values for columns of a track those whose column is empty."""
    return {name: value for name, value in values.items() if value and not row[name]}


def fill_columns(tx: Transaction, row: sa.RowMapping, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fill those columns of a track that are empty and that no person set; returns what was filled."""
    empty = empty_columns(row, values)
    if empty:
        for name in set_by_people(tx.connection, [row["id"]]).get(row["id"], ()):
            empty.pop(name, None)
    if empty:
        write_columns(tx, row["id"], empty)
    return empty


def write_columns(tx: Transaction, track_id: str, values: Mapping[str, Any]) -> None:
    """Write columns of a track that are not derived."""
    tx.connection.execute(
        sa.update(_track)
        .where(_track.c.id == track_id)
        .values(**values, version=_track.c.version + 1, updated_at=tx.now, revision=tx.revision)
    )
