"""Every row of a published warehouse, so that two of them can be put beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mixtrove.warehouse import read

FACTS = """
SELECT
    day, entry_id, mix.tracklist_id, track.track_id, status, is_first, confidence, method, waiting_line,
    dj.key, source.key, label.key, genre.key, providers.key,
    (
        SELECT list(key ORDER BY key)
        FROM work.names
        WHERE number = facts.artist_no OR list_contains(facts.guest_nos, number)
    )
FROM "{table}" AS facts
JOIN work.mix_keys AS mix USING (mix_no)
LEFT JOIN work.track_keys AS track USING (track_no)
LEFT JOIN work.names AS dj ON dj.number = facts.dj_no
LEFT JOIN work.names AS source ON source.number = facts.source_no
LEFT JOIN work.names AS label ON label.number = facts.label_no
LEFT JOIN work.names AS genre ON genre.number = facts.genre_no
LEFT JOIN work.names AS providers ON providers.number = facts.providers_no
"""
"""Facts with names and ids in the place of numbers, which every full build gives anew."""


def content(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that analysts see, in an order that does not depend on the build."""
    with read.open_published(path) as connection:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' "
                "AND database_name = current_database() AND table_name <> '_meta'"
            ).fetchall()
        ]
        queries = {
            name: FACTS.format(table=name) if name.startswith("plays_by_") else f'FROM "{name}"'
            for name in names
        }
        return {
            name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in queries.items()
        }
