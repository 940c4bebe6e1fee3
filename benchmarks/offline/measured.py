"""mixtrove measured on a generated catalogue: building, matching a file of lines, single look-ups, blocking.

Building and matching are the real commands in processes of their own, so that time and memory are theirs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.offline import memory
from benchmarks.offline.judging import figures, judged, share
from mixtrove.catalogue.match import match_credits, readings_of
from mixtrove.catalogue.search import Catalogue
from mixtrove.matching import Credit
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.repair import repair_line

ROOT = Path(__file__).parents[2]
TOP = 20
LOOK_UPS, WARMING = 500, 200
OF_BLOCKING = 2_000  # present lines whose candidates are looked at


def build(source: Path, out: Path) -> dict[str, Any]:
    """Build the catalogue of ``source`` in ``out``."""
    command = [sys.executable, "-m", "mixtrove", "catalogue", "build", "--out", str(out), str(source)]
    usage = memory.run(command, cwd=ROOT)
    return {
        "build, s": round(usage.seconds, 1),
        "source, MB": round(source.stat().st_size / 1e6, 1),
        "size on disk, MB": round(size_of(out) / 1e6, 1),
        **{f"build, {name}": value for name, value in usage.figures().items()},
    }


def match(
    catalogue: Path, lines: Path, questions: pl.DataFrame, out: Path
) -> tuple[dict[str, Any], pl.DataFrame]:
    """Match the file ``lines`` into the Parquet file ``out``; figures and the judged answers."""
    command = [sys.executable, "-m", "mixtrove", "catalogue", "match", "--catalogue", str(catalogue)]
    usage = memory.run([*command, "--lines", str(lines), "--out", str(out)], cwd=ROOT)
    frame = judged(questions, answers_of(pl.read_parquet(out)))
    return {
        "match, s": round(usage.seconds, 1),
        "lines/s, from text to decisions, start of the program included": round(
            len(questions) / usage.seconds
        ),
        **{f"match, {name}": value for name, value in usage.figures().items()},
        **figures(frame),
    }, frame


def answers_of(rows: pl.DataFrame) -> pl.DataFrame:
    """One answer a line: of several components the surest one, an accepted one first."""
    return (
        rows.with_columns(accepted=pl.col("decision") == "accept")
        .sort("line_no", "accepted", "confidence", descending=[False, True, True], maintain_order=True)
        .unique("line_no", keep="first", maintain_order=True)
        .select(
            pl.col("line_no").cast(pl.Int64), pl.col("candidate_id").alias("id"), "accepted", "confidence",
            "artist", "title", "reasons",
        )
    )  # fmt: skip


def look_ups(catalogue: Path, raws: Sequence[str]) -> dict[str, Any]:
    """Milliseconds of single look-ups, a line each, its parsing included."""
    with Catalogue(catalogue) as opened:
        process_first = _timed(opened, raws[0])  # loads the compiled comparison too
    with Catalogue(catalogue) as opened:
        first = _timed(opened, raws[1 % len(raws)])
        times = [_timed(opened, raw) for raw in raws]
    warm = times[min(WARMING, len(times) // 2) :]
    return {
        "first look-up of a process, ms": round(process_first, 1),
        "first look-up after opening, ms": round(first, 1),
        "look-ups": len(warm),
        "look-up p50, ms": round(float(np.percentile(warm, 50)), 2),
        "look-up p95, ms": round(float(np.percentile(warm, 95)), 2),
    }


def _timed(catalogue: Catalogue, raw: str) -> float:
    started = time.perf_counter()
    match_credits(catalogue, [readings_of(one) for one in parse_line(repair_line(raw), 1).components])
    return (time.perf_counter() - started) * 1000


def blocking(catalogue: Path, questions: pl.DataFrame) -> dict[str, Any]:
    """How many present lines have a right recording among the first candidates, by style too.

    A line that is not read as an entry counts as missed.
    """
    lines: list[list[Credit]] = []
    for raw in questions["raw"]:
        components = parse_line(repair_line(raw), 1).components
        lines.append([credit for one in components[:1] for credit in readings_of(one)])
    with Catalogue(catalogue) as opened:
        offered = iter(opened.candidates([credit for some in lines for credit in some], top=TOP))
        ids = [[{one.id for one in next(offered)} for _ in some] for some in lines]
    truths = [set(some) for some in questions["truth"].to_list()]
    first = [bool(some and some[0] & truth) for some, truth in zip(ids, truths, strict=True)]
    anywhere = [any(one & truth for one in some) for some, truth in zip(ids, truths, strict=True)]
    by_style = (
        questions.select("style").with_columns(hit=pl.Series(anywhere, dtype=pl.Boolean))
        .group_by("style").agg(pl.len(), pl.col("hit").mean().round(4)).sort("style")
    )  # fmt: skip
    return {
        f"recall of blocking at {TOP}, first reading": share(sum(first), len(first)),
        f"recall of blocking at {TOP}, any reading": share(sum(anywhere), len(anywhere)),
        "blocking, lines": len(lines),
        f"recall of blocking at {TOP}, any reading, by style": {
            row["style"]: row["hit"] for row in by_style.to_dicts()
        },
    }


def wrong_accepts(frame: pl.DataFrame, count: int, seed: int) -> list[str]:
    """Some wrong accepts to be read by eye: kind, raw line, what it was taken for and why."""
    wrong = frame.filter("wrong")
    some = wrong.sample(min(count, len(wrong)), seed=seed, shuffle=True)
    return [
        f"{row['kind']} ({row['style']})\n    asked  {row['raw']}\n    meant  {row['meant']}\n"
        f"    taken  {row['artist']} - {row['title']}  [{row['id']}]\n"
        f"    {row['confidence']}: {row['reasons']}"
        for row in some.to_dicts()
    ]


def size_of(path: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def calibration() -> float:
    """Seconds of a fixed piece of work in Python and numpy: how fast the machine is right now."""
    started = time.perf_counter()
    total = 0
    for number in range(3_000_000):
        total += number * number % 7
    values = np.random.default_rng(1).random(4_000_000)
    values.sort()
    return round(time.perf_counter() - started, 3)
