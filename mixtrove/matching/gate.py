"""The version gate: how far two credits can be the same recording at all, whatever their names (MATCHING §4).

A factor in [0, 1] that multiplies the score, and the reason in words. The constants are those of
MATCHING §4, measured there on real pairs; where one differs the comment says why.
"""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz.distance import OSA

from mixtrove.matching.prepared import Prepared

SAME = 1.0
SOFT = 0.96  # remaster or vocal against none
CUT = 0.95  # extended, radio … against none: one track family
# X Remix against X Edit, Bootleg, Flip. .88 rather than 1: when a catalogue has both, the one that is
# named must win by the margin of .10.
WORD = 0.88
PARTIAL = 0.78
SUBTITLE_ONE_SIDE = 0.8
# … when it reads like a sentence: "Gonna Make You Sweat (Everybody Dance Now)" is the whole title
SUBTITLE_PHRASE = 0.93
SUBTITLE_BOTH = 0.62
UNNAMED = 0.5
HARD = 0.4
DUB = 0.45
NUMBER = 0.45
NUMBER_ONE_SIDE = 0.75
REMIX_NONE = 0.35
OTHER_REMIX = 0.25
UNKNOWN = 0.2


@dataclass(frozen=True, slots=True)
class Gate:
    """The factor and what it is for; an empty reason means nothing is in the way."""

    factor: float
    reason: str = ""


OPEN = Gate(SAME)


def gate(left: Prepared, right: Prepared) -> Gate:
    """The version gate of two prepared credits. Symmetric."""
    if left.unknown or right.unknown:
        return Gate(UNKNOWN, "artist or title is unknown (ID)")
    if left.flat == right.flat:
        return OPEN
    for one, other in ((left, right), (right, left)):
        if one.subtitle and not one.version.name and one.subtitle == other.makers:
            return Gate(PARTIAL, f"the bracket does not say what kind of mix: {one.credit.title}")
    found = _versions(left, right)
    for check in (_trailing(left, right), _numbers(left, right), _subtitles(left, right)):
        if check.factor < found.factor:
            found = check
    return found


def _named(side: Prepared) -> str:
    return side.version.text or "the original"


def _versions(left: Prepared, right: Prepared) -> Gate:
    a, b = left.version, right.version
    if a.types != b.types:
        differing = a.types ^ b.types
        if "mashup" in differing:
            return Gate(OTHER_REMIX, f"a mashup is a track of its own: {_named(left)}, {_named(right)}")
        factor = DUB if differing == {"dub"} and bool(a.family) == bool(b.family) else HARD
        if a.family and b.family and _makers(left, right) == 0.0:
            factor = OTHER_REMIX
        return Gate(factor, f"other version: {_named(left)}, not {_named(right)}")
    own_a = bool(a.family or (a.types and a.name))
    own_b = bool(b.family or (b.types and b.name))
    if own_a or own_b:
        if own_a != own_b:
            if a.types:  # "Dub" against "Four Tet Dub": whose is not said
                return Gate(PARTIAL, f"one side does not say whose: {_named(left)}, {_named(right)}")
            return Gate(REMIX_NONE, f"{_named(left)}, not {_named(right)}")
        if not a.name or not b.name:
            if a.name == b.name and a.year == b.year and a.family == b.family:
                return OPEN
            return Gate(UNNAMED, f"an unnamed remix against {_named(right if a.name else left)}"
                        if a.name or b.name else f"{_named(left)}, not {_named(right)}")  # fmt: skip
        made = _makers(left, right)
        if made < 0.5 and not a.family:
            return Gate(OTHER_REMIX, f"another recording: {_named(left)}, not {_named(right)}")
        if made < 0.5:
            return Gate(OTHER_REMIX, f"other remixer: {' '.join(a.name)}, not {' '.join(b.name)}")
        if made < 1.0:
            return Gate(PARTIAL, f"the remixers agree only in part: {_named(left)}, {_named(right)}")
        if a.numbers != b.numbers:
            return Gate(NUMBER, f"another number of the mix: {_named(left)}, {_named(right)}")
        if a.year and b.year and a.year != b.year:
            return Gate(PARTIAL, f"a remix of another year: {_named(left)}, {_named(right)}")
        if bool(a.year) != bool(b.year):
            return Gate(PARTIAL, f"one remix names a year: {_named(left)}, {_named(right)}")
        if a.family != b.family:
            return Gate(WORD, f"same remixer, other word: {_named(left)}, {_named(right)}")
    elif a.numbers != b.numbers:
        return Gate(NUMBER, f"another number of the mix: {_named(left)}, {_named(right)}")
    elif a.types and a.year != b.year:
        factor = OTHER_REMIX if a.year and b.year else PARTIAL
        return Gate(factor, f"another recording: {_named(left)}, {_named(right)}")
    if (a.cut or "original") != (b.cut or "original"):
        return Gate(CUT, f"another length of the same version: {_named(left)}, {_named(right)}")
    if a.soft != b.soft:
        return Gate(SOFT, f"{_named(left)}, {_named(right)}")
    return OPEN


