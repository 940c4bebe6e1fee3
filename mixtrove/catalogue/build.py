"""Building a catalogue: rows become packed records, equal ones are folded, all are filed in tables.

In three passes, each through files, so that the memory it takes does not hold the catalogue: the sources
are read and taken apart over the cores; what is folded is decided; the rows that remain are written and
filed. Nothing names the new catalogue before it is whole. Not here: reading the sources (``sources.py``),
what the files look like (``recordings.py``, ``records.py``, ``tables.py``), which directory is the
catalogue (``directory.py``).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixtrove.catalogue import retrieval
from mixtrove.catalogue.directory import (
    FORMAT,
    CatalogueInfo,
    checksums,
    damaged_file,
    describe,
    named_folder,
    publish,
    sizes,
    tidy,
)
from mixtrove.catalogue.fingerprint import parser_fingerprint
from mixtrove.catalogue.folding import Fold, folded
from mixtrove.catalogue.recordings import COLUMNS, Recordings, RecordingsWriter, are_uuids, batches, credit_of
from mixtrove.catalogue.records import BLOB, write_ends
from mixtrove.catalogue.sources import SCHEMA, Skipped, read_source
from mixtrove.catalogue.tables import write_tables
from mixtrove.errors import BadInput, MixtroveError
from mixtrove.locking import locked
from mixtrove.matching.keys import fold_key
from mixtrove.matching.packed import packed, shrink
from mixtrove.worker_pool import cores, worker_pool

PARALLEL_FROM = 2_000_000  # bytes of source below which a second process costs more than it saves
LOCK = ".building"

Progress = Callable[[str, int, int], None]  # (what, done, of)


def build_catalogue(
    sources: Sequence[Path], out: Path, *, progress: Progress | None = None, processes: int | None = None
) -> CatalogueInfo:
    """Build the catalogue of ``sources`` in the directory ``out`` and return what it is.

    The same sources built again change nothing. The catalogue that is there stays readable until the new
    one is whole. ``processes`` parse side by side; by default one a core for large sources. ``progress``
    is told what is done, how much of it and of how much; while reading, in bytes.

    Raises:
        BadInput: a source cannot be used; names file and line.
        StoreUnavailable: another build is writing into ``out``.
        MixtroveError: the disk is full or cannot be written.
    """
    if not sources:
        raise BadInput("name at least one source, e.g. recordings.csv")
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file; --out needs a directory")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out} cannot be made ({error.strerror}); choose another directory") from error
    report = progress or (lambda what, done, of: None)
    with locked(out / LOCK, wait=0, doing=f"a catalogue is being built in {out}"):
        return _build(sources, out, report, processes)


def _build(sources: Sequence[Path], out: Path, report: Progress, processes: int | None) -> CatalogueInfo:
    started = time.monotonic()
    tidy(out)  # what a killed build left may be what fills the disk
    sources_hash = _hash_of(sources)
    current = _current(out)
    if current is not None and current.sources_hash == sources_hash and damaged_file(out, current) is None:
        return current
    size = sum(path.stat().st_size for path in sources)
    if processes is None:
        processes = cores() if size > PARALLEL_FROM else 1
    with _new_folder(out) as folder:
        skipped = Skipped()
        parsed = _parse(sources, folder, skipped, report, processes)
        if parsed.rows == 0:
            raise BadInput(f"{', '.join(map(str, sources))}: no row has an id, an artist and a title")
        report("folding", 0, 1)
        fold = folded(folder / PARSED, parsed.folds)
        shared = _shared_ids(parsed.ids, fold)
        content = _write(folder, parsed, fold, report)
        rows_read, rows_folded = parsed.rows, len(fold.gone)
        recordings = rows_read - rows_folded
        del parsed, fold  # 20 bytes a row that filing can use
        write_tables(folder, processes, lambda done, of: report("filing", done, of))
        made = f"{FORMAT}:{parser_fingerprint()}:{recordings}:{content}"
        info = CatalogueInfo(
            id=hashlib.blake2b(made.encode(), digest_size=12).hexdigest(),
            format=FORMAT,
            parser=parser_fingerprint(),
            folder=folder.name,
            files=sizes(folder),
            checksums=checksums(folder),
            recordings=recordings,
            rows_read=rows_read,
            rows_skipped=skipped.without_artist_or_title + skipped.without_id,
            rows_folded=rows_folded,
            ids_shared=len(shared),
            shared_id=Recordings(folder).value(int(shared[0]), "id") if len(shared) else None,
            sources=tuple(path.name for path in sources),
            sources_hash=sources_hash,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - started, 2),
        )
        publish(out, info)
    tidy(out)
    return info


def _current(out: Path) -> CatalogueInfo | None:
    try:
        return describe(out)
    except BadInput:
        return None


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A folder for the new catalogue; gone again when the block fails before the folder is named."""
    folder = out / f"recordings-{os.getpid()}-{time.time_ns():x}"
    try:
        folder.mkdir()
        yield folder
    except BaseException as error:
        if named_folder(out) != folder.name:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):  # a source that cannot be read is BadInput already
            raise MixtroveError(
                f"the catalogue cannot be written to {out} ({error.strerror or error}); free disk space "
                "or choose another --out"
            ) from error
        raise


