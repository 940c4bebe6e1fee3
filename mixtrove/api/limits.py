"""What a request may be: so large, so slow, and what every answer says to browsers."""

from __future__ import annotations

from collections.abc import Callable

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mixtrove.api.context import Context
from mixtrove.api.problems import Refused, fault

BODY = "mixtrove.body"
"""Under this name a request's scope has its body, all of it."""

SECURE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer, as OWASP's cheat sheet on REST security names them."""


class SecureHeaders:
    """ASGI middleware: every answer has ``SECURE``, unless it says otherwise itself; also that to a fault."""

    def __init__(self, app: ASGIApp) -> None:
        """Around ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURE.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, with_headers)
        except Exception as error:
            if begun:
                raise  # the connection is closed, so that nobody takes half an answer for a whole one
            await fault(scope["method"], scope["path"], error)(scope, receive, with_headers)


class WholeBody:
    """ASGI middleware: waits for the whole body, refuses one that is too large or comes too slowly."""

    def __init__(self, app: ASGIApp, context: Callable[[], Context]) -> None:
        """``context`` says how much and how long."""
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then let the request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "content-length" not in headers and "transfer-encoding" not in headers:
            scope[BODY] = b""
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(headers, receive)
        except Refused as refused:
            await refused.response()(scope, receive, send)
            return
        if body is None:
            return
        scope[BODY] = body
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes | None:
        """The body; None when the client went away."""
        api = self._context().api
        too_large = Refused(
            413, f"the body has more than {api.max_body:,} bytes (MIXTROVE_API_MAX_BODY): send it in parts",
            headers={"Connection": "close"},
        )  # fmt: skip
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > api.max_body:
            raise too_large
        body = bytearray()
        with anyio.move_on_after(api.body_seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > api.max_body:
                    raise too_large
                if not message.get("more_body", False):
                    return bytes(body)
        raise Refused(
            408, f"the body did not arrive within {api.body_seconds:g} s: send it faster, or in parts",
            headers={"Connection": "close"},
        )  # fmt: skip
