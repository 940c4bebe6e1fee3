"""The music that the stand-in knows: read from a catalogue, and completed with plausible values.

What the catalogue lacks (ISRC, BPM, key, genre, label, catalogue number, date, price) is drawn from the id of
its row, so that every run says the same. Not here: how a provider words it, and searching.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mixtrove.errors import BadInput
from mixtrove.providers.simulator.numbers import (
    Numbering,
    Seeds,
    below,
    chance,
    id_of,
    one_of,
    seed_of,
)

GENRES: tuple[tuple[str, int], ...] = (
    ("House", 124), ("Deep House", 121), ("Tech House", 127), ("Techno (Peak Time / Driving)", 134),
    ("Melodic House & Techno", 123), ("Drum & Bass", 174), ("UK Garage / Bassline", 132),
    ("Breaks / Breakbeat / UK Bass", 130), ("Electronica", 110), ("Afro House", 122), ("Trance", 138),
    ("Minimal / Deep Tech", 126), ("Nu Disco / Disco", 118), ("140 / Deep Dubstep / Grime", 140),
)  # fmt: skip
"""Genres as Beatport names them, with a usual BPM."""

KEYS: tuple[tuple[str, int, str], ...] = tuple(
    (f"{letter} {chord}", number, side)
    for chord, side, letters in (
        ("Minor", "A", ("Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "Db")),
        ("Major", "B", ("B", "F#", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E")),
    )
    for number, letter in enumerate(letters, start=1)
)
"""Name, Camelot number and Camelot letter."""

_LABEL_WORDS = (
    "Northern", "Concrete", "Signal", "Paper", "Harbour", "Velvet", "Granite", "Lantern", "Orbit", "Copper",
    "Meadow", "Static", "Ivory", "Tidal", "Midnight", "Parallel", "Amber", "Hollow", "Silver", "Delta",
)  # fmt: skip
_LABEL_KINDS = ("Records", "Recordings", "Music", "Trax", "Sounds")
_REMIXERS = (
    "Kestrel", "Mira Holt", "Odd Numbers", "Low Tide", "Sable", "Juno Park", "North Quay", "Ferric",
    "Tom Arden", "Lila Voss", "Second Floor", "Night Ferry",
)  # fmt: skip

_WORDS = (
    "remix|mix|edit|dub|version|vip|rework|bootleg|flip|instrumental|refix|rmx|remake|mashup|acapella|reprise"
)
_VERSION = re.compile(
    rf"^(?P<title>\S.*?)\s*(?:[(\[](?P<bracket>[^()\[\]]*\b(?:{_WORDS})\b[^()\[\]]*)[)\]]"
    rf"|\s-\s(?P<tail>[^()\[\]]*\b(?:{_WORDS})\b[^()\[\]]*))$",
    re.IGNORECASE,
)
_MAKER = re.compile(
    r"^(?P<name>.+?)(?:['’]s?)?\s+(?:\w+\s+)?(?:remix|rework|edit|bootleg|flip|refix|rmx|remake|dub|mix)$",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    ("original", "extended", "radio", "club", "vocal", "dub", "long", "short", "main", "full", "single",
     "album", "12", "7", "video", "tv")
)  # fmt: skip
_BETWEEN_ARTISTS = re.compile(r"(\s*,\s+|\s+(?:feat\.?|ft\.?|featuring|vs\.?)\s+)", re.IGNORECASE)
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b(?:-(\d\d)(?:-(\d\d))?)?")
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Song:
    """One recording, on one release."""

    row: int
    id: str
    artist: str
    title: str  # with its version, as the catalogue has it
    album: str  # empty for a single
    seed: int
    release_seed: int  # the same for all songs of a release
    links: tuple[str, ...] = ()
    given_isrc: str = ""  # what the catalogue says; empty: nothing
    given_label: str = ""
    given_catalog_number: str = ""
    given_year: str = ""
    given_duration: str = ""

    @property
    def artists(self) -> list[str]:
        """The single artists. A name with ``&`` is a band's."""
        return credited(self.artist)[::2]

    @property
    def parts(self) -> tuple[str, str]:
        """Base title and version (empty for the original)."""
        return title_and_version(self.title)

    @property
    def with_brackets(self) -> str:
        """The title with its version in brackets."""
        title, version = self.parts
        return f"{title} ({version})" if version else title

    @property
    def release_title(self) -> str:
        """The album, or the title of the single without its version."""
        return self.album or self.parts[0]

    @property
    def remixer(self) -> str | None:
        """Who made the version, where it names somebody."""
        found = _MAKER.match(self.parts[1])
        if found is None or found["name"].lower().split()[0] in _GENERIC:
            return None
        return found["name"]

    @property
    def isrc(self) -> str:
        """The ISRC that labels register; two songs in a million may share one."""
        return self.given_isrc or drawn_isrc(self.seed, self.date)

    @property
    def beatport_isrc(self) -> str:
        """Shops have ISRCs of their own for a good part of the versions (PROVIDERS: 0 of 9 were equal)."""
        if not self.given_isrc and self.parts[1] and chance(self.seed, "other isrc", 0.25):
            return drawn_isrc(self.seed, self.date, "isrc.beatport")
        return self.isrc

    @property
    def label(self) -> str:
        """The label; the songs of a release share it."""
        label = self.given_label
        if not self.given_catalog_number and " - " in label:  # as a Discogs export writes it
            label = label.rpartition(" - ")[0]
        kind = one_of(self.release_seed, "label kind", _LABEL_KINDS)
        return label or f"{one_of(self.release_seed, 'label', _LABEL_WORDS)} {kind}"

    @property
    def catalog_number(self) -> str:
        """The catalogue number of the release."""
        number = self.given_catalog_number or self.given_label.rpartition(" - ")[2]
        if number and number != self.given_label:
            return number
        letters = "".join(letter for letter in self.label.upper() if letter in _BASE_36)[:4] or "CAT"
        return f"{letters}{below(self.release_seed, 'catalogue number', 999) + 1:03}"

    @property
    def date(self) -> str:
        """When it came out, YYYY-MM-DD."""
        return _date(self.given_year, self.release_seed)

    @property
    def duration(self) -> int:
        """Its length in milliseconds."""
        return _duration(self.given_duration) or 180_000 + below(self.seed, "duration", 300) * 1000

    @property
    def genre(self) -> str:
        """A genre by Beatport's name; an artist's songs share it."""
        return one_of(seed_of(self.artist), "genre", GENRES)[0]

    @property
    def bpm(self) -> int:
        """Beats a minute, right for the genre."""
        return one_of(seed_of(self.artist), "genre", GENRES)[1] + below(self.seed, "bpm", 7) - 3

    @property
    def key(self) -> tuple[str, int, str]:
        """One of ``KEYS``."""
        return one_of(self.seed, "key", KEYS)


