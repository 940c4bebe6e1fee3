"""An installation in a temporary home that asks the stand-in: for ``providers.py``.

Not here: which lines are asked about, and what is measured.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mixtrove.discovery import opened_online
from mixtrove.identify import match_entries
from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.matching import Credit
from mixtrove.online import AskSummary, ask_providers
from mixtrove.providers.budget import Budget
from mixtrove.providers.provider import Provider
from mixtrove.providers.recording import Found
from mixtrove.providers.simulator import Simulator, simulate
from mixtrove.settings import load_settings

PROVIDERS = "beatport", "discogs", "itunes", "musicbrainz", "spotify"

_entry, _play, _track = schema.tracklist_entry, schema.track_discovery, schema.library_track
_retry, _watch = schema.retry_entry, schema.line_watch

Line = dict[str, Any]


class Home:
    """One installation, and the stand-in that it asks."""

    def __init__(self, folder: Path, server: Simulator) -> None:
        """A new one in this folder; the environment of this process is its settings."""
        for name in [name for name in os.environ if name.startswith("MIXTROVE_")]:
            del os.environ[name]
        os.environ |= {
            "MIXTROVE_HOME": str(folder),
            **server.environment(),
            "MIXTROVE_BANDCAMP_ENABLED": "false",
        }
        os.environ |= {f"MIXTROVE_{name.upper()}_PER_MINUTE": "100000" for name in PROVIDERS}
        self.server = server
        self.settings = load_settings()
        self.store = Store.open(self.settings)
        self.seconds: Counter[int] = Counter()  # in calls about a line, by its budget
        self._budgets: list[Budget] = []  # kept, so that each has a number of its own
        self._lock = threading.Lock()
        self.cache_hits = 0

    def run(self) -> AskSummary:
        """Ask about what is due, and decide, with a gateway of its own as a new process has."""
        with opened_online(self.settings) as online:
            watched = {name: Timed(one, self) for name, one in online.ready.items()}
            summary = ask_providers(self.store, watched)  # type: ignore[arg-type]
            self.cache_hits += sum(use.cache_hits for use in online.gateway.summary().values())
        match_entries(self.store)
        return summary

    def lines(self) -> list[Line]:
        """Every entry with its status and, where it is identified, its track."""
        query = (
            sa.select(
                _entry.c.id, _entry.c.raw_line, _entry.c.line_key, _entry.c.status,
                _play.c.identification_method, _play.c.metadata_sources, _play.c.reasons,
                _track.c.identity_key, _track.c.artist, _track.c.title, _track.c.remix, _track.c.label,
                _track.c.release_date, _track.c.duration, _track.c.isrcs,
            )
            .outerjoin(_play, _play.c.entry_id == _entry.c.id)
            .outerjoin(_track, _track.c.id == _play.c.library_track_id)
            .order_by(_entry.c.raw_line, _entry.c.id)
        )  # fmt: skip
        with self.store.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def open_lines(self) -> tuple[set[str], set[str], int]:
        """Ids of entries with a question in the queue; keys of lines that everybody was asked about or has in
        the queue; how many questions are in the queue twice."""
        with self.store.read() as connection:
            queued = connection.execute(sa.select(_retry.c.entry_id, _retry.c.provider)).all()
            asked = connection.execute(sa.select(_watch.c.line_key, _watch.c.asked)).all()
        everybody = {row.line_key for row in asked if set(PROVIDERS) <= set(row.asked.split())}
        return {row.entry_id for row in queued}, everybody, len(queued) - len(set(queued))

    def states(self) -> dict[str, int]:
        """How many lines are identified, answered by all without that, or wait in the queue."""
        queued, _, _ = self.open_lines()
        names = (
            line["status"] + (", queued" if line["id"] in queued and line["status"] != "identified" else "")
            for line in self.lines()
        )
        return dict(Counter(names))

    def wrong(self, expected: int) -> int:
        """Lines that are missing, were taken for two tracks, or wait for nobody; tracks and questions that
        are there twice."""
        lines = self.lines()
        _, everybody, twice = self.open_lines()
        forgotten = [
            line
            for line in lines
            if line["status"] not in ("identified", "provisional")
            or (line["status"] == "provisional" and line["line_key"] not in everybody)
        ]
        with self.store.read() as connection:
            tracks = connection.execute(sa.select(_track.c.identity_key, _track.c.disambiguator)).all()
        plays = len(lines) - len({line["id"] for line in lines})
        return abs(len(lines) - expected) + plays + len(forgotten) + twice + len(tracks) - len(set(tracks))

    def took(self, budget: Budget, seconds: float) -> None:
        """Note what a call about the line with this budget took, waiting for a slot included."""
        with self._lock:
            self._budgets.append(budget)
            self.seconds[id(budget)] += seconds

    @property
    def longest(self) -> float:
        """Seconds that calls about one line in one run took, at most."""
        return round(max(self.seconds.values(), default=0.0), 2)

    def a_day_passes(self) -> None:
        """Bring nearer what waits in the queue or for a provider that is left alone."""
        with self.store.write() as tx:
            for row in tx.connection.execute(sa.select(_retry.c.id, _retry.c.next_at)).all():
                nearer = row.next_at - timedelta(days=1.1)
                tx.connection.execute(sa.update(_retry).where(_retry.c.id == row.id).values(next_at=nearer))
        with closing(sqlite3.connect(self.settings.home / "providers.db")) as connection, connection:
            connection.execute("UPDATE slot SET blocked_until = max(0, blocked_until - 95040000000)")


class Timed:
    """A provider, and the time that asking it takes."""

    def __init__(self, provider: Provider, home: Home) -> None:
        """The seconds are noted with ``home``."""
        self._provider = provider
        self._home = home

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def search(self, credit: Credit, *, budget: Budget) -> Found:
        """As the provider does."""
        started = time.perf_counter()
        try:
            return self._provider.search(credit, budget=budget)
        finally:
            self._home.took(budget, time.perf_counter() - started)


@contextmanager
def home(data: Path, coverage: dict[str, float] | None = None) -> Iterator[Home]:
    """A new installation before a stand-in that answers without quotas."""
    with (
        tempfile.TemporaryDirectory() as folder,
        simulate(
            data / "catalogue_176k.csv.gz", quotas=dict.fromkeys(PROVIDERS), coverage=coverage
        ) as server,
    ):
        opened = Home(Path(folder), server)
        with closing(opened.store):
            yield opened
