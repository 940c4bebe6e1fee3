"""What a rule of the corpus proposes: two texts and the track families they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from benchmarks.matching.crude import Track
from benchmarks.matching.pair import Text

if TYPE_CHECKING:
    from benchmarks.matching.corpus import Material


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two texts whose label is that of the rule which proposes them."""

    left: Text
    right: Text
    families: tuple[str, ...]


Rule = Callable[["Material", Random], Iterator[Proposal]]


def of_tracks(left: Track, right: Track) -> Proposal:
    """Two tracks as their sources spell them."""
    return Proposal(left.text, right.text, tuple(dict.fromkeys((left.family, right.family))))


def shuffled(tracks: tuple[Track, ...], rng: Random) -> Iterator[Track]:
    """The tracks in a random order of their own, drawn as they are asked for: most rules need few."""
    left = list(tracks)
    while left:
        at = rng.randrange(len(left))
        left[at], left[-1] = left[-1], left[at]
        yield left.pop()
