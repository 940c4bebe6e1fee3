"""Several workers on one backlog: every entry is asked about once, a killed worker loses nothing."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.search import Catalogue
from mixtrove.identify import SearchSummary, match_entries, search_catalogue
from mixtrove.library import schema
from mixtrove.library.batches import LEASE, Batch, Worker
from mixtrove.library.discoveries import due_for
from mixtrove.library.offers import write_offers
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.processes import process_started

Make = Callable[..., Any]

ENTRIES = 240
WORDS = (
    "Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Heath", "Inlet", "Jetty", "Karst",
    "Ledge", "Marsh", "Notch", "Ocean", "Pines",
)  # fmt: skip
LINES = [
    f"{WORDS[n % 16]} {WORDS[n // 16]} - {WORDS[n // 16]} {WORDS[n * 7 % 16]} {n}" for n in range(ENTRIES)
]

WORKER = """
import os, sys, time
import mixtrove.asking
from pathlib import Path
from mixtrove.catalogue.search import Catalogue
from mixtrove.identify import match_entries, search_catalogue
from mixtrove.library.store import Store

what, url, catalogue, log, pause, processes = sys.argv[1:]
ask = mixtrove.asking.match_credits

def slowly(catalogue, lines, **more):  # the catalogue, as slow as a large one, writing down what it is asked
    with open(log, "a", encoding="utf-8") as stream:
        stream.writelines(f"{readings[0].title}\\n" for readings in lines)
    time.sleep(float(pause))
    return ask(catalogue, lines, **more)

if __name__ == "__main__":
    mixtrove.asking.match_credits = slowly
    store = Store.open(url)
    if what == "decide":
        print(match_entries(store).stale)
    else:
        with Catalogue(Path(catalogue)) as opened:
            print(search_catalogue(store, opened, batch_size=20, processes=int(processes)).searched)
    store.close()
