"""The want list: what to get, how much it is wanted, what was bought.

One want a user and track. Every change of status or priority leaves a ``want_event``. What a person takes off
the list is remembered in ``want_removal``: rules do not put it back. One want or many: each function changes
all it is given, or nothing. Reading is ``want_records.py``; values ``want_values.py``, rows ``want_rows.py``,
files ``exports.py`` and ``want_imports.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.errors import BadInput, StaleEdit
from mixtrove.library import schema
from mixtrove.library.store import Transaction, new_id
from mixtrove.library.want_records import WantRecord, count_wants, get_wants
from mixtrove.library.want_rows import (
    Change,
    change_wants,
    check_tracklists,
    delete_wants,
    insert_wants,
    read_rows,
    wants_of_tracks,
)
from mixtrove.library.want_values import DEFAULT_PRIORITY, PURCHASE_FIELDS, checked

LIMIT = 10_000
"""Wants a user may have (DESIGN §5)."""

_want = schema.want
_removal = schema.want_removal


@dataclass(frozen=True, slots=True)
class Wish:
    """A track that is to go on the list."""

    track_id: str
    priority: int | None = None  # 1 to 5; 3 when None
    cut: str | None = None  # original, extended or radio; None when any will do
    notes: str | None = None
    source_tracklist_id: str | None = None  # where it was heard; the track's first discovery when None
    added_at: datetime | None = None  # now when None
    by: str | None = None  # who did it, for the event; the user when None


def add_want(tx: Transaction, user: str, track_id: str, **wish: Any) -> str:
    """Put one track on the list; returns the want's id. Takes what ``Wish`` has; see ``add_wants``."""
    return add_wants(tx, user, [Wish(track_id, **wish)])[0]


def add_wants(tx: Transaction, user: str, wishes: Sequence[Wish]) -> list[str]:
    """Put tracks on the list; returns the ids of their wants, in the order of the wishes.

    A track that is on it already keeps its want: a higher priority raises it, nothing else changes.

    Raises:
        BadInput: no such track or tracklist, a value out of range, or the list is full. Nothing was added.
    """
    asked = [
        checked(
            {
                "priority": DEFAULT_PRIORITY if one.priority is None else one.priority,
                "cut": one.cut,
                "notes": one.notes,
                "source_tracklist_id": one.source_tracklist_id,
            }
        )
        for one in wishes
    ]
    check_tracklists(tx, (values["source_tracklist_id"] for values in asked))
    rows = wants_of_tracks(tx.connection, user, (one.track_id for one in wishes))
    new: list[dict[str, Any]] = []
    raised: dict[str, Change] = {}
    for wish, values in zip(wishes, asked, strict=True):
        there, by = rows.get(wish.track_id), wish.by or user
        if there is None:
            row = {
                "id": new_id(), "user": user, "library_track_id": wish.track_id, "status": "wanted",
                "added_at": wish.added_at or tx.now, "version": 1, "by": by, **values,
            }  # fmt: skip
            rows[wish.track_id] = row
            new.append(row)
        elif wish.priority is not None and wish.priority > there["priority"]:
            before = raised[there["id"]][0] if there["id"] in raised else dict(there)
            raised[there["id"]] = (before, {"priority": wish.priority}, by)
            there["priority"] = wish.priority
    if new:
        if count_wants(tx.connection, user) + len(new) > LIMIT:
            raise list_full(user)
        insert_wants(tx, new)
    fresh = {row["id"] for row in new}
    change_wants(tx, [change for want_id, change in raised.items() if want_id not in fresh])
    return [rows[wish.track_id]["id"] for wish in wishes]


def list_full(user: str) -> BadInput:
    """That no want more fits on a list."""
    return BadInput(
        f"the want list of {user} is full ({LIMIT:,} wants): remove some with `mixtrove want remove`"
    )


def set_want(
    tx: Transaction,
    want_id: str,
    changes: Mapping[str, Any],
    *,
    by: str,
    expected_version: int | None = None,
) -> WantRecord:
    """Change one want, unless it has another version than the one that was read; see ``set_wants``."""
    return set_wants(tx, [want_id], changes, by=by, versions=_versions(want_id, expected_version))[0]


