"""All pairs of tracks that are worth comparing, each once, in order.

The keys and the glance are ``blocking.py``; this runs it over all tracks and keys with the cores there are.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from mixtrove.duplicates import blocking
from mixtrove.duplicates.tracks import Packed, Progress

BLOCK = 50_000  # tracks that are filed at a time

Filed = list[tuple[NDArray[np.uint64], NDArray[np.uint32]]]  # keys and the numbers of tracks


def candidate_pairs(packed: Packed, threads: int, progress: Progress) -> NDArray[np.uint64]:
    """Pairs as ``left << 32 | right`` of track numbers, ascending."""
    count = len(packed.starts)
    glance = blocking.Glance(
        names=np.zeros(count, np.uint64),
        titles=np.zeros(count, np.uint64),
        albums=np.zeros(count, np.uint64),
        lengths=np.zeros(count, np.int32),
        years=np.zeros(count, np.int32),
        positions=np.zeros(count, np.uint64),
    )
    filed: list[Filed] = [[] for _ in range(blocking.KINDS)]
    with ThreadPoolExecutor(threads) as pool:
        for parts in pool.map(lambda first: _file(packed, first, glance), range(0, count, BLOCK)):
            for kind, part in enumerate(parts):
                filed[kind].append(part)
        found: list[NDArray[np.uint64]] = []
        for some in pool.map(lambda kind: _of_kind(kind, filed, glance), range(len(filed))):
            found.append(some)
            progress("searched", len(found), len(filed))
    return np.unique(np.concatenate(found))


def _file(packed: Packed, first: int, glance: blocking.Glance) -> Filed:
    numbers = np.arange(first, min(first + BLOCK, len(packed.starts)))
    headers, text = packed.unpacked(numbers)
    room = len(numbers) * blocking.MOST_KEYS
    kinds, keys, rows = np.empty(room, np.uint8), np.empty(room, np.uint64), np.empty(room, np.uint32)
    total = blocking.file_tracks(
        headers, text, packed.positions[numbers], packed.identities[numbers], first, glance, kinds, keys, rows
    )
    kinds = kinds[:total]
    return [(keys[:total][kinds == kind], rows[:total][kinds == kind]) for kind in range(blocking.KINDS)]


def _of_kind(kind: int, filed: list[Filed], glance: blocking.Glance) -> NDArray[np.uint64]:
    keys = np.concatenate([np.zeros(0, np.uint64), *(part[0] for part in filed[kind])])
    numbers = np.concatenate([np.zeros(0, np.uint32), *(part[1] for part in filed[kind])])
    filed[kind] = []  # let go of what is not needed any more
    order = np.argsort(keys, kind="stable")
    exact = kind in (blocking.EXACT, blocking.TURNED)
    pairs = blocking.pair_up(keys[order], numbers[order], blocking.LARGEST[kind], exact, glance)
    return np.unique(pairs)
