"""The worker of ``mixtrove serve --worker``: a process of its own, so that its work delays no answer.

It does the jobs that wait, and brings the warehouse up to the store when something was changed. The server
wakes it with a byte, and is told in a line what the worker cannot do, or in an empty one that all is well;
when the server is gone, the worker ends. Not here: doing a job (``mixtrove.requested``).
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import sqlalchemy as sa

from mixtrove.errors import MixtroveError
from mixtrove.logs import fields

if TYPE_CHECKING:
    from mixtrove.library.store import Store
    from mixtrove.settings import Settings

LOOK_AGAIN = 0.5
"""Seconds between two looks into the queue: another server may have filled it."""

REST, SHARE = 5.0, 0.1
"""Seconds between two refreshes of the warehouse at least, and the share of time that they may take."""

AFTER_FAILURE = 60.0
"""Seconds until a refresh of the warehouse that failed is tried again."""

AFTER_FAULT = 5.0
"""Seconds until the queue is looked into again when that failed."""

PATIENCE = 15.0
"""Seconds that a worker has to end what it is at."""

_log = logging.getLogger("mixtrove.worker")


@dataclass(frozen=True, slots=True)
class WorkerState:
    """How the worker of a server is."""

    words: str
    failing: bool = False


NO_WORKER = WorkerState("none here: jobs wait for Dagster or `mixtrove serve --worker`")


class WorkerProcess:
    """The worker as the server sees it: started, woken, started again when it ends, stopped."""

    def __init__(self, *, offline: bool) -> None:
        """Nothing runs yet; ``offline``: it asks no provider."""
        self._command = [sys.executable, "-m", "mixtrove.api.worker", *(["--offline"] if offline else [])]
        self._process: subprocess.Popen[bytes] | None = None
        self._trouble = ""
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="worker", daemon=True)

    def start(self) -> None:
        """Start it, and see to it that it runs."""
        self._watcher.start()

    def wake(self) -> None:
        """Tell it that there is a job."""
        process = self._process
        if process is not None and process.stdin is not None:
            try:
                process.stdin.write(b"!")
                process.stdin.flush()
            except (OSError, ValueError):  # it ended; its successor looks by itself
                return

    def state(self) -> WorkerState:
        """How it is."""
        process = self._process
        if process is None:
            return WorkerState("not started yet")
        code = process.poll()
        if code is not None:
            return WorkerState(f"ended with {code}, starts again", failing=True)
        running = f"running, process {process.pid}"
        trouble = self._trouble
        return WorkerState(f"{running}, but: {trouble}", failing=True) if trouble else WorkerState(running)

    def stop(self) -> None:
        """Let it end; a job that it is at goes back into the queue."""
        self._stopping.set()
        if self._watcher.ident is not None:
            while self._process is None:  # it is being started
                time.sleep(0.01)
        process = self._process
        if process is None or process.stdin is None:
            return
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _watch(self) -> None:
        pause = 1.0
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
            self._trouble = ""
            threading.Thread(target=self._listen, args=[self._process.stdout], daemon=True).start()
            code = self._process.wait()
            if self._stopping.is_set():
                return
            _log.warning("the worker ended with %s; it is started again in %g s", code, pause)
            pause = 1.0 if time.monotonic() - started > AFTER_FAILURE else min(pause * 2, 30.0)
            self._stopping.wait(pause)

    def _listen(self, told: IO[bytes]) -> None:
        """Take in what a worker tells until it ends."""
        with told:
            for line in told:
                self._trouble = line.decode(errors="replace").strip()


class Refresher:
    """Brings the warehouse up to the store when it has changed, and seldom enough to leave time for jobs."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Nothing is refreshed yet."""
        self._store = store
        self._settings = settings
        self._of: int | None = None  # the revision that is published
        self._next = 0.0
        self.trouble = ""  # why the last refresh failed

    def look(self) -> None:
        """Refresh when it is time and there is something new."""
        from mixtrove.warehouse.refresh import refresh

        if time.monotonic() < self._next or (revision := self._revision()) == self._of:
            return
        started = time.monotonic()
        try:
            refresh(self._store, self._settings)
        except MixtroveError as error:
            _log.warning("the warehouse was not refreshed: %s", error)
            self._failed(str(error))
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours in it must not stop the jobs
            _log.exception("the warehouse was not refreshed")
            self._failed(f"{type(error).__name__}, see the worker's log")
            return
        self.trouble = ""
        self._of = revision
        self._next = time.monotonic() + max(REST, (time.monotonic() - started) / SHARE)

    def _failed(self, why: str) -> None:
        self.trouble = f"the warehouse was not refreshed: {why}"
        self._next = time.monotonic() + AFTER_FAILURE

    def _revision(self) -> int:
        from mixtrove.library import schema

        with self._store.read() as connection:
            return int(connection.execute(sa.select(schema.counter.c.value)).scalar() or 0)


