"""Library tracks as people see them, each value with its source.

Finding tracks is ``track_search.py``, where one was heard ``set_context.py``, edits by people
``track_corrections.py``, files ``exports.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import NotFound
from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.musical_key import parse_key
from mixtrove.library.track_columns import COLUMNS, PERSON

_track = schema.library_track
_attribute = schema.track_attribute


@dataclass(frozen=True, slots=True)
class TrackRow:
    """A library track."""

    id: str
    artist: str
    title: str
    remix: str | None
    label: str | None
    catalog_number: str | None
    release_date: str | None
    genre: str | None
    bpm: float | None
    key: str | None  # as its source spells it
    classical: str | None  # the key as "A minor"; None when its text spells none
    camelot: str | None  # and as "8A"
    duration: float | None  # seconds
    isrcs: list[str]
    provisional: bool
    discovery_count: int
    first_discovered: datetime | None
    last_seen: datetime | None
    version: int
    sources: Mapping[str, tuple[str, ...]]
    """By field, the providers that say so, or ``person``; what is not in it came with a line or catalogue."""

    @property
    def providers(self) -> set[str]:
        """Whose data this is; a person is none."""
        return {one for names in self.sources.values() for one in names} - {PERSON}


@dataclass(frozen=True, slots=True)
class Attribute:
    """What one provider says of a track."""

    name: str
    value: Any
    provider: str
    fetched_at: datetime
    expires_at: datetime | None  # by the provider's terms; None: it may stay


@dataclass(frozen=True, slots=True)
class TrackDetails:
    """A track, its ids elsewhere and all that is said of it."""

    track: TrackRow
    external_ids: tuple[tuple[str, str], ...]  # (provider, id)
    attributes: tuple[Attribute, ...]  # by name and provider
    owned: int  # files in the collection


_NAMES = ("artist", "title", "remix", *COLUMNS)
_MADE = ("classical", "camelot", "sources")
_OF_THE_TABLE = tuple(field.name for field in fields(TrackRow) if field.name not in _MADE)


def get_track(connection: sa.Connection, track_id: str) -> TrackDetails:
    """A track.

    Raises:
        BadInput: there is none with this id.
    """
    known, owned = schema.external_id, schema.owned_track
    files = sa.select(sa.func.count()).where(owned.c.library_track_id == track_id).scalar_subquery()
    row = (
        connection.execute(sa.select(_track, files.label("files")).where(_track.c.id == track_id))
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound("track", track_id, seen_in="mixtrove library list")
    ids = connection.execute(
        sa.select(known.c.provider, known.c.external_id)
        .where(known.c.library_track_id == track_id)
        .order_by(known.c.provider, known.c.external_id)
    )
    said = connection.execute(
        sa.select(_attribute)
        .where(_attribute.c.library_track_id == track_id, is_live(datetime.now(UTC)))
        .order_by(_attribute.c.name, _attribute.c.provider)
    ).all()
    return TrackDetails(
        track=_shown(row, [one for one in said if one.name in _NAMES]),
        external_ids=tuple((one.provider, one.external_id) for one in ids),
        attributes=tuple(
            Attribute(one.name, one.value, one.provider, one.fetched_at, one.expires_at) for one in said
        ),
        owned=row["files"],
    )


def track_rows(
    connection: sa.Connection, rows: Sequence[sa.RowMapping], *, lasting: bool = False
) -> list[TrackRow]:
    """Rows of ``library_track`` as they are shown.

    Where the column is empty, what the first provider by name says is shown: its terms keep that out of
    statistics. What a person emptied stays empty, and what may be shown no longer is not.

    Args:
        connection: an open connection.
        rows: whole rows.
        lasting: leave out what may be shown for a while only; for files, which nobody takes back.
    """
    said: dict[str, list[sa.Row[Any]]] = {}
    live = _attribute.c.expires_at.is_(None) if lasting else is_live(datetime.now(UTC))
    for some in chunks(row["id"] for row in rows):
        for one in connection.execute(
            sa.select(_attribute)
            .where(_attribute.c.library_track_id.in_(some), _attribute.c.name.in_(_NAMES), live)
            .order_by(_attribute.c.provider)
        ):
            said.setdefault(one.library_track_id, []).append(one)
    return [_shown(row, said.get(row["id"], ())) for row in rows]


def is_live(now: datetime, attribute: sa.FromClause = _attribute) -> sa.ColumnElement[bool]:
    """Whether a row of ``track_attribute`` may still be shown."""
    return attribute.c.expires_at.is_(None) | (attribute.c.expires_at > now)


def _shown(row: sa.RowMapping, said: Sequence[sa.Row[Any]]) -> TrackRow:
    values: dict[str, Any] = {name: row[name] for name in _OF_THE_TABLE}
    by_person = {one.name for one in said if one.provider == PERSON}
    for one in said:
        if not values[one.name] and one.name not in by_person:
            values[one.name] = one.value
    sources: dict[str, tuple[str, ...]] = {}
    for one in said:
        if one.name in by_person:
            sources[one.name] = (PERSON,)
        elif one.value == values[one.name]:
            sources[one.name] = (*sources.get(one.name, ()), one.provider)
    key = parse_key(values["key"]) if values["key"] else None
    return TrackRow(
        **values,
        classical=key.classical if key else None,
        camelot=key.camelot if key else None,
        sources=sources,
    )
