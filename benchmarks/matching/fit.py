"""The only place where anything is fitted, and the gate in front of it.

    python -m benchmarks.matching fit --data FOLDER

writes the two data files of ``mixtrove.matching``: how common words are (``word_counts.csv``, counted, no
label needed) and what a score is worth (``confidence.csv``, an isotonic map). Pairs come from
``training_pairs`` alone and words from rows of training families: nothing is learnt from what is evaluated.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.matching.crude import read
from benchmarks.matching.pair import Pair, split_of
from benchmarks.matching.runner import PAIR_SETS
from benchmarks.matching.sources import Absent, catalogue_rows
from mixtrove.matching import Credit, compare
from mixtrove.matching.prepared import prepare
from mixtrove.matching.weights import LEAST

MATCHING = Path(__file__).parents[2] / "mixtrove" / "matching"
DAMAGED = ("musicbrainz20k",)  # sources whose rows are misspelt on purpose: their words are nobody's
LONGEST = 24  # letters of a word that is counted
GROUP = 8  # pairs that are looked at together when the isotonic map is made
PERFECT = 0.9999  # scores from here are 1, which has a confidence of its own
SURE = 0.9995  # the confidence of a score of 1: no text is proof


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
    for read_set in PAIR_SETS.values():
        try:
            found += [pair for pair in read_set(data) if pair.split == split]
        except Absent:
            continue
    return found


def fit_words(data: Path) -> int:
    """Write ``word_counts.csv`` from the catalogues' rows of training families; how many words it lists."""
    names: set[tuple[str, ...]] = set()
    titles: set[tuple[str, ...]] = set()
    for row in catalogue_rows(data):
        track = read(row["artist"], row["title"])
        if row.get("source") in DAMAGED or track is None or split_of(track.family) != "train":
            continue
        ready = prepare(Credit.parse(row["artist"], row["title"]))
        titles.add(ready.words)
        names.update(
            prepare(Credit((name,), "X")).artists for name in (*ready.credit.artists, *ready.credit.featured)
        )
    in_names = Counter(word for name in names for word in set(name))
    in_titles = Counter(word for title in titles for word in set(title))
    words = sorted(
        word
        for word in in_names.keys() | in_titles.keys()
        if len(word) <= LONGEST and word.isascii() and max(in_names[word], in_titles[word]) >= LEAST
    )
    with (MATCHING / "word_counts.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("word", "artists", "titles"))
        writer.writerow(("", len(names), len(titles)))
        writer.writerows((word, in_names[word], in_titles[word]) for word in words)
    return len(words)


def fit_confidence(data: Path) -> list[tuple[float, float]]:
    """Write ``confidence.csv``, the isotonic map of scores to confidences; returns its knots."""
    pairs = training_pairs(data)
    scores = np.array([compare(pair.left.credit(), pair.right.credit()).score for pair in pairs])
    knots = knots_of(scores, np.array([pair.same for pair in pairs], np.float64))
    with (MATCHING / "confidence.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("score", "confidence"))
        writer.writerows((f"{score:.4f}", f"{confidence:.4f}") for score, confidence in knots)
    return knots


def knots_of(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> list[tuple[float, float]]:
    """The points of a rising map from score to the share of same pairs, (0, 0) first.

    Pool adjacent violators over groups of ``GROUP`` pairs with neighbouring scores; a point at the first and
    at the last score of each pooled block. Rises everywhere, so that no order is lost.
    """
    inner = scores < PERFECT
    order = np.argsort(scores[inner], kind="stable")
    ordered, right = scores[inner][order], labels[inner][order]
    blocks: list[tuple[float, float, int, float]] = []  # first and last score, pairs, share
    for first in range(0, len(ordered), GROUP):
        part = slice(first, first + GROUP)
        some = ordered[part]
        blocks.append((float(some[0]), float(some[-1]), len(some), float(right[part].mean())))
        while len(blocks) > 1 and blocks[-2][3] >= blocks[-1][3]:
            (low, _, few, share), (_, high, more, other) = blocks[-2:]
            blocks[-2:] = [(low, high, few + more, (few * share + more * other) / (few + more))]
    knots = [(0.0, 0.0)]
    for low, high, _, share in blocks:
        for score in (low, high):
            rising = max(min(share, SURE - 0.001), knots[-1][1] + 0.0002)
            if score > knots[-1][0] + 0.001:
                knots.append((round(score, 4), round(rising, 4)))
    return [*knots, (1.0, SURE)]
