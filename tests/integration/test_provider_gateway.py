"""The gateway against a server on loopback: what it asks, keeps, serves, refuses and never shows."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import time
import traceback
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from mixtrove.database.migrating import configuration
from mixtrove.library.store import Store
from mixtrove.providers import gateway as module
from mixtrove.providers import schema
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderBusy, ProviderDown, ProviderRefused
from mixtrove.providers.gateway import Answer, Gateway, Policy, Refusal, Request, fingerprint
from mixtrove.providers.opening import open_gateway
from mixtrove.providers.store import HEAD, ProviderStore, open_results, open_slots
from mixtrove.settings import Settings
from tests.provider_server import Server, answer, raw, reset, serving

HUSH = "hush-4711-secret"
FAST = 60_000.0


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as told:
        yield told


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an empty home: answers in its file, or in Postgres."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    return Settings(home=tmp_path, database_url=url)


@pytest.fixture
def simple(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def opened() -> Iterator[Callable[..., Gateway]]:
    """``opened(settings, url, **policy)``: a gateway that knows the provider ``p`` there."""
    with ExitStack() as stack:

        def open_(settings: Settings, url: str, **policy: Any) -> Gateway:
            gateway = open_gateway(settings, contact="me@example.org")
            stack.callback(gateway.close)
            gateway.register(policy_of(url, **policy))
            return gateway

        yield open_


def policy_of(url: str, **changed: Any) -> Policy:
    usual: dict[str, Any] = {
        "name": "p", "base_url": url, "per_minute": FAST, "ttl": {"search": 3600, "track": 3600},
        "miss_ttl": 900, "ceiling": None,
    }  # fmt: skip
    return Policy(**usual | changed)


def asked(key: str = "k", **changed: Any) -> Request:
    return Request(**{"provider": "p", "kind": "search", "key": key, "path": "/search"} | changed)


def ask(gateway: Gateway, request: Request | None = None, budget: Budget | None = None) -> Answer[Any]:
    return gateway.ask(request or asked(), lambda body: body["name"], budget=budget or Budget())


def later(gateway: Gateway, **ago: float) -> None:
    """Kept answers are older by so much."""
    with gateway._cache._database.writing() as connection:
        table = schema.provider_result
        for row in connection.execute(sa.select(table)).all():
            moved = timedelta(**ago)
            connection.execute(
                sa.update(table).where(table.c.key_hash == row.key_hash).values(
                    fetched_at=row.fetched_at - moved,
                    deleted_at=row.deleted_at and row.deleted_at - moved,
                )
            )  # fmt: skip


def rows(gateway: Gateway) -> list[Any]:
    with gateway._cache._database.read() as connection:
        return list(connection.execute(sa.select(schema.provider_result)))


# what is asked


def test_who_asks_and_what(server: Server, simple: Settings, opened: Callable[..., Gateway]) -> None:
    gateway = opened(simple, server.url + "/v1/", headers={"X-Version": "2"})
    assert ask(gateway, asked(params={"q": "a b", "id": ["1", "2"]})).value == "x"
    assert server.asked[0].path == "/v1/search?q=a+b&id=1&id=2"
    headers = server.asked[0].headers
    assert headers["User-Agent"].endswith(" ( me@example.org )")
    assert headers["User-Agent"].startswith("mixtrove/")
    assert (headers["X-Version"], headers["Accept-Encoding"]) == ("2", "gzip")
    assert "Cookie" not in headers


@pytest.mark.parametrize(
    "path", ["/a/../b", "/a/%2e%2E/b", "@example.org/", "/a?b", "/a#b", "/a b", "/a\r\nb", "x"]
)
def test_an_id_that_is_a_way_elsewhere_is_not_followed(
    server: Server, simple: Settings, opened: Callable[..., Gateway], path: str
) -> None:
    with pytest.raises(ProviderRefused, match="cannot be sent"):
        ask(opened(simple, server.url), asked(path=path))
    assert server.asked == []


def test_a_redirect_is_not_followed_and_cookies_are_not_kept(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    server.answers = [answer(302, Location="/elsewhere", Set_Cookie="a=b"), answer()]
    ask(opened(simple, server.url))
    assert [one.path for one in server.asked] == ["/search", "/search"]
    assert "Cookie" not in server.asked[1].headers


def test_a_netrc_is_not_used(
    server: Server, simple: Settings, opened: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = simple.home / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {HUSH}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    ask(opened(simple, server.url))
    assert "Authorization" not in server.asked[0].headers


# what is kept


def test_a_fresh_answer_is_not_asked_for_again(
    server: Server, home: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(home, server.url)
    first, second = ask(gateway), ask(gateway)
    assert (first.cached, second.cached, second.value) == (False, True, "x")
    assert first.fetched_at == second.fetched_at
    assert ask(gateway, asked(scope="de")).cached is False
    assert ask(gateway, asked(kind="track")).cached is False
    assert len(server.asked) == 3
    later(gateway, hours=1)
    assert ask(gateway).cached is False


def test_that_nothing_was_found_is_kept_for_less(
    server: Server, home: Settings, opened: Callable[..., Gateway]
) -> None:
    server.answers = [answer(404, b"")]
    gateway = opened(home, server.url)
    assert [ask(gateway).value for _ in range(2)] == [None, None]
    assert len(server.asked) == 1
    later(gateway, minutes=16)
    ask(gateway)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "bad",
    [
        answer(body=b'{"name": "x'),
        answer(body=b"<html>", Content_Type="text/html"),
        answer(body=b'{"title": 1}'),
        answer(500),
        reset,
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"),
        raw(b"no HTTP at all\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\nnot gzip"),
    ],
)
def test_what_is_no_answer_is_asked_again_and_never_kept(
    server: Server,
    simple: Settings,
    opened: Callable[..., Gateway],
    bad: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BACKOFF", 0.01)
    server.answers = [bad]
    gateway = opened(simple, server.url)

    def read(body: Any) -> Any:
        if "name" not in body:
            raise ValueError(HUSH)
        return body["name"]

    with pytest.raises(ProviderDown) as caught:
        gateway.ask(asked(), read, budget=Budget())
    assert len(server.asked) == 4
    assert rows(gateway) == []
    assert HUSH not in "".join(traceback.format_exception(caught.value))
    gateway._slots.succeed("p")  # or the next failure opens the breaker
    server.answers = [bad, answer()]
    assert gateway.ask(asked("other"), read, budget=Budget()).value == "x"


def test_a_kept_answer_is_served_while_the_provider_is_down_but_never_past_its_ceiling(
    server: Server, home: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(home, server.url, ceiling=6 * 3600)
    ask(gateway)
    server.answers = [answer(429, Retry_After="86400")]
    later(gateway, hours=5)
    for _ in range(2):
        stale = ask(gateway)
        assert (stale.value, stale.cached, stale.stale) == ("x", True, True)
    assert len(server.asked) == 2
    later(gateway, hours=1)
    with pytest.raises(ProviderBusy):
        ask(gateway)
    assert gateway.expire() == 1
    assert [(row.outcome, row.payload) for row in rows(gateway)] == [("found", None)]
    assert gateway.expire() == 0


def test_a_ceiling_ends_what_the_ttl_would_keep(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(simple, server.url, ceiling=60)
    ask(gateway)
    later(gateway, seconds=61)
    assert ask(gateway).cached is False


def test_rows_of_long_ago_are_dropped(server: Server, home: Settings, opened: Callable[..., Gateway]) -> None:
    gateway = opened(home, server.url)
    ask(gateway)
    later(gateway, days=401)
    ask(gateway, asked("new"))
    gateway.expire()
    assert [row.key for row in rows(gateway)] == ["new"]


def test_answers_are_forgotten_by_track_provider_and_kind(
    server: Server, home: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(home, server.url)
    gateway.register(policy_of(server.url, name="q"))
    for number, (provider, kind, track) in enumerate(
        [("p", "search", "t1"), ("p", "track", "t1"), ("q", "track", "t2"), ("q", "search", None)]
    ):
        ask(gateway, asked(str(number), provider=provider, kind=kind, track_id=track))
    assert gateway.forget() == 0
    assert gateway.forget(track="t1", kind="track") == 1
    assert gateway.forget(track="t1") == 1
    assert gateway.forget(provider="q") == 2
    assert rows(gateway) == []


def test_strange_signs_are_kept(server: Server, home: Settings, opened: Callable[..., Gateway]) -> None:
    server.answers = [answer(body=rb'{"name": "a\u0000b \ud800 \u00e9"}')]
    gateway = opened(home, server.url)
    values = [ask(gateway, asked("k\0 \ud800")).value for _ in range(2)]
    assert values == ["a\0b \ufffd é"] * 2  # half a pair can neither be stored nor sent
    assert len(server.asked) == 1


def test_a_kept_answer_that_a_newer_program_cannot_read_is_asked_for_again(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(simple, server.url)
    ask(gateway)
    server.answers = [answer(body=b'{"title": "y"}')]

    def read(body: Any) -> str:
        if "title" not in body:
            raise ValueError
        return str(body["title"])

    assert gateway.ask(asked(), read, budget=Budget()).value == "y"


def test_the_same_question_of_many_threads_is_one_request(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(simple, server.url)
    values: list[Any] = []
    threads = [threading.Thread(target=lambda: values.append(ask(gateway).value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == ["x"] * 8
    assert len(server.asked) == 1
    assert gateway._in_flight == {}


@pytest.mark.redis
def test_redis_is_in_front_of_the_table_under_the_keys_of_the_specification(
    server: Server, tmp_path: Path, redis_url: str, own_name: str, opened: Callable[..., Gateway]
) -> None:
    import redis

    settings = Settings(home=tmp_path, redis_url=redis_url)
    gateway = opened(settings, server.url)
    gateway.register(policy_of(server.url, name=own_name, ceiling=600, ttl={"search": 60, "track": 6000}))
    questions = [
        asked("a", provider=own_name),
        asked("b", provider=own_name, kind="track", track_id=f"{own_name}-1"),
        asked("c", provider=own_name, kind="track"),
    ]
    for question in questions:
        ask(gateway, question)
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        names = sorted(client.scan_iter(f"*{own_name}*"), key=str)
        kinds = [(name.split(":")[0], client.type(name)) for name in names]
        assert kinds == [("search", "string"), ("slot", "hash"), ("track", "hash"), ("track", "hash")]
        assert client.exists(f"track:{own_name}-1:metadata") == 1
        assert 0 < client.ttl(names[0]) <= 60
        assert 500 < client.ttl(f"track:{own_name}-1:metadata") <= 600
    with gateway._cache._database.writing() as connection:
        connection.execute(sa.update(schema.provider_result).values(payload='{"name": "table"}'))
    assert [ask(gateway, question).value for question in questions] == ["x", "x", "x"]
    assert gateway.forget(track=f"{own_name}-1") == 1
    assert gateway.forget(provider=own_name) == 2
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        assert list(client.scan_iter(f"*{own_name}*")) == [f"slot:{own_name}"]
        client.delete(f"slot:{own_name}")


def test_when_redis_is_away_the_table_answers(
    server: Server, simple: Settings, opened: Callable[..., Gateway], caplog: pytest.LogCaptureFixture
) -> None:
    from mixtrove.providers.redis_front import RedisFront

    gateway = opened(simple, server.url)
    gateway._cache._front = RedisFront(f"redis://me:{HUSH}@127.0.0.1:9/0")
    assert [ask(gateway).cached for _ in range(2)] == [False, True]
    assert len(caplog.messages) == 1
    assert HUSH not in caplog.text


# how long it takes


@pytest.mark.parametrize(
    "slow",
    [
        raw(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 100, pause=0.1),
        raw(*[bytes([sign]) for sign in b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"] * 9, pause=0.1),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", *[b" "] * 200, pause=0.1),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 200, pause=0.1),
        raw(b"", pause=30),
    ],
    ids=["headers", "status line", "body", "chunks", "silence"],
)
def test_a_provider_that_drips_or_hangs_takes_no_longer_than_the_budget(
    server: Server, simple: Settings, opened: Callable[..., Gateway], slow: Any
) -> None:
    server.answers = [slow]
    gateway = opened(simple, server.url)
    budget = Budget(1.0)
    started = time.monotonic()
    with pytest.raises(ProviderDown, match="no answer in time"):
        ask(gateway, budget=budget)
    assert 0.9 < time.monotonic() - started < 3
    assert budget.left == 0
    with pytest.raises(ProviderBusy, match="used up"):
        ask(gateway, budget=budget)
    assert len(server.asked) == 1


def test_waiting_to_be_admitted_costs_no_budget(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(simple, server.url, per_minute=100)
    budget = Budget(0.3)
    for key in "abc":
        ask(gateway, asked(key), budget=budget)
    assert server.asked[2].at - server.asked[0].at > 1.1
    assert budget.left > 0


@pytest.mark.parametrize(
    "huge",
    [
        answer(body=b" " * 2_000_000),
        answer(body=gzip.compress(b" " * 200_000_000), Content_Encoding="gzip"),
        answer(body=gzip.compress(gzip.compress(b" " * 50_000_000)), Content_Encoding="gzip, gzip"),
        raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", *[b" " * 100_000] * 30),
    ],
    ids=["plain", "gzip", "gzip twice", "endless"],
)
def test_a_body_that_is_too_large_is_not_read(
    server: Server,
    simple: Settings,
    opened: Callable[..., Gateway],
    huge: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ATTEMPTS", 1)
    server.answers = [huge]
    with pytest.raises(ProviderDown, match="larger than 1 MB"):
        ask(opened(simple, server.url, max_bytes=1_000_000))


def test_a_packed_body_is_unpacked(server: Server, simple: Settings, opened: Callable[..., Gateway]) -> None:
    server.answers = [answer(body=gzip.compress(b'{"name": "packed"}'), Content_Encoding="gzip")]
    assert ask(opened(simple, server.url)).value == "packed"
    server.answers = [answer(body=zlib.compress(b'{"name": "packed"}'), Content_Encoding="deflate")]
    assert ask(opened(simple, server.url), asked("b")).value == "packed"


# what it refuses


def test_retry_after_is_waited_for_when_it_fits(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    server.answers = [answer(429, Retry_After="1"), answer()]
    gateway = opened(simple, server.url)
    assert ask(gateway).value == "x"
    assert server.asked[1].at - server.asked[0].at >= 1
    assert gateway.states()["p"].state == "ready"


def test_retry_after_of_a_day_stops_every_process_and_sleeps_nowhere(
    server: Server, home: Settings, opened: Callable[..., Gateway]
) -> None:
    server.answers = [answer(429, Retry_After="86400")]
    first, second = opened(home, server.url), opened(home, server.url)
    started = time.monotonic()
    for gateway in (first, second, second):
        with pytest.raises(ProviderBusy) as caught:
            ask(gateway)
        assert 86_390 < caught.value.retry_in <= 86_400
    assert time.monotonic() - started < 3
    assert len(server.asked) == 1
    state = second.states()["p"]
    assert (state.state, state.why, state.requests) == ("waiting", "it was asked too often (status 429)", 1)
    assert state.until is not None
    assert timedelta(hours=23) < state.until - datetime.now(UTC) <= timedelta(days=1)


def test_a_refusal_that_names_no_time_blocks_as_the_policy_says(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    server.answers = [answer(403, b"")]
    gateway = opened(simple, server.url, block=300, refusal=lambda *_: Refusal("quota", "403 is its quota"))
    with pytest.raises(ProviderBusy, match="403 is its quota; it is left alone for 300 s"):
        ask(gateway)
    assert len(server.asked) == 1


def test_the_breaker_opens_for_every_process_and_closes_with_an_answer(
    server: Server, simple: Settings, opened: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BACKOFF", 0.01)
    server.answers = [answer(500)]
    first, second = opened(simple, server.url), opened(simple, server.url)
    for gateway in (first, second, first):
        with pytest.raises(ProviderDown, match="status 500"):
            ask(gateway)
    assert len(server.asked) == 5
    state = second.states()["p"]
    assert (state.state, state.why) == ("failing", "it failed with status 500")
    assert state.since is not None
    server.answers = [answer()]
    with open_slots(simple).writing() as connection:
        connection.execute(sa.update(schema.slot).values(blocked_until=1))
    assert first.states()["p"].state == "failing"  # until it answers
    assert ask(first).value == "x"
    assert second.states()["p"].state == "ready"
    with open_slots(simple).read() as connection:
        row = connection.execute(sa.select(schema.slot)).one()
    assert (row.failures, row.opened) == (0, 0)


def test_nothing_found_and_quotas_do_not_open_the_breaker(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(simple, server.url)
    server.answers = [answer(404), answer(429, Retry_After="0")] * 6 + [answer(404)]
    for key in "abcdef":
        assert ask(gateway, asked(key)).value is None
    assert gateway.states()["p"].state == "ready"


def test_a_request_that_is_refused_says_nothing_about_others(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    server.answers = [answer(400), answer()]
    gateway = opened(simple, server.url)
    with pytest.raises(ProviderRefused, match="does not accept the request"):
        ask(gateway)
    assert ask(gateway).value == "x"


# credentials


class Signing:
    """Gives one token after the other."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)

    def headers(self, budget: Budget) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.tokens[0]}"}

    def renew(self, refused: Mapping[str, str], budget: Budget) -> bool:
        if len(self.tokens) == 1:
            return False
        self.tokens.pop(0)
        return True


