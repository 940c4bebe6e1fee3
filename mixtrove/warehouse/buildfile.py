"""The file that is built: ``warehouse.build.duckdb`` beside the published one, one process at a time.

Here: the lock, opening and repairing the file, its bookkeeping tables (schema ``work``). Not here: what is
in it (``marts``, ``statistics``). The rows of the store are in a file of their own, attached as ``staging``:
what is published is a copy of the build file, and nobody reads them there. DuckDB writes to one file in a
transaction. The two hold nothing that the operational store does not: when one is damaged, of another
version, of another store or without the other, both are thrown away and built anew.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from mixtrove.errors import StoreUnavailable
from mixtrove.locking import locked
from mixtrove.warehouse.models import fingerprint, literal

log = logging.getLogger(__name__)

STORAGE = {"storage_compatibility_version": "v1.5.0"}
"""Analysts' tools still carry DuckDB 1.5, which cannot open a file in the format of 2.0 (measured)."""

WAIT = 60.0
"""Seconds that a builder waits for another one."""

_STAGING = """
-- what is staged: one row
CREATE TABLE IF NOT EXISTS staging.state (pair UUID, watermark BIGINT, oldest_tracklist VARCHAR);
-- rows that staging changed and the marts do not show yet
CREATE TABLE IF NOT EXISTS staging.changed (table_name VARCHAR, row_id UUID);
-- rows of the store at the watermark
CREATE TABLE IF NOT EXISTS staging.source_counts (table_name VARCHAR, rows BIGINT);
"""

_WORK = """
CREATE SCHEMA IF NOT EXISTS work;

-- what the build file holds: one row
CREATE TABLE IF NOT EXISTS work.state (pair UUID, models VARCHAR, marts_built BOOLEAN);
-- steps that are behind the marts; period_start only for day, week and month
CREATE TABLE IF NOT EXISTS work.pending (step VARCHAR, basis VARCHAR, period_start DATE);
-- checks that passed, and the watermark they passed at
CREATE TABLE IF NOT EXISTS work.passed (name VARCHAR, revision BIGINT);
-- keys that the marts' statements are limited to, see sql/scopes
CREATE TABLE IF NOT EXISTS work.entries (entry_id UUID);
CREATE TABLE IF NOT EXISTS work.tracks (track_id UUID);
CREATE TABLE IF NOT EXISTS work.tracklists (tracklist_id UUID);
CREATE TABLE IF NOT EXISTS work.plays (entry_id UUID);
CREATE TABLE IF NOT EXISTS work.firsts (
    track_id UUID, first_discovered_entry UUID, first_played_entry UUID
);
-- what the facts hold instead of ids and names, see sql/scopes
CREATE TABLE IF NOT EXISTS work.names (kind VARCHAR, number INTEGER, key VARCHAR, name VARCHAR);
CREATE TABLE IF NOT EXISTS work.renamed (kind VARCHAR, number INTEGER);
CREATE TABLE IF NOT EXISTS work.track_keys (
    track_id UUID, track_no INTEGER, artist_no INTEGER, guest_nos INTEGER[], label_no INTEGER,
    genre_no INTEGER, artist VARCHAR, title VARCHAR, remix VARCHAR, unreleased BOOLEAN,
    identified_at TIMESTAMP, first_discovered_entry UUID, first_played_entry UUID
);
CREATE TABLE IF NOT EXISTS work.mix_keys (
    tracklist_id UUID, mix_no INTEGER, dj_no INTEGER, source_no INTEGER
);

CREATE TABLE IF NOT EXISTS _meta (
    built_at TIMESTAMP, source_revision BIGINT, mixtrove_version VARCHAR, schema_version VARCHAR,
    duckdb_version VARCHAR
);
COMMENT ON TABLE _meta IS 'When and from what this file was built. Grain: one row.';
COMMENT ON COLUMN _meta.built_at IS 'UTC';
COMMENT ON COLUMN _meta.source_revision IS 'of the store that was staged';
COMMENT ON COLUMN _meta.mixtrove_version IS 'that built it';
COMMENT ON COLUMN _meta.schema_version IS 'of the models: changes whenever one does';
COMMENT ON COLUMN _meta.duckdb_version IS 'that built it; tools from 1.5 on open it';
"""


class BuildFileDamaged(StoreUnavailable):
    """The build file could not be read and was removed; the next builder starts anew from the store."""


