"""The stand-in server: all providers on one loopback port, with their quotas, their faults and a log.

It is a threaded server of the standard library, because faults need the socket itself. Not here: what a
provider says (one file each), which fault is chosen (``faults.py``), who is over a quota (``quotas.py``).
"""

from __future__ import annotations

import gzip
import logging
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from mixtrove.providers.simulator import beatport, discogs, spotify
from mixtrove.providers.simulator.answering import Answers, Question, Reply, html_reply, json_reply
from mixtrove.providers.simulator.bandcamp import Bandcamp
from mixtrove.providers.simulator.beatport import Beatport
from mixtrove.providers.simulator.discogs import Discogs
from mixtrove.providers.simulator.faults import FaultKind, FaultPlan, Faults, instead, spoiled
from mixtrove.providers.simulator.itunes import ITunes
from mixtrove.providers.simulator.musicbrainz import MusicBrainz
from mixtrove.providers.simulator.numbers import chance
from mixtrove.providers.simulator.quotas import QUOTAS, Quota, Windows
from mixtrove.providers.simulator.search import Mask, SearchIndex
from mixtrove.providers.simulator.songs import Songs, read_catalogue
from mixtrove.providers.simulator.spotify import Spotify, SpotifyAccounts

log = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds after which a connection that a fault holds is closed; longer than any client waits."""
_LARGEST_BODY = 1_000_000
_NEVER_ANSWERED: frozenset[FaultKind] = frozenset(("timeout", "hang"))


class Received(NamedTuple):
    """One request that arrived."""

    provider: str
    time: float  # seconds of ``time.monotonic``, when it arrived
    method: str
    path: str  # with its query, behind the provider's base URL
    status: int  # 0: no answer was given
    fault: FaultKind | None
    admitted: bool  # False: refused, because the quota was used up


class Simulator:
    """A running stand-in; close it, or use it as a context manager."""

    def __init__(
        self,
        songs: Songs,
        *,
        port: int = 0,
        speed: float = 1.0,
        quotas: Mapping[str, Quota | None] | None = None,
        coverage: Mapping[str, float] | None = None,
        faults: Faults | None = None,
    ) -> None:
        """See ``simulate``."""
        index = SearchIndex(songs)
        masks = {name: _mask(songs, name, share) for name, share in (coverage or {}).items()}
        self._answers: dict[str, Answers] = {
            kind.name: kind(songs, index, masks.get(kind.name))
            for kind in (MusicBrainz, Discogs, Spotify, Beatport, ITunes, Bandcamp)
        }
        tokens = self._answers["spotify"].tokens
        assert tokens is not None
        self._answers["spotify-accounts"] = SpotifyAccounts(tokens, songs, index)
        self._check((*(coverage or ()), *(quotas or ())))
        self._windows = Windows({**QUOTAS, **(quotas or {})}, speed)
        self._plan = FaultPlan()
        self.faults = faults
        self._received: list[Received] = []
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(self, port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="stand-in", daemon=True
        )
        self._thread.start()

    def base_url(self, provider: str) -> str:
        """The base URL of ``musicbrainz``, ``spotify-accounts`` …"""
        return f"{self.url}/{provider}"

    def environment(self) -> dict[str, str]:
        """The settings that send mixtrove here, with the stand-in's credentials."""
        return {
            **{
                f"MIXTROVE_{name.upper()}_BASE_URL": self.base_url(name)
                for name in self._answers
                if name != "spotify-accounts"
            },
            "MIXTROVE_SPOTIFY_ACCOUNTS_URL": self.base_url("spotify-accounts"),
            "MIXTROVE_SPOTIFY_CLIENT_ID": spotify.CLIENT_ID,
            "MIXTROVE_SPOTIFY_CLIENT_SECRET": spotify.CLIENT_SECRET,
            "MIXTROVE_DISCOGS_TOKEN": discogs.TOKEN,
            "MIXTROVE_BEATPORT_TOKEN": beatport.TOKEN,
            "MIXTROVE_BEATPORT_REFRESH_TOKEN": beatport.REFRESH_TOKEN,
            "MIXTROVE_BEATPORT_CLIENT_ID": beatport.CLIENT_ID,
            "MIXTROVE_BEATPORT_USERNAME": beatport.USERNAME,
            "MIXTROVE_BEATPORT_PASSWORD": beatport.PASSWORD,
        }

    @property
    def faults(self) -> Faults | None:
        """What goes wrong by chance; can be set at any time."""
        return self._plan.faults

    @faults.setter
    def faults(self, faults: Faults | None) -> None:
        self._check(faults.providers or () if faults else ())
        self._plan.faults = faults

    def fail(self, provider: str, kind: FaultKind, times: int = 1) -> None:
        """Let the next ``times`` requests to a provider go wrong."""
        self._check((provider,))
        self._plan.fail(provider, kind, times)

    @property
    def received(self) -> list[Received]:
        """Every request so far, refused ones too, in the order in which they were answered."""
        with self._lock:
            return list(self._received)

    def forget(self) -> None:
        """Empty the log and the faults that were asked for; quotas and chance go on."""
        with self._lock:
            self._received.clear()
        self._plan.clear()

    def most_in_window(self, provider: str) -> int:
        """The most requests that were admitted in any (scaled) window of a provider's quota."""
        times = sorted(one.time for one in self.received if one.provider == provider and one.admitted)
        seconds = self._windows.seconds(provider)
        most = first = 0
        for last, moment in enumerate(times):
            while times[first] <= moment - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def refused(self, provider: str) -> int:
        """The requests that were refused because the quota was used up."""
        return sum(1 for one in self.received if one.provider == provider and not one.admitted)

    def close(self) -> None:
        """Stop answering; connections that a fault holds end at once."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.end_connections()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Itself; it runs already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _check(self, providers: Iterable[str]) -> None:
        for name in providers:
            if name not in self._answers:
                raise ValueError(f"unknown provider {name!r}; there are {', '.join(self._answers)}")

    def _keep(self, received: Received) -> None:
        with self._lock:
            self._received.append(received)
        log.info(
            "%s %s %s → %s%s",
            received.provider, received.method, received.path, received.status or "no answer",
            f" ({received.fault})" if received.fault else "",
        )  # fmt: skip

    def _summary(self) -> dict[str, Any]:
        return {
            "faults": asdict(self.faults) if self.faults else None,
            "providers": {
                name: {
                    "received": sum(1 for one in self.received if one.provider == name),
                    "refused": self.refused(name),
                    "most_in_window": self.most_in_window(name),
                    "window": self._windows.seconds(name),
                    "limit": self._windows.limit(name),
                }
                for name in self._answers
            },
        }

    def controlled(self, question: Question) -> Reply:
        """The answer of ``/_log`` and ``/_control``, for other processes."""
        match question.method, question.path:
            case "GET", "/_log":
                wanted = question.one("provider")
                return json_reply(
                    [one._asdict() for one in self.received if not wanted or one.provider == wanted]
                )
            case "DELETE", "/_log":
                self.forget()
                return json_reply({})
            case "GET", "/_control":
                return json_reply(self._summary())
            case "POST", "/_control":
                asked = question.json
                try:
                    if "faults" in asked:
                        self.faults = Faults(**asked["faults"]) if asked["faults"] else None
                    if "fail" in asked:
                        self.fail(**asked["fail"])
                except (TypeError, ValueError) as error:
                    return json_reply({"error": str(error)}, 400)
                return json_reply(self._summary())
        return json_reply({"error": "there are /_log and /_control"}, 404)

    def handle(self, provider: str, question: Question, target: str, connection: _Connection) -> None:
        """Answer one request, or let it go wrong."""
        now = time.monotonic()
        answers = self._answers.get(provider)
        if answers is None:
            self._keep(Received(provider, now, question.method, target, 404, None, True))
            connection.send(html_reply(404, "Not Found"))
            return
        allowance = answers.allowance(question)
        admitted, used, wait = self._windows.admits(provider, now, allowance)
        fault = self._plan.choose(provider, question) if admitted else None
        faults = self._plan.settings
        reply: Reply | None = None
        if not admitted:
            reply = answers.refusal()
            if provider in ("spotify", "beatport"):
                reply = Reply(reply.status, reply.body, reply.type, {"Retry-After": str(int(wait) + 1)})
        elif fault is not None:
            reply = instead(fault, answers, question, faults, self.url)
            if reply is None and fault == "token":  # it had no token that could expire
                fault = None
        if reply is None and fault not in _NEVER_ANSWERED and fault != "reset":
            reply = answers.answer(question)
            if fault in ("types", "missing"):
                reply = spoiled(fault, reply)
        if reply is not None:
            limit = self._windows.limit(provider) or allowance or 60
            usage = answers.usage_headers(question, min(limit, allowance or limit), used)
            if usage:
                reply = Reply(reply.status, reply.body, reply.type, {**usage, **reply.headers})
        status = reply.status if reply is not None and fault != "reset" else 0
        # Logged before the answer leaves: who has the answer finds it in the log.
        self._keep(Received(provider, now, question.method, target, status, fault, admitted))
        if reply is None:
            connection.reset() if fault == "reset" else connection.hold()
        elif fault == "half":
            connection.send_half(reply)
        elif fault == "drip":
            connection.drip(reply, faults.drip)
        elif fault == "huge":
            connection.send_huge(faults.megabytes)
        else:
            connection.send(reply)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, simulator: Simulator, port: int) -> None:
        self.simulator = simulator
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)

    def server_bind(self) -> None:
        # HTTPServer's looks the host's name up, which may take seconds.
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # gone already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""
        if not isinstance(sys.exception(), OSError):
            log.exception("the stand-in failed to answer")


class _Connection(BaseHTTPRequestHandler):
    """One connection: reads requests, and sends replies in all the ways that go wrong."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _take(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self.send(json_reply({"error": "the body is too large"}, 413))
            return
        body = self.rfile.read(int(length))
        parts = urlsplit(self.path)
        provider, _, rest = parts.path.lstrip("/").partition("/")
        params = parse_qs(parts.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        simulator = self.server.simulator
        if provider.startswith("_"):
            self.send(simulator.controlled(Question(self.command, parts.path, params, headers, body)))
            return
        question = Question(self.command, "/" + unquote(rest), params, headers, body)
        target = f"/{rest}?{parts.query}" if parts.query else f"/{rest}"
        simulator.handle(provider, question, target, self)

    do_GET = do_POST = do_DELETE = _take

    def send(self, reply: Reply) -> None:
        """Send all of a reply at once."""
        self.connection.sendall(self._head(reply, len(reply.body)) + reply.body)

    def send_half(self, reply: Reply) -> None:
        """Promise the whole reply, send half of it and close."""
        self.connection.sendall(self._head(reply, len(reply.body)) + reply.body[: len(reply.body) // 2])
        self.close_connection = True

    def drip(self, reply: Reply, seconds: float) -> None:
        """Send the body byte by byte, for as long as anybody listens."""
        self.close_connection = True
        self.connection.sendall(self._head(reply, len(reply.body)))
        until = time.monotonic() + PATIENCE
        for at in range(len(reply.body)):
            if time.monotonic() > until or self._gone(seconds):
                return
            self.connection.sendall(reply.body[at : at + 1])

    def send_huge(self, megabytes: int) -> None:
        """Send a JSON of many megabytes, packed where the client takes gzip."""
        self.close_connection = True
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(b'{"padding":"' + b"x" * (megabytes << 20) + b'"}', 1)
            reply = Reply(200, body, headers={"Content-Encoding": "gzip"})
            self.send(reply)
            return
        self.connection.sendall(self._head(Reply(200, b""), (megabytes << 20) + 14) + b'{"padding":"')
        chunk = b"x" * (1 << 20)
        for _ in range(megabytes):
            self.connection.sendall(chunk)
        self.connection.sendall(b'"}')

    def hold(self) -> None:
        """Say nothing until the client goes away, the server closes or the patience ends."""
        self.close_connection = True
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not self._gone(0.25):
            pass

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()  # it holds the socket open
        self.connection.close()

    def _gone(self, seconds: float) -> bool:
        """Wait so long; whether the client went away or the server closes."""
        if self.server.simulator.closing.is_set():
            return True
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if not readable:
            return False
        return not self.connection.recv(1, socket.MSG_PEEK) or self.server.simulator.closing.wait(seconds)

    def _head(self, reply: Reply, length: int) -> bytes:
        lines = [
            f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('',))[0]}",
            f"Content-Type: {reply.type}",
            f"Content-Length: {length}",
            *(f"{name}: {value}" for name, value in reply.headers.items()),
        ]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are logged by the simulator."""


def _mask(songs: Songs, provider: str, share: float) -> Mask | None:
    """Which songs a provider knows."""
    if not 0 <= share <= 1:
        raise ValueError(f"a coverage of {share} is no share; give 0 to 1")
    if share == 1:
        return None
    return np.array([chance(song.seed, f"{provider} coverage", share) for song in songs.all], dtype=np.bool_)


def simulate(
    catalogue: Iterable[Mapping[str, str | None]] | Path | str,
    *,
    port: int = 0,
    speed: float = 1.0,
    quotas: Mapping[str, Quota | None] | None = None,
    coverage: Mapping[str, float] | None = None,
    faults: Faults | None = None,
    other_versions: float = 0.25,
) -> Simulator:
    """Start the stand-in server on loopback.

    Args:
        catalogue: a CSV (plain or .gz), or rows with the columns of DESIGN §9.
        port: 0 takes a free one.
        speed: every window of a quota is so many times shorter.
        quotas: other quotas than the real ones; None: unlimited.
        coverage: the share of the catalogue that a provider knows, 1 unless given.
        faults: what goes wrong.
        other_versions: the share of originals of which a remix that nobody asks for is known too.

    Raises:
        BadInput: the catalogue cannot be read.
        ValueError: an unknown provider, or a share that is none.
        OSError: the port is taken.
    """
    if speed <= 0:
        raise ValueError(f"a speed of {speed} is none; give 1 for the real quotas, more for shorter ones")
    rows = read_catalogue(Path(catalogue)) if isinstance(catalogue, str | Path) else catalogue
    songs = Songs(rows, other_versions=other_versions)
    return Simulator(songs, port=port, speed=speed, quotas=quotas, coverage=coverage, faults=faults)
