"""Reading the files a catalogue is built from: CSV, plain or gzipped (DESIGN §9).

Rows as the source spells them. Parsing them into credits and folding duplicates is ``build.py``.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from mixtrove.errors import BadInput

COLUMNS = ("album", "label", "catalog_number", "isrc", "year", "duration", "url")
MAX_CELL = 100_000  # characters; a longer cell is a broken quote, not a name


class Row(NamedTuple):
    """One recording as its source has it. ``duration`` is in seconds."""

    id: str
    artist: str
    title: str
    album: str | None
    label: str | None
    catalog_number: str | None
    isrc: str | None
    year: int | None
    duration: float | None
    url: str | None


@dataclass
class Skipped:
    """How many rows of a source could not be used, by reason."""

    without_artist_or_title: int = 0
    without_id: int = 0


def read_csv(path: Path, skipped: Skipped) -> Iterator[Row]:
    """The rows of a catalogue CSV (``.gz`` too), in order.

    Columns: ``id`` (or ``source`` and ``source_id``, joined with a colon), ``artist``, ``title`` and any
    of ``album, label, catalog_number, isrc, year, duration, url``. Rows without artist or title are
    counted in ``skipped``.

    Raises:
        BadInput: the file cannot be read, has no such columns or a row is broken; names file and line.
    """
    csv.field_size_limit(min(sys.maxsize, MAX_CELL))
    with _open(path) as stream:
        reader = csv.reader(stream, strict=True)
        try:
            header = next(reader, None)
            if header is None:
                raise BadInput(f"{path}: the file is empty; a catalogue needs a header line and rows")
            names = [name.strip().lower() for name in header]
            at = _columns(path, names)
            width = len(names)
            for cells in reader:
                if not cells:
                    continue
                if len(cells) < width:
                    cells += [""] * (width - len(cells))
                row = _row(cells, at)
                if "\n" in row.artist or "\n" in row.title:
                    first = reader.line_num - max(row.artist.count("\n"), row.title.count("\n"))
                    raise BadInput(
                        f"{path}, line {first}: a quotation mark that is opened there takes in the lines "
                        "below; double it or take it out"
                    )
                if not row.artist or not row.title:
                    skipped.without_artist_or_title += 1
                elif not row.id:
                    skipped.without_id += 1
                else:
                    yield row
        except csv.Error as error:
            raise BadInput(
                f"{path}, line {reader.line_num}: not readable as CSV ({error}); check the quotes there"
            ) from error
        except UnicodeDecodeError as error:
            raise BadInput(
                f"{path}, near line {reader.line_num + 1}: not UTF-8 text ({error.reason}); "
                "save the file as UTF-8"
            ) from error
        except (EOFError, gzip.BadGzipFile, OSError) as error:
            raise BadInput(f"{path}: cannot be read to its end ({error}); fetch the file again") from error


def _open(path: Path) -> IO[str]:
    if path.is_dir():
        raise BadInput(f"{path} is a directory; name the CSV files in it")
    try:
        with path.open("rb") as probe:
            magic = probe.read(2)
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such file; check the name") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be opened ({error.strerror}); check its rights") from error
    if magic == b"\x1f\x8b":
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _columns(path: Path, names: list[str]) -> dict[str, int]:
    at = {name: position for position, name in reversed(list(enumerate(names)))}
    missing = [name for name in ("artist", "title") if name not in at]
    if "id" not in at and not ("source" in at and "source_id" in at):
        missing.append("id (or source and source_id)")
    if missing:
        raise BadInput(
            f"{path}, line 1: no column {', '.join(missing)}; found {', '.join(names) or 'nothing'}. "
            f"A catalogue needs id, artist, title and may have {', '.join(COLUMNS)}"
        )
    return at


def _row(cells: list[str], at: dict[str, int]) -> Row:
    def text(name: str) -> str | None:
        position = at.get(name)
        return (cells[position].strip() or None) if position is not None else None

    if "id" in at:
        found = text("id") or ""
    else:
        source, source_id = text("source"), text("source_id")
        found = f"{source}:{source_id}" if source and source_id else ""
    year = text("year") or ""
    return Row(
        id=found,
        artist=text("artist") or "",
        title=text("title") or "",
        album=text("album"),
        label=text("label"),
        catalog_number=text("catalog_number"),
        isrc=text("isrc"),
        year=int(year[:4]) if year[:4].isdigit() and len(year) >= 4 else None,
        duration=seconds(text("duration")),
        url=text("url"),
    )


def seconds(text: str | None) -> float | None:
    """Seconds of ``215``, ``215.4`` or ``3:35`` or ``1:02:03``; None for anything else."""
    if not text:
        return None
    parts = text.split(":")
    if not all(part.replace(".", "", 1).isdigit() for part in parts) or len(parts) > 3:
        return None
    total = 0.0
    for part in parts:
        total = total * 60 + float(part)
    return total or None
