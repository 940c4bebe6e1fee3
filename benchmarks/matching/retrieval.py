"""End to end: raw lines against a catalogue, through parsing, blocking, comparing and deciding.

The catalogue is the folder's own rows without those that must be missing for a line's kind; the lines are
told by ``retrieval_lines.py``. Reported: accepted rightly of the lines whose recording is there, wrong of all
accepted, what share of each kind that cannot be identified is accepted, and the recall of blocking.
"""

from __future__ import annotations

import csv
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matching import metrics
from benchmarks.matching.crude import read, version_key
from benchmarks.matching.outcome import Outcome, Result
from benchmarks.matching.pair import short_hash, squeeze
from benchmarks.matching.retrieval_lines import Case, draw, one_recording, plain_title
from benchmarks.matching.sources import Absent, catalogue_rows, mix_lines
from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.match import match_lines
from mixtrove.catalogue.search import Catalogue
from mixtrove.tracklists.line import parse_line

SET = "retrieval"
COLUMNS = ("id", "artist", "title", "album", "label", "catalog_number", "isrc", "year", "duration")
TOP = 20


def run_retrieval(data: Path, quick: bool) -> Result:
    """The figures of a drawn list of lines against what is left of the catalogue.

    Raises:
        Absent: the folder has no catalogue.
    """
    rows = {row["id"]: row for row in catalogue_rows(data)}
    if not rows:
        raise Absent("*catalogue*.csv.gz")
    if quick:
        rows = {key: row for key, row in rows.items() if int(short_hash(key), 16) % 10 == 0}
    readings = {
        key: read(row["artist"], row["title"], label=row.get("label"), source=key)
        for key, row in rows.items()
    }
    tracks = tuple(track for track in readings.values() if track is not None)
    cases, removed = draw(tracks, mix_lines(data), share=0.1 if quick else 1.0)
    missing: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if not case.present:
            missing[plain_title(case.track.base)].append(case)
    # Rows that cannot be read for certain leave when they may be what must be missing.
    for key, row in rows.items():
        if readings[key] is None and any(
            any(squeeze(name) in squeeze(row["artist"] + row["title"]) for name in case.track.names)
            for title in {
                squeeze(row["title"]),
                *map(squeeze, re.split(r"[(\[-]|\s-\s|\sf(?:ea)?t\.?\s", row["title"])),
            }
            for case in missing.get(title, ())
        ):
            removed.add(key)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.csv"
        with source.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(row for key, row in rows.items() if key not in removed)
        started = time.perf_counter()
        build_catalogue([source], Path(folder) / "catalogue")
        built = time.perf_counter()
        matched = list(match_lines(Path(folder) / "catalogue", [case.raw for case in cases]))
        done = time.perf_counter()
        best: dict[int, dict[str, Any]] = {}
        for answer in matched:  # of a line with several components the surest one counts
            number = answer["line_no"]
            if number not in best or answer["confidence"] >= best[number]["confidence"]:
                best[number] = dict(answer)
        found = blocking_recall(Path(folder) / "catalogue", cases, rows)
    outcomes = [judged(case, best.get(number, {}), rows) for number, case in enumerate(cases, 1)]
    accepted = np.array(
        [best.get(number, {}).get("decision") == "accept" for number in range(1, len(cases) + 1)]
    )
    figures = {
        "catalogue": len(rows) - len(removed),
        "build, s": round(built - started, 1),
        "match, s": round(done - built, 1),
        "lines/s": round(len(cases) / max(done - built, 1e-9)),
        "recall of blocking at 20": found,
        **summary(cases, outcomes, accepted),
    }
    return Result(figures, outcomes)


def judged(case: Case, row: dict[str, Any], rows: dict[str, dict[str, str]]) -> Outcome:
    """Whether a line came out right: accepted as its recording, or not accepted when it is not there."""
    accepted = row.get("decision") == "accept"
    right = accepted and is_right(case, row.get("candidate_id"), rows)
    found = f"{row.get('decision')}: {row.get('artist')} - {row.get('title')}"
    told = f"{case.raw}  →  {found}  ({row.get('reasons')})"
    return Outcome(
        short_hash(case.kind, case.raw), SET, case.kind, case.present, float(row.get("confidence") or 0.0),
        bool(right) if case.present else not accepted, told,
    )  # fmt: skip


def is_right(case: Case, identity: str | None, rows: dict[str, dict[str, str]]) -> bool:
    """Whether a row is the recording a line was made from, under this id or another."""
    if identity == case.track.source:
        return True
    row = rows.get(identity or "")
    if row is None:
        return False
    other = read(row["artist"], row["title"])
    if other is not None:
        return one_recording(case.track, other)
    title = version_key(row["title"])
    return (
        squeeze(case.track.names[0]) in squeeze(row["artist"])
        and version_key(case.track.base) in title
        and case.track.version_key in title
    )


def blocking_recall(directory: Path, cases: Sequence[Case], rows: dict[str, dict[str, str]]) -> float | None:
    """The share of lines whose recording is there that have it among their first candidates."""
    credits = []
    asked = []
    for case in cases:
        components = parse_line(case.raw, 1).components
        if case.present and components:
            asked.append(case)
            credits.append(components[0].credit)
    if not asked:
        return None
    with Catalogue(directory) as catalogue:
        offered = catalogue.candidates(credits, top=TOP)
    hits = [
        any(is_right(case, one.id, rows) for one in some) for case, some in zip(asked, offered, strict=True)
    ]
    return sum(hits) / sum(case.present for case in cases)


def summary(cases: Sequence[Case], outcomes: Sequence[Outcome], accepted: metrics.Bools) -> dict[str, Any]:
    """Shares over all lines and by kind."""
    present = np.array([case.present for case in cases])
    right = np.array([one.right for one in outcomes]) & accepted & present
    kinds: dict[str, list[int]] = defaultdict(list)
    for at, case in enumerate(cases):
        kinds[case.kind].append(at)
    wrong = accepted & ~right
    mistakes = int(wrong.sum())
    return {
        "lines": len(cases),
        "identifiable": int(present.sum()),
        "accepted": int(accepted.sum()),
        "right of identifiable": float(right.sum() / max(present.sum(), 1)),
        "wrong of accepted": mistakes / max(int(accepted.sum()), 1),
        "wrong accepts": mistakes,
        "there, by kind": {
            kind: {"lines": len(some), "right": float(right[some].mean()), "wrong": float(wrong[some].mean())}
            for kind, some in kinds.items() if cases[some[0]].present
        },
        "not there, by kind": {
            kind: {"lines": len(some), "accepted": float(accepted[some].mean())}
            for kind, some in kinds.items() if not cases[some[0]].present
        },
    }  # fmt: skip
