"""A backup put back: checked whole, prepared beside what is there, then swapped in.

Here: which backups are taken, and that a home is either the old or the restored one. Not here: the form of
the file (``archive.py``).

SQLite: the restored file takes the old one's name in one step of the file system, while nobody has the old
one open; the old files stay in ``replaced-<time>`` in the home. Postgres: the rows are replaced in one
transaction, in which the old ones are backed up before.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mixtrove.database.compacting import count_anew
from mixtrove.database.copying import empty_tables
from mixtrove.database.migrating import refuse_newer
from mixtrove.database.opening import sqlite_url
from mixtrove.database.sessions import others
from mixtrove.durable import to_disk
from mixtrove.errors import BadInput, StoreUnavailable
from mixtrove.library.store import CHAIN, VERSION_TABLE, Store, store_path
from mixtrove.locking import locked
from mixtrove.providers.store import ProviderStore, open_results
from mixtrove.upkeep.archive import INBOX, PROVIDERS, RULES, STORE, Manifest, read_archive, unwritable
from mixtrove.upkeep.backup import back_up, rows_of
from mixtrove.upkeep.moving import STORE_TABLES, copy_answers, fill, filled, only_writer
from mixtrove.warehouse.buildfile import forget_build, nobody_builds

if TYPE_CHECKING:
    from mixtrove.settings import Settings

_STAGE = ".mixtrove-restore"
_STOP = (
    "stop everything that works on this home (the UI, the daemon, `mixtrove serve`) and restore again; "
    "nothing was changed"
)
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """A home that holds what a backup held."""

    manifest: Manifest
    store: str  # as a sentence may name it
    old: Path | None  # where what was there before is now


def check_backup(path: Path) -> Manifest:
    """Read a whole backup and compare every file with its checksum; nothing is written.

    Raises:
        BadInput: it is no backup, or damaged.
        StoreUnavailable: its schema is newer than this program.
    """
    manifest = read_archive(path)
    _refuse_unknown(path, manifest)
    return manifest


def restore(settings: Settings, path: Path, *, replace: bool = False) -> Restored:
    """Put a backup into the home and the database of these settings.

    Args:
        settings: of the home; with Postgres configured the rows go there, wherever they came from.
        path: the backup.
        replace: put it in the place of a store that is there.

    Raises:
        BadInput: the backup is none or damaged, or there is a store and ``replace`` is false.
        StoreUnavailable: it is of a newer schema, or what is there is in use; nothing was changed.
    """
    home, file = settings.home, store_path(settings)
    if not path.exists():
        raise BadInput(f"there is no file {path}: name a backup that `mixtrove backup` wrote")
    if file is not None and file.exists() and not replace:
        raise BadInput(
            f"{file} is there already: --replace puts the backup in its place, and keeps it beside"
        )
    stage = home / _STAGE
    with unwritable(home):
        home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        held.enter_context(locked(home / f"{_STAGE}.lock", wait=0, doing="a backup is being restored"))
        shutil.rmtree(stage, ignore_errors=True)
        with unwritable(stage):
            stage.mkdir(mode=0o700)
        held.callback(shutil.rmtree, stage, ignore_errors=True)
        manifest = read_archive(path, stage)
        _refuse_unknown(path, manifest)
        _refuse_other_counts(path, manifest, stage)
        held.enter_context(nobody_builds(settings.warehouse_path))
        if file is None:
            return _into_postgres(settings, manifest, stage, replace)
        return _into_files(settings, manifest, stage, file)


def _refuse_unknown(path: Path, manifest: Manifest) -> None:
    for name, chain in ((STORE, CHAIN), (PROVIDERS, ProviderStore.chain)):
        refuse_newer(chain, manifest.schemas[name], f"in {path}")


def _refuse_other_counts(path: Path, manifest: Manifest, stage: Path) -> None:
    for name, version_table in ((STORE, VERSION_TABLE), (PROVIDERS, ProviderStore.chain.version_table)):
        found = rows_of(stage / name, version_table)
        if found != (manifest.schemas[name], manifest.rows[name]):
            raise BadInput(f"{path} is damaged: {name} holds other rows than its manifest says; take another")


def _into_files(settings: Settings, manifest: Manifest, stage: Path, file: Path) -> Restored:
    """One step of the file system for each file, the store last: killed before it, the old store is there."""
    home = settings.home
    places = {RULES: settings.rules_path, PROVIDERS: home / "providers.db", STORE: file}
    there = [place for place in (*places.values(), settings.warehouse_path) if place.exists()]
    old = _new_folder(home) if there else None
    with ExitStack() as alone, unwritable(home):
        for name in (PROVIDERS, STORE):
            alone.enter_context(_nobody_else(places[name]))
        forget_build(settings.warehouse_path)  # it may hold what the backup does not
        for place in there:
            assert old is not None
            _keep(place, old)
        settings.warehouse_path.unlink(missing_ok=True)
        _restore_inbox(stage / INBOX, settings.inbox)
        for name, place in places.items():
            if (stage / name).exists():
                to_disk(stage / name)
                _move(stage / name, place)
        to_disk(home)
    store = Store.open(settings)  # brings an older schema up to date
    try:
        return Restored(manifest, store.name, old)
    finally:
        store.close()


def _into_postgres(settings: Settings, manifest: Manifest, stage: Path, replace: bool) -> Restored:
    """The rows of the backup, in one transaction."""
    home = settings.home
    old = None
    with ExitStack() as opened:
        source = Store.open_at(sqlite_url(stage / STORE))  # brings an older schema up to date
        opened.callback(source.close)
        target = Store.open(settings)
        opened.callback(target.close)
        with target.read() as connection:
            table = filled(connection)
            working = others(connection)
        if table is not None and not replace:
            raise BadInput(
                f"{target.name} is not empty: its table {table!r} has rows; --replace puts the backup in "
                "their place, and backs them up before"
            )
        if table is not None and working:
            raise StoreUnavailable(
                f"{target.name} is in use by another program ({', '.join(working)}): {_STOP}"
            )
        answers = ProviderStore.open_at(sqlite_url(stage / PROVIDERS))
        opened.callback(answers.close)
        results = open_results(settings)
        assert results is not None
        opened.callback(results.close)
        with source.read() as rows, only_writer(target) as connection:
            if filled(connection) is not None:
                if not replace:
                    raise BadInput(f"{target.name} was written to meanwhile: nothing was restored")
                # under the lock: a row that came after it would be in neither
                old = back_up(settings, _new_folder(home), with_cache=True).path
            forget_build(settings.warehouse_path)  # before: it may hold what the backup does not
            empty_tables(connection, STORE_TABLES)
            fill(rows, connection, target.name, lambda _table, _rows: None)
        copy_answers(answers, results)
        count_anew(target)
        with unwritable(home):
            settings.warehouse_path.unlink(missing_ok=True)
            if (stage / RULES).exists():
                if settings.rules_path.exists():
                    _keep(settings.rules_path, old.parent if old else _new_folder(home))
                _move(stage / RULES, settings.rules_path)
            _restore_inbox(stage / INBOX, settings.inbox)
        return Restored(manifest, target.name, old)


def _restore_inbox(stage: Path, inbox: Path) -> None:
    """Files that lay in the inbox; one of the same name that is there stays."""
    for path in stage.rglob("*"):
        target = inbox / path.relative_to(stage)
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


@contextmanager
def _nobody_else(path: Path) -> Iterator[None]:
    """Hold a SQLite file that no other process has open, as one file without a log beside it.

    Raises:
        StoreUnavailable: somebody has it open.
    """
    if not path.exists():
        yield
        return
    connection = sqlite3.connect(path, timeout=0.5, isolation_level=None)
    try:
        try:
            # leaves the write-ahead log, which works only where nobody else has the file open
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreUnavailable(f"{path} is in use by another program: {_STOP}") from error
        except sqlite3.DatabaseError:  # it is damaged: that is why a backup is put in its place
            pass
        yield
    finally:
        connection.close()


def _new_folder(home: Path) -> Path:
    stem = f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    number = 1
    with unwritable(home):
        while True:
            folder = home / (stem if number == 1 else f"{stem}-{number}")
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
                return folder
            number += 1


def _keep(place: Path, old: Path) -> None:
    """Keep a file under its name in ``old``; the file itself stays until another takes its name."""
    try:
        os.link(place, old / place.name)
    except OSError:  # a file system without links, or another one
        shutil.copy2(place, old / place.name)
    for ending in _BESIDE:  # of a damaged file: a log of another file must not be read into the new one
        beside = place.with_name(place.name + ending)
        if beside.exists():
            _move(beside, old / beside.name)


def _move(source: Path, target: Path) -> None:
    """``os.replace``, also where the target is on another file system."""
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        draft = target.with_name(f".{target.name}.restoring")
        shutil.copyfile(source, draft)
        to_disk(draft)
        draft.replace(target)
