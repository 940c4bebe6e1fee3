"""``mixtrove notify`` as people and timers run it: processes of their own, two at once, killed in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.store import Store
from tests.integration.notify_scene import SECRET, Scene, Service, service

PATIENCE = 60


@pytest.fixture
def phone() -> Iterator[Service]:
    with service() as found:
        yield found


@pytest.fixture
def mail() -> Iterator[Service]:
    with service() as found:
        yield found


class Terminal:
    """Runs the command on a store."""

    def __init__(self, home: Path, store: Store, *services: Service) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MIXTROVE_")},
            "MIXTROVE_HOME": str(home),
            "MIXTROVE_DATABASE_URL": store.url,
            "MIXTROVE_NOTIFY_URLS": " ".join(one.address() for one in services),
        }

    def start(self, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "mixtrove", "notify", *options],
            env=self._environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def doctor(self) -> str:
        """What `mixtrove doctor` says of the channels."""
        done = subprocess.run(
            [sys.executable, "-m", "mixtrove", "doctor"],
            env=self._environment, text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert SECRET not in done.stdout + done.stderr
        [line] = [one for one in done.stdout.splitlines() if one.split()[1] == "notify"]
        return line

    def run(self, *options: str) -> tuple[int, str, str]:
        process = self.start(*options)
        out, err = process.communicate(timeout=PATIENCE)
        assert SECRET not in out + err
        return process.returncode, out, err


@pytest.fixture
def begin(
    store: Store, tmp_path: Path, make_tracklist: Callable[..., Any]
) -> Callable[..., tuple[Scene, Terminal]]:
    def new(*services: Service) -> tuple[Scene, Terminal]:
        scene = Scene(store, make_tracklist, *(one.address() for one in services))
        return scene, Terminal(tmp_path / "home", store, *services)

    return new


Begin = Callable[..., tuple[Scene, Terminal]]


def test_what_is_due_is_sent_once_and_said(begin: Begin, phone: Service, mail: Service) -> None:
    scene, terminal = begin(phone, mail)
    scene.discover(2)
    code, out, _ = terminal.run("--dry-run")
    assert code == 0
    assert out.startswith(
        f"to json://me:****@127.0.0.1:{phone.port}/h…k\n2 new tracks\n\nNew in the library: 2"
    )
    assert phone.got == []
    mail.answer = 500
    code, out, err = terminal.run()
    assert code == 1
    assert out == f"sent json://me:****@127.0.0.1:{phone.port}/h…k: 2 new tracks\n"
    assert err == (
        f"failed json://me:****@127.0.0.1:{mail.port}/h…k: 2 new tracks (the service answered 500)\n"
    )
    mail.answer = 200
    assert terminal.run("--now", "--json")[0] == 0
    assert terminal.run() == (0, "nothing is due\n", "")
    assert (phone.titles, mail.titles) == (["2 new tracks"], ["2 new tracks"])
    code, out, _ = terminal.run("--test", "--json")
    assert [one["state"] for one in json.loads(out)] == ["sent", "sent"]


def test_two_processes_at_once_send_every_message_once(begin: Begin, phone: Service, mail: Service) -> None:
    scene, terminal = begin(phone, mail)
    scene.discover(3)
    taken, answered = threading.Event(), threading.Event()

    def keep_waiting() -> None:
        taken.set()
        assert answered.wait(PATIENCE)

    phone.when_taken = keep_waiting
    first = terminal.start()
    try:
        assert taken.wait(PATIENCE)  # the first one is in the middle of sending to the phone
        code, _, err = terminal.run()
        assert code == 0
        assert f"busy json://me:****@127.0.0.1:{phone.port}/h…k (another process is sending to it)" in err
    finally:
        answered.set()
        first.communicate(timeout=PATIENCE)
    assert terminal.run()[1] == "nothing is due\n"
    assert (phone.titles, mail.titles) == (["3 new tracks"], ["3 new tracks"])


def test_many_processes_at_once_send_every_message_once(begin: Begin, phone: Service, mail: Service) -> None:
    scene, terminal = begin(phone, mail)
    scene.discover(3)
    processes = [terminal.start() for _ in range(4)]
    assert [one.communicate(timeout=PATIENCE) and one.returncode for one in processes] == [0] * 4
    assert (phone.titles, mail.titles) == (["3 new tracks"], ["3 new tracks"])


def test_a_kill_between_sending_and_noting_repeats_that_message_alone_and_says_so(
    begin: Begin, phone: Service, mail: Service
) -> None:
    scene, terminal = begin(phone, mail)
    tracks = scene.discover(3)
    scene.want(tracks[0])
    mail_taken = threading.Event()
    mail.when_taken = mail_taken.set
    process = terminal.start()

    def kill() -> None:
        assert mail_taken.wait(PATIENCE)
        while any(row == (mail_key, None) for row in scene.rows("channel", "sent_at")):
            pass  # the mail is to be noted before
        os.kill(process.pid, signal.SIGKILL)

    mail_key = scene.channels[1].key
    phone.when_taken = kill
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    phone.when_taken = None
    title = "1 new on the want list, 3 new tracks"
    assert (phone.titles, mail.titles) == ([title], [title])

    scene.discover(2, start=10)  # what happened since is another message
    code, _, _ = terminal.run()
    assert code == 0
    assert phone.titles == [title, f"Perhaps again: {title}", "2 new tracks"]
    assert phone.got[1]["message"].startswith("This may have arrived before")
    assert mail.titles == [title, "2 new tracks"]
    assert terminal.run()[1] == "nothing is due\n"


def test_a_kill_before_sending_loses_nothing(begin: Begin, phone: Service) -> None:
    scene, terminal = begin(phone)
    scene.discover(2)
    scene.note()
    with scene.store.write() as tx:  # as a process leaves it that is killed before its first request
        tx.connection.execute(sa.update(schema.notification).values(message_id="left-behind"))
    terminal.run()
    assert phone.titles == ["Perhaps again: 2 new tracks"]
    assert terminal.run()[1] == "nothing is due\n"


def test_the_doctor_names_a_channel_that_fails(begin: Begin, phone: Service, mail: Service) -> None:
    scene, terminal = begin(phone, mail)
    terminal.run()
    assert terminal.doctor().startswith("ok  notify")
    scene.discover(2)
    phone.answer = 500
    terminal.run()
    assert f"127.0.0.1:{phone.port}" in (line := terminal.doctor())
    assert line.startswith("!!  notify")
    assert f"127.0.0.1:{mail.port}" not in line
    phone.answer = 200
    terminal.run("--now")
    assert terminal.doctor().startswith("ok  notify")


def test_without_a_channel_it_says_what_to_set(store: Store, tmp_path: Path, begin: Begin) -> None:
    code, out, err = Terminal(tmp_path / "home", store).run()
    assert (code, out) == (2, "")
    assert err.startswith("mixtrove: nobody is to be told: set MIXTROVE_NOTIFY_URLS")
    assert not (tmp_path / "home").exists()
