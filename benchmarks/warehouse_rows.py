"""Made-up discoveries for ``warehouse.py``: rows of staging, and the same rows as an operational store.

Here: what a library of N discoveries looks like. Not here: what is measured on it.

Ids are UUIDv7 as mixtrove makes them: a time, then random bits. Mixes come in evenly over five years, 20
lines each; most were played in the two weeks before, the others any day of the five years, one in fifty
has no date. A line is found at once or (one in ten) up to a month later. Plays follow Zipf-Mandelbrot
(exponent 1, shift 50): of a million tracks the first has .2 % of all plays. Artists, labels, genres and DJs
follow steeper laws, one track in five has two artists. 4 % of the lines are no track, .5 % are pending, one
track in twenty is provisional. Everything comes from ``hash``, so equal N gives equal rows.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, time
from pathlib import Path

import duckdb
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.store import Store, new_id
from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.staging import create_tables

FIRST_DAY, LAST_DAY = date(2021, 1, 1), date(2025, 12, 31)

LINES = 20  # of a mix
PLAYS = 8  # discoveries for each track of the library

_MACROS = """
CREATE OR REPLACE TEMP MACRO chance(n, salt) AS (hash(n, salt) >> 11) / 9007199254740992.0;
CREATE OR REPLACE TEMP MACRO uid(kind, n, ms) AS CAST(printf(
    '%08x-%04x-7%03x-%04x-%012x',
    CAST(ms >> 16 AS BIGINT), CAST(ms & 65535 AS BIGINT), CAST(hash(n, kind) & 4095 AS BIGINT),
    CAST(32768 | ((hash(n, kind) >> 12) & 16383) AS BIGINT),
    CAST(hash(n, kind + 10) & 281474976710655 AS BIGINT)
) AS UUID);
CREATE OR REPLACE TEMP MACRO start_ms() AS 1609459200000;
CREATE OR REPLACE TEMP MACRO span_ms() AS 157766400000;
CREATE OR REPLACE TEMP MACRO mix_ms(mix, mixes) AS
    start_ms() + CAST(floor(span_ms() * (mix / mixes)) AS BIGINT);
CREATE OR REPLACE TEMP MACRO mix_id(mix, mixes) AS uid(2, mix, mix_ms(mix, mixes));
CREATE OR REPLACE TEMP MACRO track_id(track) AS
    uid(1, track, start_ms() + CAST(floor(span_ms() * chance(track, 5)) AS BIGINT));
CREATE OR REPLACE TEMP MACRO rank_of(n, salt, items, shift) AS
    CAST(floor(shift * power((items + shift) / shift, chance(n, salt)) - shift) AS BIGINT);
"""

_ROWS = {
    "library_track": """
INSERT INTO staging.library_track BY NAME
SELECT track_id(n) AS id,
    'Artist ' || rank_of(n, 21, 120000, 200)
        || CASE WHEN chance(n, 22) < 0.15 THEN ' & Artist ' || rank_of(n, 23, 120000, 200)
            WHEN chance(n, 22) < 0.2 THEN ' feat. Artist ' || rank_of(n, 23, 120000, 200) ELSE '' END
        AS artist,
    'Title ' || n AS title,
    CASE WHEN chance(n, 24) < 0.4 THEN 'Artist ' || rank_of(n, 25, 120000, 200) || ' Remix' END AS remix,
    CASE WHEN chance(n, 26) < 0.9 THEN 'Label ' || rank_of(n, 27, 30000, 100) END AS label,
    CASE WHEN chance(n, 28) < 0.8 THEN 'Genre ' || rank_of(n, 29, 300, 3) END AS genre,
    120 + n % 20 AS bpm, 300 + n % 120 AS duration, [] AS isrcs,
    'artist ' || n || '|title ' || n AS identity_key, '' AS disambiguator,
    chance(n, 30) < 0.05 AS provisional,
    TIMESTAMP '2021-01-01' + to_milliseconds(CAST(floor(span_ms() * chance(n, 5)) AS BIGINT)) AS created_at,
    1 AS revision
FROM range($tracks) AS t(n)
""",
    "tracklist": """
INSERT INTO staging.tracklist BY NAME
WITH mixes AS (
    SELECT n, mix_ms(n, $mixes) AS ms, CAST(make_timestamp_ms(mix_ms(n, $mixes)) AS DATE) AS day
    FROM range($mixes) AS t(n)
)

SELECT uid(2, n, ms) AS id, 'Mix ' || n AS title, 'DJ ' || rank_of(n, 41, 5000, 20) AS dj,
    CASE WHEN chance(n, 42) < 0.02 THEN NULL
        WHEN chance(n, 42) < 0.7
            THEN greatest(DATE '2021-01-01', day - CAST(floor(14 * chance(n, 43)) AS INTEGER))
        ELSE DATE '2021-01-01' + CAST(floor(1826 * chance(n, 43)) AS INTEGER) END AS played_on,
    ['mixesdb', '1001tracklists', 'paste', 'cue', 'radio'][1 + rank_of(n, 44, 5, 1)] AS source,
    source AS origin,
    'text' AS format, 1 AS version, make_timestamp_ms(ms) AS imported_at, 1 AS revision
