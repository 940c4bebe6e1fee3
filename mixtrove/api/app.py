"""The application: routes, what lies around them, and the OpenAPI document."""

from __future__ import annotations

import importlib
import importlib.metadata
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from mixtrove.api.access import Access
from mixtrove.api.context import Context
from mixtrove.api.editing import nothing_passed_over
from mixtrove.api.idempotency import Idempotency
from mixtrove.api.installation import Installation
from mixtrove.api.limits import SecureHeaders, WholeBody
from mixtrove.api.metrics import Measured
from mixtrove.api.openapi import described
from mixtrove.api.problems import handle_errors
from mixtrove.api.routes import discovery, library, review, service, tracklists, wants
from mixtrove.api.settings import ApiSettings
from mixtrove.api.statistics_cache import StatisticsCache
from mixtrove.database.opening import CONNECTIONS
from mixtrove.library.store import Store

if TYPE_CHECKING:
    from mixtrove.api.worker import WorkerProcess
    from mixtrove.settings import Settings

PREFIX = "/api/v1"

FIRST = 0.5
"""Seconds that the server has for itself, before its worker starts and what is used later is imported."""


def create_app(
    settings: Settings,
    api: ApiSettings,
    *,
    tokens_only: bool = False,
    worker: WorkerProcess | None = None,
) -> FastAPI:
    """The application. The store is opened when it starts, and closed when it ends.

    Args:
        settings: of this installation.
        api: of the server.
        tokens_only: whether requests of this machine need a token, too.
        worker: works the queue for as long as the application lives.

    Raises:
        BadInput: a setting cannot be used.
    """
    api.given_tokens()  # what cannot be used is said before anybody is served

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = CONNECTIONS
        store = Store.open(settings)
        cache = StatisticsCache(settings.warehouse_path, _redis(settings))
        context = Context(settings, api, store, cache, Installation(settings, store, cache), tokens_only)
        app.state.context = context
        later = threading.Timer(FIRST, _beside, [worker])
        later.daemon = True
        later.start()
        if worker is not None:
            context.wake, context.worker = worker.wake, worker.state
        try:
            yield
        finally:
            later.cancel()
            if worker is not None:
                worker.stop()
            store.close()

    app = FastAPI(
        title="mixtrove",
        version=importlib.metadata.version("mixtrove"),
        lifespan=living,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # its page comes from somebody else's server
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[
            Depends(HTTPBearer(auto_error=False, description="`mixtrove token create` makes one")),
            Depends(nothing_passed_over),
        ],
    )
    for group in (tracklists, library, wants, discovery, review, service):
        app.include_router(group.router, prefix=PREFIX)
    handle_errors(app)

    def shared() -> Context:
        found: Context = app.state.context
        return found

    # the last one added is the outermost
    app.add_middleware(Idempotency, context=shared)
    app.add_middleware(WholeBody, context=shared)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(Access, context=shared)
    if api.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(api.origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                *("Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "Prefer")
            ],
            expose_headers=[
                *("ETag", "Link", "Location", "Retry-After", "Idempotency-Replayed", "Preference-Applied")
            ],
        )
    app.add_middleware(SecureHeaders)
    app.add_middleware(Measured)
    app.openapi = lambda: described(app)  # type: ignore[method-assign]
    return app


def _beside(worker: WorkerProcess | None) -> None:
    """Start the worker, and import what handlers import on first use."""
    if worker is not None:
        worker.start()
    for name in ("discovery", "shopping", "warehouse.read"):
        importlib.import_module(f"mixtrove.{name}")


def _redis(settings: Settings) -> Any:
    """The client of the Redis of the settings; None when there is none."""
    if settings.redis_url is None:
        return None
    from mixtrove.providers.redis_server import connect

    return connect(settings.redis_url.get_secret_value())
