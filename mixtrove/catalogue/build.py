"""Building a catalogue: rows become parsed credits and blocking keys in one DuckDB file.

Reading the sources is ``sources.py``, searching the result ``search.py``.
"""

from __future__ import annotations

import gc
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pyarrow as pa

from mixtrove.catalogue.directory import FORMAT, CatalogueInfo, describe, publish
from mixtrove.catalogue.fingerprint import parser_fingerprint
from mixtrove.catalogue.sources import Row, Skipped, read_csv
from mixtrove.errors import BadInput, MixtroveError
from mixtrove.matching import Credit, identity_key
from mixtrove.matching.keys import blocking_keys, fold_key, key_hash
from mixtrove.matching.packed import packed

CHUNK = 10_000  # rows parsed at a time
PARALLEL_FROM = 20_000  # bytes of source below which a second process costs more than it saves, × 100
CAP = 60  # a key shared by more recordings than this finds nothing useful (MATCHING §6: 20 … 300)

Progress = Callable[[str, int, int], None]  # (what, done, of); bytes while reading

_SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("artist", pa.string()), ("title", pa.string()), ("album", pa.string()),
        ("label", pa.string()), ("catalog_number", pa.string()), ("isrc", pa.string()),
        ("year", pa.int32()), ("duration", pa.float64()), ("url", pa.string()),
        ("artists", pa.list_(pa.string())), ("featured", pa.list_(pa.string())),
        ("base_title", pa.string()), ("version", pa.string()), ("identity", pa.string()),
        ("record", pa.binary()), ("fold", pa.int64()), ("keys", pa.list_(pa.int64())),
        ("factors", pa.list_(pa.float32())),
    ]
)  # fmt: skip


def build_catalogue(
    sources: Sequence[Path], out: Path, *, progress: Progress | None = None, processes: int | None = None
) -> CatalogueInfo:
    """Build the catalogue of ``sources`` in the directory ``out`` and return what it is.

    The same sources built again change nothing. The catalogue that is there stays readable until the
    new one is whole. ``processes`` parse side by side; by default one a core for large sources.

    Raises:
        BadInput: a source cannot be used; names file and line.
    """
    if not sources:
        raise BadInput("name at least one source, e.g. recordings.csv")
    started = time.monotonic()
    sources_hash = _hash_of(sources)
    current = _current(out)
    if current is not None and current.sources_hash == sources_hash:
        return current
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file; --out needs a directory")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out} cannot be made ({error.strerror}); choose another directory") from error
    size = sum(path.stat().st_size for path in sources)
    if processes is None:
        processes = min(os.cpu_count() or 1, 8) if size > PARALLEL_FROM * 100 else 1
    database = out / f"recordings-{os.getpid()}-{time.time_ns():x}.duckdb"
    report = progress or (lambda what, done, of: None)
    skipped = Skipped()
    try:
        connection = duckdb.connect(str(database), config={"storage_compatibility_version": "v1.5.0"})
        try:
            read = _fill(connection, sources, skipped, report, processes)
            report("indexing", 0, 1)
            recordings, content = _index(connection)
        finally:
            connection.close()
    except BaseException as error:
        database.unlink(missing_ok=True)
        database.with_name(database.name + ".wal").unlink(missing_ok=True)
        if isinstance(error, duckdb.IOException):
            raise MixtroveError(
                f"the catalogue cannot be written to {out} ({error}); free disk space"
            ) from error
        raise
    if recordings == 0:
        database.unlink(missing_ok=True)
        raise BadInput(f"{', '.join(map(str, sources))}: no row has an id, an artist and a title")
    info = CatalogueInfo(
        id=hashlib.blake2b(f"{FORMAT}:{parser_fingerprint()}:{content}".encode(), digest_size=12).hexdigest(),
        format=FORMAT,
        parser=parser_fingerprint(),
        database=database.name,
        recordings=recordings,
        rows_read=read,
        rows_skipped=skipped.without_artist_or_title + skipped.without_id,
        rows_folded=read - recordings,
        sources=tuple(path.name for path in sources),
        sources_hash=sources_hash,
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - started, 2),
    )
    publish(out, info)
    report("indexing", 1, 1)
    return info


def _current(out: Path) -> CatalogueInfo | None:
    try:
        return describe(out)
    except BadInput:
        return None


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


