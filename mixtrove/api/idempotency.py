"""``Idempotency-Key``: a POST that is sent again is answered as the first time, and done once.

After the IETF draft "The Idempotency-Key HTTP Header Field". Not here: keeping answers
(``mixtrove.library.repeated_requests``).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable

import anyio
from anyio import to_thread
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mixtrove.api.context import Caller, Context
from mixtrove.api.limits import BODY
from mixtrove.api.problems import Refused, refusal
from mixtrove.errors import MixtroveError
from mixtrove.library import repeated_requests
from mixtrove.library.repeated_requests import Answered, Earlier

LONGEST = 255
"""Signs of a key at most."""

KEY = re.compile(rf"[!-~]{{1,{LONGEST}}}")

WAIT = 60.0
"""Seconds that a second request waits for the answer to the first."""

_LOOK_AGAIN = 0.05
_KEPT_HEADERS = ("content-type", "location", "etag", "link", "preference-applied")
_MAY_PASS = (401, 403, 408, 429)  # refusals that say nothing of the request itself


class Idempotency:
    """ASGI middleware, inside ``Access`` and ``WholeBody``."""

    def __init__(self, app: ASGIApp, context: Callable[[], Context]) -> None:
        """``context`` has the store in which answers are kept."""
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do a request, or answer it as the first time."""
        key = Headers(scope=scope).get("idempotency-key") if scope["type"] == "http" else None
        if key is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        caller: Caller = scope["mixtrove.caller"]
        try:
            earlier = await self._begin(caller.user, key, _fingerprint(scope))
        except Refused as refused:
            await refused.response()(scope, receive, send)
        except MixtroveError as error:
            await refusal(error).response()(scope, receive, send)
        else:
            if earlier is None:
                await self._first(caller.user, key, scope, receive, send)
            else:
                headers = {**earlier.headers, "Idempotency-Replayed": "true"}
                await Response(earlier.body, earlier.status, headers=headers)(scope, receive, send)

    async def _begin(self, user: str, key: str, fingerprint: str) -> Answered | None:
        """The answer to an earlier request with this key; None when this is the first."""
        if not KEY.fullmatch(key):
            raise Refused(400, f"Idempotency-Key must have 1 to {LONGEST} signs of ASCII, none a space")
        store = self._context().store
        until = time.monotonic() + WAIT
        found: Earlier | None = await to_thread.run_sync(
            repeated_requests.begin, store, user, key, fingerprint
        )
        while found is not None:
            if found.fingerprint != fingerprint:
                raise Refused(
                    422, f"Idempotency-Key {key!r} stands for another request: use a new key for a new one"
                )
            if found.answer is not None:
                return found.answer
            if time.monotonic() > until:
                raise Refused(
                    409, f"the first request with Idempotency-Key {key!r} is still under way: ask again",
                    headers={"Retry-After": "5"},
                )  # fmt: skip
            await anyio.sleep(_LOOK_AGAIN)
            found = await to_thread.run_sync(repeated_requests.earlier, store, user, key)
            if found is None:  # the first one failed: this one is the first now
                found = await to_thread.run_sync(repeated_requests.begin, store, user, key, fingerprint)
        return None

    async def _first(self, user: str, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        store = self._context().store
        status, headers, body = 500, Headers(), bytearray()

        async def noted(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], Headers(raw=message["headers"])
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await to_thread.run_sync(keep)
            await send(message)

        def keep() -> None:
            if status >= 500 or status in _MAY_PASS:
                repeated_requests.forget(store, user, key)
                return
            kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
            repeated_requests.answered(store, user, key, Answered(status, kept, bytes(body)))

        try:
            await self._app(scope, receive, noted)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(repeated_requests.forget, store, user, key)
            raise


def _fingerprint(scope: Scope) -> str:
    """What makes a request this one: address, type and body; a form has another boundary each time."""
    kind, options = parse_options_header(Headers(scope=scope).get("content-type", ""))
    body: bytes = scope[BODY]
    if boundary := options.get(b"boundary"):
        body = body.replace(b"--" + boundary, b"--")
    parts = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"), kind.decode("latin-1"))
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + body).hexdigest()
