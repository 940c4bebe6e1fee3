"""The same three questions by month, asked of DuckDB, Polars, SQLite and Postgres, on the same facts.

Here: the questions and how each peer is given the facts. Not here: our own statistics, which answer a dozen
more in one statement (``warehouse.py``). The facts are the first million of the staged ones, flat, with text
ids as the store keeps them; every peer has them sorted by day and, where it has indexes, one on the day. Two
threads for DuckDB and Polars; SQLite and Postgres run as they are. The better of two runs counts.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import psycopg

ROWS = 1_000_000
POSTGRES = os.environ.get("BENCHMARK_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")

FACTS = """
SELECT
    CAST(CAST(mix.played_on AS DATE) AS VARCHAR) AS day,
    CAST(found.library_track_id AS VARCHAR) AS track,
    track.artist AS artist,
    track.label AS label,
    entry.status AS status
FROM (FROM tracklist_entry LIMIT {rows}) AS entry
JOIN tracklist AS mix ON mix.id = entry.tracklist_id
LEFT JOIN track_discovery AS found ON found.entry_id = entry.id
LEFT JOIN library_track AS track ON track.id = found.library_track_id
WHERE mix.played_on IS NOT NULL
ORDER BY mix.played_on
"""

QUESTIONS = {
    "counts": "SELECT substr(day, 1, 7) AS month, count(*) AS entries, "
    "sum(CASE WHEN status = 'identified' THEN 1 ELSE 0 END) AS identified "
    "FROM bench_facts GROUP BY substr(day, 1, 7) ORDER BY 1",
    "different tracks, artists, labels": "SELECT substr(day, 1, 7) AS month, "
    "count(DISTINCT track) AS tracks, count(DISTINCT artist) AS artists, count(DISTINCT label) AS labels "
    "FROM bench_facts GROUP BY substr(day, 1, 7) ORDER BY 1",
    "twenty most played": "SELECT month, track, plays FROM (SELECT month, track, plays, "
    "row_number() OVER (PARTITION BY month ORDER BY plays DESC, track) AS place FROM ("
    "SELECT substr(day, 1, 7) AS month, track, count(*) AS plays FROM bench_facts "
    "WHERE track IS NOT NULL GROUP BY substr(day, 1, 7), track) AS counted) AS ranked "
    "WHERE place <= 20 ORDER BY month, place",
}


def compare_peers(staged: Path, folder: Path) -> dict[str, Any]:
    """Seconds of each question with each peer.

    Raises:
        SystemExit: two peers do not give the same rows.
    """
    with duckdb.connect(str(staged), read_only=True) as source:
        facts = source.sql(FACTS.format(rows=ROWS)).pl()
    answers = {
        "DuckDB": _duckdb(facts),
        "Polars": _polars(facts),
        "SQLite": _sqlite(facts, folder / "peer.db"),
        "Postgres": _postgres(facts),
    }
    figures: dict[str, Any] = {"facts": facts.height}
    for question in QUESTIONS:
        rows = {name: answer(question) for name, answer in answers.items()}
        first = rows["DuckDB"][1]
        for name, (_, found) in rows.items():
            if found != first:
                raise SystemExit(f"{name} answers {question!r} otherwise than DuckDB")
        figures[question] = {f"{name}, s": round(seconds, 3) for name, (seconds, _) in rows.items()}
    return figures


Rows = list[tuple[Any, ...]]
Answer = Callable[[str], tuple[float, Rows]]


def _best(run: Callable[[], Rows]) -> tuple[float, Rows]:
    seconds, rows = [], []
    for _ in range(2):
        start = time.perf_counter()
        rows = run()
        seconds.append(time.perf_counter() - start)
    return min(seconds), [tuple(row) for row in rows]


def _duckdb(facts: pl.DataFrame) -> Answer:
    connection = duckdb.connect(config={"threads": 2})
    arrow = facts.to_arrow()
    connection.register("arrow", arrow)
    connection.execute("CREATE TABLE bench_facts AS FROM arrow")
    connection.unregister("arrow")
    return lambda question: _best(
        lambda: [
            tuple(int(v) if isinstance(v, int) else v for v in row)
            for row in connection.execute(QUESTIONS[question]).fetchall()
        ]
    )


def _polars(facts: pl.DataFrame) -> Answer:
    lazy = facts.lazy().with_columns(month=pl.col("day").str.slice(0, 7))
    queries = {
        "counts": lazy.group_by("month")
        .agg(pl.len(), (pl.col("status") == "identified").sum().alias("identified"))
        .sort("month"),
        "different tracks, artists, labels": lazy.group_by("month")
        .agg(pl.col(name).drop_nulls().n_unique() for name in ("track", "artist", "label"))
        .sort("month"),
        "twenty most played": lazy.drop_nulls("track")
        .group_by("month", "track")
        .agg(pl.len().alias("plays"))
        .sort("month", "plays", "track", descending=[False, True, False])
        .group_by("month", maintain_order=True)
        .head(20),
    }
    return lambda question: _best(lambda: queries[question].collect(engine="streaming").rows())


def _sqlite(facts: pl.DataFrame, path: Path) -> Answer:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA cache_size = -1000000")
    connection.execute(
        "CREATE TABLE bench_facts (day TEXT, track TEXT, artist TEXT, label TEXT, status TEXT)"
    )
    connection.executemany("INSERT INTO bench_facts VALUES (?, ?, ?, ?, ?)", facts.iter_rows())
    connection.execute("CREATE INDEX bench_facts_day ON bench_facts (day)")
    connection.commit()
    return lambda question: _best(lambda: connection.execute(QUESTIONS[question]).fetchall())


def _postgres(facts: pl.DataFrame) -> Answer:
    connection = psycopg.connect(POSTGRES, autocommit=True)
    connection.execute(
        'CREATE TEMP TABLE bench_facts (day text COLLATE "C", track text COLLATE "C", '
        "artist text, label text, status text)"
    )
    with connection.cursor().copy("COPY bench_facts FROM STDIN") as copy:
        for row in facts.iter_rows():
            copy.write_row(row)
    connection.execute("CREATE INDEX ON bench_facts (day)")
    connection.execute("ANALYZE bench_facts")
    return lambda question: _best(lambda: connection.execute(QUESTIONS[question]).fetchall())
