"""Statistics, trends and providers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mixtrove.api.shapes.common import Answer, Day, Given

Basis = Literal["discovered", "played"]
Period = Literal["daily", "weekly", "monthly", "all-time"]
TrendKind = Literal["track", "unreleased", "artist", "genre", "label", "source", "dj"]
Items = list[dict[str, Any]]


class StatisticsGiven(Given):
    """Which periods are meant: all with data, or those that touch a stretch of days."""

    period: Period = Field(default="all-time", description="weeks are ISO weeks")
    basis: Basis = Field(default="discovered", description="entered the library, or played in a mix")
    start: Day | None = Field(default=None, description="first day")
    end: Day | None = Field(default=None, description="last day")

    @model_validator(mode="after")
    def _in_order(self) -> StatisticsGiven:
        if self.start and self.end and self.end < self.start:
            raise ValueError("end lies before start: swap them")
        if self.period == "all-time" and (self.start or self.end):
            raise ValueError("all time has no start and no end: ask for period daily, weekly or monthly")
        return self


class PeriodStatistics(Answer):
    """One period on one basis."""

    basis: Basis
    period_start: date
    period_end: date
    entries: int
    plays: int
    tracks: int
    new_tracks: int
    artists: int
    labels: int
    mixes: int
    djs: int
    identified: int
    provisional: int
    pending: int
    skipped: int
    review_backlog: int
    identification_rate: float | None
    mean_confidence: float | None
    top_tracks: Items
    top_artists: Items
    top_labels: Items
    top_genres: Items
    sources: Items
    methods: Items
    providers: Items


class Statistics(Answer):
    """Periods with data, the oldest first, and from when the figures are."""

    period: Period
    basis: Basis
    built_at: datetime = Field(description="when the warehouse was published")
    periods: list[PeriodStatistics]


class TrendsGiven(Given):
    """Which trends are meant."""

    basis: Basis = "played"
    as_of: Day | None = Field(default=None, description="last day of the recent 30; the last with data")
    kind: TrendKind | None = None
    min_mixes: int = Field(default=3, ge=1, le=1_000, description="heard in so many mixes of the 60 days")
    limit: Annotated[int, Field(ge=1, le=200)] = Field(default=20, description="rows of each kind")


class Trend(Answer):
    """One item that is played more or less than before."""

    kind: str
    item: str
    name: str
    recent: int = Field(description="plays in the recent 30 days")
    before: int = Field(description="plays in the 30 days before them")
    mixes: int
    growth: float = Field(description="of the share of all plays: 2 is twice the share")
    direction: str
    rank: int


class Pace(Answer):
    """How fast music came in within 30 days."""

    stretch: str
    first_day: date
    last_day: date
    mixes: int
    plays: int
    tracks: int
    new_tracks: int
    discovery_rate: float | None
    identified: int
    median_days: float | None
    p90_days: float | None


class Trends(Answer):
    """Trends by kind and rank, and the pace of discovery."""

    basis: Basis
    as_of: date | None
    built_at: datetime
    trends: list[Trend]
    pace: list[Pace]


class ProviderStatus(Answer):
    """A provider just now."""

    name: str
    title: str
    state: Literal["off", "ready", "waiting", "failing"]
    why: str
    requests_today: int
    cache_hit_rate: float | None
    requests_per_line: float | None


class Alive(Answer):
    """That this process answers."""

    status: Literal["ok"] = "ok"
    version: str


class Ready(Answer):
    """What this process needs, part by part."""

    status: Literal["ok", "degraded", "not ready"] = Field(
        description="degraded: it answers, and its worker keeps failing, so that jobs or statistics wait"
    )
    store: str
    warehouse: str
    worker: str
    jobs_waiting: int | None
