"""Library tracks: one row a version of a track, found or made, and what is derived from its plays.

Everything here works inside a transaction of the caller. Merging two tracks is ``merging.py``; lists, single
tracks and edits by a person are ``track_records.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.credits import shown_artist, version_of_track
from mixtrove.library.deletion import chunks, delete_rows, detach, ids_where
from mixtrove.library.store import Transaction, new_id, upsert
from mixtrove.matching import Credit, identity_key, line_key

PROVISIONAL_PREFIX = "line:"
"""Before the line key in the identity key of a provisional track: it can never equal a real one."""

_track = schema.library_track
_discovery = schema.track_discovery


@dataclass(frozen=True, slots=True)
class ExternalId:
    """The id of a recording at a provider or in a catalogue."""

    provider: str
    external_id: str
    cut: str | None = None  # original, extended or radio; None when unknown
    url: str | None = None


def track_exists(connection: sa.Connection, track_id: str) -> bool:
    """Whether there is such a track; one that was merged is gone."""
    return connection.execute(sa.select(_track.c.id).where(_track.c.id == track_id)).first() is not None


def find_or_create_track(
    tx: Transaction,
    credit: Credit,
    *,
    external_ids: Sequence[ExternalId] = (),
    disambiguator: str = "",
    release_date: str | None = None,
    genre: str | None = None,
    bpm: float | None = None,
    key: str | None = None,
) -> str:
    """The id of the library track that this credit is; made when there is none.

    A track that has one of the external ids is the one; else the track with the same identity key.
    Columns that are empty are filled, others stay as they are; new external ids are added.

    Args:
        tx: the transaction.
        credit: who, what and which version.
        external_ids: ids of this recording; one that another track has stays there.
        disambiguator: tells two tracks with the same identity apart (two different ``Untitled``).
        release_date: YYYY, YYYY-MM or YYYY-MM-DD; the credit's year when it is None.
        genre: as the source spells it.
        bpm: beats a minute.
        key: musical key, as the source spells it.
    """
    found = _by_external_id(tx, external_ids) or _by_identity(tx, identity_key(credit), disambiguator)
    values = {
        "label": credit.label,
        "catalog_number": credit.catalog_number,
        "release_date": release_date or (f"{credit.year:04d}" if credit.year else None),
        "genre": genre,
        "bpm": bpm,
        "key": key,
        "duration": credit.duration,
        "isrcs": [credit.isrc] if credit.isrc else [],
    }
    if found is None:
        track_id = _create(tx, credit, identity_key(credit), disambiguator, False, values)
    else:
        track_id = found["id"]
        empty = {name: value for name, value in values.items() if value and not found[name]}
        if empty:
            tx.connection.execute(
                sa.update(_track)
                .where(_track.c.id == track_id)
                .values(**empty, updated_at=tx.now, revision=tx.revision)
            )
    add_external_ids(tx, track_id, external_ids)
    return track_id


def provisional_track(tx: Transaction, credit: Credit, *, filed_under: str | None = None) -> str:
    """The id of the provisional track of a line nobody could identify yet; made when there is none.

    Args:
        tx: the transaction.
        credit: what the line says.
        filed_under: the line key of the entry; the credit's own when None.
    """
    identity = PROVISIONAL_PREFIX + (filed_under or line_key(credit))
    found = _by_identity(tx, identity, "")
    if found is not None:
        return str(found["id"])
    values: dict[str, Any] = {
        "label": credit.label,
        "catalog_number": credit.catalog_number,
        "isrcs": [],
    }
    return _create(tx, credit, identity, "", True, values)


def refresh_derived(tx: Transaction, track_ids: Iterable[str]) -> None:
    """Bring ``discovery_count``, ``discovered_from``, ``first_discovered`` and ``last_seen`` up to date.

    They are counted from ``track_discovery``; a track whose values are right is not written.
    """
    names = ("discovery_count", "discovered_from", "first_discovered", "last_seen")
    for some in chunks(track_ids):
        counted: dict[str, tuple[Any, ...]] = dict.fromkeys(some, (0, None, None, None))
        order = (
            _discovery.c.discovery_date,
            _discovery.c.tracklist_id,
            _discovery.c.track_position,
        )
        ranked = (
            sa.select(
                _discovery.c.library_track_id,
                _discovery.c.tracklist_id,
                sa.func.count().over(partition_by=_discovery.c.library_track_id).label("plays"),
                sa.func.min(_discovery.c.discovery_date)
                .over(partition_by=_discovery.c.library_track_id)
                .label("first"),
                sa.func.max(_discovery.c.discovery_date)
                .over(partition_by=_discovery.c.library_track_id)
                .label("last"),
                sa.func.row_number()
                .over(partition_by=_discovery.c.library_track_id, order_by=order)
                .label("place"),
            )
            .where(_discovery.c.library_track_id.in_(some))
            .subquery()
        )
        for row in tx.connection.execute(sa.select(ranked).where(ranked.c.place == 1)):
            counted[row.library_track_id] = (row.plays, row.tracklist_id, row.first, row.last)
        present = tx.connection.execute(
            sa.select(_track.c.id, *(_track.c[name] for name in names)).where(_track.c.id.in_(some))
        ).all()
        changed = [
            {"b_id": row.id, **dict(zip(names, counted[row.id], strict=True))}
            for row in present
            if tuple(row)[1:] != counted[row.id]
        ]
        if changed:
            tx.connection.execute(
                sa.update(_track)
                .where(_track.c.id == sa.bindparam("b_id"))
                .values(
                    **{name: sa.bindparam(name, type_=_track.c[name].type) for name in names},
                    revision=tx.revision,
                ),
                changed,
            )


def remove_orphans(tx: Transaction, track_ids: Iterable[str]) -> int:
    """Delete those of the tracks that are provisional, were heard nowhere any more and wanted by nobody.

    A track that a correction points at stays too. Returns how many were deleted.
    """
    gone: list[str] = []
    for some in chunks(track_ids):
        kept = [
            sa.exists().where(table.c.library_track_id == _track.c.id)
            for table in (_discovery, schema.want, schema.correction)
        ]
        gone += tx.connection.execute(
            sa.select(_track.c.id).where(
                _track.c.id.in_(some), _track.c.provisional, *(~some_use for some_use in kept)
            )
        ).scalars()
    delete_tracks(tx, gone)
    return len(gone)


def delete_tracks(tx: Transaction, track_ids: Sequence[str]) -> None:
    """Delete tracks that have no plays, wants or corrections left; their owned files are kept, unlinked."""
    detach(tx, schema.owned_track, "library_track_id", track_ids)
    links = ids_where(tx, schema.purchase_link, "library_track_id", track_ids)
    delete_rows(tx, schema.purchase_link, links)
    delete_rows(tx, _track, track_ids)


def _create(
    tx: Transaction,
    credit: Credit,
    identity: str,
    disambiguator: str,
    provisional: bool,
    values: dict[str, Any],
) -> str:
    track_id = new_id()
    tx.connection.execute(
        sa.insert(_track),
        {
            "id": track_id,
            "artist": shown_artist(credit),
            "title": credit.title or "ID",
            "remix": credit.version if provisional else version_of_track(credit),
            "identity_key": identity,
            "disambiguator": disambiguator,
            "provisional": provisional,
            "created_at": tx.now,
            "updated_at": tx.now,
            "revision": tx.revision,
            **values,
        },
    )
    return track_id


def _by_identity(tx: Transaction, identity: str, disambiguator: str) -> sa.RowMapping | None:
    return (
        tx.connection.execute(
            sa.select(_track).where(
                _track.c.identity_key == identity, _track.c.disambiguator == disambiguator
            )
        )
        .mappings()
        .one_or_none()
    )


def _by_external_id(tx: Transaction, ids: Sequence[ExternalId]) -> sa.RowMapping | None:
    known = schema.external_id
    for one in ids:
        row = (
            tx.connection.execute(
                sa.select(_track)
                .join(known, known.c.library_track_id == _track.c.id)
                .where(known.c.provider == one.provider, known.c.external_id == one.external_id)
            )
            .mappings()
            .one_or_none()
        )
        if row is not None:
            return row
    return None


def add_external_ids(tx: Transaction, track_id: str, ids: Sequence[ExternalId]) -> None:
    """Note the ids of a track; one that another track has stays there."""
    known = schema.external_id
    for one in ids:
        owner = tx.connection.execute(
            sa.select(known.c.library_track_id, known.c.cut, known.c.url).where(
                known.c.provider == one.provider, known.c.external_id == one.external_id
            )
        ).one_or_none()
        if owner is not None and owner.library_track_id != track_id:
            continue
        row = {
            "provider": one.provider,
            "external_id": one.external_id,
            "library_track_id": track_id,
            "cut": one.cut or (owner.cut if owner else None),
            "url": one.url or (owner.url if owner else None),
        }
        if owner is None or (owner.cut, owner.url) != (row["cut"], row["url"]):
            upsert(tx, known, [row], on=("provider", "external_id"))
