"""How fast requests from RabbitMQ become job rows, and whether each does once when processes are killed.

    python -m benchmarks.messages [--postgres postgresql://postgres@127.0.0.1:5432/test]
        [--amqp amqp://guest:guest@127.0.0.1:5672/] [--messages 10000] [--kills 5] [--restart 'COMMAND']

10,000 requests, each with a tracklist of three lines that nobody sent before, 1 % of them poison of five
kinds. All are in the queue before ``mixtrove messages work`` starts, as a process. The rate is of job rows,
from the first to the last, looked at from outside. With ``--kills`` the process is killed (SIGKILL) so many
times on its way and started again; ``--restart`` is run once, half-way, for a server that may be restarted.
The end is compared with what was sent: each good request has one job, each poison is one dead letter.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pika
import sqlalchemy as sa
from pydantic import SecretStr

from benchmarks.editors import postgres_schema
from benchmarks.offline.report import table
from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.messaging.broker import connected
from mixtrove.messaging.check import check
from mixtrove.messaging.dead_letters import list_dead
from mixtrove.messaging.topology import Topology
from mixtrove.settings import Settings

POISON_SHARE = 0.01
SEED = 20_260
WAIT = 600.0  # seconds for all of it


def messages(number: int, seed: int) -> tuple[list[bytes], int]:
    """The bodies to send, and how many of them are poison."""
    rng = random.Random(seed)
    bodies = []
    bad = set(rng.sample(range(number), round(number * POISON_SHARE)))
    for at in range(number):
        lines = [f"{n}. Artist {rng.randrange(10**6)} - Title {rng.randrange(10**6)}" for n in range(1, 4)]
        data: dict[str, Any] = {"tracklist": {"text": "\n".join(lines), "dj": f"DJ {at}"}, "reply_key": "me"}
        whole = {"type": "discovery.requested", "version": 1, "id": f"m{at}", "data": data}
        if at in bad:
            bodies.append(
                (
                    f"poison {at}".encode(),
                    json.dumps({**whole, "version": 2}).encode(),
                    json.dumps({**whole, "data": {"tracklist_id": str(uuid.UUID(int=at))}}).encode(),
                    json.dumps({**whole, "data": {}}).encode(),
                    json.dumps({**whole, "data": {**data, "positions": [9]}}).encode(),
                )[at % 5]
            )
        else:
            bodies.append(json.dumps(whole).encode())
    return bodies, len(bad)


def send(settings: Settings, topology: Topology, bodies: list[bytes]) -> float:
    """Send all; seconds. Not confirmed one by one: that is the sender's affair."""
    with connected(settings) as connection:
        topology.declare(connection.channel())
        channel = connection.channel()
        started = time.monotonic()
        for at, body in enumerate(bodies):
            channel.basic_publish(
                topology.exchange, "discovery.requested", body,
                pika.BasicProperties(delivery_mode=2, message_id=f"m{at}"),
            )  # fmt: skip
        took = time.monotonic() - started
        while waiting(settings, topology) < len(bodies):
            time.sleep(0.1)
        return took


def waiting(settings: Settings, topology: Topology) -> int:
    """Requests in the queue."""
    with connected(settings) as connection:
        found = connection.channel().queue_declare(topology.requests, passive=True).method.message_count
        return int(found)


def jobs(store: Store) -> int:
    """Job rows."""
    with store.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(schema.discovery_job)).scalar_one()


def start(settings: Settings) -> subprocess.Popen[bytes]:
    """The command, as a process."""
    assert settings.amqp_url is not None
    environment = {
        **os.environ, "MIXTROVE_HOME": str(settings.home), "MIXTROVE_DATABASE_URL": settings.database,
        "MIXTROVE_AMQP_URL": settings.amqp_url.get_secret_value(), "MIXTROVE_AMQP_NAME": settings.amqp_name,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "mixtrove", "messages", "work"], env=environment, stderr=subprocess.DEVNULL
    )


def patiently(look: Callable[[], int]) -> int:
    """A look at a server that may be restarting."""
    while True:
        try:
            return look()
        except Exception:  # noqa: BLE001 - whatever a restart gives
            time.sleep(0.5)


def run(settings: Settings, number: int, kills: int, restart: str | None) -> dict[str, object]:
    """One run; its figures."""
    topology = Topology(settings.amqp_name)
    bodies, bad = messages(number, SEED)
    store = Store.open(settings)
    sending = send(settings, topology, bodies)
    good = number - bad
    marks = [good * (at + 1) // (kills + 1) for at in range(kills)]
    process = start(settings)
    first = last = None
    seen = 0
    deadline = time.monotonic() + WAIT
    while seen < good and time.monotonic() < deadline:
        time.sleep(0.02)
        seen = patiently(lambda: jobs(store))
        if seen and first is None:
            first = (time.monotonic(), seen)
        last = (time.monotonic(), seen)
        if restart and seen >= good // 2:
            subprocess.run(shlex.split(restart), check=True, stdout=subprocess.DEVNULL)
            restart = None
        if marks and seen >= marks[0]:
            marks.pop(0)
            process.kill()
            process.wait()
            process = start(settings)
    while patiently(lambda: waiting(settings, topology)) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.terminate()
    code = process.wait(30)
    assert first is not None
    assert last is not None
    rate = (last[1] - first[1]) / max(last[0] - first[0], 1e-9)
    with connected(settings) as connection:
        dead = list_dead(connection, topology)
    with store.read() as connection:
        ids = connection.execute(sa.select(schema.discovery_job.c.message_id)).scalars().all()
    kept = sum(one.copies for one in dead)
    store.close()
    with connected(settings) as connection:
        channel = connection.channel()
        for queue in topology.queues:
            channel.queue_delete(queue)
        channel.exchange_delete(topology.exchange)
    return {
        "sent in": f"{sending:.1f} s",
        "job rows": f"{rate:,.0f} a second",
        "requests done once": f"{len(set(ids)):,} of {good:,}; {len(ids) - len(set(ids))} twice",
        "poison in the dead letters": f"{kept} of {bad}; {kept - len(dead)} twice",
        "kinds of reasons": len({" ".join(one.reason.split()[:3]) for one in dead}),
        "exit code after SIGTERM": code,
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postgres")
    parser.add_argument("--amqp", default="amqp://guest:guest@127.0.0.1:5672/")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--restart", help="a command, run half-way in the runs with kills")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="mixtrove-messages-"))
    figures: dict[str, Any] = {}
    try:
        places: list[tuple[str, Any]] = [("SQLite", None)]
        if given.postgres:
            places.append(("Postgres", given.postgres))
        for name, url in places:
            for kills in sorted({0, given.kills}):
                folder = home / f"{name}-{kills}"
                with (
                    postgres_schema(url) if url else nullcontext(f"sqlite:///{folder / 'mixtrove.db'}") as at
                ):
                    settings = Settings(
                        home=folder, database_url=at, amqp_url=SecretStr(given.amqp),
                        amqp_name=f"benchmark-{uuid.uuid4().hex[:8]}",
                    )  # fmt: skip
                    figures["RabbitMQ"] = check(settings).version
                    found = run(settings, given.messages, kills, given.restart if kills else None)
                    figures[f"{name}, {given.messages:,} messages, {kills} kills"] = found
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(table(figures))


if __name__ == "__main__":
    main()
