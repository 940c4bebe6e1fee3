"""Library tracks as people see them: listed, shown with every mix, edited, exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.track_corrections import EDITABLE

EXPORT_COLUMNS = (
    "artist", "title", "remix", "label", "catalog_number", "release_date", "genre", "bpm", "key",
    "duration", "discovery_count", "first_discovered", "last_seen", "provisional", "id",
)  # fmt: skip

_track = schema.library_track
_attribute = schema.track_attribute
_discovery = schema.track_discovery


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
    key: str | None
    duration: float | None  # seconds
    isrcs: list[str]
    provisional: bool
    discovery_count: int
    first_discovered: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Play:
    """One time a track was heard."""

    tracklist_id: str
    mix: str | None
    dj: str | None
    played_on: date | None
    position: int
    raw_line: str
    confidence: float
    method: str
    reasons: tuple[str, ...]


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
    """A track, its ids elsewhere and every mix it was heard in."""

    track: TrackRow
    external_ids: tuple[tuple[str, str], ...]  # (provider, id)
    plays: tuple[Play, ...]
    attributes: tuple[Attribute, ...]  # by name and provider
    owned: int  # files in the collection


def list_tracks(
    connection: sa.Connection,
    *,
    search: str | None = None,
    provisional: bool | None = None,
    limit: int | None = None,
) -> list[TrackRow]:
    """Tracks, the most heard first; ``search`` is a part of artist, title, version or label."""
    query = sa.select(_track).order_by(
        _track.c.discovery_count.desc(), _track.c.artist, _track.c.title, _track.c.id
    )
    for word in (search or "").split():
        named = (_track.c.artist, _track.c.title, _track.c.remix, _track.c.label)
        query = query.where(sa.or_(*(column.icontains(word, autoescape=True) for column in named)))
    if provisional is not None:
        query = query.where(_track.c.provisional == provisional)
    return _rows(connection, connection.execute(query.limit(limit)).mappings().all())


def get_track(connection: sa.Connection, track_id: str) -> TrackDetails:
    """A track with its plays, the first first.

    Raises:
        BadInput: there is none with this id.
    """
    row = _found(connection, track_id)
    tracklist, entry = schema.tracklist, schema.tracklist_entry
    plays = connection.execute(
        sa.select(_discovery, tracklist.c.title, tracklist.c.dj, tracklist.c.played_on, entry.c.raw_line)
        .join(tracklist, tracklist.c.id == _discovery.c.tracklist_id)
        .join(entry, entry.c.id == _discovery.c.entry_id)
        .where(_discovery.c.library_track_id == track_id)
        .order_by(_discovery.c.discovery_date, tracklist.c.id, _discovery.c.track_position)
    )
    known, owned = schema.external_id, schema.owned_track
    return TrackDetails(
        track=_rows(connection, [row])[0],
        external_ids=tuple(
            (one.provider, one.external_id)
            for one in connection.execute(
                sa.select(known.c.provider, known.c.external_id)
                .where(known.c.library_track_id == track_id)
                .order_by(known.c.provider, known.c.external_id)
            )
        ),
        plays=tuple(
            Play(
                one.tracklist_id, one.title, one.dj, one.played_on, one.track_position, one.raw_line,
                one.confidence, one.identification_method, tuple(one.reasons),
            )
            for one in plays
        ),
        attributes=tuple(
            Attribute(one.name, one.value, one.provider, one.fetched_at, one.expires_at)
            for one in connection.execute(
                sa.select(_attribute)
                .where(_attribute.c.library_track_id == track_id)
                .order_by(_attribute.c.name, _attribute.c.provider)
            )
        ),
        owned=connection.execute(
            sa.select(sa.func.count()).where(owned.c.library_track_id == track_id)
        ).scalar_one(),
    )  # fmt: skip


def _found(connection: sa.Connection, track_id: str) -> sa.RowMapping:
    row = connection.execute(sa.select(_track).where(_track.c.id == track_id)).mappings().first()
    if row is None:
        raise BadInput(f"there is no track {track_id!r}: `mixtrove library list` shows them")
    return row


def _rows(connection: sa.Connection, rows: Sequence[sa.RowMapping]) -> list[TrackRow]:
    """Tracks with what a provider said where the column is empty: its terms keep that out of statistics."""
    said: dict[str, dict[str, Any]] = {}
    for some in chunks(row["id"] for row in rows):
        for one in connection.execute(
            sa.select(_attribute)
            .where(_attribute.c.library_track_id.in_(some), _attribute.c.name.in_(EDITABLE))
            .order_by(_attribute.c.provider)
        ):
            said.setdefault(one.library_track_id, {}).setdefault(one.name, one.value)
    names = [field.name for field in fields(TrackRow)]
    found = []
    for row in rows:
        more = said.get(row["id"], {})
        values: dict[str, Any] = {name: more.get(name) if row[name] is None else row[name] for name in names}
        found.append(TrackRow(**values))
    return found
