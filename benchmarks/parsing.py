"""How fast lines are parsed, and what is lost: lines without a reason, words, credits read otherwise again.

Times ``parse_line`` alone (caches cold) and ``mixtrove parse --json`` as a process of its own, each on one
core; the median of ``--runs``.

    python benchmarks/parsing.py --data FOLDER    # FOLDER/tracklists/{mixesdb,radio_shows}.jsonl.gz
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mixtrove.matching import Credit
from mixtrove.matching.credit import split_artists
from mixtrove.matching.version import head_word, parse_version
from mixtrove.tracklists.box import read_box
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.model import Line

_WORD = re.compile(r"[^\W_]+")
# Words that join names and go with them; a placeholder among the artists names nobody.
_JOINING = frozenset(
    ("feat", "ft", "featuring", "vs", "v", "x", "λ", "pres", "presents", "present", "presenting", "meets",
     "b2b", "with", "w", "f", "introducing", "starring", "unknown")
)  # fmt: skip


def lines_of(data: Path) -> list[str]:
    """The raw lines of every mix, in order."""
    with gzip.open(data / "tracklists/mixesdb.jsonl.gz", "rt", encoding="utf-8") as stream:
        return [line for text in stream for line in json.loads(text)["lines"]]


def shows_of(data: Path) -> list[str]:
    """The raw lines of every radio show, in order."""
    with gzip.open(data / "tracklists/radio_shows.jsonl.gz", "rt", encoding="utf-8") as stream:
        return [line["line"] for text in stream for line in json.loads(text)["lines"]]


def lost_words(line: Line) -> set[str]:
    """The words of an entry's raw line that are in no field of it."""
    kept = _words(line.marks)
    for one in line.components:
        credit = one.credit
        for text in (
            *credit.artists, *credit.featured, credit.title, credit.version, credit.label,
            credit.catalog_number, str(credit.year or ""), *one.remarks,
        ):  # fmt: skip
            kept |= _words(text or "")
    return _words(line.raw) - kept - _JOINING if line.components else set()


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.translate(_UNSEEN).lower()))


_UNSEEN = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff")


def read_again(credit: Credit) -> tuple[bool, bool]:
    """Whether a credit that is written as artist and title, and as a line, is read as the same credit."""
    fields = Credit.parse(
        credit.artist, credit.full_title, label=credit.label, catalog_number=credit.catalog_number,
        year=credit.year,
    )  # fmt: skip
    line = parse_line(f"{credit.artist or 'ID'} - {credit.full_title}")
    bare = Credit.parse(credit.artist, credit.full_title)
    return fields == credit, [one.credit for one in line.components] == [bare]


def of_function(lines: list[str]) -> tuple[float, Counter[str], list[str]]:
    """Lines a second, how many of each kind, and the lines that gave neither an entry nor a reason."""
    for cached in (split_artists, parse_version, head_word, read_box):
        cached.cache_clear()
    started = time.perf_counter()
    parsed = [parse_line(raw, number) for number, raw in enumerate(lines, 1)]
    rate = len(lines) / (time.perf_counter() - started)
    silent = [one.raw for one in parsed if not one.components and not one.skip_reason]
    return rate, Counter(one.kind for one in parsed), silent


def of_command(lines: list[str]) -> float:
    """Lines a second of the command, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "lines.txt"
        source.write_text("\n".join(" ".join(line.split()) for line in lines), encoding="utf-8")
        command = [sys.executable, "-m", "mixtrove", "parse", "--format", "text", "--json", str(source)]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return len(lines) / (time.perf_counter() - started)


def _median(rates: list[float]) -> int:
    return round(sorted(rates)[len(rates) // 2])


def main() -> None:
    """Print the figures as one JSON object; fail when a line is lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    parser.add_argument("--runs", type=int, default=3, help="timed runs; the median counts")
    args = parser.parse_args()
    lines = lines_of(args.data)
    runs = [of_function(lines) for _ in range(args.runs)]
    _, kinds, silent = runs[0]
    parsed = [parse_line(raw) for raw in dict.fromkeys([*lines, *shows_of(args.data)])]
    credits = [one.credit for line in parsed for one in line.components]
    again = [read_again(credit) for credit in credits]
    figures = {
        "lines": len(lines),
        "parse_line, lines/s": _median([rate for rate, _, _ in runs]),
        "mixtrove parse --json, lines/s": _median([of_command(lines) for _ in runs]),
        "kinds": dict(kinds.most_common()),
        "lines without entry or reason": len(silent),
        "different lines, with the radio shows": len(parsed),
        "lines that lose a word": sum(bool(lost_words(line)) for line in parsed),
        "credits": len(credits),
        "credits read otherwise from artist and title": sum(not fields for fields, _ in again),
        "credits read otherwise from a line": sum(not line for _, line in again),
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    if silent:
        raise SystemExit(f"no entry and no reason: {silent[:5]}")


if __name__ == "__main__":
    main()