@lru_cache(maxsize=16384)
def title_and_version(title: str) -> tuple[str, str]:
    """Split ``Alpha (Kestrel Remix)`` and ``Alpha - Kestrel Remix``; the version is empty for an original."""
    found = _VERSION.match(title)
    if found is None:
        return title, ""
    version = (found["bracket"] or found["tail"]).strip()
    return found["title"], "" if version.lower() == "original mix" else version


@lru_cache(maxsize=16384)
def credited(artist: str) -> list[str]:
    """Names and what joins them, in turn: ``A feat. B`` is ``["A", " feat. ", "B"]``."""
    if " & " in artist and ", " in artist:  # Earth, Wind & Fire
        return [artist]
    parts = _BETWEEN_ARTISTS.split(artist)
    return parts if all(part.strip() for part in parts) else [artist]


def drawn_isrc(seed: int, date: str, word: str = "isrc") -> str:
    """An ISRC from which ``Songs.with_isrc`` finds the way back."""
    registrant, designation = divmod(id_of(seed, word) % _ISRCS, 100_000)
    letters = ""
    for _ in range(3):
        registrant, digit = divmod(registrant, 36)
        letters = _BASE_36[digit] + letters
    return f"{one_of(seed, 'country', _COUNTRIES)}{letters}{date[2:4]}{designation:05}"


_BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ISRCS = 36**3 * 100_000
_COUNTRIES = ("GB", "US", "DE", "NL", "FR")


