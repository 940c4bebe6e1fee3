"""Wants from a file: CSV with a header or a JSON array; what cannot be used is named with its place and why.

What an export wrote comes back equal. The file is read as a whole before anything is written, so that one
which is broken changes nothing; of one that can be read every good row is taken. Not here: writing files
(``exports.py``).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema, wants
from mixtrove.library.deletion import chunks
from mixtrove.library.spreadsheet import MORE, read_csv
from mixtrove.library.store import PAUSE, Store, Transaction
from mixtrove.library.tracks import Tracks
from mixtrove.library.want_records import count_wants
from mixtrove.library.want_rows import wants_of_tracks
from mixtrove.library.want_values import PURCHASE_FIELDS, checked, moment, text_or_none
from mixtrove.library.wanted_tracks import names_of, tracks_named
from mixtrove.library.wants import Wish, add_wants, list_full, set_each
from mixtrove.matching import Credit

SHARE = 100
"""Rows that are written in one transaction: each may make a track, and people edit beside it."""

_NAMES = ("artist", "title", "version", "label", "catalog_number")
_VALUES = ("cut", "priority", "status", "purchased_at", "purchase_price", "currency", "store", "notes")
_LONGEST_NAME = 1_000
_WHOLE = re.compile(r"[0-9]{1,3}")

_track = schema.library_track


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that could not be used."""

    file: str
    row: str  # "line 17" of a CSV, "item 17" of JSON
    column: str | None
    why: str

    @property
    def sentence(self) -> str:
        """All of it, for people."""
        return f"{self.file}, {self.row}{f', {self.column}' if self.column else ''}: {self.why}"


@dataclass(frozen=True, slots=True)
class WantImport:
    """What an import of wants did, or would do."""

    rows: int
    added: int
    raised: int  # were on the list already, less wanted
    unchanged: int  # were on the list already
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    at: int  # in the file, from 0
    place: str
    credit: Credit
    names: tuple[str, str]  # under which its track may be in the library
    said: tuple[str | None, ...]  # artist, title, version as written
    track_id: str | None  # as it says itself
    values: Mapping[str, Any]  # of the want, as they are stored
    added_at: Any


def import_wants(store: Store, data: bytes, name: str, *, user: str, dry_run: bool = False) -> WantImport:
    """Read wants from a CSV or from JSON.

    A row has ``artist`` and ``title`` and any of ``version, label, catalog_number, cut, priority, status,
    added_at, purchased_at, purchase_price, currency, store, notes``; other columns are passed over. A track
    that is not in the library is added to it. A want that is on the list already is only raised: the same
    file again changes nothing. Written in small transactions; killed in between, it can be run again.

    Args:
        store: the store.
        data: the bytes of the file.
        name: its name, for messages.
        user: whose list.
        dry_run: only count.

    Raises:
        BadInput: the file cannot be read as a whole; nothing was taken.
    """
    refused: list[tuple[int, Refused]] = []
    rows: list[_Row] = []
    for at, (place, cells) in enumerate(_read(data, name)):
        found = _row(cells, name, place, at)
        if isinstance(found, Refused):
            refused.append((at, found))
        else:
            rows.append(found)
    total = WantImport(len(rows) + len(refused), 0, 0, 0, ())
    remaining = iter(rows)
    while some := list(islice(remaining, len(rows) if dry_run else SHARE)):
        with store.write() as tx, ExitStack() as nothing:
            if dry_run:
                nothing.callback(tx.connection.begin_nested().rollback)
            total = _take(tx, some, name, user, total, refused)
        time.sleep(PAUSE)
    return replace(total, refused=tuple(one for _, one in sorted(refused, key=itemgetter(0))))


