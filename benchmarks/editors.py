"""Whether two editors and a bulk run get on: plays a second, how long an edit takes, whether one is lost.

    python -m benchmarks.editors [--postgres postgresql://postgres@127.0.0.1:5432/test] [--entries 100000]

A process writes what a run decided about the lines of many mixes (``busy_library.py``), into a library that
holds as many plays already. Two others edit (``editing.py``), each a new edit 20 ms after the last: fields
and names of tracks, half of the edits on 20 tracks that both edit and the run plays, wants that both have,
and now and then what a line is. Every edit reads first and is made for the version it read; one that is stale
is made again. The run goes on in parts, with and without the editors in turn; then they work beside the
acceptance of 1,000 lines of the review queue and beside 1,000 merges. In the end nothing may be lost.

An edit is timed from asking for the write to its commit, waiting for others included; stale ones too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import Any

import sqlalchemy as sa

from benchmarks.busy_library import Universe, decisions, import_mixes
from benchmarks.editing import HOT, Edit, Work, edit_until, lost, unwritten
from mixtrove.library import schema
from mixtrove.library.discoveries import write_decisions
from mixtrove.library.line_decisions import LineDecision, decide_many
from mixtrove.library.review_queue import offered_track, review_queue
from mixtrove.library.store import Store, write_in_turns
from mixtrove.library.track_pairs import merge_same
from mixtrove.library.wants import add_want

PARTS = 6
"""Parts of the run: every second one beside the editors."""

WARM = 2.0
"""Seconds of editing before anything is timed: the first statement of each kind is compiled."""

BULK = 1_000
"""Lines that are accepted, and merges, at once."""

EDITORS = "ann", "bob"
WANTED = 10  # wants that both edit
OWN = 2_000  # tracks and lines of one editor's own


def run(url: str, entries: int, seed: int, ask: Connection) -> None:
    """The bulk process: makes the library, then does a part at each word it is told; answers with seconds."""
    store = Store.open(url)
    chance = random.Random(seed)
    universe = Universe(entries * 2)
    played = import_mixes(store, universe, 2 * entries, chance)
    half = len(played) // 2
    write_decisions(store, decisions(store, universe, played, seed, limit=half))
    todo = decisions(store, universe, played[half:], seed + 1, limit=half)
    each = -(-len(todo) // PARTS)
    parts = iter([todo[at : at + each] for at in range(0, len(todo), each)])
    work: dict[str, Callable[[], int]] = {
        "write": lambda: sum_of(write_decisions(store, next(parts))),
        "accept": lambda: accept(store),
        "merge": lambda: merge(store),
    }
    ask.send(("ready", 0, 0.0))
    while (word := ask.recv()) in work:
        started = time.perf_counter()
        done = work[word]()
        ask.send((word, done, time.perf_counter() - started))
    store.close()


def sum_of(written: Any) -> int:
    """Entries that were decided."""
    return int(written.identified + written.provisional + written.skipped)


def accept(store: Store) -> int:
    """``review accept --all`` of so many lines."""
    with store.read() as connection:
        queue = review_queue(connection, limit=BULK)
        said = [
            LineDecision("assign", one.line_key, track=offered_track(connection, one.entry_id, 1))
            for one in queue
        ]
    return len(decide_many(store, said, by="bulk"))


def merge(store: Store) -> int:
    """So many merges of two tracks, as a pass over the library makes them."""
    track = schema.library_track
    with store.read() as connection:
        ids = connection.execute(
            sa.select(track.c.id)
            .where(~track.c.provisional)
            .order_by(track.c.discovery_count, track.c.id.desc())
            .limit(2 * BULK)
        ).scalars().all()  # fmt: skip
    pairs = [(one, other, "the same recording") for one, other in zip(ids[::2], ids[1::2], strict=True)]
    return sum(map(sum, write_in_turns(store, pairs, lambda tx, pair: merge_same(tx, [pair]))))


def edit(url: str, name: str, work: Work, at_work: Event, done: Event, ask: Connection) -> None:
    """The process of an editor; sends the edits of a stretch when it ends."""
    store = Store.open(url)
    chance = random.Random(name)
    ask.send("ready")
    while not done.is_set():
        if at_work.wait(0.01):
            ask.send(list(edit_until(store, work, name, chance, lambda: not at_work.is_set())))
    store.close()


def shares(store: Store) -> list[Work]:
    """What each editor may work on; the wants are added."""
    track, entry = schema.library_track, schema.tracklist_entry
    with store.read() as connection:
        known = sa.select(track.c.id).where(~track.c.provisional).order_by(track.c.discovery_count.desc())
        ids = connection.execute(known.limit(HOT + OWN * len(EDITORS))).scalars().all()
        ids = ids[: len(ids) // 4] if len(ids) < HOT + OWN * len(EDITORS) else ids
        lines = connection.execute(
            sa.select(sa.func.min(entry.c.id))
            .where(entry.c.status == "provisional")
            .group_by(entry.c.line_key)
            .having(sa.func.count() == 1)
            .order_by(sa.func.min(entry.c.id).desc())
            .limit(OWN)
        ).scalars().all()  # fmt: skip
    with store.write() as tx:
        wants = [add_want(tx, "both", one) for one in ids[:WANTED]]
    own = ids[HOT:]
    count = len(EDITORS)
    return [Work(ids[:HOT], own[at::count], wants, lines[at::count]) for at in range(count)]


class Scene:
    """A store with the bulk process and the editors at it."""

    def __init__(self, url: str, entries: int, seed: int) -> None:
        """Make the library and start everybody."""
        context = multiprocessing.get_context("spawn")
        self.at_work, self.done = context.Event(), context.Event()
        self.bulk, theirs = context.Pipe()
        self.processes = [context.Process(target=run, args=(url, entries, seed, theirs))]
        self.processes[0].start()
        self._heard(self.bulk)
        self.store = Store.open(url)
        self.editors: list[Connection] = []
        for name, work in zip(EDITORS, shares(self.store), strict=True):
            mine, theirs = context.Pipe()
            process = context.Process(target=edit, args=(url, name, work, self.at_work, self.done, theirs))
            process.start()
            self._heard(mine)
            self.editors.append(mine)
            self.processes.append(process)
        self.edits: list[Edit] = []

    def work(self, word: str) -> tuple[int, float]:
        """Let the bulk process do something; returns how much that was and how many seconds it took."""
        self.bulk.send(word)
        _, done, seconds = self._heard(self.bulk)
        return done, seconds

    def editing(self, work: Callable[[], Any]) -> tuple[Any, list[Edit]]:
        """Do something while the editors edit; returns what it gives and the edits."""
        self.at_work.set()
        given = work()
        self.at_work.clear()
        made = list(chain.from_iterable(map(self._heard, self.editors)))
        self.edits += made
        return given, made

    def close(self) -> None:
        """Let everybody go home."""
        self.done.set()
        self.bulk.send("enough")
        for process in self.processes:
            process.join()

    def _heard(self, speaker: Connection) -> Any:
        while not speaker.poll(1):
            if any(process.exitcode for process in self.processes):
                raise SystemExit("a process of the benchmark ended with an error, which is above")
        return speaker.recv()


def measured(url: str, entries: int, seconds: float, seed: int) -> dict[str, Any]:
    """The figures of one database."""
    scene = Scene(url, entries, seed)
    scene.editing(lambda: time.sleep(WARM))
    _, quiet = scene.editing(lambda: time.sleep(seconds))
    alone, beside, busy = [], [], []
    for _ in range(PARTS // 2):
        done, took = scene.work("write")
        alone.append(done / took)
        (done, took), made = scene.editing(lambda: scene.work("write"))
        beside.append(done / took)
        busy += made
    (accepted, accepting), reviewing = scene.editing(lambda: scene.work("accept"))
    (merged, merging), deep = scene.editing(lambda: scene.work("merge"))
    scene.close()
    wrong = [*lost(scene.store, scene.edits), *unwritten(scene.store)]
    scene.store.close()
    return {
        "plays/s, the run alone": round(statistics.median(alone)),
        "plays/s, beside two editors": round(statistics.median(beside)),
        "parts": [round(rate) for pair in zip(alone, beside, strict=True) for rate in pair],
        "edit, ms, nobody else": spread(quiet),
        "edit, ms, beside the run": spread(busy),
        f"edit, ms, beside accepting {accepted} lines in {accepting:.1f} s": spread(reviewing),
        f"edit, ms, beside {merged} merges in {merging:.1f} s": spread(deep),
        "stale edits that were refused": sum(one.after is None for one in scene.edits),
        "lost or wrong": len(wrong),
        "…": wrong[:5],
    }


def spread(edits: list[Edit]) -> dict[str, float]:
    """Quantiles of the seconds, in ms."""
    took = sorted(one.seconds * 1000 for one in edits)
    if len(took) < 2:
        return {"edits": len(took)}
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {
        "edits": len(took),
        **{f"p{at}": round(cuts[at - 1], 1) for at in (50, 95, 99)},
        "max": round(took[-1], 1),
    }


@contextmanager
def postgres_schema(server: str) -> Iterator[str]:
    """The URL of an empty schema on a server, for the length of the block."""
    import psycopg

    name = f"mixtrove_editors_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    try:
        yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP SCHEMA "{name}" CASCADE')


def main() -> None:
    """Print the figures of each database as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--postgres", metavar="URL", help="measure this server, too")
    parser.add_argument("--entries", type=int, default=100_000, help="that the run decides in all")
    parser.add_argument("--seconds", type=float, default=5, help="that the editors edit with nobody else")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    chosen = (args.entries, args.seconds, args.seed)
    load = os.getloadavg()[0]
    figures: dict[str, Any] = {"entries": args.entries, "load before": round(load, 2)}
    with tempfile.TemporaryDirectory() as folder:
        figures[f"SQLite {sqlite3.sqlite_version}"] = measured(f"sqlite:///{folder}/mixtrove.db", *chosen)
    if args.postgres:
        with postgres_schema(args.postgres) as url:
            figures["Postgres"] = measured(url, *chosen)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
