"""The cells of a CSV, fast and exactly: columns of Arrow strings, a block of rows at a time.

A block in which every line is one well quoted row is given to Arrow. Any other block (a value of several
lines, a short row, a stray quotation mark, a byte that is no UTF-8) is read by Python's strict ``csv``, which
reads on or says in which line it could not. So the cells are what ``csv`` reads, whoever reads them.

Here: where cells begin and end. Not here: what they mean (``sources.py``), nor unpacking (``unpacking.py``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from mixtrove.errors import BadInput

MAX_CELL = 100_000  # characters; a longer cell is a broken quote, not a name
MAX_ROW = 1_000_000  # characters of all cells of a row
ROWS = 20_000  # of a block, at most
READ = 4 << 20  # bytes read at a time; a line must end within them

NEWLINE, RETURN, QUOTE = b'\n\r"'
BESIDE_QUOTES = np.isin(np.arange(256), list(b',\r\n"'))  # what a cell begins after or ends before


class Cells(NamedTuple):
    """A block of rows: their cells, column by column, and the line the first one is in (from 1)."""

    line: int
    columns: list[pa.StringArray]


class Table:
    """A CSV that is being read from ``read(bytes)``. ``names`` are those of its first line, lowercased.

    Raises:
        BadInput: the file is empty, or its first line cannot be read.
    """

    def __init__(self, path: Path, read: Callable[[int], bytes]) -> None:
        self._path = path
        self._lines = _Lines(path, read)
        first = self._lines.take(1)
        if first is None:
            raise BadInput(f"{path}: the file is empty; a catalogue needs a header line and rows")
        self._width = 0
        bare = first._replace(data=first.data.removeprefix(b"\xef\xbb\xbf"))
        _, header = next(self._strict(bare))
        self.names = [name.strip().lower() for name in header]
        self._width = len(self.names)

    def blocks(
        self,
        wanted: Sequence[int],
        *,
        one_line: Sequence[int] = (),
        whole: bool = False,
        strict: bool = False,
    ) -> Iterator[Cells]:
        """The columns at the positions ``wanted``, block by block.

        Short rows are filled up with empty cells, long ones cut. A cell of the columns ``one_line`` may
        not go over several lines: there a quotation mark is open. In a ``whole`` table every row has all
        its cells, or it is cut off. ``strict`` reads all of it with Python's ``csv``.

        Raises:
            BadInput: a row cannot be read; names the line.
        """
        while block := self._lines.take(ROWS):
            columns = None if strict else _fast(block, self._width, wanted)
            if columns is not None:
                yield Cells(block.line, columns)
                continue
            rows = self._checked(block, one_line, whole)
            while chunk := list(islice(rows, ROWS)):
                yield Cells(block.line, [_strings(row[at] for row in chunk) for at in wanted])

    def _checked(self, block: _Block, one_line: Sequence[int], whole: bool) -> Iterator[list[str]]:
        for line, cells in self._strict(block, whole=whole):
            if not cells:
                continue
            if len(cells) < self._width:
                if whole:
                    raise self._short(line, len(cells), last=line >= block.line + block.lines - 1)
                cells += [""] * (self._width - len(cells))
            if sum(map(len, cells)) > MAX_ROW:
                raise BadInput(
                    f"{self._path}, line {line}: a row of more than {MAX_ROW:,} characters; "
                    "check the quotes there"
                )
            if any(_is_broken(cells[at].strip()) for at in one_line):
                raise BadInput(
                    f"{self._path}, line {line}: a quotation mark that is opened there takes in the lines "
                    "below; double it or take it out"
                )
            yield cells

    def _strict(self, block: _Block, *, whole: bool = False) -> Iterator[tuple[int, list[str]]]:
        """The rows of a block as Python's ``csv`` reads them, each with the line it begins in.

        Where its last row goes on below, the lines that it needs are taken too.
        """
        csv.field_size_limit(MAX_CELL)
        own = self._text_lines(block)
        below = chain.from_iterable(map(self._text_lines, iter(lambda: self._lines.take(1), None)))
        reader = csv.reader(chain(own, below), strict=True)
        line = block.line
        try:
            for cells in reader:
                yield line, cells
                line = block.line + reader.line_num
                if reader.line_num >= len(own):
                    return
        except csv.Error as error:
            if whole and str(error) == "unexpected end of data":
                raise self._cut_off() from error
            raise BadInput(
                f"{self._path}, line {line}: not readable as CSV ({error}); check the quotes there"
            ) from error

    def _text_lines(self, block: _Block) -> list[str]:
        try:
            text = block.data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = block.line + block.data.count(b"\n", 0, error.start)
            raise BadInput(
                f"{self._path}, near line {line}: not UTF-8 text ({error.reason}); save the file as UTF-8"
            ) from error
        return list(io.StringIO(text, newline=""))

    def _short(self, line: int, found: int, *, last: bool) -> BadInput:
        if last and self._lines.take(1) is None:
            return self._cut_off()
        return BadInput(
            f"{self._path}, line {line}: {found} columns instead of {self._width}; the file is damaged, "
            "fetch it again"
        )

    def _cut_off(self) -> BadInput:
        return BadInput(f"{self._path}: ends in the middle of a row; fetch the file again")


class _Block(NamedTuple):
    """Whole lines: their bytes, the number of the first (from 1), how many, and the bytes of the longest."""

    data: bytes
    line: int
    lines: int
    longest: int


class _Lines:
    """A stream of bytes in blocks of whole lines."""

    def __init__(self, path: Path, read: Callable[[int], bytes]) -> None:
        self._path = path
        self._read = read
        self._data = b""
        self._ends = np.zeros(0, np.int64)  # of the lines in it that are whole
        self._start = self._next = 0  # the byte, the line of ``_ends`` that comes next
        self._line = 1

    def take(self, most: int) -> _Block | None:
        """The next lines, ``most`` at most; None at the end. The last one gets a line end if it lacks one."""
        if self._next == len(self._ends) and not self._fill():
            return None
        ends = self._ends[self._next : self._next + most] + 1
        start, end = self._start, int(ends[-1])
        longest = int(np.diff(ends, prepend=start).max())
        block = _Block(self._data[start:end], self._line, len(ends), longest)
        self._start, self._next, self._line = end, self._next + len(ends), self._line + len(ends)
        return block

    def _fill(self) -> bool:
        data = self._data[self._start :]
        while True:
            more = self._read(READ)
            data += more if more or not data else b"\n"
            if not data:
                return False
            ends = _line_ends(data)
            if len(ends):
                break
            if len(data) > READ:
                raise BadInput(
                    f"{self._path}, line {self._line}: {len(data):,} bytes and no end of the line; "
                    "check that this is a CSV file"
                )
        self._data, self._ends, self._start, self._next = data, ends, 0, 0
        return True


def _line_ends(data: bytes) -> np.ndarray:
    """Where ``\\n``, ``\\r\\n`` or ``\\r`` end; a last ``\\r`` may be half of an end."""
    signs = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(signs == NEWLINE)
    if b"\r" in data:
        lone = np.flatnonzero(signs[:-1] == RETURN)
        ends = np.union1d(ends, lone[signs[lone + 1] != NEWLINE])
    return ends


def _fast(block: _Block, width: int, wanted: Sequence[int]) -> list[pa.StringArray] | None:
    """The columns as Arrow reads them; None where that may be other than what ``csv`` reads."""
    data = block.data
    if block.longest > MAX_CELL or not _well_quoted(data):
        return None
    names = [str(at) for at in range(width)]
    try:
        pa.array([data], pa.binary()).cast(pa.string())  # is all of it UTF-8, also what is not asked for?
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(
                column_names=names, use_threads=False, block_size=len(data) + 1
            ),
            convert_options=arrow_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[str(at) for at in wanted],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != block.lines:  # empty lines, or rows of several
        return None
    return [column.combine_chunks() for column in table.columns]


def _well_quoted(data: bytes) -> bool:
    """Whether quotation marks only open a cell, close it or are doubled in it, and all are closed.

    Counted from the first, the opening ones are at 0, 2, 4 … A doubled one is one that closes and one that
    opens again, so it is next to another.
    """
    if b'"' not in data:
        return True
    signs = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(signs == QUOTE)
    if len(quotes) % 2 or quotes[-1] + 1 == len(signs):
        return False
    opened = BESIDE_QUOTES[signs[quotes[::2] - 1]]  # of the very first sign that is the last: a line end
    closed = BESIDE_QUOTES[signs[quotes[1::2] + 1]]
    return bool(opened.all() and closed.all())


def _strings(cells: Iterator[str]) -> pa.StringArray:
    return pa.array(cells, pa.string())


def _is_broken(text: str) -> bool:
    return "\n" in text or "\r" in text
