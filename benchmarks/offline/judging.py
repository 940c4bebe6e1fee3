"""Whether answers are right: the same for mixtrove and for every peer.

An answer is an id or none, and whether it is accepted. Which ids are right is told by ``questions.py``.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from benchmarks.offline.questions import PRESENT

ANSWER = {"line_no": pl.Int64, "id": pl.String, "accepted": pl.Boolean}


def judged(questions: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """The questions with ``id``, ``accepted``, ``right`` (accepted as one of the right ids) and ``wrong``.

    A question without an answer is not accepted.
    """
    frame = questions.join(answers, on="line_no", how="left", maintain_order="left")
    accepted = pl.col("accepted").fill_null(False)
    hit = pl.col("truth").list.contains(pl.col("id")).fill_null(False)
    return frame.with_columns(
        accepted=accepted,
        hit=hit,
        right=accepted & hit,
        wrong=accepted & ~hit,
        present=pl.col("kind") == PRESENT,
    )


def figures(frame: pl.DataFrame) -> dict[str, Any]:
    """Shares over all questions and by kind, from what ``judged`` gives."""
    present = frame.filter("present")
    accepted = int(frame["accepted"].sum())
    return {
        "lines": len(frame),
        "accepted": accepted,
        "right accepted of present": share(int(present["right"].sum()), len(present)),
        "wrong of accepted": share(int(frame["wrong"].sum()), accepted),
        "wrong accepts": int(frame["wrong"].sum()),
        "best answer right, of present": share(int(present["hit"].sum()), len(present)),
        "present, by style": {
            row["style"]: {"lines": row["len"], "right": row["right"], "wrong": row["wrong"]}
            for row in _means(present, "style")
        },
        "not there, by kind": {
            row["kind"]: {"lines": row["len"], "accepted": row["accepted"]}
            for row in _means(frame.filter(~pl.col("present")), "kind")
        },
    }


def _means(frame: pl.DataFrame, by: str) -> list[dict[str, Any]]:
    means = [pl.col(name).mean().round(5) for name in ("right", "wrong", "accepted")]
    return frame.group_by(by).agg(pl.len(), *means).sort(by).to_dicts()


def share(part: int, whole: int) -> float | None:
    """A part of a whole; None of nothing."""
    return round(part / whole, 5) if whole else None


def best_threshold(
    frame: pl.DataFrame, likeness: str, *, most_wrong: float, default: float
) -> tuple[float, bool]:
    """The likeness from which at most ``most_wrong`` of the accepted are wrong, and whether there is one.

    ``frame`` is judged with every answer accepted; the threshold is the one with most right answers.
    """
    best, most = default, 0
    some = frame.filter(pl.col("id").is_not_null())
    for threshold in sorted(set(some[likeness].round(1).to_list())):
        taken = some.filter(pl.col(likeness) >= threshold)
        right = int(taken["hit"].sum())
        if len(taken) and (len(taken) - right) / len(taken) <= most_wrong and right > most:
            best, most = threshold, right
    return best, most > 0
