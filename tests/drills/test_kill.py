"""Kill a run of discovery at a random moment, run it again, and compare with a run nobody disturbed.

``make drill`` does this 30 times each; the test suite a few times with a fixed seed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.store import Store

ROUNDS = int(os.environ.get("MIXTROVE_DRILLS", "3"))
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DISCOVER = ("mixtrove", "discover")
JOB = ("discovery_assets", "discover")

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the example tracklists imported and the starter catalogue built, nothing identified."""
    home = tmp_path_factory.mktemp("drill") / "prepared"
    run(home, "mixtrove", "import", str(EXAMPLES / "tracklists"))
    run(home, "mixtrove", "owned", "import", str(EXAMPLES / "owned.csv"))
    run(home, "mixtrove", "catalogue", "build", str(EXAMPLES / "catalogue.csv"))
    return home


@pytest.mark.parametrize("command", [DISCOVER, JOB], ids=["discover", "dagster-job"])
def test_a_killed_run_goes_on_to_the_same_library(
    prepared: Path, tmp_path: Path, command: Sequence[str]
) -> None:
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(prepared, undisturbed)
    started = time.monotonic()
    run(undisturbed, *command)
    duration = time.monotonic() - started
    expected = contents(undisturbed)
    assert len(expected["plays"]) > 400
    chance = random.Random(2026)
    interrupted = rounds = 0
    while interrupted < ROUNDS and rounds < 4 * ROUNDS:
        home = tmp_path / f"killed-{rounds}"
        shutil.copytree(prepared, home)
        moment = chance.uniform(0.15, 1.0) * duration
        if killed(home, moment, *command):
            interrupted += 1
        else:
            duration = moment  # it was faster than the first time: aim earlier
        run(home, *command)
        assert contents(home) == expected, f"round {rounds}, killed after {moment:.2f} s"
        shutil.rmtree(home)
        rounds += 1
    print(f"\n{' '.join(command)}: killed {interrupted} times, the library was the same each time")
    assert interrupted == ROUNDS


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MIXTROVE_")}
    return kept | {"MIXTROVE_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}


def run(home: Path, module: str, *arguments: str) -> None:
    """Run a module to its end; its output is shown when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def killed(home: Path, after: float, module: str, *arguments: str) -> bool:
    """Start a module and kill it, with all its children, after some seconds; whether it still ran."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def contents(home: Path) -> dict[str, Any]:
    """All that a library says, without ids and times, and what the warehouse says of it."""
    store = Store.open(f"sqlite:///{home / 'mixtrove.db'}")
    track, play, entry = schema.library_track, schema.track_discovery, schema.tracklist_entry
    mix, want, known = schema.tracklist, schema.want, schema.external_id
    with store.read() as connection:

        def rows(*columns: Any, source: Any) -> list[tuple[Any, ...]]:
            return sorted(map(_plain, connection.execute(sa.select(*columns).select_from(source))), key=repr)

        found = {
            "tracks": rows(
                track.c.identity_key, track.c.artist, track.c.title, track.c.remix, track.c.label,
                track.c.release_date, track.c.duration, track.c.provisional, track.c.discovery_count,
                source=track,
            ),
            "external ids": rows(
                known.c.provider, known.c.external_id, track.c.identity_key, source=known.join(track)
            ),
            "entries": rows(
                mix.c.content_hash, entry.c.position, entry.c.component, entry.c.status, entry.c.skip_reason,
                entry.c.raw_line, source=entry.join(mix),
            ),
            "plays": rows(
                mix.c.content_hash, play.c.track_position, play.c.component, track.c.identity_key,
                play.c.confidence, play.c.identification_method, play.c.reasons,
                source=play.join(mix, play.c.tracklist_id == mix.c.id).join(track),
            ),
            "wants": rows(track.c.identity_key, want.c.priority, want.c.status, source=want.join(track)),
            "want events": rows(
                track.c.identity_key, schema.want_event.c.new_status, schema.want_event.c.new_priority,
                source=schema.want_event.join(want).join(track),
            ),
        }  # fmt: skip
    store.close()
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        found["warehouse"] = warehouse.execute(
            "SELECT basis, entries, plays, tracks, artists, labels, mixes, djs, identified, provisional, "
            "skipped FROM statistics_all_time ORDER BY basis"
        ).fetchall()
    return found


def _plain(row: sa.Row[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
