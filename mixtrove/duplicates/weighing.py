"""Weighing many pairs of packed tracks: in chunks, over the cores, in bounded memory.

What a pair's numbers mean is ``evidence.py``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixtrove.duplicates.evidence import DIFFERENT, Weighed, weigh
from mixtrove.duplicates.tracks import Packed, Progress
from mixtrove.matching import kernel
from mixtrove.matching.verdict import Rule

CHUNK = 40_000  # pairs at a time: some 50 MB for each core


class Pairs(NamedTuple):
    """Pairs of track numbers, left < right, and what was found of them; int64 of shape (pairs,)."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    weighed: Weighed


def split(codes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The left and the right numbers of pairs written as ``left << 32 | right``."""
    return (codes >> np.uint64(32)).astype(np.int64), (codes & np.uint64(0xFFFFFFFF)).astype(np.int64)


def joined(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Pairs written as ``left << 32 | right``."""
    return left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64)


def weigh_pairs(packed: Packed, left: NDArray[np.int64], right: NDArray[np.int64], rule: Rule) -> Weighed:
    """The verdicts about pairs of tracks, all at once."""
    rows, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    headers, text = packed.unpacked(rows)
    features = np.empty((len(left), kernel.FEATURES))
    facts = np.empty((len(left), kernel.FACTS))
    kernel.weigh_pairs(headers, text, places[: len(left)], places[len(left) :], features, facts)
    ours, theirs = packed.positions[left], packed.positions[right]
    positions = np.where((ours == 0) | (theirs == 0), -1.0, (ours == theirs).astype(np.float64))
    flags = headers[:, kernel.FLAGS][places].reshape(2, -1)
    generic = (flags[0] | flags[1]) & kernel.FLAG_GENERIC != 0
    found = weigh(features, facts, positions, generic, rule)
    # known to be two: a catalogue number or a person told namesakes apart
    namesakes = (packed.identities[left] == packed.identities[right]) & (
        packed.apart[left] != packed.apart[right]
    )
    found.verdicts[namesakes] = DIFFERENT
    found.agreed[namesakes] = False
    found.contradicted[namesakes] = True
    return found


def weigh_all(
    packed: Packed,
    codes: NDArray[np.uint64],
    kept: NDArray[np.uint64],
    threads: int,
    rule: Rule,
    progress: Progress,
) -> Pairs:
    """Of the pairs in ``codes``, ascending, those that are not two tracks and those in ``kept``."""

    def chunk(start: int) -> Pairs:
        some = codes[start : start + CHUNK]
        left, right = split(some)
        weighed = weigh_pairs(packed, left, right, rule)
        which = (weighed.verdicts != DIFFERENT) | np.isin(some, kept, assume_unique=True)
        return Pairs(left[which], right[which], Weighed._make(column[which] for column in weighed))

    parts: list[Pairs] = []
    starts = range(0, len(codes), CHUNK)
    with ThreadPoolExecutor(threads) as pool:
        for part in pool.map(chunk, starts or [0]):
            parts.append(part)
            progress("compared", min(len(parts) * CHUNK, len(codes)), len(codes))
    return Pairs(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        Weighed._make(
            np.concatenate(columns) for columns in zip(*(part.weighed for part in parts), strict=True)
        ),
    )
