"""Publish a hundred times under readers, kill in between, fill the disk: nobody sees half a warehouse."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from mixtrove import __version__
from mixtrove.errors import StoreUnavailable
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse import read
from mixtrove.warehouse.buildfile import Build, build_path, open_build
from mixtrove.warehouse.models import fingerprint
from mixtrove.warehouse.publish import publish
from mixtrove.warehouse.refresh import refresh
from tests.integration.warehouse_content import content
from tests.integration.warehouse_scene import Scene, small

ROOT = Path(__file__).parents[2]
READERS = 8
PUBLICATIONS = 100

pytestmark = pytest.mark.xdist_group("drill")

READER = """
import json, sys
from pathlib import Path
from mixtrove.warehouse.read import open_published
path, stop = Path(sys.argv[1]), Path(sys.argv[2])
seen, errors = [], []
print("ready", flush=True)
while not stop.exists():
    try:
        with open_published(path) as connection:
            seen.append(connection.execute(
                "SELECT (SELECT source_revision FROM _meta), min(plays), max(plays) FROM tracks"
            ).fetchone())
    except Exception as error:
        errors.append(repr(error))
print(json.dumps([seen, errors]))
"""

PUBLISHER = """
import sys
from pathlib import Path
from mixtrove.warehouse.buildfile import open_build
from mixtrove.warehouse.publish import publish
with open_build(Path(sys.argv[1])) as build:
    number = build.watermark
    print("ready", flush=True)
    while True:
        number += 1
        build.connection.execute("UPDATE tracks SET plays = $n", {"n": number})
        build.connection.execute("UPDATE staging.state SET watermark = $n", {"n": number})
        publish(build, checks=[])
"""

FULL = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse.refresh import refresh
settings = Settings(home=Path(sys.argv[1]))
store = Store.open(settings)
size = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    refresh(store, settings)
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def scene(settings: Settings) -> Iterator[Scene]:
    store = Store.open(settings)
    scene = small(store)
    refresh(store, settings)
    yield scene
    store.close()


def stamp(build: Build, number: int) -> None:
    """One number in every row of a table and in ``_meta``: half a publication would show two."""
    build.connection.execute("UPDATE tracks SET plays = $n", {"n": number})
    build.connection.execute("UPDATE staging.state SET watermark = $n", {"n": number})
    publish(build, checks=[])


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_hundred_publications_under_eight_readers(scene: Scene, settings: Settings, tmp_path: Path) -> None:
    path, stop = settings.warehouse_path, tmp_path / "stop"
    with open_build(path) as build:
        first = build.watermark
        stamp(build, first)
        readers = [started(READER, path, stop) for _ in range(READERS)]
        for number in range(first + 1, first + 1 + PUBLICATIONS):
            stamp(build, number)
        stop.touch()
    everything: set[int] = set()
    for reader in readers:
        out, _ = reader.communicate(timeout=60)
        seen, errors = json.loads(out)
        assert errors == []
        revisions = [revision for revision, _, _ in seen]
        assert revisions == sorted(revisions)
        assert all(revision == low == high for revision, low, high in seen)
        everything.update(revisions)
    assert len(everything) > PUBLICATIONS / 4


def test_a_builder_killed_while_it_publishes_leaves_a_whole_file(scene: Scene, settings: Settings) -> None:
    path = settings.warehouse_path
    dice = random.Random(5)
    last = 0
    for _ in range(5):
        publisher = started(PUBLISHER, path)
        time.sleep(dice.uniform(0.2, 0.6))
        os.kill(publisher.pid, signal.SIGKILL)
        publisher.communicate()
        with read.open_published(path) as connection:
            found = connection.execute(
                "SELECT (SELECT source_revision FROM _meta), min(plays), max(plays) FROM tracks"
            ).fetchone()
        assert found is not None
        assert found[0] == found[1] == found[2]
        assert found[0] > last
        last = found[0]
    # the numbers are no revisions of the store: the next run sees that and builds from the store
    assert refresh(scene.store, settings).staged.rebuilt is not None
    assert not list(settings.home.glob(".warehouse*"))
    (ever,) = read.statistics(path, "all-time", "discovered")
    assert ever.entries == 7


@pytest.mark.parametrize("kilobytes", [64, 600, 1200])
def test_a_full_disk_is_a_sentence_and_the_published_file_serves(
    scene: Scene, settings: Settings, kilobytes: int
) -> None:
    before = content(settings.warehouse_path)
    scene.entry(scene.mixes[0], 9)
    if kilobytes == 64:  # no build file fits either
        build_path(settings.warehouse_path).unlink()
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(settings.home), str(kilobytes * 1024)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(StoreUnavailable.__name__), (done.stdout, done.stderr)
    assert done.stdout.count("\n") == 1
    assert "make room" in done.stdout or "free space" in done.stdout
    assert content(settings.warehouse_path) == before
    assert not list(settings.home.glob(".warehouse*"))
    refresh(scene.store, settings)
    (ever,) = read.statistics(settings.warehouse_path, "all-time", "discovered")
    assert ever.entries == 8


def test_a_build_file_of_another_duckdb_is_built_anew_and_nothing_is_lost(
    scene: Scene, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    before = content(settings.warehouse_path)
    path = build_path(settings.warehouse_path)
    data = bytearray(path.read_bytes())
    assert data[8:12] == b"DUCK"
    data[12:20] = (999).to_bytes(8, "little")  # the version of the format
    path.write_bytes(data)
    refresh(scene.store, settings)
    assert content(settings.warehouse_path) == before
    (said,) = [one.getMessage() for one in caplog.records if "built anew" in one.getMessage()]
    assert "cannot be read" in said
    assert "\n" not in said


def test_a_published_file_of_another_duckdb_is_a_sentence_until_it_is_published_again(
    scene: Scene, settings: Settings
) -> None:
    before = content(settings.warehouse_path)
    data = bytearray(settings.warehouse_path.read_bytes())
    data[12:20] = (999).to_bytes(8, "little")
    settings.warehouse_path.write_bytes(data)
    with (
        pytest.raises(StoreUnavailable, match="cannot be opened") as caught,
        read.open_published(settings.warehouse_path),
    ):
        pass
    assert "\n" not in str(caught.value)
    assert refresh(scene.store, settings).changed
    assert content(settings.warehouse_path) == before


def test_the_file_says_from_what_it_was_built(scene: Scene, settings: Settings) -> None:
    about = read.published(settings.warehouse_path)
    assert about is not None
    with scene.store.read() as connection:
        revision = connection.exec_driver_sql("SELECT value FROM counter WHERE name = 'revision'").scalar()
    assert (about.source_revision, about.mixtrove_version) == (revision, __version__)
    assert (about.schema_version, about.duckdb_version) == (fingerprint(), duckdb.__version__)
