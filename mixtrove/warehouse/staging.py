"""Bring what changed in the operational store into the staging file, typed, else as it is.

Here: watermark, deletions, a store that was replaced, and the note of what changed for ``marts``. Not here:
how the store is read (``source``) and which types the columns get (``sql/staging``).
"""

# ruff: noqa: S608 - names of tables cannot be parameters; they are ours, values are always parameters

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from mixtrove.errors import StoreUnavailable
from mixtrove.library import schema
from mixtrove.matching.credit import split_artists
from mixtrove.providers.schema import provider_use
from mixtrove.providers.store import open_use
from mixtrove.warehouse import source as stored
from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.models import column_list, model, models, quoted
from mixtrove.warehouse.source import Readable, Source, open_source

if TYPE_CHECKING:
    from mixtrove.settings import Settings

NOTED = {"track_discovery": "entry_id", "owned_track": "library_track_id"}
"""The column that tells ``marts`` what a changed row touches, where it is not the row's own id."""

_ADDED = {"library_track": ("artists",)}
"""Columns that the store does not have: staging works them out."""

_ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), date: pa.date32()}


@dataclass(frozen=True, slots=True)
class StageResult:
    """What one staging brought."""

    revision: int  # of the store, now staged
    rows: Mapping[str, int]  # table → rows read
    deleted: int  # rows taken out
    changed: int  # rows that wait for build_marts, of earlier stagings too
    rebuilt: str | None  # a sentence: why everything was read again; None usually
    notes: tuple[str, ...]  # sentences about what was mended


def stage(build: Build, store: Readable) -> StageResult:
    """Read everything that changed since the last staging, in one transaction on both sides.

    Staging the same revision again changes nothing. A store that is not the one staged before (an older
    revision, or one that never had our oldest tracklist) is read whole.

    Raises:
        StoreUnavailable: the store cannot be opened.
    """
    with open_source(store) as source:
        revision, oldest = stored.revision(source), stored.oldest_tracklist(source)
        rebuilt = _replaced(build, source, revision)
        if rebuilt:
            build.start_anew(rebuilt)
        since = build.watermark
        with build.transaction() as connection:
            create_tables(connection)
            staging = _Staging(connection, source, since)
            rows = {table.name: staging.bring(table) for table in _tables()}
            staging.follow_references()
            notes = tuple(note for table in _tables() if (note := staging.mend(table)))
            connection.execute("DELETE FROM staging.source_counts")
            connection.executemany(
                "INSERT INTO staging.source_counts VALUES ($table, $rows)",
                [{"table": name, "rows": count} for name, count in staging.counts.items()],
            )
            connection.execute(
                "UPDATE staging.state SET watermark = $revision, "
                "oldest_tracklist = coalesce($oldest, oldest_tracklist)",
                {"revision": revision, "oldest": oldest},
            )
        changed = build.value("SELECT count(*) FROM staging.changed")
    return StageResult(revision, rows, staging.deleted, changed, rebuilt, notes)


def stage_requests(build: Build, settings: Settings) -> str | None:
    """Read what asking the providers cost; it lies in another database than the library.

    It is no reason to leave the statistics as they are: when it cannot be read, what was staged stays.

    Returns:
        A sentence when it could not be read.
    """
    table, staged = provider_use, "staging.provider_use"
    try:
        database = open_use(settings)
        if database is None:
            return None
        with closing(database), database.read() as reading:
            rows = reading.execute(sa.select(table)).mappings().all()
    except StoreUnavailable as error:
        return f"the requests of the providers are as they were: {error}"
    with build.transaction() as connection:
        create_tables(connection)
        shape = [(column.name, _ARROW[column.type.python_type]) for column in table.columns]
        connection.register("incoming", pa.Table.from_pylist([dict(row) for row in rows], pa.schema(shape)))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE arrived AS {model('staging', table.name).sql}")
        connection.unregister("incoming")
        different = connection.execute(
            f"SELECT count(*) FROM ((FROM arrived EXCEPT FROM {staged}) "
            f"UNION ALL (FROM {staged} EXCEPT FROM arrived))"
        ).fetchall()[0][0]
        if different:
            connection.execute(f"TRUNCATE {staged}")
            connection.execute(f"INSERT INTO {staged} FROM arrived")
            connection.execute("INSERT INTO staging.changed VALUES ($table, NULL)", {"table": table.name})
    return None


