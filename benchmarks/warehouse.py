"""How long the warehouse takes for its statistics, at ten million discoveries or any other number.

    python -m benchmarks.warehouse --rows 10000000 --folder FOLDER              # everything; 20 GB of disk
    python -m benchmarks.warehouse --rows 10000000 --folder FOLDER --only make  # rows and marts alone

FOLDER is kept and used again. ``rows.staging.duckdb`` holds the staged rows (``warehouse_rows.py``);
``warehouse.staging.duckdb`` is a copy of it, ``warehouse.build.duckdb`` what the real functions built from
it. Files of other models would be thrown away when they are opened, so after a change of ``sql/`` the step
``make`` must run again: it takes the rows that are there, unless ``sql/staging`` changed. To try something on
the same rows elsewhere, copy ``rows.staging.duckdb`` to another folder and run ``--only make`` with that.
``mixtrove.db`` is a SQLite store with the same rows, for staging.

DuckDB gets two threads and 4 GB, as the aims say.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from benchmarks.offline.report import table
from benchmarks.warehouse_peers import compare_peers
from benchmarks.warehouse_rows import FIRST_DAY, LAST_DAY, add_discoveries, write_rows, write_store
from mixtrove.library.store import Store
from mixtrove.warehouse.buildfile import STORAGE, Build, build_path, open_build, staging_path
from mixtrove.warehouse.checks import run_checks
from mixtrove.warehouse.marts import BASES, build_marts
from mixtrove.warehouse.publish import publish
from mixtrove.warehouse.staging import stage
from mixtrove.warehouse.statistics import (
    GRAINS,
    Grain,
    first_day_of,
    next_period,
    refresh_all_time,
    refresh_conversion,
    refresh_pending_statistics,
    refresh_statistics,
    refresh_trends,
)

THREADS, MEMORY = 2, "4GB"
NEW = 1000  # discoveries of an increment
PERIODS = 15  # periods of each grain that are refreshed, drawn by a seed


@contextmanager
def limited(published: Path) -> Iterator[Build]:
    """The build file, with the threads and the memory of the aims."""
    with open_build(published) as build:
        build.connection.execute(f"SET threads = {THREADS}")
        build.connection.execute(f"SET memory_limit = '{MEMORY}'")
        yield build


def timed(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def make(folder: Path, rows: int) -> dict[str, Any]:
    """The rows, when they are not there, and every mart from nothing."""
    figures: dict[str, Any] = {}
    rows_file, published = staging_path(folder / "rows.duckdb"), folder / "warehouse.duckdb"
    if not rows_file.exists():
        with limited(folder / "rows.duckdb") as build:
            figures["the rows of staging, s"] = timed(lambda: write_rows(build, rows))
    for stale in (build_path(published), staging_path(published)):
        stale.unlink(missing_ok=True)
        stale.with_name(f"{stale.name}.wal").unlink(missing_ok=True)
    with limited(published) as build:
        pair = build.value("SELECT pair FROM work.state")
    shutil.copyfile(rows_file, staging_path(published))
    with duckdb.connect(str(staging_path(published)), config=dict(STORAGE)) as connection:
        connection.execute("UPDATE state SET pair = $pair", {"pair": pair})
    with limited(folder / "warehouse.duckdb") as build:
        found = build.value("SELECT count(*) FROM staging.tracklist_entry")
        if found != rows:
            raise SystemExit(f"{rows_file} has {found} entries: name another folder or --rows {found}")
        figures["every mart from nothing, s"] = timed(lambda: build_marts(build))
        for grain in GRAINS:
            figures[f"all of history by {grain}, both bases, s"] = timed(
                lambda grain=grain: refresh_pending_statistics(build, grain)
            )
        figures["all time, both bases, s"] = timed(lambda: refresh_all_time(build))
        figures["trends, both bases, s"] = timed(lambda: refresh_trends(build))
        refresh_conversion(build)
        figures["all checks, s"] = timed(lambda: require(build))
    return figures


def require(build: Build) -> None:
    """Run the checks; the benchmark is worth nothing when one fails."""
    failed = [result for result in run_checks(build) if not result.passed]
    if failed:
        raise SystemExit(f"checks failed: {failed}")


def periods(folder: Path) -> dict[str, Any]:
    """One period anew, of each grain and basis: the transaction as it is run, from a warm cache."""
    figures: dict[str, Any] = {}
    dice = Random(7)
    with limited(folder / "warehouse.duckdb") as build:
        for basis in BASES:
            for grain in GRAINS:
                starts = [
                    first_day_of(grain, FIRST_DAY + timedelta(days=dice.randrange(40, 1780)))
                    for _ in range(PERIODS)
                ]
                figures[f"{grain}, {basis}"] = _spread(
                    [_refreshed(build, grain, basis, start) for start in starts]
                )
            figures[f"all time, {basis}"] = _spread(
                [timed(lambda basis=basis: refresh_all_time(build, [basis])) for _ in range(3)]
            )
    return figures


def _refreshed(build: Build, grain: Grain, basis: str, start: date) -> float:
    def once() -> float:
        return timed(lambda: refresh_statistics(build, grain, start, next_period(grain, start), [basis]))

    return min(once(), once())


def _spread(seconds: list[float]) -> dict[str, float]:
    return {
        "median ms": round(1000 * statistics.median(seconds), 1),
        "worst ms": round(1000 * max(seconds), 1),
    }


def history(folder: Path) -> dict[str, Any]:
    """Five years of days, weeks and months anew, of each basis."""
    figures: dict[str, Any] = {}
    end = LAST_DAY + timedelta(days=1)
    with limited(folder / "warehouse.duckdb") as build:
        for basis in BASES:
            parts = {
                f"by {grain}, s": timed(
                    lambda grain=grain, basis=basis: refresh_statistics(build, grain, FIRST_DAY, end, [basis])
                )
                for grain in GRAINS
            }
            figures[basis] = {**parts, "all three, s": sum(parts.values())}
    return figures


def publication(folder: Path) -> dict[str, Any]:
    """CHECKPOINT, copy, fsync, rename; and the checks before it."""
    with limited(folder / "warehouse.duckdb") as build:
        checks = timed(lambda: require(build))
        seconds = [timed(lambda: publish(build, checks=[])) for _ in range(3)]
        size = build.published.stat().st_size
    return {"checks, s": checks, "publish, s": statistics.median(seconds), "file, MB": size // 10**6}


def peers(folder: Path) -> dict[str, Any]:
    """The same questions, of the facts of one basis, asked of SQLite, Postgres and Polars as well."""
    return compare_peers(staging_path(folder / "rows.duckdb"), folder)


def store(folder: Path) -> dict[str, Any]:
    """The SQLite store with the rows that are staged."""
    database = folder / "mixtrove.db"
    if database.exists():
        return {"store": "was there"}
    seconds = timed(lambda: write_store(staging_path(folder / "rows.duckdb"), database).close())
    return {"write the store, s": seconds, "store, MB": database.stat().st_size // 10**6}


def increment(folder: Path) -> dict[str, Any]:
    """A thousand new discoveries of one day, from the store to the published file, step by step."""
    store = Store.open(f"sqlite:///{folder / 'mixtrove.db'}")
    add_discoveries(store, NEW)
    figures: dict[str, Any] = {}
    with limited(folder / "warehouse.duckdb") as build:
        figures["stage, s"] = timed(lambda: stage(build, store))
        figures["marts, s"] = timed(lambda: build_marts(build))
        figures["days, weeks and months that it touches, s"] = timed(
            lambda: [refresh_pending_statistics(build, grain) for grain in GRAINS]
        )
        figures["all time, s"] = timed(lambda: refresh_all_time(build))
        figures["trends and conversion, s"] = timed(
            lambda: (refresh_trends(build), refresh_conversion(build))
        )
        figures["checks, s"] = timed(lambda: require(build))
        figures["publish, s"] = timed(lambda: publish(build, checks=[]))
    store.close()
    return figures


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "periods": periods,
    "history": history,
    "publish": publication,
    "store": store,
    "increment": increment,
    "peers": peers,
}


def main() -> None:
    """Print every figure under its headings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="discoveries")
    parser.add_argument("--folder", type=Path, required=True, help="for the files, kept")
    parser.add_argument("--only", choices=["make", *PARTS], action="append", help="these parts")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    wanted = given.only or ["make", *PARTS]
    figures: dict[str, Any] = {"discoveries": given.rows, "duckdb": duckdb.__version__}
    for part in wanted:
        figures[part] = make(given.folder, given.rows) if part == "make" else PARTS[part](given.folder)
        figures["peak resident memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(part, json.dumps(figures[part]), file=sys.stderr)
    print(json.dumps(figures, indent=2) if given.json else table(figures))


if __name__ == "__main__":
    main()
