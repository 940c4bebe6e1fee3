"""Read the published warehouse: opened read-only, for a short time, by anybody and many at once.

Here: opening the file, and its statistics as typed rows. Not here: building it. DuckDB keeps a file that is
open in a process as it was: a new publication is seen once every handle is closed, so keep none.
"""

# ruff: noqa: S608 - names of tables cannot be parameters; they are ours, values are always parameters

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import duckdb

from mixtrove.errors import BadInput, StoreUnavailable
from mixtrove.warehouse.models import TREND_KINDS

Period = Literal["daily", "weekly", "monthly", "all-time"]
PERIODS: tuple[Period, ...] = ("daily", "weekly", "monthly", "all-time")

TREND_DAYS_TRIED = 120
"""Days with data that are tried for trends, the latest first: a few milliseconds each."""

LOCKED_DOWN: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "lock_configuration": True,
}
"""No other file, no network, no extension, and no way to allow it again. One configuration for every reader:
DuckDB refuses to open a file twice in a process with different ones."""


@dataclass(frozen=True, slots=True)
class Published:
    """From what, and when, a warehouse was built."""

    built_at: datetime  # UTC, without a zone
    source_revision: int
    mixtrove_version: str
    schema_version: str  # of the models
    duckdb_version: str


@dataclass(frozen=True, slots=True)
class PeriodStatistics:
    """One period on one basis; the columns of the tables ``statistics_*``."""

    basis: str
    period_start: date
    period_end: date  # inclusive
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
    review_backlog: int  # different lines that wait in the review queue
    identification_rate: float | None  # 0 to 1; None without entries that could be identified
    mean_confidence: float | None  # 0 to 1
    top_tracks: list[Mapping[str, Any]]  # track_id, artist, title, remix, plays
    top_artists: list[Mapping[str, Any]]  # artist, plays, tracks
    top_labels: list[Mapping[str, Any]]  # label, plays, tracks
    top_genres: list[Mapping[str, Any]]  # genre, plays, tracks
    sources: list[Mapping[str, Any]]  # source, entries, identified
    methods: list[Mapping[str, Any]]  # method, plays, rate
    providers: list[Mapping[str, Any]]  # provider, plays, rate


@dataclass(frozen=True, slots=True)
class Trend:
    """One item that is played more or less than before; the columns of the table ``trends``."""

    basis: str
    as_of: date
    kind: str  # of models.TREND_KINDS
    item: str
    name: str
    recent: int
    before: int
    mixes: int
    growth: float
    direction: str  # new, rising, steady or falling
    rank: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast music came in within 30 days; the columns of the table ``discovery_pace``."""

    basis: str
    stretch: str  # recent, or before: the 30 days before those
    first_day: date
    last_day: date
    mixes: int
    plays: int
    tracks: int
    new_tracks: int
    discovery_rate: float | None  # new tracks of all plays, 0 to 1; None without plays
    identified: int  # of the new tracks
    median_days: float | None  # from a track's first day to its identification
    p90_days: float | None


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """What one source brought in a stretch of time; the columns of ``sql/reports/sources.sql``."""

    source: str
    mixes: int
    entries: int
    identified: int
    rate: float | None  # identified of what is not skipped, 0 to 1
    tracks: int
    new_tracks: int  # heard there first
    wants: int
    purchased: int


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of the wants of one value of a dimension; the columns of the table ``conversion``."""

    dimension: str
    value: str
    wants: int
    wanted: int
    purchased: int
    unavailable: int
    conversion_rate: float | None  # None for store and price: what was not bought has none
    median_days: float | None
    p90_days: float | None
    spent: list[Mapping[str, str | Decimal]]  # currency, amount


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the warehouse and its columns, in words."""

    name: str
    comment: str
    columns: tuple[tuple[str, str, str], ...]  # (name, type, comment)


@contextmanager
def open_published(path: str | Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the published file, closed at the end of the block.

    Raises:
        StoreUnavailable: nothing is published yet, or the file cannot be opened.
    """
    if not Path(path).exists():
        raise StoreUnavailable(
            f"no warehouse is published yet at {path}: import a tracklist and run `mixtrove discover`"
        )
    try:
        connection = duckdb.connect(str(path), read_only=True, config=dict(LOCKED_DOWN))
    except duckdb.Error as error:
        said = str(error).partition("\n")[0]
        if "lock is held" in said:
            holder = re.search(r"lock is held in (.+?)\. ", said)
            raise StoreUnavailable(
                f"the warehouse {path} is open for writing elsewhere{', in ' + holder[1] if holder else ''}: "
                "close that connection, and open the file read-only there"
            ) from error
        if "different configuration" in said:
            raise StoreUnavailable(
                f"this process has the warehouse {path} open in another way: close that connection, or use it"
            ) from error
        raise StoreUnavailable(
            f"the warehouse {path} cannot be opened: {said}; run `mixtrove discover` to publish it again"
        ) from error
    try:
        yield connection
    finally:
        connection.close()


