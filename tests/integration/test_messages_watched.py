"""The sensor ``messages`` on a real instance, and what ``mixtrove doctor`` says of RabbitMQ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import pytest
from click.testing import CliRunner, Result

from discovery_assets.definitions import build_definitions
from mixtrove.cli import main
from resources.home import Home
from sensors.discovery_jobs import discovery_jobs
from sensors.messages import messages
from tests.integration.messages_scene import MIX, Scene, begin, request

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def scene(
    tmp_path: Path, rabbitmq_url: str, own_name: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    home = tmp_path / "home"
    monkeypatch.setenv("MIXTROVE_HOME", str(home))
    monkeypatch.setenv("MIXTROVE_AMQP_URL", rabbitmq_url)
    monkeypatch.setenv("MIXTROVE_AMQP_NAME", own_name)
    monkeypatch.setattr("sensors.messages.LISTENS", 1.0)
    monkeypatch.setattr("sensors.discovery_jobs.LISTENS", 0.0)
    opened = begin(home, f"sqlite:///{home / 'mixtrove.db'}", rabbitmq_url, own_name)
    opened.listen()
    yield opened
    opened.close()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def look(
    instance: dg.DagsterInstance, cursor: str | None = None, sensor: dg.SensorDefinition = messages
) -> dg.SensorResult:
    with dg.build_sensor_context(
        instance=instance, cursor=cursor, definitions=build_definitions(), resources={"home": Home()}
    ) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def why(result: dg.SensorResult) -> str:
    assert result.skip_reason is not None
    return str(getattr(result.skip_reason, "skip_message", result.skip_reason))


def test_a_request_is_taken_done_in_dagster_and_answered(scene: Scene, instance: dg.DagsterInstance) -> None:
    assert why(look(instance)) == "nothing to take, nothing to publish"
    scene.send(request("one", tracklist={"text": MIX}, reply_key="me"), b"poison")
    assert why(look(instance)) == "1 taken, 1 to the dead letters"
    asked = look(instance, sensor=discovery_jobs)
    assert len(asked.run_requests or ()) == 1
    assert build_definitions().get_job_def("discovery_jobs").execute_in_process(instance=instance).success
    assert why(look(instance)).endswith(" published")
    told = {key: message["data"] for key, _, message in scene.heard()}
    assert told["discovery.completed.me"]["message_id"] == "one"
    assert (told["discovery.completed.me"]["provisional"], told["discovery.completed.me"]["skipped"]) == (
        2,
        1,
    )


def test_without_a_server_the_sensor_says_so(
    scene: Scene, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MIXTROVE_AMQP_URL")
    assert why(look(instance)) == "MIXTROVE_AMQP_URL is not set: events stay in the outbox"


def test_a_server_that_is_away_fails_no_tick_and_is_asked_again_later(
    scene: Scene, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_AMQP_URL", "amqp://mo:geheim@127.0.0.1:1/")
    first = look(instance)
    assert why(first).startswith("RabbitMQ at 127.0.0.1:1 cannot be reached, nothing listens there")
    second = look(instance, first.cursor)
    assert "; tried again in " in why(second)
    assert second.cursor == first.cursor
    assert "geheim" not in f"{first.cursor}{why(first)}"


def doctor() -> Result:
    return CliRunner().invoke(main, ["doctor"])


def line(result: Result) -> str:
    return next(one for one in result.stdout.splitlines() if " rabbitmq " in one)


def test_doctor_sends_a_message_there_and_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.send(request("one"))
    assert line(doctor()).startswith("ok  rabbitmq    RabbitMQ ")
    assert line(doctor()).endswith("; requests that wait: 1, dead letters: 0")
    monkeypatch.setenv("MIXTROVE_AMQP_NAME", f"{scene.settings.amqp_name}-new")
    assert line(doctor()).endswith("; no queue yet: `mixtrove messages work` declares them")
    monkeypatch.delenv("MIXTROVE_AMQP_URL")
    assert line(doctor()).startswith("--  rabbitmq    not used: set MIXTROVE_AMQP_URL")


def test_doctor_says_what_is_wrong_and_what_to_do(
    scene: Scene, rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = urlsplit(rabbitmq_url)
    netloc = f"{at.hostname}:{at.port or 5672}"
    with scene.channel() as channel:
        channel.queue_delete(scene.topology.retry)
    for url, said in (
        (
            rabbitmq_url,
            f"lacks the queue {scene.topology.retry}, which was deleted: `mixtrove messages work`",
        ),
        (f"amqp://guest:geheim@{netloc}/", "refuses the user or the password: correct them"),
        (f"amqp://{at.username}:{at.password}@{netloc}/nowhere-of-ours", "no virtual host 'nowhere-of-ours'"),
        ("amqp://guest:geheim@127.0.0.1:1/", "cannot be reached, nothing listens there: start it"),
        ("amqp://guest:geheim@nowhere.invalid/", "cannot be reached ("),
        ("http://guest:geheim@127.0.0.1/", "is no URL of RabbitMQ: use amqp://"),
        ("amqp://guest:gehe/im@127.0.0.1:x/", "is no URL of RabbitMQ: use amqp://"),
    ):
        monkeypatch.setenv("MIXTROVE_AMQP_URL", url)
        result = doctor()
        assert line(result).startswith("!!  rabbitmq "), url
        assert said in line(result), line(result)
        assert result.exit_code == 1
        assert "geheim" not in result.output
        assert "gehe/im" not in result.output


def test_doctor_refuses_queues_of_another_kind_as_work_does(scene: Scene) -> None:
    with scene.channel() as channel:
        channel.queue_delete(scene.topology.dead)
        channel.queue_declare(scene.topology.dead, durable=True)
    result = doctor()
    assert line(result).startswith("!!  rabbitmq ")
    assert f"has {scene.topology.dead} with other arguments than are needed: empty and" in line(result)
    assert result.exit_code == 1
