"""The want list: wants, what is changed about them, what to buy where."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from mixtrove.api.shapes.common import (
    Answer,
    Day,
    Given,
    Id,
    Moment,
    Notes,
    PageGiven,
    Priority,
    Text,
    example,
)
from mixtrove.api.shapes.tracks import Form, PlaceToBuy

Status = Literal["wanted", "purchased", "unavailable"]
Shop = Literal["bandcamp", "beatport", "discogs", "itunes", "juno", "traxsource"]
"""Where links lead; a test compares them with ``mixtrove.providers.store_links``."""

Cut = Literal["original", "extended", "radio"]
Price = Annotated[Decimal, Field(ge=0, lt=10**8, max_digits=10, decimal_places=2, examples=["1.99"])]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$")]


class WantsGiven(PageGiven):
    """Which wants are meant."""

    status: Status | None = None
    priority: Priority | None = Field(default=None, description="at least so much wanted, 1 to 5")
    added_after: Day | None = Field(default=None, description="on the list since this day or later")
    search: Text | None = Field(default=None, description="words of artist, title, version, label or notes")
    dj: Text | None = Field(default=None, description="heard in a mix of this DJ")
    label: Text | None = None


class WantExportGiven(Given):
    """Which wants are written to a file, in which form."""

    format: Form = "csv"
    status: Literal["all", "wanted", "purchased", "unavailable"] | None = Field(
        default=None, description="by default all; of txt and m3u8 only what is wanted"
    )
    priority: Priority | None = None
    added_after: Day | None = None


class Want(Answer):
    """A want. ``version`` is the track's; ``want_version`` counts its edits."""

    model_config = example(
        id="01a21afb-0c52-7b1e-9d3f-6a8e5c2f4b10",
        library_track_id="01a21af8-6f0d-7a44-b0c8-1d2e3f4a5b6c",
        artist="Eric Prydz",
        title="Opus",
        version="Four Tet Remix",
        label="Pryda",
        catalog_number=None,
        provisional=False,
        heard=3,
        owned=False,
        cut=None,
        priority=4,
        status="purchased",
        added_at="2026-05-01T20:20:00Z",
        purchased_at="2026-05-02T00:00:00Z",
        purchase_price="1.99",
        currency="EUR",
        store="Bandcamp",
        notes="the long one",
        source_tracklist_id=None,
        want_version=2,
    )

    id: str
    library_track_id: str
    artist: str
    title: str
    version: str | None = Field(validation_alias="remix")
    label: str | None
    catalog_number: str | None
    provisional: bool
    heard: int
    owned: bool
    cut: Cut | None
    priority: int
    status: Status
    added_at: datetime
    purchased_at: datetime | None
    purchase_price: Decimal | None
    currency: str | None
    store: str | None
    notes: str | None
    source_tracklist_id: str | None
    want_version: int = Field(validation_alias="version")


class WantGiven(Given):
    """A track to want. One that is on the list keeps its want: a higher priority raises it."""

    track_id: Id
    priority: Priority | None = None
    notes: Notes | None = None
    cut: Cut | None = Field(default=None, description="only this one; null: any will do")
    source_tracklist_id: Id | None = Field(default=None, description="where it was heard")


class WantEdit(Given):
    """What to set of a want; null clears. Buying sets the time when it is not given."""

    priority: Priority | None = None
    status: Status | None = None
    cut: Cut | None = None
    notes: Notes | None = None
    source_tracklist_id: Id | None = None
    purchase_date: Day | Moment | None = None
    purchase_price: Price | None = None
    currency: Currency | None = None
    store: Text | None = None

    @model_validator(mode="after")
    def _something(self) -> WantEdit:
        if not self.model_fields_set - {"id", "want_version"}:
            raise ValueError("name a field to set")
        for name in ("priority", "status"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class WantEditOf(WantEdit):
    """What to set of one of several wants."""

    id: Id
    want_version: int | None = Field(default=None, description="only if nobody changed it since this version")


class WantsBulk(Given):
    """Several changes: all of them are made, or none."""

    add: list[WantGiven] = Field(default=[], max_length=1_000)
    set: list[WantEditOf] = Field(default=[], max_length=1_000)
    remove: list[Id] = Field(default=[], max_length=1_000)

    @model_validator(mode="after")
    def _something(self) -> WantsBulk:
        if not (self.add or self.set or self.remove):
            raise ValueError("name wants to add, set or remove")
        named = [one.id for one in self.set] + self.remove
        if len(named) != len(set(named)):
            raise ValueError("a want is named twice")
        return self


class WantsChanged(Answer):
    """What was changed."""

    added: list[Want]
    set: list[Want]
    removed: list[str]


class Buy(PlaceToBuy):
    """A want and where to buy it."""

    want_id: str
    library_track_id: str
    artist: str
    title: str
    wanted_cut: str | None


class BasketGiven(Given):
    """What the basket is filled with."""

    store: list[Shop] = Field(default=[], max_length=20, description="only these shops")
    priority: Priority | None = Field(default=None, description="at least so much wanted, 1 to 5")
    currency: Currency | None = None


class Total(Answer):
    """What one shop's part comes to."""

    store: str
    currency: str
    tracks: int
    amount: Decimal


class Basket(Answer):
    """The cheapest known offer of everything that is wanted."""

    items: list[Buy]
    totals: list[Total]
    unpriced: list[Buy] = Field(description="offers whose price is not known now")
    missing: list[Want] = Field(description="nobody is known to offer these")
