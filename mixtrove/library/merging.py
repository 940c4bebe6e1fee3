"""Two library tracks become one: everything that points at the one that goes moves to the one that stays.

Used when a provisional track is identified and when a person says that two tracks are the same. Every merge
is written to ``merge_log`` with what it changed.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.deletion import delete_rows, ids_where
from mixtrove.library.store import Transaction, new_id
from mixtrove.library.tracks import refresh_derived

_RANK = {"unavailable": 0, "wanted": 1, "purchased": 2}
_PURCHASE = ("purchased_at", "purchase_price", "currency", "store")
_MOVED = (schema.track_discovery, schema.correction, schema.owned_track)


def merge_tracks(tx: Transaction, *, kept: str, merged: str, reason: str) -> None:
    """Merge the track ``merged`` into the track ``kept``: it is gone afterwards.

    Plays, corrections, owned files, external ids, links and wants move; of two wants of one user the higher
    priority and the further status stay, and the events of both. Derived columns are refreshed.
    """
    track = schema.library_track
    before = {
        "track": _plain(tx.connection.execute(sa.select(track).where(track.c.id == merged)).mappings().one()),
        "moved": {table.name: _move(tx, table, kept, merged) for table in _MOVED},
        "external_ids": _move_external_ids(tx, kept, merged),
        "wants": _move_wants(tx, kept, merged),
    }
    _move_keyed(tx, schema.purchase_link, ("store", "url"), kept, merged)
    _move_keyed(tx, schema.track_attribute, ("name", "provider"), kept, merged)
    _move_keyed(tx, schema.want_removal, ("user",), kept, merged)
    delete_rows(tx, schema.purchase_link, ids_where(tx, schema.purchase_link, "library_track_id", [merged]))
    tx.connection.execute(
        sa.insert(schema.merge_log),
        {
            "id": new_id(),
            "kept_id": kept,
            "merged_id": merged,
            "reason": reason,
            "before": before,
            "merged_at": tx.now,
        },
    )
    delete_rows(tx, track, [merged])
    refresh_derived(tx, [kept])


def merge_if_unheard(tx: Transaction, *, provisional: str, identified: str, reason: str) -> bool:
    """Merge a provisional track into the identified one when no play points at it any more."""
    plays = schema.track_discovery
    track = schema.library_track
    heard = tx.connection.execute(
        sa.select(sa.literal(1)).where(plays.c.library_track_id == provisional).limit(1)
    ).scalar()
    is_provisional = tx.connection.execute(
        sa.select(track.c.provisional).where(track.c.id == provisional)
    ).scalar()
    if heard or not is_provisional or provisional == identified:
        return False
    merge_tracks(tx, kept=identified, merged=provisional, reason=reason)
    return True


def _move(tx: Transaction, table: sa.Table, kept: str, merged: str) -> list[str]:
    ids = ids_where(tx, table, "library_track_id", [merged])
    if ids:
        tx.connection.execute(
            sa.update(table)
            .where(table.c.library_track_id == merged)
            .values(library_track_id=kept, revision=tx.revision)
        )
    return ids


def _move_external_ids(tx: Transaction, kept: str, merged: str) -> list[list[str]]:
    table = schema.external_id
    found = tx.connection.execute(
        sa.select(table.c.provider, table.c.external_id).where(table.c.library_track_id == merged)
    ).all()
    if found:
        tx.connection.execute(
            sa.update(table)
            .where(table.c.library_track_id == merged)
            .values(library_track_id=kept, revision=tx.revision)
        )
    return [list(row) for row in found]


def _move_keyed(tx: Transaction, table: sa.Table, key: tuple[str, ...], kept: str, merged: str) -> None:
    """Move rows that are unique a track; where the kept track has the same key, its own row stays."""
    other = table.alias()
    taken = sa.exists().where(
        other.c.library_track_id == kept, *(other.c[name] == table.c[name] for name in key)
    )
    values: dict[str, Any] = {"library_track_id": kept}
    movable = (table.c.library_track_id == merged, ~taken)
    if tx.connection.execute(sa.select(sa.literal(1)).where(*movable).limit(1)).scalar():
        if "revision" in table.c:
            values["revision"] = tx.revision
        tx.connection.execute(sa.update(table).where(*movable).values(**values))


def _move_wants(tx: Transaction, kept: str, merged: str) -> list[dict[str, Any]]:
    want, event = schema.want, schema.want_event
    rows = tx.connection.execute(
        sa.select(want).where(want.c.library_track_id == merged)
    ).mappings().all()  # fmt: skip
    for row in rows:
        there = (
            tx.connection.execute(
                sa.select(want).where(want.c.library_track_id == kept, want.c.user == row["user"])
            )
            .mappings()
            .one_or_none()
        )
        if there is None:
            tx.connection.execute(
                sa.update(want)
                .where(want.c.id == row["id"])
                .values(library_track_id=kept, version=row["version"] + 1, revision=tx.revision)
            )
            continue
        better = row if _RANK[row["status"]] > _RANK[there["status"]] else there
        new = {
            "priority": max(row["priority"], there["priority"]),
            "status": better["status"],
            **{name: better[name] for name in _PURCHASE},
            "notes": there["notes"] or row["notes"],
            "cut": there["cut"] or row["cut"],
            "added_at": min(row["added_at"], there["added_at"]),
        }
        tx.connection.execute(
            sa.update(event)
            .where(event.c.want_id == row["id"])
            .values(want_id=there["id"], revision=tx.revision)
        )
        if any(there[name] != value for name, value in new.items()):
            tx.connection.execute(
                sa.update(want)
                .where(want.c.id == there["id"])
                .values(**new, version=there["version"] + 1, revision=tx.revision)
            )
        if (new["status"], new["priority"]) != (there["status"], there["priority"]):
            tx.connection.execute(
                sa.insert(event),
                {
                    "id": new_id(),
                    "want_id": there["id"],
                    "old_status": there["status"],
                    "new_status": new["status"],
                    "old_priority": there["priority"],
                    "new_priority": new["priority"],
                    "at": tx.now,
                    "by": "merge",
                    "revision": tx.revision,
                },
            )
        delete_rows(tx, want, [row["id"]])
    return [_plain(row) for row in rows]


def _plain(row: sa.RowMapping) -> dict[str, Any]:
    """A row as JSON can hold it."""
    return {
        key: value.isoformat()
        if isinstance(value, date | datetime)
        else str(value)
        if isinstance(value, Decimal)
        else value
        for key, value in row.items()
    }
