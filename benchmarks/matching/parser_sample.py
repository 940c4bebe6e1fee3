"""The parser on lines that people labelled by reading, before any parser ran on them.

The labels lie beside this file (``parser_lines.jsonl``), in the form of ``tests/data/parser_sample.jsonl``
with a ``stratum`` each; ``alt_FIELD`` lists other readings that are just as fine.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.matching.outcome import Outcome, Result
from benchmarks.matching.pair import short_hash
from benchmarks.matching.sources import Absent
from mixtrove.matching import normal_form
from mixtrove.tracklists.line import parse_line

SET = "parser"
LABELS = Path(__file__).parent / "parser_lines.jsonl"
FIELDS = ("artists", "featured", "title", "remixers", "version", "label", "catalog_number")
LISTS = frozenset(("artists", "featured", "remixers"))


def run_parser(data: Path, quick: bool) -> Result:
    """The share of lines right in all fields, and in each, by stratum. The data folder is not used.

    Raises:
        Absent: the lines are not labelled yet.
    """
    if not LABELS.exists():
        raise Absent(LABELS.name)
    rows = [json.loads(text) for text in LABELS.read_text(encoding="utf-8").splitlines() if text.strip()]
    right: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    outcomes = []
    for row in rows[:: 10 if quick else 1]:
        bad = wrong_fields(row)
        stratum = row.get("stratum", "random")
        right[stratum]["all"].append(not bad)
        for field in ("kind", "components", "cue", *FIELDS):
            right[stratum][field].append(
                field not in bad and (field not in FIELDS or "components" not in bad)
            )
        told = f"{row['raw']}  ({', '.join(sorted(bad)) or 'right'})"
        outcomes.append(
            Outcome(short_hash(row["raw"]), SET, stratum, True, float(not bad), not bad, told)
        )  # fmt: skip
    figures: dict[str, Any] = {
        stratum: {"lines": len(some["all"]), **{field: sum(one) / len(one) for field, one in some.items()}}
        for stratum, some in sorted(right.items())
    }
    return Result(figures, outcomes)


def wrong_fields(row: dict[str, Any]) -> set[str]:
    """The fields of a labelled line that were parsed otherwise than every reading that is fine."""
    line = parse_line(row["raw"], 1)
    expected = row.get("components", [])
    bad: set[str] = set()
    if line.kind not in (row["kind"], *row.get("alt_kind", [])):
        bad.add("kind")
    if row["kind"] == "id" and not expected and line.kind == "id":
        return bad  # only tracks are labelled with components
    if len(expected) != len(line.components):
        return bad | {"components"}
    for found, label in zip(line.components, expected, strict=True):
        if line.cue_seconds != label.get("cue_seconds"):
            bad.add("cue")
        for field in FIELDS:
            fine = [label.get(field), *label.get(f"alt_{field}", [])]
            if _form(field, getattr(found.credit, field)) not in [_form(field, one) for one in fine]:
                bad.add(field)
    return bad


def _form(field: str, value: Any) -> object:
    if field in LISTS:
        return sorted(_squeezed(name) for name in value or ())
    return _squeezed(value)


def _squeezed(text: str | None) -> str:
    return normal_form(text or "").replace(" ", "")
