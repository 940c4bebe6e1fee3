"""Which sets there are, and one run over some of them: cases in, figures and outcomes out.

Printing is ``report.py``, keeping and comparing runs ``saved.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.matching import metrics
from benchmarks.matching.cleanup import run_cleanup
from benchmarks.matching.corpus import corpus_pairs, digest
from benchmarks.matching.itunes_amazon import SETS as ITUNES_AMAZON
from benchmarks.matching.itunes_amazon import itunes_amazon_pairs
from benchmarks.matching.musicbrainz import run_musicbrainz
from benchmarks.matching.outcome import Outcome, Result
from benchmarks.matching.pair import Pair
from benchmarks.matching.parser_sample import run_parser
from benchmarks.matching.peers import peer_figures
from benchmarks.matching.radio import radio_pairs
from benchmarks.matching.retrieval import run_retrieval
from benchmarks.matching.sources import Absent
from mixtrove.matching import compare_many

PAIR_SETS: dict[str, Callable[[Path], list[Pair]]] = {
    "corpus": corpus_pairs,
    **{name: partial(itunes_amazon_pairs, name=name) for name in ITUNES_AMAZON},
    "radio": radio_pairs,
}


def confidences(pairs: Sequence[Pair]) -> tuple[np.ndarray[Any, np.dtype[np.float64]], dict[str, float]]:
    """What ``compare_many`` says of the pairs, and how long parsing and comparing took, in seconds."""
    started = time.perf_counter()
    credits = [(pair.left.credit(), pair.right.credit()) for pair in pairs]
    parsed = time.perf_counter()
    found = compare_many(credits)
    done = time.perf_counter()
    return found, {
        "parse, s": round(parsed - started, 2),
        "compare, s": round(done - parsed, 2),
        "pairs/s": round(len(pairs) / max(done - parsed, 1e-9)),
    }


def run_pairs(pairs: list[Pair], *, quick: bool = False, peers: bool = False) -> Result:
    """The figures of a set of pairs: of the evaluated split, and in short of the other."""
    if quick:
        pairs = [pair for pair in pairs if int(pair.id, 16) % 10 == 0]
    if not pairs:
        return Result({"absent": "no pairs"})
    values, seconds = confidences(pairs)
    figures: dict[str, Any] = {"sha256": digest(pairs), **seconds}
    outcomes: list[Outcome] = []
    for split in ("eval", "train"):
        chosen = [at for at, pair in enumerate(pairs) if pair.split == split]
        if not chosen:
            continue
        some, said = [pairs[at] for at in chosen], values[chosen]
        labels = np.array([pair.same for pair in some])
        figures[split] = metrics.summary(labels, said)
        if len(some) < 1000:
            figures[split]["f1 interval"] = metrics.bootstrap_f1(labels, said >= metrics.SAME)
        figures[split]["kinds"] = metrics.by_kind([pair.kind for pair in some], labels, said)
        if split == "eval":
            outcomes = [
                Outcome(
                    pair.id, pair.set, pair.kind, pair.same, float(value),
                    bool(value >= metrics.ACCEPT) == pair.same, f"{pair.left.line()}  ‖  {pair.right.line()}",
                )
                for pair, value in zip(some, said, strict=True)
            ]  # fmt: skip
    if peers:
        figures["peers"] = peer_figures(pairs)
    return Result(figures, outcomes)


SETS: dict[str, Callable[[Path, bool], Result]] = {}


def run(name: str, data: Path, *, quick: bool = False, peers: bool = False) -> Result:
    """One set by its name; absent files give a result that says so."""
    try:
        if name in PAIR_SETS:
            return run_pairs(PAIR_SETS[name](data), quick=quick, peers=peers)
        return SETS[name](data, quick)
    except Absent as missing:
        return Result({"absent": str(missing)})


def errors(outcomes: Sequence[Outcome], count: int) -> list[str]:
    """Some wrong cases, drawn by seed, as texts."""
    wrong = [one for one in outcomes if not one.right]
    some = Random(1).sample(wrong, min(count, len(wrong)))
    return [
        f"    {one.kind}, {'same' if one.same else 'different'}, {one.confidence:.2f}: {one.text}"
        for one in some
    ]


def _pair_set(name: str) -> Callable[[Path, bool], Result]:
    return lambda data, quick: run_pairs(PAIR_SETS[name](data), quick=quick)


SETS |= {name: _pair_set(name) for name in PAIR_SETS}
SETS |= {
    "musicbrainz": run_musicbrainz,
    "cleanup": run_cleanup,
    "parser": run_parser,
    "retrieval": run_retrieval,
}
