"""Rows as a table: as wide as it is in a pipe, within the terminal's width on a terminal.

Here: how wide each column may be, and lines of text. Not here: what is printed and in which form
(``output.py``). Widths are cells of a terminal: a Chinese sign takes two.

On a terminal ids, numbers, days and other short columns keep their width; columns of text share what is
left, the widest giving way first, and their cells go on in the next lines. Columns that can be spared go
before text becomes hard to read. When there is no room even then, every row is a block, a line a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells, set_cell_size

GAP = 2
"""Spaces between columns."""

NARROWEST = 12
"""A column of text that is no wider keeps its width."""

EASY = 20
"""A column of text that is so wide is easy to read; for less, a column that can be spared is left out."""

MOST_LINES = 12
"""Lines of a cell on a terminal; what is longer ends in ``…``."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, with the texts of its cells."""

    name: str
    cells: Sequence[str]
    right: bool = False  # numbers stand right
    fixed: bool = False  # never narrower than its cells
    spared: int = 0  # the place in which it is left out when there is little room, from 1; 0: never

    @property
    def head(self) -> str:
        """The name for people."""
        return self.name.replace("_", " ")

    @property
    def widest(self) -> int:
        """The cells of its widest text."""
        return max((cell_len(text) for text in self.cells), default=0)

    @property
    def least(self) -> int:
        """How narrow it may become."""
        words = max(cell_len(word) for word in self.head.split() or [""])
        return max(words, self.widest if self.fixed else min(self.widest, NARROWEST))


def table(columns: Sequence[Column]) -> Iterator[str]:
    """The lines of a table, each cell in one line, the names as they are: for a pipe."""
    widths = [max(cell_len(column.name), column.widest) for column in columns]
    yield _row(columns, [column.name for column in columns], widths)
    for cells in zip(*(column.cells for column in columns), strict=True):
        yield _row(columns, cells, widths)


def fitted_table(columns: Sequence[Column], width: int) -> tuple[list[str], list[str]]:
    """(lines of the head, lines of the rows) of a table within so many cells of a terminal.

    When there is no room for all, columns without any text are left out, then those that can be spared.
    """
    if sum(max(column.least, column.widest) + GAP for column in columns) - GAP > width:
        columns = [column for column in columns if column.widest] or columns
    spared = sorted((column for column in columns if column.spared), key=lambda column: column.spared)
    while spared and not _is_easy(columns, fitted_widths(columns, width)):
        columns = [column for column in columns if column is not spared[0]]
        del spared[0]
    widths = fitted_widths(columns, width)
    if widths is None:
        return [], list(_blocks(columns, width))
    head = list(_rows(columns, [column.head for column in columns], widths))
    rows = zip(*(column.cells for column in columns), strict=True)
    return head, [line for cells in rows for line in _rows(columns, cells, widths)]


def fitted_widths(columns: Sequence[Column], width: int) -> list[int] | None:
    """The width of each column so that all fit side by side; None when they cannot."""
    least = [column.least for column in columns]
    room = width - GAP * (len(columns) - 1)
    if sum(least) > room:
        return None
    wanted = [max(column.least, column.widest) for column in columns]
    widths = least
    for at in range(1, max(wanted) + 1):
        wider = [max(low, min(at, high)) for low, high in zip(least, wanted, strict=True)]
        if sum(wider) > room:
            break
        widths = wider
    left = room - sum(widths)
    for index, high in enumerate(wanted):  # the cells that are left over, from the left
        if left and widths[index] < high:
            widths[index] += 1
            left -= 1
    return widths


def _is_easy(columns: Sequence[Column], widths: Sequence[int] | None) -> bool:
    return widths is not None and all(
        width >= min(column.widest, EASY) for column, width in zip(columns, widths, strict=True)
    )


def wrapped(text: str, width: int, most: int | None = None) -> list[str]:
    """A text in lines of at most so many cells, broken between words where that is possible.

    Args:
        text: one line, single spaces.
        width: cells of a line.
        most: lines at most; the last one then ends in an ellipsis.
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width) or [""]
        lines += full
    lines.append(line)
    if most is None or len(lines) <= most:
        return lines
    last = lines[most - 1]
    if cell_len(last) >= width:
        last = set_cell_size(last, width - 1)
    return [*lines[: most - 1], f"{last.rstrip()}…"]


def _rows(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    parts = [wrapped(text, width, MOST_LINES) for text, width in zip(cells, widths, strict=True)]
    for number in range(max(map(len, parts))):
        yield _row(columns, [part[number] if number < len(part) else "" for part in parts], widths)


def _row(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = []
    for column, text, width in zip(columns, cells, widths, strict=True):
        space = " " * (width - cell_len(text))
        padded.append(space + text if column.right else text + space)
    return (" " * GAP).join(padded).rstrip()


def _blocks(columns: Sequence[Column], width: int) -> Iterator[str]:
    names = max(cell_len(column.head) for column in columns)
    for number in range(len(columns[0].cells)):
        if number:
            yield ""
        for column in columns:
            if not column.cells[number]:
                continue
            first, *more = wrapped(column.cells[number], max(width - names - GAP, NARROWEST))
            yield f"{column.head.ljust(names)}{' ' * GAP}{first}"
            yield from (f"{' ' * (names + GAP)}{line}" for line in more)
