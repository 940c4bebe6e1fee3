"""The floor: one exact join in DuckDB on ``artist|title`` without case, accents, signs and spaces."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from benchmarks.offline.judging import figures, judged
from benchmarks.offline.peers import catalogue_batches, split_line

_KEY = r"regexp_replace(lower(strip_accents(artist || '|' || title)), '[^\p{L}\p{N}|]+', '', 'g')"


def measured(source: Path, folder: Path, questions: pl.DataFrame) -> dict[str, Any]:
    """Figures of the join; of several rows with one key the one with the lowest id is the answer."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "keys.duckdb"
    started = time.perf_counter()
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE named (key TEXT, id TEXT)")
        for batch in catalogue_batches(source):
            connection.register("batch", batch.to_arrow())
            connection.execute(f"INSERT INTO named SELECT {_KEY}, id FROM batch")  # noqa: S608  ours
            connection.unregister("batch")
    built = time.perf_counter() - started
    with duckdb.connect(str(path), read_only=True) as connection:
        started = time.perf_counter()
        parts = [split_line(raw) for raw in questions["raw"]]
        asked = questions.select("line_no").with_columns(
            artist=pl.Series([artist for artist, _ in parts], dtype=pl.String),
            title=pl.Series([title for _, title in parts], dtype=pl.String),
        )
        connection.register("asked", asked.to_arrow())
        answers = pl.DataFrame(
            connection.sql(
                f"WITH keyed AS (SELECT line_no, {_KEY} AS key FROM asked) "  # noqa: S608  ours
                "SELECT line_no, min(id) AS id, true AS accepted "
                "FROM keyed JOIN named USING (key) GROUP BY line_no"
            ).to_arrow_table()
        )
        seconds = time.perf_counter() - started
    return {
        "build, s": round(built, 1),
        "size on disk, MB": round(path.stat().st_size / 1e6, 1),
        "lines/s": round(len(questions) / seconds),
        **figures(judged(questions, answers.with_columns(pl.col("line_no").cast(pl.Int64)))),
    }
