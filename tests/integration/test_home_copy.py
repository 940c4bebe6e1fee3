"""A home's stores copied to Postgres and back: the same rows, ids that go on, and no half copies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.database.copying import contents
from mixtrove.errors import BadInput, StoreUnavailable
from mixtrove.library import outbox, schema
from mixtrove.library.store import Store
from mixtrove.providers.schema import metadata as providers_metadata
from mixtrove.providers.store import ProviderStore, open_slots
from mixtrove.settings import Settings
from mixtrove.upkeep.moving import copy_home, only_writer
from tests.integration.any_rows import fill

TABLES = schema.metadata.sorted_tables
ROWS = 150


def settings(home: Path, url: str | None = None) -> Settings:
    return Settings(home=home, database_url=url, busy_timeout=0.3)


def file(home: Path) -> str:
    return f"sqlite:///{home / 'mixtrove.db'}"


def all_contents(url: str) -> dict[str, object]:
    store = Store.open(url)
    try:
        with store.read() as connection:
            return {table.name: contents(connection, table) for table in TABLES}
    finally:
        store.close()


def all_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """The values themselves, without our digests."""
    store = Store.open(url)
    try:
        with store.read() as connection:
            found: dict[str, list[tuple[Any, ...]]] = {}
            for table in TABLES:
                keys = [column.name for column in table.primary_key.columns]
                rows = connection.execute(sa.select(table)).mappings()
                found[table.name] = [
                    tuple(row.values())
                    for row in sorted(rows, key=lambda row, keys=keys: [str(row[key]) for key in keys])
                ]
            return found
    finally:
        store.close()


def make_home(folder: Path, rows: int) -> Path:
    store = Store.open(settings(folder))
    with store.write() as tx:
        fill(tx.connection, TABLES, rows=rows, seed=9)
        assert tx.revision == 1
    store.close()
    providers = open_slots(settings(folder))
    with providers.writing() as connection:
        fill(connection, providers_metadata.sorted_tables, rows=20, seed=10)
    providers.close()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An embedded home with rows in every table."""
    return make_home(tmp_path / "home", ROWS)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.mark.postgres
def test_a_home_goes_to_postgres_and_back_with_every_value(
    home: Path, postgres_url: str, tmp_path: Path
) -> None:
    done = copy_home(settings(home), postgres_url)
    assert done.tables["want"].rows == ROWS
    assert done.tables["provider_result"].rows == 20
    assert set(done.tables) == {*schema.metadata.tables, "provider_result", "provider_use"}
    back = tmp_path / "back"
    assert copy_home(settings(home, postgres_url), file(back)).tables == done.tables
    assert all_contents(file(home)) == all_contents(postgres_url) == all_contents(file(back))
    assert all_rows(file(home)) == all_rows(postgres_url) == all_rows(file(back))
    beside = ProviderStore.open_at(sa.make_url(f"sqlite:///{back / 'providers.db'}"))
    with beside.read() as connection:
        assert (
            contents(connection, providers_metadata.tables["provider_result"])
            == done.tables["provider_result"]
        )
        assert contents(connection, providers_metadata.tables["slot"]).rows == 0
    beside.close()


@pytest.mark.postgres
def test_numbers_that_were_handed_out_are_not_handed_out_again(
    home: Path, postgres_url: str, tmp_path: Path
) -> None:
    """Published events are deleted some day; whoever remembers the last number must not miss the next."""
    store = Store.open(settings(home))
    with store.write() as tx:
        tx.connection.execute(sa.delete(schema.outbox).where(schema.outbox.c.id > 10))
    store.close()
    back = tmp_path / "back"
    copy_home(settings(home), postgres_url)
    copy_home(settings(home, postgres_url), file(back))
    for url in (postgres_url, file(back)):
        store = Store.open(url)
        with store.write() as tx:
            outbox.emit(tx, "want.added", "x", {})
        with store.read() as connection:
            assert connection.execute(sa.select(sa.func.max(schema.outbox.c.id))).scalar() == ROWS + 1
        store.close()


@pytest.mark.postgres
def test_a_target_with_rows_is_refused_and_left_alone(home: Path, postgres_url: str) -> None:
    store = Store.open(postgres_url)
    with store.write() as tx:
        outbox.emit(tx, "want.added", "x", {})
    store.close()
    before = all_contents(postgres_url)
    with pytest.raises(BadInput, match=r"is not empty: its table 'outbox' has rows; nothing was copied"):
        copy_home(settings(home), postgres_url)
    assert all_contents(postgres_url) == before


