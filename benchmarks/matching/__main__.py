"""The command: ``python -m benchmarks.matching --data FOLDER``, from the root of the project.

What is measured is told by ``runner.py`` and the sets' own files; this reads options and prints.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.matching import fit, reliability, runner, saved
from benchmarks.matching.outcome import Outcome
from benchmarks.matching.report import report


def main(arguments: list[str] | None = None) -> int:
    """Run the sets, print the figures, save and compare as asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.matching", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "task", nargs="?", choices=("run", "fit", "words", "confidence", "diagram"), default="run"
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of tracklists, catalogues and benchmarks"
    )
    parser.add_argument("--sets", help=f"some of: {','.join(runner.SETS)} (a beginning is enough)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the cases")
    parser.add_argument(
        "--peers", action="store_true", help="also measure other people's rules on the pair sets"
    )
    parser.add_argument("--save", metavar="NAME", help="keep the run under results/")
    parser.add_argument("--against", metavar="NAME", help="a saved run to compare with (default: the last)")
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="print N wrong cases of each set")
    args = parser.parse_args(arguments)
    if not args.data.is_dir():
        parser.error(f"{args.data} is no folder")
    if args.task == "fit":  # each in a process of its own: the second needs what the first wrote
        for task in ("words", "confidence"):
            command = [sys.executable, "-m", "benchmarks.matching", task, "--data", str(args.data)]
            subprocess.run(command, check=True)
        return 0
    if args.task == "words":
        sys.stdout.write(f"word_counts.csv lists {fit.fit_words(args.data)} words\n")
        return 0
    if args.task == "confidence":
        for score, said in fit.fit_confidence(args.data):
            sys.stdout.write(f"score {score:.4f}   confidence {said:.4f}\n")
        return 0
    if args.task == "diagram":
        sys.stdout.write(reliability.draw(args.data))
        return 0
    starts = tuple(start.strip() for start in (args.sets or "").split(",") if start.strip())
    chosen = [name for name in runner.SETS if not starts or name.startswith(starts)]
    if not chosen:
        parser.error(f"--sets {args.sets}: none of {', '.join(runner.SETS)} begins so")
    against = args.against or saved.last_saved()
    figures = {}
    outcomes: list[Outcome] = []
    started = time.perf_counter()
    for name in chosen:
        sys.stderr.write(f"{name} …")
        sys.stderr.flush()
        begun = time.perf_counter()
        result = runner.run(name, args.data, quick=args.quick, peers=args.peers)
        figures[name] = result.figures
        outcomes += result.outcomes
        sys.stderr.write(f" {time.perf_counter() - begun:.0f} s\n")
        sys.stdout.write(report({name: result.figures}))
        for text in runner.errors(result.outcomes, args.errors):
            sys.stdout.write(text + "\n")
        sys.stdout.flush()
    sys.stderr.write(f"all {time.perf_counter() - started:.0f} s\n")
    if against:
        try:
            gained, lost = saved.difference(saved.load(against), outcomes)
        except FileNotFoundError:
            parser.error(f"results/{against}.pairs.csv.gz is not there")
        sys.stdout.write("\n" + saved.told(against, gained, lost))
    if args.save:
        about = {
            "saved": datetime.now(UTC).isoformat(timespec="seconds"),
            "quick": args.quick,
            "python": platform.python_version(),
            "seconds": round(time.perf_counter() - started),
        }
        saved.save(args.save, figures, outcomes, about=about)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
