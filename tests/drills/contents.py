"""What is in a home, for comparing one that was disturbed with one that was not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.store import Store


def contents(home: Path, database_url: str | None = None) -> dict[str, Any]:
    """All that a library says, without ids and times, and what the warehouse says of it.

    Args:
        home: the home.
        database_url: of its store, when that is not the file in the home.
    """
    store = Store.open(database_url or f"sqlite:///{home / 'mixtrove.db'}")
    track, play, entry = schema.library_track, schema.track_discovery, schema.tracklist_entry
    mix, want, known = schema.tracklist, schema.want, schema.external_id
    with store.read() as connection:

        def rows(*columns: Any, source: Any) -> list[tuple[Any, ...]]:
            return sorted(map(_plain, connection.execute(sa.select(*columns).select_from(source))), key=repr)

        found = {
            "tracks": rows(
                track.c.identity_key, track.c.artist, track.c.title, track.c.remix, track.c.label,
                track.c.release_date, track.c.duration, track.c.provisional, track.c.discovery_count,
                source=track,
            ),
            "external ids": rows(
                known.c.provider, known.c.external_id, track.c.identity_key, source=known.join(track)
            ),
            "entries": rows(
                mix.c.content_hash, entry.c.position, entry.c.component, entry.c.status, entry.c.skip_reason,
                entry.c.raw_line, source=entry.join(mix),
            ),
            "plays": rows(
                mix.c.content_hash, play.c.track_position, play.c.component, track.c.identity_key,
                play.c.confidence, play.c.identification_method, play.c.reasons,
                source=play.join(mix, play.c.tracklist_id == mix.c.id).join(track),
            ),
            "wants": rows(track.c.identity_key, want.c.priority, want.c.status, source=want.join(track)),
            "want events": rows(
                track.c.identity_key, schema.want_event.c.new_status, schema.want_event.c.new_priority,
                source=schema.want_event.join(want).join(track),
            ),
        }  # fmt: skip
    store.close()
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        found["warehouse"] = warehouse.execute(
            "SELECT basis, entries, plays, tracks, artists, labels, mixes, djs, identified, provisional, "
            "skipped FROM statistics_all_time ORDER BY basis"
        ).fetchall()
    return found


def _plain(row: sa.Row[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
