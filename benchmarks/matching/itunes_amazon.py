"""iTunes-Amazon, the pair benchmark of songs in two shops, in its structured and its dirty form.

The files are tokenised English (``Ca n't``); ``detokenised`` undoes that. In the dirty form the values of
some columns stand behind the song's name: ``Reader`` finds where they begin by the values that other records
have in their own columns. Labels are never looked at while reading. The file ``train`` is the split of that
name, ``valid`` and ``test`` are evaluated.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
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
    r"|(?:19|20)\d\d [A-Z0-9]|‰ ãÑ|Album Only)"
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

    names: re.Pattern[str]  # one or more artists
    albums: frozenset[str]
    genres: frozenset[str]

    @classmethod
    def of(cls, records: list[Record]) -> Reader:
        """A reader that knows the values of these records' own columns."""

        def values(column: str) -> frozenset[str]:
            return frozenset(value for record in records if (value := record.get(column, "")))

        genres = frozenset(
            filter(None, (one.strip() for cell in values("Genre") for one in cell.split(" , ")))
        )
        albums = frozenset(map(_album, values("Album_Name"))) - {""}
        cells = values("Artist_Name")
        artists = cells | {name for cell in cells for name in re.split(r" (?:&|,|feat \.) ", cell)}
        blind = cls(_any_of(artists), albums, genres)
        # What stands behind two songs or more of records without artist is no part of a song's name.
        behind: dict[str, set[str]] = defaultdict(set)
        for record in records:
            if not record.get("Artist_Name") and not blind.text(record).artist:
                for head, tail in _cuts(blind.song(record)):
                    behind[tail].add(squeeze(head))
        repeated = {tail for tail, heads in behind.items() if len(heads) > 1 and " " in tail}
        return cls(_any_of(artists | repeated), albums, genres)

    def song(self, record: Record) -> str:
        """The song's cell without price, time, dates, copyright and genres behind it."""
        song = record.get("Song_Name", "")
        if found := _TAIL.search(song):
            song = song[: found.start()]
        return song if record.get("Genre") else self._without_genre(song)

    def text(self, record: Record) -> Text:
        """Song, artist, album and duration of a record."""
        song, artist, album = self.song(record), record.get("Artist_Name", ""), record.get("Album_Name", "")
        time = _TIME.search(record.get("Time", "")) or _TIME.search(" ".join(record.values()))
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
        """Song, artists and what follows, cut where artists known from elsewhere stand outside brackets."""
        best: tuple[str, str, str] = (song, "", "")
        for head, tail in _cuts(song):
            found = self.names.match(tail)
            if found and len(found[0]) > len(best[1]):
                best = head, found[0], tail[found.end() :].strip()
        return best

    def _without_album(self, song: str) -> tuple[str, str]:
        for head, tail in _cuts(song):
            if _album(tail) in self.albums or (
                len(_album(tail)) > 3 and _album(tail) == squeeze(re.split(r" [(\[] ", head)[0])
            ):
                return head, tail
        return song, ""


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(filter(None, names), key=lambda name: (-len(name), name))
    one = "(?:" + "|".join(map(re.escape, ordered)) + ")(?= |$)"
    return re.compile(f"{one}(?: (?:&|,|feat \\.) {one})*", re.IGNORECASE)


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
