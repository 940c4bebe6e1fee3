"""REST: connections that ask nothing, or read no answer, keep nobody out; and what they are told."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import anyio
import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from mixtrove.api import files
from mixtrove.api.connections import Connection
from mixtrove.api.context import Caller
from mixtrove.api.problems import Refused
from tests.integration.api_scene import served


@contextmanager
def serving(app: object, kind: type[Connection]) -> Iterator[int]:
    """The port of a server of this application, with such connections."""
    server = uvicorn.Server(uvicorn.Config(app, http=kind, port=0, log_level="error", lifespan="off"))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.force_exit = server.should_exit = True
        thread.join(30)


async def hello(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


def problem(answer: bytes) -> tuple[int, dict[str, str], str]:
    """(status, headers, detail) of a raw answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), headers, json.loads(body)["detail"]


def test_connections_that_ask_nothing_give_way(tmp_path: Path) -> None:
    with served(tmp_path / "home") as api, ExitStack() as held:
        port = int(api.address.rpartition(":")[2])
        half = b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for n in range(Connection.most_of_one + 50):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall(half if n % 2 else b"")
        for _ in range(3):
            with httpx.Client(base_url=api.address) as http:
                assert http.get("/api/v1/health").status_code == 200


@pytest.mark.parametrize("given", [b"", b"GET / HTTP/1.1\r\nHost: x", b"\r\n\r\n"])
def test_a_header_that_does_not_come_is_given_up(given: bytes) -> None:
    class Quick(Connection):
        header_seconds = 0.2

    with serving(hello, Quick) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(10)
        connection.sendall(given)
        answer = b"".join(iter(lambda: connection.recv(4_096), b""))
    if not given.strip():
        assert answer == b""
        return
    status, headers, detail = problem(answer)
    assert (status, headers["content-type"]) == (408, "application/problem+json")
    assert headers["x-content-type-options"] == "nosniff"
    assert "did not arrive within 0.2 s" in detail


def test_a_second_header_that_does_not_come_is_given_up_too() -> None:
    class Quick(Connection):
        header_seconds = 0.2

    with serving(hello, Quick) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(10)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4_096).endswith(b"hi")
        connection.sendall(b"GET / HT")
        assert b"HTTP/1.1 408" in b"".join(iter(lambda: connection.recv(4_096), b""))


def test_when_all_are_being_answered_one_more_is_told_to_come_again() -> None:
    class Two(Connection):
        most_of_one = 2

    ended = threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        while not ended.is_set():
            await anyio.sleep(0.01)
        await hello(scope, receive, send)

    ask = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with serving(slow, Two) as port, ExitStack() as held:
        for _ in range(2):
            held.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(ask)
        time.sleep(0.1)
        third = held.enter_context(socket.create_connection(("127.0.0.1", port)))
        third.sendall(ask)
        status, headers, detail = problem(b"".join(iter(lambda: third.recv(4_096), b"")))
        ended.set()
    assert (status, headers["retry-after"], headers["x-frame-options"]) == (503, "1", "DENY")
    assert "2 connections of 127.0.0.1 are being answered" in detail


def test_what_is_no_http_is_answered_with_a_problem() -> None:
    with serving(hello, Connection) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        status, headers, _ = problem(b"".join(iter(lambda: connection.recv(4_096), b"")))
    assert (status, headers["connection"]) == (400, "close")


def test_an_answer_that_nobody_reads_is_given_up() -> None:
    class Quick(Connection):
        stalled_seconds = 0.2

    given_up = threading.Event()

    async def endless(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

        async def write() -> None:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 32_768, "more_body": True})
                await anyio.sleep(0)  # a server drops what is sent to nobody without a pause

        async with anyio.create_task_group() as group:
            group.start_soon(write)
            assert (await receive())["type"] == "http.disconnect"
            given_up.set()
            group.cancel_scope.cancel()

    with serving(endless, Quick) as port, socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert given_up.wait(20)


def test_files_of_one_token_leave_places_for_others() -> None:
    def ask(token: str | None) -> object:
        return files.file_answer(iter(["x"]), "csv", "n", Caller("dj", "read", token))

    held = [ask("a"), ask("a")]
    with pytest.raises(Refused, match="2 files are being sent to you already") as refused:
        ask("a")
    assert refused.value.status == 429
    held += [ask("b"), ask("b"), ask(None), ask(None)]
    with pytest.raises(Refused, match="6 files are being sent already"):
        ask("c")
    del held
    assert ask("a")
