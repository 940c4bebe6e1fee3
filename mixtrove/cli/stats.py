"""``mixtrove stats``: statistics and trends of the published warehouse.

Here: arguments and how rows are shown. Not here: the figures (``mixtrove.warehouse``).
"""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mixtrove.errors import BadInput
from mixtrove.warehouse.models import TREND_KINDS

if TYPE_CHECKING:
    from mixtrove.warehouse.read import PeriodStatistics

DAY = click.DateTime(["%Y-%m-%d"])
BASIS = click.Choice(["discovered", "played"])

SHOWN = [
    *("period_start", "period_end", "entries", "plays", "tracks", "new_tracks", "artists", "labels"),
    *("mixes", "djs", "identified", "provisional", "pending", "skipped"),
    *("review_backlog", "identification_rate", "mean_confidence"),
]
"""What a table for people has room for; ``--json`` and ``--csv`` have everything."""

SPARED = (
    *("review_backlog", "period_end", "skipped", "pending", "mean_confidence", "djs", "labels", "artists"),
    *("new_tracks", "plays", "mixes", "identification_rate"),
)
"""What a narrow terminal does without, the first first."""

_OTHER = {"discovered": "played", "played": "discovered"}

TOPS = ("top_tracks", "top_artists", "top_labels", "top_genres", "sources", "methods", "providers")


@click.group()
def stats() -> None:
    """Statistics of what was discovered and played.

    \b
    For example:
      mixtrove stats show --period monthly --basis played
      mixtrove stats trends
      mixtrove stats pace
      mixtrove stats sources
    """


