"""Musical keys: the spellings of shops, players and taggers, in classical words and on the Camelot wheel.

The wheel numbers the circle of fifths so that C major is 8B and A minor 8A; one number up is a fifth up, and
the letter tells major (B) from minor (A). A table of all 24, which a test repeats:
https://maustsontoast.com/2020/pitch-class-tonal-counterparts-and-camelot-key-equivalents. Open Key counts the
same circle from C major = 1d and A minor = 1m: https://www.beatunes.com/en/open-key-notation.html.

Values only. Text that spells no key is kept and shown as it is by whoever has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

Move = Literal["same", "up", "down", "relative", "energy", "parallel", "diagonal"]
"""A step on the wheel from one key to one that it can be mixed into."""

HARMONIC: tuple[Move, ...] = ("same", "up", "down", "relative")
"""What can always be mixed: the key itself, a fifth up or down, the major or minor of the same notes."""

MOVES: Mapping[Move, tuple[tuple[int, bool], ...]] = {
    "same": ((0, False),),
    "up": ((1, False),),
    "down": ((-1, False),),
    "relative": ((0, True),),
    "energy": ((2, False), (7, False)),  # a whole tone and a semitone up
    "parallel": ((3, True),),  # of a minor key; of a major one it is three down
    "diagonal": ((-1, True),),  # of a minor key; of a major one it is one up
}
"""By move: steps of the number, and whether the letter changes. Signs turn for a major key that changes."""

_SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_MINOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")  # as the wheel has them
_MAJOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_ODD = {"B#": 0, "E#": 5, "Fb": 4, "Cb": 11}
_GERMAN = {
    "C": 0, "His": 0, "Cis": 1, "Des": 1, "D": 2, "Dis": 3, "Es": 3, "E": 4, "Fes": 4, "F": 5, "Eis": 5,
    "Fis": 6, "Ges": 6, "G": 7, "Gis": 8, "As": 8, "A": 9, "Ais": 10, "B": 10, "H": 11, "Ces": 11,
}  # fmt: skip
_SIGNS = {
    "#": ("#", "♯", " sharp", "-sharp", "sharp", " Sharp"),
    "b": ("b", "♭", " flat", "-flat", "flat", " Flat"),
    "": ("",),
}
_SEPARATORS = ("", " ", "-", ":", "_")
_MODES = {
    True: ("m", "min", "Min", "MIN", "min.", "minor", "Minor", "MINOR"),
    False: ("M", "maj", "Maj", "MAJ", "maj.", "major", "Major", "MAJOR"),
}
_GERMAN_MODES = {True: ("moll", "Moll"), False: ("dur", "Dur")}


@dataclass(frozen=True, slots=True, order=True)
class MusicalKey:
    """A tonic and whether it is minor. Enharmonic spellings are one key."""

    tonic: int  # semitones above C, 0 to 11
    minor: bool

    @property
    def classical(self) -> str:
        """``A minor``, ``F# minor``, ``Db major``."""
        return f"{self._name} {'minor' if self.minor else 'major'}"

    @property
    def short(self) -> str:
        """``Am``, ``F#m``, ``Db``."""
        return f"{self._name}{'m' if self.minor else ''}"

    @property
    def camelot(self) -> str:
        """``8A``."""
        return f"{self.number}{'A' if self.minor else 'B'}"

    @property
    def open_key(self) -> str:
        """``1m``."""
        return f"{(self.number + 4) % 12 + 1}{'m' if self.minor else 'd'}"

    @property
    def number(self) -> int:
        """The place on the Camelot wheel, 1 to 12."""
        major = self.tonic + 3 if self.minor else self.tonic
        return (major * 7 + 7) % 12 + 1

    @property
    def _name(self) -> str:
        return (_MINOR if self.minor else _MAJOR)[self.tonic]

    def compatible(self, moves: Iterable[Move] = HARMONIC) -> frozenset[MusicalKey]:
        """The keys that these moves lead to."""
        steps = (step for move in moves for step in MOVES[move])
        return frozenset(self._moved(by, crosses=crosses) for by, crosses in steps)

    def _moved(self, by: int, *, crosses: bool) -> MusicalKey:
        signed = -by if crosses and not self.minor else by
        return on_wheel((self.number + signed - 1) % 12 + 1, minor=self.minor is not crosses)


