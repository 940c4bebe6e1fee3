"""Statistics by period, for all time, trends and conversion.

Here: which periods are computed and the transaction that replaces them. Not here: the figures themselves
(``sql/marts/statistics.sql``, ``trends.sql``, ``conversion.sql``).
"""

# ruff: noqa: S608 - names of tables cannot be parameters; they are ours, values are always parameters

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal

from mixtrove.errors import BadInput
from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.marts import BASES, STATISTICS
from mixtrove.warehouse.models import model, quoted

Grain = Literal["day", "week", "month"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month")

PORTION = 500_000
"""Facts whose periods are computed in one statement: their groups fit into the caches (measured)."""

TREND_DAYS = 30
"""Length of the recent window and of the one before it (the specification)."""

TREND_SMOOTHING = 2.0
"""Plays added to both windows, so that 0 → 1 is no explosion."""

TREND_FLOOR = 3
"""Mixes in both windows below which an item is no trend."""

SMALL_FLOOR = 2
"""The floor of reports, which are to have something to show of a small collection too."""


def refresh_statistics(
    build: Build, grain: Grain, start: date, end: date, bases: Sequence[str] = BASES
) -> int:
    """Compute the periods of a window anew, in one transaction.

    Args:
        build: the open build file, after ``build_marts``.
        grain: day, week (ISO, from Monday) or month.
        start: a day of the first period.
        end: the first day after the window; every period that begins before it is computed.
        bases: discovered, played or both.

    Returns:
        Rows written: periods with data, over the bases.

    Raises:
        BadInput: the window is empty, or there is no such grain.
    """
    if grain not in GRAINS:
        raise BadInput(f"there are no statistics by {grain!r}: use one of {', '.join(GRAINS)}")
    if start >= end:
        raise BadInput(f"no {grain} lies between {start} and {end}: the end must be after the start")
    periods = []
    period = first_day_of(grain, start)
    while period < end:
        periods.append(period)
        period = next_period(grain, period)
    with build.transaction():
        return sum(_replace(build, grain, basis, periods) for basis in bases)


def refresh_pending_statistics(build: Build, grain: Grain) -> int:
    """Compute the periods that the last ``build_marts`` touched, both bases; the rows written."""
    written = 0
    with build.transaction():
        for basis in BASES:
            found = build.rows(
                "SELECT DISTINCT period_start FROM work.pending "
                "WHERE step = $grain AND basis = $basis AND period_start IS NOT NULL ORDER BY ALL",
                {"grain": grain, "basis": basis},
            )
            if found:
                written += _replace(build, grain, basis, [row[0] for row in found])
    return written


def refresh_all_time(build: Build, bases: Sequence[str] = BASES) -> int:
    """Compute the statistics of all time anew, a row for each basis that has data; the rows there are."""
    with build.transaction() as connection:
        for basis in bases:
            connection.execute("DELETE FROM statistics_all_time WHERE basis = $basis", {"basis": basis})
            first, last = days_with_data(build, basis)
            if first is not None and last is not None:
                _insert(build, "all", basis, [first], first, last)
            connection.execute(
                "DELETE FROM work.pending WHERE step = 'all' AND basis = $basis", {"basis": basis}
            )
    return int(build.value("SELECT count(*) FROM statistics_all_time"))


def refresh_trends(build: Build, as_of: date | None = None) -> int:
    """Compute the trends and the pace of both bases anew; the rows of trends written.

    Args:
        build: the open build file, after ``build_marts``.
        as_of: last day of the recent window; by default each basis' last day with data.
    """
    with build.transaction() as connection:
        if not trends_are_to(build, as_of):  # the build file is no copy of the published one any more
            connection.execute("DELETE FROM _meta")
        for item in (model("marts", "trends"), model("marts", "discovery_pace")):
            connection.execute(f"TRUNCATE {quoted(item.name)}")
            for basis in BASES:
                day = as_of or days_with_data(build, basis)[1]
                if day is not None:
                    values = trend_parameters(basis, day)
                    connection.execute(
                        f"INSERT INTO {quoted(item.name)} BY NAME {item.sql}", item.parameters(values)
                    )
        connection.execute("DELETE FROM work.pending WHERE step = 'trends'")
    return int(build.value("SELECT count(*) FROM trends"))


def trends_are_to(build: Build, as_of: date | None = None) -> bool:
    """Whether the built trends and pace end with this day, by default with the last that has data."""
    days = {basis: as_of or days_with_data(build, basis)[1] for basis in BASES}
    found = dict(build.rows("SELECT basis, last_day FROM discovery_pace WHERE stretch = 'recent'"))
    return found == {basis: day for basis, day in days.items() if day is not None}


def refresh_conversion(build: Build) -> int:
    """Compute anew what became of the wants; the rows written."""
    with build.transaction() as connection:
        connection.execute("TRUNCATE conversion")
        connection.execute(f"INSERT INTO conversion BY NAME {model('marts', 'conversion').sql}")
        connection.execute("DELETE FROM work.pending WHERE step = 'conversion'")
    return int(build.value("SELECT count(*) FROM conversion"))


def trend_parameters(basis: str, as_of: date, floor: int = TREND_FLOOR) -> dict[str, object]:
    """The parameters of ``sql/marts/trends.sql`` and ``discovery_pace.sql``."""
    return {
        "basis": basis,
        "as_of": as_of,
        "days": TREND_DAYS,
        "smoothing": TREND_SMOOTHING,
        "floor": floor,
    }


def days_with_data(build: Build, basis: str) -> tuple[date | None, date | None]:
    """The first and the last day that a basis has facts of."""
    table = quoted(f"plays_by_{basis}")
    first, last = build.rows(f"SELECT min(day), max(day) FROM {table}")[0]
    return first, last


def first_day_of(grain: Grain, day: date) -> date:
    """The first day of the period that a day lies in."""
    if grain == "day":
        return day
    return day.replace(day=1) if grain == "month" else day - timedelta(days=day.weekday())


def last_day_of(grain: Grain, period: date) -> date:
    """The last day of the period that begins on a day; the calendar ends with the year 9999."""
    days = {"day": 1, "week": 7, "month": monthrange(period.year, period.month)[1]}[grain]
    return period + min(timedelta(days=days - 1), date.max - period)


def next_period(grain: Grain, period: date) -> date:
    """The first day of the period after one; after the last one of the calendar, its last day."""
    last = last_day_of(grain, period)
    return last + min(timedelta(days=1), date.max - last)


def _replace(build: Build, grain: Grain, basis: str, periods: list[date]) -> int:
    """Delete and insert the rows of these periods (sorted); the rows that there are now."""
    table = quoted(STATISTICS[grain])
    matching = "WHERE basis = $basis AND period_start IN (SELECT unnest(CAST($periods AS DATE[])))"
    key = {"basis": basis, "periods": periods}
    build.connection.execute(f"DELETE FROM {table} {matching}", key)
    written = 0
    for some in _portions(build, grain, basis, periods):
        written += _insert(build, grain, basis, some, some[0], last_day_of(grain, some[-1]))
    build.connection.execute(
        f"DELETE FROM work.pending {matching} AND step = $grain", {**key, "grain": grain}
    )
    return written


def _portions(build: Build, grain: Grain, basis: str, periods: list[date]) -> Iterator[list[date]]:
    """These periods, so many at a time that their facts are about ``PORTION``."""
    if len(periods) == 1:
        yield periods
        return
    counts = build.rows(
        f"SELECT day, count(*) FROM {quoted('plays_by_' + basis)} "
        "WHERE day BETWEEN $first AND $last GROUP BY day",
        {"first": periods[0], "last": last_day_of(grain, periods[-1])},
    )
    facts = Counter[date]()
    for day, count in counts:
        facts[first_day_of(grain, day)] += count
    some: list[date] = []
    size = 0
    for period in periods:
        if some and size + facts[period] > PORTION:
            yield some
            some, size = [], 0
        some.append(period)
        size += facts[period]
    yield some


def _insert(build: Build, grain: str, basis: str, periods: list[date], first: date, last: date) -> int:
    """Insert the rows of these periods; how many have data."""
    return int(
        build.value(
            f"INSERT INTO {quoted(STATISTICS[grain])} BY NAME {model('marts', 'statistics').sql}",
            {
                "basis": basis,
                "grain": grain,
                "first_day": first,
                "last_day": last,
                "periods": periods,
            },
        )
    )
