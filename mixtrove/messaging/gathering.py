"""What the things of one message are just now, read from the store when it is sent.

A message holds ids only, and says what is true when it leaves: the name that a track has by then, a price
that may still be shown, nothing of what was bought or taken off the list meanwhile. So nothing that expires
is kept with it. Not here: how it is put (``digests.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.credits import credit_of_entry, credit_of_track, shown
from mixtrove.library.cuts import priced
from mixtrove.library.deletion import chunks
from mixtrove.library.purchase_links import Link, links_of
from mixtrove.messaging.digests import (
    MUSIC,
    TOP,
    TROUBLE,
    Digest,
    Item,
    Kind,
    Place,
    Section,
    mix_in_words,
    named,
)
from mixtrove.providers.registry import PROVIDERS, attributions
from mixtrove.shopping import places_of

_note = schema.notification
_want, _track, _mix = schema.want, schema.library_track, schema.tracklist
_entry, _play = schema.tracklist_entry, schema.track_discovery

_NOT_PASSED_ON = frozenset(one.name for one in PROVIDERS if not one.terms.prices_passed_on)
"""Shops whose terms keep their prices out of messages."""


def gather(connection: sa.Connection, message_id: str, *, again: bool = False) -> Digest:
    """The digest of a message; without sections when there is nothing left to be told."""
    sections: list[Section] = []
    named_already: set[str] = set()
    read: Mapping[Kind, Callable[[], Section | None]] = {
        "available": lambda: _wants(connection, message_id, "available", named_already),
        "cheaper": lambda: _wants(connection, message_id, "cheaper", named_already),
        "known": lambda: _known(connection, message_id, named_already),
        "wanted": lambda: _wants(connection, message_id, "wanted", named_already),
        "discovered": lambda: _discovered(connection, message_id, named_already),
    }
    for kind in MUSIC:
        section = read[kind]()
        if section is not None:
            sections.append(section)
    sections += _trouble(connection, message_id)
    stores = {one.store for part in sections for item in part.items for one in item.places}
    return Digest(tuple(sections), tuple(attributions(stores)), again)


def _of(message_id: str, kind: Kind) -> sa.ColumnElement[bool]:
    return (_note.c.message_id == message_id) & (_note.c.kind == kind)


def _wants(connection: sa.Connection, message_id: str, kind: Kind, named_already: set[str]) -> Section | None:
    """Wants that are still on the list and not bought; each once, the most wanted first."""
    which = _want.c.id.in_(sa.select(_note.c.about).where(_of(message_id, kind)))
    still = which & (_want.c.status != "purchased")
    number = connection.execute(sa.select(sa.func.count()).select_from(_want).where(still)).scalar_one()
    if not number:
        return None
    rows = connection.execute(
        sa.select(
            _track, _want.c.cut.label("wanted_cut"), _want.c.priority, _mix.c.dj, _mix.c.title.label("mix"),
            _mix.c.played_on,
        )
        .join(_track, _track.c.id == _want.c.library_track_id)
        .outerjoin(_mix, _mix.c.id == _want.c.source_tracklist_id)
        .where(still)
        .order_by(_want.c.priority.desc(), _track.c.discovery_count.desc(), _want.c.id)
        .limit(TOP)
    ).mappings().all()  # fmt: skip
    links = links_of(connection, [row["id"] for row in rows])
    named_already.update(row["id"] for row in rows)
    items = tuple(
        Item(
            _name(row),
            f"priority {row['priority']}" if kind == "wanted" else "",
            mix_in_words((row["dj"], row["mix"], row["played_on"])),
            _places(row, links.get(row["id"], ()), row["wanted_cut"], search=kind == "wanted"),
        )
        for row in rows
    )
    return Section(kind, number, items)


def _known(connection: sa.Connection, message_id: str, named_already: set[str]) -> Section | None:
    """IDs by the track that they are; one that nobody found is told by what the line says."""
    rows = connection.execute(
        sa.select(
            _entry, _note.c.payload, _track.c.id.label("track_id"), _track.c.provisional, _mix.c.dj,
            _mix.c.title.label("mix"), _mix.c.played_on,
        )
        .join(_note, _note.c.about == _entry.c.id)
        .join(_mix, _mix.c.id == _entry.c.tracklist_id)
        .outerjoin(_play, _play.c.entry_id == _entry.c.id)
        .outerjoin(_track, _track.c.id == _play.c.library_track_id)
        .where(_of(message_id, "known"), _entry.c.status.in_(("identified", "provisional")))
        .order_by(_note.c.id)
    ).mappings().all()  # fmt: skip
    first: dict[str, sa.RowMapping] = {}
    for row in rows:
        first.setdefault(row["track_id"] or row["id"], row)
    if not first:
        return None
    top = list(first.values())[:TOP]
    tracks = _tracks(
        connection, [row["track_id"] for row in top if row["track_id"] and not row["provisional"]]
    )
    links = links_of(connection, tracks)
    items = []
    for row in top:
        track = tracks.get(row["track_id"])
        name = _name(track) if track is not None else shown(credit_of_entry(row)).replace(" - ", " – ", 1)
        places = () if track is None else _places(track, links.get(track["id"], ()), None, search=True)
        note = f"was “{' '.join(row['payload']['was'].split())}”"
        items.append(Item(name, note, mix_in_words((row["dj"], row["mix"], row["played_on"])), places))
    named_already.update(row["track_id"] for row in first.values() if row["track_id"])
    return Section("known", len(first), tuple(items))


def _discovered(connection: sa.Connection, message_id: str, named_already: set[str]) -> Section | None:
    """New tracks, the most heard first; those that the message names already are only counted."""
    mine = _track.c.id.in_(sa.select(_note.c.about).where(_of(message_id, "discovered")))
    which = mine & ~_track.c.provisional
    number, mixes = connection.execute(
        sa.select(sa.func.count(), sa.func.count(sa.distinct(_track.c.discovered_from))).where(which)
    ).one()
    if not number:
        return None
    rows = connection.execute(
        sa.select(_track, _mix.c.dj, _mix.c.title.label("mix"), _mix.c.played_on)
        .outerjoin(_mix, _mix.c.id == _track.c.discovered_from)
        .where(which)
        .order_by(_track.c.discovery_count.desc(), _track.c.artist, _track.c.title, _track.c.id)
        .limit(TOP + len(named_already))
    ).mappings()
    top = [row for row in rows if row["id"] not in named_already][:TOP]
    links = links_of(connection, [row["id"] for row in top])
    items = tuple(
        Item(
            _name(row),
            f"heard {row['discovery_count']} times" if row["discovery_count"] > 1 else "",
            mix_in_words((row["dj"], row["mix"], row["played_on"])),
            _places(row, links.get(row["id"], ()), None, search=False),
        )
        for row in top
    )
    return Section("discovered", number, items, mixes)


def _trouble(connection: sa.Connection, message_id: str) -> list[Section]:
    """Providers and jobs; what failed and works again is told once, as that."""
    rows = connection.execute(
        sa.select(_note.c.kind, _note.c.thing, _note.c.payload)
        .where(_note.c.message_id == message_id, _note.c.kind.in_(TROUBLE))
        .order_by(_note.c.id)
    ).all()
    back = {(row.kind, row.thing) for row in rows}
    over = {"provider_failing": "provider_back", "run_failing": "run_back"}
    found: dict[Kind, list[Item]] = {}
    for row in rows:
        if (over.get(row.kind), row.thing) not in back:
            found.setdefault(row.kind, []).append(Item(row.payload["name"], row.payload["note"]))
    return [Section(kind, len(found[kind]), tuple(found[kind][:TOP])) for kind in TROUBLE if kind in found]


def _tracks(connection: sa.Connection, track_ids: Iterable[str]) -> dict[str, sa.RowMapping]:
    return {
        row["id"]: row
        for some in chunks(track_ids)
        for row in connection.execute(sa.select(_track).where(_track.c.id.in_(some))).mappings()
    }


def _name(row: Mapping[Any, Any]) -> str:
    return named(row["artist"], row["title"], row["remix"])


def _places(
    row: sa.RowMapping, links: Sequence[tuple[Link, datetime]], cut: str | None, *, search: bool
) -> tuple[Place, ...]:
    """The best offer, or else, if asked for, a search in a shop."""
    now = datetime.now(UTC)
    offers = [one for one in links if one[0].kind == "offer"]
    if not offers and not search:
        return ()
    for link, _ in places_of(credit_of_track(row), cut, offers)[:1]:
        price = None
        if priced(link, now) and link.store not in _NOT_PASSED_ON:
            price = f"{link.price} {link.currency}"
        return (Place(link.store, link.url, link.kind, price),)
    return ()
