"""The review queue and what a person decides."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from mixtrove.api.shapes.common import Answer, Given, Id, PageGiven, Text, example

Decision = Literal["accept", "assign", "reject", "is_id", "unreleased", "not_a_track", "undo"]


class ReviewGiven(PageGiven):
    """Which lines of the queue are meant."""

    words: Text = Field(default="", description="each occurs in the line")
    min_confidence: float = Field(default=0, ge=0, le=1, description="of the best candidate")
    dj: Text | None = Field(default=None, description="heard in a mix of somebody with this in the name")
    tracklist_id: Id | None = None
    unreleased: bool = Field(default=False, description="what was said to be unreleased instead")


class Offer(Answer):
    """A candidate for a line."""

    rank: int
    source: str
    candidate_id: str
    credit: str
    label: str | None
    confidence: float
    reasons: list[str]


class ReviewItem(Answer):
    """One line that waits, in all the mixes it was heard in."""

    id: str = Field(validation_alias="entry_id", description="what POST /review/{id} takes")
    line_key: str
    line: str
    heard: int
    why: list[str]
    offers: list[Offer]


class DecisionGiven(Given):
    """What a line is, for every mix and every later run."""

    decision: Decision = Field(
        description="accept a candidate; assign a track; reject all candidates; is_id: an ID nobody knows; "
        "unreleased: watched until somebody knows it; not_a_track; undo: take the last decision back"
    )
    candidate: int | None = Field(default=None, ge=1, le=100, description="of accept: its rank; 1 by default")
    track: Text | None = Field(
        default=None,
        description="of assign: a track's id, Artist - Title (Version), a shop's page, provider:id or "
        "isrc:…; by default what the line says",
    )

    @model_validator(mode="after")
    def _fitting(self) -> DecisionGiven:
        if self.candidate is not None and self.decision != "accept":
            raise ValueError("candidate goes with accept")
        if self.track is not None and self.decision != "assign":
            raise ValueError("track goes with assign")
        return self


class DecisionOf(DecisionGiven):
    """What one of several lines is."""

    id: Id


class DecisionsBulk(Given):
    """Decisions about several lines: all of them are made, or none."""

    decisions: list[DecisionOf] = Field(min_length=1, max_length=500)


class Decided(Answer):
    """What a decision did."""

    model_config = example(
        correction_id="01a21afc-1d63-7c2f-8e40-7b9f6d3a5c21",
        line_key="eric prydz|opus",
        kind="assign",
        entries=3,
        library_track_id="01a21af8-6f0d-7a44-b0c8-1d2e3f4a5b6c",
    )

    correction_id: str | None
    line_key: str
    kind: str
    entries: int = Field(description="lines it was applied to, in all mixes")
    library_track_id: str | None