class Songs:
    """All songs, by row, id, ISRC and link. Safe to share between threads once it is made."""

    def __init__(self, rows: Iterable[Mapping[str, str | None]], *, other_versions: float = 0.25) -> None:
        """Take the rows of a catalogue (columns of DESIGN §9); those without artist or title are left out.

        Args:
            rows: one mapping a row.
            other_versions: the share of originals of which a remix by somebody is known too, so that a search
                has wrong versions to offer.
        """
        self.all: list[Song] = []
        for row in rows:
            self._take(row, other_versions)
        self.seeds: Seeds = np.array([song.seed for song in self.all], dtype=np.uint64)
        self.release_seeds: Seeds = np.array([song.release_seed for song in self.all], dtype=np.uint64)
        self._numberings: dict[tuple[str, bool, int | None], Numbering] = {}
        self._lock = threading.Lock()
        self._isrcs: dict[str, list[int]] = {}
        self._links: dict[str, list[int]] = {}
        for song in self.all:
            if song.given_isrc:
                self._isrcs.setdefault(song.given_isrc, []).append(song.row)
            for link in song.links:
                self._links.setdefault(link, []).append(song.row)

    def __len__(self) -> int:
        return len(self.all)

    def with_id(self, word: str, number: int) -> list[Song]:
        """The songs with this id in a provider's numbering of recordings."""
        return [self.all[row] for row in self._numbering(word, of_releases=False).rows(number)]

    def on_release(self, word: str, number: int) -> list[Song]:
        """The songs on the release with this id in a provider's numbering of releases."""
        return [self.all[row] for row in self._numbering(word, of_releases=True).rows(number)]

    def beside(self, song: Song) -> list[Song]:
        """The songs on the release of this song, itself included."""
        return self.on_release("release", id_of(song.release_seed, "release"))

    def with_isrc(self, isrc: str, *, word: str = "isrc") -> list[Song]:
        """The songs with an ISRC, as labels register it."""
        isrc = isrc.upper().replace("-", "")
        rows = list(self._isrcs.get(isrc, ()))
        if len(isrc) == 12 and isrc.isalnum() and isrc.isascii() and isrc[7:].isdecimal():
            number = int(isrc[2:5], 36) * 100_000 + int(isrc[7:])
            for row in self._numbering(word, of_releases=False, modulus=_ISRCS).rows(number):
                song = self.all[row]
                if not song.given_isrc and drawn_isrc(song.seed, song.date, word) == isrc:
                    rows.append(row)
        return [self.all[row] for row in rows]

    def with_link(self, link: str) -> list[Song]:
        """The songs for which the catalogue itself has this link."""
        return [self.all[row] for row in self._links.get(link, ())]

    def _numbering(self, word: str, *, of_releases: bool, modulus: int | None = None) -> Numbering:
        with self._lock:
            found = self._numberings.get((word, of_releases, modulus))
            if found is None:
                seeds = self.release_seeds if of_releases else self.seeds
                found = Numbering(seeds, word) if modulus is None else Numbering(seeds, word, modulus)
                self._numberings[word, of_releases, modulus] = found
            return found

    def _take(self, row: Mapping[str, str | None], other_versions: float) -> None:
        artist, title = (row.get("artist") or "").strip(), (row.get("title") or "").strip()
        if not artist or not title:
            return
        id_ = row.get("id") or f"{row.get('source') or ''}:{row.get('source_id') or ''}"
        seed = seed_of(id_)
        album = (row.get("album") or "").strip()
        base, version = title_and_version(title)
        release_seed = seed_of(f"{artist.lower()}\n{(album or base).lower()}")
        label, number = (row.get("label") or "").strip(), (row.get("catalog_number") or "").strip()
        year, duration = row.get("year") or "", row.get("duration") or ""
        isrc = (row.get("isrc") or "").strip().upper().replace("-", "")
        links = tuple(_LINK.findall(row.get("url") or ""))
        self.all.append(
            Song(
                len(self.all), id_, artist, title, album, seed, release_seed, links,
                isrc, label, number, year, duration,
            )
        )  # fmt: skip
        if not version and chance(seed, "other version", other_versions):
            id_ += "#remix"
            seed = seed_of(id_)
            title = f"{title} ({one_of(seed, 'remixer', _REMIXERS)} Remix)"
            self.all.append(
                Song(
                    len(self.all), id_, artist, title, album, seed, release_seed,
                    given_label=label, given_catalog_number=number, given_year=year,
                )
            )  # fmt: skip


def read_catalogue(path: Path) -> Iterator[dict[str, str | None]]:
    """The rows of a CSV, plain or ``.gz``.

    Raises:
        BadInput: it cannot be read, or has no column ``artist`` or ``title``.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as packed:
            file = io.TextIOWrapper(packed, encoding="utf-8", newline="")
            reader = csv.DictReader(file)
            missing = {"artist", "title"} - set(reader.fieldnames or ())
            if missing:
                raise BadInput(
                    f"{path}: no column {' and '.join(sorted(missing))}; a catalogue has artist and title"
                )
            yield from reader
    except (OSError, UnicodeError, csv.Error, EOFError) as error:
        raise BadInput(f"{path} cannot be read as a catalogue: {error}; give a CSV or .csv.gz") from error


def _date(text: str, release_seed: int) -> str:
    found = _YEAR.search(text)
    month, day = below(release_seed, "month", 12) + 1, below(release_seed, "day", 28) + 1
    if found is None:
        return f"{1994 + below(release_seed, 'year', 31)}-{month:02}-{day:02}"
    return f"{found[1]}-{found[2] or f'{month:02}'}-{found[3] or f'{day:02}'}"


def _duration(text: str) -> int | None:
    minutes, colon, seconds = text.strip().partition(":")
    if colon:
        known = minutes.isdecimal() and seconds.isdecimal()
        return (int(minutes) * 60 + int(seconds)) * 1000 if known else None
    if minutes.isdecimal() and 30 <= int(minutes) < 100_000_000:
        return int(minutes) * (1000 if int(minutes) < 30_000 else 1)  # some sources give milliseconds
    return None
