"""The packed records of a catalogue on disk: one file of bytes, and where each record ends in it.

Mapped into memory, so that all processes share it and only what is looked at is read. The form of a stored
record is ``matching.packed.shrink``'s; texts as their source spells them are in ``recordings.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixtrove.matching import kernel
from mixtrove.matching.packed import widen

BLOB, ENDS, BLOCKS = "records.bin", "records.ends.npy", "records.blocks.npy"
_BLOCK = 1 << 16  # records whose ends count from one place: 4 bytes a record are enough


class Records:
    """The stored records of a catalogue, by number from 0. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        size = (folder / BLOB).stat().st_size
        self.blob: NDArray[np.uint8] = (
            np.memmap(folder / BLOB, np.uint8, "r").view(np.ndarray) if size else np.empty(0, np.uint8)
        )
        self._ends = np.load(folder / ENDS, mmap_mode="r").view(np.ndarray)
        self._blocks = np.load(folder / BLOCKS)

    def __len__(self) -> int:
        return len(self._ends)

    def places(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the records of these numbers start and end in ``blob``."""
        return self._ends_of(numbers - 1), self._ends_of(numbers)

    def _ends_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        ends: NDArray[np.int64] = self._ends[numbers] + self._blocks[numbers // _BLOCK]
        return np.where(numbers < 0, 0, ends)

    def packed(self, numbers: NDArray[np.int64]) -> list[bytes]:
        """Records as ``matching.packed`` writes them."""
        return widen(self.blob, *self.places(numbers))

    def unpacked(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """The headers and the text of records, as ``kernel.py`` and ``retrieval.py`` read them."""
        starts, stops = self.places(numbers)
        headers = np.zeros((len(numbers), kernel.HEADER), np.int64)
        text = np.zeros(int((stops - starts).sum()), np.uint8)
        kernel.widen_records(self.blob, starts, stops, headers, text)
        return headers, text


def write_ends(folder: Path, lengths: Sequence[NDArray[np.int64]]) -> None:
    """Write where each record of ``records.bin`` ends, given their lengths in order."""
    ends = np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths]))
    before = np.concatenate([np.zeros(1, np.int64), ends])[::_BLOCK]
    relative = ends - before[np.arange(len(ends)) // _BLOCK]
    np.save(folder / ENDS, relative.astype(np.uint32))
    np.save(folder / BLOCKS, before)
