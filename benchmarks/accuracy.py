"""How right the examples are identified and the parser's sample is parsed, against their labels.

Both were labelled by reading, before the code ran on them: ``examples/SOURCES.md`` and
``tests/data/draw_parser_sample.py`` say how. The tests hold the promises; this prints the figures.

    python benchmarks/accuracy.py
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from mixtrove.catalogue.build import build_catalogue  # noqa: E402
from mixtrove.catalogue.match import match_lines  # noqa: E402
from tests.unit.test_parser_sample import CORE, ROWS, wrong  # noqa: E402


def examples() -> dict[str, Any]:
    """Lines, identifiable lines, and what became of them."""
    with (ROOT / "examples" / "labels.csv").open(encoding="utf-8", newline="") as stream:
        labels = list(csv.DictReader(stream))
    with tempfile.TemporaryDirectory() as folder:
        build_catalogue([ROOT / "examples" / "catalogue.csv"], Path(folder))
        lines = dict.fromkeys(row["raw"] for row in labels)
        matched = {(one["raw"], one["component"]): one for one in match_lines(Path(folder), lines)}
    counts: Counter[str] = Counter(lines=len(labels))
    for label in labels:
        expected = label["candidate_ids"].split()
        found = matched[label["raw"], int(label["component"])]
        accepted = found["decision"] == "accept"
        counts["in the catalogue"] += bool(expected)
        counts["accepted rightly"] += accepted and found["candidate_id"] in expected
        counts["accepted wrongly"] += accepted and bool(expected) and found["candidate_id"] not in expected
        counts["accepted though absent"] += accepted and not expected
    share = counts["accepted rightly"] / counts["in the catalogue"]
    return {**counts, "share of the identifiable": round(share, 4)}


def sample() -> dict[str, Any]:
    """Lines of the sample, and how many are right in artist, title, version, label, number and cue."""
    right = sum(not wrong(row, CORE) for row in ROWS)
    return {"lines": len(ROWS), "right": right, "share": round(right / len(ROWS), 4)}


if __name__ == "__main__":
    print(json.dumps({"examples": examples(), "parser sample": sample()}, indent=2))
