"""What else artists are called: ATCQ is A Tribe Called Quest (MATCHING §5).

``Aliases`` is a table from names to other names, and what it makes of a credit: other readings of it, which
``choice.py`` weighs a little lower than the credit itself. ``aliases.csv`` holds pairs that were learnt from
records and judged by reading, and some that everybody in the field knows; ``python -m
benchmarks.matching.learn_aliases`` writes it. Not here: names that differ by spelling, order, a typo or an
article, which ``normalise.py`` and ``kernel.py`` see through; pairs that a person gave, which the library
keeps.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import combinations

from mixtrove.matching.credit import Credit, identity_key, split_artists
from mixtrove.matching.prepared import prepare

MOST = 4  # readings a credit
LEAST_TITLES = 2  # titles that must agree before two unlike names are taken for one artist
_TYPO = 0.8  # similarity of squeezed names from which one is the other mistyped
_SHORTEST = 3  # letters of a name that stands for a longer one
_SHARED_BY = 8  # artists with one title above which it says nothing
# Between two names these make two artists of them, or a remark; "and the", "and his" lead to a band's name.
_COMPANY = re.compile(
    r"\b(?:with|duet|feat\w*|ft|vs|versus|meets|pres\w*|remix|mix|edit|aka|cv|tribute|from|und|et|y|e)\b"
    r"|\band (?!the\b|his\b|her\b)|[,;/:()\[\]<>]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Aliases:
    """Other names by name; immutable. The names are keyed as ``Prepared.names`` has them."""

    others: Mapping[str, tuple[str, ...]]

    @classmethod
    def none(cls) -> Aliases:
        """A table without names."""
        return cls({})

    @classmethod
    def built_in(cls) -> Aliases:
        """The pairs of ``aliases.csv``; read once."""
        return _built_in()

    def with_pairs(self, pairs: Iterable[tuple[str, str]]) -> Aliases:
        """This table and more pairs; a pair holds both ways."""
        found: dict[str, dict[str, None]] = {key: dict.fromkeys(names) for key, names in self.others.items()}
        for pair in pairs:
            for name, other in (pair, pair[::-1]):
                key = name_key(name)
                if key and key != name_key(other):
                    for spelled in (key, _without_article(key)):
                        found.setdefault(spelled, {}).setdefault(other)
        return Aliases({key: tuple(names) for key, names in found.items()})

    def readings(self, credit: Credit) -> tuple[Credit, ...]:
        """The credit with an artist called what else that artist is called; at most 4, usually none."""
        ready = prepare(credit)
        names = ready.names[: ready.headliners]
        for name in names:
            if name in self.others:
                break
        else:
            if len(names) < 2 or "".join(names) not in self.others:
                return ()
        return self._readings(credit, "".join(names))

    def _readings(self, credit: Credit, together: str) -> tuple[Credit, ...]:
        found: dict[tuple[str, ...], None] = {}
        for at, name in enumerate(credit.artists):
            for other in self.others.get(name_key(name), ()):
                found.setdefault((*credit.artists[:at], *_people(other), *credit.artists[at + 1 :]))
        if len(credit.artists) > 1:
            for other in self.others.get(together, ()):
                found.setdefault(_people(other))
        return tuple(replace(credit, artists=artists, spelled=None) for artists in list(found)[:MOST])


@cache
def _built_in() -> Aliases:
    text = files("mixtrove.matching").joinpath("aliases.csv").read_text(encoding="utf-8")
    return Aliases.none().with_pairs((row["name"], row["alias"]) for row in csv.DictReader(text.splitlines()))


@cache
def name_key(text: str) -> str:
    """The key of an artist, or of several artists that are named together (``Hall & Oates``)."""
    return "".join(prepare(Credit.parse(text, "-")).names)


def _people(text: str) -> tuple[str, ...]:
    return split_artists(text)[0] or (text,)


def _without_article(key: str) -> str:
    return key.removeprefix("the") or key


def other_name(left: Credit, right: Credit) -> tuple[str, str] | None:
    """The one artist whom two credits of one track call differently: (left's name, right's name).

    None when titles or versions differ, when no or several artists differ, or when either credit knows
    both names. Two names against two are one name when nobody else is there (``Hall & Oates``).
    """
    if _title_and_version(left) != _title_and_version(right):
        return None
    ours, theirs = _rest(left, right), _rest(right, left)
    whole = len(ours) == len(left.artists) and len(theirs) == len(right.artists)
    if len(ours) != len(theirs) or not ours or (len(ours) > 1 and not whole):
        return None
    return " & ".join(ours), " & ".join(theirs)


def _rest(credit: Credit, other: Credit) -> list[str]:
    known = _everybody(other)
    return [name for name in credit.artists if name_key(name) not in known]


def _everybody(credit: Credit) -> frozenset[str]:
    """The keys of all people a credit names: artists, guests and remixers."""
    return frozenset(map(name_key, (*credit.artists, *credit.featured, *credit.remixers)))


def _title_and_version(credit: Credit) -> str:
    return identity_key(replace(credit, artists=("-",), featured=(), spelled=None, label=None))


@dataclass(frozen=True, slots=True)
class Learnt:
    """Two names of one artist, how many titles say so, and what the names have in common."""

    name: str
    alias: str
    titles: int
    how: str  # "initials", "short" or "part"; empty when they have nothing in common


def learn(records: Iterable[tuple[str, Credit]], *, ids_are_tracks: bool = True) -> list[Learnt]:
    """Names that stand for one another in records with one id, those with most evidence first.

    Two names are one artist's when the same title and version under one id have exactly one artist called
    differently, two titles say so (one, when a name is the initials of the other), no credit has both,
    and neither is a typo of the other or too like it to need a table. One title and a part of a name in
    common were tried: half of what they taught was wrong (``Dexter``, ``Dexter Brandon``).

    Args:
        records: (id, credit).
        ids_are_tracks: false when equal ids only mean equal titles: then two titles and something in
            common are needed, and titles that many artists have say nothing.
    """
    groups: dict[tuple[str, str], dict[frozenset[str], Credit]] = defaultdict(dict)
    together: set[tuple[str, str]] = set()
    for identity, credit in records:
        if credit.unknown:
            continue
        names = frozenset(map(name_key, credit.artists))
        together.update(combinations(sorted(_everybody(credit)), 2))
        groups[identity, _title_and_version(credit)].setdefault(names, credit)
    titles: dict[tuple[str, str], set[str]] = defaultdict(set)
    spelled: dict[tuple[str, str], tuple[str, str]] = {}
    for (_, title), credits in groups.items():
        if len(credits) > _SHARED_BY:
            continue
        for left, right in combinations(credits.values(), 2):
            pair = other_name(left, right)
            if pair is None:
                continue
            name, alias = sorted(pair, key=name_key)
            keys = (name_key(name), name_key(alias))
            titles[keys].add(title)
            spelled.setdefault(keys, (name, alias))
    found = []
    for keys, agreeing in titles.items():
        how = in_common(*spelled[keys])
        least = 1 if ids_are_tracks and how == "initials" else LEAST_TITLES
        if keys in together or len(agreeing) < least or not (how or ids_are_tracks):
            continue
        if worth_knowing(*spelled[keys]):
            found.append(Learnt(*spelled[keys], len(agreeing), how))
    return sorted(found, key=lambda one: (-one.titles, one.name.lower(), one.alias.lower()))


def worth_knowing(name: str, alias: str) -> bool:
    """Whether a pair tells what comparing does not see by itself, and names two artists rather than one."""
    from rapidfuzz.distance import OSA

    from mixtrove.matching.verdict import compare

    if any(_COMPANY.search(text) for text in (name, alias)) or min(map(len, (name, alias))) < 2:
        return False
    if OSA.normalized_similarity(name_key(name), name_key(alias)) >= _TYPO:
        return False
    title = "Some Title"
    return compare(Credit.parse(name, title), Credit.parse(alias, title)).decision != "same"


def in_common(name: str, alias: str) -> str:
    """What two names have in common: ``initials``, ``short`` (Bobby V) or ``part``; empty when nothing."""
    short, long = sorted((list(_words(name)), list(_words(alias))), key=lambda words: len("".join(words)))
    initials = "".join(word[0] for word in long)
    if len(long) > 2 and "".join(short) in (initials, initials.removeprefix("t")):
        return "initials"
    if len("".join(short)) < _SHORTEST:
        return ""
    remaining = iter(long)
    if all(any(word == other for other in remaining) for word in short):
        return "part"
    if len(short) == len(long) and all(
        other.startswith(word) for word, other in zip(short, long, strict=True)
    ):
        return "short"
    return ""


def _words(name: str) -> Iterator[str]:
    for part in _people(name):
        yield from prepare(Credit((part,), "-")).artists
