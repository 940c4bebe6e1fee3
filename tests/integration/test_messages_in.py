"""Requests that come as messages: written down once each, whatever breaks, and the poison kept apart."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from mixtrove.errors import BrokerUnavailable, StoreUnavailable
from mixtrove.library import schema
from mixtrove.library.jobs import MOST
from mixtrove.library.tracklists import import_tracklist
from mixtrove.messaging.broker import HEARTBEAT, connected
from mixtrove.messaging.consumer import BATCH, RETRIES, Consumer
from mixtrove.messaging.dead_letters import retry_dead
from mixtrove.messaging.reading import LARGEST
from mixtrove.messaging.worker import Moved, pump, work
from tests.integration.messages_scene import MIX, Scene, begin, request
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.rabbitmq

NOWHERE = "01991f2e-8f3a-7c51-9f52-5a8d4be1c7aa"


@pytest.fixture
def scene(tmp_path: Path, database_url: str, rabbitmq_url: str, own_name: str) -> Iterator[Scene]:
    """On SQLite and on Postgres."""
    opened = begin(tmp_path / "home", database_url, rabbitmq_url, own_name, retry_after=0.1)
    yield opened
    opened.close()


@pytest.fixture
def light(tmp_path: Path, sqlite_url: str, rabbitmq_url: str, own_name: str) -> Iterator[Scene]:
    """For tests where the store makes no difference."""
    opened = begin(tmp_path / "home", sqlite_url, rabbitmq_url, own_name, retry_after=0.1)
    yield opened
    opened.close()


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something; fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def test_a_request_becomes_jobs_once_however_often_it_comes(scene: Scene) -> None:
    one = request("one", tracklist={"text": MIX, "dj": "Four Tet", "played_on": "2014-06-13"}, user="mo",
                  positions=[1, 3], reply_key="radio.archive")  # fmt: skip
    scene.send(one, one, request("two"))
    assert scene.pump() == Moved(taken=2, known=1)
    scene.send(one)
    assert scene.pump() == Moved(known=1)
    first, second = scene.jobs()
    assert (first.message_id, first.reply_key, first.asked_by) == ("one", "radio.archive", "mo")
    assert (first.positions, first.status) == ([1, 3], "queued")
    assert (second.message_id, second.reply_key, second.asked_by) == ("two", None, "dj")
    with scene.store.read() as connection:
        mix = connection.execute(
            sa.select(schema.tracklist).where(schema.tracklist.c.id == first.tracklist_id)
        ).one()
    assert (mix.dj, mix.played_on.isoformat()) == ("Four Tet", "2014-06-13")
    assert scene.depth(scene.topology.requests) == 0
    assert scene.dead() == []


def test_a_long_tracklist_by_its_id_becomes_several_jobs(
    scene: Scene, make_tracklist: Callable[..., Any]
) -> None:
    lines = [f"Artist {number} - Title" for number in range(MOST + 1)]
    mix = import_tracklist(scene.store, make_tracklist(*lines, dj="One")).tracklist_id
    scene.send(request("long", tracklist_id=mix))
    assert scene.pump() == Moved(taken=1)
    assert [(job.message_id, len(job.positions)) for job in scene.jobs()] == [("long", MOST), ("long", 1)]


POISON: list[tuple[dict[str, Any] | bytes, str]] = [
    (b"\xff\xfe{}", "it is not JSON"),
    (b"[1, 2]", "it is JSON and no object"),
    (b'{"type": ' + b"[" * 100_000, "it is not JSON"),
    ({"type": "discovery.demanded", "version": 1}, "its type is 'discovery.demanded'"),
    ({**request(), "version": 2}, "it is discovery.requested version 2, and this mixtrove reads up to 1: up"),
    ({**request(), "version": "1"}, "its version is '1': it is a number, 1 today"),
    ({**request(), "version": 0}, "there is no discovery.requested version 0: 1 is the newest"),
    (request(tracklist_id=NOWHERE), f"there is no tracklist '{NOWHERE}'"),
    (request(tracklist={"text": "hello"}), "no line of the tracklist is a track"),
    (request(tracklist={"text": "A - \x00B"}), "data.tracklist.text: String should match"),
    (request(tracklist={"text": MIX, "played_on": "yesterday"}), "data.tracklist.played_on: Input should"),
    (request(tracklist={"text": MIX}, positions=[9]), "the tracklist has no line at position 9: its posi"),
    (request(tracklist={"text": MIX}, tracklist_id=NOWHERE), "data: give either tracklist or tracklist_id"),
    (request(tracklist={"text": MIX}, reply_key="#.*"), "data.reply_key: String should match"),
    (request(tracklist={"text": MIX}, usr="mo"), "data.usr: Extra inputs are not permitted"),
    (request(tracklist={"text": "A - B\n" * 400_000}), "data.tracklist.text: String should have at most 200"),
    (b"{" + b" " * LARGEST, "it has 10,485,761 bytes, and 10,485,760 is the most"),
]  # fmt: skip


def test_poison_goes_to_the_dead_letters_with_its_reason_and_the_others_go_on(scene: Scene) -> None:
    for number, (poison, _) in enumerate(POISON):
        scene.send(poison, request(f"good-{number}"))
    assert scene.pump() == Moved(taken=len(POISON), refused=len(POISON))
    assert [job.message_id for job in scene.jobs()] == [f"good-{number}" for number in range(len(POISON))]
    dead = scene.dead()
    assert [one.routing_key for one in dead] == ["discovery.requested"] * len(POISON)
    found = {one.reason for one in dead}
    for _, reason in POISON:
        assert [one for one in found if one.startswith(reason)], reason
    with scene.channel() as channel:
        _, properties, _ = channel.basic_get(scene.topology.dead)
        assert properties.headers["mixtrove-reason"].startswith("it is not JSON")


def test_an_id_that_was_taken_for_another_request_is_refused(scene: Scene) -> None:
    scene.send(request("one"), request("one", positions=[1]))
    assert scene.pump() == Moved(taken=1, refused=1)
    scene.send(request("one", positions=[2]))
    assert scene.pump() == Moved(refused=1)
    assert {one.reason for one in scene.dead()} == {
        "the id 'one' was taken with another request: give every request an id of its own"
    }
    assert len(scene.jobs()) == 1


def test_what_was_refused_is_taken_once_what_was_missing_is_there(
    light: Scene, make_tracklist: Callable[..., Any]
) -> None:
    mix = import_tracklist(light.store, make_tracklist("A - B", dj="One", title="Mix")).tracklist_id
    asked = request("early", tracklist_id=mix, positions=[2])
    light.send(asked, expiration="60000", user_id="guest", headers={"CC": ["elsewhere"]})
    assert light.pump() == Moved(refused=1)
    grown = import_tracklist(light.store, make_tracklist("A - B", "C - D", dj="One", title="Mix"))
    assert grown.tracklist_id == mix
    with connected(light.settings) as connection:
        [sent] = retry_dead(connection, light.topology, None)
    assert (sent.message_id, light.dead()) == ("early", [])
    assert light.pump() == Moved(taken=1)
    assert [job.positions for job in light.jobs()] == [[2]]


def test_a_store_that_is_away_delays_requests_and_loses_none(light: Scene) -> None:
    light.send(b"poison", *(request(f"m{number}") for number in range(3)))
    impatient = light.settings.model_copy(update={"busy_timeout": 0.05})
    writer = sqlite3.connect(str(light.store.engine.url.database), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")  # somebody keeps it locked
    with pytest.raises(StoreUnavailable, match="is in use by another program"):
        pump(impatient, topology=light.topology)
    assert light.depth(light.topology.requests) + light.depth(light.topology.retry) == 3
    assert [one.reason for one in light.dead()] == [
        "it is not JSON (expected value at line 1 column 1): send an object in UTF-8"
    ]
    writer.rollback()
    writer.close()
    until(lambda: light.depth(light.topology.requests) == 3)  # back by itself
    assert light.pump() == Moved(taken=3)
    assert {job.message_id for job in light.jobs()} == {"m0", "m1", "m2"}


def test_a_fault_of_ours_in_one_message_stops_no_other_and_ends_in_the_dead_letters(
    scene: Scene,
) -> None:
    with scene.store.write() as tx:  # the database itself refuses one of them
        if tx.connection.dialect.name == "sqlite":
            tx.connection.exec_driver_sql(
                "CREATE TRIGGER bad BEFORE INSERT ON received_message WHEN NEW.id = 'bad' "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        else:
            tx.connection.exec_driver_sql(
                "ALTER TABLE received_message ADD CONSTRAINT bad CHECK (id <> 'bad')"
            )
    scene.send(request("good"), request("bad"), request("better"))
    total = scene.pump()
    deadline = time.monotonic() + 60
    while not scene.dead() and time.monotonic() < deadline:
        time.sleep(0.1)
        scene.pump()
    assert total.taken == 2
    [dead] = scene.dead()
    assert dead.reason.startswith("something went wrong here (IntegrityError): see the log")
    assert dead.reason.endswith(f"tried {RETRIES + 1} times")
    assert {job.message_id for job in scene.jobs()} == {"good", "better"}
    assert scene.depth(scene.topology.retry) == 0


def test_nothing_is_acknowledged_before_it_is_committed(light: Scene) -> None:
    light.send(*(request(f"m{number}") for number in range(3)))

    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with connected(light.settings) as connection:
        consumer = Consumer(connection, light.topology, light.store, user="dj")
        consumer._in.basic_ack = killed  # the process ends behind the commit
        with pytest.raises(Killed):
            consumer.take(5)
    assert len(light.jobs()) == 3
    assert light.depth(light.topology.requests) == 3
    assert light.pump() == Moved(known=3)
    assert len(light.jobs()) == 3


def test_poison_that_was_sent_to_the_dead_letters_and_not_acknowledged_is_there_once(light: Scene) -> None:
    light.send(b"one", b"two", b"three")

    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with connected(light.settings) as connection:
        consumer = Consumer(connection, light.topology, light.store, user="dj")
        consumer._in.basic_ack = killed
        with pytest.raises(Killed):
            consumer.take(5)
    assert light.depth(light.topology.dead) == 3
    assert light.pump() == Moved(refused=3)
    assert light.depth(light.topology.dead) == 3


def test_a_message_that_ends_every_consumer_is_a_dead_letter_in_the_end(light: Scene) -> None:
    light.send(request("heavy"))
    with light.channel() as channel:
        while True:
            method, _, _ = channel.basic_get(light.topology.requests)
            if method is None:
                break
            channel.basic_nack(method.delivery_tag, requeue=True)
    until(lambda: light.depth(light.topology.dead) == 1)
    [dead] = light.dead()
    assert dead.reason.startswith("every consumer that had it ended before it was done")
    assert (dead.routing_key, dead.message_id) == ("discovery.requested", "heavy")


def environment(scene: Scene) -> dict[str, str]:
    assert scene.settings.amqp_url is not None
    return {
        **os.environ,
        "MIXTROVE_HOME": str(scene.settings.home),
        "MIXTROVE_DATABASE_URL": str(scene.settings.database_url),
        "MIXTROVE_AMQP_URL": scene.settings.amqp_url.get_secret_value(),
        "MIXTROVE_AMQP_NAME": scene.settings.amqp_name,
    }


def start(scene: Scene) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "mixtrove", "messages", "work"], env=environment(scene),
        stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.drill
def test_killed_in_the_middle_every_request_is_done_once_and_all_poison_is_kept(
    tmp_path: Path, database_url: str, rabbitmq_url: str, own_name: str
) -> None:
    scene = begin(tmp_path / "home", database_url, rabbitmq_url, own_name)
    try:
        bodies: list[dict[str, Any] | bytes] = [request(f"m{number}") for number in range(400)]
        bodies[10::20] = [f"poison {number}".encode() for number in range(20)]
        scene.send(*bodies)
        for rounds in range(1, 4):
            process = start(scene)
            until(lambda rounds=rounds: len(scene.jobs()) >= 60 * rounds)
            process.kill()
            process.communicate()
        process = start(scene)
        until(lambda: len(scene.jobs()) == 380 and scene.depth(scene.topology.requests) == 0)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[1].decode()
        assert (process.returncode, "ended: " in said) == (0, True), said
        assert "guest:guest" not in said
        wanted = [body["id"] for body in bodies if isinstance(body, dict)]
        assert sorted(job.message_id for job in scene.jobs()) == sorted(wanted)
        assert scene.depth(scene.topology.dead) == 20
        assert {one.copies for one in scene.dead()} == {1}
    finally:
        scene.close()


def test_a_consumer_goes_on_when_connections_to_broker_and_store_were_lost(
    tmp_path: Path, postgres_url: str, rabbitmq_url: str, own_name: str
) -> None:
    scene = begin(tmp_path / "home", postgres_url, rabbitmq_url, own_name, retry_after=0.1)
    broker, store = urlsplit(rabbitmq_url), urlsplit(postgres_url)
    doors = [TcpProxy(str(one.hostname), one.port or port) for one, port in ((broker, 5672), (store, 5432))]
    ended = threading.Event()
    thread = threading.Thread(
        target=work,
        args=(
            scene.settings.model_copy(
                update={
                    "amqp_url": type(scene.settings.amqp_url)(through(rabbitmq_url, doors[0])),
                    "database_url": through(postgres_url, doors[1]),
                }
            ),
            ended,
        ),
        kwargs={"topology": scene.topology},
    )
    thread.start()
    try:
        for rounds, door in enumerate(doors * 2):
            scene.send(*(request(f"{rounds}-{number}") for number in range(60)))
            until(lambda rounds=rounds: len(scene.jobs()) > 60 * rounds)
            door.shut()
            time.sleep(0.2)
            door.open()
            until(lambda rounds=rounds: len(scene.jobs()) == 60 * (rounds + 1))
        until(lambda: scene.depth(scene.topology.requests) + scene.depth(scene.topology.retry) == 0)
    finally:
        ended.set()
        thread.join(30)
        for door in doors:
            door.close()
    assert not thread.is_alive()
    assert len({job.message_id for job in scene.jobs()}) == len(scene.jobs()) == 240
    assert scene.dead() == []
    scene.close()


def through(url: str, door: TcpProxy) -> str:
    """The URL with the address of a proxy."""
    parts = urlsplit(url)
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return parts._replace(netloc=f"{user}127.0.0.1:{door.port}").geturl()


def test_a_queue_that_is_deleted_is_declared_anew(light: Scene) -> None:
    with connected(light.settings) as connection:
        consumer = Consumer(connection, light.topology, light.store, user="dj")
        with light.channel() as channel:
            channel.queue_delete(light.topology.requests)
        with pytest.raises(BrokerUnavailable, match="was deleted while it was consumed"):
            consumer.take(5)
    assert light.pump() == Moved()
    light.send(request("after"))
    assert light.pump() == Moved(taken=1)


def test_looking_a_while_leaves_the_rest_for_the_next_time(light: Scene) -> None:
    light.send(*(request(f"m{number}") for number in range(BATCH + 20)))
    looks = iter([False, True])
    assert light.pump(stopping=lambda: next(looks)).taken == BATCH
    assert light.pump() == Moved(taken=20)
    assert len(light.jobs()) == BATCH + 20


def test_large_requests_are_settled_one_by_one(light: Scene) -> None:
    text = "1. Bicep - Glue\n" + f"{'x' * 3_000}\n" * 200
    light.send(*(request(f"m{number}", tracklist={"text": text}) for number in range(3)))
    with connected(light.settings) as connection:
        consumer = Consumer(connection, light.topology, light.store, user="dj")
        assert [consumer.take(5) for _ in range(3)] == [1, 1, 1]
        consumer.stop()
    assert light.depth(light.topology.requests) == 0


def test_the_server_hears_of_a_consumer_between_two_requests(light: Scene) -> None:
    light.send(*(request(f"m{number}") for number in range(10)))
    served: list[float] = []
    with connected(light.settings) as connection:
        consumer = Consumer(connection, light.topology, light.store, user="dj")
        until(lambda: connection.process_data_events(0.1) or len(consumer._waiting) == 10)
        serve = connection.process_data_events
        connection.process_data_events = lambda wait: (served.append(wait), serve(wait))
        assert consumer.take(5) == 10
        connection.process_data_events = serve
    assert served.count(0) >= 10


def test_a_long_request_does_not_cost_the_connection(light: Scene) -> None:
    assert light.settings.amqp_url is not None
    url = light.settings.amqp_url.get_secret_value()
    for given, seconds in ((url, HEARTBEAT), (f"{url}?heartbeat=30", 30)):
        settings = light.settings.model_copy(update={"amqp_url": type(light.settings.amqp_url)(given)})
        with connected(settings) as connection:
            assert connection._impl.params.heartbeat == seconds


def test_a_queue_with_other_arguments_is_named_with_the_remedy(light: Scene) -> None:
    done = command(light)  # it waits 10 s before it tries again, the queue here a tenth
    assert (done.returncode, done.stdout) == (3, "")
    queue = light.topology.retry
    assert f"has {queue} with other arguments than are needed: empty and delete it" in done.stderr


def test_the_command_takes_what_is_there(
    tmp_path: Path, sqlite_url: str, rabbitmq_url: str, own_name: str
) -> None:
    scene = begin(tmp_path / "home", sqlite_url, rabbitmq_url, own_name)
    scene.send(request("one"), b"poison")
    assert json.loads(command(scene).stdout) == {
        "taken": 1, "known": 0, "refused": 1, "delayed": 0, "published": 0
    }  # fmt: skip
    scene.close()


def command(scene: Scene) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mixtrove", "messages", "work", "--once", "--json"],
        env=environment(scene), capture_output=True, text=True, check=False,
    )  # fmt: skip
