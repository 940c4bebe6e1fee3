"""Every command of compose.yaml as a process of this machine, with the servers here, until its check answers.

The commands, health checks and variables are those of the file; only hosts, ports and folders are others.
Each part ends when it is told to. The image is not built: no container engine is needed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from mixtrove.cli import COMMANDS
from tests.conftest import POSTGRES_URL
from tests.deployment import ROOT, composed, ours, variables

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.xdist_group("deployment")]

AMQP_URL = os.environ.get("MIXTROVE_TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/")
PATIENCE = 240.0
"""Seconds for a part to answer: five processes that import Dagster at a time share two cores."""

TOKEN = "t" * 24
PASSWORD = "Kept4Nobody"


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return str(listening.getsockname()[1])


class Parts:
    """The parts of ours, as processes."""

    def __init__(self, folder: Path, database: str, redis_url: str) -> None:
        self.folder = folder
        self.ports = {port: free_port() for port in ("3000", "4000", "8000")}
        given = {
            **variables(),
            **{f"{server}_PASSWORD": PASSWORD for server in ("POSTGRES", "REDIS", "RABBITMQ")},
            "MIXTROVE_API_TOKENS": f"dj:admin:{TOKEN}",
        }
        self.services = ours(composed(given)["services"])
        self.home = folder / "home"
        (folder / "dagster").mkdir()
        shutil.copy(ROOT / "deploy" / "dagster-compose.yaml", folder / "dagster" / "dagster.yaml")
        self.changed = {
            "MIXTROVE_DATABASE_URL": database,
            "MIXTROVE_REDIS_URL": redis_url,
            "MIXTROVE_AMQP_URL": AMQP_URL,
            "DAGSTER_PG_URL": database.replace("postgresql://", "postgresql+psycopg2://"),
            "DAGSTER_CODE_SERVER_HOST": "127.0.0.1",
            "DAGSTER_CODE_SERVER_PORT": self.ports["4000"],
            # of the image
            "MIXTROVE_HOME": str(self.home),
            "DAGSTER_HOME": str(folder / "dagster"),
            "DAGSTER_LOGS": str(self.home / "dagster"),
            "PYTHONUNBUFFERED": "1",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def local(self, command: list[str]) -> list[str]:
        """A command of the file with the hosts, ports and folders of this machine."""
        found = []
        for word in command:
            for port, here in self.ports.items():
                word = here if word == port else word.replace(f":{port}/", f":{here}/")
            found.append(word.replace("0.0.0.0", "127.0.0.1").replace("/app", str(ROOT), 1))
        return [str(Path(sys.executable).parent / found[0]), *found[1:]]

    def environment(self, name: str) -> dict[str, str]:
        of_the_file = self.services[name]["environment"]
        assert set(self.changed) - set(of_the_file) == {
            "MIXTROVE_HOME", "DAGSTER_HOME", "DAGSTER_LOGS", "PYTHONUNBUFFERED"
        }  # fmt: skip
        outside = {
            one: value for one, value in os.environ.items() if not one.startswith(("MIXTROVE", "DAGSTER"))
        }
        return {**outside, **of_the_file, **self.changed}

    def run(self, name: str) -> str:
        """Run a part that ends by itself; what it said."""
        done = subprocess.run(
            self.local(self.services[name]["command"]), env=self.environment(name), cwd=ROOT,
            timeout=PATIENCE, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, name: str) -> None:
        """Start a part and wait until its health check answers."""
        with self.log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                self.local(self.services[name]["command"]), env=self.environment(name), cwd=ROOT, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        check = self.services[name]["healthcheck"]
        if "test" in check:
            self.until(name, lambda: self.healthy(name))

    def healthy(self, name: str) -> bool:
        done = subprocess.run(
            self.local(self.services[name]["healthcheck"]["test"][1:]), env=self.environment(name), cwd=ROOT,
            timeout=60, capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode == 0

    def until(self, name: str, reached: Callable[[], Any]) -> None:
        end = time.monotonic() + PATIENCE
        while not reached():
            said = self.log(name).read_text(errors="replace")[-3000:]
            assert self.running[name].poll() is None, f"{name} ended: {said}"
            assert time.monotonic() < end, f"{name} did not get there: {said}"
            time.sleep(0.5)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def lines(self, name: str) -> list[str]:
        """What a part logged, but for the line of the code server before it loads what tells it the form."""
        said = self.log(name).read_text(errors="replace").splitlines()
        return [line for line in said if " Starting Dagster code server for module " not in line]

    def end(self, name: str) -> int:
        """Tell a part to end, as Docker does, and wait for it; its exit code."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(40)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def own_database() -> Iterator[str]:
    """The URL of a database of this test's own; it has a password, which a server that trusts us ignores."""
    import psycopg
    from sqlalchemy import make_url

    name = f"mixtrove_test_{uuid.uuid4().hex}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        url = make_url(POSTGRES_URL).set(database=name)
        yield (url if url.password else url.set(password=PASSWORD)).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_every_part_runs_until_its_check_answers(
    tmp_path: Path, postgres_url: str, redis_url: str, own_database: str
) -> None:
    """``postgres_url`` is here for its skip without a server."""
    parts = Parts(tmp_path, own_database, redis_url)
    assert "has schema" in parts.run("store")
    parts.run("dagster-store")
    said: list[str] = []
    try:
        parts.start("api")
        parts.start("code-server")
        parts.start("webserver")
        parts.start("daemon")
        if "messages" in COMMANDS:
            parts.start("messages")
        api = httpx.Client(
            base_url=f"http://127.0.0.1:{parts.ports['8000']}/api/v1", timeout=30,
            headers={"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "10.0.0.9"},
        )  # fmt: skip
        # daemon → code server → Postgres, and back to the API by the home
        parts.until(
            "daemon", lambda: 'last_tick_timestamp_seconds{sensor="inbox"}' in api.get("/metrics").text
        )
        # a record of Dagster is stored, which a plain postgresql:// would not do
        graphql = f"http://127.0.0.1:{parts.ports['3000']}/graphql"
        launched = httpx.post(graphql, json={"query": LAUNCH}, timeout=60).json()["data"]["launchRun"]
        run_id = launched["run"]["runId"]
        asked = {"query": STATUS, "variables": {"id": run_id}}
        parts.until(
            "code-server",
            lambda: (
                httpx.post(graphql, json=asked, timeout=60).json()["data"]["runOrError"]["status"]
                in ("SUCCESS", "FAILURE")
            ),
        )
        found = httpx.post(graphql, json=asked, timeout=60).json()["data"]["runOrError"]
        assert found["status"] == "SUCCESS"
        api.close()
    finally:
        ended = {name: parts.end(name) for name in list(parts.running)[::-1]}
        said = [log.read_text(errors="replace") for log in tmp_path.glob("*.log")]
    assert ended["api"] in (0, -signal.SIGTERM)
    assert not any(PASSWORD in text or TOKEN in text for text in said)
    for name in ("api", "daemon", "webserver", "code-server"):
        lines = parts.lines(name)
        assert lines, name
        for line in lines:
            assert {"timestamp", "level", "event"} <= set(json.loads(line)), (name, line)
    assert len(set(parts.lines("code-server"))) == len(parts.lines("code-server"))


LAUNCH = """mutation { launchRun(executionParams: {
  selector: {
    repositoryLocationName: "discovery", repositoryName: "__repository__", jobName: "standing_checks"
  },
  mode: "default", runConfigData: "{}"
}) { ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""

STATUS = "query Status($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