def read_meta(connection: duckdb.DuckDBPyConnection) -> Published:
    """The bookkeeping of an open warehouse."""
    names = ", ".join(field.name for field in fields(Published))
    rows = connection.execute(f"SELECT {names} FROM _meta").fetchall()
    return Published(*rows[0])


def published(path: str | Path) -> Published | None:
    """What is published; None when nothing is, or nothing that can be read."""
    try:
        with open_published(path) as connection:
            return read_meta(connection)
    except (StoreUnavailable, duckdb.Error, IndexError):
        return None


def known_basis(basis: str) -> str:
    """A basis, unless there is none of this name.

    Raises:
        BadInput: it is neither discovered nor played.
    """
    if basis not in ("discovered", "played"):
        raise BadInput(f"there are no figures on the basis {basis!r}: use discovered or played")
    return basis


def statistics(
    path: str | Path,
    period: Period,
    basis: str,
    *,
    start: date | None = None,
    end: date | None = None,
) -> list[PeriodStatistics]:
    """The statistics of the periods that touch the days from ``start`` to ``end`` (inclusive), oldest first.

    For all time ``start`` and ``end`` do not count: there is one row.

    Raises:
        BadInput: there is no such period or basis.
        StoreUnavailable: see ``open_published``.
    """
    if period not in PERIODS:
        raise BadInput(f"there are no statistics {period!r}: use one of {', '.join(PERIODS)}")
    table = f"statistics_{period.replace('-', '_')}"
    if period == "all-time":
        start = end = None
    names = ", ".join(field.name for field in fields(PeriodStatistics))
    with open_published(path) as connection:
        rows = connection.execute(
            f"SELECT {names} FROM {table} WHERE basis = $basis "
            "AND ($start IS NULL OR period_end >= CAST($start AS DATE)) "
            "AND ($end IS NULL OR period_start <= CAST($end AS DATE)) ORDER BY period_start",
            {"basis": known_basis(basis), "start": start, "end": end},
        ).fetchall()
    return [PeriodStatistics(*row) for row in rows]


def trends(
    path: str | Path, basis: str, *, as_of: date | None = None, floor: int | None = None
) -> list[Trend]:
    """The trends of a basis, by kind and rank.

    Args:
        path: the published file.
        basis: discovered or played.
        as_of: last day of the recent window; by default what was published (the last day with data).
            Another day is computed on the spot.
        floor: with another day, fewest mixes in both windows that make a trend.

    Raises:
        BadInput: there is no such basis.
        StoreUnavailable: see ``open_published``.
    """
    names = ", ".join(field.name for field in fields(Trend))
    with open_published(path) as connection:
        if as_of is not None:
            return trends_to(connection, basis, as_of, floor)
        rows = connection.execute(
            f"SELECT {names} FROM trends WHERE basis = $basis ORDER BY kind, rank",
            {"basis": known_basis(basis)},
        ).fetchall()
    return [Trend(*row) for row in rows]


def latest_trends(
    path: str | Path, basis: str, *, kinds: Collection[str] = TREND_KINDS, floor: int | None = None
) -> tuple[date, list[Trend]] | None:
    """The latest day with data whose window has a trend, and its trends of every kind; None without one.

    Args:
        path: the published file.
        basis: discovered or played.
        kinds: of models.TREND_KINDS: there must be a trend of one of these kinds.
        floor: fewest mixes in both windows that make a trend.

    Raises:
        BadInput: there is no such basis.
        StoreUnavailable: see ``open_published``.
    """
    with open_published(path) as connection:
        for day in _days(connection, basis)[:TREND_DAYS_TRIED]:
            found = trends_to(connection, basis, day, floor)
            if any(one.kind in kinds for one in found):
                return day, found
    return None


def pace(path: str | Path, basis: str, *, as_of: date | None = None) -> list[Pace]:
    """How fast music came in on a basis: the last 30 days with data, then the 30 before them.

    Args:
        path: the published file.
        basis: discovered or played.
        as_of: last of the recent days; by default what was published (the last day with data). Another day
            is computed on the spot.

    Raises:
        BadInput: there is no such basis.
        StoreUnavailable: see ``open_published``.
    """
    names = ", ".join(field.name for field in fields(Pace))
    table = "discovery_pace"
    parameters: dict[str, object] = {"basis": known_basis(basis)}
    with open_published(path) as connection:
        if as_of is not None:
            from mixtrove.warehouse.models import model
            from mixtrove.warehouse.statistics import trend_parameters

            item = model("marts", "discovery_pace")
            table, parameters = f"({item.sql})", item.parameters(trend_parameters(basis, as_of))
        rows = connection.execute(
            f"SELECT {names} FROM {table} WHERE basis = $basis ORDER BY stretch DESC", parameters
        ).fetchall()
    return [Pace(*row) for row in rows]


