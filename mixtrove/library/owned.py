"""What the DJ owns already: files of their collection, linked to library tracks by identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mixtrove.library import credits, schema
from mixtrove.library.deletion import chunks
from mixtrove.library.spreadsheet import read_csv
from mixtrove.library.store import Store, Transaction, new_id, upsert
from mixtrove.matching import Credit, identity_key

_owned = schema.owned_track
_track = schema.library_track


@dataclass(frozen=True, slots=True)
class OwnedImport:
    """What an import of owned files did."""

    rows: int  # rows with artist and title
    added: int
    linked: int  # of these rows: those that are a library track now
    skipped: tuple[str, ...]  # sentences: rows that could not be used


def import_owned_csv(store: Store, data: bytes, name: str) -> OwnedImport:
    """Read a CSV of owned tracks.

    Columns: ``artist, title`` and any of ``version, label, catalog_number, location, source``.

    A row is known again by source and location (by artist and title when it has no location), so the same
    file twice changes nothing. Rows without artist or title are skipped and named.

    Args:
        store: the store.
        data: the bytes of the file.
        name: its name, for messages.

    Raises:
        BadInput: it is no CSV with the columns artist and title.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    skipped: list[str] = []
    for line, cells in read_csv(data, name, required=("artist", "title")):
        artist, title = cells.get("artist", ""), cells.get("title", "")
        if not artist or not title:
            skipped.append(f"{name}, line {line}: no {'title' if artist else 'artist'}")
            continue
        version = cells.get("version")
        credit = Credit.parse(
            artist,
            f"{title} ({version})" if version else title,
            label=cells.get("label") or None,
            catalog_number=cells.get("catalog_number") or None,
        )
        key = identity_key(credit)
        source = cells.get("source") or "csv"
        location = cells.get("location") or key
        rows[source, location] = {
            "id": new_id(),
            "source": source,
            "location": location,
            "artist": artist,
            "title": title,
            "credit": credits.written(credit),
            "identity_key": key,
        }
    with store.write() as tx:
        before = _count(tx)
        changed = _changed(tx, rows)
        upsert(tx, _owned, changed, on=("source", "location"))
        link_owned(tx)
        linked = _linked(tx, {row["identity_key"] for row in rows.values()})
        return OwnedImport(len(rows), _count(tx) - before, linked, tuple(skipped))


def link_owned(tx: Transaction) -> int:
    """Link owned files to the library tracks with their identity, now or before a merge or an edit.

    Returns how many links changed. Call it when tracks were added. Provisional tracks are no proof of
    identity and are not linked.
    """
    rows = tx.connection.execute(_unlinked()).all()
    if rows:
        tx.connection.execute(
            sa.update(_owned)
            .where(_owned.c.id == sa.bindparam("b_id"))
            .values(library_track_id=sa.bindparam("b_track"), revision=tx.revision),
            [{"b_id": row.id, "b_track": row.target} for row in rows],
        )
    return len(rows)


def owned_tracks(connection: sa.Connection) -> set[str]:
    """The library tracks that are in the collection, linked already or by the next ``link_owned``."""
    linked = sa.select(_owned.c.library_track_id).where(_owned.c.library_track_id.is_not(None)).distinct()
    found = set(connection.execute(linked).scalars())
    return found | {row.target for row in connection.execute(_unlinked())}


def _unlinked() -> sa.Select[tuple[str, str]]:
    """Owned files without a track, each with the one that has its identity."""
    name = schema.track_identity
    now = (
        sa.select(_track.c.id)
        .where(_track.c.identity_key == _owned.c.identity_key, ~_track.c.provisional)
        .order_by(_track.c.disambiguator)
        .limit(1)
    )
    once = (
        sa.select(name.c.library_track_id)
        .where(name.c.identity_key == _owned.c.identity_key)
        .order_by(name.c.disambiguator)
        .limit(1)
    )
    target = sa.func.coalesce(now.scalar_subquery(), once.scalar_subquery())
    return sa.select(_owned.c.id, target.label("target")).where(
        target.is_not(None), _owned.c.library_track_id.is_(None)
    )


def _changed(tx: Transaction, rows: dict[tuple[str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that are new or say something else; a row with another identity loses its link."""
    present: dict[tuple[str, str], sa.RowMapping] = {}
    for some in chunks(location for _, location in rows):
        found = tx.connection.execute(sa.select(_owned).where(_owned.c.location.in_(some)))
        present |= {(row["source"], row["location"]): row for row in found.mappings()}
    changed = []
    for key, row in rows.items():
        old = present.get(key)
        if old is not None and all(old[name] == value for name, value in row.items() if name != "id"):
            continue
        same = old is not None and old["identity_key"] == row["identity_key"]
        changed.append({**row, "library_track_id": old["library_track_id"] if old and same else None})
    return changed


def _count(tx: Transaction) -> int:
    return tx.connection.execute(sa.select(sa.func.count()).select_from(_owned)).scalar_one()


def _linked(tx: Transaction, keys: set[str]) -> int:
    return sum(
        tx.connection.execute(
            sa.select(sa.func.count()).where(
                _owned.c.identity_key.in_(some), _owned.c.library_track_id.is_not(None)
            )
        ).scalar_one()
        for some in chunks(keys)
    )
