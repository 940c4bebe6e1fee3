"""Joining records to recordings: equal identity first, then pairs that score as the same (MATCHING §6).

Two groups are joined only when no pair across them contradicts: a pair whose score is below ``AGAINST``,
which a version, a number or another title causes. Scores are the caller's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from mixtrove.matching import Credit, identity_key

AGAINST = 0.5
LARGEST = 60  # members beyond which a group is no recording but a placeholder

Pairs = set[tuple[int, int]]


def cluster(
    credits: Sequence[Credit],
    scores: Mapping[tuple[int, int], float],
    score: Callable[[int, int], float],
    *,
    threshold: float,
) -> Pairs:
    """All pairs of positions that are one recording after joining.

    ``scores`` holds the candidate pairs, each once and in order; ``score`` gives that of any other pair.
    """
    groups: dict[int, list[int]] = {}
    home = list(range(len(credits)))
    keys: dict[str, list[int]] = defaultdict(list)
    for at, credit in enumerate(credits):
        keys[f"unknown {at}" if credit.unknown else identity_key(credit)].append(at)
    for members in keys.values():
        groups[members[0]] = members
        for at in members:
            home[at] = members[0]
    known = dict(scores)

    def contradicts(left: int, right: int) -> bool:
        pair = min(left, right), max(left, right)
        if pair not in known:
            known[pair] = score(*pair)
        return known[pair] < AGAINST

    for (left, right), value in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        if value < threshold:
            break
        ours, theirs = home[left], home[right]
        if ours == theirs or len(groups[ours]) + len(groups[theirs]) > LARGEST:
            continue
        if not any(contradicts(one, other) for one in groups[ours] for other in groups[theirs]):
            for at in groups[theirs]:
                home[at] = ours
            groups[ours] = groups[ours] + groups.pop(theirs)
    return {pair for members in groups.values() for pair in combinations(sorted(members), 2)}