def test_a_sign_in_that_is_refused_is_tried_by_no_other_process_until_the_credentials_change(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    tried: list[str] = []

    class Refused(Signing):
        def headers(self, budget: Budget) -> Mapping[str, str]:
            tried.append(self.tokens[0])
            raise ProviderRefused("p", "it does not accept this account", 900)

    for password in ("wrong", "wrong", "wrong", "right"):
        gateway = opened(simple, server.url, authorizer=Refused(password), credentials=fingerprint(password))
        with pytest.raises(ProviderRefused, match="does not accept this account"):
            ask(gateway)
        assert gateway.states()["p"].state == "failing"
    assert tried == ["wrong", "right"]
    assert server.asked == []
    gateway.unblock("p")
    assert gateway.states()["p"].state == "ready"


def test_credentials_that_ran_out_are_renewed_once(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    server.answers = [answer(401), answer()]
    gateway = opened(simple, server.url, authorizer=Signing("old", "new"))
    assert ask(gateway).value == "x"
    assert [one.headers["Authorization"] for one in server.asked] == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("told", [False, True], ids=["by the headers", "by the policy"])
def test_refused_credentials_are_not_tried_again_until_they_are_changed(
    server: Server, simple: Settings, opened: Callable[..., Gateway], told: bool
) -> None:
    def policy(token: str) -> dict[str, Any]:
        return {"authorizer": Signing(token), "credentials": fingerprint(token) if told else ""}

    server.answers = [answer(401)]
    for _ in range(2):
        gateway = opened(simple, server.url, **policy("old"))
        with pytest.raises(ProviderRefused, match="does not accept the credentials"):
            ask(gateway)
    assert len(server.asked) == 1
    assert gateway.states()["p"].state == "failing"
    server.answers = [answer()]
    gateway = opened(simple, server.url, **policy("new"))
    assert ask(gateway).value == "x"
    assert gateway.states()["p"].state == "ready"


def test_a_token_is_asked_for_within_the_quota_and_never_kept(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(simple, server.url, authorizer=Signing("unused"))
    request = asked(kind="token", method="POST", form={"secret": HUSH}, headers={"Authorization": "Basic x"})
    assert [ask(gateway, request).value for _ in range(2)] == ["x", "x"]
    assert len(server.asked) == 2
    assert server.asked[0].body == f"secret={HUSH}".encode()
    assert server.asked[0].headers["Authorization"] == "Basic x"
    assert rows(gateway) == []
    assert gateway.states()["p"].requests == 2


def test_a_bare_reply_for_a_sign_in(server: Server, simple: Settings, opened: Callable[..., Gateway]) -> None:
    server.answers = [answer(302, Location="/?code=1")]
    reply = opened(simple, server.url).exchange(asked(kind="token"), budget=Budget())
    assert (reply.status, reply.headers["location"]) == (302, "/?code=1")


@pytest.mark.parametrize(
    "bad", [answer(401), answer(500), reset, answer(body=b"{"), answer(429, Retry_After="99"), raw(b"x")]
)
def test_no_secret_is_in_any_text(
    server: Server,
    home: Settings,
    opened: Callable[..., Gateway],
    bad: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ATTEMPTS", 2)
    caplog.set_level(logging.DEBUG)
    gateway = opened(home, server.url, authorizer=Signing(HUSH))
    ask(gateway)
    ask(gateway, asked("post", method="POST", json={"password": HUSH}))
    server.answers = [bad]
    request = asked("bad", method="POST", form={"password": HUSH}, headers={"X-Key": HUSH})
    with pytest.raises((ProviderRefused, ProviderDown, ProviderBusy)) as caught:
        ask(gateway, request)
    error: BaseException | None = caught.value
    shown = [caplog.text, repr(request), repr(gateway.states()), repr(gateway.summary())]
    while error is not None:
        shown += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    shown += [repr(row) for row in rows(gateway)]
    gateway.flush()
    files = [path.read_bytes() for path in home.home.iterdir() if path.is_file()]
    assert files
    assert not [text for text in shown if HUSH in text]
    assert not [content for content in files if HUSH.encode() in content]


def test_a_header_that_is_none_does_not_show_what_is_in_it(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    for token in (HUSH + "\nX: y", HUSH + "\N{SNOWMAN}"):
        with pytest.raises(ProviderDown, match="cannot be sent") as caught:
            ask(opened(simple, server.url, authorizer=Signing(token)))
        assert HUSH not in "".join(traceback.format_exception(caught.value))
    assert server.asked == []


# what is counted


def test_what_was_asked_is_counted_for_a_run_and_for_the_day(
    server: Server, home: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(home, server.url)
    for key in "aab":
        ask(gateway, asked(key))
    server.answers = [answer(404)]
    ask(gateway, asked("c"))
    gateway.identified("p", 2)
    use = gateway.summary()["p"]
    assert (use.requests, use.answered, use.cache_hits, use.misses, use.found_lines) == (3, 2, 1, 1, 2)
    gateway.flush()
    other = opened(home, server.url)
    ask(other, asked("a"))
    assert other.summary()["p"].requests == 0
    state = other.states()["p"]
    assert (state.requests, state.hit_rate, state.requests_per_line) == (3, 2 / 5, 1.5)


def test_counts_are_written_after_fifty_answers_at_the_latest(
    server: Server, simple: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(simple, server.url)
    for _ in range(51):
        ask(gateway)
    with open_slots(simple).read() as connection:
        row = connection.execute(sa.select(schema.provider_use)).one()
    assert row.cache_hits + row.answered == 50
    assert row.requests == 1


# the database


def test_the_migrations_make_exactly_the_schema(home: Settings) -> None:
    for store in (open_slots(home), open_results(home)):
        if store is None:
            continue
        with store.engine.connect() as connection:
            command.check(configuration(ProviderStore.chain, connection))
            command.downgrade(configuration(ProviderStore.chain, connection), "base")
            command.upgrade(configuration(ProviderStore.chain, connection), "head")
            connection.rollback()
        store.close()
    scripts = ScriptDirectory.from_config(configuration(ProviderStore.chain))
    assert scripts.get_current_head() == HEAD


def test_both_chains_live_in_one_database(home: Settings) -> None:
    for _ in range(2):
        Store.open(home).close()
        results = open_results(home)
        if results is not None:
            results.close()


def test_a_payload_is_plain_json_in_the_table(
    server: Server, home: Settings, opened: Callable[..., Gateway]
) -> None:
    gateway = opened(home, server.url, ceiling=60)
    ask(gateway, asked(scope="de", track_id="t"))
    [row] = rows(gateway)
    assert (row.provider, row.kind, row.scope, row.key, row.track_id) == ("p", "search", "de", "k", "t")
    assert json.loads(row.payload) == {"name": "x"}
    assert row.expires_at - row.fetched_at == timedelta(hours=1)
    assert row.deleted_at - row.fetched_at == timedelta(minutes=1)
