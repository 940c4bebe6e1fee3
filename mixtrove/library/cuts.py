"""Which of several offers for one track suits a want: the cut first, then the price (DESIGN §1, *cut*).

Values to values.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixtrove.library.purchase_links import Link

Said = tuple["Link", datetime]
"""A link, and when its store said so."""


def fit(offered: str | None, wanted: str | None) -> int | None:
    """How well a cut suits a want: 0 best, then 1; None when it is not what is wanted.

    The cut that was named is best and one of unknown length may be it. Where none was named any will do, the
    radio edit last.
    """
    if wanted is None:
        return 1 if offered == "radio" else 0
    if offered == wanted:
        return 0
    return 1 if offered is None else None


def priced(link: Link, now: datetime) -> bool:
    """Whether it is an offer whose price may be shown at this time."""
    return (
        link.kind == "offer" and link.price is not None and (link.expires_at is None or link.expires_at > now)
    )


def best_first(links: Iterable[Said], wanted: str | None) -> list[Said]:
    """Links in the order in which to show them for a want.

    Offers before searches; the cut that suits best, those that do not suit last; with a price before those
    without, by currency, the cheapest first.
    """
    return sorted(links, key=lambda one: _order(one[0], wanted))


def _order(link: Link, wanted: str | None) -> tuple[bool, int, bool, str, Decimal, str, str]:
    suits = fit(link.cut, wanted)
    return (
        link.kind != "offer",
        2 if suits is None else suits,
        link.price is None,
        link.currency or "",
        link.price or Decimal(0),
        link.store,
        link.url,
    )
