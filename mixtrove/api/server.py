"""The server process: listens, serves the application, brings its worker up and down."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI

from mixtrove.api.access import is_loopback
from mixtrove.api.app import create_app
from mixtrove.api.connections import Connection
from mixtrove.api.settings import ApiSettings
from mixtrove.api.worker import WorkerProcess
from mixtrove.errors import BadInput
from mixtrove.library.api_tokens import list_tokens
from mixtrove.library.store import Store

if TYPE_CHECKING:
    from mixtrove.settings import Settings

GRACE = 20
"""Seconds that answers under way have when the server is to end."""

_log = logging.getLogger(__name__)


def serve(
    settings: Settings,
    api: ApiSettings,
    *,
    host: str,
    port: int,
    worker: bool,
    offline: bool,
    tokens_only: bool,
) -> None:
    """Serve until the process is told to end (SIGTERM, Ctrl-C).

    Args:
        settings: of this installation.
        api: of the server.
        host: address to listen at; one that others can reach needs tokens.
        port: 0: any that is free.
        worker: whether to work the queue, too.
        offline: whether the worker asks nobody.
        tokens_only: whether this machine needs a token, too.

    Raises:
        BadInput: the address cannot be used, or anybody could ask there.
        StoreUnavailable: the store cannot be opened.
    """
    if not is_loopback(host):
        _refuse_without_tokens(settings, api, host)
    Store.open(settings).close()  # within uvicorn an error is a traceback
    listening = _listen(host, port)
    helper = WorkerProcess(offline=offline) if worker else None
    app = create_app(settings, api, tokens_only=tokens_only, worker=helper)
    _log.info("listening at http://%s:%d/api/v1", *listening.getsockname()[:2])
    uvicorn.Server(served_by(app)).run(sockets=[listening])


def served_by(app: FastAPI, *, port: int = 8000, log_level: str | None = None) -> uvicorn.Config:
    """How the application is served."""
    return uvicorn.Config(
        app,
        http=Connection,
        port=port,
        log_config=None,  # as the whole process does: mixtrove.logs
        log_level=log_level,
        access_log=False,
        proxy_headers=False,  # who asks is who is connected
        server_header=False,
        lifespan="on",
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE,
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(512)
    except OSError as error:
        raise BadInput(
            f"{host} port {port} cannot be listened at: {error.strerror}; choose another with --port"
        ) from error
    return listening


def _refuse_without_tokens(settings: Settings, api: ApiSettings, host: str) -> None:
    if api.given_tokens():
        return
    store = Store.open(settings)
    try:
        with store.read() as connection:
            if list_tokens(connection):
                return
    finally:
        store.close()
    raise BadInput(
        f"{host} can be reached by others, and there is no token: make one first, with "
        "`mixtrove token create NAME`, or listen at 127.0.0.1"
    )
