"""Where tracks can be bought or looked for: links, their prices, and who is told of the first and of less.

Not here: asking shops (``mixtrove.shopping``), which offer to take (``cuts.py``, ``basket.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.cuts import Said, best_first
from mixtrove.library.deletion import chunks, delete_rows
from mixtrove.library.offer_watch import cheaper
from mixtrove.library.outbox import emit
from mixtrove.library.store import Transaction, new_id, upsert

AVAILABLE = "want.available"
"""The event that a wanted track can be bought."""

CHEAPER = "want.cheaper"
"""The event that a wanted track can be bought for less than was said before."""

_track = schema.library_track
_link = schema.purchase_link


@dataclass(frozen=True, slots=True)
class Link:
    """Where a track can be bought (``offer``) or looked for (``search``)."""

    store: str
    url: str
    kind: Literal["offer", "search"]
    price: Decimal | None = None
    currency: str | None = None  # ISO 4217
    cut: str | None = None
    expires_at: datetime | None = None  # when the price may no longer be shown


def write_links(tx: Transaction, track_id: str, links: Iterable[tuple[Link, datetime]]) -> None:
    """Keep where a track can be bought; a link that is there already gets the new price.

    The first offer of a track that had none is an event ``want.available`` for everybody who wants it; a
    price that is clearly less than those before is ``want.cheaper``.
    """
    known = {
        (row.store, row.url): row
        for row in tx.connection.execute(sa.select(_link).where(_link.c.library_track_id == track_id))
    }
    said = {(one.store, one.url): (one, fetched_at) for one, fetched_at in links}
    rows = [
        {
            "id": known[key].id if key in known else new_id(),
            "library_track_id": track_id,
            "store": one.store,
            "url": one.url,
            "price": one.price,
            "currency": one.currency if one.price is not None else None,
            "cut": one.cut,
            "kind": one.kind,
            "fetched_at": fetched_at,
            "expires_at": one.expires_at if one.price is not None else None,
        }
        for key, (one, fetched_at) in said.items()
    ]
    upsert(tx, _link, rows, on=("library_track_id", "store", "url"))
    offers = [one for one in said.values() if one[0].kind == "offer"]
    if not offers:
        return
    if not any(row.kind == "offer" for row in known.values()):
        _tell_available(tx, track_id, offers)
    _tell_cheaper(tx, track_id, offers)


def links_of(connection: sa.Connection, track_ids: Iterable[str]) -> dict[str, list[tuple[Link, datetime]]]:
    """Where tracks can be bought, with the time that was said; the cheapest of a currency first."""
    found: dict[str, list[tuple[Link, datetime]]] = {}
    for some in chunks(track_ids):
        rows = connection.execute(
            sa.select(_link)
            .where(_link.c.library_track_id.in_(some))
            .order_by(_link.c.price.is_(None), _link.c.currency, _link.c.price, _link.c.store, _link.c.url)
        )
        for row in rows:
            link = Link(row.store, row.url, row.kind, row.price, row.currency, row.cut, row.expires_at)
            found.setdefault(row.library_track_id, []).append((link, row.fetched_at))
    return found


def keep_searches(tx: Transaction, links: Mapping[str, Sequence[Link]]) -> int:
    """Let tracks have these searches and no others; returns how many rows that changed.

    Args:
        tx: the transaction.
        links: by track, links of kind ``search``; an empty list takes its searches away.
    """
    gone, missing = _other_searches(tx.connection, links)
    delete_rows(tx, _link, [row["id"] for row in gone])
    if missing:
        fresh = [
            {
                "id": new_id(), "library_track_id": track_id, "store": store, "url": url, "kind": "search",
                "fetched_at": tx.now, "revision": tx.revision,
            }
            for track_id, store, url in missing
        ]  # fmt: skip
        tx.connection.execute(sa.insert(_link), fresh)
    return len(gone) + len(missing)


def with_other_searches(connection: sa.Connection, links: Mapping[str, Sequence[Link]]) -> set[str]:
    """Those of the tracks that have other searches than these; see ``keep_searches``."""
    gone, missing = _other_searches(connection, links)
    return {row["library_track_id"] for row in gone} | {track_id for track_id, _, _ in missing}


def _other_searches(
    connection: sa.Connection, links: Mapping[str, Sequence[Link]]
) -> tuple[list[sa.RowMapping], list[tuple[str, str, str]]]:
    """The rows that are too many, and (track, store, url) of the searches that are missing."""
    gone: list[sa.RowMapping] = []
    missing: list[tuple[str, str, str]] = []
    columns = (_link.c.id, _link.c.library_track_id, _link.c.store, _link.c.url, _link.c.kind)
    for some in chunks(links):
        rows = (
            connection.execute(sa.select(*columns).where(_link.c.library_track_id.in_(some))).mappings().all()
        )
        there = {(row["library_track_id"], row["store"], row["url"]) for row in rows}
        wanted = {(track_id, one.store, one.url) for track_id in some for one in links[track_id]}
        missing += sorted(wanted - there)
        gone += [
            row
            for row in rows
            if row["kind"] == "search" and (row["library_track_id"], row["store"], row["url"]) not in wanted
        ]
    return gone, missing


def expire_prices(tx: Transaction) -> int:
    """Take away the prices that may be shown no longer, from links and events; returns how many links."""
    due = tx.connection.execute(sa.select(_link.c.id).where(_link.c.expires_at <= tx.now)).scalars().all()
    for some in chunks(due):
        tx.connection.execute(
            sa.update(_link)
            .where(_link.c.id.in_(some))
            .values(price=None, currency=None, expires_at=None, revision=tx.revision)
        )
    _forget_told_prices(tx)
    return len(due)


def without_offer(tx: Transaction, one: str, other: str) -> list[str]:
    """Of two tracks, one of which has an offer: the users who want only the other one; else nobody."""
    want = schema.want
    offered = {
        track_id: any(link.kind == "offer" for link, _ in links)
        for track_id, links in links_of(tx.connection, [one, other]).items()
    }
    if offered.get(one, False) == offered.get(other, False):
        return []
    users: dict[str, set[str]] = {one: set(), other: set()}
    for row in tx.connection.execute(
        sa.select(want.c.library_track_id, want.c.user).where(want.c.library_track_id.in_([one, other]))
    ):
        users[row.library_track_id].add(row.user)
    told, untold = (one, other) if offered.get(one) else (other, one)
    return sorted(users[untold] - users[told])


def tell_available(tx: Transaction, track_id: str, users: Collection[str]) -> None:
    """Tell these users, of those who want a track, that it can be bought."""
    offers = [one for one in links_of(tx.connection, [track_id]).get(track_id, []) if one[0].kind == "offer"]
    if users and offers:
        _tell_available(tx, track_id, offers, users)


def _tell_available(
    tx: Transaction, track_id: str, offers: Sequence[Said], users: Collection[str] | None = None
) -> None:
    for row in _open_wants(tx, track_id):
        if users is None or row["user"] in users:
            emit(tx, AVAILABLE, track_id, _told(row, track_id, best_first(offers, row["cut"])[0][0]))


def _tell_cheaper(tx: Transaction, track_id: str, offers: Sequence[Said]) -> None:
    wants = _open_wants(tx, track_id)
    found = cheaper(tx, track_id, offers, sorted({row["cut"] for row in wants}, key=str))
    for row in wants:
        if row["cut"] in found:
            emit(tx, CHEAPER, track_id, _told(row, track_id, found[row["cut"]]))


def _open_wants(tx: Transaction, track_id: str) -> Sequence[sa.RowMapping]:
    """The wants of a track that is not bought, with its name."""
    want = schema.want
    found = tx.connection.execute(
        sa.select(want.c.id, want.c.user, want.c.cut, _track.c.artist, _track.c.title, _track.c.remix)
        .join(_track, _track.c.id == want.c.library_track_id)
        .where(want.c.library_track_id == track_id, want.c.status != "purchased")
        .order_by(want.c.id)
    )
    return found.mappings().all()


def _told(row: sa.RowMapping, track_id: str, link: Link) -> dict[str, Any]:
    return {
        "want_id": row["id"], "user": row["user"], "track_id": track_id, "artist": row["artist"],
        "title": row["title"], "version": row["remix"], "store": link.store, "url": link.url,
        "price": None if link.price is None else str(link.price), "currency": link.currency,
        "price_until": link.expires_at and link.expires_at.isoformat(), "cut": link.cut,
    }  # fmt: skip


def _forget_told_prices(tx: Transaction) -> None:
    outbox = schema.outbox
    rows = tx.connection.execute(
        sa.select(outbox.c.id, outbox.c.payload).where(
            outbox.c.event.in_((AVAILABLE, CHEAPER)), outbox.c.payload["price"].as_string().is_not(None)
        )
    ).all()
    for row in rows:
        until = row.payload["price_until"]
        if until is not None and datetime.fromisoformat(until) <= tx.now:
            tx.connection.execute(
                sa.update(outbox)
                .where(outbox.c.id == row.id)
                .values(payload={**row.payload, "price": None, "currency": None})
            )