def _hash_of(sources: Sequence[Path]) -> str:
    digest = hashlib.blake2b(f"{FORMAT}:{parser_fingerprint()}".encode(), digest_size=16)
    for path in sources:
        try:
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        except FileNotFoundError as error:
            raise BadInput(f"{path}: no such file; check the name") from error
        except IsADirectoryError as error:
            raise BadInput(f"{path} is a directory; name the CSV files in it") from error
        except OSError as error:
            raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
        digest.update(b"\0")
    return digest.hexdigest()


# --- reading ----------------------------------------------------------------------------------------

PARSED = "parsed.arrow"
PARSED_RECORDS = "parsed.bin"


class Parsed(NamedTuple):
    """Rows taken apart. One number a row in each array; ``blob`` holds their records one behind the other."""

    rows: int
    blob: NDArray[np.uint8]  # empty once it is in the file
    lengths: NDArray[np.uint32]  # of the records
    folds: NDArray[np.uint64]  # rows with equal ones are one recording
    contents: NDArray[np.uint64]  # a hash of each row
    ids: NDArray[np.uint64]  # a hash of each id
    uuids: bool  # whether all ids are UUIDs
    columns: frozenset[str]  # that have a value somewhere


def parse_rows(batch: pa.RecordBatch) -> Parsed:
    """Take rows of ``sources.SCHEMA`` apart."""
    records: list[bytes] = []
    folds: list[str] = []
    for _, *row, _url in zip(*(batch.column(name).to_pylist() for name in COLUMNS), strict=True):
        credit = credit_of(*row)
        records.append(packed(credit))
        folds.append(fold_key(credit))
    blob, ends = shrink(records)
    return Parsed(
        len(batch), blob, np.diff(ends, prepend=0).astype(np.uint32),
        _hashes([pa.array(folds, pa.string())]), _hashes([batch.column(name) for name in COLUMNS]),
        _hashes([batch.column("id")]),
        are_uuids(batch.column("id")),
        frozenset(name for name in COLUMNS if batch.column(name).null_count < len(batch)),
    )  # fmt: skip


def _hashes(columns: Sequence[pa.Array]) -> NDArray[np.uint64]:
    """64 bits of the values of each row."""
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        text = column.cast(pa.string())
        _, starts, letters = text.buffers()
        retrieval.text_hashes(
            np.frombuffer(letters or b"", np.uint8),
            np.frombuffer(starts, np.int32)[text.offset :][: len(text) + 1],
            hashes,
        )
    return hashes


def _parse(
    sources: Sequence[Path], folder: Path, skipped: Skipped, report: Progress, processes: int
) -> Parsed:
    """Take all sources apart into the files ``PARSED`` and ``PARSED_RECORDS``."""
    size = sum(path.stat().st_size for path in sources)
    done = 0

    def read() -> Iterator[pa.RecordBatch]:
        nonlocal done
        before = 0
        for path in sources:
            yield from read_source(path, skipped, told)
            before += path.stat().st_size
            done = before

    def told(read_bytes: int, _of: int) -> None:
        report("reading", done + read_bytes, size)

    parts: list[Parsed] = []
    with (
        (folder / PARSED_RECORDS).open("wb") as records,
        pa.OSFile(str(folder / PARSED), "wb") as file,
        pa.ipc.new_file(file, SCHEMA) as rows,
    ):
        for batch, part in _parsed(read(), processes):
            rows.write_batch(batch)
            records.write(part.blob.data)
            parts.append(part._replace(blob=_NOTHING))
    return Parsed(
        sum(part.rows for part in parts),
        _NOTHING,
        np.concatenate([np.empty(0, np.uint32), *(part.lengths for part in parts)]),
        np.concatenate([np.empty(0, np.uint64), *(part.folds for part in parts)]),
        np.concatenate([np.empty(0, np.uint64), *(part.contents for part in parts)]),
        np.concatenate([np.empty(0, np.uint64), *(part.ids for part in parts)]),
        all(part.uuids for part in parts),
        frozenset().union(*(part.columns for part in parts)),
    )


