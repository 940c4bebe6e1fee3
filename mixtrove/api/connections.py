"""Connections: those that ask nothing, or take no answer, keep nobody else out.

uvicorn waits for a first request, for the end of a header and for a reader as long as they like. Here a
header has to come within seconds, an answer has to be taken, and where places are scarce a connection that
asks nothing gives way. Not here: how large and slow a body may be (``limits.py``).
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mixtrove.api.limits import SECURE
from mixtrove.api.problems import Refused


class Connection(HttpToolsProtocol):
    """One connection of uvicorn's, with limits."""

    header_seconds = 10.0  # within which a request's header has to be there
    stalled_seconds = 30.0  # for which nothing of an answer may be taken
    most = 1_000
    most_of_one = 200  # from one address, which may be a proxy's

    def __init__(self, *given: Any, **named: Any) -> None:
        """As uvicorn makes it."""
        super().__init__(*given, **named)
        self._header: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._begun = False  # whether a request began to arrive
        self._since = self.loop.time()  # it has asked nothing

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a header; make place when there is none."""
        super().connection_made(transport)
        self._await_header()
        open_ = [
            one for one in self.connections if isinstance(one, Connection) and not one.transport.is_closing()
        ]
        own = [one for one in open_ if one.address == self.address]
        if len(own) > self.most_of_one:
            self._make_place(own, f"{self.most_of_one:,} connections of {self.address} are")
        elif len(open_) > self.most:
            self._make_place(open_, f"{self.most:,} connections are")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        super().connection_lost(exc)
        self._stop_waiting()
        self._stop_stalling()

    def data_received(self, data: bytes) -> None:
        """Take in what came; what is no whole header is waited for so long and no longer."""
        super().data_received(data)
        if self._header is None and self.is_idle and not self.transport.is_closing():
            self._await_header()

    def on_message_begin(self) -> None:
        """A request begins to arrive."""
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request can be answered."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """A request ended."""
        self._since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Whoever asked does not read: for so long and no longer."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Whoever asked reads again."""
        super().resume_writing()
        self._stop_stalling()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(Refused(400, "this is no request of HTTP/1.1: send one"))

    @property
    def address(self) -> str:
        """Where it comes from."""
        return self.client[0] if self.client else ""

    @property
    def is_idle(self) -> bool:
        """Whether no request of it is under way."""
        return (self.cycle is None or self.cycle.response_complete) and not self.pipeline

    def _stop_waiting(self) -> None:
        if self._header is not None:
            self._header.cancel()
            self._header = None

    def _stop_stalling(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _await_header(self) -> None:
        self._header = self.loop.call_later(self.header_seconds, self._too_slow)

    def _too_slow(self) -> None:
        self._header = None
        if not self._begun:  # it said nothing at all
            self.transport.close()
        else:
            self._refuse(
                Refused(408, f"the header did not arrive within {self.header_seconds:g} s: send it faster")
            )

    def _make_place(self, among: list[Connection], what: str) -> None:
        """Close the connection that has asked nothing for the longest time; else this one is told to wait."""
        waiting = [one for one in among if one is not self and one.is_idle]
        if waiting:
            min(waiting, key=lambda one: one._since).transport.close()
            return
        busy = Refused(
            503, f"{what} being answered: come again", headers={"Retry-After": "1", "Connection": "close"}
        )

        async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
            answer = busy.response()
            answer.headers.update(SECURE)
            await answer(scope, receive, send)

        self.app = refuse

    def _refuse(self, refused: Refused) -> None:
        """Answer without a request that could be answered, and close."""
        if self.transport.is_closing():
            return
        answer = refused.response()
        answer.headers.update({**SECURE, "Connection": "close"})
        lines = [name + b": " + value + b"\r\n" for name, value in answer.raw_headers]
        self.transport.write(b"".join([STATUS_LINE[refused.status], *lines, b"\r\n", bytes(answer.body)]))
        self.transport.close()
