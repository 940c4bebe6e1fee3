"""How long the warehouse takes for its statistics at a given number of discoveries.

Synthetic rows are written straight into the staging tables of a build file (no store: staging is another
figure), spread evenly over five years of playing and half a year of discovering, over tracks by a power law
as real charts have it. Then the real functions are timed, each from a warm cache, twice; the better counts.

    python benchmarks/statistics.py --rows 10000000
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from mixtrove.warehouse.buildfile import Build, open_build
from mixtrove.warehouse.checks import run_checks
from mixtrove.warehouse.marts import build_marts
from mixtrove.warehouse.publish import publish
from mixtrove.warehouse.staging import create_tables
from mixtrove.warehouse.statistics import (
    GRAINS,
    refresh_all_time,
    refresh_conversion,
    refresh_pending_statistics,
    refresh_statistics,
    refresh_trends,
)

ROWS = """
CREATE TEMP MACRO uid(kind, n) AS CAST(
    printf('%08x-0000-7000-8000-%012x', CAST(kind AS INTEGER), CAST(n AS BIGINT)) AS UUID
);
INSERT INTO staging.library_track BY NAME
SELECT uid(1, n) AS id,
    'Artist ' || (hash(n) % 120000) || CASE WHEN n % 5 = 0 THEN ' & Artist ' || n % 9000 ELSE '' END
        AS artist,
    'Title ' || n AS title, 'Label ' || (hash(n + 1) % 30000) AS label,
    'Genre ' || (hash(n + 2) % 300) AS genre,
    'key ' || n AS identity_key, '' AS disambiguator, n % 20 = 0 AS provisional, [] AS isrcs,
    TIMESTAMP '2026-01-01' AS created_at, 1 AS revision
FROM range($rows // 8) AS t(n);
INSERT INTO staging.tracklist BY NAME
SELECT uid(2, n) AS id, 'DJ ' || (hash(n) % 5000) AS dj,
    DATE '2021-01-01' + CAST(hash(n + 3) % 1826 AS INTEGER) AS played_on,
    ['mixesdb', 'paste', '1001tracklists'][1 + n % 3] AS source, 'text' AS format, 1 AS version,
    TIMESTAMP '2026-01-01' + INTERVAL 1 MINUTE * (n % 250000) AS imported_at, 1 AS revision
FROM range($rows // 20) AS t(n);
INSERT INTO staging.tracklist_entry BY NAME
SELECT uid(3, n) AS id, uid(2, n // 20) AS tracklist_id, 1 + n % 20 AS position, 1 AS component,
    'Artist - Title ' || n AS raw_line,
    CASE n % 20 WHEN 0 THEN 'skipped' WHEN 1 THEN 'provisional' ELSE 'identified' END AS status,
    FALSE AS is_id, FALSE AS unreleased, FALSE AS layered, FALSE AS mashup,
    1 AS revision
FROM range($rows) AS t(n);
INSERT INTO staging.track_discovery BY NAME
SELECT uid(4, n) AS id, uid(3, n) AS entry_id, uid(2, n // 20) AS tracklist_id,
    uid(1, CAST(floor(($rows // 8) * power((hash(n) % 1000000) / 1000000.0, 3)) AS BIGINT))
        AS library_track_id,
    TIMESTAMP '2026-01-01' + INTERVAL 1 MINUTE * ((n // 20) % 250000) AS discovery_date,
    0.8 + (n % 20) / 100 AS confidence, ['catalogue', 'library', 'api'][1 + n % 3] AS identification_method,
    ['catalogue'] AS metadata_sources, 1 AS revision
FROM range($rows) AS t(n) WHERE n % 20 <> 0;
"""


def main() -> None:
    """Print a JSON object: what → seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="discoveries")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder, open_build(Path(folder) / "w.duckdb") as build:
        create_tables(build.connection)
        for statement in filter(str.strip, ROWS.split(";\n")):
            build.connection.execute(statement, {"rows": rows} if "$rows" in statement else None)
        seconds = {"build_marts, everything": once(lambda: build_marts(build))}
        for grain in GRAINS:
            seconds[f"all history by {grain}, both bases"] = once(
                lambda grain=grain: refresh_pending_statistics(build, grain)
            )
        seconds["all time, both bases"] = best(lambda: refresh_all_time(build))
        for grain, start, end in (
            ("day", date(2024, 5, 15), date(2024, 5, 16)),
            ("week", date(2024, 5, 13), date(2024, 5, 20)),
            ("month", date(2024, 5, 1), date(2024, 6, 1)),
        ):
            seconds[f"one {grain}, played"] = best(
                lambda g=grain, s=start, e=end: refresh_statistics(build, g, s, e)
            )
        seconds["trends, both bases"] = best(lambda: refresh_trends(build))
        refresh_conversion(build)
        seconds["checks"] = once(lambda: require(build))
        seconds["publish"] = once(lambda: publish(build, checks=[]))
        size = build.published.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    json.dump(
        {"rows": rows, "seconds": seconds, "file_mb": size // 10**6, "peak_rss_mb": peak // 1024},
        sys.stdout,
        indent=2,
    )


def once(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    run()
    return round(time.perf_counter() - start, 3)


def best(run: Callable[[], object]) -> float:
    """Seconds of the better of two runs."""
    return min(once(run), once(run))


def require(build: Build) -> None:
    """Run the checks; the benchmark is worth nothing when one fails. Counts of a store there are none."""
    failed = [result for result in run_checks(build) if not result.passed]
    if failed:
        raise SystemExit(f"checks failed: {failed}")


if __name__ == "__main__":
    main()
