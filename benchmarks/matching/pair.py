"""A labelled pair of credits as texts, its stable id and its side of the split.

Where pairs come from is told by the files of the sets; what a matcher says of them by ``metrics.py``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from functools import lru_cache

from mixtrove.matching import Credit

TRAIN_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Text:
    """One side of a pair as its source writes it. ``duration`` is in seconds."""

    artist: str
    title: str
    label: str | None = None
    catalog_number: str | None = None
    album: str | None = None
    duration: float | None = None
    year: int | None = None

    def line(self) -> str:
        """Artist and title as one line of a tracklist."""
        return f"{self.artist} - {self.title}"

    def credit(self) -> Credit:
        """The credit that the matcher makes of it."""
        return Credit.parse(
            self.artist, self.title, label=self.label, catalog_number=self.catalog_number,
            album=self.album, duration=self.duration, year=self.year,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts and whether they are one recording. ``families`` are the track families they touch."""

    set: str
    split: str
    kind: str
    left: Text
    right: Text
    same: bool
    families: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Short hash of what is compared: the same in every run and on every machine."""
        return short_hash(self.set, self.kind, astuple(self.left), astuple(self.right), self.same)


def short_hash(*parts: object) -> str:
    """Ten hexadecimal digits for some values."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=5).hexdigest()


_SIGNS = str.maketrans({"ø": "o", "Ø": "O", "ß": "ss", "$": "s"})


@lru_cache(maxsize=1 << 18)
def squeeze(text: str) -> str:
    """Letters and digits alone, without case and accents: cruder than the matcher's form, on purpose."""
    plain = unicodedata.normalize("NFKD", text.translate(_SIGNS))
    return re.sub(r"[\W_]+", "", "".join(one for one in plain if not unicodedata.combining(one))).casefold()


def split_of(family: str) -> str:
    """``train`` or ``eval``, by the hash of a family, so that no family is on both sides."""
    value = int.from_bytes(hashlib.blake2b(family.encode(), digest_size=8).digest(), "big") / 2**64
    return "train" if value < TRAIN_SHARE else "eval"


def check_disjoint(pairs: Iterable[Pair]) -> None:
    """Refuse pairs of which some family is both in ``train`` and in ``eval``."""
    sides: dict[str, str] = {}
    for pair in pairs:
        for family in pair.families:
            if sides.setdefault(family, pair.split) != pair.split:
                raise ValueError(f"the family {family} is on both sides of the split")
