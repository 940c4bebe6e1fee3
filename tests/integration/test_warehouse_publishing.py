"""Publishing while others read, kills, and a store that goes on being written."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from mixtrove.errors import StoreUnavailable
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse import read
from mixtrove.warehouse.buildfile import build_path, open_build
from mixtrove.warehouse.publish import publish
from mixtrove.warehouse.refresh import refresh
from tests.integration.warehouse_scene import Scene, shake, small

ROOT = Path(__file__).parents[2]
DUCKDB_15 = ROOT / ".cache" / "duckdb15"

REFRESH = """
import sys
from pathlib import Path
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse.refresh import refresh
settings = Settings(home=Path(sys.argv[1]))
print("ready", flush=True)
refresh(Store.open(settings), settings)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def home_store(settings: Settings) -> Store:
    return Store.open(settings)


def rows_of_discoveries(path: Path) -> list[tuple[object, ...]]:
    with read.open_published(path) as connection:
        return connection.execute("FROM discoveries ORDER BY entry_id").fetchall()


def test_what_the_store_commits_after_a_refresh_is_kept(home_store: Store, settings: Settings) -> None:
    scene = small(home_store)
    refresh(home_store, settings)
    scene.mix("written after the refresh", None)
    command = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('SELECT dj FROM tracklist'))"
    seen = subprocess.run(
        [sys.executable, "-c", command, str(settings.home / "mixtrove.db")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "written after the refresh" in seen.stdout
    home_store.close()


def test_readers_see_whole_publications_in_order(home_store: Store, settings: Settings) -> None:
    scene = small(home_store)
    refresh(home_store, settings)
    seen: list[tuple[int, int, int]] = []
    errors: list[BaseException] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            try:
                with read.open_published(settings.warehouse_path) as connection:
                    seen.append(
                        connection.execute(
                            "SELECT (SELECT source_revision FROM _meta), "
                            "(SELECT count(*) FROM discoveries), "
                            "(SELECT entries FROM statistics_all_time WHERE basis = 'discovered')"
                        ).fetchall()[0]
                    )
            except Exception as error:  # noqa: BLE001 - any error is what this test looks for
                errors.append(error)

    reader = threading.Thread(target=watch)
    reader.start()
    for position in range(10, 15):
        scene.entry(scene.mixes[0], position)
        refresh(home_store, settings)
    stop.set()
    reader.join()
    assert errors == []
    assert seen == sorted(seen)
    assert all(entries == counted for _, entries, counted in seen)
    assert len(seen) > 5
    home_store.close()


def test_a_reader_in_another_process_may_hold_the_file_while_it_is_replaced(
    home_store: Store, settings: Settings
) -> None:
    scene = small(home_store)
    refresh(home_store, settings)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "import duckdb, sys\n"
                "c = duckdb.connect(sys.argv[1], read_only=True)\n"
                "print(c.execute('SELECT count(*) FROM discoveries').fetchone()[0], flush=True)\n"
                "sys.stdin.readline()\n"
                "print(c.execute('SELECT count(*) FROM discoveries').fetchone()[0], flush=True)\n"
            ),
            str(settings.warehouse_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "7\n"
    scene.entry(scene.mixes[0], 10)
    refresh(home_store, settings)
    rest, _ = holder.communicate("go on\n")
    assert rest == "7\n"  # its own, older state, unharmed
    assert len(rows_of_discoveries(settings.warehouse_path)) == 8
    home_store.close()


def test_a_refresh_killed_at_any_moment_is_finished_by_the_next(
    home_store: Store, settings: Settings, tmp_path: Path
) -> None:
    scene = Scene(home_store)
    dice = random.Random(7)
    for step in range(4):
        shake(scene, step, 25)
        with subprocess.Popen(
            [sys.executable, "-c", REFRESH, str(settings.home)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as killed:
            assert killed.stdout is not None
            assert killed.stdout.readline() == "ready\n"
            time.sleep(dice.uniform(0.1, 1.2))
            os.kill(killed.pid, signal.SIGKILL)
    refresh(home_store, settings)
    assert not list(settings.home.glob(".warehouse*"))
    anew = Settings(home=tmp_path / "anew")
    refresh(home_store, anew)
    assert rows_of_discoveries(settings.warehouse_path) == rows_of_discoveries(anew.warehouse_path)
    for period in read.PERIODS:
        for basis in ("discovered", "played"):
            assert read.statistics(settings.warehouse_path, period, basis) == read.statistics(
                anew.warehouse_path, period, basis
            )
    home_store.close()


def test_a_second_builder_waits_and_then_says_who_builds(settings: Settings) -> None:
    with (
        open_build(settings.warehouse_path),
        pytest.raises(StoreUnavailable, match=f"process {os.getpid()}"),
        open_build(settings.warehouse_path, wait=0.2),
    ):
        pass


def test_a_build_file_held_by_another_program_gives_a_sentence(settings: Settings) -> None:
    path = build_path(settings.warehouse_path)
    path.parent.mkdir(parents=True)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); "
                "sys.stdin.readline()"
            ),
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    with (
        pytest.raises(StoreUnavailable, match="is open in another program"),
        open_build(settings.warehouse_path),
    ):
        pass
    holder.communicate("\n")


def test_a_deleted_publication_is_published_again(home_store: Store, settings: Settings) -> None:
    small(home_store)
    refresh(home_store, settings)
    settings.warehouse_path.unlink()
    assert refresh(home_store, settings).changed
    assert len(rows_of_discoveries(settings.warehouse_path)) == 7
    home_store.close()


def test_copies_left_by_killed_builders_are_removed(home_store: Store, settings: Settings) -> None:
    small(home_store)
    refresh(home_store, settings)
    stale = settings.home / ".warehouse.duckdb.1.tmp"
    stale.write_bytes(b"half a copy")
    with open_build(settings.warehouse_path) as build:
        publish(build)
    assert not stale.exists()
    home_store.close()


def test_nothing_published_is_a_sentence(settings: Settings) -> None:
    with pytest.raises(StoreUnavailable, match="no warehouse is published yet"):
        read.statistics(settings.warehouse_path, "daily", "played")


def test_the_published_file_opens_with_duckdb_1_5(home_store: Store, settings: Settings) -> None:
    if not DUCKDB_15.is_dir():
        reason = "DuckDB 1.5 is not installed beside: run `make duckdb15`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    small(home_store)
    refresh(home_store, settings)
    command = (
        "import duckdb, sys\n"
        "c = duckdb.connect(sys.argv[1], read_only=True)\n"
        'names = [r[0] for r in c.execute("SELECT table_name FROM duckdb_tables() '
        "WHERE schema_name = 'main'\").fetchall()]\n"
        "rows = {name: len(c.execute(f'FROM {name}').fetchall()) for name in names}\n"
        "print(duckdb.__version__[:4], rows['discoveries'], rows['statistics_daily'])\n"
    )
    seen = subprocess.run(
        [sys.executable, "-c", command, str(settings.warehouse_path)],
        env={**os.environ, "PYTHONPATH": str(DUCKDB_15)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout == "1.5. 7 5\n"
    home_store.close()


def test_the_store_is_whole_after_many_refreshes(home_store: Store, settings: Settings) -> None:
    scene = Scene(home_store)
    for step in range(3):
        shake(scene, step, 5)
        refresh(home_store, settings)
    home_store.close()
    with sqlite3.connect(settings.home / "mixtrove.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    with duckdb.connect(str(build_path(settings.warehouse_path))) as build:
        assert build.execute("SELECT count(*) FROM work.pending").fetchone() == (0,)
