"""Other people's rules on the same pairs: a measure of how hard the pairs are, and of what is gained.

Each peer gives a likeness in [0, 1] for two texts. beets is called as a library and reported as absent when
it is not installed (``requirements.txt``); the rules of Picard and ListenBrainz are written anew from their
description, since neither can be used as a library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from benchmarks.matching import metrics
from benchmarks.matching.pair import Pair, Text

Likeness = Callable[[Text, Text], float]


def token_sort(left: Text, right: Text) -> float:
    return fuzz.token_sort_ratio(left.line().lower(), right.line().lower()) / 100


def w_ratio(left: Text, right: Text) -> float:
    return fuzz.WRatio(left.line().lower(), right.line().lower()) / 100


def words_likeness(left: str, right: str) -> float:
    """Two texts word by word: each word of the shorter takes its best partner, what is left over costs.

    Partners above .6 are used up; the sum is divided by the shorter's words and .4 of the leftover ones.
    """
    shorter, longer = sorted(
        ([word for word in re.split(r"\W+", text.lower()) if word] for text in (left, right)), key=len
    )
    if not shorter or not longer:
        return 0.0
    rest = list(longer)
    total = 0.0
    for word in shorter:
        likenesses = [Levenshtein.normalized_similarity(word, one) for one in rest]
        best = max(likenesses, default=0.0)
        total += best
        if best > 0.6:
            del rest[likenesses.index(best)]
    return min(total / (len(shorter) + 0.4 * len(rest)), 1.0)


def picard(left: Text, right: Text) -> float:
    """Title 13, length 10, album 5, artist 4, each where both sides have it."""
    parts = [
        (13.0, words_likeness(left.title, right.title)),
        (4.0, words_likeness(left.artist, right.artist)),
    ]
    if left.duration is not None and right.duration is not None:
        parts.append((10.0, max(1 - abs(left.duration - right.duration) / 30, 0.0)))
    if left.album and right.album:
        parts.append((5.0, words_likeness(left.album, right.album)))
    return sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts)


def listenbrainz(left: Text, right: Text) -> float:
    """Absolute edit distance of title and artist: 0 exact, to 2 high, to 5 medium, else shortened and low."""
    texts = (left.title, right.title, left.artist, right.artist)
    distances = _distances(*map(_folded, texts))
    if max(distances) <= 5:
        return 1 - sum(distances) / 20
    short = _distances(
        *(_folded(_detuned(text.title)) for text in (left, right)),
        *(_folded(re.split(r", | with | & ", _detuned(text.artist))[0]) for text in (left, right)),
    )
    return 0.45 - sum(short) / 100 if max(short) <= 5 else max(0.3 - sum(distances) / 500, 0.0)


def _distances(*texts: str) -> tuple[int, int]:
    return Levenshtein.distance(texts[0], texts[1]), Levenshtein.distance(texts[2], texts[3])


def _folded(text: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(re.sub(r"[^\w ]", "", plain).lower().split())


def _detuned(text: str) -> str:
    return re.split(r"[(\[]| feat\.? | ft\.? | - ", text, flags=re.I)[0] or text


def beets() -> Likeness | None:
    """One minus beets' weighted distance of title and artist; None when it is not installed."""
    try:
        from beets.autotag.distance import Distance  # type: ignore[import-not-found]
    except ImportError:
        return None

    def likeness(left: Text, right: Text) -> float:
        distance = Distance()
        distance.add_string("track_title", left.title, right.title)
        distance.add_string("track_artist", left.artist, right.artist)
        return 1 - float(distance.distance)

    return likeness


def peers() -> dict[str, Likeness | None]:
    """The peers by name; None for one whose package is missing."""
    return {
        "rapidfuzz token_sort": token_sort,
        "rapidfuzz WRatio": w_ratio,
        "Picard's similarity (written anew)": picard,
        "ListenBrainz' rule (written anew)": listenbrainz,
        "beets": beets(),
    }


def peer_figures(pairs: Sequence[Pair]) -> dict[str, Any]:
    """The figures of each peer on the evaluated pairs; thresholds are each one's own best."""
    some = [pair for pair in pairs if pair.split == "eval"]
    labels = np.array([pair.same for pair in some])
    figures: dict[str, Any] = {}
    for name, likeness in peers().items():
        if likeness is None:
            figures[name] = {"absent": "not installed"}
            continue
        said = np.array([likeness(pair.left, pair.right) for pair in some])
        accuracy, threshold = metrics.best_accuracy(labels, said)
        figures[name] = {
            "auc": metrics.auc(labels, said),
            "accuracy": accuracy,
            "threshold": threshold,
            "recall at precision .99": metrics.recall_at_precision(labels, said, 0.99),
            "precision at recall .9": metrics.precision_at_recall(labels, said, 0.9),
            "best f1": metrics.best_f1(labels, said),
        }
    return figures
