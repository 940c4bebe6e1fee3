"""Reading the data folder: mixes, radio shows, catalogues. Every file may be absent.

What the lines mean is read by ``crude.py``.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """A raw line, the mix it stands in, and the id its source gives the track."""

    mix: str
    raw: str
    track_id: str | None


class Absent(Exception):
    """A file that a set needs is not in the folder; the set is reported as absent."""


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for text in stream:
            yield json.loads(text)


def mix_lines(data: Path) -> list[Line]:
    """The lines of ``tracklists/mixesdb.jsonl.gz``; the id is a video's. Empty when the file is absent."""
    path = data / "tracklists" / "mixesdb.jsonl.gz"
    if not path.exists():
        return []
    found = []
    for mix in _objects(path):
        videos = mix.get("youtube_ids") or [None] * len(mix["lines"])
        found += [Line(str(mix["id"]), raw, video) for raw, video in zip(mix["lines"], videos, strict=False)]
    return found


def radio_lines(data: Path) -> list[Line]:
    """The lines of ``tracklists/radio_shows.jsonl.gz``; the id is the show's own. Empty when absent."""
    path = data / "tracklists" / "radio_shows.jsonl.gz"
    if not path.exists():
        return []
    return [
        Line(str(show["id"]), one["line"], one.get("track_id"))
        for show in _objects(path)
        for one in show["lines"]
    ]


def catalogue_rows(data: Path) -> list[dict[str, str]]:
    """The rows of every ``*catalogue*.csv.gz``, with an ``id``; rows without artist or title are left out."""
    found = []
    for path in sorted(data.glob("*catalogue*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if (row.get("artist") or "").strip() and (row.get("title") or "").strip():
                    identity = row.get("id") or f"{row.get('source')}:{row.get('source_id')}"
                    found.append({**{k: v for k, v in row.items() if k and v}, "id": identity})
    return found
