"""The want list: what to get, how much it is wanted, what was bought.

One want a user and track. Every change of status or priority leaves a ``want_event``. What a person takes off
the list is remembered in ``want_removal``: rules do not put it back. Files in and out are ``want_files.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.deletion import delete_rows, ids_where
from mixtrove.library.derived import remove_orphans
from mixtrove.library.store import Transaction, new_id

LIMIT = 10_000
"""Wants a user may have (DESIGN §5)."""

DEFAULT_PRIORITY = 3
PURCHASE_FIELDS = ("purchased_at", "purchase_price", "currency", "store")
EDITABLE = ("priority", "status", "cut", "notes", *PURCHASE_FIELDS)
CUTS = ("original", "extended", "radio")

_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}")  # 1,99; not 1,999, which may be a thousand

_want = schema.want
_track = schema.library_track


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


def list_wants(
    connection: sa.Connection,
    user: str,
    *,
    status: str | None = None,
    min_priority: int = 1,
    limit: int | None = None,
) -> list[WantRecord]:
    """A user's wants, the most wanted first, then the most heard."""
    query = _records().where(_want.c.user == user, _want.c.priority >= min_priority)
    if status:
        query = query.where(_want.c.status == status)
    query = query.order_by(
        _want.c.priority.desc(), _track.c.discovery_count.desc(), _want.c.added_at, _want.c.id
    )
    return [_record(row) for row in connection.execute(query.limit(limit)).mappings()]


def get_want(connection: sa.Connection, want_id: str) -> WantRecord:
    """One want.

    Raises:
        BadInput: there is none with this id.
    """
    row = connection.execute(_records().where(_want.c.id == want_id)).mappings().first()
    if row is None:
        raise BadInput(f"there is no want {want_id!r}: `mixtrove want list` shows them")
    return _record(row)


def add_want(
    tx: Transaction,
    user: str,
    track_id: str,
    *,
    priority: int | None = None,
    cut: str | None = None,
    notes: str | None = None,
    source_tracklist_id: str | None = None,
    by: str | None = None,
) -> str:
    """Put a track on the list; returns the want's id.

    A track that is on it already keeps its want: a higher priority raises it, a lower one changes nothing.

    Args:
        tx: the transaction.
        user: whose list.
        track_id: a library track.
        priority: 1 to 5, 3 when None.
        cut: original, extended or radio; None when any will do.
        notes: free text.
        source_tracklist_id: where it was heard; the track's first discovery when None.
        by: who did it, for the event; the user when None.

    Raises:
        BadInput: no such track, a value out of range, or the list is full.
    """
    wished = DEFAULT_PRIORITY if priority is None else priority
    _check({"priority": wished, "cut": cut})
    there = tx.connection.execute(
        sa.select(_want).where(_want.c.user == user, _want.c.library_track_id == track_id)
    ).mappings().first()  # fmt: skip
    if there is not None:
        if priority is not None and priority > there["priority"]:
            _change(tx, there, {"priority": priority}, by or user)
        return str(there["id"])
    track = tx.connection.execute(
        sa.select(_track.c.discovered_from).where(_track.c.id == track_id)
    ).first()  # fmt: skip
    if track is None:
        raise BadInput(f"there is no track {track_id!r}: `mixtrove library list` shows them")
    if _count(tx, user) >= LIMIT:
        raise BadInput(
            f"the want list of {user} is full ({LIMIT:,} wants): remove some with `mixtrove want remove`"
        )
    removal = schema.want_removal
    tx.connection.execute(
        sa.delete(removal).where(removal.c.user == user, removal.c.library_track_id == track_id)
    )
    want_id = new_id()
    row = {
        "id": want_id,
        "user": user,
        "library_track_id": track_id,
        "cut": cut,
        "priority": wished,
        "status": "wanted",
        "added_at": tx.now,
        "notes": notes,
        "source_tracklist_id": source_tracklist_id or _present(tx, track.discovered_from),
        "version": 1,
        "revision": tx.revision,
    }
    tx.connection.execute(sa.insert(_want), row)
    _event(tx, want_id, (None, None), ("wanted", wished), by or user)
    return want_id


def set_want(
    tx: Transaction,
    want_id: str,
    changes: dict[str, Any],
    *,
    by: str,
    expected_version: int | None = None,
) -> WantRecord:
    """Change a want. Setting ``status`` to ``purchased`` sets ``purchased_at`` to now when it is not given.

    Setting it back to another status forgets date, price, currency and store of the purchase.

    Args:
        tx: the transaction.
        want_id: the want.
        changes: any of ``EDITABLE``; price as Decimal or text, ``purchased_at`` as aware datetime.
        by: who.
        expected_version: refuse when the want was changed since this version was read.

    Raises:
        BadInput: no such want, a wrong value, or another version.
    """
    row = tx.connection.execute(
        sa.select(_want).where(_want.c.id == want_id)
    ).mappings().first()  # fmt: skip
    if row is None:
        raise BadInput(f"there is no want {want_id!r}: `mixtrove want list` shows them")
    if expected_version is not None and row["version"] != expected_version:
        raise BadInput(
            f"want {want_id} was changed meanwhile (version {row['version']}, not "
            f"{expected_version}): read it again and repeat the change"
        )
    values = _check(changes)
    if values.get("status") == "purchased" and row["status"] != "purchased":
        values.setdefault("purchased_at", tx.now)
    elif row["status"] == "purchased" and values.get("status", "purchased") != "purchased":
        values |= dict.fromkeys((name for name in PURCHASE_FIELDS if name not in values), None)
    _change(tx, row, values, by)
    return get_want(tx.connection, want_id)


