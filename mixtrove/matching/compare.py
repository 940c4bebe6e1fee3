"""Comparing two credits: one score, one confidence, one decision, and the reasons (MATCHING §5).

Pairs only. Choosing among several candidates, where the margin to the runner-up counts, is
``decide.py``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, Indel

from mixtrove.matching.credit import Credit
from mixtrove.matching.gate import Gate, alike, gate
from mixtrove.matching.prepared import Prepared, prepare

ACCEPT = 0.85  # the score from which a pair is the same recording (MATCHING §5)
REVIEW = 0.55  # … and from which a person should look
# Score → confidence: the isotonic map of MATCHING §5, refit there on labelled pairs.
_SCORES = (0.0, 0.55, 0.65, 0.70, 0.80, 0.85, 0.90, 1.0)
_CONFIDENCES = (0.0, 0.33, 0.59, 0.76, 0.85, 0.989, 0.997, 1.0)

# A typo in the title or an artist whom the other side does not know: each happens to one recording, both
# together are mostly two ("Gorgon City - Here For You", "Gorgon City & MK - There For You").
_TYPO_AND_STRANGER = 0.88
# Words that are no typos of each other, however alike: "here" is not "there".
_CLOSED = frozenset(
    ("here", "there", "where", "when", "then", "this", "that", "these", "those", "he", "she", "we", "me",
     "my", "her", "his", "him", "our", "in", "on", "up", "down", "now", "not", "no", "never", "ever", "all",
     "one", "with", "without", "what", "who", "why", "how", "day", "night", "man", "woman")
)  # fmt: skip

_SWAPPED = 0.7  # the score of ``Title - Artist`` against ``Artist - Title``: a person should look

Decision = Literal["same", "unsure", "different"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing two credits gave. ``score`` is MATCHING §5's s; ``confidence`` is calibrated."""

    confidence: float
    decision: Decision
    reasons: tuple[str, ...]
    score: float


def compare(left: Credit, right: Credit) -> Verdict:
    """Whether two credits are the same recording; symmetric, never raises.

    >>> opus = Credit.parse("Eric Prydz", "Opus")
    >>> compare(opus, Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")).decision
    'different'
    """
    return verdict(prepare(left), prepare(right))


def compare_many(pairs: Sequence[tuple[Credit, Credit]]) -> NDArray[np.float64]:
    """The confidences of many pairs, shape (len(pairs),): the same numbers as ``compare``."""
    return np.fromiter(
        (confidence(score(prepare(left), prepare(right))[0]) for left, right in pairs),
        dtype=np.float64,
        count=len(pairs),
    )


def verdict(left: Prepared, right: Prepared) -> Verdict:
    """``compare`` for prepared credits."""
    value, title, artist, through, bonus = score(left, right)
    reasons: list[str] = []
    if through.reason:
        reasons.append(through.reason)
    if title < 0.99:
        reasons.append(f"title agrees {title:.0%}")
    if artist < 0.95:
        reasons.append(f"artists agree {artist:.0%}")
    reasons += bonus
    decision: Decision = "different"
    if value >= ACCEPT:
        decision = "same"
    elif value >= REVIEW:
        decision = "unsure"
    if not reasons:
        reasons.append("title, artists and version agree")
    return Verdict(confidence(value), decision, tuple(reasons), value)


def confidence(value: float) -> float:
    """The calibrated confidence of a score, both in [0, 1]."""
    at = min(max(bisect_right(_SCORES, value) - 1, 0), len(_SCORES) - 2)
    low, high = _SCORES[at], _SCORES[at + 1]
    share = (value - low) / (high - low)
    return _CONFIDENCES[at] + share * (_CONFIDENCES[at + 1] - _CONFIDENCES[at])


def score(left: Prepared, right: Prepared) -> tuple[float, float, float, Gate, list[str]]:
    """(s, title similarity, artist similarity, gate, reasons of bonuses); all in [0, 1]."""
    found = _straight_score(left, right)
    if found[0] < REVIEW and _swapped(left, right):
        return _SWAPPED, *found[1:4], [*found[4], "artist and title seem to be swapped"]
    return found


def _straight_score(left: Prepared, right: Prepared) -> tuple[float, float, float, Gate, list[str]]:
    title = title_similarity(left, right)
    if title < 0.4:
        return 0.0, title, 0.0, Gate(1.0), []
    artist = artist_similarity(left, right)
    through = gate(left, right)
    value = through.factor * title**1.3 * artist**0.9
    if (
        title < 0.999
        and artist < 0.97
        and value >= REVIEW
        and (_stranger(left, right) or _stranger(right, left))
    ):
        value *= _TYPO_AND_STRANGER
    bonus: list[str] = []
    if left.label and right.label and left.label == right.label:
        value += 0.15 * value * (1 - value)
        bonus.append(f"same label: {right.credit.label}")
    if left.catalog_number and left.catalog_number == right.catalog_number:
        value += 0.2 * value * (1 - value)
        bonus.append(f"same catalogue number: {right.credit.catalog_number}")
    mine, other = left.credit, right.credit
    agrees = title >= 0.8 and artist >= 0.6 and through.factor >= 0.95
    if mine.isrc and mine.isrc == other.isrc and agrees:
        value += 0.3 * value * (1 - value)
        bonus.append("same ISRC")
    if mine.duration and other.duration:
        apart = abs(mine.duration - other.duration)
        if apart <= 3 and agrees:
            value += 0.1 * value * (1 - value)
            bonus.append("same duration")
        elif apart > 15 and apart > 0.05 * max(mine.duration, other.duration):
            bonus.append("other duration: perhaps another edit")
    if title > 0.999 and artist > 0.999 and through.factor >= 1.0:
        value = 1.0
    return min(value, 1.0), title, artist, through, bonus