def test_the_store_in_use_and_a_home_without_store_are_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the target is the store that is in use"):
        copy_home(settings(home), file(home / ".." / home.name))
    with pytest.raises(BadInput, match="there is nothing to copy"):
        copy_home(settings(tmp_path / "none"), file(tmp_path / "new"))


@pytest.mark.postgres
def test_nobody_writes_to_the_source_while_it_is_copied(home: Path, postgres_url: str) -> None:
    refused: list[str] = []

    def write(_table: str, _rows: int) -> None:
        if not refused:
            other = Store.open(settings(home))
            with pytest.raises(StoreUnavailable) as caught, other.write() as tx:
                outbox.emit(tx, "want.added", "late", {})
            refused.append(str(caught.value))
            other.close()

    # the providers' tables come first, in a transaction of their own
    (home / "providers.db").unlink()
    copy_home(settings(home), postgres_url, progress=write)
    assert "is in use by another program that kept it locked" in refused[0]
    assert all_contents(postgres_url) == all_contents(file(home))


@pytest.mark.postgres
def test_a_value_that_postgres_cannot_hold_is_named_and_nothing_is_kept(
    home: Path, postgres_url: str
) -> None:
    store = Store.open(settings(home))
    with store.write() as tx:
        tx.connection.execute(sa.update(schema.want).values(notes="a\0b"))
    store.close()
    with pytest.raises(BadInput, match=r"a row of table 'want' cannot be kept in .*NUL.*change that row"):
        copy_home(settings(home), postgres_url)
    assert all_contents(postgres_url)["want"].rows == 0  # type: ignore[attr-defined]
    assert all_contents(postgres_url)["tracklist"].rows == 0  # type: ignore[attr-defined]


_KILLED = """
import os, signal, sys
from pathlib import Path
from mixtrove.settings import Settings
from mixtrove.upkeep.moving import copy_home

def report(table, rows):
    if rows >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

copy_home(Settings(home=Path(sys.argv[1])), sys.argv[2], progress=report)
"""


@pytest.mark.postgres
def test_a_copy_that_is_killed_leaves_the_target_empty_and_is_made_again(
    tmp_path: Path, postgres_url: str
) -> None:
    home = make_home(tmp_path / "home", 1_000)
    for url in (postgres_url, file(tmp_path / "other")):
        for at in (30, 2_000, 20_000):
            killed = subprocess.run([sys.executable, "-c", _KILLED, str(home), url, str(at)], check=False)
            assert killed.returncode == -9
            found = all_contents(url)
            assert [name for name, one in found.items() if one.rows and name != "counter"] == []  # type: ignore[attr-defined]
        copy_home(settings(home), url)
        assert all_contents(url) == all_contents(file(home))


@pytest.mark.postgres
def test_two_copies_at_once_give_one(home: Path, postgres_url: str) -> None:
    target = Store.open(postgres_url, busy_timeout=0.3)
    with only_writer(target), pytest.raises(StoreUnavailable, match="is locked by another writer"):
        copy_home(settings(home), postgres_url)
    target.close()
    copy_home(settings(home), postgres_url)
    assert all_contents(postgres_url) == all_contents(file(home))


@pytest.mark.postgres
def test_the_command_says_what_was_copied_and_what_to_set(
    home: Path, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(home))
    secret = postgres_url.replace("postgres@", "postgres:secret-word@")
    done = run("home", "copy", "--to", secret)
    assert done.exit_code == 0, done.output
    assert "equal on both sides" in done.stdout
    assert "To use them: set MIXTROVE_DATABASE_URL to the URL you gave" in done.stdout
    assert "secret-word" not in done.output
    monkeypatch.setenv("MIXTROVE_DATABASE_URL", secret)
    back = tmp_path / "back"
    told = json.loads(run("home", "copy", "--json", "--to", file(back)).stdout)
    assert told["tables"]["want"]["rows"] == ROWS
    assert told["remedy"] == f"set MIXTROVE_HOME={back} and unset MIXTROVE_DATABASE_URL"
    again = run("home", "copy", "--to", file(back))
    assert again.exit_code == 2
    assert "is not empty" in again.stderr
    assert "secret-word" not in json.dumps(told) + again.output
