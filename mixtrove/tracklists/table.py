"""Tables: CSV with ``,`` ``;`` ``|`` or tabs, and a header line.

Not here: what the columns are called (``columns.py``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from mixtrove.errors import BadInput
from mixtrove.tracklists import columns
from mixtrove.tracklists.columns import Row
from mixtrove.tracklists.findings import Reading, line_numbers, numbered
from mixtrove.tracklists.lines import split_lines
from mixtrove.tracklists.model import Line

_MOST_LINES = 6  # of one row; an unclosed quotation mark would else swallow the rest of the file
DELIMITERS = ",;\t|"
_SEP_LINE = re.compile(r"\ufeff?sep=(.)\s*", re.IGNORECASE)  # Excel's own first line


def header(text: str) -> tuple[list[str], str, int]:
    """(column names, delimiter, lines above the header) of the first line that is not blank."""
    delimiter, above = "", 0
    for line in split_lines(text):
        named = _SEP_LINE.fullmatch(line)
        if named:
            delimiter = named[1]
        elif line.strip():
            if not delimiter:
                delimiter = max(DELIMITERS, key=lambda sign: _score(line, sign))
            return [name.strip() for name in _cells(line, delimiter)], delimiter, above
        above += 1
    return [], ",", above


def is_table(text: str) -> bool:
    """Whether the text begins with a header: two names or more, one of them known, and no track in it."""
    names, delimiter, above = header(text)
    if len(names) < 2 or any(" - " in name or len(name) > 40 for name in names):
        return False
    known = [name for name in names if columns.known(name)]
    found = columns.roles(names)
    if "artist" in found and "title" in found:
        return True
    if not known:
        return False
    below = split_lines(text)[above + 1 : above + 21]
    filled = [line for line in below if line.strip()]
    return not filled or sum(delimiter in line for line in filled) >= 0.9 * len(filled)


def looks_regular(text: str) -> bool:
    """Whether every line has as many cells as the first, at least two, and none is ``Artist - Title``."""
    names, delimiter, above = header(text)
    rows = [line for line in split_lines(text)[above:201] if line.strip()]
    return (
        len(names) > 1
        and len(rows) > 1
        and all(len(_cells(row, delimiter)) == len(names) for row in rows)
        and not any(" - " in row for row in rows)
    )


def read_table(text: str, name: str) -> Reading:
    """A CSV as lines, one a row, the header as a heading.

    Raises BadInput naming file, line and columns when no column can give tracks, or when no row does.
    """
    names, delimiter, above = header(text)
    found = columns.roles(names)
    rows, open_quotes = _rows(split_lines(text), names, delimiter, above)
    if not columns.usable(found, rows):
        wanted = "a column “artist” and a column “title”, or one column “line” with “Artist - Title”"
        have = ", ".join(f"“{one}”" for one in names if one) or "none"
        raise BadInput(f"{name}, line {above + 1}: columns found: {have}; wanted: {wanted}")
    left_out: dict[str, list[int]] = {}

    def missing(row: Row, why: str) -> None:
        left_out.setdefault(why, []).append(row.line_no)

    lines, notes = columns.lines_of(rows, found, missing)
    notes += [f"{line_numbers(where)}: {why}; left out" for why, where in left_out.items()]
    problems: list[str] = []
    if open_quotes:
        problems.append(f"{line_numbers(open_quotes)}: a quotation mark is not closed; read as it stands")
    if not any(line.components for line in lines):
        raise BadInput(f"{name}: no row below line {above + 1} has a track; each needs an artist and a title")
    head = Line(above + 1, split_lines(text)[above], "heading", "the names of the columns")
    return Reading("csv", numbered([head, *lines]), (), tuple(notes), tuple(problems))


def _rows(lines: list[str], names: list[str], delimiter: str, above: int) -> tuple[list[Row], list[int]]:
    """The rows below the header, and the numbers of lines whose quotation mark is never closed."""
    keys = [name or f"column {place}" for place, name in enumerate(names, 1)]
    rows: list[Row] = []
    open_quotes: list[int] = []
    index = above + 1
    while index < len(lines):
        end = index + 1
        while _is_open(raw := "\n".join(lines[index:end]), delimiter) and end < len(lines):
            if end - index == _MOST_LINES:
                break
            end += 1
        if _is_open(raw, delimiter):
            open_quotes.append(index + 1)
            raw, end = lines[index], index + 1
            values = raw.replace('"', "").split(delimiter)
        else:
            values = _cells(raw, delimiter)
        rows.append(Row(index + 1, raw, dict(zip(keys, values, strict=False))))
        index = end
    return rows, open_quotes


def _is_open(raw: str, delimiter: str) -> bool:
    """Whether a quoted cell goes on in the next line."""
    if '"' not in raw:
        return False
    try:
        for _ in csv.reader(_with_ends(raw), delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _with_ends(raw: str) -> Iterator[str]:
    return (line + "\n" for line in raw.split("\n"))


def _cells(raw: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(_with_ends(raw), delimiter=delimiter), [])
    except csv.Error:  # a cell above the field limit of the csv module
        return raw.split(delimiter)


def _score(line: str, delimiter: str) -> tuple[int, int]:
    cells = _cells(line, delimiter)
    return (sum(map(columns.known, cells)), len(cells))
