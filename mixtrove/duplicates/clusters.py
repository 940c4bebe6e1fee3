"""Joining pairs to groups: the surest pair first, and never two groups between which anything contradicts.

So no group holds two versions, and one stranger that is like two tracks does not make them one. Tracks are
numbers here; what pairs say is ``evidence.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

LARGEST = 60  # members beyond which a group is no recording but a placeholder
LOOSEST = 400  # tracks that hang together beyond which only the surest pairs are looked at

Contradictions = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]
Pair = tuple[int, int, float]  # two tracks and the strength of what makes them one
Group = tuple[list[int], float]  # the members in order, and the strength of the weakest pair that joined two


def cluster(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    strengths: NDArray[np.float64],
    contradicted: Contradictions,
) -> list[Group]:
    """Groups of two and more, in the order of their first members.

    ``left`` and ``right`` are the pairs that are one track; ``contradicted`` says of any pairs, left < right,
    whether no group may hold them.
    """
    order = np.lexsort((right, left, -np.round(strengths, 6)))
    pairs = list(zip(left[order].tolist(), right[order].tolist(), strengths[order].tolist(), strict=True))
    together = _components(pairs)
    against = _contradictions(together, contradicted)
    groups = [group for some in together for group in _joined(some, against)]
    return sorted(groups)


def _components(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs by what hangs together; of what is too large only pairs that are surer, until it is not."""
    home: dict[int, int] = {}

    def find(one: int) -> int:
        while home.setdefault(one, one) != one:
            home[one] = home[home[one]]
            one = home[one]
        return one

    for one, other, _ in pairs:
        ours, theirs = find(one), find(other)
        if ours != theirs:
            home[max(ours, theirs)] = min(ours, theirs)
    found: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[find(pair[0])].append(pair)
    together: list[list[Pair]] = []
    for some in found.values():
        if len(_members(some)) <= LOOSEST:
            together.append(some)
        else:
            least = some[-1][2]
            together += _components([pair for pair in some if pair[2] > least])
    return together


def _members(pairs: Sequence[Pair]) -> list[int]:
    return sorted({one for pair in pairs for one in pair[:2]})


def _contradictions(together: Sequence[list[Pair]], contradicted: Contradictions) -> set[tuple[int, int]]:
    """The pairs within what hangs together that contradict; two tracks alone have nobody else to ask."""
    asked = [pair for some in together for pair in combinations(_members(some), 2)]
    if not asked:
        return set()
    left, right = np.array(asked, np.int64).T
    which = contradicted(np.ascontiguousarray(left), np.ascontiguousarray(right))
    return {pair for pair, against in zip(asked, which.tolist(), strict=True) if against}


def _joined(pairs: Sequence[Pair], against: set[tuple[int, int]]) -> list[Group]:
    groups: dict[int, tuple[list[int], float]] = {one: ([one], 2.0) for one in _members(pairs)}
    home = {one: one for one in groups}
    for one, other, strength in pairs:
        ours, theirs = home[one], home[other]
        if ours == theirs:
            continue
        (mine, weakest), (others, theirs_weakest) = groups[ours], groups[theirs]
        if len(mine) + len(others) > LARGEST or any(
            (min(pair), max(pair)) in against for pair in product(mine, others)
        ):
            continue
        for member in others:
            home[member] = ours
        groups[ours] = sorted(mine + others), min(weakest, theirs_weakest, strength)
        del groups[theirs]
    return [group for group in groups.values() if len(group[0]) > 1]
