"""The real names, titles, versions and labels of the data folder with how often each is there.

Only rows and lines of a plain form are read (``benchmarks.matching.crude``), so that what a name or a
version is is beyond doubt. Making more names out of these is ``pools.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.matching.crude import Track, read, read_line, version_name
from benchmarks.matching.pair import squeeze
from benchmarks.matching.sources import Absent, catalogue_rows, mix_lines

_SEPARATOR = re.compile(r"\s+(?:&|vs\.?|x)\s+|,\s+", re.I)
_NO_LABEL = re.compile(
    r"\bre-?(?:mix|lift|work|edit|fix)|\b(?:mix|edit|dub|bootleg)\b", re.I
)  # a version in a box
_NAMED = frozenset(("remix", "rework", "refix", "edit", "bootleg", "flip", "dub", "vip", "instrumental"))


@dataclass
class Real:
    """What was found, each with its count."""

    names: Counter[str] = field(default_factory=Counter)
    titles: Counter[str] = field(default_factory=Counter)
    remixers: Counter[str] = field(default_factory=Counter)
    plain_versions: Counter[str] = field(default_factory=Counter)  # versions that name nobody; "" is none
    tails: Counter[str] = field(default_factory=Counter)  # what follows a remixer's name: `` Remix``
    labels: Counter[str] = field(default_factory=Counter)
    albums: Counter[str] = field(default_factory=Counter)
    separators: Counter[str] = field(default_factory=Counter)  # between two artists
    artists_a_track: Counter[int] = field(default_factory=Counter)
    tracks: int = 0
    rows: int = 0  # those that are a catalogue's, not a line's
    first_versions: Counter[str] = field(
        default_factory=Counter
    )  # of catalogue rows: plain text, "" or a tail
    with_guest: int = 0
    with_label: int = 0


def read_folder(data: Path) -> Real:
    """What the folder's catalogues and, where there are some, its mixes hold.

    Raises:
        Absent: there is no catalogue.
    """
    rows = catalogue_rows(data)
    if not rows:
        raise Absent("*catalogue*.csv.gz")
    real = Real()
    for row in rows:
        real.albums[row.get("album") or ""] += 1
        track = read(row["artist"], row["title"], label=row.get("label"))
        if track is not None:
            real.rows += 1
            _count(real, track, of_catalogue=True)
    for line in mix_lines(data):
        track = read_line(line.raw)
        if track is not None:
            _count(real, track, of_catalogue=False)
    del real.albums[""]
    return real


def _count(real: Real, track: Track, *, of_catalogue: bool) -> None:
    real.tracks += 1
    for name in track.names:
        if len(squeeze(name)) > 1 and "/" not in name:
            real.names[name] += 1
    real.titles[track.base] += 1
    real.artists_a_track[min(len(track.names), 3)] += 1
    real.with_guest += bool(track.featured)
    real.separators.update(_SEPARATOR.findall(track.head))
    if track.label and not _NO_LABEL.search(track.label):
        real.with_label += 1
        real.labels[track.label] += 1
    remixer, tail = taken_apart(track.version or "")
    if remixer:
        real.remixers[remixer] += 1
        real.tails[tail] += 1
    else:
        real.plain_versions[tail] += 1
    if of_catalogue:
        real.first_versions["{}" + tail if remixer else tail] += 1


def taken_apart(version: str) -> tuple[str, str]:
    """Remixer and the rest of ``Four Tet Remix``; "" and all of it when nobody is named for certain."""
    name, head = version_name(version)
    person = re.search(r"[^\W\d_]{2}", name) and not re.search(r"['’(\[\d]", name) and len(name.split()) <= 4
    if head in _NAMED and person and version.startswith(name + " "):
        return name, version[len(name) :]
    return "", version