def remove_want(tx: Transaction, want_id: str, *, by: str) -> None:
    """Take a want off the list for good: rules do not add it again, a person may.

    Raises:
        BadInput: there is none with this id.
    """
    row = tx.connection.execute(
        sa.select(_want.c.user, _want.c.library_track_id).where(_want.c.id == want_id)
    ).first()  # fmt: skip
    if row is None:
        raise BadInput(f"there is no want {want_id!r}: `mixtrove want list` shows them")
    delete_wants(tx, [want_id])
    tx.connection.execute(
        insert(tx.connection, schema.want_removal).on_conflict_do_nothing(),
        {"user": row.user, "library_track_id": row.library_track_id, "removed_at": tx.now},
    )


def delete_wants(tx: Transaction, want_ids: Sequence[str]) -> None:
    """Delete wants and their events; unlike ``remove_want`` nothing keeps a rule from adding them again."""
    delete_rows(tx, schema.want_event, ids_where(tx, schema.want_event, "want_id", want_ids))
    tracks = tx.connection.execute(
        sa.select(_want.c.library_track_id).where(_want.c.id.in_(want_ids))
    ).scalars().all()  # fmt: skip
    delete_rows(tx, _want, want_ids)
    tx.before_commit(f"orphans of wants {want_ids}", lambda last: remove_orphans(last, tracks))


def rule_made_and_owned(connection: sa.Connection, user: str) -> list[tuple[str, str]]:
    """(want, track) of the open wants of a user that no person touched and whose track is owned.

    A note or a cut is a person's: rules set neither. An event of a merge is nobody's.
    """
    event = schema.want_event
    by_person = sa.exists().where(
        event.c.want_id == _want.c.id, ~event.c.by.startswith("rule:"), event.c.by != "merge"
    )
    rows = connection.execute(
        sa.select(_want.c.id, _want.c.library_track_id)
        .where(
            _want.c.user == user,
            _want.c.status == "wanted",
            _want.c.notes.is_(None),
            _want.c.cut.is_(None),
            _is_owned(),
            ~by_person,
        )
        .order_by(_want.c.id)
    )
    return [(row.id, row.library_track_id) for row in rows]


def removed_tracks(connection: sa.Connection, user: str) -> set[str]:
    """The tracks that this user took off the list."""
    removal = schema.want_removal
    return set(
        connection.execute(sa.select(removal.c.library_track_id).where(removal.c.user == user)).scalars()
    )


def _records() -> sa.Select[Any]:
    return sa.select(
        _want,
        _track.c.artist,
        _track.c.title,
        _track.c.remix,
        _track.c.label,
        _track.c.catalog_number,
        _track.c.provisional,
        _track.c.discovery_count.label("heard"),
        _is_owned().label("owned"),
    ).join(_track, _track.c.id == _want.c.library_track_id)


def _is_owned() -> sa.ColumnElement[bool]:
    return sa.exists().where(schema.owned_track.c.library_track_id == _want.c.library_track_id)


def _record(row: sa.RowMapping) -> WantRecord:
    return WantRecord(**{field.name: row[field.name] for field in fields(WantRecord)})


def _count(tx: Transaction, user: str) -> int:
    return tx.connection.execute(
        sa.select(sa.func.count()).select_from(_want).where(_want.c.user == user)
    ).scalar_one()


def _present(tx: Transaction, tracklist_id: str | None) -> str | None:
    table = schema.tracklist
    found: str | None = tx.connection.execute(
        sa.select(table.c.id).where(table.c.id == tracklist_id)
    ).scalar()
    return found


def _check(changes: dict[str, Any]) -> dict[str, Any]:
    values = dict(changes)
    for name, value in values.items():
        if name not in EDITABLE:
            raise BadInput(f"a want has no field {name!r}: there are {', '.join(EDITABLE)}")
        if name == "priority" and not (isinstance(value, int) and 1 <= value <= 5):
            raise BadInput(f"priority {value!r} is not one of 1 to 5 (5 is most wanted)")
        if name == "status" and value not in schema.WANT_STATUSES:
            raise BadInput(f"status {value!r} is not one of {', '.join(schema.WANT_STATUSES)}")
        if name == "cut" and value is not None and value not in CUTS:
            raise BadInput(f"cut {value!r} is not one of {', '.join(CUTS)}")
        if name == "currency" and value is not None:
            if len(value) != 3 or not value.isalpha():
                raise BadInput(f"currency {value!r} is not a code of three letters such as EUR")
            values[name] = value.upper()
        if name == "purchase_price" and value is not None:
            values[name] = _price(value)
    return values


def _price(value: Any) -> Decimal:
    text = str(value).strip()
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        price = Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation:
        price = Decimal(-1)
    if not 0 <= price < 10**8:
        raise BadInput(f"price {value!r} is not an amount such as 1.99")
    return price


def _change(tx: Transaction, row: sa.RowMapping, values: dict[str, Any], by: str) -> None:
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return
    tx.connection.execute(
        sa.update(_want)
        .where(_want.c.id == row["id"])
        .values(**changed, version=row["version"] + 1, revision=tx.revision)
    )
    old = (row["status"], row["priority"])
    new = (changed.get("status", old[0]), changed.get("priority", old[1]))
    if new != old:
        _event(tx, row["id"], old, new, by)


def _event(
    tx: Transaction,
    want_id: str,
    old: tuple[str | None, int | None],
    new: tuple[str, int],
    by: str,
) -> None:
    tx.connection.execute(
        sa.insert(schema.want_event),
        {
            "id": new_id(),
            "want_id": want_id,
            "old_status": old[0],
            "new_status": new[0],
            "old_priority": old[1],
            "new_priority": new[1],
            "at": tx.now,
            "by": by,
            "revision": tx.revision,
        },
    )
