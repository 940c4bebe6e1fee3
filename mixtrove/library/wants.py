"""The want list: what to get, how much it is wanted, what was bought.

One want a user and track. Every change of status or priority leaves a ``want_event``. What a person takes off
the list is remembered in ``want_removal``: rules do not put it back. One want or many: each function changes
all it is given, or nothing. Values are ``want_values.py``, rows ``want_rows.py``, files ``want_files.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.errors import BadInput, StaleEdit
from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.lookup import contains_words, spellings
from mixtrove.library.store import Transaction, new_id
from mixtrove.library.want_rows import (
    Change,
    change_wants,
    check_tracklists,
    delete_wants,
    insert_wants,
    no_such_want,
    read_rows,
    wants_of_tracks,
)
from mixtrove.library.want_values import DEFAULT_PRIORITY, PURCHASE_FIELDS, checked

LIMIT = 10_000
"""Wants a user may have (DESIGN §5)."""

_want = schema.want
_track = schema.library_track
_removal = schema.want_removal


@dataclass(frozen=True, slots=True)
class WantRecord:
    """A want with the track it is for."""

    id: str
    library_track_id: str
    artist: str
    title: str
    remix: str | None
    label: str | None
    catalog_number: str | None
    provisional: bool
    heard: int  # plays in all mixes
    owned: bool  # a file of the collection is this track
    cut: str | None
    priority: int  # 1 to 5, 5 is most wanted
    status: str
    added_at: datetime
    purchased_at: datetime | None
    purchase_price: Decimal | None
    currency: str | None
    store: str | None
    notes: str | None
    source_tracklist_id: str | None
    version: int


@dataclass(frozen=True, slots=True)
class WantChange:
    """A change of a want's status or priority; the first one is that it was added."""

    at: datetime
    by: str  # a user, rule:NAME, or merge
    old_status: str | None
    new_status: str
    old_priority: int | None
    new_priority: int


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


def list_wants(
    connection: sa.Connection,
    user: str,
    *,
    status: str | None = None,
    min_priority: int = 1,
    search: str | None = None,
    dj: str | None = None,
    label: str | None = None,
    limit: int | None = None,
) -> list[WantRecord]:
    """A user's wants, the most wanted first, then the most heard.

    Args:
        connection: an open connection.
        user: whose.
        status: only these.
        min_priority: only those at least so much wanted.
        search: words that occur in artist, title, version, label or notes.
        dj: only what was heard in a mix of this DJ, in any spelling of the same normal form.
        label: only what is on this label, likewise.
        limit: at most so many.
    """
    query = _records().where(_want.c.user == user, _want.c.priority >= min_priority)
    if status:
        query = query.where(_want.c.status == status)
    if search:
        named = (_track.c.artist, _track.c.title, _track.c.remix, _track.c.label, _want.c.notes)
        query = query.where(contains_words(named, search))
    if label:
        query = query.where(_track.c.label.in_(spellings(connection, _track.c.label, [label])))
    if dj:
        tracklist, play = schema.tracklist, schema.track_discovery
        names = spellings(connection, tracklist.c.dj, [dj])
        query = query.where(
            sa.exists().where(
                play.c.library_track_id == _track.c.id,
                tracklist.c.id == play.c.tracklist_id,
                tracklist.c.dj.in_(names),
            )
        )
    query = query.order_by(
        _want.c.priority.desc(), _track.c.discovery_count.desc(), _want.c.added_at, _want.c.id
    )
    return [_record(row) for row in connection.execute(query.limit(limit)).mappings()]


def get_want(connection: sa.Connection, want_id: str) -> WantRecord:
    """One want; see ``get_wants``."""
    return get_wants(connection, [want_id])[0]


def get_wants(connection: sa.Connection, want_ids: Sequence[str]) -> list[WantRecord]:
    """Wants by id, each once, in order.

    Raises:
        BadInput: there is none with one of the ids.
    """
    found = {
        row["id"]: _record(row)
        for some in chunks(want_ids)
        for row in connection.execute(_records().where(_want.c.id.in_(some))).mappings()
    }
    for want_id in want_ids:
        if want_id not in found:
            raise no_such_want(want_id)
    return [found[want_id] for want_id in dict.fromkeys(want_ids)]


def want_history(connection: sa.Connection, want_id: str) -> list[WantChange]:
    """What became of a want, the first change first."""
    event = schema.want_event
    names = [field.name for field in fields(WantChange)]
    rows = connection.execute(
        sa.select(*(event.c[name] for name in names)).where(event.c.want_id == want_id).order_by(event.c.id)
    )
    return [WantChange(*row) for row in rows]


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
    rows = wants_of_tracks(tx, user, (one.track_id for one in wishes))
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
            raise BadInput(
                f"the want list of {user} is full ({LIMIT:,} wants): remove some with `mixtrove want remove`"
            )
        insert_wants(tx, new)
    fresh = {row["id"] for row in new}
    change_wants(tx, [change for want_id, change in raised.items() if want_id not in fresh])
    return [rows[wish.track_id]["id"] for wish in wishes]


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
    values = checked(changes)
    check_tracklists(tx, [values.get("source_tracklist_id")])
    rows = read_rows(tx, want_ids)
    for row in rows:
        _refuse_stale(row, versions, values, {name: row[name] for name in values})
    change_wants(tx, [(row, _completed(row, values, tx.now), by) for row in rows])
    return get_wants(tx.connection, want_ids)


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


def count_wants(connection: sa.Connection, user: str) -> int:
    """How many wants a user has, whatever their status."""
    query = sa.select(sa.func.count()).select_from(_want).where(_want.c.user == user)
    return connection.execute(query).scalar_one()


def _records() -> sa.Select[Any]:
    owned = sa.exists().where(schema.owned_track.c.library_track_id == _want.c.library_track_id)
    return sa.select(
        _want,
        _track.c.artist,
        _track.c.title,
        _track.c.remix,
        _track.c.label,
        _track.c.catalog_number,
        _track.c.provisional,
        _track.c.discovery_count.label("heard"),
        owned.label("owned"),
    ).join(_track, _track.c.id == _want.c.library_track_id)


def _record(row: sa.RowMapping) -> WantRecord:
    return WantRecord(**{field.name: row[field.name] for field in fields(WantRecord)})


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
