"""What the tests of messages share: a home whose RabbitMQ is real and whose queues are its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pika
import sqlalchemy as sa
from pydantic import SecretStr

from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.messaging.broker import connected
from mixtrove.messaging.dead_letters import DeadLetter, list_dead
from mixtrove.messaging.topology import Topology
from mixtrove.messaging.worker import Moved, pump
from mixtrove.settings import Settings

MIX = "1. Eric Prydz - Opus (Four Tet Remix)\n2. ID - ID\n3. Bicep - Glue"


def request(message_id: str | None = None, **data: Any) -> dict[str, Any]:
    """A request as somebody sends it; by default for a tracklist of its own."""
    found = message_id or uuid.uuid4().hex
    if "tracklist_id" not in data:
        data.setdefault("tracklist", {"text": f"1. DJ {found} - Tune\n2. Bicep - Glue"})
    return {"type": "discovery.requested", "version": 1, "id": found, "data": data}


@dataclass
class Scene:
    """One installation and the other programs that send to it and listen."""

    settings: Settings
    topology: Topology
    store: Store
    listening: str = ""
    _heard: list[Any] = field(default_factory=list)

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel of another program."""
        assert self.settings.amqp_url is not None
        connection = pika.BlockingConnection(pika.URLParameters(self.settings.amqp_url.get_secret_value()))
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel
        connection.close()

    def send(self, *bodies: dict[str, Any] | bytes, **properties: Any) -> None:
        """Send messages as another program does."""
        with self.channel() as channel:
            for body in bodies:
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                named = {} if isinstance(body, bytes) else {"message_id": body.get("id")}
                channel.basic_publish(
                    self.topology.exchange, "discovery.requested", raw,
                    pika.BasicProperties(**{**named, **properties}), mandatory=True,
                )  # fmt: skip

    def listen(self, key: str = "#") -> None:
        """Have events kept for ``heard``."""
        self.listening = f"{self.topology.name}.listener"
        with self.channel() as channel:
            channel.queue_declare(self.listening, durable=True)
            channel.queue_bind(self.listening, self.topology.exchange, key)

    def heard(self) -> list[tuple[str, Any, dict[str, Any]]]:
        """(routing key, properties, message) of what came since, in order, requests left out."""
        found = []
        with self.channel() as channel:
            while True:
                method, properties, body = channel.basic_get(self.listening, auto_ack=True)
                if method is None:
                    return found
                if method.routing_key != "discovery.requested":
                    found.append((method.routing_key, properties, json.loads(body)))

    def pump(self, **options: Any) -> Moved:
        """Take and publish what there is."""
        return pump(self.settings, topology=self.topology, **options)

    def dead(self) -> list[DeadLetter]:
        """The dead letters."""
        with connected(self.settings) as connection:
            return list_dead(connection, self.topology)

    def depth(self, queue: str) -> int:
        """Messages of a queue."""
        with self.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

    def jobs(self) -> list[Any]:
        """The rows of the jobs, in the order in which they were asked for."""
        with self.store.read() as connection:
            return list(
                connection.execute(sa.select(schema.discovery_job).order_by(schema.discovery_job.c.id))
            )

    def close(self) -> None:
        """Take away everything that is on the server."""
        with self.channel() as channel:
            for queue in (*self.topology.queues, self.topology.turn, self.listening):
                if queue:
                    channel.queue_delete(queue)
            channel.exchange_delete(self.topology.exchange)
        self.store.close()


def begin(home: Path, database_url: str, rabbitmq_url: str, name: str, **topology: Any) -> Scene:
    """A new scene whose queues are declared."""
    settings = Settings(
        home=home, database_url=database_url, amqp_url=SecretStr(rabbitmq_url), amqp_name=name,
        busy_timeout=5,
    )  # fmt: skip
    scene = Scene(settings, Topology(name, **topology), Store.open(settings))
    with connected(settings) as connection:
        scene.topology.declare(connection.channel())
    return scene