@stats.command()
@click.option(
    "--period",
    type=click.Choice(["daily", "weekly", "monthly", "all-time"]),
    default="all-time",
    show_default=True,
    help="Weeks are ISO weeks.",
)
@click.option(
    "--basis",
    type=BASIS,
    default="discovered",
    show_default=True,
    help="When a track entered the library, or when the mix was played.",
)
@click.option("--from", "start", type=DAY, help="First day, YYYY-MM-DD.")
@click.option("--to", "end", type=DAY, help="Last day, YYYY-MM-DD.")
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="Everything, for spreadsheets.")
def show(
    period: str,
    basis: str,
    start: datetime | None,
    end: datetime | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Figures by day, week, month or for all time. Periods without data have no row.

    \b
    For example:
      mixtrove stats show
      mixtrove stats show --period weekly --basis played --from 2024-01-01 --to 2024-12-31
      mixtrove stats show --period daily --csv > days.csv
    """
    from mixtrove.cli.output import print_json, print_table
    from mixtrove.settings import load_settings
    from mixtrove.warehouse.read import PERIODS, PeriodStatistics, plain, statistics

    _only_one(as_json, as_csv)
    first, last = _days(start, end)
    path = load_settings().warehouse_path
    rows = statistics(
        path,
        next(name for name in PERIODS if name == period),
        basis,
        start=first,
        end=last,
    )
    records: list[Any] = [plain(asdict(row)) for row in rows]
    if as_json:
        return print_json(records)
    columns = [field.name for field in fields(PeriodStatistics)] if as_csv else SHOWN
    print_table(
        columns,
        [[record[column] for column in columns] for record in records],
        csv=as_csv,
        title=f"{period}, {basis}",
        empty="" if rows else _nothing(path, basis, first, last),
        spare=SPARED,
    )
    if len(rows) == 1 and not as_csv:
        _print_tops(rows[0])
    return None


@stats.command()
@click.option(
    "--basis",
    type=BASIS,
    default="played",
    show_default=True,
    help="When the mix was played, or when a track entered the library.",
)
@click.option("--as-of", type=DAY, help="Last day of the recent 30 days; by default the last with data.")
@click.option("--kind", type=click.Choice(TREND_KINDS), help="Only these.")
@click.option(
    "--min-mixes",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Leave out what was heard in fewer mixes of the 60 days.",
)
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="Rows of each kind.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--csv", "as_csv", is_flag=True, help="For spreadsheets.")
def trends(
    basis: str,
    as_of: datetime | None,
    kind: str | None,
    min_mixes: int,
    limit: int,
    as_json: bool,
    as_csv: bool,
) -> None:
    """What is played more than before: 30 days against the 30 days before them.

    Growth compares shares of all plays: 1 is steady, 2 is twice the share. Unreleased are the tracks that
    nobody can buy yet. DJs are counted by the tracks that they played before every other DJ, on the day when
    another one took them up; by date played only. A small collection has more to show with --min-mixes 2.

    \b
    For example:
      mixtrove stats trends --kind artist
      mixtrove stats trends --kind unreleased --min-mixes 2
      mixtrove stats trends --basis discovered --as-of 2025-06-30 --json
    """
    from mixtrove.cli.output import print_table
    from mixtrove.settings import load_settings
    from mixtrove.warehouse.read import Trend, last_day
    from mixtrove.warehouse.read import trends as read_trends
    from mixtrove.warehouse.statistics import TREND_FLOOR

    _only_one(as_json, as_csv)
    path = load_settings().warehouse_path
    day = as_of.date() if as_of else last_day(path, basis)
    published = as_of is None and min_mixes == TREND_FLOOR  # nothing to compute
    found = [] if day is None else read_trends(path, basis, as_of=None if published else day, floor=min_mixes)
    found = [row for row in found if kind in (None, row.kind)]
    columns = [field.name for field in fields(Trend)]
    if not as_json and not as_csv:
        columns = [name for name in columns if name not in ("basis", "item")]
    print_table(
        columns,
        [[getattr(row, column) for column in columns] for row in found if row.rank <= limit],
        json=as_json,
        csv=as_csv,
        title=f"trends, {basis}",
        spare=("as_of", "rank", "before", "mixes"),
        empty="" if found else _no_trends(path, basis, day, kind, min_mixes),
    )


@stats.command()
@click.option(
    "--basis",
    type=BASIS,
    default="discovered",
    show_default=True,
    help="When a track entered the library, or when the mix was played.",
)
@click.option("--as-of", type=DAY, help="Last day of the recent 30 days; by default the last with data.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--csv", "as_csv", is_flag=True, help="For spreadsheets.")
def pace(basis: str, as_of: datetime | None, as_json: bool, as_csv: bool) -> None:
    """How fast music comes in, and how long it stays unknown: 30 days, and the 30 before them.

    The discovery rate is the share of plays that brought a track for the first time. Of the new tracks it is
    told how many are identified by now, and after how many days.

    \b
    For example:
      mixtrove stats pace
      mixtrove stats pace --basis played --as-of 2014-12-31
    """
    from mixtrove.cli.output import print_table
    from mixtrove.settings import load_settings
    from mixtrove.warehouse.read import Pace
    from mixtrove.warehouse.read import pace as read_pace

    _only_one(as_json, as_csv)
    path = load_settings().warehouse_path
    day = as_of.date() if as_of else None
    found = read_pace(path, basis, as_of=day)
    columns = [field.name for field in fields(Pace)]
    if not as_json and not as_csv:
        columns.remove("basis")
    print_table(
        columns,
        [[getattr(row, column) for column in columns] for row in found],
        json=as_json,
        csv=as_csv,
        title=f"pace, {basis}",
        spare=("p90_days", "tracks", "first_day", "mixes"),
        empty="" if found else _nothing(path, basis, _sixty_days(day), day),
    )


@stats.command()
@click.option(
    "--basis",
    type=BASIS,
    default="discovered",
    show_default=True,
    help="When a track entered the library, or when the mix was played.",
)
@click.option("--from", "start", type=DAY, help="First day, YYYY-MM-DD.")
@click.option("--to", "end", type=DAY, help="Last day, YYYY-MM-DD.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--csv", "as_csv", is_flag=True, help="For spreadsheets.")
def sources(basis: str, start: datetime | None, end: datetime | None, as_json: bool, as_csv: bool) -> None:
    """Where discoveries come from: what each source brought, what was wanted of it and bought.

    A source is the site of a tracklist's page, or the kind of its file. A new track is one that was heard
    first in a mix of this source. A want counts on the day of the line that it was wanted from, as that line
    does; what was wanted from no mix is of the source unknown, on the day it was added.

    \b
    For example:
      mixtrove stats sources
      mixtrove stats sources --basis played --from 2024-01-01 --csv
    """
    from mixtrove.cli.output import print_table
    from mixtrove.settings import load_settings
    from mixtrove.warehouse.read import SourceFigures
    from mixtrove.warehouse.read import sources as read_sources

    _only_one(as_json, as_csv)
    first, last = _days(start, end)
    path = load_settings().warehouse_path
    found = read_sources(path, basis, start=first, end=last)
    columns = [field.name for field in fields(SourceFigures)]
    print_table(
        columns,
        [[getattr(row, column) for column in columns] for row in found],
        json=as_json,
        csv=as_csv,
        title=f"sources, {basis}",
        spare=("tracks", "purchased", "wants"),
        empty="" if found else _nothing(path, basis, first, last),
    )


def _days(start: datetime | None, end: datetime | None) -> tuple[date | None, date | None]:
    """First and last day as they were given.

    Raises:
        BadInput: they are turned round.
    """
    if start and end and end < start:
        raise BadInput(f"--to {end:%Y-%m-%d} lies before --from {start:%Y-%m-%d}: swap them")
    return (start.date() if start else None, end.date() if end else None)


def _print_tops(row: PeriodStatistics) -> None:
    from mixtrove.cli.output import print_table

    for name in TOPS:
        items = getattr(row, name)
        if items:
            columns = [column for column in items[0] if column != "track_id"]
            click.echo()
            click.echo(name.replace("_", " "))
            print_table(columns, [[item[column] for column in columns] for item in items])


def _only_one(as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise BadInput("--json and --csv exclude each other: choose one")


def _no_trends(path: Path, basis: str, day: date | None, kind: str | None, floor: int) -> str:
    """Why there are no trends to ``day``, and what shows some."""
    from mixtrove.warehouse.read import TREND_DAYS_TRIED, latest_trends
    from mixtrove.warehouse.read import pace as read_pace

    if day is None:
        return _nothing(path, basis)
    plays = {one.stretch: one.plays for one in read_pace(path, basis, as_of=day)}
    latest = latest_trends(path, basis, kinds=(kind,) if kind else TREND_KINDS, floor=floor)
    remedies = [f"the latest day with trends is {latest[0]} (--as-of {latest[0]})"] if latest else []
    if not plays.get("recent") or not plays.get("before"):
        stretch = "30 days before those" if plays.get("recent") else "30 days"
        said = f"nothing was {basis} in the {stretch} to {day}, so there is nothing to compare"
    else:
        mixes = "1 mix" if floor == 1 else f"{floor} mixes"
        said = f"{f'no {kind}' if kind else 'nothing'} was heard in {mixes} within the 60 days to {day}"
        remedies += ["try a lower --min-mixes"] if floor > 1 else []
    return f"{said}; " + ("; ".join(remedies) or f"nor to any of the last {TREND_DAYS_TRIED} days with data")


def _sixty_days(day: date | None) -> date | None:
    """The first of the days that are looked at."""
    return day and day - min(timedelta(days=59), day - date.min)


def _nothing(path: Path, basis: str, first: date | None = None, last: date | None = None) -> str:
    """Why there is no row of the days from ``first`` to ``last``, and where there are some."""
    from mixtrove.warehouse.read import days_with_data

    found = days_with_data(path, basis)
    if found is None:
        return f"no data on the basis {basis}; try --basis {_OTHER[basis]}"
    stretch = (f" from {first}" if first else "") + (f" to {last}" if last else "")
    return f"nothing was {basis}{stretch}; there are data from {found[0]} to {found[1]}"
