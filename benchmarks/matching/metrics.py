"""Figures of a labelled list of confidences. numpy alone; nothing is fitted.

``labels`` are true for the same recording, ``confidences`` lie in [0, 1]. Figures that are not defined for a
list (no positives, no negatives) are None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SAME = 0.5  # from here two credits count as one for F1 (MATCHING §7)
ACCEPT = 0.9  # from here a match is accepted


def auc(labels: Bools, confidences: Floats) -> float | None:
    """The chance that a same pair is above a different one; ties count a half."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(confidences, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def curve(labels: Bools, confidences: Floats) -> tuple[Floats, Floats, Floats]:
    """Thresholds from high to low with precision and recall of everything at or above each."""
    order = np.argsort(-confidences, kind="stable")
    ordered, right = confidences[order], np.cumsum(labels[order])
    last = np.append(np.nonzero(np.diff(ordered))[0], len(ordered) - 1)
    return ordered[last], right[last] / (last + 1), right[last] / max(int(labels.sum()), 1)


def average_precision(labels: Bools, confidences: Floats) -> float | None:
    """The area under precision over recall, as a step function."""
    if not labels.any():
        return None
    _, precision, recall = curve(labels, confidences)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def best_accuracy(labels: Bools, confidences: Floats) -> tuple[float, float]:
    """The accuracy at the best single threshold, and that threshold."""
    order = np.argsort(-confidences, kind="stable")
    ordered = confidences[order]
    last = np.append(np.nonzero(np.diff(ordered))[0], len(ordered) - 1)
    above = np.cumsum(labels[order])[last]
    right = above + (len(labels) - labels.sum()) - (last + 1 - above)
    best = int(np.argmax(right))
    none_above = len(labels) - int(labels.sum())
    if none_above > right[best]:
        return none_above / len(labels), 1.01
    return float(right[best] / len(labels)), float(ordered[last[best]])


def recall_at_precision(labels: Bools, confidences: Floats, precision: float) -> float | None:
    """The largest recall of a threshold whose precision is at least ``precision``."""
    if not labels.any():
        return None
    _, precisions, recalls = curve(labels, confidences)
    fine = precisions >= precision
    return float(recalls[fine].max()) if fine.any() else 0.0


def precision_at_recall(labels: Bools, confidences: Floats, recall: float) -> float | None:
    """The largest precision of a threshold whose recall is at least ``recall``."""
    if not labels.any():
        return None
    _, precisions, recalls = curve(labels, confidences)
    return float(precisions[recalls >= recall - 1e-12].max())


def at_threshold(labels: Bools, confidences: Floats, threshold: float) -> dict[str, float]:
    """Precision, recall and F1 of everything at or above ``threshold``."""
    return f_measure(labels, confidences >= threshold)


def f_measure(labels: Bools, found: Bools) -> dict[str, float]:
    """Precision, recall and F1 of a yes-or-no answer."""
    right = int((labels & found).sum())
    precision = right / max(int(found.sum()), 1)
    recall = right / max(int(labels.sum()), 1)
    return {"precision": precision, "recall": recall, "f1": harmonic(precision, recall)}


def best_f1(labels: Bools, confidences: Floats) -> float:
    """F1 at the best single threshold."""
    _, precision, recall = curve(labels, confidences)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-12)))


def harmonic(precision: float, recall: float) -> float:
    """F1 of a precision and a recall."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def bootstrap_f1(labels: Bools, found: Bools, *, rounds: int = 2000, seed: int = 1) -> tuple[float, float]:
    """The 95 % interval of F1 over resamples of the pairs."""
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(labels), (rounds, len(labels)))
    drawn, answers = labels[draws], found[draws]
    right = (drawn & answers).sum(axis=1)
    scores = 2 * right / np.maximum(drawn.sum(axis=1) + answers.sum(axis=1), 1)
    low, high = np.percentile(scores, (2.5, 97.5))
    return float(low), float(high)


def calibration(labels: Bools, confidences: Floats, bins: int = 10) -> dict[str, Any]:
    """Expected calibration error and the reliability table: a row a bin of equal width."""
    at = np.minimum((confidences * bins).astype(int), bins - 1)
    table = []
    error = 0.0
    for one in range(bins):
        inside = at == one
        count = int(inside.sum())
        if count:
            said, true = float(confidences[inside].mean()), float(labels[inside].mean())
            error += abs(said - true) * count / len(labels)
            table.append({"from": one / bins, "pairs": count, "confidence": said, "same": true})
    return {"error": error, "table": table}


def by_kind(kinds: Sequence[str], labels: Bools, confidences: Floats) -> dict[str, dict[str, float | int]]:
    """For each kind the share of its pairs that is judged wrongly at ``ACCEPT`` and at ``SAME``."""
    names = np.array(kinds)
    found: dict[str, dict[str, float | int]] = {}
    for same in (True, False):
        for kind in sorted(set(names[labels == same].tolist())):
            values = confidences[(names == kind) & (labels == same)]
            if same:
                rates = {
                    "below .5": float((values < SAME).mean()),
                    "below .9": float((values < ACCEPT).mean()),
                }
            else:
                rates = {"at .5": float((values >= SAME).mean()), "at .9": float((values >= ACCEPT).mean())}
            found[f"{'same' if same else 'different'}: {kind}"] = {"pairs": len(values), **rates}
    return found


def summary(labels: Bools, confidences: Floats) -> dict[str, Any]:
    """All figures of one list but those by kind."""
    accuracy, threshold = best_accuracy(labels, confidences)
    return {
        "pairs": len(labels),
        "same": int(labels.sum()),
        "auc": auc(labels, confidences),
        "average precision": average_precision(labels, confidences),
        "accuracy": accuracy,
        "threshold": threshold,
        "recall at precision .99": recall_at_precision(labels, confidences, 0.99),
        "precision at recall .9": precision_at_recall(labels, confidences, 0.9),
        "at .5": at_threshold(labels, confidences, SAME),
        "at .9": at_threshold(labels, confidences, ACCEPT),
        "calibration": calibration(labels, confidences),
    }
