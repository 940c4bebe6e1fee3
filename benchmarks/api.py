"""How long the REST API takes to answer beside a bulk run, how much it answers when nothing else happens.

    python -m benchmarks.api [--postgres postgresql://postgres@127.0.0.1:5432/test] [--tracks 100000]

A server as ``mixtrove serve`` starts it, on a library of so many tracks. First the start to the first answer.
Then requests at 50 a second, four reads for each edit, at times fixed beforehand (open loop: a slow answer
delays no request, and its wait counts) while another process writes what a bulk run decided. Then ``wrk``
(Debian package) asks as fast as it is answered, read by read, with nothing else at work; and 100,000 times
for a look at the server's memory. Latencies are from the moment at which a request was due, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from benchmarks.busy_library import Universe, decisions, import_mixes
from benchmarks.editors import postgres_schema
from benchmarks.offline.report import table
from mixtrove.library import schema
from mixtrove.library.discoveries import write_decisions
from mixtrove.library.store import Store, new_id
from mixtrove.matching import Credit, identity_key
from mixtrove.settings import Settings
from mixtrove.warehouse.refresh import refresh

RATE = 50  # requests a second
EDITS = 0.2  # of them
LINES = 120_000  # of the bulk run
LONGEST = 60.0  # seconds of measuring
REQUESTS = 100_000  # for the look at memory


@dataclass
class Known:
    """Ids to ask for."""

    tracks: list[str]
    mixes: list[str]
    words: list[str]
    wants: list[str] = field(default_factory=list)


def fill(store: Store, tracks: int, seed: int) -> list[int]:
    """A library of so many tracks, and mixes whose lines the bulk run is going to decide: what was played."""
    universe = Universe(tracks * 2)
    rows = []
    for number in range(tracks, 2 * tracks):
        artist, title, label = universe.texts(number)
        credit = Credit.parse(artist, title, label=label)
        rows.append(
            {
                "id": new_id(), "artist": credit.artist, "title": credit.title, "remix": credit.version,
                "label": label, "isrcs": [], "identity_key": identity_key(credit),
                "disambiguator": str(number), "provisional": False, "discovery_count": number % 7,
            }
        )  # fmt: skip
    for at in range(0, len(rows), 5_000):
        with store.write() as tx:
            more = {
                "created_at": tx.now,
                "updated_at": tx.now,
                "first_discovered": tx.now,
                "revision": tx.revision,
            }
            tx.connection.execute(
                sa.insert(schema.library_track), [{**row, **more} for row in rows[at : at + 5_000]]
            )
    return import_mixes(store, Universe(tracks), LINES, random.Random(seed))


def bulk(
    url: str, tracks: int, played: list[int], ready: Event, begin: Event, ended: Event, rate: Any
) -> None:
    """The process of the bulk run; ``rate`` gets its plays a second."""
    store = Store.open(url)
    todo = decisions(store, Universe(tracks), played, 1, limit=LINES)
    ready.set()
    begin.wait()
    started, done = time.perf_counter(), 0
    for at in range(0, len(todo), 1_000):
        if ended.is_set():
            break
        write_decisions(store, todo[at : at + 1_000])
        done += len(todo[at : at + 1_000])
    rate.value = done / (time.perf_counter() - started)
    ended.set()
    store.close()


@contextmanager
def serving(home: Path, url: str) -> Iterator[tuple[str, int, float]]:
    """A server: its address, its process, seconds to the first answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "MIXTROVE_HOME": str(home), "MIXTROVE_DATABASE_URL": url}
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "mixtrove", "serve", "--port", str(port)],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                httpx.get(f"{address}/api/v1/tracklists?limit=1")
                break
            except httpx.TransportError:
                if process.poll() is not None:
                    raise RuntimeError(f"the server ended with {process.returncode}") from None
                time.sleep(0.005)
        yield address, process.pid, time.perf_counter() - begin
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def known(address: str) -> Known:
    """What there is to ask for, and some wants."""
    with httpx.Client(base_url=f"{address}/api/v1") as http:
        found: list[dict[str, Any]] = []
        for order in ("newest", "heard", "artist"):
            found += http.get("/library/tracks", params={"order": order, "limit": 200}).json()["items"]
        ids = [one["id"] for one in found]
        words = [one["artist"].split()[0] for one in found]
        mixes = [one["id"] for one in http.get("/tracklists", params={"limit": 200}).json()["items"]]
        wants = [http.post("/want-list", json={"track_id": one}).json()["id"] for one in ids[:50]]
    return Known(ids, mixes, words, wants)


