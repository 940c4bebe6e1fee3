"""Tracklists, their lines, and jobs to discover what was played."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from mixtrove.api.shapes.common import Answer, Day, Given, PageGiven, Text, example, storable

Format = Literal["auto", "text", "cue", "csv", "json"]

Written = Annotated[str, Field(max_length=2_000_000), AfterValidator(storable)]
"""A whole tracklist as text."""


_PAGE = r"^(https?://[^\s/]+(/\S*)?)?$"
_CUE = r"^([0-9]{1,6}|([0-9]{1,2}:[0-5]?[0-9]|[0-9]{1,3}):[0-5]?[0-9])?$"


class MixGiven(Given):
    """What is known of a mix; it replaces what the tracklist itself says."""

    dj: Text | None = Field(default=None, description="who played", examples=["Four Tet"])
    title: Text | None = Field(default=None, examples=["Essential Mix"])
    played_on: Day | None = Field(default=None, description="the day of the mix", examples=["2014-06-13"])
    source: Text | None = Field(default=None, description="where it is from: a site, a file, a person")
    source_url: Annotated[str, Field(max_length=500, pattern=_PAGE), AfterValidator(storable)] | None = Field(
        default=None, description="its page, http or https; the same page again is an update"
    )
    format: Format = Field(default="auto", description="auto: the content decides")


class LineGiven(Given):
    """One line whose parts are known."""

    artist: Text = Field(examples=["Eric Prydz"])
    title: Text = Field(min_length=1, examples=["Opus"])
    version: Text | None = Field(default=None, examples=["Four Tet Remix"])
    label: Text | None = None
    cue: Annotated[str, Field(pattern=_CUE)] | None = Field(
        default=None, description="when it begins: 1:02:03, 62:03 or seconds", examples=["1:02:03"]
    )


class TracklistGiven(MixGiven):
    """A tracklist: its text, or its lines."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "required": ["text"],
                    "properties": {"text": {"type": "string"}, "tracks": {"type": "null"}},
                },
                {
                    "required": ["tracks"],
                    "properties": {"tracks": {"type": "array"}, "text": {"type": "null"}},
                },
            ]
        }
    )

    text: Written | None = Field(
        default=None,
        description="as it was pasted, or the content of a CUE sheet, CSV or JSON",
        examples=["1. Eric Prydz - Opus (Four Tet Remix)\n2. ID - ID"],
    )
    tracks: list[LineGiven] | None = Field(default=None, min_length=1, max_length=5_000)

    @model_validator(mode="after")
    def _one_of_both(self) -> TracklistGiven:
        if (self.text is None) == (self.tracks is None):
            raise ValueError("give either text or tracks")
        return self


class Imported(Answer):
    """What became of a tracklist that was sent."""

    model_config = example(
        tracklist_id="01a21af7-4eef-777e-81f1-9b831e5ac952",
        outcome="new",
        entries=2,
        unknown=1,
        dj="Four Tet",
        title="Printworks",
        played_on="2019-03-02",
        assumed=["DJ “Four Tet” from line 1", "title “Printworks” from line 1"],
        problems=[],
        changes=[],
        twin=None,
    )

    tracklist_id: str
    outcome: Literal["new", "updated", "unchanged"]
    entries: int = Field(description="components of lines: what is looked up one by one")
    unknown: int = Field(description="of these: an ID that nobody knows")
    dj: str | None
    title: str | None
    played_on: date | None
    assumed: list[str] = Field(description="what was guessed from headings and file names, in sentences")
    problems: list[str] = Field(description="what could not be read, with its place")
    changes: list[str] = Field(description="what differs from the version before")
    twin: str | None = Field(description="a warning: another mix has the very same lines")


class TracklistsGiven(PageGiven):
    """Which tracklists are meant."""

    dj: Text | None = Field(default=None, description="a part of the DJ's name")


class Summary(Answer):
    """A tracklist without its lines."""

    id: str
    title: str | None
    dj: str | None
    played_on: date | None
    source: str | None
    source_url: str | None
    format: str
    version: int
    imported_at: datetime
    entries: int
    identified: int
    provisional: int
    pending: int
    skipped: int


class Entry(Answer):
    """One component of a line and what it was found to be."""

    id: str = Field(description="what /review takes")
    position: int
    component: int
    line_no: int
    cue_seconds: int | None
    raw_line: str
    credit: str = Field(description="how it was read")
    status: Literal["pending", "identified", "provisional", "skipped"]
    skip_reason: str | None
    library_track_id: str | None
    track: str | None
    new: bool = Field(description="heard nowhere before")
    confidence: float | None
    method: str | None
    reasons: list[str]


class Version(Answer):
    """One import of a tracklist."""

    version: int
    imported_at: datetime
    changes: list[str]


class VersionLines(Version):
    """One import of a tracklist with its lines."""

    lines: list[str]


class TracklistDetails(Summary):
    """A tracklist with its lines and every earlier version."""

    new_identified: int = Field(description="tracks that entered the library with it")
    new_provisional: int
    lines: list[Entry]
    versions: list[Version]


class DiscoverGiven(Given):
    """Which lines are to be discovered."""

    process_all: bool = Field(default=True, description="all lines that are due; false: only positions")
    positions: list[Annotated[int, Field(ge=1, le=100_000)]] = Field(
        default=[], max_length=5_000, description="of lines, from 1", examples=[[1, 2, 5]]
    )

    @model_validator(mode="before")
    @classmethod
    def _positions_say_it(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("positions") and "process_all" not in values:
            return {**values, "process_all": False}
        return values

    @model_validator(mode="after")
    def _one_of_both(self) -> DiscoverGiven:
        if self.process_all == bool(self.positions):
            raise ValueError("give positions, or process_all alone")
        return self


class JobState(Answer):
    """A request to discover at most 100 entries of a tracklist."""

    model_config = example(
        id="01a21af7-5b1c-7d0e-8f6a-2c9d1e4b7a33",
        tracklist_id="01a21af7-4eef-777e-81f1-9b831e5ac952",
        positions=[1, 2],
        status="running",
        progress=0.7,
        attempts=1,
        error=None,
        created_at="2026-05-01T20:15:00Z",
        updated_at="2026-05-01T20:15:02Z",
    )

    id: str
    tracklist_id: str
    positions: list[int]
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    attempts: int
    error: str | None = Field(description="a sentence, when it failed")
    created_at: datetime
    updated_at: datetime


class Discovered(Answer):
    """What was discovered: all that was asked for when every job is done."""

    tracklist_id: str
    done: bool = Field(description="every job has ended, in whatever way")
    failed: bool = Field(
        description="a job failed or was cancelled: `jobs` say why, and what they left is asked for again"
    )
    jobs: list[JobState]
    tracks: list[Entry] = Field(description="the lines that were asked for, as they are known now")


class SourceOfTracks(Answer):
    """What one tracklist brought."""

    tracklist: Summary
    new_identified: int
    new_provisional: int
    tracks: list[Entry] = Field(description="the lines whose tracks were heard nowhere before")
