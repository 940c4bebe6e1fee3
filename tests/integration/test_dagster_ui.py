"""The command that starts the UI: what it refuses before anything starts."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from discovery_assets.__main__ import check_free
from mixtrove.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]


def test_a_busy_port_is_one_sentence_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "discovery_assets", "ui", "--port", str(port)],
            capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"mixtrove: port {port} of 127.0.0.1 is in use: ")
    assert f"make ui PORT={port + 1}" in done.stderr
    assert not (tmp_path / "home").exists()
    check_free("127.0.0.1", port)


def test_an_address_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadInput, match=r"the UI cannot listen on no\.such\.host\.invalid, port 3000"):
        check_free("no.such.host.invalid", 3000)


def test_the_definitions_load_without_warnings_that_tell_people_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import discovery_assets.definitions"],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=True,
    )  # fmt: skip
    assert "beta" not in done.stderr
