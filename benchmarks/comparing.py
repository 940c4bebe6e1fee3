"""How many pairs of credits are compared in a second, and how long one comparison takes.

    python benchmarks/comparing.py --data FOLDER

Real catalogue rows, each paired with rows that share its artist or a word of its title, as candidates do.
Three ways: ``compare_many`` on credits that were compared before, on credits fresh from ``Credit.parse``, and
the columns below it (records that a catalogue stores). rapidfuzz's token_sort_ratio runs on the same pairs.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process, utils

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from mixtrove.matching import Credit, compare, compare_many  # noqa: E402
from mixtrove.matching.packed import packed  # noqa: E402
from mixtrove.matching.verdict import record_features  # noqa: E402

SEED = 2026
RUNS = 5


def rows(data: Path, count: int) -> list[tuple[str, str, str | None]]:
    """Artist, title and label of ``count`` rows, drawn by seed."""
    found = []
    for path in sorted(data.glob("*catalogue*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
            found += [
                (row["artist"], row["title"], row.get("label") or None) for row in csv.DictReader(stream)
            ]
    return random.Random(SEED).sample(found, min(count, len(found)))


def neighbours(credits: list[Credit]) -> list[tuple[int, int]]:
    """Places of pairs that share an artist or one of the first words of the title."""
    holders: dict[str, list[int]] = defaultdict(list)
    keys = [{*(name.lower() for name in one.artists), *one.title.lower().split()[:2]} for one in credits]
    for at, some in enumerate(keys):
        for key in some:
            holders[key].append(at)
    generator = random.Random(SEED)
    pairs = []
    for at, some in enumerate(keys):
        near = {other for key in some for other in generator.sample(holders[key], min(len(holders[key]), 6))}
        pairs += [(at, other) for other in sorted(near - {at})]
    return pairs


def rate(count: int, work: Callable[[], object]) -> int:
    """How many of ``count`` things a second, the median of some runs."""
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return round(count / float(np.median(seconds)))


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=30_000)
    args = parser.parse_args()
    texts = rows(args.data, args.rows)
    credits = [Credit.parse(artist, title, label=label) for artist, title, label in texts]
    places = neighbours(credits)
    pairs = [(credits[left], credits[right]) for left, right in places]
    compare(*pairs[0])  # loads the compiled kernel
    fresh = [Credit.parse(artist, title, label=label) for artist, title, label in texts]
    started = time.perf_counter()
    compare_many([(fresh[left], fresh[right]) for left, right in places])
    cold = time.perf_counter() - started
    found = compare_many(pairs)
    records = [packed(one) for one in credits]
    left, right = (np.array(side, np.int64) for side in zip(*places, strict=True))
    some = pairs[:20_000]
    single = rate(len(some), lambda: [compare(*pair) for pair in some])
    lines = [utils.default_process(f"{one.artist} - {one.full_title}") for one in credits]
    sides = [lines[at] for at in left], [lines[at] for at in right]
    figures = {
        "cores": os.cpu_count(),
        "credits": len(credits),
        "pairs": len(pairs),
        "share at .9 or above": round(float((found >= 0.9).mean()), 4),
        "columns, pairs/s": rate(len(pairs), lambda: record_features(records, left, right)),
        "compare_many, pairs/s": rate(len(pairs), lambda: compare_many(pairs)),
        "compare_many on fresh credits, pairs/s": round(len(pairs) / cold),
        "compare, microseconds": round(1e6 / single, 1),
        "token_sort_ratio, pairs/s": rate(
            len(pairs), lambda: process.cpdist(*sides, scorer=fuzz.token_sort_ratio, workers=-1)
        ),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
