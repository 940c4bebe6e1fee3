"""The wants of two tracks that become one, and of one that becomes two again.

One user has one want a track: of two the higher priority and the further status stay, and the events of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.deletion import chunks, delete_rows, ids_where, restore_rows
from mixtrove.library.plain import plain, typed
from mixtrove.library.store import Transaction, new_id

BY_MERGE = "merge"
"""Who changed a want when its track was merged."""

_RANK = {"unavailable": 0, "wanted": 1, "purchased": 2}
_PURCHASE = ("purchased_at", "purchase_price", "currency", "store")
_want = schema.want
_event = schema.want_event
_removal = schema.want_removal


def move_wants(tx: Transaction, kept: str, merged: str) -> list[dict[str, Any]]:
    """Move the wants of the merged track to the kept one; returns what was changed, as JSON."""
    found = []
    for row in _wants_of(tx, merged):
        there = next((one for one in _wants_of(tx, kept) if one["user"] == row["user"]), None)
        if there is None:
            tx.connection.execute(
                sa.update(_want)
                .where(_want.c.id == row["id"])
                .values(library_track_id=kept, version=row["version"] + 1, revision=tx.revision)
            )
            found.append({"want": plain(row)})
        else:
            found.append(_combine(tx, there, row))
    return found


def return_wants(tx: Transaction, changes: Sequence[Mapping[str, Any]], kept: str, merged: str) -> None:
    """Undo ``move_wants``; what a person changed since stays on the kept track's want."""
    for change in changes:
        row = typed(_want, change["want"])
        if "into" not in change:
            moved = tx.connection.execute(
                sa.update(_want)
                .where(_want.c.id == row["id"], _want.c.library_track_id == kept)
                .values(library_track_id=merged, version=_want.c.version + 1, revision=tx.revision)
            )
            if not moved.rowcount:
                _also_removed(tx, row["user"], kept, merged)
            continue
        there = (
            tx.connection.execute(sa.select(_want).where(_want.c.id == change["into"]))
            .mappings()
            .one_or_none()
        )
        if there is None:
            _also_removed(tx, row["user"], kept, merged)
            continue
        row["version"] += 1
        row["source_tracklist_id"] = _present(tx, row["source_tracklist_id"])
        restore_rows(tx, _want, [row])
        for some in chunks(change["events"]):
            tx.connection.execute(
                sa.update(_event)
                .where(_event.c.id.in_(some), _event.c.want_id == there["id"])
                .values(want_id=row["id"], revision=tx.revision)
            )
        before, after = typed(_want, change["before"]), typed(_want, change["after"])
        if before != after and all(there[name] == value for name, value in after.items()):
            tx.connection.execute(
                sa.update(_want)
                .where(_want.c.id == there["id"])
                .values(**before, version=there["version"] + 1, revision=tx.revision)
            )
            delete_rows(tx, _event, [change["event"]] if change["event"] else [])


def drop_removals(tx: Transaction, kept: str) -> list[dict[str, Any]]:
    """What is wanted is not off the list: forget that it was, of the track that is left; returns the rows."""
    wanted = sa.exists().where(
        _want.c.user == _removal.c.user, _want.c.library_track_id == _removal.c.library_track_id
    )
    where = sa.and_(_removal.c.library_track_id == kept, wanted)
    rows = tx.connection.execute(sa.select(_removal).where(where)).mappings().all()
    tx.connection.execute(sa.delete(_removal).where(where))
    return [plain(row) for row in rows]


def return_removals(tx: Transaction, rows: Sequence[Mapping[str, Any]], kept: str) -> None:
    """Undo ``drop_removals``, where the track is not wanted; those of the merged track are back already."""
    wanted = {row["user"] for row in _wants_of(tx, kept)}
    for row in rows:
        if row["user"] not in wanted:
            tx.connection.execute(
                insert(tx.connection, _removal).on_conflict_do_nothing(), typed(_removal, row)
            )


def _also_removed(tx: Transaction, user: str, kept: str, merged: str) -> None:
    """What a person took off the list when the two were one is off it for both."""
    off = sa.select(_removal.c.removed_at).where(_removal.c.user == user, _removal.c.library_track_id == kept)
    removed_at = tx.connection.execute(off).scalar()
    if removed_at is not None:
        tx.connection.execute(
            insert(tx.connection, _removal).on_conflict_do_nothing(),
            {"user": user, "library_track_id": merged, "removed_at": removed_at},
        )


def _present(tx: Transaction, tracklist_id: str | None) -> str | None:
    table = schema.tracklist
    found: str | None = tx.connection.execute(
        sa.select(table.c.id).where(table.c.id == tracklist_id)
    ).scalar()
    return found


def _wants_of(tx: Transaction, track_id: str) -> Sequence[sa.RowMapping]:
    query = sa.select(_want).where(_want.c.library_track_id == track_id).order_by(_want.c.id)
    return tx.connection.execute(query).mappings().all()


def _combine(tx: Transaction, there: sa.RowMapping, row: sa.RowMapping) -> dict[str, Any]:
    """Put a want into the one of the same user that stays."""
    better = row if _RANK[row["status"]] > _RANK[there["status"]] else there
    new = {
        "priority": max(row["priority"], there["priority"]),
        "status": better["status"],
        **{name: better[name] for name in _PURCHASE},
        "notes": there["notes"] or row["notes"],
        "cut": there["cut"] or row["cut"],
        "added_at": min(row["added_at"], there["added_at"]),
    }
    events = ids_where(tx, _event, "want_id", [row["id"]])
    for some in chunks(events):
        tx.connection.execute(
            sa.update(_event).where(_event.c.id.in_(some)).values(want_id=there["id"], revision=tx.revision)
        )
    before = {name: there[name] for name in new}
    if before != new:
        tx.connection.execute(
            sa.update(_want)
            .where(_want.c.id == there["id"])
            .values(**new, version=there["version"] + 1, revision=tx.revision)
        )
    event_id = None
    if (new["status"], new["priority"]) != (there["status"], there["priority"]):
        event_id = new_id()
        tx.connection.execute(
            sa.insert(_event),
            {
                "id": event_id,
                "want_id": there["id"],
                "old_status": there["status"],
                "new_status": new["status"],
                "old_priority": there["priority"],
                "new_priority": new["priority"],
                "at": tx.now,
                "by": BY_MERGE,
                "revision": tx.revision,
            },
        )
    delete_rows(tx, _want, [row["id"]])
    return {
        "want": plain(row), "into": there["id"], "events": events, "event": event_id,
        "before": plain(before), "after": plain(new),
    }  # fmt: skip
