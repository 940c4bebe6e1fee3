"""Stores for the tests: a real SQLite file and, where a server answers, a schema of their own in Postgres."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mixtrove.library.store import Store

POSTGRES_URL = os.environ.get("MIXTROVE_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
RABBITMQ_URL = os.environ.get("MIXTROVE_TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/")
REDIS_URL = os.environ.get("MIXTROVE_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings of the person who runs it."""
    for name in [name for name in os.environ if name.startswith("MIXTROVE_")]:
        if not name.startswith("MIXTROVE_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'mixtrove.db'}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of an empty schema of this test's own; dropped afterwards."""
    import psycopg

    try:
        connection = psycopg.connect(POSTGRES_URL, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"Postgres is required in CI: {error}")
        pytest.skip(f"no Postgres at {POSTGRES_URL}: start one to run this test")
    name = f"mixtrove_test_{uuid.uuid4().hex}"
    with connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    separator = "&" if "?" in POSTGRES_URL else "?"
    yield f"{POSTGRES_URL}{separator}options=-csearch_path%3D{name}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{name}" CASCADE')


@pytest.fixture
def redis_url(own_name: str) -> Iterator[str]:
    """The URL of a Redis server. Its keys are shared: a test names its providers by ``own_name``."""
    import redis

    try:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3) as server:
            server.ping()
    except redis.RedisError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"Redis is required in CI: {error}")
        pytest.skip(f"no Redis at {REDIS_URL}: start one to run this test")
    yield REDIS_URL
    with redis.Redis.from_url(REDIS_URL) as server:
        server.delete(f"slot:{own_name}")


@pytest.fixture
def rabbitmq_url() -> str:
    """The URL of a RabbitMQ server. Its queues are shared: a test names its own by ``own_name``."""
    import pika
    from pika.exceptions import AMQPError

    try:
        pika.BlockingConnection(pika.URLParameters(RABBITMQ_URL)).close()
    except (AMQPError, OSError) as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"RabbitMQ is required in CI: {type(error).__name__}")
        pytest.skip("no RabbitMQ at MIXTROVE_TEST_RABBITMQ_URL: start one to run this test")
    return RABBITMQ_URL


@pytest.fixture
def own_name() -> str:
    """A name that no other test has."""
    return f"test-{uuid.uuid4().hex[:16]}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database: once SQLite, once Postgres."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store at the newest schema: once in SQLite, once in Postgres."""
    opened = Store.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An empty store in SQLite, for tests where the database makes no difference."""
    opened = Store.open(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def make_tracklist() -> Callable[..., Any]:
    """``make_tracklist("A - B", "ID - ID", dj=…)``: a tracklist with these lines, read as text."""
    from dataclasses import replace

    from mixtrove.tracklists.line import parse_line
    from mixtrove.tracklists.model import Tracklist

    def make(*raw_lines: str, **metadata: Any) -> Tracklist:
        lines, position = [], 0
        for number, raw in enumerate(raw_lines, 1):
            line = parse_line(raw, number)
            if line.components:
                position += 1
                line = replace(line, position=position)
            lines.append(line)
        return Tracklist(format="text", lines=tuple(lines), **metadata)

    return make
