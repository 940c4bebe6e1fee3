"""SQLite FTS5: any of the words of artist and title, the best by bm25; words without accents (unicode61)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks.offline.peers import TOP, Found, cleaned

_CREATE = """
CREATE TABLE recording (number INTEGER PRIMARY KEY, id TEXT, text TEXT);
CREATE VIRTUAL TABLE word USING fts5(
    text, content='recording', content_rowid='number', tokenize="unicode61 remove_diacritics 2"
);
"""
_SEARCH = """
SELECT id, text FROM recording
JOIN (SELECT rowid AS number, rank FROM word WHERE word MATCH ? ORDER BY rank LIMIT ?) USING (number)
ORDER BY rank
"""


class Fts5:
    """A database of texts."""

    def build(self, batches: Iterator[pl.DataFrame], folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "words.sqlite")
        self._connection.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-400000;"
        )
        self._connection.executescript(_CREATE)
        for batch in batches:
            rows = batch.select("id", pl.concat_str("artist", "title", separator=" ")).iter_rows()
            self._connection.executemany("INSERT INTO recording (id, text) VALUES (?, ?)", rows)
        self._connection.execute("INSERT INTO word(word) VALUES ('rebuild')")
        self._connection.commit()

    def search(self, text: str) -> Found:
        words = dict.fromkeys(re.findall(r"\w+", cleaned(text).replace("_", " ")))
        if not words:
            return []
        asked = " OR ".join(f'"{word}"' for word in words)
        return [(identity, found) for identity, found in self._connection.execute(_SEARCH, (asked, TOP))]
