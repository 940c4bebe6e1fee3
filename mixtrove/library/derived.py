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

DERIVED = ("discovery_count", "discovered_from", "first_discovered", "last_seen")
"""The columns of a track that follow from its plays."""

_track = schema.library_track
_discovery = schema.track_discovery


def _counted() -> sa.Subquery:
    """What the derived values of the tracks ``ids`` are by their plays; each is read from the index."""
    track, play = _track.alias(), _discovery.alias()

    def of_plays(value: sa.ColumnElement[Any]) -> sa.Select[Any]:
        return sa.select(value).where(play.c.library_track_id == track.c.id).correlate(track)

    first = of_plays(play.c.tracklist_id).order_by(
        play.c.discovery_date, play.c.tracklist_id, play.c.track_position
    )
    return (
        sa.select(
            track.c.id,
            of_plays(sa.func.count()).scalar_subquery().label("discovery_count"),
            first.limit(1).scalar_subquery().label("discovered_from"),
            of_plays(sa.func.min(play.c.discovery_date)).scalar_subquery().label("first_discovered"),
            of_plays(sa.func.max(play.c.discovery_date)).scalar_subquery().label("last_seen"),
        )
        .where(track.c.id.in_(sa.bindparam("ids", expanding=True)))
        .subquery()
    )


_NOW = _counted()
_WRONG = (
    _track.c.id.in_(sa.bindparam("ids", expanding=True)),
    _track.c.id == _NOW.c.id,
    sa.or_(*(_track.c[name].is_distinct_from(_NOW.c[name]) for name in DERIVED)),
)
_ANY_WRONG = sa.select(_track.c.id).where(*_WRONG).limit(1)
_REFRESH = (
    sa.update(_track)
    .where(*_WRONG)
    .values(**{name: _NOW.c[name] for name in DERIVED}, revision=sa.bindparam("new_revision"))
)


def refresh_derived(tx: Transaction, track_ids: Iterable[str]) -> None:
    """Bring ``discovery_count``, ``discovered_from``, ``first_discovered`` and ``last_seen`` up to date.

    They are counted from ``track_discovery``; a track whose values are right is not written.
    """
    for some in chunks(track_ids):
        if tx.changed or tx.connection.execute(_ANY_WRONG, {"ids": some}).first():
            tx.connection.execute(_REFRESH, {"ids": some, "new_revision": tx.revision})


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