def drawn(what: Known, chance: random.Random) -> tuple[str, str, str, Any]:
    """(name, method, address, body) of one request."""
    track, want = chance.choice(what.tracks), chance.choice(what.wants)
    if chance.random() < EDITS:
        return chance.choice(
            [
                ("edit a track", "PATCH", f"/library/tracks/{track}", {"genre": chance.choice("ABCDE")}),
                ("edit a want", "PUT", f"/want-list/{want}", {"priority": chance.randint(1, 5)}),
                ("add a want", "POST", "/want-list", {"track_id": track}),
            ]
        )
    reads = [
        ("a track", f"/library/tracks/{track}", 5),
        (
            "tracks, a page",
            f"/library/tracks?limit=50&order={chance.choice(('heard', 'newest', 'artist'))}",
            4,
        ),
        ("tracks by words", f"/library/tracks?limit=20&words={chance.choice(what.words)}", 1),
        ("wants", "/want-list", 3),
        ("a mix", f"/tracklists/{chance.choice(what.mixes)}", 2),
        ("mixes", "/tracklists?limit=20", 1),
        ("statistics", "/discovery/statistics?period=monthly", 2),
    ]
    name, path, _ = chance.choices(reads, [one[2] for one in reads])[0]
    return name, "GET", path, None


async def beside(address: str, what: Known, going: Callable[[], bool], seed: int) -> dict[str, list[float]]:
    """Ask at ``RATE`` while ``going``; by name, milliseconds from the moment that each was due."""
    chance = random.Random(seed)
    found: dict[str, list[float]] = defaultdict(list)
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=f"{address}/api/v1", limits=limits, timeout=60) as http:

        async def ask(due: float) -> None:
            name, method, path, body = drawn(what, chance)
            answer = await http.request(method, path, json=body)
            assert answer.is_success, (method, path, answer.text)
            found[name].append((time.perf_counter() - due) * 1e3)

        begin, number, asked = time.perf_counter(), 0, set()
        while going() and time.perf_counter() - begin < LONGEST:
            due = begin + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(ask(due))
            asked.add(task)
            task.add_done_callback(asked.discard)
            number += 1
        await asyncio.gather(*asked)
    return found


