"""Library tracks: lists, everything known of one, edits, merges, where to buy."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from mixtrove.api.shapes.common import Answer, Day, Given, Id, PageGiven, Text

Order = Literal["heard", "artist", "newest"]
Form = Literal["csv", "json", "txt", "m3u8"]


class TracksGiven(Given):
    """Which tracks are meant; of several conditions all must hold. Texts are parts of a name, in any case."""

    words: Text = Field(default="", description="each occurs in artist, title, version or label")
    artist: Text | None = None
    title: Text | None = Field(default=None, description="of title or version")
    label: Text | None = None
    genre: Text | None = None
    discovered_after: Day | None = Field(default=None, description="in the library since this day or later")
    discovered_before: Day | None = Field(default=None, description="in the library before this day")
    bpm_from: float | None = Field(default=None, ge=20, le=400)
    bpm_to: float | None = Field(default=None, ge=20, le=400)
    key: list[Text] = Field(default=[], max_length=24, description="Am, A minor, 8A or 1m: one of them")
    heard: int = Field(default=0, ge=0, le=1_000_000, description="at least so many plays")
    provisional: bool | None = None
    dj: Text | None = Field(default=None, description="played by somebody with this in the name")
    tracklist_id: Id | None = Field(default=None, description="heard in this mix")
    new_in: Id | None = Field(default=None, description="heard in this mix before anywhere else")
    owned: bool | None = None
    wanted: bool = Field(default=False, description="only what is on your want list and not bought")


class TrackListGiven(TracksGiven, PageGiven):
    """Which tracks are meant, in which order, which page of them."""

    order: Order = "heard"


class TrackExportGiven(TracksGiven):
    """Which tracks are written to a file, in which order and form."""

    order: Order = "heard"
    format: Form = "csv"


class Track(Answer):
    """A library track. ``version`` is the mix; ``track_version`` counts its edits."""

    id: str
    artist: str
    title: str
    version: str | None = Field(validation_alias="remix")
    label: str | None
    catalog_number: str | None
    release_date: str | None = Field(description="YYYY, YYYY-MM or YYYY-MM-DD")
    genre: str | None
    bpm: float | None
    key: str | None = Field(description="as its source spells it")
    classical: str | None = Field(description="the key as A minor")
    camelot: str | None = Field(description="the key as 8A")
    duration: float | None = Field(description="seconds")
    isrcs: list[str]
    heard: int = Field(validation_alias="discovery_count", description="plays in all mixes")
    first_discovered: datetime | None
    last_seen: datetime | None
    provisional: bool = Field(description="nobody could identify it yet")
    sources: dict[str, list[str]] = Field(description="by field, who says so")
    track_version: int = Field(validation_alias="version")


class AttributeSaid(Answer):
    """What one provider says of a track."""

    name: str
    value: Any
    provider: str
    fetched_at: datetime
    expires_at: datetime | None


class HeardBeside(Answer):
    """A component of a line beside the track."""

    entry_id: str
    position: int
    component: int
    library_track_id: str | None
    name: str
    raw_line: str


class Play(Answer):
    """One time a track was heard."""

    tracklist_id: str
    mix: str | None
    dj: str | None
    played_on: date | None
    discovered: datetime
    position: int
    component: int
    cue_seconds: int | None
    raw_line: str
    confidence: float
    method: str
    reasons: list[str]
    before: list[HeardBeside]
    together: list[HeardBeside]
    after: list[HeardBeside]


class Neighbour(Answer):
    """A track that was played beside another."""

    library_track_id: str
    name: str
    mixes: int


class SetContext(Answer):
    """Where a track was heard."""

    plays: list[Play]
    mixes: int
    djs: int
    first_played: date | None
    last_played: date | None
    first_discovered: datetime | None
    last_discovered: datetime | None
    often_beside: list[Neighbour]


class ExternalId(Answer):
    """The id of a track at a provider or in a catalogue."""

    provider: str
    id: str


class TrackDetails(Answer):
    """Everything that is known of a track, and every mix it was heard in."""

    track: Track
    external_ids: list[ExternalId]
    attributes: list[AttributeSaid]
    attributions: list[str] = Field(description="to be shown beside what providers say")
    owned: int = Field(description="files of the collection that are this track")
    want_id: str | None = Field(description="your want of it")
    context: SetContext


class TrackEdit(Given):
    """What to set; null or an empty text clears a field. No run changes what is set or cleared here."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    artist: Text | None = None
    title: Text | None = None
    version: Text | None = Field(default=None, description="such as Four Tet Remix; null for the original")
    label: Text | None = None
    catalog_number: Text | None = None
    release_date: (
        Annotated[str, StringConstraints(pattern=r"^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$")] | None
    ) = Field(default=None, description="YYYY, YYYY-MM or YYYY-MM-DD")
    genre: Text | None = None
    bpm: float | None = Field(default=None, ge=20, le=400)
    key: Text | None = Field(default=None, description="Am, A minor or 8A")
    duration: float | None = Field(default=None, gt=0, le=86_400, description="seconds")

    @model_validator(mode="after")
    def _something(self) -> TrackEdit:
        if not self.model_fields_set:
            raise ValueError("name a field to set")
        return self


class IdentifyGiven(Given):
    """What a track is."""

    artist: Text = Field(min_length=1, examples=["Eric Prydz"])
    title: Text = Field(min_length=1, examples=["Opus (Four Tet Remix)"])
    external_ids: dict[
        Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")], Annotated[Text, Field(min_length=1)]
    ] = Field(default={}, max_length=10, examples=[{"beatport": "7892131"}], description="provider → id")


class Identified(Answer):
    """What became of it."""

    library_track_id: str = Field(description="the track that it is now")
    entries: int = Field(description="lines that were decided, in all mixes")


class MergeGiven(Given):
    """The tracks that become part of this one."""

    merged: list[Id] = Field(min_length=1, max_length=50)


class Merged(Answer):
    """One track now."""

    kept: str
    merged: list[str]


class Unmerged(Answer):
    """Two tracks again."""

    kept: str
    given_back: str


class PlaceToBuy(Answer):
    """Where a track can be bought (offer) or looked for (search)."""

    store: str
    kind: Literal["offer", "search"]
    url: str
    price: Decimal | None
    currency: str | None
    cut: str | None
    price_until: datetime | None = Field(description="when the price may no longer be shown")
    as_of: datetime | None
    attribution: str | None = Field(description="to be shown beside the offer")


class PlacesToBuy(Answer):
    """Where a track can be bought, the best first."""

    library_track_id: str
    places: list[PlaceToBuy]
    failed: dict[str, str] = Field(default={}, description="shop → why it did not answer")
