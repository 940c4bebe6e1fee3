"""The basket: for each open want the cheapest offer that is known and suits it, and what that comes to.

Amounts of two currencies are never compared or added: nobody said what one is worth in the other. Values to
values. Not here: asking shops (``mixtrove.shopping``), which cut suits (``cuts.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mixtrove.library.cuts import Said, fit, priced
from mixtrove.library.purchase_links import Link
from mixtrove.library.want_records import WantRecord


@dataclass(frozen=True, slots=True)
class Item:
    """A want and the offer to take."""

    want: WantRecord
    link: Link  # has a price and a currency
    said_at: datetime  # UTC, when its store said so


@dataclass(frozen=True, slots=True)
class Total:
    """What one store's part of the basket comes to, in one currency."""

    store: str
    currency: str
    tracks: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Basket:
    """What to buy where. Every want is in one of the three."""

    items: tuple[Item, ...]
    unpriced: tuple[
        tuple[WantRecord, tuple[Said, ...]], ...
    ]  # a store has it, but no price is known now (in the currency)
    missing: tuple[WantRecord, ...]  # no store is known to have it

    @property
    def totals(self) -> tuple[Total, ...]:
        """Per store and currency, the largest part first."""
        tracks: Counter[tuple[str, str]] = Counter()
        amounts: dict[tuple[str, str], Decimal] = {}
        for one in self.items:
            at = (one.link.store, one.link.currency or "")
            tracks[at] += 1
            amounts[at] = amounts.get(at, Decimal(0)) + (one.link.price or Decimal(0))
        found = [Total(store, code, tracks[store, code], amounts[store, code]) for store, code in amounts]
        return tuple(sorted(found, key=lambda one: (-one.tracks, one.store, one.currency)))


def fill_basket(
    wants: Sequence[WantRecord],
    links: Mapping[str, Sequence[Said]],
    *,
    now: datetime,
    stores: Collection[str] = (),
    currency: str | None = None,
) -> Basket:
    """For each want its cheapest offer.

    The cut that was named is taken before one of unknown length, and another cut never; where none was named,
    the radio edit only when there is nothing else. Of offers in several currencies the one in the currency in
    which most of these wants have one is taken, so that as few as possible are mixed.

    Args:
        wants: open wants, in the order in which they are to be shown.
        links: by track, where it can be bought.
        now: UTC; prices that may not be shown any more do not count.
        stores: only these; all when empty.
        currency: only offers in this one.
    """
    suited = {want.id: _suited(want, links.get(want.library_track_id, ()), stores) for want in wants}
    known = {want_id: _priced(offers, now, currency) for want_id, offers in suited.items()}
    common = Counter(
        code for offers in known.values() for code in {link.currency or "" for link, _ in offers}
    )
    items: list[Item] = []
    unpriced: list[tuple[WantRecord, tuple[Said, ...]]] = []
    missing: list[WantRecord] = []
    for want in wants:
        if offers := known[want.id]:
            link, said = min(offers, key=lambda one: _preference(one[0], want, common))
            items.append(Item(want, link, said))
        elif offers := suited[want.id]:
            unpriced.append((want, tuple(offers)))
        else:
            missing.append(want)
    return Basket(tuple(items), tuple(unpriced), tuple(missing))


def _suited(want: WantRecord, links: Sequence[Said], stores: Collection[str]) -> list[Said]:
    """The offers of a want that are not of another cut, the best first."""
    return [
        (link, said)
        for link, said in links
        if link.kind == "offer"
        and fit(link.cut, want.cut) is not None
        and (not stores or link.store in stores)
    ]


def _priced(offers: Sequence[Said], now: datetime, currency: str | None) -> list[Said]:
    return [
        (link, said)
        for link, said in offers
        if priced(link, now) and (currency is None or link.currency == currency)
    ]


def _preference(
    link: Link, want: WantRecord, common: Mapping[str, int]
) -> tuple[int, int, str, Decimal, str, str]:
    code = link.currency or ""
    suits = fit(link.cut, want.cut) or 0
    return (suits, -common[code], code, link.price or Decimal(0), link.store, link.url)