def _take(
    tx: Transaction,
    rows: Sequence[_Row],
    name: str,
    user: str,
    total: WantImport,
    refused: list[tuple[int, Refused]],
) -> WantImport:
    """Put some rows on the list; those that do not fit are refused before their tracks are made."""
    known = tracks_named(tx.connection, (name for row in rows for name in row.names))
    by_id = _by_id(tx.connection, rows)
    there = {
        track_id: want["priority"]
        for track_id, want in wants_of_tracks(tx, user, {*known.values(), *by_id}).items()
    }
    room = wants.LIMIT - count_wants(tx.connection, user)
    made = Tracks(tx)
    made.look_up((row.names[0] for row in rows), ())
    tracks: list[tuple[_Row, str]] = []
    new: set[str] = set()
    for row in rows:
        track_id = row.track_id if by_id.get(row.track_id or "") == row.said else None
        track_id = track_id or next((known[name] for name in row.names if name in known), None)
        if track_id not in there and track_id not in new:
            if len(new) >= room:
                refused.append((row.at, Refused(name, row.place, None, str(list_full(user)))))
                continue
            track_id = track_id or made.find_or_create(row.credit)
            known[row.names[0]] = track_id
            new.add(track_id)
        tracks.append((row, str(track_id)))
    made.write()
    wishes = [
        Wish(
            track_id, priority=row.values.get("priority"), cut=row.values.get("cut"),
            notes=row.values.get("notes"), added_at=row.added_at,
        )
        for row, track_id in tracks
    ]  # fmt: skip
    ids = add_wants(tx, user, wishes)
    more = ("status", *PURCHASE_FIELDS)
    done: set[str] = set()
    changes: dict[str, dict[str, Any]] = {}
    for (row, track_id), want_id in zip(tracks, ids, strict=True):
        if track_id in new and track_id not in done:
            changes[want_id] = {name: row.values[name] for name in more if row.values.get(name) is not None}
        done.add(track_id)
    set_each(tx, changes, by=user)
    raised = {
        track_id for row, track_id in tracks if (row.values.get("priority") or 0) > there.get(track_id, 9)
    }
    return replace(
        total,
        added=total.added + len(new),
        raised=total.raised + len(raised),
        unchanged=total.unchanged + len(tracks) - len(new) - len(raised),
    )


def _by_id(connection: sa.Connection, rows: Sequence[_Row]) -> dict[str, tuple[str | None, ...]]:
    """What the tracks are called whose ids the rows have."""
    columns = (_track.c.id, _track.c.artist, _track.c.title, _track.c.remix)
    return {
        row.id: (row.artist, row.title, row.remix)
        for some in chunks(one.track_id for one in rows if one.track_id)
        for row in connection.execute(sa.select(*columns).where(_track.c.id.in_(some)))
    }


def _row(cells: Mapping[str, Any], file: str, place: str, at: int) -> _Row | Refused:
    if cells.get(MORE):
        why = f"{cells[MORE]!r} has no column: put quotes around a text with a comma in it"
        return Refused(file, place, None, why)
    column: str | None = None
    try:
        said: dict[str, Any] = {}
        for column in _NAMES:
            said[column] = text_or_none(cells.get(column))
            if len(said[column] or "") > _LONGEST_NAME:
                raise BadInput(f"it has {len(said[column]):,} signs: nothing is called that")
        for column in ("artist", "title"):
            if said[column] is None:
                raise BadInput("nothing is written there, and a want needs artist and title")
        values: dict[str, Any] = {}
        for column in _VALUES:
            value = cells.get(column)
            if value is not None and value != "":
                whole = column == "priority" and isinstance(value, str) and _WHOLE.fullmatch(value)
                values |= checked({column: int(value) if whole else value})
        for column in PURCHASE_FIELDS:
            if values.get(column) is not None and values.get("status") != "purchased":
                raise BadInput("it is of a purchase: set status to purchased, or leave it empty")
        column = "added_at"
        added_at = moment(cells["added_at"]) if cells.get("added_at") else None
        column = "library_track_id"
        track_id = text_or_none(cells.get("library_track_id"))
        artist, title, version = (said[name] for name in ("artist", "title", "version"))
        credit = Credit.parse(
            artist,
            f"{title} ({version})" if version else title,
            label=said["label"],
            catalog_number=said["catalog_number"],
        )
        column = None
        names = names_of(credit)
    except BadInput as error:
        return Refused(file, place, column, str(error))
    values.setdefault("cut", credit.cut)
    return _Row(at, place, credit, names, (artist, title, version), track_id, values, added_at)


def _read(data: bytes, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of a file with their places, by the names of ``_NAMES`` and ``_VALUES``."""
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"[", b"{"):
        for line, cells in read_csv(data, name, required=("artist", "title")):
            yield f"line {line}", cells
        return
    for number, item in enumerate(_items(data, name), 1):
        if not isinstance(item, dict):
            raise BadInput(f'{name}, item {number}: write it as an object: {{"artist": …, "title": …}}')
        if "remix" in item:  # as a want is exported: its own ``version`` counts its edits
            item["version"] = item.pop("remix")
        elif isinstance(item.get("version"), int):
            del item["version"]
        yield f"item {number}", item


def _items(data: bytes, name: str) -> list[Any]:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput(f"{name}, line {line}: not UTF-8 text; save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{name}, line {error.lineno}, column {error.colno}: {error.msg}; correct it"
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name} cannot be read as JSON: {error}; write an array of objects") from error
    if isinstance(found, dict):
        found = found.get("wants")
    if not isinstance(found, list):
        raise BadInput(f'{name} is no array of wants: write [{{"artist": …, "title": …}}, …]')
    return found
