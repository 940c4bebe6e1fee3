"""Library and wants as files, written while they are read: any number of tracks in the memory of a few.

``csv`` for spreadsheets, ``json`` (one array) for programs, ``txt`` to paste and to take along, ``m3u8`` for
players (https://en.wikipedia.org/wiki/M3U#Extended_M3U, in UTF-8). What providers' terms want said is in
every file: a column, a field, lines at the end. Values that may be shown for a while only are in none.

Not here: reading wants back (``want_imports.py``), a tracklist as a file (``tracklist_files.py``), the disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.purchase_links import links_of
from mixtrove.library.spreadsheet import to_csv
from mixtrove.library.track_filter import TrackFilter
from mixtrove.library.track_records import TrackRow, track_rows
from mixtrove.library.track_search import BATCH, EVERYTHING, Order, every_track
from mixtrove.library.want_records import WantRecord

Form = Literal["csv", "json", "txt", "m3u8"]

Attributions = Callable[[Collection[str]], list[str]]
"""From providers to the sentences that their terms want beside their data."""

TRACK_COLUMNS = (
    "artist", "title", "remix", "label", "catalog_number", "release_date", "genre", "bpm", "key",
    "classical", "camelot", "duration", "isrcs", "discovery_count", "first_discovered", "last_seen",
    "provisional", "id", "attribution",
)  # fmt: skip
WANT_COLUMNS = (
    "artist", "title", "version", "label", "catalog_number", "cut", "priority", "status", "heard",
    "added_at", "purchased_at", "purchase_price", "currency", "store", "notes", "library_track_id",
    "attribution",
)  # fmt: skip

_UNKNOWN_LENGTH = -1  # of an #EXTINF


@dataclass(frozen=True, slots=True)
class _Item:
    """A track of a file."""

    record: Mapping[str, Any]  # everything, for csv and json
    name: str  # Artist - Title (Version)
    label: str | None
    duration: float | None  # seconds
    track_id: str
    providers: Collection[str]


def export_tracks(
    connection: sa.Connection,
    form: Form,
    which: TrackFilter = EVERYTHING,
    *,
    order: Order = "heard",
    attributions: Attributions,
    progress: Callable[[int], None] | None = None,
) -> Iterator[str]:
    """The tracks that are meant as the text of a file, piece by piece.

    Args:
        connection: an open connection; it is read from while the pieces are taken.
        form: what kind of file.
        which: the tracks that are meant.
        order: theirs.
        attributions: what has to be said beside data of providers.
        progress: is told how many tracks are done.
    """
    batches = every_track(connection, which, order=order, lasting=True)
    items = ([_track_item(one, attributions) for one in batch] for batch in batches)
    return _file(connection, form, TRACK_COLUMNS, items, "library", attributions, progress)


def export_wants(
    connection: sa.Connection,
    wants: Iterable[WantRecord],
    form: Form,
    *,
    attributions: Attributions,
    progress: Callable[[int], None] | None = None,
) -> Iterator[str]:
    """Wants as the text of a file, piece by piece; for the arguments see ``export_tracks``."""
    items = (_want_items(connection, batch, attributions) for batch in _batches(wants))
    return _file(connection, form, WANT_COLUMNS, items, "wanted", attributions, progress)


def _file(
    connection: sa.Connection,
    form: Form,
    columns: Sequence[str],
    batches: Iterable[Sequence[_Item]],
    name: str,
    attributions: Attributions,
    progress: Callable[[int], None] | None,
) -> Iterator[str]:
    counted = _counted(batches, progress)
    if form == "csv":
        return _csv(columns, counted)
    if form == "json":
        return _json(counted)
    if form == "txt":
        return _txt(counted, attributions)
    return _m3u8(connection, counted, name, attributions)


def _csv(columns: Sequence[str], batches: Iterable[Sequence[_Item]]) -> Iterator[str]:
    yield to_csv(columns, ())
    for batch in batches:
        yield to_csv((), ([_cell(one.record[name]) for name in columns] for one in batch))


def _json(batches: Iterable[Sequence[_Item]]) -> Iterator[str]:
    before = "[\n  "
    for batch in batches:
        for one in batch:
            text = json.dumps(dict(one.record), ensure_ascii=False, indent=2, default=_plain)
            yield before + text.replace("\n", "\n  ")
            before = ",\n  "
    yield "[]\n" if before.startswith("[") else "\n]\n"


def _txt(batches: Iterable[Sequence[_Item]], attributions: Attributions) -> Iterator[str]:
    providers: set[str] = set()
    for batch in batches:
        providers.update(*(one.providers for one in batch))
        yield "".join(f"{_line(one.name)}{f' [{_line(one.label)}]' if one.label else ''}\n" for one in batch)
    sentences = attributions(providers)
    if sentences:
        yield "".join(f"{text}\n" for text in ("", *(f"# {_line(one)}" for one in sentences)))


def _m3u8(
    connection: sa.Connection, batches: Iterable[Sequence[_Item]], name: str, attributions: Attributions
) -> Iterator[str]:
    providers: set[str] = set()
    yield f"#EXTM3U\n#PLAYLIST:mixtrove {name}\n"
    for batch in batches:
        places = _places(connection, [one.track_id for one in batch])
        lines = []
        for one in batch:
            place, store = places.get(one.track_id, (None, None))
            providers |= {*one.providers, *([store] if store else [])}
            if place is None:
                lines.append(f"# {_line(one.name)}: no file and no link\n")
            else:
                length = _UNKNOWN_LENGTH if one.duration is None else round(one.duration)
                lines.append(f"#EXTINF:{length},{_line(one.name)}\n{place}\n")
        yield "".join(lines)
    yield "".join(f"# {_line(one)}\n" for one in attributions(providers))


def _places(connection: sa.Connection, track_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """Where each track can be heard or bought, and who says so: a file, else a preview, else an offer."""
    found: dict[str, tuple[str, str | None]] = {}
    for track_id, links in links_of(connection, track_ids).items():
        offer = next((link for link, _ in links if link.kind == "offer"), None)
        if offer is not None:
            found[track_id] = (offer.url, offer.store)
    attribute, owned = schema.track_attribute, schema.owned_track
    for some in chunks(track_ids):
        previews = sa.select(attribute).where(
            attribute.c.library_track_id.in_(some),
            attribute.c.name == "preview_url",
            attribute.c.expires_at.is_(None),
        )
        for row in connection.execute(previews.order_by(attribute.c.provider.desc())):
            if row.value:
                found[row.library_track_id] = (str(row.value), row.provider)
        files = sa.select(owned.c.library_track_id, owned.c.location).where(
            owned.c.library_track_id.in_(some),
            owned.c.location != owned.c.identity_key,  # of a row without a place
        )
        for row in connection.execute(files.order_by(owned.c.location.desc())):
            found[row.library_track_id] = (row.location, None)
    one_line = {track_id: place for track_id, place in found.items() if place[0] == _line(place[0])}
    return {
        track_id: (f"./{place}" if place.startswith("#") else place, store)
        for track_id, (place, store) in one_line.items()
    }


def _track_item(track: TrackRow, attributions: Attributions) -> _Item:
    record: dict[str, Any] = {name: getattr(track, name) for name in TRACK_COLUMNS if name != "attribution"}
    record["attribution"] = " ".join(attributions(track.providers)) or None
    return _Item(record, _name(track), track.label, track.duration, track.id, track.providers)


def _want_items(
    connection: sa.Connection, wants: Sequence[WantRecord], attributions: Attributions
) -> list[_Item]:
    table = schema.library_track
    tracks: dict[str, TrackRow] = {}
    for some in chunks(one.library_track_id for one in wants):
        rows = connection.execute(sa.select(table).where(table.c.id.in_(some))).mappings().all()
        tracks |= {one.id: one for one in track_rows(connection, rows, lasting=True)}
    items = []
    for one in wants:
        track = tracks[one.library_track_id]
        said = {name for field in _OF_A_WANT for name in track.sources.get(field, ())}
        record: dict[str, Any] = {field.name: getattr(one, field.name) for field in fields(WantRecord)}
        record |= {"want_version": record.pop("version"), "version": record.pop("remix")}
        record["attribution"] = " ".join(attributions(said)) or None
        items.append(_Item(record, _name(one), one.label, track.duration, track.id, said))
    return items


_OF_A_WANT = ("artist", "title", "remix", "label", "catalog_number")
"""What a want shows of its track."""


def _name(one: TrackRow | WantRecord) -> str:
    return f"{one.artist} - {one.title}{f' ({one.remix})' if one.remix else ''}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value)) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int | float | str | None) else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written to a file")


def _batches(wants: Iterable[WantRecord]) -> Iterator[list[WantRecord]]:
    left = iter(wants)
    while batch := list(islice(left, BATCH)):
        yield batch


def _counted(
    batches: Iterable[Sequence[_Item]], progress: Callable[[int], None] | None
) -> Iterator[Sequence[_Item]]:
    done = 0
    for batch in batches:
        yield batch
        done += len(batch)
        if progress:
            progress(done)
