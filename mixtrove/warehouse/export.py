"""The marts as Parquet files, for tools that read no DuckDB file and for other machines.

A folder holds one folder a version, and ``current`` which points to the newest: it is moved in one step, so
that a reader of ``current`` sees one version or the other. Not here: what is in the tables.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mixtrove.durable import to_disk
from mixtrove.errors import BadInput
from mixtrove.locking import locked
from mixtrove.warehouse.models import quoted
from mixtrove.warehouse.read import open_published, read_meta, tables

if TYPE_CHECKING:
    import duckdb

CURRENT = "current"
"""The name of the link to the newest version."""

KEPT = 2
"""Versions that stay: the newest, and the one before for those who are still reading it."""

WAIT = 60.0
"""Seconds that an export waits for another one to the same folder."""

_MARK = ".mixtrove-export"
_ROWS = 122_880  # of a row group, as DuckDB has them


@dataclass(frozen=True, slots=True)
class Exported:
    """What one export wrote."""

    folder: Path  # of this version
    rows: Mapping[str, int]  # table → rows
    changed: bool  # False: this version was there already


def export_parquet(published: Path, out: Path) -> Exported:
    """Write every table for analysts, and ``_meta``, as ``TABLE.parquet`` compressed with zstd.

    Args:
        published: the published file.
        out: a folder for exports only; it is created.

    Raises:
        StoreUnavailable: nothing is published, or somebody else exports to the same folder.
        BadInput: the folder is none for exports, or cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not (out / _MARK).exists():
            if any(out.iterdir()):
                raise BadInput(
                    f"{out} holds other files: name an empty folder, or one that was exported to before"
                )
            (out / _MARK).touch()
        with locked(out / _MARK, wait=WAIT, doing=f"the warehouse is being exported to {out}"):
            return _export(published, out)
    except OSError as error:
        raise BadInput(
            f"the export to {out} cannot be written: {error.strerror}; make room or choose another folder, "
            "the version before is as it was"
        ) from error


def _export(published: Path, out: Path) -> Exported:
    import pyarrow.parquet as pq

    names = [table.name for table in tables(published)]
    with open_published(published) as connection:
        meta = read_meta(connection)
        folder = out / f"{meta.built_at:%Y%m%dT%H%M%S%f}-{meta.source_revision}"
        if folder.exists():
            rows = {name: pq.read_metadata(folder / f"{name}.parquet").num_rows for name in names}
            _point(out, folder)
            return Exported(folder, rows, changed=False)
        draft = out / f".{folder.name}.tmp"
        shutil.rmtree(draft, ignore_errors=True)  # of an export that was killed
        draft.mkdir()
        try:
            rows = {name: _write(connection, name, draft / f"{name}.parquet") for name in names}
            draft.replace(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    to_disk(out)
    _point(out, folder)
    for old in sorted(path for path in out.iterdir() if path.is_dir() and path.name[0].isdigit())[:-KEPT]:
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    return Exported(folder, rows, changed=True)


def _write(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> int:
    import pyarrow.parquet as pq

    reader = connection.table(quoted(name)).to_arrow_reader(_ROWS)
    rows = 0
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch, row_group_size=_ROWS)
            rows += batch.num_rows
    to_disk(path)
    return rows


def _point(out: Path, folder: Path) -> None:
    draft = out / f".{CURRENT}.{os.getpid()}.tmp"
    with suppress(FileNotFoundError):
        draft.unlink()
    draft.symlink_to(folder.name, target_is_directory=True)
    draft.replace(out / CURRENT)
