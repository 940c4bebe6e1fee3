"""Figures of the server for Prometheus, by route: addresses that differ in an id only are one.

Not here: figures of the installation (``installation.py``).
"""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REGISTRY = CollectorRegistry()

_requests = Counter(
    "mixtrove_api_requests", "Requests answered", ["method", "route", "status"], registry=REGISTRY
)
_seconds = Histogram(
    "mixtrove_api_request_seconds",
    "Seconds to the last byte",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
    registry=REGISTRY,
)
_open = Gauge("mixtrove_api_requests_open", "Requests that are being answered", registry=REGISTRY)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Measured:
    """ASGI middleware: counts requests and their times."""

    def __init__(self, app: ASGIApp) -> None:
        """Around ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        begin = time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        _open.inc()
        try:
            await self._app(scope, receive, noted)
        finally:
            _open.dec()
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = getattr(scope.get("route"), "path", "none").replace(":uuid}", "}")
            _requests.labels(method, route, str(status)).inc()
            _seconds.labels(method, route).observe(time.perf_counter() - begin)