"""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """Two thirds of the lines, and something like the others."""
    folder = tmp_path_factory.mktemp("catalogue")
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = [(f"x:{n}", *line.split(" - ")) for n, line in enumerate(LINES) if n % 3]
        csv.writer(stream).writerows([("id", "artist", "title"), *rows])
    build_catalogue([folder / "rows.csv"], folder / "built")
    with Catalogue(folder / "built") as opened:
        yield opened


@pytest.fixture
def alone(tmp_path: Path, make_tracklist: Make, catalogue: Catalogue) -> Iterator[Store]:
    """A store that one worker searched."""
    opened = Store.open(f"sqlite:///{tmp_path / 'alone.db'}")
    fill(opened, make_tracklist)
    search_catalogue(opened, catalogue)
    yield opened
    opened.close()


def fill(store: Store, make_tracklist: Make) -> None:
    for first in range(0, ENTRIES, 60):
        import_tracklist(store, make_tracklist(*LINES[first : first + 60], dj=f"DJ {first}"))


class Running:
    """A worker in a process of its own, and what it asked."""

    def __init__(
        self, folder: Path, name: str, what: str, store: Store, catalogue: Catalogue, *, pause: float = 0.0,
        processes: int = 1,
    ) -> None:  # fmt: skip
        self.log = folder / f"{name}.log"
        script = folder / "worker.py"
        script.write_text(WORKER, encoding="utf-8")
        arguments = [what, store.url, str(catalogue.directory), str(self.log), str(pause), str(processes)]
        self.process = subprocess.Popen(
            [sys.executable, str(script), *arguments],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            text=True,
        )

    def asked(self) -> Counter[str]:
        return Counter(self.log.read_text(encoding="utf-8").split("\n")[:-1] if self.log.exists() else ())

    def result(self) -> int:
        out, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0
        return int(out)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def until(condition: Callable[[], object]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within a minute")


def offers(store: Store) -> list[tuple[Any, ...]]:
    """What is kept of every entry, without ids."""
    entry, offered = schema.tracklist_entry, schema.entry_candidate
    with store.read() as connection:
        rows = connection.execute(
            sa.select(
                entry.c.raw_line, entry.c.status, entry.c.catalogue, offered.c.rank, offered.c.candidate_id,
                offered.c.confidence,
            )
            .outerjoin(offered, offered.c.entry_id == entry.c.id)
        )  # fmt: skip
        return sorted((tuple(row) for row in rows), key=repr)


def library(store: Store) -> list[tuple[Any, ...]]:
    """Every entry with what it was found to be, without ids."""
    entry, play, track = schema.tracklist_entry, schema.track_discovery, schema.library_track
    with store.read() as connection:
        rows = connection.execute(
            sa.select(
                entry.c.raw_line, entry.c.status, play.c.confidence, play.c.identification_method,
                track.c.identity_key, track.c.discovery_count,
            )
            .outerjoin(play, play.c.entry_id == entry.c.id)
            .outerjoin(track, track.c.id == play.c.library_track_id)
        )  # fmt: skip
        return sorted((tuple(row) for row in rows), key=repr)


def claims(store: Store) -> int:
    with store.read() as connection:
        return sum(
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (schema.search_batch, schema.search_batch_entry)
        )


def test_two_workers_share_a_backlog_and_ask_about_each_entry_once(
    store: Store, alone: Store, tmp_path: Path, make_tracklist: Make, catalogue: Catalogue
) -> None:
    fill(store, make_tracklist)
    workers = [Running(tmp_path, name, "search", store, catalogue, pause=0.2) for name in ("a", "b")]
    searched = [worker.result() for worker in workers]

    assert sum(searched) == ENTRIES
    assert min(searched) > 0
    asked = workers[0].asked() + workers[1].asked()
    assert (len(asked), max(asked.values())) == (ENTRIES, 1)
    assert offers(store) == offers(alone)
    assert claims(store) == 0


def test_the_batch_of_a_killed_worker_is_taken_over_by_one_that_runs(
    store: Store, alone: Store, tmp_path: Path, make_tracklist: Make, catalogue: Catalogue
) -> None:
    fill(store, make_tracklist)
    first = Running(tmp_path, "first", "search", store, catalogue, pause=600)
    until(first.asked)  # it holds a batch now, and has no answer for it
    second = Running(tmp_path, "second", "search", store, catalogue)
    until(lambda: len(second.asked()) == ENTRIES - 20)  # all but that one
    time.sleep(0.5)
    assert second.process.poll() is None  # it does not leave while somebody is still at work
    first.kill()

    assert second.result() == ENTRIES
    assert first.asked() & second.asked() == first.asked()
    assert offers(store) == offers(alone)
    assert claims(store) == 0


def test_a_run_after_a_killed_one_does_the_rest(
    store: Store, alone: Store, tmp_path: Path, make_tracklist: Make, catalogue: Catalogue
) -> None:
    fill(store, make_tracklist)
    killed = Running(tmp_path, "killed", "search", store, catalogue, pause=0.1)
    until(lambda: len(killed.asked()) >= 60)
    killed.kill()
    written = sum(row[2] is not None for row in {row[:3] for row in offers(store)})

    assert search_catalogue(store, catalogue, batch_size=20).searched == ENTRIES - written
    assert 0 < written < ENTRIES
    assert offers(store) == offers(alone)


def test_a_worker_of_another_machine_keeps_its_batch_until_its_lease_ends(
    store: Store, make_tracklist: Make, catalogue: Catalogue
) -> None:
    fill(store, make_tracklist)
    other, here = (Worker(store, "catalogue", due_for(catalogue.id), size=100) for _ in range(2))
    held = other.claim(1000)
    assert held is not None
    elsewhere(store, held, after=LEASE / 2)

    mine = []
    while batch := here.claim(1000):
        mine.append(batch)
    assert [len(batch.entries) for batch in mine] == [100, ENTRIES - 200]
    assert not {one.entry_id for one in held.entries} & {one.entry_id for b in mine for one in b.entries}
    for batch in mine:
        write_offers(store, [(entry, ()) for entry in batch.entries], catalogue.id)
        here.finish(batch)
    assert here.take_over(1000) == "wait"
    elsewhere(store, held, after=-timedelta(seconds=1))
    behind = here.take_over(1000)
    assert isinstance(behind, Batch)
    assert [one.entry_id for one in behind.entries] == [one.entry_id for one in held.entries]


def elsewhere(store: Store, batch: Batch, *, after: timedelta) -> None:
    with store.write() as tx:
        tx.connection.execute(
            sa.update(schema.search_batch)
            .where(schema.search_batch.c.id == batch.id)
            .values(host="elsewhere", until=tx.now + after)
        )


def test_answers_that_come_after_somebody_else_s_are_dropped(
    store: Store, make_tracklist: Make, catalogue: Catalogue
) -> None:
    fill(store, make_tracklist)
    slow, quick = (Worker(store, "catalogue", due_for(catalogue.id), size=20) for _ in range(2))
    held = slow.claim(20)
    assert held is not None
    elsewhere(store, held, after=-timedelta(seconds=1))
    again = quick.claim(20)
    assert again is not None
    rows = [{"rank": 1, "source": "catalogue", "candidate_id": "x:1", "record": {}, "score": 0.5,
             "confidence": 0.5, "decision": "unsure", "reasons": []}]  # fmt: skip
    assert write_offers(store, [(entry, rows) for entry in again.entries], catalogue.id) == 20
    assert write_offers(store, [(entry, ()) for entry in held.entries], catalogue.id) == 0
    with store.read() as connection:
        kept = connection.execute(sa.select(sa.func.count()).select_from(schema.entry_candidate)).scalar_one()
    assert kept == 20


def test_what_a_failed_search_has_claimed_is_free_at_once(
    sqlite_store: Store, make_tracklist: Make, catalogue: Catalogue
) -> None:
    fill(sqlite_store, make_tracklist)

    def full(_done: int, _of: int) -> None:
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        search_catalogue(sqlite_store, catalogue, batch_size=50, progress=full)
    done = search_catalogue(sqlite_store, catalogue, batch_size=50)
    assert (done.searched, done.batches) == (ENTRIES - 50, 4)
    assert claims(sqlite_store) == 0


def test_a_limit_ends_a_search_without_waiting_for_others(
    sqlite_store: Store, make_tracklist: Make, catalogue: Catalogue
) -> None:
    fill(sqlite_store, make_tracklist)
    held = Worker(sqlite_store, "catalogue", due_for(catalogue.id), size=20).claim(20)
    seen: list[tuple[int, int]] = []
    done = search_catalogue(
        sqlite_store, catalogue, limit=50, batch_size=20, progress=lambda *at: seen.append(at)
    )
    assert (done.searched, done.batches) == (50, 3)
    assert seen == [(20, 50), (40, 50), (50, 50)]
    assert held is not None


def test_several_processes_of_one_worker_find_what_one_finds(
    sqlite_store: Store, alone: Store, make_tracklist: Make, catalogue: Catalogue
) -> None:
    fill(sqlite_store, make_tracklist)
    done = search_catalogue(sqlite_store, catalogue, batch_size=50, processes=2)
    assert (done.searched, done.batches) == (ENTRIES, 5)
    assert search_catalogue(sqlite_store, catalogue) == SearchSummary()
    assert offers(sqlite_store) == offers(alone)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")
def test_a_killed_worker_leaves_no_processes_behind(
    sqlite_store: Store, tmp_path: Path, make_tracklist: Make, catalogue: Catalogue
) -> None:
    fill(sqlite_store, make_tracklist)
    worker = Running(tmp_path, "killed", "search", sqlite_store, catalogue, processes=2)
    pid = worker.process.pid

    def children() -> list[int]:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(one) for one in found.split()]

    until(lambda: len(children()) > 2)  # two that search, one that looks after shared memory
    left = children()
    worker.kill()
    until(lambda: all(process_started(one) is None for one in left))
    assert search_catalogue(sqlite_store, catalogue).searched > 0


def test_two_that_decide_at_the_same_time_come_to_the_library_of_one(
    store: Store, alone: Store, tmp_path: Path, make_tracklist: Make, catalogue: Catalogue
) -> None:
    match_entries(alone)
    fill(store, make_tracklist)
    search_catalogue(store, catalogue)
    workers = [Running(tmp_path, name, "decide", store, catalogue) for name in ("a", "b")]
    for worker in workers:
        worker.result()
    assert library(store) == library(alone)
    assert match_entries(store).decided == 0
