"""A backup of a home while other processes write: one file, read again before it counts.

Here: what is kept, a consistent copy of each store, and dropping the oldest backups. Not here: the form of
the file (``archive.py``), putting it back (``restore.py``).

In it are the operational store, the quotas and counters of the providers, ``rules.toml``, and what lies in
the inbox and is in no store yet. Not in it is what can be made again: the warehouse, catalogues, what was
imported (``inbox/done``); Dagster's own records; and what providers answered, unless asked for.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mixtrove import __version__
from mixtrove.database.compacting import driver, sqlite_explained
from mixtrove.database.opening import Database, make_engine, sqlite_url
from mixtrove.errors import BadInput, StoreUnavailable
from mixtrove.inbox import FAILED, dropped_files
from mixtrove.library.store import VERSION_TABLE, Store, store_path
from mixtrove.locking import locked
from mixtrove.providers import schema as providers_schema
from mixtrove.providers.store import ProviderStore, open_results
from mixtrove.upkeep.archive import (
    ENDING,
    FORMAT,
    INBOX,
    PROVIDERS,
    RULES,
    STORE,
    Manifest,
    part_of,
    unwritable,
    write_archive,
)
from mixtrove.upkeep.moving import ANSWERS, copy_answers, fill

if TYPE_CHECKING:
    from mixtrove.settings import Settings

_NAMED = re.compile(r"^mixtrove-\d{8}T\d{6}Z(-\d+)?\.tar\.gz$")
_LOCK = ".mixtrove-backup.lock"
_STAGE = ".mixtrove-backup"
_OF_THE_COPY = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written and read again."""

    path: Path
    size: int  # bytes
    manifest: Manifest
    dropped: tuple[Path, ...]  # older ones that were deleted


def default_folder(settings: Settings) -> Path:
    """Where backups go unless it is said otherwise."""
    return settings.backup_dir or settings.home / "backups"


def back_up(
    settings: Settings, to: Path | None = None, *, keep: int | None = None, with_cache: bool = False
) -> Backup:
    """Write a backup, and delete the oldest ones of the same folder.

    Args:
        settings: of the home.
        to: a folder, where the file is named by the time, or a file that ends in ``.tar.gz``; by default
            ``default_folder``.
        keep: how many backups that mixtrove named are kept in the folder, this one included; None: all.
        with_cache: with what providers answered.

    Raises:
        BadInput: there is nothing to back up, or ``keep`` is given with a file.
        StoreUnavailable: a store cannot be read, or the folder not be written; older backups are untouched.
    """
    to = to or default_folder(settings)
    is_file = to.name.endswith(ENDING)
    if is_file and keep is not None:
        raise BadInput(f"{to} is one file, and --keep is about a folder of them: name a folder")
    folder = to.parent if is_file else to
    path = store_path(settings)
    if path is not None and not path.exists():
        raise BadInput(f"there is nothing to back up: {path} does not exist; set MIXTROVE_HOME to a home")
    with unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / _LOCK, wait=settings.busy_timeout, doing="a backup is being written"):
        for left in folder.glob(f".mixtrove-*{ENDING}.partial"):  # of one that was killed
            left.unlink()
        stage = folder / _STAGE
        shutil.rmtree(stage, ignore_errors=True)
        now = datetime.now(UTC)
        out = to if is_file else _free_name(folder, now)
        try:
            with unwritable(stage):
                stage.mkdir(mode=0o700)
            manifest = _staged(settings, path, stage, now, with_cache)
            write_archive(out, stage, manifest)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        dropped = () if keep is None else _drop_oldest(folder, keep)
    return Backup(out, out.stat().st_size, manifest, dropped)


def backups_in(folder: Path) -> list[Path]:
    """The backups in a folder that mixtrove named, the newest first."""
    with suppress(FileNotFoundError):
        return sorted(
            (path for path in folder.iterdir() if _NAMED.match(path.name)), key=_order, reverse=True
        )
    return []


def rows_of(path: Path, version_table: str) -> tuple[str, dict[str, int]]:
    """The newest migration of a SQLite file, and how many rows each table has; the file is looked through.

    Raises:
        StoreUnavailable: it is damaged.
    """
    engine = make_engine(sqlite_url(path), 5.0)
    try:
        with sqlite_explained(path), closing(engine.raw_connection()) as raw:
            connection = raw.driver_connection
            assert connection is not None
            connection.execute("PRAGMA journal_mode=DELETE")  # one file, without a write-ahead log beside it
            [found] = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise StoreUnavailable(f"the store {path} is damaged ({found}): restore it from a backup")
            names = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
                )
                if not name.startswith("sqlite_") and name != version_table
            ]
            [version] = connection.execute(f"SELECT version_num FROM {version_table}").fetchone()  # noqa: S608
            counts = {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
                for name in names
            }
            return str(version), counts
    finally:
        engine.dispose()