def work(
    settings: Settings,
    *,
    offline: bool,
    woken: threading.Event,
    ended: threading.Event,
    tell: Callable[[str], None],
) -> None:
    """Do jobs and refresh the warehouse until ``ended``, whatever fails meanwhile.

    Args:
        settings: of this installation.
        offline: whether to ask no provider.
        woken: says that there is a job.
        ended: says that it is to end.
        tell: is told what cannot be done just now, in a sentence; an empty one: all is well.

    Raises:
        MixtroveError: store or catalogue cannot be opened.
    """
    from mixtrove.discovery import online_if_usable, open_catalogue
    from mixtrove.library.store import Store
    from mixtrove.requested import work_queue

    with ExitStack() as stack:
        store = Store.open(settings)
        stack.callback(store.close)
        online, why = (None, "") if offline else stack.enter_context(online_if_usable(settings))
        if catalogue := open_catalogue(settings):
            with catalogue:
                _log.info("ready; the catalogue has %d recordings", catalogue.info.recordings)
        refresher = Refresher(store, settings)
        told = ""
        while not ended.is_set():
            woken.clear()
            trouble, pause = "", 0.0
            try:
                for job in work_queue(store, settings, online=online, trouble=why, stopping=ended.is_set):
                    with fields(job=job.id, tracklist=job.tracklist_id):
                        _log.info("job done: %d lines", len(job.positions))
                if not ended.is_set() and not woken.is_set():
                    refresher.look()
            except MixtroveError as error:
                trouble, pause = f"the queue cannot be worked: {error}", LOOK_AGAIN
                _log.warning("%s", error)
            except Exception as error:  # noqa: BLE001 - the next look may go well, and the server is told
                trouble = f"the queue cannot be worked: {type(error).__name__}, see the worker's log"
                pause = AFTER_FAULT
                _log.exception("the queue cannot be worked")
            if (trouble := trouble or refresher.trouble) != told:
                told = trouble
                tell(trouble)
            ended.wait(pause)
            woken.wait(LOOK_AGAIN)


def main() -> None:
    """The process: works until the server that started it is gone."""
    from mixtrove.logs import configure
    from mixtrove.settings import load_settings

    configure(service=True)
    woken, ended = threading.Event(), threading.Event()

    told: IO[str] = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is for people, not for the server

    def listen() -> None:
        while os.read(0, 1):  # not sys.stdin: its lock would be held when the interpreter ends
            woken.set()
        end()

    def tell(trouble: str) -> None:
        with suppress(OSError):  # the server is gone: the end of its input says so, too
            told.write(" ".join(trouble.split()) + "\n")

    def end() -> None:
        ended.set()
        woken.set()

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server is told, and closes our input
    signal.signal(signal.SIGTERM, lambda *_: end())
    threading.Thread(target=listen, name="server", daemon=True).start()
    try:
        work(load_settings(), offline="--offline" in sys.argv, woken=woken, ended=ended, tell=tell)
    except MixtroveError as error:
        _log.error("%s", error)
        sys.exit(1)


if __name__ == "__main__":
    main()
