"""What follows from plays: the derived columns of a track, and which tracks are nobody's any more.

Everything here works inside a transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from mixtrove.database.bulk import TextList, among
from mixtrove.library import schema
from mixtrove.library.deletion import chunks, delete_rows, detach, ids_where
from mixtrove.library.store import Transaction

DERIVED = ("discovery_count", "discovered_from", "first_discovered", "last_seen")
"""The columns of a track that follow from its plays."""

_track = schema.library_track
_discovery = schema.track_discovery


def refresh_derived(tx: Transaction, track_ids: Iterable[str]) -> None:
    """Bring ``discovery_count``, ``discovered_from``, ``first_discovered`` and ``last_seen`` up to date.

    They are counted from ``track_discovery``; a track whose values are right is not written.
    """
    any_wrong, refresh = _statements(tx.connection.dialect.name)
    for some in chunks(track_ids):
        if tx.changed or tx.connection.execute(any_wrong, {"ids": some}).first():
            tx.connection.execute(refresh, {"ids": some, "new_revision": tx.revision})


@cache
def _statements(dialect: str) -> tuple[sa.Select[Any], sa.Update]:
    """Whether a derived value of one of the tracks ``ids`` is wrong, and what puts all of them right."""
    ids = sa.bindparam("ids", type_=TextList)
    now = _counted(dialect, ids)
    wrong = (
        among(dialect, _track.c.id, ids),
        _track.c.id == now.c.id,
        sa.or_(*(_track.c[name].is_distinct_from(now.c[name]) for name in DERIVED)),
    )
    return (
        sa.select(_track.c.id).where(*wrong).limit(1),
        sa.update(_track)
        .where(*wrong)
        .values(**{name: now.c[name] for name in DERIVED}, revision=sa.bindparam("new_revision")),
    )


def _counted(dialect: str, ids: sa.BindParameter[Any]) -> sa.Subquery:
    """What the derived values of the tracks are by their plays; each is read from the index."""
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
        .where(among(dialect, track.c.id, ids))
        .subquery()
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
                among(tx.connection.dialect.name, _track.c.id, some),
                _track.c.provisional,
                *(~some_use for some_use in kept),
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