def _makers(left: Prepared, right: Prepared) -> float:
    """1 when the names of the mixes agree, .6 in part, 0 when not (MATCHING §5)."""
    a, b = left.makers, right.makers
    if a == b:
        return 1.0
    there, back = cover(a, b), cover(b, a)
    if min(there, back) >= 0.75:
        return 1.0
    joined_a, joined_b = "".join(sorted(a)), "".join(sorted(b))
    if OSA.normalized_similarity(joined_a, joined_b) >= 0.75 and len(a) == len(b):
        return 1.0
    plain_a, plain_b = "".join(left.version.name), "".join(right.version.name)
    if OSA.normalized_similarity(plain_a, plain_b) >= 0.85:
        return 1.0
    return 0.6 if max(there, back) >= 0.8 else 0.0


def cover(a: frozenset[str], b: frozenset[str]) -> float:
    """The share of a's words that are found in b, equal or alike (OSA ≥ .72 from 4 letters)."""
    if not a:
        return 0.0
    found = 0
    for word in a:
        if word in b or (len(word) > 3 and any(alike(word, other) for other in b)):
            found += 1
    return found / len(a)


def alike(a: str, b: str) -> bool:
    """Whether two words are one word with a typo."""
    return (
        len(a) > 3
        and len(b) > 3
        and abs(len(a) - len(b)) < 4
        and OSA.normalized_similarity(a, b, score_cutoff=0.72) >= 0.72
    )


def _trailing(left: Prepared, right: Prepared) -> Gate:
    """A bare version word at the end of one title that the other side does not have at all."""
    if left.trailing == right.trailing:
        return OPEN
    for one, other in ((left, right), (right, left)):
        word = one.trailing
        if word is None or word in other.words or word in other.version.types:
            continue
        if word in ("remix", "mix", "edit") and other.version.family:
            continue  # "Glass Reset Robot Remix" against "Glass (Reset Robot Remix)": the words decide
        if one.title_squeezed == other.title_squeezed:
            continue
        return Gate(HARD, f"one title ends in a version word: {one.credit.title}")
    return OPEN


def _numbers(left: Prepared, right: Prepared) -> Gate:
    if left.digits == right.digits:
        return OPEN
    if left.numbers != right.numbers:
        if left.numbers and right.numbers:
            return Gate(NUMBER, f"other number: {' '.join(left.numbers)}, not {' '.join(right.numbers)}")
        return Gate(NUMBER_ONE_SIDE, f"a number on one side only: {' '.join(left.numbers or right.numbers)}")
    if left.side != right.side:
        factor = NUMBER if left.side and right.side else NUMBER_ONE_SIDE
        return Gate(factor, f"another side: {left.credit.title}, {right.credit.title}")
    return OPEN


def _subtitles(left: Prepared, right: Prepared) -> Gate:
    if left.subtitle == right.subtitle or left.title_squeezed == right.title_squeezed:
        return OPEN
    if not left.subtitle or not right.subtitle:
        one, other = (left, right) if left.subtitle else (right, left)
        if one.subtitle <= set(other.words) or one.subtitle <= set(other.artists):
            return OPEN
        factor = SUBTITLE_PHRASE if one.phrase else SUBTITLE_ONE_SIDE
        return Gate(factor, f"a bracket on one side only: {one.credit.title}")
    if min(cover(left.subtitle, right.subtitle), cover(right.subtitle, left.subtitle)) >= 0.75:
        return OPEN
    return Gate(SUBTITLE_BOTH, f"other brackets: {left.credit.title}, {right.credit.title}")
