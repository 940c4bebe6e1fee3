"""Comparing two credits: one score, one confidence, one decision, and the reasons (MATCHING §5).

How a score comes about is ``kernel.py``; this calls it for one pair or for many and says what a score is
worth. Choosing among several candidates, where the margin to the runner-up counts, is ``choice.py``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from mixtrove.matching import kernel
from mixtrove.matching.credit import Credit
from mixtrove.matching.packed import packed, unpack
from mixtrove.matching.reasons import AGREES, agrees, reasons

_log = logging.getLogger(__name__)

ACCEPT = 0.85


@dataclass(frozen=True, slots=True)
class Rule:
    """From which scores on a pair is the same recording, and from which a person should look.

    ``margin`` is how far the best candidate must be above the next one of another track (MATCHING §5).
    """

    accept: float = ACCEPT
    review: float = kernel.REVIEW
    margin: float = 0.10
    strict_cuts: bool = False  # whether another length of the same version is for a person to judge


RULE = Rule()

CHUNK = 65_536  # pairs that are scored at a time: bounds the memory to some tens of megabytes
_SIDE_BY_SIDE = 4_096  # pairs below which a second thread costs more than it saves

Decision = Literal["same", "unsure", "different"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing two credits gave. ``score`` is MATCHING §5's s; ``confidence`` is calibrated.

    ``title`` and ``artist`` say how far the two agree, ``gate`` how far the versions let them: all in [0, 1].
    """

    confidence: float
    decision: Decision
    reasons: tuple[str, ...]
    score: float
    title: float = 0.0
    artist: float = 0.0
    gate: float = 1.0
    swapped: bool = False  # whether one is the other with artist and title swapped


def compare(left: Credit, right: Credit, rule: Rule = RULE) -> Verdict:
    """Whether two credits are the same recording; symmetric, never raises.

    >>> opus = Credit.parse("Eric Prydz", "Opus")
    >>> compare(opus, Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")).decision
    'different'
    """
    return verdict(left, right, features([left, right], _FIRST, _SECOND)[0].tolist(), rule)


def compare_many(pairs: Sequence[tuple[Credit, Credit]]) -> NDArray[np.float64]:
    """The confidences of many pairs, shape (len(pairs),): the same numbers as ``compare``.

    The memory it needs does not grow with the number of pairs, but for the result.
    """
    found = np.empty(len(pairs), np.float64)
    for start in range(0, len(pairs), CHUNK):
        part = pairs[start : start + CHUNK]
        credits = list(chain.from_iterable(part))
        _, first, place = np.unique(
            np.fromiter(map(id, credits), np.int64, len(credits)), return_index=True, return_inverse=True
        )
        place = place.reshape(len(part), 2)
        rows = features(
            [credits[at] for at in first.tolist()],
            np.ascontiguousarray(place[:, 0]),
            np.ascontiguousarray(place[:, 1]),
        )
        found[start : start + len(part)] = confidences(rows[:, kernel.SCORE])
    return found


def features(
    credits: Sequence[Credit], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What the kernel measures of pairs of ``credits``: one row a pair, columns as ``kernel`` names them.

    ``left`` and ``right`` are places in ``credits``, shape (pairs,).
    """
    return record_features([packed(credit) for credit in credits], left, right)


def record_features(
    records: Sequence[bytes], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    """``features`` of credits that are packed already, over the cores."""
    _say_when_compiling()
    headers, text = unpack(records)
    found = np.empty((len(left), kernel.FEATURES), np.float64)
    if len(left) < _SIDE_BY_SIDE:
        kernel.score_pairs(headers, text, left, right, found)
        return found
    with ThreadPoolExecutor(_cores()) as pool:
        for done in [
            pool.submit(kernel.score_pairs, headers, text, left[part], right[part], found[part])
            for part in _parts(len(left), _cores())
        ]:
            done.result()
    return found


class HasCredit(Protocol):
    """Something whose credit takes time to make."""

    @property
    def credit(self) -> Credit:
        """The credit."""


def verdict(left: Credit, right: Credit | HasCredit, row: Sequence[float], rule: Rule = RULE) -> Verdict:
    """The verdict that one row of features means.

    The right side's credit is made only when there is more to say than that all agrees.
    """
    value = row[kernel.SCORE]
    if rule.strict_cuts and row[kernel.REASON] == kernel.OTHER_CUT:
        value = min(value, max(rule.accept - 0.01, 0.0))
    decision: Decision = "different"
    if value >= rule.accept:
        decision = "same"
    elif value >= rule.review:
        decision = "unsure"
    if agrees(row):
        said: tuple[str, ...] = (AGREES,)
    else:
        other = right if isinstance(right, Credit) else right.credit
        said = reasons(left, other, row)
    return Verdict(
        confidence(value), decision, said, value,
        row[kernel.TITLE_ALIKE], row[kernel.ARTIST_ALIKE], row[kernel.GATE],
        bool(int(row[kernel.NOTES]) & kernel.SWAPPED),
    )  # fmt: skip


@lru_cache(maxsize=65_536)  # most lines that are found score 1
def confidence(value: float) -> float:
    """The calibrated confidence of a score, both in [0, 1]."""
    return float(confidences(np.array([value]))[0])


def confidences(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """``confidence`` of many scores."""
    return np.interp(scores, *_calibration())


@cache
def _calibration() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``confidence.csv``: scores and the shares of labelled pairs that were one recording there.

    Written by ``python -m benchmarks.matching fit``.
    """
    text = files("mixtrove.matching").joinpath("confidence.csv").read_text(encoding="utf-8")
    rows = np.array([line.split(",") for line in text.split()[1:]], np.float64)
    return rows[:, 0], rows[:, 1]


@cache
def _say_when_compiling() -> None:
    stats = getattr(kernel.score_pairs, "stats", None)
    if stats is None or not (
        stats.cache_path and any(Path(stats.cache_path).glob("kernel.score_pairs-*.nbi"))
    ):
        _log.warning("compiling the comparison, once after each installation: about ten seconds")


def _cores() -> int:
    return min(os.cpu_count() or 1, 8)


def _parts(count: int, of: int) -> Iterator[slice]:
    size = -(-count // of)
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


_FIRST, _SECOND = np.array([0]), np.array([1])
