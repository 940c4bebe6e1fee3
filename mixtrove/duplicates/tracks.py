"""The tracks to compare: as given, and packed for the kernel with what blocking goes by.

Parsing takes most of the time of the whole pass, so it is done in chunks over the cores. Which tracks are
compared is ``blocking.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixtrove.matching import Credit, identity_key, kernel
from mixtrove.matching.normalise import squeezed
from mixtrove.matching.packed import packed, shrink
from mixtrove.worker_pool import cores, worker_pool

CHUNK = 10_000  # tracks at a time
PARALLEL_FROM = 4  # chunks below which a second process costs more than it saves

Progress = Callable[[str, int, int], None]  # (what, done, of)


@dataclass(frozen=True, slots=True)
class TrackText:
    """A track as its source writes it. ``id`` tells it from all others.

    ``title`` may hold the version; ``version`` is one that is kept apart. ``position`` is the track's number
    on ``album`` as text; ``duration`` in seconds. ``external_ids`` are pairs of provider and id. Tracks of
    one identity with different ``disambiguator`` are known to be two.
    """

    id: str
    artist: str
    title: str
    version: str | None = None
    label: str | None = None
    catalog_number: str | None = None
    album: str | None = None
    position: str | None = None
    duration: float | None = None
    year: int | None = None
    isrcs: tuple[str, ...] = ()
    external_ids: tuple[tuple[str, str], ...] = ()
    disambiguator: str = ""

    def credit(self) -> Credit:
        """The credit that the comparison sees."""
        return Credit.parse(
            self.artist, f"{self.title} ({self.version})" if self.version else self.title,
            label=self.label, catalog_number=self.catalog_number, album=self.album,
            duration=self.duration, year=self.year,
        )  # fmt: skip


class Packed(NamedTuple):
    """Tracks ready to be compared, by number from 0.

    ``blob`` holds the stored records (``matching.packed.shrink``), ``starts`` and ``stops`` where each
    stands; ``identities``, ``positions`` and ``apart`` uint64 are hashes of the identity key (0 when artist
    or title is unknown), of the position (0 when not known) and of the disambiguator.
    """

    blob: NDArray[np.uint8]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    identities: NDArray[np.uint64]
    positions: NDArray[np.uint64]
    apart: NDArray[np.uint64]

    def unpacked(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """The headers and the text of tracks, as ``matching.kernel`` reads them."""
        starts, stops = self.starts[numbers], self.stops[numbers]
        headers = np.zeros((len(numbers), kernel.HEADER), np.int64)
        text = np.zeros(int((stops - starts).sum()), np.uint8)
        kernel.widen_records(self.blob, starts, stops, headers, text)
        return headers, text


def pack_tracks(tracks: Sequence[TrackText], processes: int | None, progress: Progress) -> Packed:
    """Parse and pack tracks, in ``processes`` side by side; by default one a core when there are many."""
    chunks = [tracks[start : start + CHUNK] for start in range(0, len(tracks), CHUNK)]
    processes = (processes or cores()) if len(chunks) >= PARALLEL_FROM else 1
    parts: list[Packed] = []
    for part in map(_pack, chunks) if processes < 2 else _side_by_side(chunks, processes):
        parts.append(part)
        progress("parsed", sum(len(one.starts) for one in parts), len(tracks))
    return _together(parts)


def _side_by_side(chunks: Sequence[Sequence[TrackText]], processes: int) -> Iterator[Packed]:
    with worker_pool(processes, doing="parsed tracks") as pool:
        waiting: list[Future[Packed]] = []
        for chunk in chunks:  # never more of them pickled than are being worked on
            if len(waiting) > 2 * processes:
                yield waiting.pop(0).result()
            waiting.append(pool.submit(_pack, chunk))
        for one in waiting:
            yield one.result()


def _pack(tracks: Sequence[TrackText]) -> Packed:
    records: list[bytes] = []
    hashes: list[tuple[int, int, int]] = []
    for track in tracks:
        credit = track.credit()
        records.append(packed(credit))
        identity = "" if credit.unknown else identity_key(credit)
        position = squeezed(track.position or "").lstrip("0")
        hashes.append((hashed(identity), hashed(position), hashed(track.disambiguator)))
    blob, ends = shrink(records)
    identities, positions, apart = (np.array(column, np.uint64) for column in zip(*hashes, strict=True))
    return Packed(
        blob, np.concatenate([np.zeros(1, np.int64), ends[:-1]]), ends, identities, positions, apart
    )


def _together(parts: Sequence[Packed]) -> Packed:
    if not parts:
        none, numbers = np.zeros(0, np.int64), np.zeros(0, np.uint64)
        return Packed(np.zeros(0, np.uint8), none, none, numbers, numbers, numbers)
    first = np.cumsum([0, *(len(part.blob) for part in parts[:-1])])
    moved = [
        part._replace(starts=part.starts + start, stops=part.stops + start)
        for part, start in zip(parts, first.tolist(), strict=True)
    ]
    return Packed._make(np.concatenate(columns) for columns in zip(*moved, strict=True))


def hashed(text: str) -> int:
    """63 bits of a text, the same on every machine; 0 for none."""
    return (
        int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()) >> 1 if text else 0
    )
