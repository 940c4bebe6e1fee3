"""Joining pairs to groups: the surest pair first, and never two groups between which anything contradicts.

So no group holds two versions, and one stranger that is like two tracks does not make them one. Tracks are
numbers here; what pairs say is ``evidence.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LARGEST = 60  # members beyond which a group is no recording but a placeholder
LOOSEST = 400  # tracks that hang together beyond which only the surest pairs are looked at

Contradictions = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]
Pair = tuple[int, int, float, int]  # two tracks, the strength of what makes them one, and its place


class Group(NamedTuple):
    """Tracks that are one, in order, and the places of the pairs that joined them, the surest first."""

    members: list[int]
    joined: list[int]


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
    columns = (left[order], right[order], strengths[order], order)
    pairs = list(zip(*(column.tolist() for column in columns), strict=True))
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

    for one, other, *_ in pairs:
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
    """The pairs within what hangs together that contradict; two tracks alone need not be asked again."""
    asked = [pair for some in together if len(some) > 1 for pair in combinations(_members(some), 2)]
    if not asked:
        return set()
    left, right = np.array(asked, np.int64).T
    which = contradicted(np.ascontiguousarray(left), np.ascontiguousarray(right))
    return {pair for pair, against in zip(asked, which.tolist(), strict=True) if against}


def _joined(pairs: Sequence[Pair], against: set[tuple[int, int]]) -> list[Group]:
    groups = {one: Group([one], []) for one in _members(pairs)}
    home = {one: one for one in groups}
    for one, other, _, place in pairs:
        ours, theirs = home[one], home[other]
        if ours == theirs:
            continue
        mine, others = groups[ours], groups[theirs]
        if len(mine.members) + len(others.members) > LARGEST or any(
            (min(pair), max(pair)) in against for pair in product(mine.members, others.members)
        ):
            continue
        for member in others.members:
            home[member] = ours
        groups[ours] = Group(sorted(mine.members + others.members), [*mine.joined, *others.joined, place])
        del groups[theirs]
    return [group for group in groups.values() if len(group.members) > 1]
