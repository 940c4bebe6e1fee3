"""The only place where anything may be fitted to labelled pairs, and the gate in front of it.

    python -m benchmarks.matching fit --data FOLDER

Whatever is fitted takes its pairs from ``training_pairs`` alone, so nothing is learnt from evaluated pairs.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.matching.pair import Pair
from benchmarks.matching.runner import PAIR_SETS
from benchmarks.matching.sources import Absent


class EvaluationSplit(Exception):
    """Pairs that are evaluated were asked for to fit something."""


def training_pairs(data: Path, split: str = "train") -> list[Pair]:
    """The pairs of all sets that may be fitted to; absent sets give none.

    Raises:
        EvaluationSplit: another split than ``train`` was asked for.
    """
    if split != "train":
        raise EvaluationSplit(f"the split {split!r} is evaluated; only 'train' may be fitted to")
    found: list[Pair] = []
    for read in PAIR_SETS.values():
        try:
            found += [pair for pair in read(data) if pair.split == split]
        except Absent:
            continue
    return found
