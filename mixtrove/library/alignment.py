"""Which line of a tracklist is which line of its next version: values in, values out.

Lines are compared by what they say. First the raw text, then the credits (a renumbered line), both in
order and then out of order (a moved line); what is left at the same cue or in the same place is
taken for the same line with other content (an ID that was filled in).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

How = Literal["same", "replaced"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says, for aligning."""

    raw: str
    credits: tuple[str, ...]  # a key for each component
    cue: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """The old line at index ``old`` is the new line at index ``new``."""

    old: int
    new: int
    how: How


def align(old: Sequence[Said], new: Sequence[Said]) -> tuple[Pair, ...]:
    """Pairs of indexes, by ``new``; each index occurs at most once.

    A line without a partner was removed (old) or added (new). ``replaced`` pairs say different
    things and share only their place.
    """
    pairs: dict[int, Pair] = {}
    left_old, left_new = set(range(len(old))), set(range(len(new)))

    def take(found: Iterable[tuple[int, int]], how: How) -> None:
        for i, j in found:
            if i in left_old and j in left_new:
                pairs[j] = Pair(i, j, how)
                left_old.discard(i)
                left_new.discard(j)

    keys: tuple[Callable[[Said], Hashable], ...] = (
        lambda said: (said.raw, said.credits),
        lambda said: said.credits,
    )
    for key in keys:
        olds, news = sorted(left_old), sorted(left_new)
        old_keys, new_keys = [key(old[i]) for i in olds], [key(new[j]) for j in news]
        blocks = SequenceMatcher(None, old_keys, new_keys, autojunk=False).get_matching_blocks()
        take(((olds[b.a + k], news[b.b + k]) for b in blocks for k in range(b.size)), "same")
        take(_moved(old, new, sorted(left_old), sorted(left_new), key), "same")
    take(_same_cue(old, new, sorted(left_old), sorted(left_new)), "replaced")
    take(_same_place(pairs, sorted(left_old), sorted(left_new)), "replaced")
    return tuple(pairs[j] for j in sorted(pairs))


def _moved(
    old: Sequence[Said],
    new: Sequence[Said],
    left_old: Sequence[int],
    left_new: Sequence[int],
    key: Callable[[Said], Hashable],
) -> list[tuple[int, int]]:
    by_key: dict[Hashable, list[int]] = defaultdict(list)
    for i in left_old:
        by_key[key(old[i])].append(i)
    return [(by_key[key(new[j])].pop(0), j) for j in left_new if by_key[key(new[j])]]


def _same_cue(
    old: Sequence[Said], new: Sequence[Said], left_old: Sequence[int], left_new: Sequence[int]
) -> list[tuple[int, int]]:
    at = {old[i].cue: i for i in reversed(left_old) if old[i].cue is not None}
    return [(at.pop(new[j].cue), j) for j in left_new if new[j].cue in at]


def _same_place(
    pairs: dict[int, Pair], left_old: Sequence[int], left_new: Sequence[int]
) -> list[tuple[int, int]]:
    """The k-th line left behind the same aligned line, on both sides."""
    olds: dict[int, list[int]] = defaultdict(list)
    paired_old = sorted(pair.old for pair in pairs.values())
    for i in left_old:
        olds[max((o for o in paired_old if o < i), default=-1)].append(i)
    found: list[tuple[int, int]] = []
    for j in left_new:
        before = max((n for n in pairs if n < j), default=-1)
        anchor = pairs[before].old if before >= 0 else -1
        if olds[anchor]:
            found.append((olds[anchor].pop(0), j))
    return found
