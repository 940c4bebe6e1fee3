"""How long until a tracklist that is dropped, posted or sent is identified and announced, with ``make ui``.

    python -m benchmarks.announcing [--postgres postgresql://postgres@127.0.0.1:5432/test]
        [--redis redis://127.0.0.1:6379/15] [--amqp amqp://guest:guest@127.0.0.1:5672/] [--times 5]

Two homes: embedded (SQLite, RabbitMQ for the messages) and serviced (Postgres for the store and for Dagster,
Redis, RabbitMQ). On each the processes that ``make ui`` starts, and ``mixtrove serve``; at the end ``mixtrove
serve --worker`` alone, without Dagster. Each tracklist has 14 lines of the example catalogue that no other
had. The clock starts when the file is in the inbox, the request is posted or the message is sent, and stops
when no line is pending (``identified``), when ``discovery.completed`` comes out of RabbitMQ (``event``), and
when a channel is told (``notification``: a listener on loopback).
"""

from __future__ import annotations

import argparse
import csv
import http.server
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pika
import sqlalchemy as sa

from benchmarks.offline.report import table
from mixtrove.client import Client
from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.ticks import read_ticks

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "examples" / "catalogue.csv"
LINES = 14
SEED = 20_261
PATIENCE = 180.0
"""Seconds after which a tracklist counts as lost."""


@dataclass(slots=True)
class Heard:
    """What came out, and when."""

    events: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    told: list[tuple[float, str]] = field(default_factory=list)


class Mixes:
    """Tracklists that nobody sent before, of tracks that the catalogue has."""

    def __init__(self) -> None:
        with CATALOGUE.open(encoding="utf-8", newline="") as file:
            self._tracks = [(row["artist"], row["title"]) for row in csv.DictReader(file)]
        random.Random(SEED).shuffle(self._tracks)
        self._number = 0

    def next(self) -> tuple[str, str]:
        """The name of the DJ and the text."""
        self._number += 1
        taken = [self._tracks.pop() for _ in range(LINES)]
        return f"DJ Clock {self._number}", "\n".join(f"{artist} - {title}" for artist, title in taken)


