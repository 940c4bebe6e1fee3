"""What happened leaves as messages: as its schema says, in order, at least once, and stays readable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from pydantic import SecretStr

from mixtrove.cli import main
from mixtrove.errors import BrokerUnavailable
from mixtrove.library import outbox, schema
from mixtrove.library.dead_rows import forget_published_events
from mixtrove.library.discoveries import EntryDecision, absorb, entries_to_identify, write_decisions
from mixtrove.library.jobs import ask_for, cancel, claim, finish
from mixtrove.library.purchase_links import Link, write_links
from mixtrove.library.store import Store
from mixtrove.library.tracklist_records import delete_tracklist
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.tracks import find_or_create_track
from mixtrove.library.wants import add_want
from mixtrove.matching import Credit
from mixtrove.messaging.broker import connected
from mixtrove.messaging.documents import documents
from mixtrove.messaging.publisher import BATCH, Publisher, message_of
from mixtrove.messaging.worker import Moved
from mixtrove.settings import Settings
from tests.integration.messages_scene import MIX, Scene, begin, request
from tests.integration.test_messages_in import through
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.rabbitmq

DOCUMENTS = Path(__file__).parents[2] / "docs" / "messages"
Make = Callable[..., Any]


@pytest.fixture
def scene(tmp_path: Path, database_url: str, rabbitmq_url: str, own_name: str) -> Iterator[Scene]:
    opened = begin(tmp_path / "home", database_url, rabbitmq_url, own_name)
    opened.listen()
    yield opened
    opened.close()


@pytest.fixture
def light(tmp_path: Path, sqlite_url: str, rabbitmq_url: str, own_name: str) -> Iterator[Scene]:
    opened = begin(tmp_path / "home", sqlite_url, rabbitmq_url, own_name)
    opened.listen()
    yield opened
    opened.close()


def events(store: Store) -> list[outbox.Event]:
    with store.read() as connection:
        return outbox.list_events(connection, after=0, limit=1_000)


def let_happen(store: Store, make_tracklist: Make) -> None:
    """One event of every kind, each by the function that emits it."""
    page = "https://mixes.test/one"
    first = make_tracklist("Bicp - Gleu", "ID - ID", dj="One", source_url=page)
    mix = import_tracklist(store, first).tracklist_id
    with store.read() as connection:
        [entry] = entries_to_identify(connection, None)
    write_decisions(store, [EntryDecision(entry.entry_id, "provisional")])
    with store.write() as tx:
        ask_for(tx, mix, by="mo")
    job = claim(store)
    assert job is not None
    finish(store, job)
    with store.write() as tx:
        glue = find_or_create_track(tx, Credit.parse("Bicep", "Glue (Dub)"))
        add_want(tx, "dj", glue, cut="extended")
        until = tx.now + timedelta(hours=2)
        price = Link("juno", "https://juno.test/1", "offer", Decimal("1.49"), "EUR", "extended", until)
        write_links(tx, glue, [(price, tx.now)])
        unknown = tx.connection.execute(
            sa.select(schema.library_track.c.id).where(schema.library_track.c.provisional)
        ).scalar_one()
        play = schema.track_discovery
        tx.connection.execute(sa.update(play).values(library_track_id=glue, revision=tx.revision))
        absorb(tx, unknown, glue)
        [cancelled] = ask_for(tx, mix, by="mo")
        cancel(tx, cancelled.id)
        less = Link("juno", "https://juno.test/1", "offer", Decimal("0.89"), "EUR", "extended", until)
        write_links(tx, glue, [(less, tx.now)])
    again = make_tracklist("Bicp - Gleu", "Moby - Go", dj="One", source_url=page)
    assert import_tracklist(store, again).tracklist_id == mix


def test_every_event_is_as_its_committed_schema_says(scene: Scene, make_tracklist: Make) -> None:
    let_happen(scene.store, make_tracklist)
    names = {one.event for one in events(scene.store)}
    assert {f"{name}.v1.json" for name in names} == set(documents()) - {"discovery.requested.v1.json"}
    assert scene.pump() == Moved(published=7)
    heard = scene.heard()
    assert [key for key, _, _ in heard] == [one.event for one in events(scene.store)]
    for key, properties, message in heard:
        wanted = json.loads((DOCUMENTS / f"{key}.v1.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(wanted)
        jsonschema.validate(message, wanted, cls=jsonschema.Draft202012Validator)
        assert (properties.type, properties.delivery_mode, properties.message_id) == (key, 2, message["id"])
    assert [message["sequence"] for _, _, message in heard] == [one.id for one in events(scene.store)]
    assert all(one.published_at for one in events(scene.store))
    assert scene.pump() == Moved()


def test_the_documents_are_those_of_the_models() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in DOCUMENTS.glob("*.json")}
    assert found == documents(), "run `make messages`"


def test_the_sender_of_a_request_hears_how_each_of_its_jobs_ended(scene: Scene, make_tracklist: Make) -> None:
    lines = [f"Artist {number} - Title" for number in range(101)]
    mix = import_tracklist(scene.store, make_tracklist(*lines, dj="One")).tracklist_id
    scene.send(
        request("long", tracklist_id=mix, reply_key="me", user="mo"),
        request("short", tracklist={"text": MIX}, positions=[2, 3]),
    )
    assert scene.pump() == Moved(taken=2)
    for error in (None, "the catalogue is gone: build it again", None):
        job = claim(scene.store)
        assert job is not None
        finish(scene.store, job, error)
    assert scene.pump() == Moved(published=3)
    (key, first_properties, first), (failed_key, _, second), (other_key, _, third) = scene.heard()
    assert (key, failed_key, other_key) == (
        "discovery.completed.me", "discovery.failed.me", "discovery.completed"
    )  # fmt: skip
    assert first_properties.correlation_id == "long"
    told = first["data"]
    assert (told["message_id"], told["jobs_left"], told["user"]) == ("long", 1, "mo")
    assert (told["pending"], len(told["tracks"])) == (100, 100)
    assert (second["data"]["jobs_left"], second["data"]["error"]) == (
        0, "the catalogue is gone: build it again"
    )  # fmt: skip
    assert third["data"]["tracks"] == [
        {
            "position": 2, "component": 1, "raw_line": "2. ID - ID", "status": "skipped", "track_id": None,
            "artist": None, "title": None, "version": None, "confidence": None,
        },
        {
            "position": 3, "component": 1, "raw_line": "3. Bicep - Glue", "status": "pending",
            "track_id": None, "artist": None, "title": None, "version": None, "confidence": None,
        },
    ]  # fmt: skip


def test_jobs_that_are_cancelled_or_lose_their_tracklist_are_told_and_nothing_is_told_twice(
    store: Store, make_tracklist: Make
) -> None:
    mix = import_tracklist(store, make_tracklist("A - B", "C - D", dj="One")).tracklist_id
    with store.write() as tx:
        [first] = ask_for(tx, mix, positions=[1], by="mo")
        [second] = ask_for(tx, mix, positions=[2], by="mo")
    taken = claim(store)
    with store.write() as tx:
        cancel(tx, first.id)
        cancel(tx, first.id)
    assert taken is not None
    finish(store, taken)  # its worker comes too late
    with store.write() as tx:
        delete_tracklist(tx, mix)
    assert [
        (one.event, one.key, one.payload["job_id"], one.payload["status"], one.payload["error"])
        for one in events(store)
    ] == [
        ("discovery.failed", mix, first.id, "cancelled", "it was cancelled"),
        ("discovery.failed", mix, second.id, "failed", "its tracklist was deleted before it was done"),
    ]


def fill(store: Store, number: int, keys: int) -> None:
    """So many events, of so many keys in turn."""
    with store.write() as tx:
        outbox.emit_all(
            tx, "track.identified",
            [
                (f"key-{at % keys}", {
                    "track_id": f"key-{at % keys}", "provisional_id": str(at), "artist": "A", "title": "B",
                    "version": None,
                })
                for at in range(number)
            ],
        )  # fmt: skip


def test_events_come_in_order_also_when_the_connection_breaks_in_the_middle(
    light: Scene, rabbitmq_url: str
) -> None:
    fill(light.store, 3 * BATCH, 7)
    server = urlsplit(rabbitmq_url)
    door = TcpProxy(str(server.hostname), server.port or 5672, cut_after=60_000)
    broken = light.settings.model_copy(update={"amqp_url": SecretStr(through(rabbitmq_url, door))})
    from mixtrove.messaging.worker import pump

    with pytest.raises(BrokerUnavailable, match="the connection was lost"):
        pump(broken, topology=light.topology)
    door.close()
    noted = sum(one.published_at is not None for one in events(light.store))
    assert 0 < noted < 3 * BATCH
    light.pump()
    heard = [message for _, _, message in light.heard()]
    assert len(heard) >= 3 * BATCH
    first: dict[str, Any] = {}
    for message in heard:
        first.setdefault(message["id"], message)
    assert [one["sequence"] for one in first.values()] == [one.id for one in events(light.store)]
    for key in {one["key"] for one in heard}:
        numbers = [int(one["data"]["provisional_id"]) for one in first.values() if one["key"] == key]
        assert numbers == sorted(numbers)
    repeated = [one for one in heard if heard.count(one) > 1]
    assert len(repeated) <= 2 * BATCH


def test_one_publishes_at_a_time_and_the_next_follows_when_it_ends(light: Scene) -> None:
    fill(light.store, 1, 1)
    with connected(light.settings) as first:
        publisher = Publisher(first, light.topology, light.store)
        assert publisher.publish() == 1
        fill(light.store, 1, 1)
        with connected(light.settings) as second:
            other = Publisher(second, light.topology, light.store)
            assert other.publish() == 0  # not its turn
        assert publisher.publish() == 1
        fill(light.store, 1, 1)
    assert light.pump() == Moved(published=1)
    assert len(light.heard()) == 3


def test_an_event_that_is_not_as_its_schema_says_stops_no_other(light: Scene) -> None:
    with light.store.write() as tx:
        outbox.emit(tx, "want.added", "track", {"artist": "A"})
        outbox.emit(tx, "moon.rose", "moon", {})
    fill(light.store, 1, 1)
    assert light.pump() == Moved(published=3)
    assert [key for key, _, _ in light.heard()] == ["track.identified"]
    assert [(one.routing_key, one.reason) for one in light.dead()] == [
        ("want.added", "the event is not as its schema says: track_id: Field required"),
        ("moon.rose", "the event is not as its schema says: there is none for 'moon.rose'"),
    ]


def test_a_price_whose_time_is_over_is_not_told() -> None:
    now = datetime.now(UTC)
    payload = {
        "want_id": "w", "user": "dj", "track_id": "t", "artist": "A", "title": "B", "version": None,
        "store": "juno", "url": "https://juno.test/1", "price": "1.49", "currency": "EUR", "cut": None,
        "price_until": (now + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    event = outbox.Event(1, "want.available", "t", payload, now)
    assert json.loads(message_of(event, now=now))["data"]["price"] == "1.49"
    late = json.loads(message_of(event, now=now + timedelta(hours=2)))["data"]
    assert (late["price"], late["currency"], late["store"]) == (None, None, "juno")


def test_without_rabbitmq_events_are_read_and_published_ones_are_kept_for_a_while(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))
    fill(sqlite_store, 5, 2)
    with sqlite_store.write() as tx:
        outbox.mark_published(tx, [1, 2])
        tx.connection.execute(
            sa.update(schema.outbox)
            .where(schema.outbox.c.id == 1)
            .values(published_at=tx.now - outbox.KEPT - timedelta(seconds=1))
        )
    assert forget_published_events(sqlite_store) == 1

    def run(*given: str) -> Any:
        return json.loads(CliRunner().invoke(main, ["events", "list", "--json", *given]).stdout)

    assert [one["id"] for one in run()] == [2, 3, 4, 5]
    assert [one["id"] for one in run("--limit", "2")] == [4, 5]
    assert [one["id"] for one in run("--after", "2", "--limit", "2")] == [3, 4]
    assert [one["id"] for one in run("--waiting", "--key", "key-0")] == [3, 5]
    assert run("--event", "want.added") == []
    said = CliRunner().invoke(main, ["events", "list", "--limit", "1"]).stdout
    assert "track.identified  A - B" in said


def dead_letters(settings: Settings, *given: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    assert settings.amqp_url is not None
    monkeypatch.setenv("MIXTROVE_AMQP_URL", settings.amqp_url.get_secret_value())
    monkeypatch.setenv("MIXTROVE_AMQP_NAME", settings.amqp_name)
    return CliRunner().invoke(main, ["dead-letters", *given])


def test_dead_letters_are_listed_shown_sent_again_and_dropped(
    light: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*given: str) -> Any:
        return dead_letters(light.settings, *given, monkeypatch=monkeypatch)

    assert run("list").stdout == "there are no dead letters\n"
    assert run("drop", "--all", "--yes").stdout == "there are no dead letters\n"
    light.send(b"one", b"two", {**request("later"), "version": 2}, b"two")
    assert light.pump().refused == 4
    first, second, third = json.loads(run("list", "--json").stdout)
    assert (first["copies"], second["copies"], third["message_id"]) == (1, 2, "later")
    assert "it is discovery.requested version 2" in run("list").stdout
    shown = run("show", first["id"][:6]).stdout
    assert shown.endswith("\n\none\n")
    assert "reason       it is not JSON" in shown
    assert json.loads(run("show", third["id"], "--json").stdout)["body"].startswith('{"type": "discovery')
    assert light.depth(light.topology.dead) == 4  # looking took nothing away

    assert run("retry", third["id"]).stdout == "1 sent again\n"
    assert light.depth(light.topology.requests) == 1
    assert light.pump().refused == 1  # and it is refused again
    assert len(light.dead()) == 3

    nobody = run("drop", second["id"])
    assert (nobody.exit_code, "say it with --yes" in nobody.stderr) == (2, True)
    assert json.loads(run("drop", second["id"], "--yes", "--json").stdout)[0]["copies"] == 2
    assert [one.size for one in light.dead()] == [3, third["size"]]
    assert run("drop", "--all", "--yes").stdout == "2 deleted\n"
    assert light.dead() == []

    for wrong, why in (
        (("show", "feed"), "there is no dead letter 'feed'"),
        (("retry",), "say which: ids of `mixtrove dead-letters list`, or --all"),
        (("retry", "feed", "--all"), "say which"),
    ):
        refused = run(*wrong)
        assert (refused.exit_code, why in refused.stderr) == (2, True), refused.stderr
