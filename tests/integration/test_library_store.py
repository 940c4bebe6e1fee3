"""Opening, migrating, reading and writing the store, on SQLite and on Postgres."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from mixtrove.database.migrating import configuration
from mixtrove.errors import BadInput, StoreUnavailable
from mixtrove.library import schema
from mixtrove.library import store as store_module
from mixtrove.library.store import (
    CHAIN,
    HEAD,
    VERSION_TABLE,
    Store,
    Transaction,
    new_id,
    upsert,
    write_in_turns,
)
from mixtrove.library.tracks import find_or_create_track
from mixtrove.matching import Credit

REMOVAL = schema.tombstone
VERSION = sa.table(VERSION_TABLE, sa.column("version_num"))


def _revision(store: Store) -> int:
    with store.read() as connection:
        return int(connection.execute(sa.select(schema.counter.c.value)).scalar_one())


def test_a_new_store_has_every_table_and_no_revision(store: Store) -> None:
    with store.read() as connection:
        tables = set(sa.inspect(connection).get_table_names())
    assert tables == {*schema.metadata.tables, VERSION_TABLE}
    assert _revision(store) == 0


def test_the_migrations_make_exactly_the_schema(store: Store) -> None:
    with store.engine.connect() as connection:
        command.check(configuration(CHAIN, connection))


def test_downgrade_takes_everything_away_and_upgrade_brings_it_back(store: Store) -> None:
    with store.engine.begin() as connection:
        command.downgrade(configuration(CHAIN, connection), "base")
        assert sa.inspect(connection).get_table_names() == [VERSION_TABLE]
        command.upgrade(configuration(CHAIN, connection), "head")
        command.check(configuration(CHAIN, connection))


def test_the_isrcs_of_an_older_store_become_ids_with_a_revision_of_their_own(store: Store) -> None:
    with store.write() as tx:
        first = find_or_create_track(tx, Credit.parse("Bicep", "Glue", isrc="GBCFB1700561"))
        find_or_create_track(tx, Credit.parse("Bicep", "Glue (VIP)", isrc="GBCFB1700562"))
    before = _revision(store)
    with store.engine.begin() as connection:
        command.downgrade(configuration(CHAIN, connection), "0004")
        command.upgrade(configuration(CHAIN, connection), "head")
    known = schema.external_id
    with store.read() as connection:
        rows = connection.execute(sa.select(known).order_by(known.c.external_id)).all()
    assert [(row.provider, row.external_id, row.revision) for row in rows] == [
        ("isrc", "GBCFB1700561", before + 1),
        ("isrc", "GBCFB1700562", before + 1),
    ]
    assert rows[0].library_track_id == first
    assert _revision(store) == before + 1


def test_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(configuration(CHAIN)).get_current_head() == HEAD


def test_revisions_count_write_transactions_that_used_one(store: Store) -> None:
    seen = []
    for _ in range(3):
        with store.write() as tx:
            seen.append(tx.revision)
            assert tx.revision == seen[-1]
            assert tx.now.utcoffset() is not None
    with store.write():
        pass
    assert seen == [1, 2, 3]
    assert _revision(store) == 3


def test_an_error_in_the_block_keeps_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as tx:  # noqa: PT012
        tx.connection.execute(
            sa.insert(REMOVAL), {"table_name": "want", "row_id": "1", "revision": tx.revision}
        )
        raise RuntimeError
    assert _revision(store) == 0
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(REMOVAL)).scalar() == 0


def test_a_bulk_writer_takes_turns_and_keeps_those_before_an_error(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(tx: Transaction, thing: int) -> int:
        if thing == 3:
            raise RuntimeError
        return tx.revision

    monkeypatch.setattr(store_module, "TURN", 60.0)
    assert list(write_in_turns(store, range(3), work)) == [[1, 1, 1]]
    monkeypatch.setattr(store_module, "TURN", 0.0)
    turns = write_in_turns(store, (0, 1, 3, 4), work)
    assert [next(turns), next(turns)] == [[2], [3]]
    with pytest.raises(RuntimeError):
        next(turns)
    assert _revision(store) == 3


def test_upsert_leaves_equal_rows_at_their_old_revision(store: Store) -> None:
    def row(key: str, artist: str) -> dict[str, object]:
        return {
            "id": new_id(), "source": "csv", "location": key, "artist": artist, "title": "x",
            "credit": {"artist": [artist]}, "identity_key": key, "library_track_id": None,
        }  # fmt: skip

    for artists in (("a", "b"), ("a", "c")):
        with store.write() as tx:
            rows = [row(str(i), artist) for i, artist in enumerate(artists)]
            upsert(tx, schema.owned_track, rows, on=("source", "location"))
    with store.read() as connection:
        found = connection.execute(
            sa.select(schema.owned_track.c.artist, schema.owned_track.c.revision).order_by("location")
        ).all()
    assert [tuple(row) for row in found] == [("a", 1), ("c", 2)]


def test_revisions_are_in_commit_order_when_threads_write(store: Store) -> None:
    order: list[int] = []
    guard = threading.Lock()

    def work() -> None:
        for _ in range(10):
            with store.write() as tx:
                before = tx.connection.execute(sa.select(schema.counter.c.value)).scalar_one()
                assert tx.revision == before + 1
                with guard:
                    order.append(tx.revision)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == list(range(1, 41))


def test_two_processes_may_create_the_store_at_once(database_url: str) -> None:
    code = "import sys; from mixtrove.library.store import Store; Store.open(sys.argv[1]); print('ok')"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, database_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in running] == ["ok", "ok"]


def test_a_newer_schema_is_refused_and_left_alone(store: Store, database_url: str) -> None:
    with store.write() as tx:
        tx.connection.execute(sa.update(VERSION).values(version_num="9999"))
    with pytest.raises(StoreUnavailable, match=r"newer mixtrove \(schema 9999; this one knows up to"):
        Store.open(database_url)
    with pytest.raises(StoreUnavailable, match=r"newer mixtrove \(schema 9999; this one knows up to"):
        Store.open(database_url, upgrade=False)
    with store.read() as connection:
        found = connection.execute(sa.select(VERSION.c.version_num)).scalar()
    assert found == "9999"


def test_without_upgrade_an_empty_store_is_refused(database_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="mixtrove db upgrade"):
        Store.open(database_url, upgrade=False)


def test_a_database_with_a_strangers_table_is_refused(sqlite_url: str) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        connection.execute("CREATE TABLE tracklist (x)")
    with pytest.raises(StoreUnavailable, match="already has a table 'tracklist'"):
        Store.open(sqlite_url)


def test_a_locked_store_gives_a_sentence(sqlite_url: str) -> None:
    Store.open(sqlite_url).close()
    store = Store.open(sqlite_url, busy_timeout=0.05)
    holder = sqlite3.connect(store.name, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="in use by another program"), store.write():
        pytest.fail("the lock was ignored")
    with store.read() as connection:  # readers do not wait for a writer
        assert connection.execute(sa.select(schema.counter.c.value)).scalar() == 0
    holder.close()
    store.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to read-only files")
def test_a_read_only_store_gives_a_sentence(sqlite_url: str) -> None:
    Store.open(sqlite_url).close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.chmod(0o444)
    with (
        pytest.raises(StoreUnavailable, match="read-only"),
        Store.open(sqlite_url).write() as tx,
    ):
        assert tx.revision


def test_a_file_that_is_no_database_gives_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mixtrove.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreUnavailable, match="is not a SQLite database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == b"not a database at all" * 100


def test_a_server_that_does_not_answer_gives_a_sentence_without_the_password() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
        Store.open("postgresql://me:secret@127.0.0.1:9/none")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@127.0.0.1:notaport/x",
        "postgresql://me:secret",  # a host and a port, as it stands
        "postgresql://127.0.0.1:notaport/x?password=secret",
        "postgresql//127.0.0.1/x?password=secret",
        "postgresql//127.0.0.1/x?password=an@secret",
        "postgresql//me:the?secret@127.0.0.1/x",
    ],
)
def test_a_url_that_is_none_gives_a_sentence_without_the_password(url: str) -> None:
    with pytest.raises(BadInput, match=r"database URL.*: use ") as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://x/y", "no url", "duckdb:///x"])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="sqlite:///path"):
        Store.open(url)


@pytest.mark.postgres
def test_adbc_reads_what_was_written_to_postgres(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    with store.write() as tx:
        assert tx.revision == 1
    with store.adbc() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT value FROM counter")
        assert cursor.fetch_arrow_table().to_pydict() == {"value": [1]}
    store.close()


def test_adbc_is_refused_on_sqlite(sqlite_store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="is not Postgres"):
        sqlite_store.adbc()


def test_opening_a_ready_store_does_not_import_alembic(sqlite_url: str) -> None:
    Store.open(sqlite_url).close()
    code = (
        "import sys; from mixtrove.library.store import Store; Store.open(sys.argv[1]);"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, sqlite_url],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.strip() == "False"
