"""Write the marts anew where staging changed something: facts, tracks, mixes, wants.

Here: which rows are in scope and in which order the files of ``sql/marts`` run. Not here: tables by period
(``statistics``). A full build is the incremental one with everything in scope.
"""

# ruff: noqa: S608 - names of tables cannot be parameters; they are ours, values are always parameters

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.models import Model, column_list, comments, model, quoted

BEFORE = ("entries", "tracks", "tracklists", "firsts")
"""Scopes that look at the marts as they were, in order; ``plays`` is taken once ``tracks`` is new."""

RESORT = 0.1
"""Share of entries in scope above which everything is written anew: it is as fast, and sorted again."""

PARTS = {
    "discoveries": ("staging.tracklist_entry", "id", "id"),
    "plays_by_discovered": ("discoveries", "entry_id", "discovered_on"),
    "plays_by_played": ("discoveries", "entry_id", "played_on"),
}
"""Mart → (table, key, order): how a full build is cut into parts, one after the other in that order."""

PART = 1_000_000
"""Rows of a part, about. Whole, the joins of ten million discoveries do not fit into 4 GB (measured)."""

STATISTICS = {
    "day": "statistics_daily",
    "week": "statistics_weekly",
    "month": "statistics_monthly",
    "all": "statistics_all_time",
}
"""Grain → its table."""

BASES = ("discovered", "played")

_ANY = {
    "basis": "played",
    "grain": "day",
    "first_day": "1970-01-01",
    "last_day": "1970-01-01",
    "periods": [],
    "as_of": "1970-01-01",
    "days": 1,
    "smoothing": 1.0,
    "floor": 1,
}
"""Values of every parameter, for asking which columns a model has."""


@dataclass(frozen=True, slots=True)
class MartsResult:
    """What one building of the marts wrote."""

    full: bool
    entries: int  # rows of discoveries written
    rows: Mapping[str, int]  # mart → rows it has now
    pending: int  # periods whose statistics are behind now


