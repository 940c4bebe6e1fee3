"""Numbers that stand for texts and sets of texts, and ids made of numbers; whole columns at a time.

Sixty-four bits: among 30 million rows and a million questions two that differ have an equal number about
once in half a million runs. Nothing here knows about music.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]
Places: TypeAlias = NDArray[np.int64]

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_NIBBLES = np.stack([_HEX[np.arange(256) >> 4], _HEX[np.arange(256) & 15]], 1)  # of a byte, two letters
_FILTER_BITS = 27


def mixed(values: Hashes) -> Hashes:
    """The values well shuffled over all 64 bits, one to one (the finaliser of splitmix64)."""
    found = values + np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


def both(left: Hashes, right: Hashes) -> Hashes:
    """The number of an ordered pair."""
    return mixed(left + mixed(right))


def text_hashes(texts: Sequence[str] | pl.Series) -> Hashes:
    """A number for each text, equal for equal texts within one process."""
    return pl.Series("text", texts, dtype=pl.String).hash(seed=7).to_numpy().astype(np.uint64)


class Members:
    """A set of numbers that answers for whole columns; most numbers that are not in it cost one look."""

    def __init__(self, values: Hashes) -> None:
        self.values = np.unique(values)
        self._filter = np.zeros(1 << _FILTER_BITS, np.bool_)
        self._filter[self._slots(self.values)] = True

    @staticmethod
    def _slots(values: Hashes) -> Hashes:
        return values >> np.uint64(64 - _FILTER_BITS)

    def has(self, asked: Hashes) -> NDArray[np.bool_]:
        """Whether each number is in the set."""
        found = self._filter[self._slots(asked)]
        at = np.flatnonzero(found)
        if len(self.values) == 0:
            return found
        places = np.searchsorted(self.values, asked[at])
        found[at] = self.values[np.minimum(places, len(self.values) - 1)] == asked[at]
        return found


def uuids(numbers: NDArray[np.integer], salt: int) -> pl.Series:
    """A UUID of version 4 for each number and salt, as text; always the same for the same two."""
    seeds = mixed(numbers.astype(np.uint64) + mixed(np.array([salt], np.uint64)))
    raw = np.stack([seeds, mixed(seeds)], 1).astype(">u8").view(np.uint8).reshape(-1, 16)
    raw[:, 6] = raw[:, 6] & 15 | 64
    raw[:, 8] = raw[:, 8] & 63 | 128
    letters = _NIBBLES[raw].reshape(-1, 32)
    text = np.full((len(raw), 36), ord("-"), np.uint8)
    for start, end, shift in ((0, 8, 0), (8, 12, 1), (12, 16, 2), (16, 20, 3), (20, 32, 4)):
        text[:, start + shift : end + shift] = letters[:, start:end]
    offsets = np.arange(0, 36 * (len(raw) + 1), 36, dtype=np.int64)
    arrow = pa.LargeStringArray.from_buffers(len(raw), pa.py_buffer(offsets), pa.py_buffer(text))
    return pl.Series("id", arrow)
