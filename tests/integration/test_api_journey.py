"""REST: the README's journey by HTTP alone, against `mixtrove serve --worker` as a person starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mixtrove.catalogue.build import build_catalogue
from mixtrove.client import ApiProblem, Client
from mixtrove.settings import Settings

EXAMPLES = Path(__file__).parents[2] / "examples"
ESSENTIAL = EXAMPLES / "tracklists" / "Moby - Essential Mix 1994-07-23.txt"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    found = tmp_path / "home"
    found.mkdir()
    build_catalogue([EXAMPLES / "catalogue.csv"], Settings(home=found).catalogue_dir)
    return found


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "MIXTROVE_HOME": str(home)}
    with (home / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "mixtrove", "serve", "--port", str(port), "--worker", "--offline"],
            env=environment,
            stderr=log,
        )
    try:
        wait_for(lambda: answers(port), 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    said = (home / "serve.log").read_text()
    assert "Traceback" not in said, said


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/v1/health").status_code == 200
    except httpx.TransportError:
        return False


def wait_for(holds: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def test_from_a_pasted_mix_to_statistics_that_change(address: str, home: Path) -> None:
    with Client(address) as client:
        wait_for(lambda: client.ready().worker.startswith("running"), 60)

        # a mix is pasted, and every line identified or laid aside with a reason
        mix = client.import_tracklist(ESSENTIAL.read_text(encoding="utf-8"), dj="Moby")
        assert mix.outcome == "new"
        found = client.discover_tracks(mix.tracklist_id, wait=60)
        assert found.done
        assert {job.status for job in found.jobs} == {"done"}
        assert len(found.tracks) == mix.entries
        identified = [one for one in found.tracks if one.status == "identified"]
        assert identified
        assert all(one.status != "pending" for one in found.tracks)

        # what is not certain is decided by a person, and stays decided
        waiting = next(client.review(tracklist_id=mix.tracklist_id))
        decided = client.decide(waiting.id, "assign", track="Somebody - Certainly This (Dub)")
        assert decided.entries >= 1
        line = next(one for one in client.tracklist(mix.tracklist_id).lines if one.id == waiting.id)
        assert (line.status, line.track) == ("identified", "Somebody - Certainly This (Dub)")
        assert client.discover_tracks(mix.tracklist_id).done
        again = next(one for one in client.tracklist(mix.tracklist_id).lines if one.id == waiting.id)
        assert again == line

        # it is wanted and bought
        want = client.add_want(str(decided.library_track_id), priority=5)
        assert want.source_tracklist_id in (None, mix.tracklist_id)
        assert [one.id for one in client.wants(priority=5)] == [want.id]
        assert client.purchase_links(want.library_track_id).places
        bought = client.set_want(
            want.id, if_version=want.want_version, status="purchased", purchase_price="2.49", currency="EUR"
        )
        assert bought.status == "purchased"

        # and the statistics follow by themselves
        def counted() -> int:
            try:
                [ever] = client.statistics("all-time", "discovered").periods
            except (ApiProblem, ValueError):
                return 0
            return ever.identified

        wait_for(lambda: counted() == len(identified) + decided.entries, 60)
        assert client.source(mix.tracklist_id).new_identified >= len(identified)
