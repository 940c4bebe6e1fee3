"""A loopback server for the tests of the gateway: it answers as the test says and notes what it was asked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    at: float  # time.monotonic()
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Respond = Callable[["Handler"], None]


@dataclass
class Server:
    """``answers`` are used up in order, the last one stays."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[Respond] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> Respond:
        with self.lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    told: Server

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        asked = Asked(time.monotonic(), self.command, self.path, dict(self.headers), body)
        with self.told.lock:
            self.told.asked.append(asked)
        try:
            self.told.next()(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_POST = do_GET

    def log_message(self, *args: Any) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def answer(status: int = 200, body: bytes = b'{"name": "x"}', **headers: str) -> Respond:
    """A plain answer; ``Retry_After="3"`` is a header."""

    def respond(handler: Handler) -> None:
        handler.send_response(status)
        named = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        for name, value in named.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def raw(*pieces: bytes, pause: float = 0.0) -> Respond:
    """These bytes, one piece after the other, then the connection ends."""

    def respond(handler: Handler) -> None:
        handler.close_connection = True
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause)

    return respond


def reset(handler: Handler) -> None:
    """No answer: the connection is reset."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()


@contextmanager
def serving(*answers: Respond) -> Iterator[Server]:
    """A server on a port of its own for the length of the block."""
    told = Server(answers=list(answers) or [answer()])
    handler = type("OwnHandler", (Handler,), {"told": told})
    with _Quiet(("127.0.0.1", 0), handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
