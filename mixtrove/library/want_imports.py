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
_NEW = "new:"
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
    if dry_run:  # nobody has to wait for it
        with store.read() as connection:
            total = _counted(total, _plan(connection, rows, name, user, refused))
    else:
        remaining = iter(rows)
        while some := list(islice(remaining, SHARE)):
            with store.write() as tx:
                plan = _plan(tx.connection, some, name, user, refused)
                _put_on_list(tx, plan, user)
            total = _counted(total, plan)
            time.sleep(PAUSE)
    return replace(total, refused=tuple(one for _, one in sorted(refused, key=itemgetter(0))))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What becomes of rows; a track that is to be made is named by its row, with ``_NEW`` before it."""

    tracks: Sequence[tuple[_Row, str]]
    new: Mapping[str, _Row]  # by track: not on the list yet
    there: Mapping[str, int]  # priorities by track


def _plan(
    connection: sa.Connection,
    rows: Sequence[_Row],
    name: str,
    user: str,
    refused: list[tuple[int, Refused]],
) -> _Plan:
    """Which track each row is; those that do not fit on the list are added to ``refused``."""
    known = tracks_named(connection, (name for row in rows for name in row.names))
    by_id = _by_id(connection, rows)
    there = {
        track_id: want["priority"]
        for track_id, want in wants_of_tracks(connection, user, {*known.values(), *by_id}).items()
    }
    room = wants.LIMIT - count_wants(connection, user)
    tracks: list[tuple[_Row, str]] = []
    new: dict[str, _Row] = {}
    for row in rows:
        track_id = row.track_id if by_id.get(row.track_id or "") == row.said else None
        track_id = track_id or next((known[name] for name in row.names if name in known), None)
        if track_id not in there and track_id not in new:
            if len(new) >= room:
                refused.append((row.at, Refused(name, row.place, None, str(list_full(user)))))
                continue
            if track_id is None:
                track_id = known[row.names[0]] = f"{_NEW}{row.names[0]}"
            new[track_id] = row
        tracks.append((row, str(track_id)))
    return _Plan(tracks, new, there)


def _put_on_list(tx: Transaction, plan: _Plan, user: str) -> None:
    """Make the tracks that are missing and want all of them."""
    missing = {one: row for one, row in plan.new.items() if one.startswith(_NEW)}
    made = Tracks(tx)
    made.look_up((row.names[0] for row in missing.values()), ())
    ids = {one: made.find_or_create(row.credit) for one, row in missing.items()}
    made.write()
    wishes = [
        Wish(
            ids.get(track_id, track_id), priority=row.values.get("priority"), cut=row.values.get("cut"),
            notes=row.values.get("notes"), added_at=row.added_at,
        )
        for row, track_id in plan.tracks
    ]  # fmt: skip
    changes: dict[str, dict[str, Any]] = {}
    for (row, track_id), want_id in zip(plan.tracks, add_wants(tx, user, wishes), strict=True):
        if plan.new.get(track_id) is row:
            said = {name: row.values.get(name) for name in ("status", *PURCHASE_FIELDS)}
            changes[want_id] = {name: value for name, value in said.items() if value is not None}
    set_each(tx, changes, by=user)


def _counted(total: WantImport, plan: _Plan) -> WantImport:
    raised = {
        track_id
        for row, track_id in plan.tracks
        if (row.values.get("priority") or 0) > plan.there.get(track_id, 9)
    }
    return replace(
        total,
        added=total.added + len(plan.new),
        raised=total.raised + len(raised),
        unchanged=total.unchanged + len(plan.tracks) - len(plan.new) - len(raised),
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