def title_similarity(left: Prepared, right: Prepared) -> float:
    """T′ of MATCHING §5 over titles with and without their brackets, [0, 1]."""
    if left.flat == right.flat or left.digits == right.digits:
        return 1.0
    if left.title.removeprefix("the ") == right.title.removeprefix("the "):
        return 0.98
    best = _text_similarity(left.title, right.title, left.words, right.words)
    if left.subtitle or right.subtitle:
        base = _text_similarity(left.base, right.base, tuple(left.base.split()), tuple(right.base.split()))
        best = max(best, base * 0.97)
    return best


def _text_similarity(a: str, b: str, a_words: tuple[str, ...], b_words: tuple[str, ...]) -> float:
    if a == b:
        return 1.0
    plain_a, plain_b = a.replace(" ", ""), b.replace(" ", "")
    if plain_a == plain_b:
        return 1.0
    similar = max(Indel.normalized_similarity(a, b), OSA.normalized_similarity(plain_a, plain_b))
    if similar < 0.35:
        return similar
    there = _cover(dict.fromkeys(a_words, 1.0), dict.fromkeys(b_words, 1.0))
    back = _cover(dict.fromkeys(b_words, 1.0), dict.fromkeys(a_words, 1.0))
    low = min(there, back)
    whole = max(similar, 0.5 * similar + 0.5 * low)
    if low < 0.6:
        whole -= 0.12
    # a short title has no room for typos: "Trio" is not "Riot", "Rouge Rouge" not "Rose Rouge"
    shortest = min(len(plain_a), len(plain_b))
    if shortest <= 5 and similar < 0.95:
        whole -= 0.1
    if len(a_words) == len(b_words) > 1:
        if there < 1.0 and back < 1.0 and low < 0.99:
            whole -= 0.05
        changed = [pair for pair in zip(a_words, b_words, strict=True) if pair[0] != pair[1]]
        if len(changed) == 1 and changed[0][0] in _CLOSED and changed[0][1] in _CLOSED:
            whole -= 0.15
    return max(whole, 0.0)


def artist_similarity(left: Prepared, right: Prepared) -> float:
    """A of MATCHING §5 over artist words, [0, 1].

    Words found among the other side's remixers or title count a tenth: many sources list the remixer as
    an artist.
    """
    if left.headline == right.headline or set(left.names) == set(right.names):
        return 1.0
    mine = _toned(left, right)
    other = _toned(right, left)
    there, back = _cover(mine, other), _cover(other, mine)
    if there < 1.0 or back < 1.0:
        there, back = _by_name(left, right, there), _by_name(right, left, back)
    best = _best_name(left, right)
    value = 0.5 * max(there, back) + 0.25 * min(there, back) + 0.25 * best
    return min(max(value - _crowd(left, right), 0.0), 1.0)


def _by_name(one: Prepared, other: Prepared, share: float) -> float:
    """The cover when whole names are compared without spaces and *the*: Soulsonic, The Soul Sonic."""
    theirs = {name.removeprefix("the") for name in other.names}
    if not one.names:
        return share
    found = sum(1 for name in one.names if name.removeprefix("the") in theirs)
    return max(share, found / len(one.names))


def _crowd(left: Prepared, right: Prepared) -> float:
    """A penalty for headline artists whom the other side does not know at all: .05 from the second on."""
    penalty = 0.0
    for one, other in ((left, right), (right, left)):
        if len(one.credit.artists) <= len(other.credit.artists) + 1:
            continue
        extra = sum(
            1
            for name in one.names[: len(one.credit.artists)]
            if name not in other.names and name not in other.flat and name not in one.flat
        )
        if extra >= 2:
            penalty = max(penalty, 0.05)
    return penalty


def _stranger(one: Prepared, other: Prepared) -> bool:
    """Whether one side has a headline artist whom the other side names nowhere."""
    return not all(
        name in other.flat
        or any(name in known or known in name or alike(name, known) for known in other.names)
        or name in "".join(other.version.name)
        for name in one.names[: len(one.credit.artists)]
    )


def _toned(one: Prepared, other: Prepared) -> dict[str, float]:
    if not other.makers and not one.makers:
        return one.artists
    return {
        word: weight * 0.1 if word in other.makers or word in one.makers else weight
        for word, weight in one.artists.items()
    }


def _cover(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    total = found = 0.0
    for word, weight in a.items():
        total += weight
        if word in b or any(alike(word, other) for other in b):
            found += weight
    return found / total if total else 0.0


def _best_name(left: Prepared, right: Prepared) -> float:
    best = 0.0
    for one in left.names:
        for other in right.names:
            if one == other:
                return 1.0
            best = max(best, OSA.normalized_similarity(one, other))
    return best


def _swapped(left: Prepared, right: Prepared) -> bool:
    """``Title - Artist`` against ``Artist - Title``."""
    if left.unknown or right.unknown or left.version.family != right.version.family:
        return False
    artist_l, artist_r = "".join(left.names), "".join(right.names)
    return bool(
        artist_l
        and OSA.normalized_similarity(left.title_squeezed, artist_r, score_cutoff=0.9) >= 0.9
        and OSA.normalized_similarity(right.title_squeezed, artist_l, score_cutoff=0.9) >= 0.9
    )
