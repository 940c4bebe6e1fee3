"""An open catalogue: candidates for many credits at once, their features, records by id.

Only retrieval and weighing. Which candidate is right is ``mixtrove.matching.choice``; matching whole files of
lines is ``match.py``; how candidates are found is ``retrieval.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from mixtrove.catalogue import retrieval
from mixtrove.catalogue.directory import CatalogueInfo, describe
from mixtrove.catalogue.recordings import Recordings
from mixtrove.catalogue.records import Records
from mixtrove.catalogue.tables import Tables
from mixtrove.errors import BadInput
from mixtrove.matching import Candidate, Credit, Outcome, kernel
from mixtrove.matching.choice import decide_scored
from mixtrove.matching.packed import packed, text_bases, unpack
from mixtrove.matching.verdict import RULE, Rule

TOP = 20  # candidates a credit (MATCHING §6: recall@20 .998)


class Catalogue:
    """An open catalogue, read-only. Any number of processes may read one; threads may share one.

    Its candidates may outlive it: the files stay open as long as one of them is there.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.info: CatalogueInfo = self._open()

    def _open(self) -> CatalogueInfo:
        """Open what ``catalogue.json`` names; once more when it was replaced meanwhile."""
        tried = ""
        while True:
            info = describe(self.directory)
            folder = self.directory / info.folder
            try:
                self._recordings = Recordings(folder)
                self._records = Records(folder)
                self.tables = Tables(folder)
            except (
                OSError,
                ValueError,
            ) as error:  # ValueError: pyarrow and NumPy of a file that is none of theirs
                if info.folder == tried:
                    raise BadInput(
                        f"{folder} cannot be opened ({error}); build the catalogue again"
                    ) from error
                tried = info.folder
            else:
                return info

    @property
    def id(self) -> str:
        """The id of the catalogue's content."""
        return self.info.id

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held that must be given back."""

    def candidates(self, credits: Sequence[Credit], *, top: int = TOP) -> list[list[Candidate]]:
        """The recordings that share most with each credit, best first; a list for every credit."""
        found, counts, _ = self._find(*unpack([packed(credit) for credit in credits]), top)
        offered = np.arange(top) < counts[:, None]
        with self._trusted():
            records = iter(self._records.packed(found[offered]))
        return [
            [self._candidate(number, next(records)) for number in row[:count].tolist()]
            for row, count in zip(found, counts.tolist(), strict=True)
        ]

    def weigh(
        self, lines: Sequence[Sequence[Credit]], *, top: int = TOP, rule: Rule = RULE
    ) -> tuple[list[Outcome], int]:
        """Find, compare and decide: the outcome for each line, given its readings.

        Also returns how many lines needed the wider look. The same outcomes as ``choice.decide_many`` of what
        ``candidates`` offers, but what is not among the best is never turned into Python objects.
        """
        readings = [packed(credit) for line in lines for credit in line]
        first_reading = _sums([len(line) for line in lines])
        headers, text = unpack(readings)
        found, counts, reached = self._find(headers, text, top)
        numbers, first = retrieval.pools(first_reading, found, counts)
        first_row = _sums(np.diff(first_reading) * np.diff(first))
        rows = np.empty((first_row[-1], kernel.FEATURES), np.float64)
        with self._trusted():
            starts, stops = self._records.places(numbers)
            kernel.score_stored(
                headers, text, text_bases(readings), first_reading, self._records.blob, starts, stops, first,
                first_row, rows,
            )  # fmt: skip
        offers = [
            Offers(self, numbers[start:stop])
            for start, stop in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)
        ]
        wider = np.unique(np.searchsorted(first_reading, np.flatnonzero(reached), "right"))
        return decide_scored(lines, offers, rows, rule=rule), len(wider)

    def _find(
        self, headers: NDArray[np.int64], text: NDArray[np.uint8], top: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
        """For each record the numbers of recordings, how many count, and whether it needed the wider look."""
        found = np.zeros((len(headers), top), np.int64)
        counts = np.zeros(len(headers), np.int64)
        reached = np.zeros(len(headers), np.uint8)
        retrieval.find_candidates(
            headers, text, self.tables.artists, self.tables.titles, self.tables.names, found,
            np.zeros((len(headers), top)), counts, reached,
        )  # fmt: skip
        return found, counts, reached

    @contextmanager
    def _trusted(self) -> Iterator[None]:
        """Reading records, which the disk may have damaged."""
        try:
            yield
        except (ValueError, IndexError) as error:
            raise BadInput(
                f"{self.directory} holds a damaged record ({error}); build the catalogue again"
            ) from error

    def _candidate(self, number: int, record: bytes | None = None) -> CatalogueCandidate:
        return CatalogueCandidate(self._recordings, number, record)

    def records(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The rows of recordings by id, spelled as in their source; unknown ids are absent."""
        return {id_: self._recordings.row(number) for id_, number in self._recordings.numbers_of(ids).items()}


class CatalogueCandidate(Candidate):
    """A recording of a catalogue: what is not asked for is never read."""

    __slots__ = ("_recordings", "number")

    def __init__(self, recordings: Recordings, number: int, record: bytes | None) -> None:
        super().__init__(
            recordings.value(number, "id"), lambda: recordings.credit(number), record=record,
            url=recordings.value(number, "url"),
        )  # fmt: skip
        self._recordings = recordings
        self.number = number

    @property
    def artist(self) -> str:
        """The artist as the source spells it."""
        return str(self._recordings.value(self.number, "artist"))

    @property
    def title(self) -> str:
        """The title as the source spells it, with its version."""
        return str(self._recordings.value(self.number, "title"))


class Offers(Sequence[Candidate]):
    """The candidates of a line, made when they are asked for."""

    __slots__ = ("_catalogue", "_made", "_numbers")

    def __init__(self, catalogue: Catalogue, numbers: NDArray[np.int64]) -> None:
        self._catalogue = catalogue
        self._numbers = numbers
        self._made: dict[int, Candidate] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> Candidate: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Candidate]: ...
    def __getitem__(self, at: int | slice) -> Candidate | Sequence[Candidate]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        made = self._made.get(at)
        if made is None:
            made = self._made[at] = self._catalogue._candidate(int(self._numbers[at]))
        return made


def _sums(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each of some groups of these sizes starts, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.asarray(counts, np.int64))])
