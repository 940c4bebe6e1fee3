"""Versions as real rows spell them, and which spellings are one version.

A spelling is a text before a remixer's name and one behind it (`` (`` … `` Remix)``), or one text alone.
Its kind says what it is beside whose: all lengths of the track itself are the kind "" (original, extended,
radio, club, remastered, a bare edit), *remix*, *mix*, *rework* and *edit* by one person are one kind. Rows
whose spelling says nothing certain (*English Version*, *From the Vault*) are in the catalogue but nothing
is asked about such a track's missing versions.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.matching.crude import DESCRIPTORS
from benchmarks.matching.pair import squeeze
from benchmarks.offline.hashing import Hashes, both, text_hashes
from benchmarks.offline.pools import Pool, table_of
from benchmarks.offline.real import Real

HARD = ("dub", "instrumental", "vip", "acapella", "acoustic", "live", "demo", "reprise")
_LENGTHS = (DESCRIPTORS - {"dub", "instrumental", "vip", "remix"}) | {
    "edit", "cut", "remaster", "remastered", "digital", "digitally", "rework", "bonus", "track", "", "s",
}  # fmt: skip
_SPELLED = {"acappella": "acapella", "accapella": "acapella", "instr": "instrumental", "rmx": "remix"}
SHARE_OF_DUPLICATES = 0.16  # of a track's further rows: the same version again, from another source
INVENTED = (
    "VIP",
    "Dub",
    "Instrumental",
    "VIP Mix",
    "Acapella",
)  # what a question may ask although there is none
LEAST = 2  # a spelling that is there less often is no habit but one record's name


@dataclass(frozen=True)
class Spellings:
    """All spellings. ``named`` ones need a remixer; ``certain`` ones say plainly which version they are."""

    before: pl.Series
    after: pl.Series
    squeezed: pl.Series
    kind: tuple[str, ...]
    kind_hash: Hashes
    named: NDArray[np.bool_]
    certain: NDArray[np.bool_]
    first: NDArray[np.int32]  # to draw from: the version of a track's first row
    further: NDArray[np.int32]  # … of its others

    def same(self, spelling: NDArray[np.integer], remixer: NDArray[np.integer], names: Pool) -> Hashes:
        """The number of the version of each row: equal for spellings of one version."""
        return both(self.kind_hash[spelling], names.same[remixer])

    def inner(self, spelling: int, remixer: str) -> str:
        """The version's text as it stands in its brackets."""
        text = f"{self.before[spelling]}{remixer}{self.after[spelling]}"
        return text[2:-1] if text else ""


def kind_of(text: str) -> str:
    """What sort of version a text that names nobody is: "", one of ``HARD``, "remix", or its words."""
    words = [_SPELLED.get(word, word) for word in map(squeeze, re.split(r"[\s/-]+", text))]
    rest = [word for word in words if word not in _LENGTHS and not re.fullmatch(r"(19|20)\d\d", word)]
    for kind in HARD:
        if rest == [kind]:
            return kind
    return "remix" if rest == ["remix"] else " ".join(rest)


def named_kind(tail: str) -> str:
    """The kind of what follows a remixer's name: one of the hard kinds, else "remix"."""
    words = {_SPELLED.get(word, word) for word in map(squeeze, tail.split())}
    return next((kind for kind in HARD if kind in words), "remix")


def spellings_of(real: Real) -> Spellings:
    """The spellings of real versions with their real frequencies."""
    plain = Counter({text: n for text, n in real.plain_versions.items() if text and n >= LEAST})
    tails = Counter({tail: n for tail, n in real.tails.items() if n >= LEAST})
    for some, must in ((plain, INVENTED), (tails, (" Remix",))):
        some.update({text: 1 for text in must if text not in some})
    before = ["", *(f" ({text})" for text in plain), *(" (" for _ in tails)]
    after = ["", *("" for _ in plain), *(f"{tail})" for tail in tails)]
    kinds = ["", *map(kind_of, plain), *map(named_kind, tails)]
    named = np.array([False] * (1 + len(plain)) + [True] * len(tails))
    certain = np.array([is_named or kind in ("", *HARD) for kind, is_named in zip(kinds, named, strict=True)])
    first = [real.first_versions[""], *(real.first_versions[text] for text in plain)]
    first += [real.first_versions["{}" + tail] for tail in tails]
    rest = sum(plain.values()) + sum(tails.values())
    further = [rest * 0.1, *plain.values(), *tails.values()]  # one in eleven further rows says nothing
    return Spellings(
        pl.Series(before), pl.Series(after),
        pl.Series([squeeze(left + right) for left, right in zip(before, after, strict=True)]),
        tuple(kinds), text_hashes(kinds), named, certain,
        table_of(np.array(first, np.float64), 1 << 17), table_of(np.array(further, np.float64), 1 << 17),
    )  # fmt: skip
