"""From what happened to what each channel is to be told: rows of ``notification``, a thing once a channel.

What happened is read from the outbox and from the plays, each behind a cursor of its own that moves in the
transaction that writes the rows. ``outbox.published_at`` is the concern of others and is neither read nor
set. The first look only sets the cursors: what was known before notifications were switched on is no news.
Not here: providers and runs (``outages.py``), what is said (``gathering.py``), sending
(``notifications.py``).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.entries import ID_NAMED
from mixtrove.library.purchase_links import AVAILABLE, CHEAPER
from mixtrove.library.store import PAUSE, Store, Transaction
from mixtrove.messaging.channels import Event
from mixtrove.messaging.digests import Kind

CHUNK = 500
"""Events, and plays, that are read in one transaction."""

_outbox = schema.outbox
_cursor = schema.notification_cursor
_note = schema.notification
_play, _entry, _track = schema.track_discovery, schema.tracklist_entry, schema.library_track

_OF_WANTS: Mapping[str, tuple[Event, Kind]] = {
    "want.added": ("wants", "wanted"),
    AVAILABLE: ("available", "available"),
    CHEAPER: ("available", "cheaper"),
}
"""Event of the outbox → what one may choose to be told, and the kind of the note."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a channel is to be told."""

    kind: Kind
    thing: str  # at most 128 characters; a channel is told of it once
    about: str | None = None  # id of the track, want or entry
    payload: Mapping[str, Any] = field(default_factory=dict)
    happened_at: datetime | None = None  # aware UTC; None: just now


def note_library(store: Store, channels: Collection[str], events: Collection[Event], user: str) -> None:
    """Note what happened since the last look.

    Args:
        store: the store.
        channels: the keys of all channels; with none nothing is read.
        events: what they are told of; of the others nothing is noted, also not for later.
        user: whose wants.
    """
    more = bool(channels)
    while more:
        with store.write() as tx:
            more = note_some(tx, channels, events, user)
        time.sleep(PAUSE)


def note_some(tx: Transaction, channels: Collection[str], events: Collection[Event], user: str) -> bool:
    """One step of ``note_library``; whether there is more."""
    cursors = {row["source"]: row for row in tx.connection.execute(sa.select(_cursor)).mappings()}
    if len(cursors) < 2:
        _begin(tx)
        return False
    last, happened = _of_outbox(tx.connection, cursors["outbox"], events, user)
    revision, found = _of_plays(tx.connection, cursors["plays"], events)
    note(tx, channels, [*happened, *found])
    _move(tx, "outbox", last)
    _move(tx, "plays", revision)
    return _behind(tx.connection, last, revision)


def anything_new(connection: sa.Connection) -> bool:
    """Whether something happened since the last look, or there was none."""
    cursors = {row.source: row.value for row in connection.execute(sa.select(_cursor))}
    return len(cursors) < 2 or _behind(connection, cursors["outbox"], cursors["plays"])


def note(tx: Transaction, channels: Iterable[str], notes: Sequence[Note]) -> None:
    """Write notes down for every channel; what a channel was told, or will be, it is not told again."""
    rows = [
        {
            "channel": channel, "kind": one.kind, "thing": one.thing, "about": one.about,
            "payload": dict(one.payload), "happened_at": one.happened_at or tx.now,
        }
        for channel in channels
        for one in notes
    ]  # fmt: skip
    if rows:
        tx.connection.execute(insert(tx.connection, _note).on_conflict_do_nothing(), rows)


def _begin(tx: Transaction) -> None:
    """Begin with what happens from now on."""
    now = {
        "outbox": _newest(tx.connection, _outbox.c.id),
        "plays": _newest(tx.connection, _play.c.revision),
    }
    rows = [{"source": source, "value": value, "since": tx.now} for source, value in now.items()]
    tx.connection.execute(insert(tx.connection, _cursor).on_conflict_do_nothing(), rows)


def _newest(connection: sa.Connection, column: sa.Column[int]) -> int:
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one())


def _move(tx: Transaction, source: str, value: int) -> None:
    tx.connection.execute(sa.update(_cursor).where(_cursor.c.source == source).values(value=value))


def _behind(connection: sa.Connection, last: int, revision: int) -> bool:
    event = sa.select(_outbox.c.id).where(_outbox.c.id > last).limit(1)
    play = sa.select(_play.c.revision).where(_play.c.revision > revision).limit(1)
    return any(connection.execute(one).first() is not None for one in (event, play))