class Build:
    """The open build file and the right to change it. Made by ``open_build``."""

    def __init__(self, published: Path, connection: duckdb.DuckDBPyConnection) -> None:
        """Hold the connection to the build file of ``published``."""
        self.published = published
        self.path = build_path(published)
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction: all of the block, or nothing of it."""
        self.connection.execute("BEGIN")
        try:
            yield self.connection
        except BaseException:
            with suppress(duckdb.Error):  # the first error is the one to tell
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def rows(self, sql: str, parameters: object = None) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        return self.connection.execute(sql, parameters).fetchall()

    def value(self, sql: str, parameters: object = None) -> Any:
        """The first value of a statement, None when it has no row."""
        row = self.connection.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    @property
    def watermark(self) -> int:
        """The revision of the store that is staged; 0 when nothing is."""
        return int(self.value("SELECT watermark FROM staging.state"))

    def start_anew(self, why: str) -> None:
        """Throw everything away; the next ``stage`` reads the whole store.

        Args:
            why: a sentence for the log.
        """
        log.warning("the warehouse is built anew: %s", why)
        self.connection.close()
        _remove(self.published)
        self.connection = _connect(self.published)


@contextmanager
def open_build(published: Path, *, wait: float = WAIT) -> Iterator[Build]:
    """Open the build file of a published file, alone; it is created, repaired or started anew as needed.

    Args:
        published: the file that analysts open (``Settings.warehouse_path``); it need not exist.
        wait: seconds to wait for another builder.

    Raises:
        StoreUnavailable: another process builds, or the folder or the disk does not allow it.
        BuildFileDamaged: a part of the file turned out to be unreadable; run it again.
    """
    with nobody_builds(published, wait=wait):
        build = Build(published, _open(published))
        try:
            yield build
        except duckdb.Error as error:
            if _is_damage(error):
                build.connection.close()
                _remove(published)
                raise BuildFileDamaged(
                    f"{build.path} was damaged and is removed ({first_line(error)}): run it again, it is "
                    "built anew from the store; the published file is as it was"
                ) from error
            if not isinstance(error, duckdb.IOException) and not _is_full(error):
                raise
            raise StoreUnavailable(
                f"the warehouse {build.path} cannot be written: {first_line(error)}; "
                "make room or check the disk and run it again, the published file is as it was"
            ) from error
        finally:
            build.connection.close()


@contextmanager
def nobody_builds(published: Path, *, wait: float = WAIT) -> Iterator[None]:
    """Hold off other builders for the length of the block.

    Raises:
        StoreUnavailable: another process builds for longer, or the folder cannot be written.
    """
    lock = published.with_name(f"{published.stem}.lock")
    with locked(lock, wait=wait, doing="the warehouse is being built"):
        yield


def forget_build(published: Path) -> None:
    """Remove what was built so far, while ``nobody_builds``: the store is another one now."""
    _remove(published)


def build_path(published: Path) -> Path:
    """The build file that belongs to a published file."""
    return published.with_name(f"{published.stem}.build{published.suffix}")


def staging_path(published: Path) -> Path:
    """The file with the staged rows that belongs to a published file."""
    return published.with_name(f"{published.stem}.staging{published.suffix}")


def first_line(error: BaseException) -> str:
    """The first line of an error's text."""
    return str(error).partition("\n")[0]


def prepare(connection: duckdb.DuckDBPyConnection, staging: str) -> None:
    """Attach the staging file and create the bookkeeping tables of both, unless they are there."""
    connection.execute(f"ATTACH {literal(staging)} AS staging (STORAGE_VERSION 'v1.5.0')")
    connection.execute(_STAGING)
    connection.execute(_WORK)


def _open(published: Path) -> duckdb.DuckDBPyConnection:
    path = build_path(published)
    try:
        return _connect(published)
    except duckdb.Error as error:
        if "lock on file" in str(error):
            raise StoreUnavailable(
                f"{path} is open in another program: close it there; "
                "to look at the data open the published file instead"
            ) from error
        log.warning("the warehouse is built anew: %s cannot be read (%s)", path, first_line(error))
    _remove(published)
    try:
        return _connect(published)
    except duckdb.Error as error:
        raise StoreUnavailable(
            f"the warehouse {path} cannot be created: {first_line(error)}; "
            "check the folder's permissions and the free space"
        ) from error


def _connect(published: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(build_path(published)), config=dict(STORAGE))
    try:
        prepare(connection, str(staging_path(published)))
        staged = connection.execute("SELECT pair FROM staging.state").fetchone()
        built = connection.execute("SELECT pair, models FROM work.state").fetchone()
        if staged is None and built is None:
            pair = uuid4()
            connection.execute("INSERT INTO staging.state VALUES ($pair, 0, NULL)", {"pair": pair})
            connection.execute(
                "INSERT INTO work.state VALUES ($pair, $models, FALSE)",
                {"pair": pair, "models": fingerprint()},
            )
            return connection
    except duckdb.Error:
        connection.close()
        raise
    if staged is not None and built == (staged[0], fingerprint()):
        return connection
    if staged is None or built is None or staged[0] != built[0]:
        log.warning("the warehouse is built anew: its two files do not belong together")
    else:
        log.warning("the warehouse is built anew: its models changed from %s", built[1])
    connection.close()
    _remove(published)
    return _connect(published)


def _is_damage(error: duckdb.Error) -> bool:
    """Whether an error tells that the file itself is unreadable (there is no class of its own for it)."""
    if _is_full(error):
        return False
    broken = (duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
    text = str(error)
    return isinstance(error, broken) or "Corrupt database" in text or "read enough bytes" in text


def _is_full(error: duckdb.Error) -> bool:
    """Whether the disk is full or the file may not grow: fatal to DuckDB's connection, not to the file."""
    return any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT))


def _remove(published: Path) -> None:
    try:
        for path in (build_path(published), staging_path(published)):
            for stale in (path, path.with_name(f"{path.name}.wal")):
                stale.unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"the warehouse {build_path(published)} cannot be replaced: {error.strerror}; "
            "check the folder's permissions"
        ) from error
