"""A server on loopback and a client of it, for the tests of the REST API; with a worker when asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Unpack

import httpx
import uvicorn
from fastapi import FastAPI

from mixtrove.api.app import create_app
from mixtrove.api.server import served_by
from mixtrove.api.settings import ApiSettings
from mixtrove.api.shapes.asked import MixAsked
from mixtrove.catalogue.build import build_catalogue
from mixtrove.client import Client
from mixtrove.library.api_tokens import Scope, create_token
from mixtrove.library.store import Store
from mixtrove.requested import work_queue
from mixtrove.settings import Settings
from mixtrove.warehouse.refresh import refresh

CATALOGUE = """id,artist,title,label
x:1,Eric Prydz,Opus,Pryda
x:2,Eric Prydz,Opus (Four Tet Remix),Pryda
x:3,Moby,Go,Instinct
x:4,Ten Walls,Walking with Elephants,Innervisions
"""

MIX = """1. Eric Prydz - Opus (Four Tet Remix)
2. Moby - Go
3. Nobody - Never Heard
4. ID - ID
"""


@dataclass
class Served:
    """A running server."""

    settings: Settings
    address: str
    client: Client
    app: FastAPI
    others: list[Client] = field(default_factory=list)

    def token(self, user: str = "dj", scope: Scope = "edit") -> str:
        """A new token."""
        store = Store.open(self.settings)
        with store.write() as tx:
            _, secret = create_token(tx, user, name="test", scopes=[scope])
        store.close()
        return secret

    def as_user(self, user: str, scope: Scope = "edit") -> Client:
        """A client of another user."""
        client = Client(self.address, token=self.token(user, scope))
        self.others.append(client)
        return client

    def work(self) -> None:
        """Do the jobs that wait, and bring the warehouse up to date, as the worker does."""
        store = Store.open(self.settings)
        for _ in work_queue(store, self.settings):
            pass
        refresh(store, self.settings)
        store.close()

    def get(self, path: str, **options: object) -> httpx.Response:
        """The answer to a GET, whatever it is."""
        return self.client.http.get(f"/api/v1{path}", **options)  # type: ignore[arg-type]

    def post(self, path: str, **options: object) -> httpx.Response:
        """The answer to a POST, whatever it is."""
        return self.client.http.post(f"/api/v1{path}", **options)  # type: ignore[arg-type]

    def discovered(self, text: str = MIX, **mix: Unpack[MixAsked]) -> str:
        """Import a mix and discover its tracks; its id."""
        tracklist_id = self.client.import_tracklist(text, **mix).tracklist_id
        self.client.discover_tracks(tracklist_id, wait=0)
        self.work()
        return tracklist_id


@contextmanager
def served(
    home: Path, database_url: str | None = None, *, tokens_only: bool = False, **api: object
) -> Iterator[Served]:
    """A server in a thread of this process, with the small catalogue; ended with the block."""
    rows = home / "rows.csv"
    home.mkdir(parents=True, exist_ok=True)
    rows.write_text(CATALOGUE)
    settings = Settings(home=home, database_url=database_url)
    if not settings.catalogue_dir.exists():
        build_catalogue([rows], settings.catalogue_dir)
    app = create_app(settings, ApiSettings(**api), tokens_only=tokens_only)  # type: ignore[arg-type]
    server = uvicorn.Server(served_by(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < until
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    try:
        with Client(address) as client:
            found = Served(settings, address, client, app)
            if tokens_only:
                client.http.headers["Authorization"] = f"Bearer {found.token(scope='admin')}"
            yield found
            for one in found.others:
                one.http.close()
    finally:
        server.should_exit = True
        thread.join(30)