def _of_outbox(
    connection: sa.Connection, cursor: sa.RowMapping, events: Collection[Event], user: str
) -> tuple[int, list[Note]]:
    rows = connection.execute(
        sa.select(_outbox.c.id, _outbox.c.event, _outbox.c.payload, _outbox.c.created_at)
        .where(_outbox.c.id > cursor["value"])
        .order_by(_outbox.c.id)
        .limit(CHUNK)
    ).mappings().all()  # fmt: skip
    news = [row for row in rows if row["created_at"] >= cursor["since"]]
    notes = [one for row in news if (one := _note_of_event(row, events, user)) is not None]
    return rows[-1]["id"] if rows else cursor["value"], notes


def _note_of_event(row: sa.RowMapping, events: Collection[Event], user: str) -> Note | None:
    if row["event"] == ID_NAMED and "known" in events:
        entry = row["payload"]["entry_id"]
        return Note("known", entry, entry, {"was": row["payload"]["was"]}, row["created_at"])
    chosen, kind = _OF_WANTS.get(row["event"], (None, None))
    if kind is None or chosen not in events or row["payload"]["user"] != user:
        return None
    want = row["payload"]["want_id"]
    if kind == "cheaper":  # several times in the life of a want
        return Note(kind, f"{want} {row['id']}", want, {"store": row["payload"]["store"]}, row["created_at"])
    return Note(kind, want, want, happened_at=row["created_at"])


def _of_plays(
    connection: sa.Connection, cursor: sa.RowMapping, events: Collection[Event]
) -> tuple[int, list[Note]]:
    """What became known in the plays that changed: whole revisions, so that none is read in half."""
    after, since = cursor["value"], cursor["since"]
    newest = connection.execute(
        sa.select(_play.c.revision)
        .where(_play.c.revision > after)
        .order_by(_play.c.revision)
        .offset(CHUNK - 1)
        .limit(1)
    ).scalar()
    upto = _newest(connection, _play.c.revision) if newest is None else int(newest)
    rows = connection.execute(
        sa.select(
            _play.c.entry_id, _play.c.library_track_id, _play.c.identified_at, _play.c.discovery_date,
            _entry.c.is_id, _entry.c.unreleased, _entry.c.line_key, _entry.c.raw_line,
        )
        .join(_entry, _entry.c.id == _play.c.entry_id)
        .where(_play.c.revision > after, _play.c.revision <= upto, _play.c.identified_at >= since)
        .order_by(_play.c.revision, _play.c.entry_id)
    ).all()  # fmt: skip
    notes: list[Note] = []
    if "known" in events:
        unreleased = _said_unreleased(connection, (row.line_key for row in rows))
        for row in rows:
            waited = row.identified_at > row.discovery_date
            if row.is_id or (waited and (row.unreleased or row.line_key in unreleased)):
                told = {"was": row.raw_line}
                notes.append(Note("known", row.entry_id, row.entry_id, told, row.identified_at))
    if "discoveries" in events:
        new = _first_known(connection, {row.library_track_id for row in rows}, since)
        notes += [Note("discovered", track, track, happened_at=at) for track, at in new.items()]
    return max(upto, after), notes


def _said_unreleased(connection: sa.Connection, line_keys: Iterable[str]) -> set[str]:
    """Those of the lines that a person said are not released yet."""
    correction = schema.correction
    found: set[str] = set()
    for some in chunks(dict.fromkeys(line_keys)):
        found.update(
            connection.execute(
                sa.select(correction.c.line_key).where(
                    correction.c.line_key.in_(some),
                    correction.c.kind == "unreleased",
                    correction.c.undone_at.is_(None),
                )
            ).scalars()
        )
    return found


def _first_known(
    connection: sa.Connection, track_ids: Collection[str], since: datetime
) -> dict[str, datetime]:
    """Those of the tracks that no play was known to be of before this time, with when one was."""
    found: dict[str, datetime] = {}
    first = sa.func.min(_play.c.identified_at, type_=_play.c.identified_at.type)
    for some in chunks(sorted(track_ids)):
        rows = connection.execute(
            sa.select(_play.c.library_track_id, first.label("at"))
            .where(_play.c.library_track_id.in_(some))
            .group_by(_play.c.library_track_id)
            .having(first >= since)
            .order_by(_play.c.library_track_id)
        )
        found.update({row.library_track_id: row.at for row in rows})
    return found
