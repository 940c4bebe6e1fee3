"""A scene for the tests of notifications: a store in which things happen, and a service that is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.discoveries import EntryDecision, TrackRecord, write_decisions
from mixtrove.library.purchase_links import Link, write_links
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.library.wants import add_want
from mixtrove.matching import Credit
from mixtrove.messaging.channels import EVENTS, Channel, NotifySettings, open_channels
from mixtrove.messaging.notifications import Outcome, send_due
from mixtrove.messaging.noting import note_library

SECRET = "hunter2"


@dataclass
class Service:
    """Takes messages by HTTP, as apprise's ``json://`` sends them."""

    port: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)  # taken, in order
    refused: int = 0
    answer: int = 200  # to the next message
    when_taken: Callable[[], None] | None = None  # is called before a message is answered
    lock: threading.Lock = field(default_factory=threading.Lock)

    def address(self, path: str = "hook") -> str:
        return f"json://me:{SECRET}@127.0.0.1:{self.port}/{path}"

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.got]

    @property
    def text(self) -> str:
        return "\n".join(one["message"] for one in self.got)


@contextmanager
def service() -> Iterator[Service]:
    """A service of its own on a free port."""
    told = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with told.lock:
                taken = told.answer < 300
                if taken:
                    told.got.append(json.loads(body))
                else:
                    told.refused += 1
            if told.when_taken is not None:
                told.when_taken()
            self.send_response(told.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Scene:
    """A store in which things happen, and channels that are told."""

    def __init__(self, store: Store, make: Callable[..., Any], *addresses: str) -> None:
        self.store = store
        self.channels: list[Channel] = open_channels(NotifySettings(urls=" ".join(addresses)))
        self._make = make
        self._mixes = 0
        self.note()  # the first look: what was known before is no news

    def note(self, events: tuple[Any, ...] = EVENTS) -> None:
        note_library(self.store, [one.key for one in self.channels], events, "dj")

    def tell(self, **options: Any) -> list[Outcome]:
        """Note what is new and send it."""
        self.note()
        return send_due(self.store, self.channels, **options)

    def discover(self, number: int, *, start: int = 0, dj: str = "Ben UFO") -> list[str]:
        """A mix of tracks that become known at once; their ids."""
        self._mixes += 1
        lines = [f"Artist {n} - Title {n} (Remix {n})" for n in range(start, start + number)]
        mix = self._make(*lines, dj=dj, title=f"Mix {self._mixes}")
        self.identify(import_tracklist(self.store, mix).tracklist_id)
        with self.store.read() as connection:
            play = schema.track_discovery
            rows = connection.execute(sa.select(play.c.library_track_id).order_by(play.c.entry_id))
            return list(rows.scalars())[-number:]

    def identify(self, tracklist_id: str) -> None:
        """Everything of a mix that is pending is what its lines say."""
        entry = schema.tracklist_entry
        with self.store.read() as connection:
            rows = connection.execute(
                sa.select(entry).where(entry.c.tracklist_id == tracklist_id, entry.c.status == "pending")
            ).mappings().all()  # fmt: skip
        write_decisions(self.store, [self.decision(row) for row in rows])

    @staticmethod
    def decision(row: Any) -> EntryDecision:
        title = f"{row['title']} ({row['version']})" if row["version"] else row["title"]
        record = TrackRecord("catalogue", row["id"], Credit.parse(" & ".join(row["artists"]), title))
        return EntryDecision(
            row["id"], "identified", method="catalogue", track=record, confidence=1.0, reasons=("agree",)
        )

    def want(self, track: str, **wish: Any) -> str:
        with self.store.write() as tx:
            return add_want(tx, "dj", track, **wish)

    def offer(self, track: str, price: str | None, *, shop: str = "beatport", hours: float = 2) -> None:
        until = datetime.now(UTC) + timedelta(hours=hours)
        amount = None if price is None else Decimal(price)
        link = Link(shop, f"https://{shop}.test/{track[-4:]}", "offer", amount, "EUR", None, until)
        with self.store.write() as tx:
            write_links(tx, track, [(link, tx.now)])

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        table = schema.notification
        with self.store.read() as connection:
            return [
                tuple(row)
                for row in connection.execute(
                    sa.select(*(table.c[name] for name in columns)).order_by(table.c.id)
                )
            ]

    def time_passes(self, seconds: float) -> None:
        """Channels that failed were tried so much earlier."""
        table = schema.notification_channel
        with self.store.write() as tx:
            for row in tx.connection.execute(sa.select(table)).all():
                if row.next_at is not None:
                    tx.connection.execute(
                        sa.update(table)
                        .where(table.c.channel == row.channel)
                        .values(next_at=row.next_at - timedelta(seconds=seconds))
                    )
