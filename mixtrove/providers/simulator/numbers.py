"""Numbers that look drawn but are always the same: what a catalogue does not say is made from them.

A *seed* (64 bits) belongs to a song, a release or a name; a *word* says what is drawn from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
Seeds = npt.NDArray[np.uint64]

ID_BITS = 44
"""Bits of an id. Real ones are shorter, but then two of 200,000 songs would often share one."""

_ALL = (1 << 64) - 1


def seed_of(text: str) -> int:
    """The seed of a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


@lru_cache(maxsize=4096)
def _salt(word: str) -> int:
    return seed_of(word)


def drawn(seed: int, word: str) -> int:
    """64 bits drawn from a seed (the finaliser of splitmix64)."""
    value = ((seed ^ _salt(word)) + 0x9E3779B97F4A7C15) & _ALL
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _ALL
    return value ^ (value >> 31)


def all_drawn(seeds: Seeds, word: str) -> Seeds:
    """The same for many seeds at once."""
    value = (seeds ^ np.uint64(_salt(word))) + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def id_of(seed: int, word: str) -> int:
    """The id that the thing with this seed has in the numbering ``word``."""
    return drawn(seed, word) >> (64 - ID_BITS)


def below(seed: int, word: str, limit: int) -> int:
    """A number from 0 to ``limit`` - 1."""
    return drawn(seed, word) % limit


def one_of(seed: int, word: str, choices: Sequence[T]) -> T:
    """One of the choices."""
    return choices[drawn(seed, word) % len(choices)]


def chance(seed: int, word: str, share: float) -> bool:
    """True for this share of all seeds."""
    return drawn(seed, word) < share * 2.0**64


class Numbering:
    """Which rows have an id: the way back from ``id_of``."""

    def __init__(self, seeds: Seeds, word: str, modulus: int = 1 << ID_BITS) -> None:
        """The ids of these seeds, taken modulo ``modulus``."""
        ids = (all_drawn(seeds, word) >> np.uint64(64 - ID_BITS)) % np.uint64(modulus)
        self._rows = np.argsort(ids, kind="stable")
        self._ids = ids[self._rows]

    def rows(self, number: int) -> list[int]:
        """The rows with this id, in order."""
        if not 0 <= number < 1 << 63:
            return []
        first = np.searchsorted(self._ids, np.uint64(number))
        last = np.searchsorted(self._ids, np.uint64(number), side="right")
        return sorted(self._rows[first:last].tolist())
