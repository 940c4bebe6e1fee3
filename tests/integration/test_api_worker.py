"""REST: the worker beside the server goes on after a fault, says so, and ends without a word of its own."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mixtrove.api.worker import NO_WORKER, WorkerProcess, WorkerState
from mixtrove.settings import Settings
from tests.integration.api_scene import served


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def written_over(home: Path, value: str) -> None:
    """Give all jobs in the queue positions that are none, or others."""
    with sqlite3.connect(home / "mixtrove.db") as connection:
        connection.execute("UPDATE discovery_job SET positions = ?", [value])
    connection.close()


def test_a_fault_in_the_queue_ends_no_worker_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    with served(tmp_path / "home") as api:
        mix = api.client.import_tracklist("1. Moby - Go").tracklist_id
        [job] = api.client.discover_tracks(mix, wait=0).jobs
        written_over(api.settings.home, "nonsense")
        worker = WorkerProcess(offline=True)
        worker.start()
        try:
            wait_for(lambda: worker.state().failing)
            failing = worker.state()
            assert failing.words.startswith("running, process ")
            assert "the queue cannot be worked: ValueError" in failing.words
            written_over(api.settings.home, "[1]")
            worker.wake()
            wait_for(lambda: api.client.job(job.id).status == "done")
            wait_for(lambda: not worker.state().failing)
            assert worker.state().words == failing.words.partition(", but: ")[0]
        finally:
            worker.stop()


def test_how_the_worker_is_shows_when_the_server_is_asked(tmp_path: Path) -> None:
    with served(tmp_path / "home") as api:
        assert (api.client.ready().status, api.client.ready().worker) == ("ok", NO_WORKER.words)
        api.app.state.context.worker = lambda: WorkerState("running, but: nothing works", failing=True)
        answer = api.get("/ready")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert "nothing works" in answer.json()["worker"]


@pytest.mark.parametrize("how", ["terminated", "left alone"])
def test_a_worker_ends_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))
    settings = Settings(home=tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "mixtrove.api.worker", "--offline"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for(lambda: settings.warehouse_path.exists() or process.poll() is not None)
    assert process.stdin is not None
    if how == "terminated":
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    told, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert told == b""
    assert b"Fatal" not in said
    assert b"Traceback" not in said
