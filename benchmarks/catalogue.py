r"""How well and how fast raw lines are identified against a catalogue of millions, and what it costs.

    python -m benchmarks.catalogue --data FOLDER --quick
    python -m benchmarks.catalogue --data FOLDER --recordings 10000000 --queries 1000000
    python -m benchmarks.catalogue --data FOLDER --recordings 10000000 --queries 1000000 \
        --generate-only --work DIR

The last one only writes ``catalogue.csv.zst`` (or, with ``--form csv`` or ``--plain``, ``catalogue.csv``),
``lines.txt`` with a raw line a row, and ``questions.parquet`` with what each line means and which ids are
right. A folder that holds them already is measured as it is.

The catalogue is made up of what is real. Recipe, everything drawn by seed:

- Names, titles, remixers, spellings of versions, labels are counted in the folder's catalogues and mixes.
  To them come 0.08 made names and 0.4 made titles a recording: the beginning of a real one and the end of
  another. A made name is as popular as some real one, drawn at random; a real one twice as popular as in
  the folder.
- A track has one to three artists, separators and a guest as often as a real one. Every third has a real
  title, drawn by frequency, so that *Intro* and *Untitled* are by thousands; of the others a fifth shares
  its made title.
- A track has 1 to 30 rows, 1.43 on average. The first has a version as often as a real catalogue row;
  every further one a version of real lines and rows by frequency, one in six the same version again.
  Remixers are real ones by frequency for three in five, else any artist. One row in ten names its artists
  the other way round.

Words are as frequent as in life, but which artist recorded which title is chance, made names are less
alike than real ones of one scene, and no row is mistyped: peers and mixtrove find it a little easier than
life.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.offline.catalogue_file import FORMS, write_catalogue
from benchmarks.offline.lines import lines_of, write_lines
from benchmarks.offline.questions import draw
from benchmarks.offline.tracks import world_of

QUICK = 50_000, 2_000


def generate(args: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Write catalogue, lines and answers into the folder ``work``; returns sizes and times."""
    started = time.perf_counter()
    world = world_of(args.data, args.recordings, args.seed)
    read = time.perf_counter()
    drawn = draw(world, args.recordings, args.queries)
    decided = time.perf_counter()
    write_catalogue(world, drawn.tracks, drawn.rows, drawn.kept, catalogue_path(args, work), args.form)
    written = time.perf_counter()
    frame = lines_of(drawn)
    frame.write_parquet(work / "questions.parquet")
    write_lines(frame, work / "lines.txt")
    return {
        "recordings": len(drawn.kept),
        "lines": len(frame),
        "seed": args.seed,
        "names and titles, s": round(read - started, 1),
        "drawing, s": round(decided - read, 1),
        "catalogue, s": round(written - decided, 1),
        "lines, s": round(time.perf_counter() - written, 1),
    }


def catalogue_path(args: argparse.Namespace, work: Path) -> Path:
    """Where the catalogue's source file is."""
    return work / ("catalogue.csv" if args.plain or args.form == "csv" else "catalogue.csv.zst")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    parser.add_argument("--recordings", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK[0]:,} recordings, {QUICK[1]:,} lines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--form", choices=FORMS, default="canonical")
    parser.add_argument(
        "--plain", action="store_true", help="write a canonical catalogue as .csv, not .csv.zst"
    )
    parser.add_argument("--generate-only", action="store_true")
    parser.add_argument(
        "--work", type=Path, help="folder for what is made; else one that is removed at the end"
    )
    args = parser.parse_args()
    if args.quick:
        args.recordings, args.queries = QUICK
    if args.generate_only and args.work is None:
        parser.error("--generate-only needs --work")
    return args


def main() -> None:
    """Print the figures as one JSON object."""
    args = arguments()
    with tempfile.TemporaryDirectory() as folder:
        work = args.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        figures = {"generation": generate(args, work)}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
