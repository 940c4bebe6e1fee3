"""CSV that people open in a spreadsheet: written so that no cell can run as a formula, and read back.

A text cell that starts with ``= + - @``, also the wide ones of Asian keyboards, after any number of spaces,
or with a sign that spreadsheets drop (tab, line end, NUL), gets an apostrophe before it (OWASP, "CSV
Injection"; ASVS 1.2.10). Reading takes it off again, so an export can be imported unchanged.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from mixtrove.errors import BadInput

MORE = ""
"""The name under which ``read_csv`` gives the first cell that has no column: a comma without quotes."""

_RISKY = re.compile(r"'*[\s\0\ufeff\u200b-\u200d\u2060]*[=+\-@＝＋－＠\t\r\n\0]")


def safe_cell(value: object) -> object:
    """The value as it may stand in a CSV: text that would be read as a formula is defused."""
    if isinstance(value, str) and _RISKY.match(value):
        return "'" + value
    return value


def plain_cell(text: str) -> str:
    """A cell as it was before ``safe_cell``."""
    return text[1:] if text[:1] == "'" and _RISKY.match(text) else text


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV text with a header line (none without columns: more rows); None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if columns:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
    return out.getvalue()


def read_csv(data: bytes, name: str, *, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV with a header: (line number from 2, column → text without outer spaces).

    Comma, semicolon or tab, whichever the header uses; UTF-8 with or without a byte order mark.

    Raises:
        BadInput: it is not UTF-8, or a required column is missing.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput(f"{name}, line {line}: not UTF-8 text; save it as CSV UTF-8") from error
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [cell.strip().lower().replace(" ", "_") for cell in next(reader, [])]
        missing = [column for column in required if column not in columns]
        if missing:
            raise BadInput(
                f"{name}, line 1: no column {missing[0]!r}; the first line must name the columns, "
                f"at least {', '.join(required)}"
            )
        for row in reader:
            if any(cell.strip() for cell in row):
                cells = dict(zip(columns, map(str.strip, row), strict=False))
                if more := next(filter(str.strip, row[len(columns) :]), ""):
                    cells[MORE] = more
                yield reader.line_num, {key: plain_cell(cell) for key, cell in cells.items()}
    except csv.Error as error:
        raise BadInput(f"{name}, line {reader.line_num}: {error}; correct the line") from error
