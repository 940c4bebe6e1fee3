"""The reliability diagram as a picture, and what the thresholds on scores give: of evaluated pairs only.

    python -m benchmarks.matching diagram --data FOLDER

writes ``docs/images/reliability.svg`` and prints precision and recall of ``Rule.accept`` at some values.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.matching import metrics
from benchmarks.matching.runner import PAIR_SETS
from benchmarks.matching.sources import Absent
from mixtrove.matching import compare

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "reliability.svg"
THRESHOLDS = (0.55, 0.70, 0.75, 0.80, 0.82, 0.85, 0.88, 0.90, 0.95)
SIZE, MARGIN = 420, 60
FONT = 'font-family="sans-serif" font-size="12" role="img"'
DOT = 'fill="#1f6f8b" opacity=".75"'
SAME = "share that is one recording"
LEGEND = "numbers are pairs; lines are 95 % intervals"


def evaluated(data: Path) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Labels, scores and confidences of the evaluated pairs of every set of pairs."""
    rows = []
    for read in PAIR_SETS.values():
        try:
            pairs = [pair for pair in read(data) if pair.split == "eval"]
        except Absent:
            continue
        for pair in pairs:
            found = compare(pair.left.credit(), pair.right.credit())
            rows.append((pair.same, found.score, found.confidence))
    table = np.array(rows, np.float64)
    return table[:, 0] > 0.5, table[:, 1], table[:, 2]


def draw(data: Path) -> str:
    """Write the picture; returns the table of thresholds as text."""
    labels, scores, confidences = evaluated(data)
    PICTURE.write_text(picture(labels, confidences), encoding="utf-8")
    lines = [
        f"{len(labels)} pairs, calibration error {metrics.calibration(labels, confidences)['error']:.4f}"
    ]
    for threshold in THRESHOLDS:
        found = metrics.at_threshold(labels, scores, threshold)
        lines.append(
            f"score {threshold:.2f}: precision {found['precision']:.4f}, recall {found['recall']:.4f}"
        )
    return "\n".join(lines) + "\n"


def picture(labels: NDArray[np.bool_], confidences: NDArray[np.float64]) -> str:
    """The diagram as SVG: for ten bins the confidence said against the share that is the same recording."""
    calibration = metrics.calibration(labels, confidences)
    side, middle = SIZE - 2 * MARGIN, SIZE / 2
    title = f"{len(labels):,} pairs that nothing was fitted to; error {calibration['error']:.3f}"

    def x(value: float) -> float:
        return MARGIN + value * side

    def y(value: float) -> float:
        return SIZE - MARGIN - value * side

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" {FONT}>',
        "<title>Reliability: the confidence said against the share of pairs that are one recording</title>",
        f'<rect width="{SIZE}" height="{SIZE}" fill="#fff"/>',
        f'<rect x="{x(0)}" y="{y(1)}" width="{side}" height="{side}" fill="none" stroke="#888"/>',
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" stroke="#bbb" stroke-dasharray="4 4"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [
            f'<text x="{x(tick)}" y="{y(0) + 18}" text-anchor="middle">{tick:g}</text>',
            f'<text x="{x(0) - 8}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>',
        ]
    for row in calibration["table"]:
        radius = 3 + 2.2 * np.log10(row["pairs"])
        # the interval that the share lies in with 95 %, after Wilson
        low, high = wilson(row["same"], row["pairs"])
        at = x(row["confidence"])
        parts += [
            f'<line x1="{at:.1f}" y1="{y(low):.1f}" x2="{at:.1f}" y2="{y(high):.1f}" stroke="#1f6f8b"/>',
            f'<circle cx="{at:.1f}" cy="{y(row["same"]):.1f}" r="{radius:.1f}" {DOT}/>',
        ]
        # the crowded ends say their numbers inside, the others above
        label = y(row["same"]) - radius - 5 if row["same"] < 0.9 else y(row["same"]) + radius + 14
        shift = max(min(at, SIZE - MARGIN - 14), MARGIN + 18)
        parts.append(
            f'<text x="{shift:.1f}" y="{label:.1f}" text-anchor="middle" fill="#444">{row["pairs"]}</text>'
        )
    parts += [
        f'<text x="{SIZE / 2}" y="{SIZE - 14}" text-anchor="middle">confidence said</text>',
        f'<text transform="rotate(-90 16 {middle})" x="16" y="{middle}" text-anchor="middle">{SAME}</text>',
        f'<text x="{SIZE / 2}" y="24" text-anchor="middle" font-size="14">{title}</text>',
        f'<text x="{SIZE / 2}" y="42" text-anchor="middle" fill="#444">{LEGEND}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def wilson(share: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson interval of a share of ``count``."""
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5
    return max(middle - half, 0.0), min(middle + half, 1.0)
