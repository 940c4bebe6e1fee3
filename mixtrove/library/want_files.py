"""The want list from a file. Writing one is ``exports.py``."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.spreadsheet import read_csv
from mixtrove.library.store import Store
from mixtrove.library.tracks import find_or_create_track
from mixtrove.library.wants import add_want, set_want
from mixtrove.matching import Credit


@dataclass(frozen=True, slots=True)
class WantImport:
    """What an import of wants did."""

    rows: int
    added: int
    skipped: tuple[str, ...]  # sentences: rows that could not be used


def import_wants_csv(store: Store, data: bytes, name: str, *, user: str) -> WantImport:
    """Read wants from a CSV.

    Columns: ``artist, title`` and any of ``version, label, catalog_number, priority, status, notes``.

    A track that is not in the library is added to it. All rows are taken in one transaction; rows that cannot
    be used are skipped and named.

    Raises:
        BadInput: it is no CSV with the columns artist and title, or the list is full.
    """
    added = rows = 0
    skipped: list[str] = []
    with store.write() as tx:
        for line, cells in read_csv(data, name, required=("artist", "title")):
            place = f"{name}, line {line}"
            try:
                credit, priority = _credit(cells), _priority(cells)
            except BadInput as error:
                skipped.append(f"{place}: {error}")
                continue
            rows += 1
            track_id = find_or_create_track(tx, credit)
            before = _want_id(tx.connection, user, track_id)
            want_id = add_want(tx, user, track_id, priority=priority, cut=credit.cut)
            added += before is None
            changes = {key: cells[key] for key in ("notes", "status") if cells.get(key)}
            if before is None and changes:
                try:
                    set_want(tx, want_id, changes, by=user)
                except BadInput as error:
                    skipped.append(f"{place}: {error}")
    return WantImport(rows, added, tuple(skipped))


def _credit(cells: dict[str, str]) -> Credit:
    artist, title, version = (cells.get(key, "") for key in ("artist", "title", "version"))
    if not artist or not title:
        raise BadInput(f"no {'title' if artist else 'artist'}")
    return Credit.parse(
        artist,
        f"{title} ({version})" if version else title,
        label=cells.get("label") or None,
        catalog_number=cells.get("catalog_number") or None,
    )


def _priority(cells: dict[str, str]) -> int | None:
    text = cells.get("priority", "")
    if not text:
        return None
    if text not in ("1", "2", "3", "4", "5"):
        raise BadInput(f"priority {text!r} is not one of 1 to 5")
    return int(text)


def _want_id(connection: sa.Connection, user: str, track_id: str) -> str | None:
    want = schema.want
    found: str | None = connection.execute(
        sa.select(want.c.id).where(want.c.user == user, want.c.library_track_id == track_id)
    ).scalar()
    return found
