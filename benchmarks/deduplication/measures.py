"""What counts: pairs of records that stand in one cluster, among all pairs that are one recording.

This is the *pairwise* precision, recall and F1 of a clustering, as it is published for MusicBrainz-20K
(FAMER, Saeedi and others): each pair within a cluster of the answer counts, also one that others joined.
"""

from __future__ import annotations

import re
from itertools import combinations

import polars as pl
from rapidfuzz.distance import OSA

from benchmarks.matching.crude import version_key
from benchmarks.matching.pair import squeeze

_BRACKET = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_GUEST = re.compile(r"^\s*(?:feat|ft|featuring|with|w/|prod)\b", re.I)


def pair_figures(truth: pl.DataFrame, answer: pl.DataFrame) -> dict[str, float]:
    """Precision, recall and F1. ``truth`` has ``id`` and ``group``, ``answer`` ``id`` and ``cluster``.

    Ids that the answer lacks are alone.
    """
    whole = truth.select("id", "group").join(answer, on="id", how="inner")
    same = _pairs(truth, "group")
    said = _pairs(whole, "cluster")
    right = _pairs(whole, "group", "cluster")
    precision, recall = right / max(said, 1), right / max(same, 1)
    return {
        "same pairs": same,
        "joined pairs": said,
        "wrong pairs": said - right,
        "precision": precision,
        "recall": recall,
        "f1": 2 * right / max(same + said, 1),
    }


def _pairs(frame: pl.DataFrame, *columns: str) -> int:
    sizes = frame.group_by(columns).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def other_versions(titles: list[str]) -> list[tuple[str, str, float]]:
    """The pairs of titles whose brackets name other versions, with how alike these are; read crudely.

    Words in another order, cuts, guests and producers are no other version.
    """
    found = []
    for one, other in combinations(titles, 2):
        ours, theirs = _versions(one), _versions(other)
        if ours != theirs:
            found.append((one, other, OSA.normalized_similarity("".join(ours), "".join(theirs))))
    return found


def _versions(title: str) -> list[str]:
    inner = [text for text in _BRACKET.findall(title) if not _GUEST.match(text)]
    words = [squeeze(word) for text in inner for word in re.split(r"[\s/&,+-]+", text)]
    return sorted(key for word in words if (key := version_key(word)))
