"""Reading the files a catalogue is built from: catalogue CSVs (DESIGN §9) and MusicBrainz's canonical dump.

Rows as the source spells them, as Arrow batches. Opening a file is ``unpacking.py``, taking its rows apart
``cells.py``; parsing them into credits and folding duplicates is ``build.py``.
"""

from __future__ import annotations

import math
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mixtrove.catalogue.cells import Cells, Table
from mixtrove.catalogue.unpacking import unpacked
from mixtrove.errors import BadInput

SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("artist", pa.string()), ("title", pa.string()), ("album", pa.string()),
        ("label", pa.string()), ("catalog_number", pa.string()), ("isrc", pa.string()),
        ("year", pa.int32()), ("duration", pa.float64()), ("url", pa.string()), ("rank", pa.int64()),
    ]
)  # fmt: skip
"""``duration`` in seconds. ``rank``: of equal recordings the one with the lowest is meant; 0 in a CSV."""

COLUMNS = ("album", "label", "catalog_number", "isrc", "year", "duration", "url")
DUMP = {
    "id": "recording_mbid",
    "artist": "artist_credit_name",
    "title": "recording_name",
    "album": "release_name",
    "rank": "score",
}
"""Our columns in the canonical dump (listenbrainz-server, ``mapping/canonical_musicbrainz_data.py``)."""

PLAIN_SECONDS = r"^[0-9]{1,15}(\.[0-9]+)?$"
PLAIN_RANK = r"^-?[0-9]{1,18}$"


@dataclass
class Skipped:
    """How many rows of a source could not be used, by reason."""

    without_artist_or_title: int = 0
    without_id: int = 0


def read_source(
    path: Path,
    skipped: Skipped,
    progress: Callable[[int, int], None] | None = None,
    *,
    strict: bool = False,
) -> Iterator[pa.RecordBatch]:
    """The rows of a source, in order, in batches of ``SCHEMA``; some 20,000 rows each at most.

    A source is a catalogue CSV with the columns ``id`` (or ``source`` and ``source_id``, joined with a
    colon), ``artist``, ``title`` and any of ``COLUMNS``, or MusicBrainz's ``canonical_musicbrainz_data.csv``;
    each as it is, packed with gzip or zstd, or in a tar. Values are stripped, empty ones null; ``id``,
    ``artist`` and ``title`` never are: rows without them are counted in ``skipped``. ``progress`` is told
    the bytes of the file that are read, and of how many. ``strict`` takes the slow way for all rows, which
    gives the same ones.

    Raises:
        BadInput: the file cannot be read, has no such columns or a row is broken; names file and line.
    """
    try:
        with unpacked(path) as source:
            size = path.stat().st_size
            table = Table(path, source.stream.read)
            layout = _layout(path, table.names)
            at = list(layout.at.values())
            one_line = [] if layout.dump else [layout.at["artist"], layout.at["title"]]
            for cells in table.blocks(at, one_line=one_line, whole=layout.dump, strict=strict):
                batch = _usable(_batch(path, layout, cells), skipped)
                if batch.num_rows:
                    yield batch
                if progress is not None:
                    progress(min(source.position(), size), size)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise BadInput(f"{path}: cannot be read to its end ({error}); fetch the file again") from error


class _Layout(NamedTuple):
    """Where in a row our columns are; ``dump`` when it is MusicBrainz's."""

    at: dict[str, int]
    dump: bool


def _layout(path: Path, names: list[str]) -> _Layout:
    at = {name: position for position, name in reversed(list(enumerate(names)))}
    if "artist" not in at and "title" not in at and "recording_mbid" in at:
        missing = [name for name in DUMP.values() if name not in at]
        if missing:
            raise BadInput(
                f"{path}, line 1: no column {', '.join(missing)}; found {_shown(names)}. "
                f"The canonical dump of MusicBrainz has {', '.join(DUMP.values())}"
            )
        return _Layout({ours: at[theirs] for ours, theirs in DUMP.items()}, dump=True)
    missing = [name for name in ("artist", "title") if name not in at]
    if "id" not in at and not ("source" in at and "source_id" in at):
        missing.append("id (or source and source_id)")
    if missing:
        raise BadInput(
            f"{path}, line 1: no column {', '.join(missing)}; found {_shown(names)}. "
            f"A catalogue needs id, artist, title and may have {', '.join(COLUMNS)}"
        )
    key = ("id",) if "id" in at else ("source", "source_id")
    return _Layout({name: at[name] for name in (*key, "artist", "title", *COLUMNS) if name in at}, dump=False)


