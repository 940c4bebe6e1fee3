"""Deployments whose parts can be killed: ``make ui`` on a home, and the commands of compose.yaml on servers.

What ends is started again, as a person or Docker does. Not here: what is fed in and compared
(``test_deployments.py``).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.deployment import ROOT, Parts, outside
from tests.integration.own_servers import free_port

DAEMON, CODE_SERVER, RUN = "daemon", "code server", "run worker"


class Deployment:
    """What both kinds share."""

    home: Path
    database_url: str | None = None

    def environment(self) -> dict[str, str]:
        """The variables that say where it is."""
        raise NotImplementedError

    def start(self) -> None:
        """Start what does not run."""
        raise NotImplementedError

    def end(self) -> None:
        """End all of it."""
        raise NotImplementedError

    def roots(self) -> list[int]:
        """The processes that were started here."""
        raise NotImplementedError

    def processes(self, part: str) -> list[int]:
        """The processes of a part, by their commands and who started them."""
        return [pid for root in self.roots() for pid, kind in _kinds(root, "") if kind == part]

    def kill(self, part: str, dice: random.Random) -> bool:
        """Kill one process of a part; whether there was one."""
        found = sorted(self.processes(part))
        if not found:
            return False
        with suppress(ProcessLookupError):
            os.kill(dice.choice(found), signal.SIGKILL)
        return True


class Embedded(Deployment):
    """``python -m discovery_assets ui`` on SQLite."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self._log = folder / "ui.log"
        self._port = str(free_port())
        self._process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        return outside() | {"MIXTROVE_HOME": str(self.home)}

    def start(self) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._sweep()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "discovery_assets", "ui", "--port", self._port],
                cwd=ROOT, env=self.environment(), stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def roots(self) -> list[int]:
        return [] if self._process is None else [self._process.pid]

    def end(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
            self._sweep()

    def _sweep(self) -> None:
        """Nothing of it is left before the next."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


class Serviced(Deployment):
    """The commands of compose.yaml that run discovery."""

    NAMES = ("code-server", "daemon")

    def __init__(self, folder: Path, *, database: str, redis: str, rabbitmq: str) -> None:
        self.parts = Parts(folder, database=database, redis=redis, rabbitmq=rabbitmq)
        self.home = self.parts.home
        self.database_url = database
        self.parts.run("store")
        self.parts.run("dagster-store")

    def environment(self) -> dict[str, str]:
        return self.parts.environment("daemon")

    def start(self) -> None:
        for name in self.NAMES:
            running = self.parts.running.get(name)
            if running is not None and running.poll() is None:
                continue
            if running is not None:
                self._sweep(running.pid)
            self.parts.launch(name)

    def roots(self) -> list[int]:
        return [process.pid for process in self.parts.running.values()]

    def end(self) -> None:
        for name in list(self.parts.running)[::-1]:
            pid = self.parts.running[name].pid
            self.parts.end(name)
            self._sweep(pid)
        self.parts.forget_queues()

    def _sweep(self, group: int) -> None:
        """A container ends with its first process."""
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def _kinds(pid: int, above: str) -> Iterator[tuple[int, str]]:
    """A process and those below it, each with the part it is."""
    words = _command(pid)
    kind = above
    if "dagster-daemon" in words:
        kind = DAEMON
    elif "dagster-webserver" in words:
        kind = "webserver"
    elif "code-server" in words or ("api" in words and "grpc" in words):
        kind = CODE_SERVER
    elif above in (CODE_SERVER, RUN) and "spawn_main" in words:
        kind = RUN
    yield pid, kind
    for child in _children(pid):
        yield from _kinds(child, kind)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return found
