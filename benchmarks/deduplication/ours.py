"""mixtrove's deep pass as a process: a Parquet file of tracks in, a CSV of clusters out.

python -m benchmarks.deduplication.ours tracks.parquet clusters.csv
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from mixtrove.duplicates import TrackText, find_duplicates


def tracks_of(path: Path) -> Iterator[TrackText]:
    """The tracks of a Parquet file, whose columns are fields of a track."""
    for row in pl.read_parquet(path).drop("group", strict=False).iter_rows(named=True):
        yield TrackText(**{name: value for name, value in row.items() if value is not None and value != ""})


def main(source: Path, out: Path) -> None:
    times: dict[str, float] = {}  # seconds until the end of each step

    def progress(what: str, done: int, of: int) -> None:
        times[what] = round(time.perf_counter() - started, 1)

    started = time.perf_counter()
    tracks = list(tracks_of(source))
    progress("read", len(tracks), len(tracks))
    found = find_duplicates(tracks, progress=progress)
    progress("done", len(tracks), len(tracks))
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "cluster"))
        writer.writerows((one, number) for number, some in enumerate(found.clusters) for one in some.ids)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    told = {
        "processor seconds": round(sum(one.ru_utime + one.ru_stime for one in used), 1),
        "unsure": len(found.unsure),
        "conflicts": len(found.conflicts),
        "until the end of": times,
    }
    out.with_suffix(".json").write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
