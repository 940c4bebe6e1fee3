"""Servers of a test's own, for what must not be done to a shared one: passwords, full memory, replicas."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

PASSWORD = "correct-horse"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Cluster:
    """A Postgres server that asks for passwords: ``postgres`` and ``PASSWORD``."""

    folder: Path
    port: int

    def url(self, database: str = "postgres", *, password: str = PASSWORD) -> str:
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        as_postgres(
            "pg_ctl", "-D", self.folder / "data", "-w", "-o", options, "-l", self.folder / "log", "start"
        )

    def stop(self) -> None:
        as_postgres("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")


def as_postgres(program: str, *arguments: object) -> None:
    """Run a program of Postgres, which refuses to run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run(
        [program, *map(str, arguments)], check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, timeout=60
    )


@contextmanager
def own_postgres() -> Iterator[Cluster]:
    """A new Postgres server, gone afterwards; the test is skipped where its programs are not installed."""
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("initdb and pg_ctl are not on the PATH: install Postgres's server to run this test")
    folder = Path(tempfile.mkdtemp(prefix="mixtrove-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    cluster = Cluster(folder, free_port())
    words = folder / "password"
    words.write_text(PASSWORD)
    words.chmod(0o644)
    try:
        as_postgres(
            "initdb", "-D", folder / "data", "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={words}",
            "--no-sync", "-E", "UTF8", "--locale=C",
        )  # fmt: skip
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)


@contextmanager
def own_redis(*options: str) -> Iterator[str]:
    """The URL of a new Redis server with these options, gone afterwards."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not on the PATH: install it to run this test")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [
                "redis-server",
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                folder,
                *options,
            ],
            stdout=subprocess.DEVNULL,
        )
        try:
            with redis.Redis(port=port) as server:
                _until_up(server)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _until_up(server: redis.Redis) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            server.ping()
            return
        except redis.AuthenticationError:
            return
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