class Home:
    """A home with a catalogue, and the programs on it."""

    def __init__(self, folder: Path, servers: dict[str, str], amqp: str, listener: int) -> None:
        self.folder = folder
        self.name = f"announcing-{uuid.uuid4().hex[:8]}"
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("MIXTROVE", "DAGSTER"))
            },
            "MIXTROVE_HOME": str(folder),
            "MIXTROVE_AMQP_URL": amqp,
            "MIXTROVE_AMQP_NAME": self.name,
            "MIXTROVE_NOTIFY_URLS": f"json://127.0.0.1:{listener}/",
            **servers,
        }
        self.running: list[subprocess.Popen[bytes]] = []
        self.command("catalogue", "build", str(CATALOGUE))
        self.command("db", "upgrade")
        self.store = Store.open(servers.get("MIXTROVE_DATABASE_URL", f"sqlite:///{folder / 'mixtrove.db'}"))

    def command(self, *words: str) -> None:
        """Run one of ours to its end."""
        subprocess.run(
            [sys.executable, "-m", "mixtrove", *words], env=self.environment, cwd=ROOT, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, module: str, *words: str) -> None:
        """Start a program that goes on."""
        with (self.folder / f"{module}.log").open("ab") as log:
            self.running.append(
                subprocess.Popen(
                    [sys.executable, "-m", module, *words], env=self.environment, cwd=ROOT, stdout=log,
                    stderr=subprocess.STDOUT, start_new_session=True,
                )
            )  # fmt: skip

    def end(self) -> None:
        """End the programs."""
        for process in self.running[::-1]:
            process.send_signal(signal.SIGTERM)
        for process in self.running[::-1]:
            process.wait(60)
        self.running.clear()

    def pending(self, dj: str) -> int | None:
        """The lines of a mix that are not decided; None when it is not there."""
        mix, entry = schema.tracklist, schema.tracklist_entry
        with self.store.read() as connection:
            row = connection.execute(
                sa.select(
                    sa.func.count(entry.c.id),
                    sa.func.sum(sa.case((entry.c.status == "pending", 1), else_=0)),
                )
                .join(mix, mix.c.id == entry.c.tracklist_id)
                .where((mix.c.dj == dj) | mix.c.title.startswith(f"{dj} - "))
            ).one()
        return int(row[1]) if row[0] else None


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def until(reached: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What it gives once it gives something."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if (found := reached()) is not None:
            return found
        time.sleep(0.05)
    raise TimeoutError


@contextmanager
def listener(heard: Heard) -> Iterator[int]:
    """A channel of notifications; its port."""

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.told.append((time.monotonic(), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def subscribed(amqp: str, exchange: str, heard: Heard) -> Iterator[None]:
    """All events of an installation."""
    ended = threading.Event()
    receiving = pika.BlockingConnection(pika.URLParameters(amqp))
    channel = receiving.channel()
    channel.exchange_declare(exchange, "topic", durable=True)
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, exchange, "#")

    def receive() -> None:
        for method, _, body in channel.consume(queue, auto_ack=True, inactivity_timeout=0.1):
            if method is not None:
                heard.events.append((time.monotonic(), json.loads(body)))
            if ended.is_set():
                break
        receiving.close()

    thread = threading.Thread(target=receive)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with pika.BlockingConnection(pika.URLParameters(amqp)) as connection:
            channel = connection.channel()
            for one in ("discovery-requested", "discovery-requested.retry", "dead-letters"):
                channel.queue_delete(f"{exchange}.{one}")
            channel.exchange_delete(exchange)


def trial(home: Home, heard: Heard, dj: str, give: Callable[[], object], *, event: bool) -> dict[str, float]:
    """Give a tracklist; seconds until what."""
    heard.events.clear()
    heard.told.clear()
    started = time.monotonic()
    give()
    found = {}
    until(lambda: True if home.pending(dj) == 0 else None)
    found["identified"] = time.monotonic() - started
    if event:

        def completed() -> float | None:
            names = [at for at, one in heard.events if one["type"] == "discovery.completed"]
            return names[0] if names else None

        found["event"] = until(completed) - started
    found["notification"] = until(lambda: next((at for at, _ in heard.told), None)) - started
    return found


def ways(home: Home, amqp: str, api: Client) -> dict[str, Callable[..., object]]:
    """The three ways in."""

    def drop(dj: str, text: str) -> None:
        draft = home.folder / "draft.txt"
        draft.write_text(text, encoding="utf-8")
        draft.replace(home.folder / "inbox" / f"{dj} - Clock Mix 2026-11-01.txt")

    def post(dj: str, text: str) -> None:
        mix = api.import_tracklist(text, dj=dj)
        api.discover_tracks(mix.tracklist_id)

    def send(dj: str, text: str) -> None:
        data = {"tracklist": {"text": text, "dj": dj}}
        body = {"type": "discovery.requested", "version": 1, "id": dj, "data": data}
        with pika.BlockingConnection(pika.URLParameters(amqp)) as connection:
            connection.channel().basic_publish(
                home.name, "discovery.requested", json.dumps(body).encode(),
                pika.BasicProperties(delivery_mode=2, message_id=dj),
            )  # fmt: skip

    return {"inbox": drop, "REST": post, "message": send}


def measured(home: Home, amqp: str, heard: Heard, mixes: Mixes, times: int) -> dict[str, Any]:
    """The figures of a home with the UI, and with ``mixtrove serve --worker`` alone."""
    figures: dict[str, Any] = {}
    with subscribed(amqp, home.name, heard):
        port = free_port()
        home.start("discovery_assets", "ui", "--port", str(free_port()))
        home.start("mixtrove", "serve", "--port", str(port))
        began = time.time()
        settings = Settings(home=home.folder)
        until(lambda: True if read_ticks(settings).get("inbox", 0) > began else None)
        figures["make ui until its first look into the inbox"] = f"{time.time() - began:.1f} s"
        time.sleep(40)  # all sensors have looked, each process has loaded what it needs
        with Client(f"http://127.0.0.1:{port}", timeout=PATIENCE) as api:
            for name, give in ways(home, amqp, api).items():
                found = []
                for _ in range(times):
                    time.sleep(random.uniform(0, 5))  # at any moment between two looks
                    found.append(_one(home, heard, mixes, give, event=name != "inbox"))
                figures[f"{name}, make ui"] = _summary(found)
        home.end()
        home.start("mixtrove", "serve", "--port", str(port), "--worker")
        with Client(f"http://127.0.0.1:{port}", timeout=PATIENCE) as api:
            until(lambda: _ready(port))
            give = ways(home, amqp, api)["REST"]
            took = []
            for _ in range(times):
                dj, text = mixes.next()
                at = time.monotonic()
                give(dj, text)
                assert home.pending(dj) == 0
                took.append(time.monotonic() - at)
            figures["REST, serve --worker: the call, identified"] = _spread(took)
        home.end()
    return figures


def _ready(port: int) -> bool | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/v1/ready").status_code == 200 or None
    except httpx.TransportError:
        return None


def _one(
    home: Home, heard: Heard, mixes: Mixes, give: Callable[..., object], *, event: bool
) -> dict[str, float]:
    dj, text = mixes.next()
    return trial(home, heard, dj, lambda: give(dj, text), event=event)


def _summary(found: list[dict[str, float]]) -> dict[str, str]:
    return {what: _spread([one[what] for one in found]) for what in found[0]}


def _spread(took: list[float]) -> str:
    return f"{statistics.median(took):.1f} s (at most {max(took):.1f})"


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """The URL of an empty database, for the length of the block."""
    import psycopg

    name = f"mixtrove_announcing_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postgres")
    parser.add_argument("--redis")
    parser.add_argument("--amqp", default="amqp://guest:guest@127.0.0.1:5672/")
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    figures: dict[str, Any] = {"load before": os.getloadavg()[0]}
    mixes, heard = Mixes(), Heard()
    with tempfile.TemporaryDirectory(prefix="mixtrove-announcing-") as folder, listener(heard) as hook:
        home = Home(Path(folder) / "embedded", {}, given.amqp, hook)
        try:
            figures["embedded"] = measured(home, given.amqp, heard, mixes, given.times)
        finally:
            home.end()
            home.store.close()
        print(table(figures), flush=True)
        if given.postgres:
            with own_database(given.postgres) as url:
                servers = {
                    "MIXTROVE_DATABASE_URL": url,
                    "DAGSTER_PG_URL": url.replace("postgresql://", "postgresql+psycopg2://", 1),
                    **({"MIXTROVE_REDIS_URL": given.redis} if given.redis else {}),
                }
                home = Home(Path(folder) / "serviced", servers, given.amqp, hook)
                try:
                    figures["serviced"] = measured(home, given.amqp, heard, mixes, given.times)
                finally:
                    home.end()
                    home.store.close()
            print(table({"serviced": figures["serviced"]}))


if __name__ == "__main__":
    main()
