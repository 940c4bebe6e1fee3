"""When shops are asked again about a track that somebody wants, and which price of it would be news.

Prices themselves may be kept for hours only (``docs/providers.md``). What stays is a mark for each cut and
currency: nine tenths of the lowest price that was said while the track was wanted, rounded down to ten cents.
A price at or below it is told as cheaper and sets the next mark: a cent less is no news, and no price is told
twice.
Not here: asking (``mixtrove.shopping``), links (``purchase_links.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.cuts import Said, fit, priced

if TYPE_CHECKING:
    from mixtrove.library.purchase_links import Link
    from mixtrove.library.store import Transaction

AGAIN = timedelta(days=1)
"""After which a track with an offer is asked about again."""

LONGEST = 5
"""2 to the power of this many days is the longest pause while nobody has an offer."""

NO_ANSWER = timedelta(hours=1)
"""After which a track is asked about again when a shop could not answer."""

LESS = Decimal("0.9")
"""The share of a price from which another one is called cheaper."""

_watch = schema.offer_watch
_want = schema.want
_track = schema.library_track


def due_tracks(
    connection: sa.Connection, now: datetime, *, limit: int | None = None
) -> dict[str, datetime | None]:
    """Identified tracks that somebody wants and shops are to be asked about, the most wanted first.

    Of each: when they were asked last.
    """
    query = (
        sa.select(_want.c.library_track_id, sa.func.max(_watch.c.asked_at, type_=_watch.c.asked_at.type))
        .join(_track, _track.c.id == _want.c.library_track_id)
        .outerjoin(_watch, _watch.c.library_track_id == _want.c.library_track_id)
        .where(
            _want.c.status != "purchased",
            ~_track.c.provisional,
            _watch.c.next_at.is_(None) | (_watch.c.next_at <= now),
        )
        .group_by(_want.c.library_track_id)
        .order_by(sa.func.max(_want.c.priority).desc(), sa.func.min(_want.c.id))
        .limit(limit)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def note_asked(tx: Transaction, track_id: str, *, offered: bool, answered: bool) -> None:
    """Note that shops were asked about a track: when they are asked again.

    Args:
        tx: the transaction.
        track_id: the track.
        offered: whether one of them has it.
        answered: whether all of them could answer.
    """
    before = tx.connection.execute(
        sa.select(_watch.c.times).where(_watch.c.library_track_id == track_id)
    ).scalar()
    times = 0 if offered else (before or 0) + 1 if answered else before or 0
    pause = AGAIN if offered else timedelta(days=2.0 ** min(max(times - 1, 0), LONGEST))
    _write(
        tx,
        track_id,
        {"asked_at": tx.now, "next_at": tx.now + (pause if answered else NO_ANSWER), "times": times},
    )


def cheaper(
    tx: Transaction, track_id: str, offers: Iterable[Said], cuts: Iterable[str | None]
) -> dict[str | None, Link]:
    """By wanted cut, the offer that is cheaper than what was said before; sets the marks anew.

    Args:
        tx: the transaction.
        track_id: the track.
        offers: what can be bought now.
        cuts: those that somebody wants.
    """
    kept = tx.connection.execute(
        sa.select(_watch.c.marks).where(_watch.c.library_track_id == track_id)
    ).scalar()
    marks: dict[str, str] = dict(kept or {})
    found: dict[str | None, Link] = {}
    there = [link for link, _ in offers if priced(link, tx.now)]
    for cut in cuts:
        suited = [link for link in there if fit(link.cut, cut) is not None]
        for currency, link in sorted(_cheapest(suited).items()):
            key = f"{cut or 'any'} {currency}"
            price = link.price or Decimal(0)
            if key in marks and price > Decimal(marks[key]):
                continue
            if key in marks:
                found.setdefault(cut, link)
            marks[key] = str(mark_below(price))
    if marks != (kept or {}):
        _write(tx, track_id, {"marks": marks})
    return found


def mark_below(price: Decimal) -> Decimal:
    """What a price must not be above to be called cheaper than this one."""
    return (price * LESS).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)


def _cheapest(links: Iterable[Link]) -> dict[str, Link]:
    """By currency."""
    found: dict[str, Link] = {}
    for link in links:
        best = found.get(link.currency or "")
        if best is None or (link.price or 0) < (best.price or 0):
            found[link.currency or ""] = link
    return found


def _write(tx: Transaction, track_id: str, values: Mapping[str, object]) -> None:
    new = {"library_track_id": track_id, "times": 0, "marks": {}, **values}
    statement = insert(tx.connection, _watch).values(**new)
    tx.connection.execute(
        statement.on_conflict_do_update(index_elements=["library_track_id"], set_=dict(values))
    )
