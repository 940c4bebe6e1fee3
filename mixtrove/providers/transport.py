"""One request on its way to a provider and back, within a deadline and a size. No retries, no meaning.

Here: the session with its limiter, connections that keep a deadline, bodies with a limit. Nothing that is
secret enters an exception: the errors of requests and urllib3, which name whole addresses, end here.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests_ratelimiter import LimiterSession
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from mixtrove.providers.limiter import SharedLimiter
from mixtrove.providers.policy import Policy, Reply, Request

CONNECT = 5.0
"""Seconds for a connection, at most."""

_THREADS = 32  # connections that are kept open, a provider
_CHUNK = 65_536
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*")


class Unanswered(Exception):
    """No reply, or one that is cut off or too large; the text is a part of a sentence without any secret."""


class Unsendable(Exception):
    """What is to be sent is no HTTP request; the text is as above."""


class Transport:
    """The way to one provider. Safe to share between threads."""

    def __init__(self, policy: Policy, limiter: SharedLimiter, user_agent: str) -> None:
        """Every request takes a slot of ``limiter`` and carries ``user_agent`` and the policy's headers."""
        self._policy = policy
        self._limiter = limiter
        self._session = session = LimiterSession(
            limiter=limiter, per_host=False, bucket_name=policy.name, limit_statuses=()
        )
        session.auth = _leave_unsigned
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        session.headers.clear()
        session.headers.update(
            {"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        session.headers.update(policy.headers)
        for scheme in ("http://", "https://"):
            session.mount(scheme, _TimedAdapter(pool_connections=4, pool_maxsize=_THREADS))

    def send(self, request: Request, headers: Mapping[str, str], end: float) -> Reply:
        """Send a request and read the reply.

        Args:
            request: what to send.
            headers: of this request alone; they may hold secrets.
            end: ``time.monotonic()`` by which everything has to be over, a slot included.

        Raises:
            Unanswered: there is no reply.
            Unsendable: nothing was sent, nor would it ever be.
            ProviderFailure: there is no slot in time.
        """
        failure: Exception
        sent = False
        with self._limiter.until(end), _deadline(end):
            try:
                with self._session.request(
                    request.method,
                    self._address(request),
                    params=request.params,
                    data=request.form,
                    json=request.json,
                    headers={**headers, **request.headers},
                    stream=True,
                    allow_redirects=False,
                ) as response:
                    sent = True
                    return Reply(response.status_code, response.headers, self._body(response))
            except _BROKEN as error:
                if not sent and isinstance(error, _ABOUT_THE_QUESTION):
                    failure = Unsendable(f"the request cannot be sent ({type(error).__name__})")
                else:
                    failure = Unanswered(_in_words(error))
        raise failure  # outside the block: what happened there holds the whole request

    def _address(self, request: Request) -> str:
        """Where a request goes: behind the base of the settings and nowhere else, whatever is in a path.

        Raises:
            _NoPath: the path has signs that no path of an API has, such as an id that is none.
        """
        segments = request.path.lower().replace("%2e", ".").split("/")
        if not _PATH.fullmatch(request.path) or "." in segments or ".." in segments:
            raise _NoPath("the path of the request is not one")
        return (request.base_url or self._policy.base_url).rstrip("/") + request.path

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def _body(self, response: requests.Response) -> bytes:
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):  # unpacks that much at a time
            body += chunk
            if len(body) > self._policy.max_bytes:
                response.raw.close()  # or the rest of it would be read
                raise _TooLarge(f"its answer is larger than {self._policy.max_bytes / 1e6:g} MB")
        return bytes(body)


class _NoPath(ValueError):
    """A question that no address can hold."""


class _TooLarge(requests.RequestException):
    """More than anybody asked for."""


_BROKEN = (
    requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError,
)  # fmt: skip
_ABOUT_THE_QUESTION = (_NoPath, requests.exceptions.InvalidJSONError)
"""Of what cannot be sent: the rest (a base address, a token with a line break) is the provider's settings."""

_WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (requests.exceptions.ConnectTimeout, "no connection in time"),
    ((requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError), "no answer in time"),
    ((requests.exceptions.SSLError, urllib3.exceptions.SSLError), "no safe connection (TLS)"),
    (requests.exceptions.ProxyError, "the proxy gives no connection"),
    (
        (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, UnicodeError),
        "its address or its credentials in the settings cannot be sent",
    ),
    (urllib3.exceptions.DecodeError, "an answer that cannot be unpacked"),
)


def _in_words(error: Exception) -> str:
    if isinstance(error, _TooLarge):
        return str(error)
    for kinds, words in _WORDS:
        if isinstance(error, kinds):
            return words
    return "the connection broke off, or there was none"


def _leave_unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Set as the session's ``auth``, or requests would sign with what a ``.netrc`` says of the host."""
    return request


_mine = threading.local()


@contextmanager
def _deadline(end: float) -> Iterator[None]:
    _mine.end = end
    try:
        yield
    finally:
        _mine.end = None


class _Timed(io.RawIOBase):
    """What a socket gives, as long as the thread's deadline is not over: a byte a second is no answer.

    A socket's own timeout counts from one byte to the next, so that dripping headers would last for ever.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, end: float) -> None:
        self._raw = raw
        self._sock = sock
        self._end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        end = getattr(_mine, "end", None)
        if end is not None:
            self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock, end))


class _TimedHTTP(HTTPConnection):
    response_class = _TimedResponse


class _TimedHTTPS(HTTPSConnection):
    response_class = _TimedResponse


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _TimedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


class _TimedAdapter(HTTPAdapter):
    """Connections of ours, also through a proxy; what time is left for them is known once there is a slot."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        left = _mine.end - time.monotonic()
        if left <= 0:
            raise requests.Timeout
        return super().send(request, *args, **{**kwargs, "timeout": (min(CONNECT, left), left)})

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}
