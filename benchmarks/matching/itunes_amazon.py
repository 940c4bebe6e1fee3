"""iTunes-Amazon, the pair benchmark of songs in two shops, in its structured and its dirty form.

The files are tokenised English (``Ca n't``); ``detokenised`` undoes that. In the dirty form the values of
some columns stand behind the song's name: ``Reader`` finds where they begin by the values that other records
have in their own columns. Labels are never looked at while reading. The file ``train`` is the split of that
name, ``valid`` and ``test`` are evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.matching.pair import Pair, Text, squeeze
from benchmarks.matching.sources import Absent

SETS = {"itunes_amazon structured": "Structured", "itunes_amazon dirty": "Dirty"}
FILES = {"train": "train", "valid": "eval", "test": "eval"}
_FIELD = re.compile(r"COL (\w+) VAL ?(.*?)(?= ?COL \w+ VAL|$)")
_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d\d)(?![\d:])")
# Where the values of other columns begin behind a song's name: price, time, dates, copyrights, genres.
_TAIL = re.compile(
    r"\s(?:\$ \d|\d{1,2}:\d\d(?:\s|$)|\( ?[cCpP] ?\) |\d{1,2}-[A-Z][a-z]{2}-\d\d|[A-Z][a-z]+ \d{1,2} , \d{4}"
    r"|(?:19|20)\d\d [A-Z]|‰ ãÑ)"
)

Record = dict[str, str]


def itunes_amazon_pairs(data: Path, name: str) -> list[Pair]:
    """The pairs of one form, from whichever of its files are there.

    Raises:
        Absent: none of them is there.
    """
    folder = data / "matching" / "itunes_amazon" / SETS[name]
    rows = [
        (split, kind, left, right, label)
        for kind, split in FILES.items()
        if (folder / f"{kind}.txt").exists()
        for left, right, label in _rows(folder / f"{kind}.txt")
    ]
    if not rows:
        raise Absent(f"matching/itunes_amazon/{SETS[name]}")
    reader = Reader.of([record for _, _, left, right, _ in rows for record in (left, right)])
    return [
        Pair(name, split, kind, reader.text(left), reader.text(right), label == "1")
        for split, kind, left, right, label in rows
    ]


def _rows(path: Path) -> list[tuple[Record, Record, str]]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        left, right, label = line.split("\t")
        found.append((_record(left), _record(right), label.strip()))
    return found


def _record(text: str) -> Record:
    return {found[1]: found[2].strip() for found in _FIELD.finditer(text)}


@dataclass(frozen=True)
class Reader:
    """Reads a record with what the columns of all records hold: artists, albums, genres."""

    artists: frozenset[str]
    albums: frozenset[str]
    genres: frozenset[str]

    @classmethod
    def of(cls, records: list[Record]) -> Reader:
        """A reader that knows the values of these records' own columns."""

        def values(column: str) -> frozenset[str]:
            return frozenset(value for record in records if (value := record.get(column, "")))

        genres = {word.strip() for value in values("Genre") for word in value.split(" , ")}
        return cls(values("Artist_Name"), values("Album_Name"), frozenset(filter(None, genres)))

    def text(self, record: Record) -> Text:
        """Song, artist, album and duration of a record."""
        song, artist, album = (record.get(name, "") for name in ("Song_Name", "Artist_Name", "Album_Name"))
        time = _TIME.search(record.get("Time", "")) or _TIME.search(" ".join(record.values()))
        if found := _TAIL.search(song):
            song = song[: found.start()]
        if not record.get("Genre"):
            song = self._without_genre(song)
        if not artist:
            song, artist, rest = self._at_artist(song)
            album = album or rest
        if not album:
            song, album = self._without_album(song)
        return Text(
            detokenised(artist), detokenised(song), album=detokenised(album) or None,
            duration=60.0 * int(time[1]) + int(time[2]) if time else None,
        )  # fmt: skip

    def _without_genre(self, song: str) -> str:
        for head, tail in _cuts(song):
            if all(part.strip() in self.genres for part in tail.strip(" ,").split(" , ")):
                return head
        return song

    def _at_artist(self, song: str) -> tuple[str, str, str]:
        """Song, artist and what follows, cut where an artist of another record stands outside brackets."""
        best = ""
        head = rest = ""
        for before, tail in _cuts(song):
            for name in self.artists:
                if (tail + " ").startswith(name + " ") and len(name) > len(best):
                    head, best, rest = before, name, tail[len(name) :].strip()
        return (head, best, rest) if best else (song, "", "")

    def _without_album(self, song: str) -> tuple[str, str]:
        known = {_album(album) for album in self.albums} - {""}
        for head, tail in _cuts(song):
            if _album(tail) in known or (
                len(_album(tail)) > 3 and _album(tail) == squeeze(re.split(r" [(\[] ", head)[0])
            ):
                return head, tail
        return song, ""


def _cuts(text: str) -> list[tuple[str, str]]:
    """Every way to cut a text at a space that stands outside brackets, the first part shortest first."""
    words = text.split(" ")
    found, depth = [], 0
    for at, word in enumerate(words):
        if at and depth == 0 and word not in (")", "]"):
            found.append((" ".join(words[:at]), " ".join(words[at:])))
        depth += (word in ("(", "[")) - (word in (")", "]"))
    return found


def _album(text: str) -> str:
    """An album's name squeezed, without brackets and what kind of release it is."""
    bare = re.sub(r"\s*[(\[].*$", "", text)
    return squeeze(re.sub(r"\s(?:- )?(?:EP|Single|Deluxe Single)$", "", bare))


def detokenised(text: str) -> str:
    """``I Ca n't ( Live ) , Pt . 2`` as people write it: ``I Can't (Live), Pt. 2``."""
    text = re.sub(r"\s+(n't|'\w+)\b", r"\1", text)
    text = re.sub(r"([(\[])\s+", r"\1", text)
    text = re.sub(r"\s+([)\],.!?;:])", r"\1", text)
    return " ".join(text.replace("``", '"').replace("''", '"').split())
