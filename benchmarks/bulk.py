"""How long it takes to build a catalogue and to match a corpus of real lines against it.

    python benchmarks/bulk.py --data FOLDER

FOLDER holds ``catalogue_176k.csv.gz`` and ``tracklists/mixesdb.jsonl.gz``. ``--without SOURCE`` leaves out
the rows of a source (lists that were made from the very lines that are matched), ``--sample N --seed S``
writes N accepted lines to be judged by hand.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.match import Matched, match_lines


def lines_of(path: Path) -> list[str]:
    """The raw lines of a file of mixes, a mix a line; a line is text or ``{"line": …}``."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        found = [line for text in stream for line in json.loads(text)["lines"]]
    return [line if isinstance(line, str) else line["line"] for line in found]


def filtered(source: Path, without: set[str], out: Path) -> Path:
    """The rows of ``source`` that come from none of the sources ``without``."""
    with (
        gzip.open(source, "rt", encoding="utf-8", newline="") as stream,
        out.open("w", encoding="utf-8", newline="") as kept,
    ):
        reader = csv.DictReader(stream)
        writer = csv.DictWriter(kept, list(reader.fieldnames or ()))
        writer.writeheader()
        writer.writerows(row for row in reader if row["source"] not in without)
    return out


def drawn(rows: list[Matched], count: int, seed: int) -> list[str]:
    """``count`` different accepted lines beside what they were taken for."""
    accepted = {(row["raw"].lower(), row["candidate_id"]): row for row in rows if row["decision"] == "accept"}
    some = random.Random(seed).sample(list(accepted.values()), min(count, len(accepted)))
    return [f"{row['raw']}  =>  {row['artist']} - {row['title']}  ({row['reasons']})" for row in some]


def main() -> None:
    """Print the figures as one JSON object, then the drawn lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    parser.add_argument("--lines", default="mixesdb", choices=("mixesdb", "radio_shows"))
    parser.add_argument("--without", action="append", default=[], metavar="SOURCE")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = args.data / "catalogue_176k.csv.gz"
        if args.without:
            source = filtered(source, set(args.without), Path(folder) / "rows.csv")
        started = time.perf_counter()
        info = build_catalogue([source], Path(folder) / "catalogue")
        built = time.perf_counter() - started
        lines = lines_of(args.data / f"tracklists/{args.lines}.jsonl.gz")
        started = time.perf_counter()
        rows = list(match_lines(Path(folder) / "catalogue", lines))
        matched = time.perf_counter() - started
    usage = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    figures = {
        "rows": info.rows_read + info.rows_skipped,
        "recordings": info.recordings,
        "build, s": round(built, 1),
        "lines": len(lines),
        "match, s": round(matched, 1),
        "lines/s": round(len(lines) / matched),
        "decisions": dict(Counter(row["decision"] for row in rows)),
        "largest process, MB": round(max(usage) / 1024),
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    for line in drawn(rows, args.sample, args.seed):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
