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
- One title in nine has a *Part 2*, and two in five tracks of such a title are followed by it, by the same
  artists.
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
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.offline import measured, peer_exact, peers
from benchmarks.offline.catalogue_file import FORMS, write_catalogue
from benchmarks.offline.judging import figures, judged
from benchmarks.offline.lines import lines_of, write_lines
from benchmarks.offline.peer_fts5 import Fts5
from benchmarks.offline.questions import PRESENT, draw
from benchmarks.offline.report import table
from benchmarks.offline.tracks import world_of

QUICK = 50_000, 2_000
PEER_FOLDERS = "exact", "fts5", "tantivy"
GENERATING = "catalogue_file", "hashing", "lines", "pools", "questions", "real", "tracks", "versions"
SIZES = "generated.json"  # what the folder holds: figures of its generation


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
    sizes = {
        "recordings": len(drawn.kept),
        "lines asked for": args.queries,
        "lines": len(frame),
        "seed": args.seed,
        "form": args.form,
        "recipe": recipe(),
        "catalogue file, MB": round(catalogue_path(args, work).stat().st_size / 1e6, 1),
        "names and titles, s": round(read - started, 1),
        "drawing, s": round(decided - read, 1),
        "catalogue, s": round(written - decided, 1),
        "lines, s": round(time.perf_counter() - written, 1),
    }
    (work / SIZES).write_text(json.dumps(sizes), encoding="utf-8")
    return sizes


def recipe() -> str:
    """A fingerprint of the code that generates: a folder made by another one is made anew."""
    folder = Path(peers.__file__).parent
    sources = sorted(path for path in folder.glob("*.py") if path.stem in GENERATING)
    return hashlib.blake2b(b"".join(path.read_bytes() for path in sources), digest_size=8).hexdigest()


def generated(args: argparse.Namespace, work: Path) -> dict[str, Any]:
    """What is in the folder ``work`` if that is what is asked for; else it is generated."""
    wanted = {
        "recipe": recipe(),
        "recordings": args.recordings,
        "lines asked for": args.queries,
        "seed": args.seed,
        "form": args.form,
    }
    if (work / SIZES).exists() and catalogue_path(args, work).exists():
        there: dict[str, Any] = json.loads((work / SIZES).read_text(encoding="utf-8"))
        if all(there.get(name) == value for name, value in wanted.items()):
            return there
    return generate(args, work)


def catalogue_path(args: argparse.Namespace, work: Path) -> Path:
    """Where the catalogue's source file is."""
    return work / ("catalogue.csv" if args.plain or args.form == "csv" else "catalogue.csv.zst")


def mixtrove_figures(args: argparse.Namespace, work: Path, questions: pl.DataFrame) -> dict[str, Any]:
    """mixtrove built, matched and looked up; writes wrong accepts for reading to ``wrong_accepts.txt``."""
    catalogue, out = work / "mixtrove", work / "matched.parquet"
    shutil.rmtree(catalogue, ignore_errors=True)
    built = measured.build(catalogue_path(args, work), catalogue)
    matched, frame = measured.match(catalogue, work / "lines.txt", questions, out)
    some = questions.sample(
        min(measured.LOOK_UPS + measured.WARMING, len(questions)), seed=args.seed, shuffle=True
    )
    present = questions.filter(pl.col("kind") == PRESENT)
    present = present.sample(min(measured.OF_BLOCKING, len(present)), seed=args.seed, shuffle=True)
    told = measured.wrong_accepts(frame, args.show, args.seed)
    reading = (args.out.parent if args.out else args.work or Path()) / "wrong_accepts.txt"
    if args.show:
        reading.write_text("\n\n".join(told) + "\n", encoding="utf-8")
    return {
        **built,
        **matched,
        "wrong accepts to read": str(reading) if args.show else None,
        **measured.blocking(catalogue, present),
        **measured.look_ups(catalogue, some["raw"].to_list()),
    }


def peer_figures(args: argparse.Namespace, work: Path, questions: pl.DataFrame) -> dict[str, Any]:
    """The peers on the same catalogue and a sample of its lines, and mixtrove on that sample."""
    count = min(args.peer_queries, len(questions) * 2 // 3)
    some = questions.sample(count + count // 2, seed=args.seed, shuffle=True)
    asked, development = some.head(count), some.tail(count // 2)
    source = catalogue_path(args, work)
    for name in PEER_FOLDERS:
        shutil.rmtree(work / name, ignore_errors=True)
    answers = measured.answers_of(pl.read_parquet(work / "matched.parquet"))
    found: dict[str, Any] = {"mixtrove on the same lines": figures(judged(asked, answers))}
    found["exact key in DuckDB"] = peer_exact.measured(source, work / "exact", asked)
    found["SQLite FTS5"] = peers.measured(
        Fts5(), source, work / "fts5", development, asked, args.peer_seconds
    )
    try:
        from benchmarks.offline.peer_tantivy import Tantivy
    except ImportError:
        found["tantivy"] = {"absent": "not installed"}
    else:
        found["tantivy"] = peers.measured(
            Tantivy(), source, work / "tantivy", development, asked, args.peer_seconds
        )
    for name in PEER_FOLDERS:
        shutil.rmtree(work / name, ignore_errors=True)
    return found


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
    parser.add_argument("--peers", action="store_true", help="measure tantivy, FTS5 and an exact join too")
    parser.add_argument("--peer-queries", type=int, default=2_000)
    parser.add_argument(
        "--peer-seconds", type=float, default=180, help="a peer searches no longer (default 180)"
    )
    parser.add_argument(
        "--show",
        type=int,
        default=40,
        metavar="N",
        help="write N wrong accepts for reading beside --out, in --work or here",
    )
    parser.add_argument("--out", type=Path, help="write the figures to this file too, as JSON")
    parser.add_argument("--keep", action="store_true", help="leave the built catalogue in --work")
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
    """Print the figures as one JSON object, then as a table."""
    args = arguments()
    with tempfile.TemporaryDirectory() as folder:
        work = args.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        found: dict[str, Any] = {
            "cores": os.cpu_count(),
            "calibration loop before, s": measured.calibration(),
            "generation": generated(args, work),
        }
        if not args.generate_only:
            questions = pl.read_parquet(work / "questions.parquet")
            found["mixtrove"] = mixtrove_figures(args, work, questions)
            if args.peers:
                found["peers"] = peer_figures(args, work, questions)
            found["calibration loop after, s"] = measured.calibration()
            if not args.keep:
                shutil.rmtree(work / "mixtrove", ignore_errors=True)
    text = json.dumps(found, indent=2)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{text}\n{table(found)}\n")


if __name__ == "__main__":
    main()
