"""A scene for the tests of the online lane: a store, a stand-in for all providers, and lines to ask about."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mixtrove.discovery import Online, opened_online
from mixtrove.identify import MatchSummary, match_entries
from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.online import AskSummary, ask_providers
from mixtrove.providers.simulator import Simulator
from mixtrove.settings import Settings, load_settings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "catalogue.csv"
UNKNOWN = "Nobody Ever Heard - Of This {}"

_entry, _play, _track = schema.tracklist_entry, schema.track_discovery, schema.library_track
_retry, _watch, _candidate = schema.retry_entry, schema.line_watch, schema.entry_candidate

Rows = list[dict[str, str]]


def recordings(number: int) -> Rows:
    """Real recordings of the examples, no two of one title."""
    found: dict[str, dict[str, str]] = {}
    with EXAMPLES.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            title = row["title"].casefold()
            if len(title) > 5 and "(" not in title and row["artist"].isascii():
                found.setdefault(title[:12], row)
            if len(found) == number:
                break
    return list(found.values())


def line(row: Mapping[str, str]) -> str:
    """How a tracklist spells a recording."""
    return f"{row['artist']} - {row['title']}"


class Scene:
    """One home, and what was asked from it."""

    def __init__(
        self, home: Path, server: Simulator, patch: pytest.MonkeyPatch, make: Callable[..., Any]
    ) -> None:
        self.server = server
        self.make = make
        self._patch = patch
        patch.setenv("MIXTROVE_HOME", str(home))
        for name, value in server.environment().items():
            patch.setenv(name, value)
        for name in ("MUSICBRAINZ", "DISCOGS", "SPOTIFY", "BEATPORT", "ITUNES"):
            patch.setenv(f"MIXTROVE_{name}_PER_MINUTE", "60000")
        self.store = Store.open(self.settings)

    @property
    def settings(self) -> Settings:
        """As the environment says."""
        return load_settings()

    def only(self, *names: str) -> None:
        """Switch all other providers off."""
        for name in ("musicbrainz", "discogs", "spotify", "beatport", "itunes", "bandcamp"):
            self._patch.setenv(f"MIXTROVE_{name.upper()}_ENABLED", str(name in names))

    @contextmanager
    def online(self) -> Iterator[Online]:
        """The providers, opened as a process does."""
        with opened_online(self.settings) as online:
            yield online

    def ask(self, **options: Any) -> AskSummary:
        """Ask about what is due, in a gateway of its own."""
        with self.online() as online:
            return ask_providers(self.store, online.providers, **options)

    def run(self, **options: Any) -> tuple[AskSummary, MatchSummary]:
        """Ask, then decide."""
        asked = self.ask(**options)
        return asked, match_entries(self.store)

    def statuses(self) -> dict[str, str]:
        """The status of every line."""
        with self.store.read() as connection:
            rows = connection.execute(sa.select(_entry.c.raw_line, _entry.c.status))
            return {row.raw_line: row.status for row in rows}

    def library(self) -> list[tuple[Any, ...]]:
        """What every line was found to be, without what differs from run to run."""
        with self.store.read() as connection:
            rows = connection.execute(
                sa.select(
                    _entry.c.raw_line, _entry.c.status, _play.c.identification_method, _track.c.artist,
                    _track.c.title, _track.c.remix, _track.c.identity_key,
                )
                .outerjoin(_play, _play.c.entry_id == _entry.c.id)
                .outerjoin(_track, _track.c.id == _play.c.library_track_id)
                .order_by(_entry.c.raw_line)
            )  # fmt: skip
            return [tuple(row) for row in rows]

    def queue(self) -> list[tuple[str, str, datetime]]:
        """(provider, line, next time) of every question that waits."""
        with self.store.read() as connection:
            rows = connection.execute(
                sa.select(_retry.c.provider, _entry.c.raw_line, _retry.c.next_at)
                .join(_entry, _entry.c.id == _retry.c.entry_id)
                .order_by(_retry.c.provider, _entry.c.raw_line)
            )
            return [tuple(row) for row in rows]

    def asked(self) -> list[str]:
        """The provider of every request since the last time, without those for tokens."""
        found = [one.provider for one in self.server.received if "token" not in one.path]
        self.server.forget()
        return found

    def time_passes(self, days: float) -> None:
        """Bring every date that something waits for nearer."""
        by = timedelta(days=days)
        with self.store.write() as tx:
            for column in (
                _retry.c.next_at, _watch.c.next_at, _candidate.c.expires_at,
                schema.track_enrichment.c.next_at, schema.track_attribute.c.expires_at,
                schema.purchase_link.c.expires_at,
            ):  # fmt: skip
                table = column.table
                for row in (
                    tx.connection.execute(sa.select(table).where(column.is_not(None))).mappings().all()
                ):
                    mine = [key == row[key.name] for key in table.primary_key.columns]
                    tx.connection.execute(
                        sa.update(table).where(*mine).values({column.name: row[column.name] - by})
                    )

        with closing(sqlite3.connect(self.settings.home / "providers.db")) as connection, connection:
            connection.execute(
                "UPDATE slot SET blocked_until = blocked_until - ?", (by.total_seconds() * 1e6,)
            )

    def close(self) -> None:
        """Close the store."""
        self.store.close()


Begin = Callable[..., Scene]
"""``begin(rows, *lines, **options)``, as the fixture gives it."""


def soon(seconds: float = 0) -> datetime:
    """Now, and so many seconds."""
    return datetime.now(UTC) + timedelta(seconds=seconds)