_NOTHING = np.empty(0, np.uint8)


def _parsed(source: Iterable[pa.RecordBatch], processes: int) -> Iterator[tuple[pa.RecordBatch, Parsed]]:
    if processes < 2:
        for batch in source:
            yield batch, parse_rows(batch)
        return
    some = iter(source)
    first = next(some, None)
    if first is None:
        return
    parse_rows(first.slice(0, 1))  # what is compiled is compiled once
    with worker_pool(processes, doing="took rows apart") as pool:
        waiting = [
            (batch, pool.submit(parse_rows, batch)) for batch in chain([first], islice(some, processes + 2))
        ]
        while waiting:
            batch, result = waiting.pop(0)
            part = result.result()
            if (following := next(some, None)) is not None:
                waiting.append((following, pool.submit(parse_rows, following)))
            yield batch, part


def _shared_ids(ids: NDArray[np.uint64], fold: Fold) -> NDArray[np.int64]:
    """For each id that stands for several recordings one of these, by its number in the new catalogue."""
    kept = np.delete(ids, fold.gone)
    order = np.argsort(kept, kind="stable")
    same = kept[order[1:]] == kept[order[:-1]]
    again = same.copy()
    again[1:] &= ~same[:-1]  # the first pair of each
    found: NDArray[np.int64] = order[:-1][again]
    return found


# --- writing ----------------------------------------------------------------------------------------


def _write(folder: Path, parsed: Parsed, fold: Fold, report: Progress) -> int:
    """Write the rows that remain and their records; returns a hash of them that knows no order."""
    stays = np.ones(parsed.rows, bool)
    stays[fold.gone] = False
    lengths = parsed.lengths.astype(np.int64)
    kept: list[NDArray[np.int64]] = []
    content = 0
    first = 0
    with (
        (folder / PARSED_RECORDS).open("rb") as records,
        RecordingsWriter(folder, parsed.columns, SCHEMA, uuids=parsed.uuids) as rows,
        (folder / BLOB).open("wb") as blob,
    ):
        for batch in batches(folder / PARSED):
            part = slice(first, first + len(batch))
            size = int(lengths[part].sum())
            stay = stays[part]
            own, text = lengths[part], np.frombuffer(records.read(size), np.uint8)
            contents = parsed.contents[part]
            if (filled := fold.filled(batch, first)) is not None:
                batch, changed = filled
                again = parse_rows(batch.take(pa.array(changed)))
                own, text = _replaced(own, text, changed, again)
                contents = contents.copy()
                contents[changed] = again.contents
            if stay.all():
                blob.write(text.data)
            else:
                blob.write(text[np.repeat(stay, own)].data)
                batch = batch.filter(pa.array(stay))
            kept.append(own[stay])
            content += int(contents[stay].sum(dtype=np.uint64))
            rows.write(batch)
            first = part.stop
            report("writing", first, parsed.rows)
    write_ends(folder, kept)
    (folder / PARSED).unlink()
    (folder / PARSED_RECORDS).unlink()
    return content % 2**64


def _replaced(
    lengths: NDArray[np.int64], blob: NDArray[np.uint8], changed: NDArray[np.int64], by: Parsed
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Records with those at ``changed`` replaced."""
    pieces = np.split(blob, np.cumsum(lengths)[:-1])
    news = np.split(by.blob, np.cumsum(by.lengths)[:-1])
    for place, new in zip(changed.tolist(), news, strict=True):
        pieces[place] = new
    lengths = lengths.copy()
    lengths[changed] = by.lengths
    return lengths, np.concatenate(pieces)
