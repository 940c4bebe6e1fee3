"""Kill daemon, code server and run workers while a thousand lines are discovered; nothing differs at the end.

``make drill`` runs it: minutes, on one machine. A mix is dropped into the inbox before each kill, so there is
always something under way. On servers, Postgres and Redis are killed, too.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.store import Store
from tests.deployment import ROOT, outside
from tests.drills.contents import contents
from tests.drills.parts_killed import CODE_SERVER, DAEMON, RUN, Deployment, Embedded, Serviced
from tests.integration.own_servers import own_postgres

KILLS = int(os.environ.get("MIXTROVE_DRILLS", "0"))
MIXES, LINES = 20, 50
LONGEST = 15.0
"""Seconds between a mix and the kill of what always runs, at most; a run is killed in its first 4."""
COMES = 60.0
"""Seconds to wait for what is to be killed."""
PATIENCE = 900.0
TRACK = 4
"""Of a play, the first so many: mix, position, component, track."""

pytestmark = [
    pytest.mark.drill,
    pytest.mark.xdist_group("drill"),
    pytest.mark.skipif(KILLS == 0, reason="takes half an hour: make drill"),
]


def mixes(seed: int) -> list[tuple[str, str]]:
    """(name of a file, text) of 20 mixes of 50 lines; some tracks are in several, some nobody knows."""
    dice = random.Random(seed)
    with (ROOT / "examples" / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        known = [(row["artist"], row["title"]) for row in csv.DictReader(file)]
    pool = dice.sample(known, 600)
    found = []
    for number in range(MIXES):
        lines = [f"{artist} - {title}" for artist, title in dice.sample(pool, LINES - 4)]
        lines += [f"Nobody {number} - Unheard {at}" for at in range(2)] + [
            "ID - ID",
            f"Nobody - Again {number % 3}",
        ]
        dice.shuffle(lines)
        text = "\n".join(f"{at}. {line}" for at, line in enumerate(lines, 1))
        found.append((f"DJ {number} - Drill {number} 2026-0{1 + number % 9}-1{number % 9}.txt", text))
    return found


@pytest.fixture
def backlog() -> list[tuple[str, str]]:
    return mixes(2026)


@pytest.fixture
def undisturbed(tmp_path: Path, backlog: list[tuple[str, str]]) -> tuple[dict[str, Any], Any]:
    """What a run gives that nobody disturbed."""
    home = tmp_path / "undisturbed"
    build(home, {"MIXTROVE_HOME": str(home)})
    for name, text in backlog:
        drop(home, name, text)
    command({"MIXTROVE_HOME": str(home)}, "discovery_assets", "discover")
    return settled(home, None), events(None, home)


@pytest.fixture(
    params=["embedded", pytest.param("serviced", marks=[pytest.mark.postgres, pytest.mark.redis])]
)
def deployment(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Deployment, dict[str, Callable[[], None]]]]:
    """A deployment, and the servers of it that may be killed, with how."""
    if request.param == "embedded":
        yield Embedded(tmp_path), {}
        return
    with own_postgres() as cluster:
        cluster.execute("CREATE DATABASE mixtrove")

        def restart() -> None:
            cluster.stop()  # immediate: as a crash
            time.sleep(1)
            cluster.start()

        yield (
            Serviced(
                tmp_path, database=cluster.url("mixtrove"), redis=request.getfixturevalue("redis_url"),
                rabbitmq=request.getfixturevalue("rabbitmq_url"),
            ),
            {"Postgres": restart},
        )  # fmt: skip


def test_parts_killed_at_random_change_nothing(
    deployment: tuple[Deployment, dict[str, Callable[[], None]]],
    backlog: list[tuple[str, str]],
    undisturbed: tuple[dict[str, Any], Any],
) -> None:
    running, servers = deployment
    build(running.home, running.environment())
    dice = random.Random(7)
    killed: Counter[str] = Counter()
    rest = list(backlog)
    try:
        while sum(killed.values()) < KILLS:
            running.start()
            if rest:
                drop(running.home, *rest.pop(0))
            part = dice.choice([DAEMON, CODE_SERVER, RUN, RUN, *servers])
            if part in servers:
                time.sleep(dice.uniform(0, LONGEST))
                servers[part]()
                killed[part] += 1
            elif there(running, part):
                time.sleep(dice.uniform(0, 4 if part == RUN else LONGEST))
                killed[part] += running.kill(part, dice)
        for name, text in rest:
            drop(running.home, name, text)
        print(f"\nkilled: {dict(killed)}", flush=True)
        started = time.monotonic()
        until_done(running)
        print(f"done {time.monotonic() - started:.0f} s after the last kill", flush=True)
    finally:
        running.end()
    expected, told = undisturbed
    found = settled(running.home, running.database_url)
    for part, content in expected.items():
        assert found[part] == content, part
    assert events(running.database_url, running.home) == told


def there(running: Deployment, part: str) -> bool:
    """Wait for a process of a part; whether one came. What ends meanwhile is started again."""
    end = time.monotonic() + COMES
    while not running.processes(part) and time.monotonic() < end:
        running.start()
        time.sleep(0.1)
    return bool(running.processes(part))


def settled(home: Path, database_url: str | None) -> dict[str, Any]:
    """What is compared. Which mix of a track came first is another thing each time, and with it which of its
    plays the library answered, how sure it was, and how wants rose: of a play its line and its track count.
    """
    found = contents(home, database_url)
    del found["want events"]
    found["plays"] = sorted(play[:TRACK] for play in found["plays"])
    return found


def events(database_url: str | None, home: Path) -> Counter[Any]:
    """The events, by the track or mix that they are about."""
    store = Store.open(database_url or f"sqlite:///{home / 'mixtrove.db'}")
    with store.read() as connection:
        keys: dict[str, str] = {
            row.id: row.identity_key for row in connection.execute(sa.select(schema.library_track))
        }
        keys |= {row.id: row.content_hash for row in connection.execute(sa.select(schema.tracklist))}
        found = Counter(
            (row.event, keys.get(row.key, "gone")) for row in connection.execute(sa.select(schema.outbox))
        )
    store.close()
    return found


def until_done(running: Deployment) -> None:
    """Wait until everything is decided and published; what ends is started again."""
    end = time.monotonic() + PATIENCE
    while not done(running):
        assert time.monotonic() < end, "it was not done in time"
        running.start()
        time.sleep(2)


def done(running: Deployment) -> bool:
    if any((running.home / "inbox").glob("*.txt")):
        return False
    store = Store.open(running.database_url or f"sqlite:///{running.home / 'mixtrove.db'}")
    try:
        with store.read() as connection:
            waits = connection.execute(
                sa.select(sa.func.count())
                .select_from(schema.tracklist_entry)
                .where(schema.tracklist_entry.c.status == "pending")
            ).scalar_one()
            revision = max(
                connection.execute(sa.select(sa.func.max(table.c.revision))).scalar_one() or 0
                for table in (schema.tracklist_entry, schema.track_discovery, schema.want)
            )  # places to buy are looked up after the warehouse
    finally:
        store.close()
    path = running.home / "warehouse.duckdb"
    if waits or not path.exists() or running.processes(RUN):
        return False
    with duckdb.connect(str(path), read_only=True) as warehouse:
        found = warehouse.execute("SELECT source_revision FROM _meta").fetchone()
    return found is not None and found[0] >= revision


def build(home: Path, environment: dict[str, str]) -> None:
    command(environment, "mixtrove", "catalogue", "build", str(ROOT / "examples" / "catalogue.csv"))
    (home / "inbox").mkdir(parents=True, exist_ok=True)


def command(environment: dict[str, str], module: str, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=ROOT, env=outside() | environment, capture_output=True,
        text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def drop(home: Path, name: str, text: str) -> None:
    """As a program does that writes whole files: beside, then moved in."""
    draft = home / "draft.txt"
    draft.write_text(text, encoding="utf-8")
    shutil.move(draft, home / "inbox" / name)