def _tables() -> tuple[sa.Table, ...]:
    """The staged tables of the store, parents before children."""
    staged = {item.name for item in models("staging")} - {"tombstone"}
    return tuple(table for table in schema.metadata.sorted_tables if table.name in staged)


def _replaced(build: Build, source: Source, revision: int) -> str | None:
    watermark, oldest = build.rows("SELECT watermark, oldest_tracklist FROM staging.state")[0]
    if revision < watermark:
        return f"the store is at revision {revision}, before the staged {watermark}"
    if oldest is not None and not stored.knows_tracklist(source, oldest):
        return f"the store is another one: it never had the tracklist {oldest}"
    return None


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the staging tables, empty, unless they are there: each model over columns of text."""
    for item in models("staging"):
        columns = ", ".join(f'CAST(NULL AS VARCHAR) AS "{name}"' for name in incoming_columns(item.name))
        typed = f"WITH incoming AS (SELECT {columns}) FROM ({item.sql})"
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {quoted('staging.' + item.name)} " + column_list(connection, typed)
        )


def source_table(name: str) -> sa.Table:
    """The table that a staging model reads: of the operational store, or of the providers' database."""
    return provider_use if name == provider_use.name else schema.metadata.tables[name]


def with_artists(tracks: pa.Table | pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Rows of ``library_track`` with a column ``artists`` more: the names in ``artist``, guests too.

    They are told apart as everywhere else (``split_artists``): SQL knows too little of how names are joined.
    """
    batches = tracks.to_batches() if isinstance(tracks, pa.Table) else tracks
    shape = tracks.schema.append(pa.field("artists", pa.list_(pa.string())))
    return pa.RecordBatchReader.from_batches(
        shape,
        (
            pa.RecordBatch.from_arrays(
                [*batch.columns, pa.array(map(_artists, batch["artist"].to_pylist()), shape.types[-1])],
                schema=shape,
            )
            for batch in batches
        ),
    )


@lru_cache(maxsize=100_000)
def _artists(text: str) -> list[str]:
    names, guests = split_artists(text)
    return [*names, *guests]


def incoming_columns(name: str) -> list[str]:
    """The columns that a staging model finds in what arrives."""
    return [*source_table(name).columns.keys(), *_ADDED.get(name, ())]


class _Staging:
    """One staging under way."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, since: int) -> None:
        self.connection = connection
        self.source = source
        self.since = since
        self.deleted = 0
        self.counts: dict[str, int] = {}
        self._lost_rows: set[str] = set()  # tables that rows were deleted from
        connection.execute("DELETE FROM staging.tombstone")
        if since:
            self._read(schema.tombstone, since, into="staging.tombstone")

    def bring(self, table: sa.Table) -> int:
        """Stage the changed rows of a table and take out its deleted ones; the number of rows read."""
        self._arrive(table, self.since)
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE gone AS SELECT TRY_CAST(row_id AS UUID) AS id "
            "FROM staging.tombstone WHERE table_name = $table",
            {"table": table.name},
        )
        return self._apply(table)

    def mend(self, table: sa.Table) -> str | None:
        """Read a table whole when its number of rows is not the store's; a sentence when it was."""
        staged = quoted(f"staging.{table.name}")
        expected = self.counts[table.name] = stored.count(self.source, table)
        found = self._value(f"SELECT count(*) FROM {staged}")
        if found == expected:
            return None
        self._arrive(table, 0)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE gone AS SELECT id FROM {staged} ANTI JOIN arrived USING (id)"
        )
        self._apply(table)
        return f"{table.name} was read whole: {found} rows were staged where the store has {expected}"

    def follow_references(self) -> None:
        """Do what the store's foreign keys did when rows were deleted: those changes carry no revision."""
        for table in _tables():
            staged = quoted(f"staging.{table.name}")
            for key in table.foreign_keys:
                parent = key.column.table.name
                if parent not in self._lost_rows or key.parent.name not in self._columns(table):
                    continue
                orphans = (
                    f'SELECT id FROM {staged} WHERE "{key.parent.name}" IS NOT NULL AND '
                    f'"{key.parent.name}" NOT IN (SELECT id FROM {quoted("staging." + parent)})'
                )
                self.connection.execute(f"CREATE OR REPLACE TEMP TABLE gone AS {orphans}")
                self._note(table, f"FROM {staged} SEMI JOIN gone USING (id)")
                if key.ondelete == "SET NULL":
                    self.connection.execute(
                        f'UPDATE {staged} SET "{key.parent.name}" = NULL WHERE id IN (SELECT id FROM gone)'
                    )
                else:
                    self._delete(table, "gone")

    def _arrive(self, table: sa.Table, since: int) -> None:
        columns = column_list(self.connection, f"FROM {quoted('staging.' + table.name)}")
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE arrived {columns}")
        self._read(table, since, into="arrived")

    def _read(self, table: sa.Table, since: int, *, into: str) -> None:
        item = model("staging", table.name)
        for changed in self.source.changed(table, since):
            incoming = with_artists(changed) if table is schema.library_track else changed
            self.connection.register("incoming", incoming)
            self.connection.execute(f"INSERT INTO {quoted(into)} BY NAME {item.sql}")
            self.connection.unregister("incoming")

    def _apply(self, table: sa.Table) -> int:
        """Put ``arrived`` in the place of its rows, take out ``gone``, note what is different now."""
        staged = quoted(f"staging.{table.name}")
        arrived = int(self._value("SELECT count(*) FROM arrived"))
        if arrived or self._value("SELECT count(*) FROM gone"):
            plain = "SELECT * EXCLUDE (revision) FROM"
            before = f"{plain} {staged} SEMI JOIN arrived USING (id)"
            after = f"{plain} arrived ANTI JOIN gone_for_good USING (id)"
            self.connection.execute(
                "CREATE OR REPLACE TEMP TABLE gone_for_good AS FROM gone ANTI JOIN arrived USING (id)"
            )
            self._note(table, f"FROM ({after} EXCEPT {before})")
            self._note(table, f"FROM ({before} EXCEPT {after})")
            self._note(table, f"FROM {staged} SEMI JOIN gone_for_good USING (id)")
            self._delete(table, "gone_for_good")
            self.connection.execute(f"DELETE FROM {staged} WHERE id IN (SELECT id FROM arrived)")
            self.connection.execute(f"INSERT INTO {staged} FROM arrived")
        return arrived

    def _note(self, table: sa.Table, rows: str) -> None:
        column = NOTED.get(table.name, "id")
        self.connection.execute(
            f'INSERT INTO staging.changed SELECT DISTINCT $table, "{column}" {rows}',
            {"table": table.name},
        )

    def _delete(self, table: sa.Table, keys: str) -> None:
        count = self._value(
            f"DELETE FROM {quoted('staging.' + table.name)} WHERE id IN (SELECT id FROM {keys})"
        )
        if count:
            self.deleted += count
            self._lost_rows.add(table.name)

    def _columns(self, table: sa.Table) -> set[str]:
        described = self.connection.execute(f"DESCRIBE {quoted('staging.' + table.name)}")
        return {row[0] for row in described.fetchall()}

    def _value(self, sql: str) -> int:
        row = self.connection.execute(sql).fetchone()
        return 0 if row is None else int(row[0])
