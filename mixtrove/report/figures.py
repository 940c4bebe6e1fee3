"""The numbers of the report, read from an open warehouse by the files of ``sql/reports``.

Not here: what is said about them and how they look (``charts``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from mixtrove.errors import BadInput
from mixtrove.library.musical_key import MusicalKey, parse_key
from mixtrove.warehouse.models import model
from mixtrove.warehouse.read import TREND_DAYS_TRIED, Trend, trends_to
from mixtrove.warehouse.statistics import SMALL_FLOOR, TREND_DAYS

if TYPE_CHECKING:
    import duckdb

Basis = Literal["played", "discovered"]
Grain = Literal["year", "month", "week", "day"]

TOP = 10
"""Rows of each chart of names."""

_SEVERAL = 4
"""Artists with a trend that are worth a picture of slopes."""

_GRAINS: tuple[tuple[int, Grain], ...] = ((5 * 366, "year"), (150, "month"), (35, "week"))
"""Fewest days of a stretch that is shown by the grain; what is shorter is shown by day."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time on one basis; an end that is None is open."""

    basis: Basis = "played"
    since: date | None = None  # first day
    until: date | None = None  # last day

    def __post_init__(self) -> None:
        """Refuse what is turned round.

        Raises:
            BadInput: it ends before it begins.
        """
        if self.since and self.until and self.until < self.since:
            raise BadInput(f"--to {self.until} lies before --from {self.since}: swap them")

    @property
    def parameters(self) -> dict[str, Any]:
        """As the files of ``sql/reports`` take it."""
        return {"basis": self.basis, "since": self.since, "until": self.until}


@dataclass(frozen=True, slots=True)
class Period:
    """The columns of ``report_over_time.sql``."""

    period: date
    mixes: int
    plays: int
    tracks: int
    new_tracks: int


@dataclass(frozen=True, slots=True)
class Name:
    """The columns of ``report_top.sql``."""

    kind: str
    name: str
    plays: int
    tracks: int
    mixes: int
    all_plays: int


@dataclass(frozen=True, slots=True)
class Source:
    """The columns of ``report_sources.sql``."""

    source: str
    status: str
    entries: int


@dataclass(frozen=True, slots=True)
class Tracks:
    """The different tracks of a stretch: stages reached, tempi, keys."""

    heard: int
    identified: int
    wanted: int
    bought: int
    tempi: Mapping[int, int]  # whole BPM → tracks
    keys: Mapping[MusicalKey, int]  # → tracks; texts that spell no key are left out


@dataclass(frozen=True, slots=True)
class Trends:
    """Trends to a day, and what their shares are shares of."""

    day: date  # last of the recent 30
    found: tuple[Trend, ...]
    recent: int  # plays in the recent days
    before: int  # plays in the days before them

    def shares(self, trend: Trend) -> tuple[float, float]:
        """Plays of 1,000 before, and in the recent days."""
        return 1000 * trend.before / self.before, 1000 * trend.recent / self.recent


def over_time(
    connection: duckdb.DuckDBPyConnection, stretch: Stretch, grain: Grain | None = None
) -> tuple[Grain, list[Period]]:
    """The periods with data, oldest first, and their grain.

    Args:
        connection: an open warehouse, published or being built.
        stretch: of time.
        grain: by default what gives a chart some dozen bars: years, months, weeks or days.
    """
    if grain is None:
        days = over_time(connection, stretch, "day")[1]
        span = (days[-1].period - days[0].period).days if days else 0
        grain = _grain(span)
    rows = _rows(connection, "report_over_time", stretch, grain=grain)
    return grain, [Period(*row) for row in rows]


def top(connection: duckdb.DuckDBPyConnection, stretch: Stretch, rows: int = TOP) -> list[Name]:
    """The artists, labels and genres with most plays, by kind, most first."""
    return [Name(*row) for row in _rows(connection, "report_top", stretch, rows=rows)]


def sources(connection: duckdb.DuckDBPyConnection, stretch: Stretch) -> list[Source]:
    """Lines by source and status, the source with most lines first."""
    return [Source(*row) for row in _rows(connection, "report_sources", stretch)]


def tracks(connection: duckdb.DuckDBPyConnection, stretch: Stretch) -> Tracks:
    """How far the tracks of a stretch came, their tempi and keys."""
    counts = Counter[str]()
    tempi = Counter[int]()
    keys = Counter[MusicalKey]()
    for identified, wanted, bought, bpm, text, number in _rows(connection, "report_tracks", stretch):
        counts["heard"] += number
        counts["identified"] += number if identified else 0
        counts["wanted"] += number if identified and wanted else 0
        counts["bought"] += number if identified and bought else 0
        if bpm is not None:
            tempi[bpm] += number
        key = parse_key(text) if text else None
        if key is not None:
            keys[key] += number
    return Tracks(
        counts["heard"], counts["identified"], counts["wanted"], counts["bought"], dict(tempi), dict(keys)
    )


def latest_trends(connection: duckdb.DuckDBPyConnection, stretch: Stretch) -> Trends | None:
    """The latest day of a stretch whose 30 days can be compared with the 30 before, and the trends to it.

    A day with several artists to compare is taken before a later one without, and the usual floor of mixes
    before that of small collections. None when there is nothing.
    """
    column = "played_on" if stretch.basis == "played" else "discovered_on"
    days = connection.execute(
        f"SELECT DISTINCT {column} AS day FROM discoveries "  # noqa: S608 - one of two names of ours
        "WHERE day BETWEEN coalesce(CAST($since AS DATE), day) AND coalesce(CAST($until AS DATE), day) "
        "ORDER BY day DESC LIMIT $tried",
        {"since": stretch.since, "until": stretch.until, "tried": TREND_DAYS_TRIED},
    ).fetchall()
    chosen = _chosen(connection, stretch, [day for (day,) in days])
    if chosen is None:
        return None
    day, found = chosen
    recent, before = (
        sum(period.plays for period in over_time(connection, Stretch(stretch.basis, first, last), "day")[1])
        for first, last in (
            (_earlier(day, TREND_DAYS - 1), day),
            (_earlier(day, 2 * TREND_DAYS - 1), _earlier(day, TREND_DAYS)),
        )
    )
    return Trends(day, tuple(found), recent, before)


def _earlier(day: date, days: int) -> date:
    """So many days before a day, but in the calendar."""
    return day - min(timedelta(days), day - date.min)


def _grain(span: int) -> Grain:
    for least, name in _GRAINS:
        if span >= least:
            return name
    return "day"


def _chosen(
    connection: duckdb.DuckDBPyConnection, stretch: Stretch, days: Sequence[date]
) -> tuple[date, list[Trend]] | None:
    second: tuple[date, list[Trend]] | None = None
    for floor in (None, SMALL_FLOOR):
        for day in days:
            found = trends_to(connection, stretch.basis, day, floor)
            compared = any(one.before for one in found) and any(one.recent for one in found)
            artists = sum(one.kind == "artist" for one in found) if compared else 0
            if artists >= _SEVERAL:
                return day, found
            if artists and second is None:
                second = day, found
    return second


def _rows(
    connection: duckdb.DuckDBPyConnection, name: str, stretch: Stretch, **more: object
) -> list[tuple[Any, ...]]:
    return connection.execute(model("reports", name).sql, stretch.parameters | more).fetchall()