FROM mixes
""",
    "tracklist_entry": """
INSERT INTO staging.tracklist_entry BY NAME
WITH lines AS (
    SELECT n, n // $lines AS mix, mix_ms(n // $lines, $mixes) AS ms, chance(n, 52) AS luck,
        rank_of(n, 51, $tracks, 50) AS track
    FROM range($first, $last) AS t(n)
)

SELECT uid(3, n, ms) AS id, uid(2, mix, ms) AS tracklist_id, 1 + n % $lines AS position, 1 AS component,
    180 * (n % $lines) AS cue_seconds, 'Artist ' || track || ' - Title ' || track AS raw_line,
    ['Artist ' || track] AS artists, 'Title ' || track AS title,
    'artist ' || track || ' title ' || track AS line_key,
    CASE WHEN luck < 0.04 THEN 'skipped' WHEN luck < 0.045 THEN 'pending'
        WHEN chance(track, 30) < 0.05 THEN 'provisional' ELSE 'identified' END AS status,
    CASE WHEN luck < 0.04 THEN 'unknown ID' END AS skip_reason,
    luck < 0.04 AS is_id, FALSE AS unreleased, FALSE AS layered, FALSE AS mashup, 1 AS revision
FROM lines
""",
    "track_discovery": """
INSERT INTO staging.track_discovery BY NAME
WITH lines AS (
    SELECT n, n // $lines AS mix, mix_ms(n // $lines, $mixes) AS ms, chance(n, 52) AS luck,
        rank_of(n, 51, $tracks, 50) AS track, chance(n, 61) AS late, chance(n, 62) AS way
    FROM range($first, $last) AS t(n)
),

found AS (
    SELECT *, least(
        ms + CASE WHEN late < 0.9 THEN 60000 ELSE CAST(floor(2592000000 * chance(n, 63)) AS BIGINT) END,
        start_ms() + span_ms() - 1) AS found_ms
    FROM lines
    WHERE luck >= 0.045
)

SELECT uid(4, n, found_ms) AS id, uid(3, n, ms) AS entry_id, uid(2, mix, ms) AS tracklist_id,
    track_id(track) AS library_track_id, make_timestamp_ms(found_ms) AS discovery_date,
    CASE WHEN chance(track, 30) >= 0.05 THEN make_timestamp_ms(found_ms) END AS identified_at,
    CASE WHEN chance(track, 30) < 0.05 THEN 0.5 + 0.3 * chance(n, 64)
        WHEN way < 0.5 THEN 1.0 ELSE round(0.85 + 0.15 * chance(n, 64), 4) END AS confidence,
    CASE WHEN way < 0.45 THEN 'library' WHEN way < 0.8 THEN 'catalogue' WHEN way < 0.98 THEN 'api'
        ELSE 'manual' END AS identification_method,
    CASE WHEN way < 0.45 THEN ['library'] WHEN way < 0.8 THEN ['catalogue']
        WHEN way < 0.88 THEN ['beatport']
        WHEN way < 0.94 THEN ['musicbrainz', 'discogs'] WHEN way < 0.98 THEN ['spotify']
        ELSE ['correction'] END AS metadata_sources,
    ['same artists', 'same title'] AS reasons, 1 AS revision