def build_marts(build: Build, *, full: bool = False) -> MartsResult:
    """Bring every mart up to what is staged, in one transaction, and note which statistics are behind.

    Args:
        build: the open build file, after ``stage``.
        full: write everything anew.
    """
    with build.transaction() as connection:
        if not build.value("SELECT marts_built FROM work.state"):
            full = True
            create_tables(connection)
        entries = 0
        if full or build.value("SELECT count(*) FROM staging.changed"):
            full = _take_scopes(connection, full)
            _write(connection, full)
            _note_pending(connection, full)
            connection.execute("DELETE FROM work.passed")  # also where only what has no revision changed
            connection.execute("DELETE FROM _meta")  # says that the file is what was published last
            entries = (
                build.value("SELECT count(*) FROM discoveries")
                if full
                else build.value("SELECT count(*) FROM work.entries")
            )
        for scope in ("entries", "tracks", "tracklists", "firsts", "plays"):
            connection.execute(f"DELETE FROM {quoted('work.' + scope)}")
        connection.execute("UPDATE work.state SET marts_built = TRUE")
    # in another file, so after that: whoever is killed in between writes the same rows once more
    build.connection.execute("DELETE FROM staging.changed")
    rows = {
        item.name: build.value(f"SELECT count(*) FROM {quoted(item.name)}")
        for item in _in_order()
        if item.refreshed is None
    }
    return MartsResult(full, entries, rows, build.value("SELECT count(*) FROM work.pending"))


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the marts, empty, with their comments; staging must be there."""
    for item in _in_order():
        names = STATISTICS.values() if item.name == "statistics" else (item.name,)
        columns = column_list(connection, item.sql, item.parameters(_ANY) or None)
        for name in names:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {quoted(name)} {columns}")
            for comment in comments(name, item):
                connection.execute(comment)


def _in_order() -> tuple[Model, ...]:
    from mixtrove.warehouse.lineage import in_order  # sqlglot; who only reads statistics does not wait for it

    return in_order("marts")


def _take_scopes(connection: duckdb.DuckDBPyConnection, full: bool) -> bool:
    """Fill the scopes; True when it is everything (asked for, or too much to be worth the difference)."""
    for name in BEFORE:
        if full and name == "entries":
            connection.execute("DELETE FROM work.entries")  # taken in parts, see _write_parts
            continue
        _take_scope(connection, name, full)
        if name == "entries" and not full:
            in_scope, entries = connection.execute(
                "SELECT (SELECT count(*) FROM work.entries), (SELECT count(*) FROM staging.tracklist_entry)"
            ).fetchall()[0]
            if in_scope > RESORT * entries:
                return _take_scopes(connection, True)
    return full


def _take_scope(connection: duckdb.DuckDBPyConnection, name: str, full: bool) -> None:
    scope = model("scopes", name)
    table = quoted(f"work.{name}")
    connection.execute(f"DELETE FROM {table}")
    connection.execute(f"INSERT INTO {table} BY NAME {scope.sql}", scope.parameters({"full": full}) or None)


def _write(connection: duckdb.DuckDBPyConnection, full: bool) -> None:
    written = [item for item in _in_order() if item.refreshed is None]
    facts = [item for item in written if item.scope == ("work.plays", "entry_id")]
    for item in written:
        if item not in facts:
            _write_mart(connection, item, full)
    _number(connection, full)
    _take_scope(connection, "plays", full)
    _note_periods(connection, full)  # where the facts were
    for item in facts:
        _write_mart(connection, item, full)
    _note_periods(connection, full)  # where they are


def _write_mart(connection: duckdb.DuckDBPyConnection, item: Model, full: bool) -> None:
    table = quoted(item.name)
    if full and item.name in PARTS:
        return _write_parts(connection, item)
    if full or item.scope is None:
        connection.execute(f"TRUNCATE {table}")
    else:
        scope, key = item.scope
        connection.execute(f'DELETE FROM {table} WHERE "{key}" IN (SELECT "{key}" FROM {quoted(scope)})')
    connection.execute(f"INSERT INTO {table} BY NAME {item.sql}")
    return None


def _write_parts(connection: duckdb.DuckDBPyConnection, item: Model) -> None:
    """Write a mart anew with one part after the other in scope; afterwards its scope is empty."""
    assert item.scope is not None
    scope = quoted(item.scope[0])
    table, key, order = PARTS[item.name]
    connection.execute(f"TRUNCATE {quoted(item.name)}")
    for first, last in _parts(connection, table, order):
        connection.execute(f"DELETE FROM {scope}")
        connection.execute(
            f'INSERT INTO {scope} SELECT "{key}" FROM {quoted(table)} '
            f'WHERE "{order}" >= $first AND ($last IS NULL OR "{order}" < $last)',
            {"first": first, "last": last},
        )
        connection.execute(f"INSERT INTO {quoted(item.name)} BY NAME {item.sql}")
    connection.execute(f"DELETE FROM {scope}")


def _number(connection: duckdb.DuckDBPyConnection, full: bool) -> None:
    """Give numbers to names, tracks and mixes that have none; note the periods that show a new spelling."""
    if full:
        for table in ("names", "track_keys", "mix_keys"):
            connection.execute(f"TRUNCATE {quoted('work.' + table)}")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE named AS {model('scopes', 'names').sql}", {"full": full}
    )
    connection.execute(
        "INSERT INTO work.renamed SELECT names.kind, names.number FROM work.names "
        "JOIN named USING (kind, key) WHERE names.name IS DISTINCT FROM named.name"
    )
    if connection.execute("SELECT 1 FROM work.renamed LIMIT 1").fetchone():
        _note(connection, "renamed")
        connection.execute(
            "UPDATE work.names SET name = named.name FROM named "
            "WHERE names.kind = named.kind AND names.key = named.key AND names.name <> named.name"
        )
        connection.execute("DELETE FROM work.renamed")
    connection.execute(
        "INSERT INTO work.names BY NAME SELECT kind, key, name, "
        "(SELECT coalesce(max(number), 0) FROM work.names) + row_number() OVER (ORDER BY kind, key) "
        "AS number "
        "FROM named ANTI JOIN work.names USING (kind, key)"
    )
    connection.execute("DROP TABLE named")
    for name, scope, key in (
        ("track_keys", "work.tracks", "track_id"),
        ("mix_keys", "work.tracklists", "tracklist_id"),
    ):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE numbered AS {model('scopes', name).sql}")
        table = quoted(f"work.{name}")
        connection.execute(f'DELETE FROM {table} WHERE "{key}" IN (SELECT "{key}" FROM {quoted(scope)})')
        connection.execute(f"INSERT INTO {table} BY NAME FROM numbered")
        connection.execute("DROP TABLE numbered")


def _parts(connection: duckdb.DuckDBPyConnection, table: str, order: str) -> list[tuple[Any, Any]]:
    """Ranges (first, first of the next) of a column that hold about ``PART`` rows each, from a sample."""
    bounds = connection.execute(
        f'WITH sample AS (SELECT "{order}" AS value FROM {quoted(table)} WHERE "{order}" IS NOT NULL '
        "USING SAMPLE reservoir(20000 ROWS) REPEATABLE (1)), "
        "sorted AS (SELECT value, row_number() OVER (ORDER BY value) - 1 AS place FROM sample), "
        f'sizes AS (SELECT greatest(1, count("{order}") // $part) AS parts FROM {quoted(table)}), '
        "steps AS (SELECT value, place * parts // (SELECT count(*) FROM sample) AS step FROM sorted, sizes) "
        "SELECT min(value) FROM steps GROUP BY step ORDER BY 1",
        {"part": PART},
    ).fetchall()
    if not bounds:
        return []
    lowest = connection.execute(f'SELECT min("{order}") FROM {quoted(table)}').fetchall()[0][0]
    starts = sorted({lowest, *(value for (value,) in bounds[1:])})
    return list(zip(starts, [*starts[1:], None], strict=True))


def _note_periods(connection: duckdb.DuckDBPyConnection, full: bool) -> None:
    _note(connection, "periods", {"full": full})


def _note(
    connection: duckdb.DuckDBPyConnection, scope: str, parameters: dict[str, object] | None = None
) -> None:
    """Add the periods that a scope names to those that are behind."""
    connection.execute(
        f"INSERT INTO work.pending BY NAME FROM ({model('scopes', scope).sql}) EXCEPT FROM work.pending",
        parameters,
    )


def _note_pending(connection: duckdb.DuckDBPyConnection, full: bool) -> None:
    """Everything that is not by period is behind as well; after a full build no old period stays."""
    if full:
        for table in STATISTICS.values():
            connection.execute(f"TRUNCATE {quoted(table)}")
    connection.execute("DELETE FROM work.pending WHERE period_start IS NULL")
    steps = [(step, basis) for step in ("all", "trends") for basis in BASES]
    connection.executemany(
        "INSERT INTO work.pending VALUES ($step, $basis, NULL)",
        [{"step": step, "basis": basis} for step, basis in (*steps, ("conversion", None))],
    )
