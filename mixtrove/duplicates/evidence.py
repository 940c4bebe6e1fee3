"""What a pair of tracks is, from what the kernel measured: one track, to be looked at by a person, or two.

The names decide where they agree (MATCHING §5). Where they are damaged or missing, the other fields of whole
records speak: how much each says is ``_points``, and how many facts must agree so that it is no coincidence
``_identified``. No fact outweighs another version. Not here: how likenesses are measured
(``matching.kernel``), groups of more than two (``clusters.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixtrove.matching import kernel
from mixtrove.matching.verdict import Rule

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DIFFERENT, UNSURE, SAME = range(3)

CERTAIN = (
    0.92  # the score from which names alone say that two tracks are one, when no fact agrees or none is known
)
AGAINST = -3.0  # points below which all other facts together deny what the names say
IDENTIFIED = 0.5  # … above which they say that records with damaged names are one
TELLING = 2.5  # … from which they do when less of the names agrees
ONE_LENGTH = 3.0  # seconds within which two lengths agree
# What the gate of the kernel may say of one and the same version; any other reason is another version.
_BRACKETS = (kernel.ONE_BRACKET, kernel.OTHER_BRACKETS)
_PARTS_OF_A_NAME = (kernel.ONE_NUMBER, kernel.OTHER_NUMBER, kernel.OTHER_SIDE, *_BRACKETS)
_ONE_VERSION = (kernel.OPEN, kernel.UNKNOWN, kernel.OTHER_CUT, kernel.SOFTLY, kernel.SPELLED_MAKER)


class Weighed(NamedTuple):
    """What is known of some pairs, an entry a pair.

    ``verdicts`` int8 as above; ``strengths`` float64 order what is joined first; ``contradicted`` says that
    no group may hold both; ``agreed`` that title, artists and version agree, as a shared id needs it.
    """

    verdicts: NDArray[np.int8]
    strengths: Floats
    contradicted: Flags
    agreed: Flags
    identified: Flags  # whether the facts say that it is one, whatever the names do
    features: Floats  # (pairs, kernel.FEATURES)


def weigh(features: Floats, facts: Floats, positions: Floats, generic: Flags, rule: Rule) -> Weighed:
    """The verdicts about pairs.

    Args:
        features: what ``kernel.score_pairs`` gives.
        facts: what ``kernel.weigh_pairs`` gives beside it.
        positions: 1 where both stand at one place of an album, 0 where at two, −1 where that is not known.
        generic: whether a title is one that everybody uses.
        rule: from which score names are the same.
    """
    score, reason = features[:, kernel.SCORE], features[:, kernel.REASON]
    if rule.strict_cuts:
        score = np.where(reason == kernel.OTHER_CUT, np.minimum(score, rule.accept - 0.01), score)
    points = _points(facts, positions)
    notes = features[:, kernel.NOTES].astype(np.int64)
    release = (facts[:, kernel.ALBUMS_ALIKE] >= 0.85) | (notes & kernel.SAME_CATALOG_NUMBER != 0)
    length = (facts[:, kernel.LENGTHS] >= 0) & (facts[:, kernel.LENGTHS] <= ONE_LENGTH)
    position, year = positions > 0, facts[:, kernel.YEARS] > 0
    agreeing = release.astype(np.int64) + length + position + year
    version = (facts[:, kernel.VERSIONS] >= kernel.G_CUT) & np.isin(reason, _ONE_VERSION + _PARTS_OF_A_NAME)
    # Harmonix may be somebody else than Harmonimix: two remixes are of one release and year, not one length
    version &= (reason != kernel.SPELLED_MAKER) | length
    # "Part 1" and "Part 2" are of one release, one year and often one length, but not of one place
    parts = (facts[:, kernel.PARTS] < 1.0) & (facts[:, kernel.TITLES_ALIKE] >= 0)
    # the kernel's own regard for length and year is too rough for merging what has no album or another number
    rough = (notes & kernel.RAISED != 0) & ((notes & kernel.SAME_ALBUM == 0) | parts)
    names = np.where(rough, (score - kernel.SUPPORTED) / (1 - kernel.SUPPORTED), score)
    excused = position & (length | (agreeing >= 3))
    brackets = np.isin(reason, _BRACKETS) & ~parts
    excused |= brackets & position & year
    alone = (names >= max(rule.accept, CERTAIN)) & ~generic
    alone &= (points > 0) | (names >= 0.999)  # one letter and all the facts differ
    named = (names >= rule.accept) & (points > AGAINST) & (alone | (agreeing > 0))
    # two discs of one album have the same places
    strangers = _below(facts[:, kernel.TITLES_ALIKE], 0.4) & _below(facts[:, kernel.NAMES_ALIKE], 0.5)
    strangers &= (facts[:, kernel.LINE] < 0.5) & (facts[:, kernel.WHOLE] < kernel.MIXED_UP)
    strangers &= score < rule.review
    identified = _identified(facts, points, release, length, position, year)
    identified &= ~np.isin(reason, _PARTS_OF_A_NAME) & ~parts | excused
    identified &= ~strangers
    same = version & (named | identified)
    unsure = ~same & (score >= rule.review)
    verdicts = np.where(same, SAME, np.where(unsure, UNSURE, DIFFERENT)).astype(np.int8)
    agreed = (
        version
        & ~parts
        & (features[:, kernel.GATE] >= kernel.G_CUT)
        & (features[:, kernel.TITLE_ALIKE] >= 0.8)
        & (features[:, kernel.ARTIST_ALIKE] >= 0.6)
    )
    spelled = (reason == kernel.SPELLED_MAKER) & (facts[:, kernel.LENGTHS] > ONE_LENGTH)
    contradicted = (facts[:, kernel.VERSIONS] < kernel.G_CUT) | spelled | parts & ~same & ~excused
    contradicted |= (strangers | (points <= AGAINST)) & ~same
    return Weighed(
        verdicts, score + np.clip(points, -10, 10) / 100, contradicted, agreed, identified, features
    )


def _points(facts: Floats, positions: Floats) -> Floats:
    """How much a pair's fields say for one record: the logarithm of the odds, by level of agreement.

    Fitted by logistic regression on the train side of MusicBrainz-20K and rounded to halves, so that more
    agreement never says less. 0 is as likely as not among records that have something in common.
    """
    return (
        -1.0
        + _level(facts[:, kernel.NAMES_ALIKE], 0.0, (0.0, -1.0), (0.5, 0.0), (0.85, 1.5))
        + _level(facts[:, kernel.TITLES_ALIKE], 0.0, (0.0, -2.0), (0.4, 0.0), (0.8, 0.5), (0.95, 1.5))
        + _level(facts[:, kernel.WHOLE], -1.0, (0.0, -2.0), (0.4, -0.5), (0.6, 0.5), (0.9, 2.0))
        + _level(facts[:, kernel.ALBUMS_ALIKE], 0.5, (0.0, -2.5), (0.6, 0.5), (0.85, 1.0))
        + _level(facts[:, kernel.LENGTHS], 0.0, (0.0, 4.0), (1.01, 0.0), (ONE_LENGTH, -1.0), (15.0, -2.5))
        + _level(facts[:, kernel.YEARS], 0.0, (0.0, -2.5), (0.5, 2.0))
        + _level(positions, 0.5, (0.0, -2.5), (0.5, 2.0))
    )


def _below(likeness: Floats, limit: float) -> Flags:
    """Whether both sides say something, and it is less alike than that."""
    return (likeness >= 0) & (likeness < limit)


def _level(values: Floats, unknown: float, *levels: tuple[float, float]) -> Floats:
    starts, points = zip(*levels, strict=True)
    # a difference of exactly the limit still agrees
    at = np.searchsorted(np.array(starts), values, side="right") - 1
    return np.where(values < 0, unknown, np.array(points)[np.maximum(at, 0)])


def _identified(
    facts: Floats, points: Floats, release: Flags, length: Flags, position: Flags, year: Flags
) -> Flags:
    """Whether enough facts agree: the better the names do, the fewer.

    An artist has many tracks of one length and one year, and several on one release; only a place on a
    release is held by one.
    """
    title, names = facts[:, kernel.TITLES_ALIKE], facts[:, kernel.NAMES_ALIKE]
    line, whole = facts[:, kernel.LINE], facts[:, kernel.WHOLE]
    count = release.astype(np.int64) + length + position + year
    good = (title >= 0.8) & ((names >= 0.5) | (names < 0)) | (line >= 0.9)
    some = (title >= 0.6) | (names >= 0.6) | (line >= 0.5) | (whole >= 0.55)
    most = (title >= 0.6) | (line >= 0.75) | (whole >= 0.75) | (title < 0) & (names >= 0.6) & length
    return (points > IDENTIFIED) & (
        good & (length | position) & (count >= 2) | release & length & position
    ) | (points >= TELLING) & (some & position | most & release)
