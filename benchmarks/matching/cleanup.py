"""Cases from the tests of scrobblers and taggers: a text as it comes, and what it should be cleaned to.

A case is right when parsing the text and parsing what is expected give the same artists and title, squeezed.
Some suites throw away what a matcher must keep (guests, live); ``--errors 500`` lists all failures.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from benchmarks.matching.outcome import Outcome, Result
from benchmarks.matching.pair import short_hash, squeeze
from benchmarks.matching.sources import Absent
from mixtrove.matching import Credit
from mixtrove.tracklists.line import parse_line

SET = "cleanup"
ARTIST_TASKS = frozenset(
    ("clean_artist", "album-artist-from-artist", "remove-additional-artists", "remove-feature",
     "normalize-feature", "fix-various-artists")
)  # fmt: skip


def run_cleanup(data: Path, quick: bool) -> Result:
    """The share of right cases, by task.

    Raises:
        Absent: the folder has no such file.
    """
    path = data / "matching" / "title_cleanup_cases.csv"
    if not path.exists():
        raise Absent("matching/title_cleanup_cases.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        cases = [tuple(row.values()) for row in csv.DictReader(stream)]
    counts: dict[str, list[bool]] = defaultdict(list)
    outcomes: list[Outcome] = []
    for at, (suite, _, task, text, first, second) in enumerate(cases):
        if quick and at % 10:
            continue
        found, wanted = _both(task, text, first, second)
        right = found == wanted
        counts[f"{suite}: {task}"].append(right)
        told = f"{text!r} → {found}, expected {first!r} {second!r}"
        outcomes.append(
            Outcome(short_hash(task, text, first, second), SET, task, True, float(right), right, told)
        )
    tasks = {
        name: {"cases": len(some), "right": sum(some) / len(some)} for name, some in sorted(counts.items())
    }
    share = sum(one.right for one in outcomes) / max(len(outcomes), 1)
    return Result({"cases": len(outcomes), "right": share, "tasks": tasks}, outcomes)


def _both(task: str, text: str, first: str, second: str) -> tuple[object, object]:
    if task == "split":
        components = parse_line(text, 1).components
        found = components[0].credit if components else Credit.parse("", "")
        return _form(found), _form(Credit.parse(first, second))
    if task in ARTIST_TASKS:
        found, wanted = (Credit.parse(one, "Title") for one in (text, first))
        return _form(found)[0], _form(wanted)[0]
    found, wanted = (Credit.parse("Artist", one) for one in (text, first))
    return _form(found)[1], _form(wanted)[1]


def _form(credit: Credit) -> tuple[tuple[str, ...], str]:
    return tuple(sorted(map(squeeze, credit.artists))), squeeze(credit.title)
