"""Who may ask: this machine without a token, everybody else with one.

A request without a token is taken for one of this machine only when nothing speaks against it: it comes from
a loopback address, names a loopback host (so that no foreign name that leads here works, "DNS rebinding"), no
proxy passed it on, and no page of another site sent it. All others without a valid token get 401, whatever
they ask for. Not here: what tokens are (``mixtrove.library.api_tokens``).
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from anyio import to_thread
from fastapi import Depends
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mixtrove.api.context import By, Caller, Context
from mixtrove.api.problems import Refused, refusal
from mixtrove.errors import MixtroveError
from mixtrove.library import api_tokens
from mixtrove.library.api_tokens import SCOPES

REMEMBERED = 2.0
"""Seconds for which a valid token is not looked up again: so long a revoked one still works."""

MINUTE = 60.0

_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_READING = ("GET", "HEAD", "OPTIONS")


class Access:
    """ASGI middleware: finds out who asks, refuses who may not, and who asks too often."""

    def __init__(self, app: ASGIApp, context: Callable[[], Context]) -> None:
        """``context`` gives what the handlers share, once it is there."""
        self._app = app
        self._context = context
        self._valid: dict[str, tuple[float, Caller]] = {}
        self._asked: dict[str, tuple[float, int]] = {}  # by token: begin of its minute, requests since

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            found = await self._caller(scope)
            self._count(found)
            _check(found, scope["method"])
        except Refused as refused:
            await refused.response()(scope, receive, send)
            return
        except MixtroveError as error:
            await refusal(error).response()(scope, receive, send)
            return
        scope["mixtrove.caller"] = found
        await self._app(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        given = headers.get("authorization")
        if given is None:
            if not self._context().tokens_only and _is_here(scope, headers):
                return Caller(self._context().settings.user, "admin", None)
            raise _unknown("send it as Authorization: Bearer …; `mixtrove token create` makes one")
        kind, _, secret = given.partition(" ")
        secret = secret.strip()
        if kind.lower() != "bearer" or not secret or not secret.isascii():
            raise _unknown("the header must be Authorization: Bearer and the token")
        now = time.monotonic()
        key = api_tokens.digest(secret)
        known = self._valid.get(key)
        if known is not None and now - known[0] < REMEMBERED:
            return known[1]
        found = await to_thread.run_sync(self._look_up, secret)
        if found is None:
            self._valid.pop(key, None)
            raise _unknown(
                "this one is unknown, revoked or too old; `mixtrove token list` shows those that hold"
            )
        if len(self._valid) > 10_000:
            self._valid.clear()
        self._valid[key] = (now, found)
        return found

    def _look_up(self, secret: str) -> Caller | None:
        context = self._context()
        if given := context.api.given_tokens().get(secret):
            return Caller(given[0], given[1], f"environment:{api_tokens.digest(secret)[:16]}")
        token = api_tokens.token_of(context.store, secret, datetime.now(UTC))
        if token is None:
            return None
        return Caller(token.user, max(token.scopes, key=SCOPES.index), token.id)

    def _count(self, found: Caller) -> None:
        """Count a token's request; this machine without one is nobody to share with."""
        if found.token_id is None:
            return
        now, most = time.monotonic(), self._context().api.rate
        begin, asked = self._asked.get(found.token_id, (now, 0))
        if now - begin >= MINUTE:
            begin, asked = now, 0
        self._asked[found.token_id] = (begin, asked + 1)
        if asked >= most:
            wait = max(1, round(begin + MINUTE - now))
            raise Refused(
                429, f"this token made {most:,} requests within a minute: go on in {wait} s",
                headers={"Retry-After": str(wait)},
            )  # fmt: skip


async def needs_admin(by: By) -> None:
    """A dependency of handlers that only an admin may use."""
    _require(by, "admin")


ADMIN = Depends(needs_admin)


def _check(found: Caller, method: str) -> None:
    _require(found, "read" if method in _READING else "edit")


def _require(found: Caller, scope: str) -> None:
    if SCOPES.index(found.scope) < SCOPES.index(scope):
        raise Refused(
            403, f"this needs a token with the scope {scope}, this one has {found.scope}: "
            f"`mixtrove token create --scope {scope}` makes one",
        )  # fmt: skip


def _is_here(scope: Scope, headers: Headers) -> bool:
    """Whether a request without a token is this machine's own."""
    client = scope.get("client")
    if client is None or not is_loopback(client[0]) or any(name in headers for name in _PASSED_ON):
        return False
    origin = headers.get("origin")
    try:
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        page = None if origin is None else urlsplit(origin).netloc
    except ValueError:  # such as [
        return False
    if not is_loopback(host) or page not in (None, headers.get("host")):
        return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _unknown(how: str) -> Refused:
    return Refused(401, f"a token is needed: {how}", headers={"WWW-Authenticate": 'Bearer realm="mixtrove"'})