def _fill(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Path],
    skipped: Skipped,
    report: Progress,
    processes: int,
) -> int:
    """Parse every row into the table ``parsed``; returns how many."""
    empty = _SCHEMA.empty_table()
    connection.register("batch", empty)
    connection.execute("CREATE TABLE parsed AS FROM batch")
    connection.unregister("batch")
    rows = (row for path in sources for row in read_csv(path, skipped))
    done = 0
    for table in _parsed(_chunks(rows), processes):
        connection.register("batch", table)
        connection.execute("INSERT INTO parsed FROM batch")
        connection.unregister("batch")
        done += table.num_rows
        report("reading", done, 0)
    return done


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _parsed(chunks: Iterator[list[Row]], processes: int) -> Iterator[pa.Table]:
    if processes < 2:
        yield from map(parse_rows, chunks)
        return
    # spawn: the callers may run threads, which a forked child would inherit half-way through a lock
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=rarely_collect) as pool:
        waiting = [pool.submit(parse_rows, chunk) for chunk in islice(chunks, processes * 2)]
        while waiting:
            yield waiting.pop(0).result()
            if (chunk := next(chunks, None)) is not None:
                waiting.append(pool.submit(parse_rows, chunk))


def rarely_collect() -> None:
    """Let a worker process look for cycles rarely: it makes millions of values that hold none."""
    gc.set_threshold(200_000, 50, 100)


def parse_rows(rows: list[Row]) -> pa.Table:
    """The parsed form of source rows: one row each, with its keys."""
    columns: dict[str, list[object]] = {name: [] for name in _SCHEMA.names}
    for row in rows:
        credit = Credit.parse(
            row.artist, row.title, label=row.label, catalog_number=row.catalog_number, album=row.album,
            duration=row.duration, isrc=row.isrc, year=row.year,
        )  # fmt: skip
        keys = blocking_keys(credit)
        values = (
            *row, list(credit.artists), list(credit.featured), credit.title, credit.version,
            identity_key(credit), packed(credit), key_hash(fold_key(credit)), [key_hash(key) for key in keys],
            list(keys.values()),
        )  # fmt: skip
        for name, value in zip(_SCHEMA.names, values, strict=True):
            columns[name].append(value)
    return pa.table(columns, schema=_SCHEMA)


def _index(connection: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    """Fold duplicates, number the recordings, sort the keys; returns (recordings, hash of the content)."""
    connection.execute(
        """
        CREATE TABLE recording AS
        WITH folded AS (
            SELECT arg_min(p, id) AS first, max(label) AS label, max(catalog_number) AS catalog_number,
                   max(isrc) AS isrc, min(year) AS year, max(duration) AS duration
            FROM parsed AS p GROUP BY fold
        )
        SELECT (row_number() OVER (ORDER BY first.id))::INTEGER AS rid, first.id AS id,
               first.artist AS artist, first.title AS title, first.album AS album,
               coalesce(first.label, label) AS label,
               coalesce(first.catalog_number, catalog_number) AS catalog_number,
               coalesce(first.isrc, isrc) AS isrc, coalesce(first.year, year) AS year,
               coalesce(first.duration, duration) AS duration, first.url AS url,
               first.artists AS artists, first.featured AS featured, first.base_title AS base_title,
               first.version AS version, first.identity AS identity, first.keys AS keys,
               first.factors AS factors,
               -- of a row that took something from its duplicates it would be another record
               CASE WHEN (first.catalog_number, first.isrc, first.year, first.duration) IS NOT DISTINCT FROM
                         (coalesce(first.catalog_number, catalog_number), coalesce(first.isrc, isrc),
                          coalesce(first.year, year), coalesce(first.duration, duration))
                    THEN first.record END AS record
        FROM folded ORDER BY rid
        """
    )
    connection.execute(
        f"""
        CREATE TABLE posting AS
        WITH pair AS (SELECT rid, unnest(keys) AS key, unnest(factors) AS factor FROM recording),
             kept AS (SELECT key, count(*) AS found FROM pair GROUP BY key HAVING count(*) <= {CAP})
        SELECT key, rid,
               (factor * ln((SELECT count(*) + 1 FROM recording) / found))::FLOAT AS weight
        FROM pair JOIN kept USING (key) ORDER BY key, rid
        """  # noqa: S608  CAP is a number of ours
    )
    connection.execute("ALTER TABLE recording DROP COLUMN keys")
    connection.execute("ALTER TABLE recording DROP COLUMN factors")
    connection.execute("DROP TABLE parsed")
    row = connection.execute(
        "SELECT count(*), md5(string_agg("
        "concat_ws('|', id, artist, title, label, version), chr(10) ORDER BY rid)) FROM recording"
    ).fetchone()
    connection.execute("CHECKPOINT")
    if row is None:
        raise MixtroveError("the catalogue came out empty; build it again")
    return int(row[0]), str(row[1])