def percentile(values: list[float], share: float) -> float:
    """The value that this share does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def spread(found: dict[str, list[float]]) -> dict[str, Any]:
    """Median and 95th percentile, by name and of all reads and edits."""
    edits = {"edit a track", "edit a want", "add a want"}
    groups = {
        "all reads": [one for name, some in found.items() if name not in edits for one in some],
        "all edits": [one for name, some in found.items() if name in edits for one in some],
        **dict(sorted(found.items())),
    }
    return {
        f"{name} ({len(values)})": {
            "median ms": round(statistics.median(values), 1),
            "p95 ms": round(percentile(values, 0.95), 1),
            "worst ms": round(max(values), 1),
        }
        for name, values in groups.items()
        if values
    }


def full_speed(address: str, what: Known) -> dict[str, Any]:
    """Answers a second of each read, with eight connections of ``wrk``."""
    found: dict[str, Any] = {}
    for name, path in (
        ("a track", f"/library/tracks/{what.tracks[0]}"),
        ("tracks, a page of 20", "/library/tracks?limit=20"),
        ("wants, a page of 20", "/want-list?limit=20"),
        ("statistics", "/discovery/statistics?period=monthly"),
        ("health", "/health"),
    ):
        done = subprocess.run(
            ["wrk", "-t1", "-c8", "-d8s", "--latency", f"{address}/api/v1{path}"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert "Non-2xx" not in done, done
        rate = re.search(r"Requests/sec:\s+([\d.]+)", done)
        median = re.search(r"50%\s+([\d.]+\w+)", done)
        assert rate is not None
        assert median is not None
        found[name] = {"answers a second": round(float(rate[1])), "median": median[1]}
    return found


def memory(address: str, pid: int, what: Known) -> dict[str, Any]:
    """Resident memory of the server, MB, after so many requests of all kinds."""
    found: dict[str, Any] = {}
    paths = [f"/library/tracks/{one}" for one in what.tracks[:50]] + [
        "/want-list?limit=5",
        "/health",
        "/nothing",
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        listed = ", ".join(f'"/api/v1{path}"' for path in paths)
        script.write(
            f"paths = {{{listed}}}\nat = 0\nrequest = function()\n"
            "at = at % #paths + 1\nreturn wrk.format(nil, paths[at])\nend\n"
        )
        script.flush()
        asked = 0
        while asked < REQUESTS:
            done = subprocess.run(
                ["wrk", "-t1", "-c8", "-d20s", "-s", script.name, address],
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            asked += int(re.findall(r"(\d+) requests in", done)[0])
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            found[f"after {asked:,} requests"] = int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) // 1024
    return found


def measure(url: str, tracks: int, seed: int) -> dict[str, Any]:
    """Everything, on one database."""
    home = Path(tempfile.mkdtemp())
    try:
        store = Store.open(url)
        played = fill(store, tracks, seed)
        refresh(store, Settings(home=home))
        store.close()
        context = multiprocessing.get_context("spawn")
        ready, begin, ended = (context.Event() for _ in range(3))
        rate = context.Value("d", 0.0)
        worker = context.Process(target=bulk, args=(url, tracks, played, ready, begin, ended, rate))
        worker.start()
        if not ready.wait(300):
            raise RuntimeError("the bulk run did not begin")
        with serving(home, url) as (address, pid, first):
            what = known(address)
            time.sleep(3)  # what is imported beside the first requests is there
            asyncio.run(beside(address, what, _for(3.0), seed))
            idle = asyncio.run(beside(address, what, _for(20.0), seed))
            begin.set()
            busy = asyncio.run(beside(address, what, lambda: not ended.is_set(), seed + 1))
            ended.set()
            worker.join()
            found = {
                "start to first answer, s": round(first, 2),
                f"{RATE} a second, nothing else": spread(idle),
                f"{RATE} a second beside a bulk run": spread(busy),
                "the run, plays a second": round(rate.value),
            }
            if shutil.which("wrk"):
                found["as fast as it is answered"] = full_speed(address, what)
                found["memory, MB"] = memory(address, pid, what)
            else:
                print(
                    "wrk is not installed (Debian package wrk): speed and memory are left out",
                    file=sys.stderr,
                )
        return found
    finally:
        shutil.rmtree(home)


def _for(seconds: float) -> Callable[[], bool]:
    until = time.perf_counter() + seconds
    return lambda: time.perf_counter() < until


def main() -> None:
    """Measure on SQLite and, when told where, on Postgres."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--postgres", help="URL of a server; a schema of its own is made and dropped")
    asked.add_argument("--tracks", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report("SQLite", measure(f"sqlite:///{folder}/mixtrove.db", given.tracks, given.seed))
    if given.postgres:
        with postgres_schema(given.postgres) as url:
            report("Postgres", measure(url, given.tracks, given.seed))


def report(name: str, found: dict[str, Any]) -> None:
    """Print the figures of one database."""
    print(table({name: found}))
    print(json.dumps({name: found}))


if __name__ == "__main__":
    main()