def _staged(settings: Settings, path: Path | None, stage: Path, now: datetime, with_cache: bool) -> Manifest:
    """Put consistent copies of everything into ``stage``."""
    if path is None:
        _copy_of_postgres(settings, stage / STORE)
    else:
        _copy_of_file(path, stage / STORE)
    _copy_of_providers(settings, stage / PROVIDERS, with_cache)
    with unwritable(stage):
        if settings.rules_path.exists():
            shutil.copyfile(settings.rules_path, stage / RULES)
        _copy_inbox(settings.inbox, stage / INBOX)
    schemas: dict[str, str] = {}
    rows: dict[str, Mapping[str, int]] = {}
    for name, version_table in ((STORE, VERSION_TABLE), (PROVIDERS, ProviderStore.chain.version_table)):
        schemas[name], rows[name] = rows_of(stage / name, version_table)
    files = sorted(file.relative_to(stage).as_posix() for file in stage.rglob("*") if file.is_file())
    return Manifest(
        format=FORMAT,
        made_at=now,
        mixtrove=__version__,
        kept_in="postgresql" if path is None else "sqlite",
        schemas=schemas,
        rows=rows,
        with_cache=with_cache,
        parts=tuple(part_of(stage, name) for name in files),
    )


def _copy_of_file(path: Path, copy: Path) -> None:
    """A copy of one moment of a SQLite file; others go on reading and writing. An older schema stays."""
    engine = make_engine(sqlite_url(path), 30.0)
    try:
        with driver(Database(engine)) as connection:
            try:
                connection.execute("VACUUM INTO ?", (str(copy),))
            except sqlite3.Error as error:
                if error.sqlite_errorcode & 0xFF not in _OF_THE_COPY:
                    raise
                with sqlite_explained(copy):
                    raise
    finally:
        engine.dispose()


def _copy_of_postgres(settings: Settings, copy: Path) -> None:
    """All rows of one moment of a store on Postgres, as a SQLite file, compared with what was read."""
    store = Store.open(settings, upgrade=False)
    try:
        target = Store.open_at(sqlite_url(copy))
        try:
            with store.read() as source, target.writing() as connection:
                fill(source, connection, target.name, lambda _table, _rows: None)
        finally:
            target.close()
    finally:
        store.close()


def _copy_of_providers(settings: Settings, copy: Path, with_cache: bool) -> None:
    """Quotas of this home, counters and perhaps answers of where they are."""
    target = ProviderStore.open_at(sqlite_url(copy))
    try:
        tables = [table for table in ANSWERS if with_cache or table is not providers_schema.provider_result]
        results = open_results(settings)
        file = settings.home / "providers.db"
        if results is not None:
            try:
                copy_answers(results, target, tables=tables)
            finally:
                results.close()
        if file.exists():
            slots = ProviderStore.open_at(sqlite_url(file), busy_timeout=settings.busy_timeout)
            try:
                copy_answers(
                    slots, target, tables=[providers_schema.slot, *([] if results is not None else tables)]
                )
            finally:
                slots.close()
    finally:
        target.close()


def _copy_inbox(inbox: Path, copy: Path) -> None:
    """What was dropped and is in no store yet, and what was refused; what moves away is imported."""
    pending = {file.name: file.within(inbox) for file in dropped_files(inbox)}
    refused = {path.relative_to(inbox).as_posix(): path for path in (inbox / FAILED).rglob("*")}
    for name, source in (pending | refused).items():
        if source.is_symlink() or not source.is_file():
            continue
        named = (
            name.encode("utf-8", "backslashreplace").decode().replace("\\", "%")
        )  # bytes that are no UTF-8
        target = copy / named
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(source, target)


def _free_name(folder: Path, now: datetime) -> Path:
    stem = f"mixtrove-{now:%Y%m%dT%H%M%SZ}"
    path, number = folder / f"{stem}{ENDING}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}{ENDING}"
    return path


def _order(path: Path) -> tuple[str, int]:
    stem = path.name.removesuffix(ENDING)
    moment, _, number = stem.removeprefix("mixtrove-").partition("-")
    return moment, int(number or 1)


def _drop_oldest(folder: Path, keep: int) -> tuple[Path, ...]:
    gone = tuple(backups_in(folder)[keep:])
    for path in gone:
        path.unlink(missing_ok=True)
    return gone