def _shown(names: list[str]) -> str:
    """Column names from outside for a message: some of them, without what a terminal would obey."""
    some = ["".join(sign if sign.isprintable() else "?" for sign in name[:40]) for name in names[:20]]
    return ", ".join(some) + (" …" if len(names) > 20 else "") if any(some) else "nothing"


def _batch(path: Path, layout: _Layout, cells: Cells) -> pa.RecordBatch:
    """The cells as our columns, the unusable rows among them."""
    text = {name: _stripped(cells) for name, cells in zip(layout.at, cells.columns, strict=True)}
    if layout.dump:
        text |= {name: _on_one_line(text[name]) for name in ("artist", "title", "album")}
    if "id" not in text:
        text["id"] = pc.binary_join_element_wise(text["source"], text["source_id"], ":")
    rows = len(text["id"])
    values = text | {
        "year": _each_once(text["year"], year, pa.int32()) if "year" in text else None,
        "duration": _durations(text["duration"]) if "duration" in text else None,
        "rank": _ranks(path, cells.line, text["rank"]) if layout.dump else pa.array([0] * rows, pa.int64()),
    }
    columns = [
        pa.nulls(rows, field.type) if (column := values.get(field.name)) is None else column
        for field in SCHEMA
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def _usable(batch: pa.RecordBatch, skipped: Skipped) -> pa.RecordBatch:
    named = pc.and_(batch["artist"].is_valid(), batch["title"].is_valid())
    kept = pc.and_(named, batch["id"].is_valid())
    unnamed = batch.num_rows - named.true_count
    skipped.without_artist_or_title += unnamed
    skipped.without_id += batch.num_rows - unnamed - kept.true_count
    return batch if kept.true_count == batch.num_rows else batch.filter(kept)


def _stripped(texts: pa.StringArray) -> pa.StringArray:
    texts = pc.utf8_trim_whitespace(texts)
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _on_one_line(texts: pa.StringArray) -> pa.StringArray:
    """Names of MusicBrainz may be broken into lines; its rows are whole, so no quotation mark is to blame."""
    return pc.replace_substring_regex(texts, r"\s*[\r\n]\s*", " ")


def _each_once(
    texts: pa.StringArray, parse: Callable[[str | None], float | None], kind: pa.DataType
) -> pa.Array:
    """``parse`` of every text, called once for equal ones."""
    coded = texts.dictionary_encode()
    return pa.array([parse(text) for text in coded.dictionary.to_pylist()], kind).take(coded.indices)


def _durations(texts: pa.StringArray) -> pa.DoubleArray:
    nothing = pa.scalar(None, pa.string())
    plain = pc.match_substring_regex(texts, PLAIN_SECONDS)
    numbers = pc.if_else(plain, texts, nothing).cast(pa.float64())
    numbers = pc.if_else(pc.equal(numbers, 0.0), pa.scalar(None, pa.float64()), numbers)
    return pc.coalesce(numbers, _each_once(pc.if_else(plain, nothing, texts), seconds, pa.float64()))


def _ranks(path: Path, line: int, texts: pa.StringArray) -> pa.Int64Array:
    numbers = pc.fill_null(pc.match_substring_regex(texts, PLAIN_RANK), False)
    if numbers.true_count < len(texts):
        first = numbers.index(False).as_py()
        raise BadInput(
            f"{path}, near line {line + first}: the score {texts[first].as_py() or ''!r} is no number; "
            "the file is damaged, fetch it again"
        )
    return texts.cast(pa.int64())


def year(text: str | None) -> int | None:
    """The year of ``2016`` or ``2016-02-05``; None for anything else."""
    start = (text or "")[:4]
    return int(start) if len(start) == 4 and start.isdecimal() else None


def seconds(text: str | None) -> float | None:
    """Seconds of ``215``, ``215.4`` or ``3:35`` or ``1:02:03``; None for anything else."""
    if not text:
        return None
    parts = text.split(":")
    if not all(part.replace(".", "", 1).isdecimal() for part in parts) or len(parts) > 3:
        return None
    total = 0.0
    for part in parts:
        total = total * 60 + float(part)
    return total if 0 < total < math.inf else None
