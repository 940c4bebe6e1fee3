"""compose.yaml as tests read it: with its variables filled in, and as processes of this machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pika
import yaml

from mixtrove.messaging.topology import Topology
from tests.integration.own_servers import free_port

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = ROOT / "compose.yaml"

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_]+)(?P<form>:-|:\?)?(?P<rest>[^}]*)\})")


def variables() -> dict[str, str]:
    """The variables of .env.example and their values there."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))  # type: ignore[misc]


def used_variables() -> dict[str, set[str]]:
    """The variables that compose.yaml uses → in which forms: ``:?`` (needed), ``:-`` (with a default)."""
    found: dict[str, set[str]] = {}
    for one in _VARIABLE.finditer(COMPOSE.read_text(encoding="utf-8")):
        if one["name"]:
            found.setdefault(one["name"], set()).add(one["form"] or "")
    return found


def composed(given: Mapping[str, str]) -> dict[str, Any]:
    """compose.yaml with these variables. An empty one is as good as none, as Compose has it.

    Raises:
        KeyError: a variable is needed and not given.
    """

    def fill(one: re.Match[str]) -> str:
        if not one["name"]:
            return "$"
        value = given.get(one["name"], "")
        if value:
            return value
        if one["form"] == ":-":
            return one["rest"]
        raise KeyError(one["name"])

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return _VARIABLE.sub(fill, value)
        if isinstance(value, list):
            return [walk(one) for one in value]
        if isinstance(value, dict):
            return {name: walk(one) for name, one in value.items()}
        return value

    found: dict[str, Any] = walk(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")))
    return found


def ours(services: Mapping[str, Any]) -> dict[str, Any]:
    """The services that run our image."""
    return {name: one for name, one in services.items() if one["image"].startswith("mixtrove:")}


PATIENCE = 240.0
"""Seconds for a part to answer: five processes that import Dagster at a time share two cores."""

TOKEN = "t" * 24
PASSWORD = "Kept4Nobody"


def outside() -> dict[str, str]:
    """The environment of this process without the variables of ours and of Dagster."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("MIXTROVE_", "DAGSTER_"))
    }


class Parts:
    """The parts of ours, as processes."""

    def __init__(self, folder: Path, *, database: str, redis: str, rabbitmq: str) -> None:
        self.folder = folder
        self.ports = {port: str(free_port()) for port in ("3000", "4000", "8000")}
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
            "MIXTROVE_REDIS_URL": redis,
            "MIXTROVE_AMQP_URL": rabbitmq,
            "MIXTROVE_AMQP_NAME": f"test-{uuid.uuid4().hex[:16]}",
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
            "MIXTROVE_AMQP_NAME", "MIXTROVE_HOME", "DAGSTER_HOME", "DAGSTER_LOGS", "PYTHONUNBUFFERED"
        }  # fmt: skip
        return {**outside(), **of_the_file, **self.changed}

    def run(self, name: str) -> str:
        """Run a part that ends by itself; what it said."""
        done = subprocess.run(
            self.local(self.services[name]["command"]), env=self.environment(name), cwd=ROOT,
            timeout=PATIENCE, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def launch(self, name: str) -> None:
        """Start a part."""
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.local(self.services[name]["command"]), env=self.environment(name), cwd=ROOT, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def start(self, name: str) -> None:
        """Start a part and wait until its health check answers."""
        self.launch(name)
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

    def forget_queues(self) -> None:
        """Take away what the parts declared on the shared server."""
        topology = Topology(self.changed["MIXTROVE_AMQP_NAME"])
        with pika.BlockingConnection(pika.URLParameters(self.changed["MIXTROVE_AMQP_URL"])) as connection:
            channel = connection.channel()
            for queue in (*topology.queues, topology.turn):
                channel.queue_delete(queue)
            channel.exchange_delete(topology.exchange)

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
