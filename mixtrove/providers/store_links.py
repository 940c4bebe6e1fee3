"""Where a recording can be looked for in shops: links to their searches, for people. Nothing is asked.

Addresses from the shops' own search pages (November 2026). They are searches, never offers: nobody knows
whether the shop has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote_plus

from mixtrove.matching import Credit
from mixtrove.providers.question import question
from mixtrove.providers.recording import Offer

SEARCHES: Mapping[str, str] = MappingProxyType(
    {
        "beatport": "https://www.beatport.com/search/tracks?q={}",
        "traxsource": "https://www.traxsource.com/search/tracks?term={}",
        "itunes": "https://music.apple.com/search?term={}",
        "juno": "https://www.junodownload.com/search/?q%5Ball%5D%5B%5D={}&solrorder=relevancy",
        "bandcamp": "https://bandcamp.com/search?q={}&item_type=t",
        "discogs": "https://www.discogs.com/search/?q={}&type=release",
    }
)
"""The search of each shop; the words go where the braces are."""


def search_links(credit: Credit) -> tuple[Offer, ...]:
    """A search in every shop, none for a placeholder (``ID``)."""
    if credit.unknown:
        return ()
    return tuple(Offer(store, search_link(store, credit), kind="search") for store in SEARCHES)


def search_link(store: str, credit: Credit) -> str:
    """The address of one shop's search for a credit."""
    return SEARCHES[store].format(quote_plus(question(credit).words))
