"""What providers say about recordings, in our words: values only.

Not here: asking (``gateway.py``, one file a provider), comparing (``mixtrove.matching``), keeping
(``mixtrove.library``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from mixtrove.matching import Credit

Field = Literal[
    "label", "catalog_number", "release_date", "genre", "bpm", "key", "duration", "isrc", "preview_url",
    "sub_genre", "artwork_url", "popularity", "credits", "name",
]  # fmt: skip
"""What a provider can say about a recording beside its id and link; ``name`` is artist and title."""

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a recording can be bought (``offer``), or looked for (``search``)."""

    store: str  # beatport, itunes, discogs, bandcamp, traxsource, juno
    url: str
    kind: Literal["offer", "search"] = "offer"
    price: Decimal | None = None  # None: not said, or not sold singly
    currency: str | None = None  # ISO 4217, three letters; None without a price
    cut: str | None = None  # original, extended or radio; None when unknown
    said_at: datetime | None = field(default=None, compare=False)
    """UTC, when an answer of its own said so; None: with the answer that the recording is from."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as a provider describes it."""

    provider: str
    id: str  # the provider's own
    credit: Credit  # with label, catalogue number, album, duration, ISRC and year where they are said
    url: str | None = None  # its page, for people
    release_date: str | None = None  # YYYY, YYYY-MM or YYYY-MM-DD
    genre: str | None = None
    bpm: float | None = None
    key: str | None = None  # as the provider spells it: "C Minor"
    isrcs: tuple[str, ...] = ()
    release_id: str | None = None  # the provider's id of the release it is on, for a further question
    offers: tuple[Offer, ...] = ()
    extra: Mapping[Field, Json] = field(default_factory=dict)  # what has no place above: preview_url …


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: the recordings in the provider's order, none when it knows nothing."""

    recordings: tuple[Recording, ...]
    fetched_at: datetime  # UTC, when the provider said so
    cached: bool = False  # no request was made for it
    stale: bool = False  # older than its time to live: the provider could not be asked just now


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider's terms of use allow, as ``docs/providers.md`` quotes them."""

    attribution: str  # to be shown beside its data and offers
    attribution_url: str
    ceiling: timedelta | None  # no body is kept or served for longer; None: for as long as we like
    kept: frozenset[Field] = frozenset()  # what may stay in the library for good
    warehouse: frozenset[Field] = frozenset()  # what of it may enter the warehouse
    offers_for: timedelta = timedelta(hours=2)  # a price is shown for so long
    prices_passed_on: bool = True  # whether a price may be in a message that leaves this installation
