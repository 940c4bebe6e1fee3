"""Looking after dead letters: in their order, all of them, without holding what they say."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pika
import pytest
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.messaging.broker import connected
from mixtrove.messaging.dead_letters import buried, list_dead, retry_dead
from mixtrove.messaging.letters import Letter
from mixtrove.messaging.worker import Moved
from tests.integration.messages_scene import Scene, begin, request
from tests.integration.test_library_views import on_terminal

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def scene(
    tmp_path: Path, rabbitmq_url: str, own_name: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    home = tmp_path / "home"
    monkeypatch.setenv("MIXTROVE_HOME", str(home))
    monkeypatch.setenv("MIXTROVE_AMQP_URL", rabbitmq_url)
    monkeypatch.setenv("MIXTROVE_AMQP_NAME", own_name)
    opened = begin(home, f"sqlite:///{home / 'mixtrove.db'}", rabbitmq_url, own_name)
    yield opened
    opened.close()


def dead_letters(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["dead-letters", *arguments])
    assert result.exit_code == 0, result.output
    return result


def die(scene: Scene, *bodies: bytes, **given: Any) -> None:
    """Put messages into the dead letters, the first one the oldest."""
    assert scene.settings.amqp_url is not None
    before = scene.depth(scene.topology.dead)
    connection = pika.BlockingConnection(pika.URLParameters(scene.settings.amqp_url.get_secret_value()))
    channel = connection.channel()
    for number, body in enumerate(bodies):
        headers = {
            "mixtrove-reason": "no",
            "mixtrove-dead-since": f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}.000+00:00",
            "mixtrove-exchange": scene.topology.exchange,
            "mixtrove-routing-key": "discovery.requested",
        }
        properties = pika.BasicProperties(headers=headers, delivery_mode=2, **given)
        if number == len(bodies) - 1:
            channel.confirm_delivery()  # of the last, and so of all: they keep their order
        channel.basic_publish("", scene.topology.dead, body, properties)
    connection.close()
    while scene.depth(scene.topology.dead) < before + len(bodies):
        time.sleep(0.05)


def test_all_are_deleted_before_it_is_said(scene: Scene) -> None:
    die(scene, *(f"poison {number}".encode() for number in range(3_000)))
    assert dead_letters("drop", "--all", "--yes").stdout == "3,000 deleted\n"
    assert scene.depth(scene.topology.dead) == 0


def test_every_copy_of_one_is_deleted_before_it_is_said(scene: Scene) -> None:
    die(scene, *[b"the same"] * 800, b"another")
    [same] = [one for one in scene.dead() if one.copies == 800]
    assert dead_letters("drop", same.id, "--yes").stdout == "1 deleted\n"
    assert [one.copies for one in scene.dead()] == [1]


def test_more_than_ten_thousand_are_looked_through(scene: Scene) -> None:
    die(scene, *[b"the same"] * 10_000, b"another")
    [found] = json.loads(dead_letters("list", "--limit", "1", "--json").stdout)
    assert found["copies"] == 10_000
    dead_letters("show", found["id"])


def test_the_oldest_are_listed_first_however_often_one_looks(scene: Scene) -> None:
    die(scene, *(f"poison {number}".encode() for number in range(30)))
    sizes = [len(f"poison {number}") for number in range(30)]
    assert [one.size for one in scene.dead()] == sizes
    looks = [dead_letters("list", "--limit", "5", "--json") for _ in range(3)]
    assert [one["since"][14:19] for one in json.loads(looks[0].stdout)] == [
        f"00:{second:02}" for second in range(5)
    ]
    assert {look.stdout for look in looks} == {looks[0].stdout}
    assert {look.stderr for look in looks} == {"5 of 30 dead letters: --limit shows more\n"}
    assert dead_letters("list").stdout.count("\n") == 31


def test_bodies_are_not_held(scene: Scene) -> None:
    die(scene, *(bytes([number]) * 1_000_000 for number in range(30)))
    with connected(scene.settings) as connection:
        tracemalloc.start()
        dead = list_dead(connection, scene.topology)
        again = Letter(7, True, "", "", pika.BasicProperties(), b"\x05" * 1_000_000)
        assert buried(connection, scene.topology, [again]) == {7}
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(dead) == 30
    assert most < 10_000_000


def test_retrying_all_sends_copies_once_and_keeps_what_is_refused_again(scene: Scene) -> None:
    good = json.dumps(request("good")).encode()
    die(scene, good, good, b"poison")
    with connected(scene.settings) as connection:
        sent = retry_dead(connection, scene.topology, None)
    assert [one.copies for one in sent] == [2, 1]
    assert scene.pump() == Moved(taken=1, refused=1)
    [kept] = scene.dead()
    assert (kept.size, kept.copies) == (6, 1)
    assert dead_letters("retry", "--all").stdout == "1 sent again\n"


def test_what_comes_back_while_all_are_retried_is_left(scene: Scene) -> None:
    """Letters whose address is the queue of the dead letters itself come back at once."""
    home = {"mixtrove-exchange": "", "mixtrove-routing-key": scene.topology.dead}
    with scene.channel() as channel:
        for body in (b"one", b"two", b"three"):
            properties = pika.BasicProperties(headers=home)
            channel.basic_publish("", scene.topology.dead, body, properties)
    assert dead_letters("retry", "--all").stdout.startswith("3 sent again\n")
    assert [one.copies for one in scene.dead()] == [1, 1, 1]


def test_an_id_that_is_not_clear_or_not_there_is_refused(scene: Scene) -> None:
    die(scene, *(f"poison {number}".encode() for number in range(20)))
    first = {one.id[0] for one in scene.dead()}
    twice = next(sign for sign in first if sum(one.id[0] == sign for one in scene.dead()) > 1)
    for given, said in (
        (twice, f"several ids begin with '{twice}': give more of the dead letter's id"),
        ("zzz", "there is no dead letter 'zzz'"),
        (" ", "there is no dead letter ' '"),
    ):
        result = CliRunner().invoke(main, ["dead-letters", "drop", given, "--yes"])
        assert result.exit_code != 0
        assert said in result.output
    assert scene.depth(scene.topology.dead) == 20


def test_the_id_in_a_message_is_listed_when_its_property_is_not_set(scene: Scene) -> None:
    die(scene, json.dumps({**request("mine"), "version": 9}).encode(), b"[1]", b'{"id": 7}', b"\xff")
    assert [one.message_id for one in scene.dead()] == ["mine", None, None, None]
    die(scene, json.dumps(request("other")).encode(), message_id="property")
    assert {one.message_id for one in scene.dead()} == {"mine", "property", None}


def test_what_a_stranger_sent_does_not_steer_the_terminal(scene: Scene) -> None:
    evil = "\x1b]0;owned\x07\x9b2J\r\x7f"
    die(scene, f"{evil}\tone\ntwo Ä".encode(), message_id=evil)
    [found] = scene.dead()
    listed, shown = dead_letters("list"), dead_letters("show", found.id)
    as_json = dead_letters("show", found.id, "--json")
    for said in (listed, shown, as_json):
        assert not set("\x1b\x07\x9b\r\x7f") & set(said.stdout)
        assert "owned" in said.stdout
    assert shown.stdout.endswith("\\x1b]0;owned\\x07\\x9b2J\\r\\x7f\tone\ntwo Ä\n")
    assert json.loads(as_json.stdout)["body"] == f"{evil}\tone\ntwo Ä"


def test_a_long_message_is_cut_on_a_terminal_only(scene: Scene) -> None:
    die(scene, b"x" * 5_000)
    [found] = scene.dead()
    assert dead_letters("show", found.id).stdout.count("x") >= 5_000
    [*_, body, _, sentence] = on_terminal(100, scene.settings.home, "dead-letters", "show", found.id)
    assert body == "x" * 4_000
    assert sentence == f"4,000 of 5,000 characters: `mixtrove dead-letters show {found.id} --json` has all"
