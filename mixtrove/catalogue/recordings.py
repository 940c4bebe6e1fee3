"""The recordings of a catalogue as their sources spell them: an Arrow file, mapped into memory.

Anything that reads Arrow IPC files (Polars, pandas, DuckDB) can read it. Ids that are UUIDs are kept as 16
bytes. What is compared is not this but ``records.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixtrove.matching import Credit

FILE = "recordings.arrow"
ROWS = 1 << 16  # of a batch, so that a number says where its row is
UUIDS = pa.binary(16)
_HEX = np.full(256, 255, np.uint8)
_HEX[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16, dtype=np.uint8)
_DASHES = np.array([8, 13, 18, 23])
_DIGITS = np.array([place for place in range(36) if place not in _DASHES])


class Recordings:
    """The rows of a catalogue by number from 0. The file is let go when nothing refers to it any more."""

    def __init__(self, folder: Path) -> None:
        self._file = pa.ipc.open_file(pa.memory_map(str(folder / FILE)))
        self._columns: dict[int, dict[str, pa.Array]] = {}
        self.names: tuple[str, ...] = tuple(self._file.schema.names)

    def value(self, number: int, column: str) -> Any:
        """One value of a row; None where the source has none."""
        if column not in self.names:
            return None
        batch, at = divmod(number, ROWS)
        columns = self._columns.get(batch)
        if columns is None:
            found = self._file.get_batch(batch)
            columns = self._columns[batch] = dict(zip(self.names, found.columns, strict=True))
        value = columns[column][at].as_py()
        return _spelled(value.hex()) if isinstance(value, bytes) else value

    def row(self, number: int) -> dict[str, Any]:
        """A row as its source has it, duration in seconds; None where it has nothing."""
        return {name: self.value(number, name) for name in COLUMNS}

    def credit(self, number: int) -> Credit:
        """The credit of a row."""
        return credit_of(*(self.value(number, name) for name in COLUMNS[1:-1]))

    def numbers_of(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of ids, of those that are there; reads the whole column."""
        wanted = pa.array(ids, pa.string())
        uuids = self._file.schema.field("id").type == UUIDS
        if uuids:
            wanted = pa.array([one.bytes for one in map(_uuid, ids) if one is not None], UUIDS)
        found: dict[str, int] = {}
        for batch in range(self._file.num_record_batches):
            column = self._file.get_batch(batch).column("id")
            for at in np.flatnonzero(pc.is_in(column, wanted).to_numpy(zero_copy_only=False)).tolist():
                found[self.value(batch * ROWS + at, "id")] = batch * ROWS + at
        return found


COLUMNS = (
    "id", "artist", "title", "album", "label", "catalog_number", "isrc", "year", "duration", "url",
)  # fmt: skip


def credit_of(
    artist: str,
    title: str,
    album: str | None,
    label: str | None,
    catalog_number: str | None,
    isrc: str | None,
    year: int | None,
    duration: float | None,
) -> Credit:
    """The credit that the values of a row spell, in the order of ``COLUMNS``."""
    return Credit.parse(
        artist, title, label=label, catalog_number=catalog_number, album=album, duration=duration,
        isrc=isrc, year=year,
    )  # fmt: skip


class RecordingsWriter:
    """Writes rows in batches of ``ROWS``, whatever batches they come in."""

    def __init__(self, folder: Path, columns: Iterable[str], schema: pa.Schema, *, uuids: bool) -> None:
        fields = [schema.field(name) for name in COLUMNS if name in set(columns)]
        if uuids:
            fields[0] = pa.field("id", UUIDS)
        self._schema = pa.schema(fields)
        self._uuids = uuids
        self._file = pa.OSFile(str(folder / FILE), "wb")
        self._writer = pa.ipc.new_file(self._file, self._schema)
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Take rows; columns that are not kept are left out."""
        columns = [batch.column(name) for name in self._schema.names]
        if self._uuids:
            columns[0] = to_uuids(columns[0])
        self._waiting.append(pa.RecordBatch.from_arrays(columns, schema=self._schema))
        self._rows += len(batch)
        while self._rows >= ROWS:
            self._put(ROWS)

    def _put(self, rows: int) -> None:
        whole = pa.concat_batches(self._waiting)
        self._writer.write_batch(pa.concat_batches([whole.slice(0, rows)]))
        rest = whole.slice(rows)
        self._waiting = [rest] if len(rest) else []
        self._rows = len(rest)

    def __enter__(self) -> RecordingsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if kind is None and self._rows:
            self._put(self._rows)
        self._writer.close()
        self._file.close()


def are_uuids(ids: pa.Array) -> bool:
    """Whether all ids are UUIDs as they are usually written: 36 signs, lower case."""
    return _hex_digits(ids) is not None


def to_uuids(ids: pa.Array) -> pa.Array:
    """UUIDs as 16 bytes each."""
    digits = _hex_digits(ids)
    if digits is None:
        raise ValueError("an id is no UUID")
    found = digits[:, 0::2] << 4 | digits[:, 1::2]
    return pa.FixedSizeBinaryArray.from_buffers(UUIDS, len(ids), [None, pa.py_buffer(found.tobytes())])


def _hex_digits(ids: pa.Array) -> NDArray[np.uint8] | None:
    """The 32 digits of each id, shape (ids, 32); None when one of them is no UUID."""
    if len(ids) == 0:
        return np.empty((0, 32), np.uint8)
    if pc.min_max(pc.binary_length(ids)).as_py() != {"min": 36, "max": 36}:
        return None
    offsets = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1]
    signs = np.frombuffer(ids.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].reshape(len(ids), 36)
    digits = _HEX[signs[:, _DIGITS]]
    return digits if (digits < 16).all() and (signs[:, _DASHES] == ord("-")).all() else None


def _spelled(digits: str) -> str:
    """A UUID as it is written; ``uuid.UUID`` takes ten times as long."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The batches of an Arrow file, one after the other; read, not mapped, so that none stays in memory."""
    with pa.OSFile(str(path)) as stream:
        file = pa.ipc.open_file(stream)
        for at in range(file.num_record_batches):
            yield file.get_batch(at)