def on_wheel(number: int, *, minor: bool) -> MusicalKey:
    """The key at a place of the Camelot wheel, 1 to 12."""
    major = (number - 8) * 7 % 12
    return MusicalKey((major - 3) % 12 if minor else major, minor)


def parse_key(text: str) -> MusicalKey | None:
    """The key that a text spells; None when it spells none.

    ``A min``, ``Am``, ``A♭ Major``, ``Abmin``, ``8A``, ``08a``, ``1m`` (Open Key), ``Fis-moll``, ``G#m/Abm``.
    A letter alone is major; a small letter alone is nothing certain, so it is no key.
    """
    return _spellings().get(text.strip())


def spellings(keys: Iterable[MusicalKey]) -> list[str]:
    """Every text that ``parse_key`` takes for one of these keys, sorted."""
    wanted = frozenset(keys)
    return [text for text, key in _spellings().items() if key in wanted]


def shown_key(text: str | None) -> str | None:
    """A key for people, both ways: ``Am 8A``; text that spells none as it is."""
    key = parse_key(text) if text else None
    return f"{key.short} {key.camelot}" if key else text


@cache
def _spellings() -> dict[str, MusicalKey]:
    found: dict[str, MusicalKey] = {}
    for minor in (True, False):
        for tonic in range(12):
            key = MusicalKey(tonic, minor)
            found |= dict.fromkeys(_classical(key), key)
            found |= dict.fromkeys(_on_wheels(key), key)
    for minor in (True, False):
        for name, tonic in _GERMAN.items():
            found |= dict.fromkeys(_german(name, minor), MusicalKey(tonic, minor))
    return dict(sorted(found.items()))


def _classical(key: MusicalKey) -> Iterator[str]:
    names = {_SHARPS[key.tonic], _FLATS[key.tonic]}
    names |= {name for name, tonic in _ODD.items() if tonic == key.tonic}
    endings = [f"{space}{mode}" for space, mode in product(_SEPARATORS, _MODES[key.minor])]
    if not key.minor:
        yield from (f"{name[0]}{sign}" for name in names for sign in _SIGNS[name[1:]])
    for name in names:
        for sign, ending in product(_SIGNS[name[1:]], endings):
            yield f"{name[0]}{sign}{ending}"
            yield f"{name[0].lower()}{sign}{ending}"
    if len(names) == 2 and not names & set(_ODD):  # a black key by both its names
        yield from _both_ways(_SHARPS[key.tonic], _FLATS[key.tonic], endings if key.minor else ["", *endings])


def _both_ways(sharp: str, flat: str, endings: Iterable[str]) -> Iterator[str]:
    """``F#/Gb major``, ``G#m/Abm``."""
    for (one, other), ending in product(((sharp, flat), (flat, sharp)), endings):
        for signs in (("#", "b"), ("♯", "♭")):
            first, second = (name.replace("#", signs[0]).replace("b", signs[1]) for name in (one, other))
            yield f"{first}/{second}{ending}"
            yield f"{first}{ending}/{second}{ending}"


def _german(name: str, minor: bool) -> Iterator[str]:
    """``Fis-moll``, ``B-Dur``: B is a semitone below H."""
    for space, mode in product(("", " ", "-"), _GERMAN_MODES[minor]):
        yield f"{name}{space}{mode}"
        yield f"{name.lower()}{space}{mode}"


def _on_wheels(key: MusicalKey) -> Iterator[str]:
    for text in (key.camelot, key.open_key):
        number, letter = text[:-1], text[-1]
        for spelled in {letter.upper(), letter.lower()}:
            yield from {f"{number}{spelled}", f"{number:0>2}{spelled}", f"{number} {spelled}"}
