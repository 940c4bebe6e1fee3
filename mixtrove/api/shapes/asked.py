"""What callers of ``mixtrove.client`` may say, by name and type: the fields of the shapes that end in Given.

A test compares the two. Values are checked by the server, whose sentences say more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Required, TypedDict

from mixtrove.api.shapes.review import Decision
from mixtrove.api.shapes.statistics import Basis, TrendKind
from mixtrove.api.shapes.tracklists import Format
from mixtrove.api.shapes.tracks import Order
from mixtrove.api.shapes.wants import Cut, Shop, Status

Day = date | str
"""A day, or its text YYYY-MM-DD."""


class PageAsked(TypedDict, total=False):
    """Where to begin in a list, and how much to fetch at a time."""

    limit: int
    after: str | None


class MixAsked(TypedDict, total=False):
    """See ``MixGiven``."""

    dj: str | None
    title: str | None
    played_on: Day | None
    source: str | None
    source_url: str | None
    format: Format


class TracklistsAsked(PageAsked, total=False):
    """See ``TracklistsGiven``."""

    dj: str | None


class TracksAsked(TypedDict, total=False):
    """See ``TracksGiven``."""

    words: str
    artist: str | None
    title: str | None
    label: str | None
    genre: str | None
    discovered_after: Day | None
    discovered_before: Day | None
    bpm_from: float | None
    bpm_to: float | None
    key: Sequence[str]
    heard: int
    provisional: bool | None
    dj: str | None
    tracklist_id: str | None
    new_in: str | None
    owned: bool | None
    wanted: bool
    order: Order


class TrackListAsked(TracksAsked, PageAsked, total=False):
    """See ``TrackListGiven``."""


class TrackAsked(TypedDict, total=False):
    """See ``TrackEdit``."""

    artist: str | None
    title: str | None
    version: str | None
    label: str | None
    catalog_number: str | None
    release_date: str | None
    genre: str | None
    bpm: float | None
    key: str | None
    duration: float | None


class WantsAsked(PageAsked, total=False):
    """See ``WantsGiven``."""

    status: Status | None
    priority: int | None
    added_after: Day | None
    search: str | None
    dj: str | None
    label: str | None


class WantExportAsked(TypedDict, total=False):
    """See ``WantExportGiven``."""

    status: Status | None
    priority: int | None
    added_after: Day | None


class WishAsked(TypedDict, total=False):
    """See ``WantGiven``."""

    priority: int | None
    notes: str | None
    cut: Cut | None
    source_tracklist_id: str | None


class WishOf(WishAsked, total=False):
    """See ``WantGiven``: one of several."""

    track_id: Required[str]


class WantAsked(TypedDict, total=False):
    """See ``WantEdit``."""

    priority: int
    status: Status
    cut: Cut | None
    notes: str | None
    source_tracklist_id: str | None
    purchase_date: datetime | Day | None
    purchase_price: Decimal | str | None
    currency: str | None
    store: str | None


class WantOf(WantAsked, total=False):
    """See ``WantEditOf``."""

    id: Required[str]
    want_version: int | None


class BasketAsked(TypedDict, total=False):
    """See ``BasketGiven``."""

    store: Sequence[Shop]
    priority: int | None
    currency: str | None


class ReviewAsked(PageAsked, total=False):
    """See ``ReviewGiven``."""

    words: str
    min_confidence: float
    dj: str | None
    tracklist_id: str | None
    unreleased: bool


class DecisionAsked(TypedDict, total=False):
    """See ``DecisionOf``."""

    id: Required[str]
    decision: Required[Decision]
    candidate: int | None
    track: str | None


class TrendsAsked(TypedDict, total=False):
    """See ``TrendsGiven``."""

    basis: Basis
    as_of: Day | None
    kind: TrendKind | None
    min_mixes: int
    limit: int
