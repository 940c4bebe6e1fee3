"""Writing the rows of wants: each change with a new version, its ``want_event`` and what the outbox is told.

Not here: what may be written, and when (``wants.py``, ``want_values.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput, NotFound
from mixtrove.library import schema
from mixtrove.library.deletion import chunks, delete_rows, ids_where
from mixtrove.library.derived import remove_orphans
from mixtrove.library.outbox import emit_all
from mixtrove.library.store import Transaction, new_id
from mixtrove.library.want_values import EDITABLE

_want = schema.want
_track = schema.library_track
_removal = schema.want_removal

Change = tuple[Mapping[Any, Any], Mapping[str, Any], str]
"""A row as it is, what changes in it, who changes it."""


def wants_of_tracks(
    connection: sa.Connection, user: str, track_ids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """By track, the row of this user's want for it."""
    return {
        row["library_track_id"]: dict(row)
        for some in chunks(track_ids)
        for row in connection.execute(
            sa.select(_want).where(_want.c.user == user, _want.c.library_track_id.in_(some))
        ).mappings()
    }


def read_rows(tx: Transaction, want_ids: Sequence[str]) -> list[sa.RowMapping]:
    """The rows of wants, each once, in order.

    Raises:
        BadInput: there is none with one of the ids.
    """
    found = {
        row["id"]: row
        for some in chunks(want_ids)
        for row in tx.connection.execute(sa.select(_want).where(_want.c.id.in_(some))).mappings()
    }
    for want_id in want_ids:
        if want_id not in found:
            raise no_such_want(want_id)
    return [found[want_id] for want_id in dict.fromkeys(want_ids)]


def no_such_want(want_id: str) -> BadInput:
    """That there is no want with this id."""
    return NotFound("want", want_id, seen_in="mixtrove want list --all")


def insert_wants(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new wants; ``by`` beside the columns says who wants it. Their events are ``want.added``.

    Raises:
        BadInput: one is of a track that is not there.
    """
    tracks = _tracks(tx, (row["library_track_id"] for row in rows))
    for row in rows:
        if row["library_track_id"] not in tracks:
            raise NotFound("track", row["library_track_id"], seen_in="mixtrove library list")
    heard = known_tracklists(tx, (one["discovered_from"] for one in tracks.values()))
    inserted = []
    for row in rows:
        first = tracks[row["library_track_id"]]["discovered_from"]
        source = row["source_tracklist_id"] or (first if first in heard else None)
        inserted.append(
            {**{name: value for name, value in row.items() if name != "by"}, "source_tracklist_id": source}
        )
    _want_again(tx, inserted)
    tx.connection.execute(sa.insert(_want), [{**row, "revision": tx.revision} for row in inserted])
    _note(tx, [(row["id"], (None, None), (row["status"], row["priority"]), row["by"]) for row in rows])
    emit_all(tx, "want.added", [_added(row, tracks[row["library_track_id"]]) for row in rows])


def change_wants(tx: Transaction, changes: Iterable[Change]) -> None:
    """Write what is different; a want that changes has the next version."""
    rows, events = [], []
    for row, values, by in changes:
        after = {name: values.get(name, row[name]) for name in EDITABLE}
        if all(row[name] == value for name, value in after.items()):
            continue
        rows.append({"b_id": row["id"], "version": row["version"] + 1, **after})
        old, new = (row["status"], row["priority"]), (after["status"], after["priority"])
        if new != old:
            events.append((row["id"], old, new, by))
    if rows:
        bound = {name: sa.bindparam(name, type_=_want.c[name].type) for name in (*EDITABLE, "version")}
        tx.connection.execute(
            sa.update(_want).where(_want.c.id == sa.bindparam("b_id")).values(**bound, revision=tx.revision),
            rows,
        )
    _note(tx, events)


def delete_wants(tx: Transaction, want_ids: Sequence[str]) -> None:
    """Delete wants and their events; nothing keeps a rule from adding them again.

    What nobody knows and that was heard nowhere any more goes, too, now that nobody wants it.
    """
    tracks: set[str] = set()
    for some in chunks(want_ids):
        mine = sa.select(_want.c.library_track_id).where(_want.c.id.in_(some))
        tracks.update(tx.connection.execute(mine).scalars())
    delete_rows(tx, schema.want_event, ids_where(tx, schema.want_event, "want_id", want_ids))
    delete_rows(tx, _want, want_ids)
    name = f"tracks that nobody wants {sorted(tracks)}"
    tx.before_commit(name, lambda last: remove_orphans(last, tracks))


def check_tracklists(tx: Transaction, ids: Iterable[str | None]) -> None:
    """Refuse (``BadInput``) a tracklist that is not there."""
    given = {one for one in ids if one is not None}
    for missing in sorted(given - known_tracklists(tx, given)):
        raise NotFound("tracklist", missing, seen_in="mixtrove tracklist list")


def known_tracklists(tx: Transaction, ids: Iterable[str | None]) -> set[str]:
    """Those of the ids that are a tracklist's."""
    table = schema.tracklist
    return {
        found
        for some in chunks(one for one in ids if one is not None)
        for found in tx.connection.execute(sa.select(table.c.id).where(table.c.id.in_(some))).scalars()
    }


def _want_again(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """What was taken off the list may come back: a person wants it."""
    users = {row["user"] for row in rows}
    for some in chunks(row["library_track_id"] for row in rows):
        tx.connection.execute(
            sa.delete(_removal).where(_removal.c.user.in_(users), _removal.c.library_track_id.in_(some))
        )


def _added(row: Mapping[str, Any], track: sa.RowMapping) -> tuple[str, dict[str, Any]]:
    payload = {
        "want_id": row["id"], "user": row["user"], "track_id": track["id"], "artist": track["artist"],
        "title": track["title"], "version": track["remix"], "priority": row["priority"], "cut": row["cut"],
        "by": row["by"],
    }  # fmt: skip
    return track["id"], payload


def _note(
    tx: Transaction,
    events: Sequence[tuple[str, tuple[str | None, int | None], tuple[str, int], str]],
) -> None:
    if events:
        tx.connection.execute(
            sa.insert(schema.want_event),
            [
                {
                    "id": new_id(), "want_id": want_id, "old_status": old[0], "new_status": new[0],
                    "old_priority": old[1], "new_priority": new[1], "at": tx.now, "by": by,
                    "revision": tx.revision,
                }
                for want_id, old, new, by in events
            ],
        )  # fmt: skip


def _tracks(tx: Transaction, track_ids: Iterable[str]) -> dict[str, sa.RowMapping]:
    columns = (_track.c.id, _track.c.artist, _track.c.title, _track.c.remix, _track.c.discovered_from)
    return {
        row["id"]: row
        for some in chunks(track_ids)
        for row in tx.connection.execute(sa.select(*columns).where(_track.c.id.in_(some))).mappings()
    }
