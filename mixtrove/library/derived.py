"""What follows from plays: the derived columns of a track, and which tracks are nobody's any more.

Everything here works inside a transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.deletion import chunks, delete_rows, detach, ids_where
from mixtrove.library.store import Transaction

_track = schema.library_track
_discovery = schema.track_discovery


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
