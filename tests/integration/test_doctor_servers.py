"""``mixtrove doctor`` on Postgres and Redis: a round trip, and a sentence for whatever is wrong with them."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis
import sqlalchemy as sa
from click.testing import CliRunner
from pydantic import SecretStr

from mixtrove.cli import main
from mixtrove.database import postgres_check
from mixtrove.errors import StoreUnavailable
from mixtrove.library import schema
from mixtrove.library.store import VERSION_TABLE, Store
from mixtrove.messaging.worker import work
from mixtrove.providers import redis_check
from mixtrove.providers.redis_slots import RedisSlots
from mixtrove.settings import Settings
from tests.deployment import COMPOSE
from tests.integration.own_servers import PASSWORD, Cluster, free_port, own_postgres, own_redis

Said = Callable[[str, str], str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DAGSTER_PG_URL", raising=False)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with own_postgres() as made:
        yield made


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """``said("postgres", url)``: what doctor says of a server, and that it says no password."""

    def ask(server: str, url: str) -> str:
        variable = {
            "postgres": "MIXTROVE_DATABASE_URL", "redis": "MIXTROVE_REDIS_URL", "dagster": "DAGSTER_PG_URL",
        }[server]  # fmt: skip
        monkeypatch.setenv(variable, url)
        done = CliRunner().invoke(main, ["doctor"])
        assert PASSWORD not in done.output
        assert "wrong-word" not in done.output
        [line] = [line for line in done.stdout.splitlines() if line.split()[1] == server]
        assert (line[:2] == "!!") <= (done.exit_code == 1)
        return line

    return ask


@pytest.mark.postgres
def test_postgres_is_written_and_read_and_nothing_stays(postgres_url: str, said: Said) -> None:
    empty = said("postgres", postgres_url)
    assert empty.startswith("--  postgres")
    assert "it holds no store yet: mixtrove db upgrade" in empty
    store = Store.open(postgres_url)
    line = said("postgres", postgres_url)
    assert line.startswith("ok  postgres")
    assert "written and read in" in line
    with store.read() as connection:
        assert connection.execute(sa.select(schema.tombstone)).all() == []
        assert set(sa.inspect(connection).get_table_names()) == {*schema.metadata.tables, VERSION_TABLE}
    store.close()


@pytest.mark.postgres
def test_a_schema_behind_and_one_ahead_are_told_apart(postgres_url: str, said: Said) -> None:
    store = Store.open(postgres_url)
    version = sa.table(VERSION_TABLE, sa.column("version_num"))
    for found, sentence in (
        ("0003", "has schema 0003, behind this mixtrove's 00"),
        ("9999", "was written by a newer mixtrove (schema 9999;"),
    ):
        with store.engine.begin() as connection:
            connection.execute(sa.update(version).values(version_num=found))
        line = said("postgres", postgres_url)
        assert line.startswith("!!")
        assert sentence in line
    assert "install the newer version" in line
    store.close()


def test_a_wrong_password_a_missing_database_and_a_wrong_place_have_their_sentences(
    cluster: Cluster, said: Said
) -> None:
    assert "refuses the password: correct user and password in MIXTROVE_DATABASE_URL" in said(
        "postgres", cluster.url(password="wrong-word")
    )
    hidden = cluster.url().replace(f":{PASSWORD}@", "@") + "?password=wrong-word"
    assert "refuses the password" in said("postgres", hidden)
    assert "knows no such user or database: create it with createdb" in said(
        "postgres", cluster.url("nowhere")
    )
    away = f"postgresql://me:{PASSWORD}@127.0.0.1:{free_port()}/test"
    assert "cannot be reached (nothing listens there): start the server" in said("postgres", away)
    nobody = f"postgresql://me:{PASSWORD}@no-such-machine.invalid/test"
    assert "cannot be reached" in said("postgres", nobody)


def test_outside_doctor_the_same_sentences_are_said(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url, sentence in (
        (cluster.url(password="wrong-word"), "refuses the password: correct user and password"),
        (cluster.url().replace(f":{PASSWORD}@", "@"), "asks for a password: write it into"),
        (cluster.url("nowhere"), "knows no such user or database: create it with createdb"),
        (f"postgresql://me:{PASSWORD}@no-such-machine.invalid/x", "(there is no machine of this name)"),
        (f"postgresql://me:{PASSWORD}@127.0.0.1:{free_port()}/x", "(nothing listens there)"),
    ):
        monkeypatch.setenv("MIXTROVE_DATABASE_URL", url)
        for command in (["want", "list"], ["serve", "--port", str(free_port())]):
            done = CliRunner().invoke(main, command)
            assert (done.exit_code, len(done.stderr.splitlines())) == (3, 1), done.stderr
            assert sentence in done.stderr
            assert PASSWORD not in done.output
            assert "wrong-word" not in done.output


def test_the_worker_of_messages_waits_for_a_machine_that_has_no_name_yet(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = Settings(
        database_url="postgresql://me@no-such-machine.invalid/x", amqp_url=SecretStr("amqp://127.0.0.1:1/")
    )
    ended = threading.Event()
    threading.Timer(1.5, ended.set).start()
    with caplog.at_level("WARNING"):
        work(settings, ended)
    assert "(there is no machine of this name)" in caplog.text
    assert "; tried again in " in caplog.text


def test_what_needs_a_server_that_is_wrong_does_not_say_it_again(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("MIXTROVE_NOTIFY_URLS", "json://127.0.0.1:1/x")
    monkeypatch.setenv("MIXTROVE_DATABASE_URL", cluster.url("nowhere"))
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 1
    wrong = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("!!")]
    assert wrong == ["postgres"], done.stdout


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_is_not_in_utf8_is_refused(cluster: Cluster, said: Said, encoding: str) -> None:
    url = cluster.url(encoding.lower())
    cluster.execute(f"CREATE DATABASE {encoding} ENCODING '{encoding}' TEMPLATE template0")
    sentence = f"has the encoding {encoding}, which cannot hold every title: make the database anew"
    assert sentence in said("postgres", url)
    with pytest.raises(StoreUnavailable, match=sentence):
        Store.open(url)
    with psycopg.connect(url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)


def test_where_dagster_keeps_its_records_is_tried_too(cluster: Cluster, said: Said) -> None:
    def of_dagster(url: str) -> str:
        return url.replace("postgresql://", "postgresql+psycopg2://", 1)

    line = said("dagster", of_dagster(cluster.url()))
    assert line.startswith("ok  dagster")
    assert "written and read in" in line
    for url, sentence in (
        (cluster.url(), "DAGSTER_PG_URL must begin with postgresql+psycopg2://"),
        (of_dagster(cluster.url(password="wrong-word")), "correct user and password in DAGSTER_PG_URL"),
        (of_dagster(cluster.url("nowhere")), "create it with createdb, or correct DAGSTER_PG_URL"),
        (of_dagster(f"postgresql://me:{PASSWORD}@127.0.0.1:{free_port()}/x"), "(nothing listens there)"),
        (of_dagster(f"postgresql://me:{PASSWORD}@127.0.0.1:port/x"), "has a port that is no number"),
        (of_dagster(cluster.url() + "?options=-cdefault_transaction_read_only%3Don"), "is read-only"),
    ):
        line = said("dagster", url)
        assert line.startswith("!!  dagster")
        assert sentence in line
    with psycopg.connect(cluster.url()) as connection:
        tables = connection.execute(
            b"SELECT tablename FROM pg_tables WHERE tablename LIKE 'mixtrove_doctor%'"
        )
        assert tables.fetchall() == []


def test_a_user_who_may_not_write_is_told_so(cluster: Cluster, said: Said) -> None:
    store = Store.open(cluster.url())
    store.close()
    cluster.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    cluster.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    line = said("postgres", cluster.url().replace("//postgres:", "//reader:"))
    assert "lets reader in but not write" in line
    read_only = cluster.url() + "?options=-cdefault_transaction_read_only%3Don"
    assert "is read-only (default_transaction_read_only)" in said("postgres", read_only)


def test_a_replica_is_refused(said: Said) -> None:
    with own_postgres() as own:
        own.stop()
        (own.folder / "data" / "standby.signal").touch()
        own.start()
        assert "is a replica, which is read-only: name the primary server" in said("postgres", own.url())


def test_what_a_server_of_another_version_is_told() -> None:
    fine = {"standby": False, "read_only": False}
    assert postgres_check.unsuitable(130_014, "UTF8", **fine) == "is Postgres 13: install 14 or newer"
    assert postgres_check.unsuitable(140_000, "UTF8", **fine) is None
    assert redis_check.unsuitable({"redis_version": "6.2.14"}) == "is Redis 6.2.14: install 7.0 or newer"
    assert redis_check.unsuitable({"redis_version": "7.0.15"}) is None


@pytest.mark.redis
def test_redis_is_written_and_read_and_nothing_stays(redis_url: str, said: Said) -> None:
    line = said("redis", redis_url)
    assert line.startswith("ok  redis")
    assert "written and read in" in line
    with redis.Redis.from_url(redis_url) as server:
        assert list(server.scan_iter(f"{redis_check.PREFIX}*")) == []


def listed() -> str:
    """What `mixtrove providers list` says of a server that it cannot use, without the password."""
    done = CliRunner().invoke(main, ["providers", "list"])
    assert (done.exit_code, len(done.stderr.splitlines())) == (3, 1), done.stderr
    assert PASSWORD not in done.output
    assert "wrong-word" not in done.output
    return done.stderr


def test_redis_with_a_password(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    with own_redis("--requirepass", PASSWORD) as url:
        good, bad = (url.replace("//", f"//:{word}@") for word in (PASSWORD, "wrong-word"))
        assert said("redis", good).startswith("ok")
        for refused in (bad, url):
            assert "refuses the password: correct user and password in MIXTROVE_REDIS_URL" in said(
                "redis", refused
            )
            monkeypatch.setenv("MIXTROVE_REDIS_URL", refused)
            assert "quotas, refuses the password: correct user and password in MIXTROVE_REDIS_URL" in listed()


def test_a_redis_that_is_full_or_drops_quotas_or_follows_another(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_redis("--maxmemory", "3mb", "--maxmemory-policy", "noeviction") as url:
        assert said("redis", url).startswith("ok")
        with redis.Redis.from_url(url) as server, suppress(redis.OutOfMemoryError):
            for number in range(10_000):
                server.set(f"filler:{number}", uuid.uuid4().hex * 30)
        assert "is full (" in said("redis", url)
        monkeypatch.setenv("MIXTROVE_REDIS_URL", url)
        assert "which keeps the providers' quotas, is full: raise its maxmemory" in listed()
        with redis.Redis.from_url(url) as server:
            server.config_set("maxmemory-policy", "allkeys-lru")
        assert "drops any key when its memory is full (maxmemory-policy allkeys-lru)" in said("redis", url)
    with own_redis("--replicaof", "127.0.0.1", str(free_port())) as url:
        assert "is a replica, which is read-only" in said("redis", url)


def test_the_policy_of_the_deployment_drops_answers_and_no_quota(said: Said) -> None:
    [policy] = re.findall(r"--maxmemory-policy ([a-z-]+)", COMPOSE.read_text(encoding="utf-8"))
    with own_redis("--maxmemory", "3mb", "--maxmemory-policy", policy) as url:
        slots = RedisSlots(url)
        for _ in range(3):
            slots.reserve("discogs", 0.001, 60.0, "")
        with redis.Redis.from_url(url) as server:
            assert server.ttl("slot:discogs") == -1
            for number in range(10_000):
                server.set(f"search:{number}", uuid.uuid4().hex * 30, ex=3600)
            assert server.info()["evicted_keys"] > 1_000
        assert slots.look("discogs")[0].requests == 3
        slots.close()
        assert said("redis", url).startswith("ok")


def test_a_redis_that_is_away_or_no_redis(cluster: Cluster, said: Said) -> None:
    assert "cannot be reached: start the server" in said(
        "redis", f"redis://:{PASSWORD}@127.0.0.1:{free_port()}/0"
    )
    assert "is no URL of Redis" in said("redis", f"http://:{PASSWORD}@127.0.0.1/0")
    line = said("redis", f"redis://:{PASSWORD}@127.0.0.1:{cluster.port}/0")
    assert line.startswith("!!  redis       redis://127.0.0.1:")


@pytest.mark.postgres
def test_the_doctor_waits_for_no_other_writer(postgres_url: str, said: Said) -> None:
    store = Store.open(postgres_url)
    with store.write():
        assert said("postgres", postgres_url).startswith("ok")
    store.close()
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute(b"SELECT count(*) FROM tombstone").fetchone() == (0,)