def set_wants(
    tx: Transaction,
    want_ids: Sequence[str],
    changes: Mapping[str, Any],
    *,
    by: str,
    versions: Mapping[str, int] | None = None,
) -> list[WantRecord]:
    """Change wants; returns them as they are afterwards, in the same order.

    Setting ``status`` to ``purchased`` sets ``purchased_at`` to now when it is not given. Setting it back to
    another status forgets date, price, currency and store of the purchase.

    Args:
        tx: the transaction.
        want_ids: the wants.
        changes: any of ``EDITABLE``; price as Decimal or text, ``purchased_at`` as aware datetime or day.
        by: who.
        versions: by want, the version that was read.

    Raises:
        BadInput: no such want or tracklist, a wrong value, or a price of what is not bought.
        StaleEdit: a want was changed since it was read. Nothing was changed, in none of them.
    """
    set_each(tx, dict.fromkeys(want_ids, changes), by=by, versions=versions)
    return get_wants(tx.connection, want_ids)


def set_each(
    tx: Transaction,
    changes: Mapping[str, Mapping[str, Any]],
    *,
    by: str,
    versions: Mapping[str, int] | None = None,
) -> None:
    """Change each of several wants as it says, by want; see ``set_wants``."""
    values = {want_id: checked(one) for want_id, one in changes.items()}
    check_tracklists(tx, [one.get("source_tracklist_id") for one in values.values()])
    new: list[Change] = []
    for row in read_rows(tx, list(values)):
        mine = values[row["id"]]
        _refuse_stale(row, versions, mine, {name: row[name] for name in mine})
        new.append((row, _completed(row, mine, tx.now), by))
    change_wants(tx, new)


def remove_want(tx: Transaction, want_id: str, *, by: str, expected_version: int | None = None) -> None:
    """Take one want off the list; see ``remove_wants``."""
    remove_wants(tx, [want_id], by=by, versions=_versions(want_id, expected_version))


def remove_wants(
    tx: Transaction, want_ids: Sequence[str], *, by: str, versions: Mapping[str, int] | None = None
) -> int:
    """Take wants off the list for good: rules do not add them again, a person may. Returns how many.

    Raises:
        BadInput: there is none with one of the ids. Nothing was removed.
        StaleEdit: one was changed since it was read. Nothing was removed.
    """
    rows = read_rows(tx, want_ids)
    for row in rows:
        there = {name: row[name] for name in ("status", "priority", "notes")}
        _refuse_stale(row, versions, {"status": "removed"}, there)
    delete_wants(tx, want_ids)
    if rows:
        tx.connection.execute(
            insert(tx.connection, _removal).on_conflict_do_nothing(),
            [
                {"user": row["user"], "library_track_id": row["library_track_id"], "removed_at": tx.now}
                for row in rows
            ],
        )
    return len(rows)


def removed_tracks(connection: sa.Connection, user: str) -> set[str]:
    """The tracks that this user took off the list."""
    query = sa.select(_removal.c.library_track_id).where(_removal.c.user == user)
    return set(connection.execute(query).scalars())


def _versions(want_id: str, version: int | None) -> dict[str, int] | None:
    return None if version is None else {want_id: version}


def _refuse_stale(
    row: sa.RowMapping,
    versions: Mapping[str, int] | None,
    given: Mapping[str, Any],
    there: Mapping[str, Any],
) -> None:
    expected = (versions or {}).get(row["id"], row["version"])
    if row["version"] != expected:
        raise StaleEdit(
            f"want {row['id']}", expected=expected, found=row["version"], given=given, there=there
        )


def _completed(row: sa.RowMapping, values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What an edit changes in one want: the purchase goes with its status."""
    after = values.get("status", row["status"])
    bought = [name for name in PURCHASE_FIELDS if values.get(name) is not None]
    if after != "purchased" and bought:
        raise BadInput(
            f"want {row['id']} is {after}, and {bought[0]} is of a purchase: set its status to purchased, too"
        )
    if after != "purchased":
        return {**values, **dict.fromkeys(PURCHASE_FIELDS)}
    return {**values, "purchased_at": values.get("purchased_at") or row["purchased_at"] or now}