FROM found
""",
}

PART = 2_000_000
"""Rows that are made in one statement, for the sake of memory."""


def write_rows(build: Build, rows: int) -> None:
    """Fill the staging tables of an empty build file with a library of ``rows`` entries."""
    create_tables(build.connection)
    for macro in filter(str.strip, _MACROS.split(";\n")):
        build.connection.execute(macro)
    mixes, tracks = rows // LINES, rows // PLAYS
    with build.transaction() as connection:
        connection.execute(_ROWS["library_track"], {"tracks": tracks})
        connection.execute(_ROWS["tracklist"], {"mixes": mixes})
    for table in ("tracklist_entry", "track_discovery"):
        for first in range(0, rows, PART):
            with build.transaction() as connection:
                connection.execute(
                    _ROWS[table],
                    {"lines": LINES, "mixes": mixes, "tracks": tracks, "first": first,
                     "last": min(rows, first + PART)},
                )  # fmt: skip
    build.connection.execute(
        "UPDATE staging.state SET watermark = 1, "
        "oldest_tracklist = (SELECT CAST(min(id) AS VARCHAR) FROM staging.tracklist)"
    )


_EXTRA = {
    "tracklist": {"content_hash": "CAST(id AS VARCHAR)", "updated_at": "imported_at"},
    "library_track": {"updated_at": "created_at"},
    "tracklist_entry": {
        "line_no": "position",
        "featured": "'[]'",
        "remixers": "'[]'",
    },
    "track_discovery": {"track_position": "line", "component": "part"},
}
"""Columns of the store that are not staged and must have a value, as expressions over the staged row."""

_STAGED = {
    "track_discovery": "SELECT discovery.*, entry.position AS line, entry.component AS part "
    "FROM track_discovery AS discovery JOIN tracklist_entry AS entry ON entry.id = entry_id"
}
"""Where the rows of a table come from, when it is not the staging table alone."""


def write_store(staged: Path, database: Path) -> Store:
    """Make a SQLite store that has exactly the rows which are staged in a build file.

    Its indexes are taken away meanwhile and made again: 10 million entries take some ten minutes and 10 GB.
    Foreign keys are right by construction and not looked at.
    """
    store = Store.open(f"sqlite:///{database}")
    with duckdb.connect(str(staged), read_only=True) as rows, sqlite3.connect(database) as target:
        target.execute("PRAGMA synchronous = OFF")
        target.execute("PRAGMA cache_size = -1000000")
        names = tuple(_EXTRA)
        marks = ", ".join("?" for _ in names)
        indexes = target.execute(
            f"SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type = 'index' "  # noqa: S608
            f"AND tbl_name IN ({marks})",
            names,
        ).fetchall()
        for name, _ in indexes:
            target.execute(f'DROP INDEX "{name}"')
        for name in names:
            _fill(rows, target, name)
        for _, sql in indexes:
            target.execute(sql)
        target.execute("UPDATE counter SET value = 1 WHERE name = 'revision'")
    target.close()
    return store


def _fill(rows: duckdb.DuckDBPyConnection, target: sqlite3.Connection, name: str) -> None:
    staged = {row[0]: row[1] for row in rows.execute(f'DESCRIBE "{name}"').fetchall()}
    given = _EXTRA[name]
    columns = [
        column.name for column in schema.metadata.tables[name].columns if column.name in {*staged, *given}
    ]
    kept = ", ".join(given.get(column) or _as_stored(column, staged[column]) for column in columns)
    source = _STAGED.get(name, f"FROM {name}")
    cursor = rows.cursor().execute(f"SELECT {kept} FROM ({source}) AS row ORDER BY row.id")  # noqa: S608
    marks = ", ".join("?" for _ in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    while some := cursor.fetchmany(100_000):
        target.executemany(f'INSERT INTO "{name}" ({names}) VALUES ({marks})', some)  # noqa: S608
    target.commit()


def _as_stored(column: str, kind: str) -> str:
    """A staged column as SQLite keeps it: ids, times, dates and JSON are text."""
    if kind.endswith("[]"):
        return f'CAST(to_json("{column}") AS VARCHAR)'
    if kind in ("UUID", "DATE"):
        return f'CAST("{column}" AS VARCHAR)'
    if kind == "TIMESTAMP":
        return f"strftime(\"{column}\", '%Y-%m-%d %H:%M:%S.%f')"
    return f'"{column}"'


def add_discoveries(store: Store, count: int) -> None:
    """Write new mixes of 20 lines each, played and found on the last day, as one transaction of a run."""
    noon = datetime.combine(LAST_DAY, time(12), tzinfo=UTC)
    with store.write() as tx:
        tracks = tx.connection.execute(
            sa.select(schema.library_track.c.id).order_by(schema.library_track.c.id).limit(count)
        ).scalars()
        known = list(tracks)
        mixes = [new_id() for _ in range(-(-count // LINES))]
        stamp = {"revision": tx.revision}
        tx.connection.execute(
            sa.insert(schema.tracklist),
            [
                {"id": mix, "title": mix, "dj": "DJ 1", "played_on": LAST_DAY, "source": "paste",
                 "format": "text", "content_hash": mix, "imported_at": noon, "updated_at": noon, **stamp}
                for mix in mixes
            ],
        )  # fmt: skip
        entries = [new_id() for _ in range(count)]
        tx.connection.execute(
            sa.insert(schema.tracklist_entry),
            [
                {"id": entry, "tracklist_id": mixes[at // LINES], "position": 1 + at % LINES, "component": 1,
                 "line_no": 1 + at % LINES, "raw_line": "A - T", "artists": ["A"], "featured": [],
                 "title": "T", "remixers": [], "is_id": False, "unreleased": False, "layered": False,
                 "mashup": False, "line_key": "a t", "status": "identified", **stamp}
                for at, entry in enumerate(entries)
            ],
        )  # fmt: skip
        tx.connection.execute(
            sa.insert(schema.track_discovery),
            [
                {"id": new_id(), "tracklist_id": mixes[at // LINES], "track_position": 1 + at % LINES,
                 "component": 1, "entry_id": entry, "library_track_id": known[at], "discovery_date": noon,
                 "identified_at": noon,
                 "confidence": 1.0, "identification_method": "library", "metadata_sources": ["library"],
                 "reasons": [], **stamp}
                for at, entry in enumerate(entries)
            ],
        )  # fmt: skip
