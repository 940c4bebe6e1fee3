"""The look-up tables of a catalogue on disk: made once from the stored records, then mapped into memory.

One NumPy file a column; all processes that open them share the same pages. What is filed under which key and
how it is found is ``retrieval.py``; the records themselves are ``records.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixtrove.catalogue import retrieval
from mixtrove.catalogue.records import Records
from mixtrove.catalogue.retrieval import Filed, Names, Postings
from mixtrove.errors import MixtroveError

BLOCK = 200_000  # records that are filed at a time
_PER_BUCKET = 4  # keys that share their leading bits, on average

Progress = Callable[[int, int], None]  # (steps done, of)


class Tables:
    """The open tables of a catalogue. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.artists = Postings._make(_column(folder, "artists", name) for name in Postings._fields)
        self.titles = Postings._make(_column(folder, "titles", name) for name in Postings._fields)
        self.names = Names._make(_column(folder, "names", name) for name in Names._fields)

    def called(self, title: str) -> int:
        """How many recordings are filed under a title, in normal form without spaces."""
        return _postings(self.titles, title, retrieval.TITLE_SEED)

    def by(self, name: str) -> int:
        """How many recordings are filed under an artist's name, in normal form without spaces."""
        return _postings(self.artists, name, retrieval.NAME_SEED)


def _postings(table: Postings, text: str, seed: int) -> int:
    key = np.uint64(retrieval.text_key(np.frombuffer(text.encode("ascii", "replace"), np.uint8), seed))
    at = int(np.searchsorted(table.keys, key))
    if at == len(table.keys) or table.keys[at] != key:
        return 0
    return int(table.starts[at + 1]) - int(table.starts[at])


def write_tables(folder: Path, threads: int, progress: Progress) -> None:
    """File all records of ``folder`` and write the tables there; takes some 150 bytes a recording."""
    firsts = range(0, len(Records(folder)), BLOCK)
    steps = len(firsts) + 3
    with ThreadPoolExecutor(threads) as pool:
        filed: list[tuple[Filed, Filed]] = []
        for some in pool.map(lambda first: _filed(folder, first), firsts):
            filed.append(some)
            progress(len(filed), steps)
    names, titles = [one for one, _ in filed], [one for _, one in filed]
    del filed
    _write_postings(folder, "titles", titles)
    progress(steps - 2, steps)
    keys, recordings = _write_postings(folder, "artists", names)
    progress(steps - 1, steps)
    _write_names(folder, *_spelled(folder, keys, recordings))
    progress(steps, steps)


def _filed(folder: Path, first: int) -> tuple[Filed, Filed]:
    records = Records(folder)  # opened for each block: what was read is let go with it
    numbers = np.arange(first, min(first + BLOCK, len(records)))
    headers, text = records.unpacked(numbers)
    names, titles = (_room(len(numbers) * most) for most in (retrieval.MOST_NAMES, retrieval.MOST_TITLES))
    named, titled = retrieval.file_recordings(headers, text, first, names, titles)
    return (
        Filed._make(one[:named].copy() for one in names),
        Filed._make(one[:titled].copy() for one in titles),
    )


def _room(rows: int) -> Filed:
    return Filed(
        np.empty(rows, np.uint64),
        np.empty(rows, np.uint64),
        np.empty(rows, np.uint32),
        np.empty(rows, np.uint32),
    )


def _write_postings(
    folder: Path, table: str, filed: list[Filed]
) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Sort rows by key and write them, emptying ``filed``; returns the keys and a recording of each."""
    whole = Filed._make(np.concatenate(columns) for columns in zip(*(filed or [_room(0)]), strict=True))
    filed.clear()
    if len(whole.keys) >= 1 << 32:
        raise MixtroveError(
            "the sources have more than four billion names and titles; build several catalogues"
        )
    order = np.argsort(whole.keys, kind="stable")  # rows of one key stay in the order of recordings
    sorted_keys = whole.keys[order]
    first = np.ones(len(order), bool)
    np.not_equal(sorted_keys[1:], sorted_keys[:-1], out=first[1:])
    starts = np.flatnonzero(first)
    keys = sorted_keys[starts]
    recordings = whole.recordings[order]
    _save(folder, table, "keys", keys)
    _save(folder, table, "starts", np.append(starts, len(order)).astype(np.uint32))
    _save(folder, table, "buckets", _buckets(keys, 64))
    _save(folder, table, "recordings", recordings)
    _save(folder, table, "signatures", whole.signatures[order])
    _save(folder, table, "versions", whole.versions[order])
    return keys, recordings[starts]


def _buckets(keys: NDArray[np.unsignedinteger], bits: int) -> NDArray[np.uint32]:
    """Where the keys of each value of their leading bits start; their number is a power of two, and one."""
    leading = max(len(keys) // _PER_BUCKET, 1).bit_length() - 1
    if leading == 0:
        return np.array([0, len(keys)], np.uint32)
    top = (keys >> np.array(bits - leading, keys.dtype)).astype(np.int64)
    counts = np.bincount(top, minlength=1 << leading)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32)


def _spelled(
    folder: Path, keys: NDArray[np.uint64], recordings: NDArray[np.uint32]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The names of all keys, one behind the other, and where each starts."""
    texts: list[NDArray[np.uint8]] = []
    starts = np.zeros(len(keys) + 1, np.int64)
    for first in range(0, len(keys), BLOCK):
        part = slice(first, first + BLOCK)
        headers, text = Records(folder).unpacked(recordings[part].astype(np.int64))
        spelled = np.empty(len(text), np.uint8)
        ends = starts[1:][part]
        retrieval.spell_names(headers, text, keys[part], spelled, ends)
        texts.append(spelled[: ends[-1]].copy())
        ends += starts[first]
    return np.concatenate([np.empty(0, np.uint8), *texts]), starts


def _write_names(folder: Path, text: NDArray[np.uint8], starts: NDArray[np.int64]) -> None:
    keys: list[NDArray[np.uint32]] = []
    names: list[NDArray[np.uint32]] = []
    signatures = np.zeros(len(starts) - 1, np.uint64)
    for first in range(0, len(signatures), BLOCK):
        some = starts[first : first + BLOCK + 1]
        room = int(some[-1] - some[0]) + 2 * len(some)
        key, name = np.empty(room, np.uint32), np.empty(room, np.uint32)
        count = retrieval.file_names(text, some, key, name, signatures[first : first + BLOCK])
        keys.append(key[:count])
        names.append(name[:count] + np.uint32(first))
    whole = _together(keys)
    order = np.argsort(whole, kind="stable")
    _save(folder, "names", "keys", sorted_keys := whole[order])
    _save(folder, "names", "buckets", _buckets(sorted_keys, 32))
    _save(folder, "names", "names", _together(names)[order])
    _save(folder, "names", "signatures", signatures)


def _together(parts: Sequence[NDArray[np.uint32]]) -> NDArray[np.uint32]:
    return np.concatenate([np.empty(0, np.uint32), *parts])


def _save(folder: Path, table: str, column: str, values: NDArray[np.generic]) -> None:
    np.save(folder / f"{table}.{column}.npy", values)


def _column(folder: Path, table: str, column: str) -> NDArray[np.generic]:
    loaded: NDArray[np.generic] = np.load(folder / f"{table}.{column}.npy", mmap_mode="r").view(np.ndarray)
    return loaded
