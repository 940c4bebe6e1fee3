"""What messages say: pydantic models, one a type and version, and the envelope around all of them.

The JSON Schemas under ``docs/messages`` are written from here (``documents.py``). A change that a reader
would notice is a new version: a model beside the old one in ``INCOMING`` or ``OUTGOING``. Not here: refusing
what is not understood (``reading.py``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Data = TypeVar("Data", bound=BaseModel)

NAME = r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$"
"""Words with dots between them, as routing keys are made of."""

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
"""A name; no NUL, which no database keeps."""

Status = Literal["pending", "identified", "provisional", "skipped"]
Cut = Literal["original", "extended", "radio"]


class Given(BaseModel):
    """What somebody sends. A name that is not known is refused, so that a slip is not passed over."""

    model_config = ConfigDict(extra="forbid")


class TracklistGiven(Given):
    """A tracklist, and what is known of the mix; that replaces what the text itself says."""

    text: Annotated[str, Field(min_length=1, max_length=2_000_000, pattern=r"^[^\x00]*$")] = Field(
        description="as it was pasted, or the content of a CUE sheet, CSV or JSON",
        examples=["1. Eric Prydz - Opus (Four Tet Remix)\n2. ID - ID"],
    )
    format: Literal["auto", "text", "cue", "csv", "json"] = Field(
        default="auto", description="auto: the content decides"
    )
    dj: Text | None = Field(default=None, description="who played", examples=["Four Tet"])
    title: Text | None = Field(default=None, examples=["Essential Mix"])
    played_on: date | None = Field(default=None, description="the day of the mix", examples=["2014-06-13"])
    source: Text | None = Field(default=None, description="where it is from: a site, a file, a person")
    source_url: Text | None = Field(default=None, description="its page; the same page again is an update")


class DiscoveryRequested(Given):
    """Somebody asks what was played: a tracklist that comes along, or one that is in the library."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [one], "properties": {one: {"type": kind}, other: {"type": "null"}}}
                for one, kind, other in (
                    ("tracklist", "object", "tracklist_id"),
                    ("tracklist_id", "string", "tracklist"),
                )
            ]
        }
    )

    tracklist: TracklistGiven | None = None
    tracklist_id: Annotated[str, Field(pattern=UUID)] | None = None
    positions: list[Annotated[int, Field(ge=1, le=100_000)]] = Field(
        default=[], max_length=5_000, description="of the lines that are meant, from 1; empty: all"
    )
    user: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]*$")] | None = Field(
        default=None, description="who asks; by default the user of the installation"
    )
    reply_key: Annotated[str, Field(max_length=200, pattern=NAME)] | None = Field(
        default=None,
        description="appended to the routing key of the answer: discovery.completed.REPLY_KEY",
        examples=["radio.archive"],
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> DiscoveryRequested:
        if (self.tracklist is None) == (self.tracklist_id is None):
            raise ValueError("give either tracklist or tracklist_id")
        return self


def _open(schema: dict[str, Any]) -> None:
    """Readers pass over names that they do not know: fields may be added within a version."""
    schema.pop("additionalProperties", None)


class Told(BaseModel):
    """What mixtrove tells; it tells nothing that is not written down here."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_open)


class PlayedTrack(Told):
    """One component of a line, and the track it is."""

    position: int
    component: int
    raw_line: str
    status: Status
    track_id: str | None
    artist: str | None
    title: str | None
    version: str | None
    confidence: float | None


class JobTold(Told):
    """What is said of a job however it ended."""

    job_id: str
    tracklist_id: str
    positions: list[int] = Field(description="of the lines that it was about, from 1")
    user: str
    message_id: str | None = Field(description="of the request, when it came as a message")
    reply_key: str | None
    jobs_left: int = Field(ge=0, description="jobs of the same request that are still to end; 0: the last")


class DiscoveryCompleted(JobTold):
    """A job is done: what was played in its lines."""

    identified: int
    provisional: int
    pending: int
    skipped: int
    tracks: list[PlayedTrack]


class DiscoveryFailed(JobTold):
    """A job came to nothing: it failed, or somebody cancelled it."""

    status: Literal["failed", "cancelled"]
    error: str = Field(description="a sentence")


class TrackTold(Told):
    """A track as it is called."""

    track_id: str
    artist: str
    title: str
    version: str | None


class TrackIdentified(TrackTold):
    """A track that nobody knew has a name now."""

    provisional_id: str = Field(description="the id that it had until now")


class IdNamed(Told):
    """A line that named no track, or one that was not released yet, names another one now."""

    entry_id: str
    tracklist_id: str
    position: int
    was: str
    is_: str = Field(alias="is")


class WantAdded(TrackTold):
    """Something came onto a want list."""

    want_id: str
    user: str
    priority: int = Field(ge=1, le=5)
    cut: Cut | None
    by: str = Field(description="a user, or rule:NAME")


class Offered(TrackTold):
    """An offer of something that is wanted."""

    want_id: str
    user: str
    store: str
    url: str
    price: str | None = Field(description="null when it may be shown no longer", examples=["1.99"])
    currency: str | None
    price_until: datetime | None = Field(description="until when the price may be shown")
    cut: Cut | None


class WantAvailable(Offered):
    """Something that is wanted can be bought: the first offer of it."""


class WantCheaper(Offered):
    """Something that is wanted can be bought for clearly less than was told before."""


class Envelope(BaseModel, Generic[Data]):
    """What every message has around what it says."""

    type: str
    version: int
    id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")] = Field(
        description="unique; a message that comes again has the same"
    )
    at: datetime | None = Field(default=None, description="when it was asked")
    data: Data


class Event(Envelope[Data]):
    """An event as it is published."""

    at: datetime = Field(description="when it happened")
    key: str = Field(description="of the track or tracklist it is about; events of one key come in order")
    sequence: int = Field(description="grows in the order in which things happened")


class Request(Envelope[DiscoveryRequested]):
    """``discovery.requested``, version 1."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["discovery.requested"]
    version: Literal[1]


INCOMING: dict[str, dict[int, type[Request]]] = {"discovery.requested": {1: Request}}
"""Type → version → model of what is taken."""

OUTGOING: dict[str, dict[int, type[Told]]] = {
    "discovery.completed": {1: DiscoveryCompleted},
    "discovery.failed": {1: DiscoveryFailed},
    "id.named": {1: IdNamed},
    "track.identified": {1: TrackIdentified},
    "want.added": {1: WantAdded},
    "want.available": {1: WantAvailable},
    "want.cheaper": {1: WantCheaper},
}
"""Type → version → model of what events say; the newest version is sent."""
