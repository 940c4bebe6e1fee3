"""Which library track a name or an id stands for: also a former name, also the id of a track that was merged.

A track that was merged into another, or renamed by a person, keeps its former names in ``track_identity``:
whoever finds the same recording again finds the track that is left. Not here: making tracks (``tracks.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from mixtrove.database.bulk import among
from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.store import Transaction

PROVISIONAL_PREFIX = "line:"
"""Before the line key in the identity key of a provisional track: it can never equal a real one."""

_track = schema.library_track
_name = schema.track_identity
_merge = schema.merge_log
_OF_A_NAME = ("identity_key", "disambiguator", "artist", "title", "remix")


def track_exists(connection: sa.Connection, track_id: str) -> bool:
    """Whether there is such a track; one that was merged is gone."""
    return connection.execute(sa.select(_track.c.id).where(_track.c.id == track_id)).first() is not None


def track_named(
    connection: sa.Connection, identity_key: str, disambiguator: str = ""
) -> sa.RowMapping | None:
    """The row of the track that has this identity, or had it before a merge or an edit."""
    return (
        connection.execute(
            sa.select(_track).where(
                _track.c.identity_key == identity_key, _track.c.disambiguator == disambiguator
            )
        )
        .mappings()
        .one_or_none()
        or connection.execute(
            sa.select(_track)
            .join(_name, _name.c.library_track_id == _track.c.id)
            .where(_name.c.identity_key == identity_key, _name.c.disambiguator == disambiguator)
        )
        .mappings()
        .one_or_none()
    )


def ids_of_names(connection: sa.Connection, identity_keys: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(identity key, disambiguator, track) of these keys: those that tracks have, then former ones."""
    for some in chunks(identity_keys):
        for table, column in ((_track, _track.c.id), (_name, _name.c.library_track_id)):
            rows = connection.execute(
                sa.select(table.c.identity_key, table.c.disambiguator, column).where(
                    among(connection.dialect.name, table.c.identity_key, some)
                )
            )
            yield from ((row[0], row[1], row[2]) for row in rows)


def names_of(connection: sa.Connection, track_ids: Iterable[str]) -> dict[str, set[str]]:
    """By track, the identity keys that stand for it, now or before a merge or an edit."""
    found: dict[str, set[str]] = {}
    for some in chunks(track_ids):
        now = sa.select(_track.c.id, _track.c.identity_key).where(_track.c.id.in_(some))
        once = sa.select(_name.c.library_track_id, _name.c.identity_key)
        for track_id, key in connection.execute(
            now.union_all(once.where(_name.c.library_track_id.in_(some)))
        ):
            found.setdefault(track_id, set()).add(key)
    return found


def current_ids(connection: sa.Connection, track_ids: Iterable[str]) -> dict[str, str]:
    """By id, the track that it is now: itself, or the one it was merged into; ids of no track are absent."""
    found: dict[str, str] = {}
    asked = {one: one for one in track_ids}  # id → what it has become so far
    while asked:
        for some in chunks(asked.values()):
            present = set(
                connection.execute(
                    sa.select(_track.c.id).where(among(connection.dialect.name, _track.c.id, some))
                ).scalars()
            )
            found |= {first: now for first, now in asked.items() if now in present}
        asked = {first: now for first, now in asked.items() if first not in found}
        kept = _merged_into(connection, asked.values())
        asked = {first: kept[now] for first, now in asked.items() if now in kept}
    return found


def current_id(connection: sa.Connection, track_id: str) -> str | None:
    """The track that an id stands for now; None when there is none."""
    return current_ids(connection, [track_id]).get(track_id)


def remember_name(tx: Transaction, row: Mapping[Any, Any], track_id: str) -> None:
    """Let the names of a track's row stand for ``track_id`` from now on."""
    values = {**{name: row[name] for name in _OF_A_NAME}, "library_track_id": track_id, "since": tx.now}
    tx.connection.execute(
        insert(tx.connection, _name)
        .values(values)
        .on_conflict_do_update(
            index_elements=["identity_key", "disambiguator"],
            set_={"library_track_id": track_id, "since": tx.now},
        )
    )


def forget_name(tx: Transaction, identity_key: str, disambiguator: str) -> dict[str, Any] | None:
    """Let a former name stand for nothing any more; returns it as ``remember_name`` takes it."""
    row = tx.connection.execute(
        sa.delete(_name)
        .where(_name.c.identity_key == identity_key, _name.c.disambiguator == disambiguator)
        .returning(*(_name.c[one] for one in _OF_A_NAME))
    ).mappings().one_or_none()  # fmt: skip
    return None if row is None else dict(row)


def _merged_into(connection: sa.Connection, track_ids: Iterable[str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for some in chunks(track_ids):
        rows = connection.execute(
            sa.select(_merge.c.merged_id, _merge.c.kept_id)
            .where(_merge.c.merged_id.in_(some), _merge.c.undone_at.is_(None))
            .order_by(_merge.c.id)
        )
        kept |= {row.merged_id: row.kept_id for row in rows}
    return kept