def sources(
    path: str | Path, basis: str, *, start: date | None = None, end: date | None = None
) -> list[SourceFigures]:
    """What each source brought from ``start`` to ``end`` (inclusive); most new tracks first.

    Raises:
        BadInput: there is no such basis.
        StoreUnavailable: see ``open_published``.
    """
    from mixtrove.warehouse.models import model

    names = ", ".join(field.name for field in fields(SourceFigures))
    with open_published(path) as connection:
        rows = connection.execute(
            f"SELECT {names} FROM ({model('reports', 'sources').sql})",
            {"basis": known_basis(basis), "since": start, "until": end},
        ).fetchall()
    return [SourceFigures(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Heard:
    """A track heard in several mixes; the columns of ``sql/reports/most_heard.sql``."""

    track_id: str
    artist: str
    title: str
    remix: str | None
    owned: bool
    mixes: int
    heard_in: list[str]


def most_heard(path: str | Path, limit: int) -> list[Heard]:
    """The identified tracks that were heard in most mixes, at least two.

    Raises:
        StoreUnavailable: see ``open_published``.
    """
    from mixtrove.warehouse.models import model

    with open_published(path) as connection:
        rows = connection.execute(model("reports", "most_heard").sql, {"limit": limit}).fetchall()
    return [Heard(str(row[0]), *row[1:]) for row in rows]


def days_with_data(path: str | Path, basis: str) -> tuple[date, date] | None:
    """The first and the last day with data on a basis; None when there are none.

    Raises:
        BadInput: there is no such basis.
        StoreUnavailable: see ``open_published``.
    """
    with open_published(path) as connection:
        days = _days(connection, basis)
    return (days[-1], days[0]) if days else None


def last_day(path: str | Path, basis: str) -> date | None:
    """The last day with data on a basis; None when there is none.

    Raises:
        BadInput: there is no such basis.
        StoreUnavailable: see ``open_published``.
    """
    days = days_with_data(path, basis)
    return days[1] if days else None


def conversion(path: str | Path, dimension: str = "all") -> list[Conversion]:
    """What became of the wants, most wants first; ``dimension`` as in the table.

    Raises:
        StoreUnavailable: see ``open_published``.
    """
    names = ", ".join(field.name for field in fields(Conversion))
    with open_published(path) as connection:
        rows = connection.execute(
            f"SELECT {names} FROM conversion WHERE dimension = $dimension ORDER BY wants DESC, value",
            {"dimension": dimension},
        ).fetchall()
    return [Conversion(*row) for row in rows]


def tables(path: str | Path) -> list[Table]:
    """The tables for analysts, with their comments.

    Raises:
        StoreUnavailable: see ``open_published``.
    """
    with open_published(path) as connection:
        rows = connection.execute(
            "SELECT tables.table_name, coalesce(tables.comment, ''), "
            "list({'name': columns.column_name, 'type': columns.data_type, "
            "'about': coalesce(columns.comment, '')} ORDER BY columns.column_index) "
            "FROM duckdb_tables() AS tables "
            "JOIN duckdb_columns() AS columns USING (table_oid, database_name) "
            "WHERE tables.schema_name = 'main' AND tables.database_name = current_database() "
            "GROUP BY tables.table_name, tables.comment "
            "ORDER BY starts_with(tables.table_name, '_'), tables.table_name"
        ).fetchall()
    return [
        Table(name, comment, tuple((item["name"], item["type"], item["about"]) for item in columns))
        for name, comment, columns in rows
    ]


def _days(connection: duckdb.DuckDBPyConnection, basis: str) -> list[date]:
    """The days with data on a basis, the latest first."""
    table = f"plays_by_{known_basis(basis)}"
    rows = connection.execute(f"SELECT DISTINCT day FROM {table} ORDER BY day DESC").fetchall()
    return [day for (day,) in rows]


def trends_to(
    connection: duckdb.DuckDBPyConnection, basis: str, as_of: date, floor: int | None
) -> list[Trend]:
    """The trends of the windows that end with a day, computed from the published facts."""
    from mixtrove.warehouse.models import model
    from mixtrove.warehouse.statistics import TREND_FLOOR, trend_parameters

    names = ", ".join(field.name for field in fields(Trend))
    item = model("marts", "trends")
    rows = connection.execute(
        f"SELECT {names} FROM ({item.sql}) ORDER BY kind, rank",
        item.parameters(trend_parameters(known_basis(basis), as_of, floor or TREND_FLOOR)),
    ).fetchall()
    return [Trend(*row) for row in rows]


def plain(value: object) -> object:
    """A value of a row as JSON and CSV can carry it, also within lists and structs.

    Ids and intervals become text, bytes hexadecimal text, not-a-number and infinity None.
    """
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex()
    if value is None or isinstance(value, str | int | date | Decimal):
        return value
    return str(value)
