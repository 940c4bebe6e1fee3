"""How fast lines are parsed, and whether every line of a corpus gives an entry or a stated reason.

Times ``parse_line`` alone and ``mixtrove parse --json`` as a process of its own, each on one core.

    python benchmarks/parsing.py --data FOLDER        # FOLDER/tracklists/mixesdb.jsonl.gz
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mixtrove.tracklists.line import parse_line


def lines_of(data: Path) -> list[str]:
    """The raw lines of every mix, in order."""
    with gzip.open(data / "tracklists/mixesdb.jsonl.gz", "rt", encoding="utf-8") as stream:
        return [line for text in stream for line in json.loads(text)["lines"]]


def of_function(lines: list[str]) -> tuple[float, Counter[str], list[str]]:
    """Lines a second, how many of each kind, and the lines that gave neither an entry nor a reason."""
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


def main() -> None:
    """Print the figures as one JSON object; fail when a line is lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    args = parser.parse_args()
    lines = lines_of(args.data)
    rate, kinds, silent = of_function(lines)
    figures = {
        "lines": len(lines),
        "parse_line, lines/s": round(rate),
        "mixtrove parse --json, lines/s": round(of_command(lines)),
        "kinds": dict(kinds.most_common()),
        "lines without entry or reason": len(silent),
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    if silent:
        raise SystemExit(f"no entry and no reason: {silent[:5]}")


if __name__ == "__main__":
    main()
