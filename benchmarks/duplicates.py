r"""How well and how fast tracks that are one are found in a whole library, beside others' ways.

    python -m benchmarks.duplicates --data FOLDER
    python -m benchmarks.duplicates --data FOLDER --tracks 1000000 --peers --peer-python peers/bin/python

Three measurements: MusicBrainz-20K (its fields read by ``benchmarks.matching.musicbrainz``, then damaged anew
by three seeds), a radio show whose ids tell tracks apart, and a made-up library of known answer.
Peers: the exact identity key, rapidfuzz' ``token_sort_ratio``, and Splink in the environment of
``deduplication/requirements.txt``; each has the fields our parser made and is given its best threshold by the
labels, which ours is not. The library is made and kept in ``--work`` when that is named.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from benchmarks.deduplication import peers
from benchmarks.deduplication.library import write_library
from benchmarks.deduplication.measures import pair_figures
from benchmarks.deduplication.ours import tracks_of
from benchmarks.deduplication.radio import radio_figures
from benchmarks.matching import musicbrainz
from benchmarks.matching.mutate import mutated
from benchmarks.matching.pair import split_of
from benchmarks.offline import memory
from benchmarks.offline.measured import calibration
from benchmarks.offline.report import table
from mixtrove.duplicates import find_duplicates

ROOT = Path(__file__).parents[1]
SPLINK = Path(__file__).parent / "deduplication" / "peer_splink.py"
DAMAGES = (0.05, 0.1)  # share of the texts that are damaged anew
SEEDS = (11, 12, 13)


def truth_of(records: list[musicbrainz.Record]) -> pl.DataFrame:
    """Which record is in which cluster."""
    return pl.DataFrame({"id": [one.id for one in records], "group": [one.cluster for one in records]})


def ours(records: list[musicbrainz.Record]) -> pl.DataFrame:
    """The clusters that the pass finds."""
    rows = [
        {"id": one, "cluster": number}
        for number, some in enumerate(find_duplicates(one.track() for one in records).clusters)
        for one in some.ids
    ]
    return pl.DataFrame(rows, schema={"id": pl.String, "cluster": pl.Int64})


def musicbrainz_figures(data: Path, work: Path, peer_python: str | None) -> dict[str, Any]:
    """All records, each side of the split, damaged anew, and the peers."""
    folder = musicbrainz.folders(data)[0]
    rows = list(raw_rows(folder))
    records = [musicbrainz.read_record(row) for row in rows]
    truth = truth_of(records)
    answer = ours(records)
    figures: dict[str, Any] = {"mixtrove": pair_figures(truth, answer)}
    for side in ("train", "eval"):
        some = [one for one in records if split_of(f"musicbrainz {one.cluster}") == side]
        figures[f"mixtrove, {side} side alone"] = pair_figures(truth_of(some), ours(some))
    for share in DAMAGES:
        for seed in SEEDS:
            rng = Random(f"{seed}:{share}")
            damaged = [musicbrainz.read_record(mutated(row, rng, share)) for row in rows]
            figures[f"mixtrove, {share:.0%} of texts damaged anew, seed {seed}"] = pair_figures(
                truth_of(damaged), ours(damaged)
            )
    if peer_python is None:
        return figures
    frame = peers.cleaned([one.track() for one in records])
    figures["exact identity key"] = pair_figures(truth, peers.by_key(frame))
    found = peers.by_rapidfuzz(frame, musicbrainz.blocked(records))
    figures["rapidfuzz token_sort_ratio, blocked, best threshold"] = best(truth, found)
    for gated in (False, True):
        name = f"Splink, best threshold{', one version only' if gated else ''}"
        figures[name] = splink(frame, truth, work / "musicbrainz", peer_python, gated=gated)
    return figures


def raw_rows(folder: Path) -> list[dict[str, str]]:
    """The rows of the folder's records as they are."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            if "cluster_id" in (reader.fieldnames or ()):
                found += [{key: value for key, value in row.items() if key} for row in reader]
    return found


def best(truth: pl.DataFrame, answers: dict[Any, pl.DataFrame]) -> dict[str, Any]:
    """The figures at the threshold with the best F1."""
    found = {threshold: pair_figures(truth, answer) for threshold, answer in answers.items()}
    threshold = max(found, key=lambda one: found[one]["f1"])
    return {**found[threshold], "threshold": threshold}


def splink(
    frame: pl.DataFrame, truth: pl.DataFrame, path: Path, python: str, *, gated: bool = False
) -> dict[str, Any]:
    """Splink in a process of its own."""
    source, out = path.with_suffix(".cleaned.parquet"), path.with_suffix(".splink.csv")
    frame.write_parquet(source)
    usage = memory.run([python, str(SPLINK), str(source), str(out), *(["gated"] if gated else [])])
    rows = pl.read_csv(out, schema_overrides={"id": pl.String, "cluster": pl.String})
    answers = {one[0]: part for one, part in rows.partition_by("threshold", as_dict=True).items()}
    return {
        **best(truth, answers),
        "seconds": round(usage.seconds, 1),
        **usage.figures(),
        **json.loads(out.with_suffix(".json").read_text("utf-8")),
    }


def library_figures(data: Path, work: Path, size: int, peer_python: str | None) -> dict[str, Any]:
    """A made-up library: the whole process from a Parquet file to clusters, and the peers."""
    source, out = work / f"library{size}.parquet", work / f"library{size}.csv"
    if not source.exists():
        write_library(data, size, 1, source)
    truth = pl.read_parquet(source, columns=["id", "group"])
    command = [sys.executable, "-m", "benchmarks.deduplication.ours", str(source), str(out)]
    usage = memory.run(command, cwd=ROOT)
    figures: dict[str, Any] = {
        "tracks": len(truth),
        "mixtrove": {
            **pair_figures(truth, pl.read_csv(out)),
            "seconds": round(usage.seconds, 1),
            **usage.figures(),
            **json.loads(out.with_suffix(".json").read_text("utf-8")),
        },
    }
    if peer_python is None:
        return figures
    frame = peers.cleaned(tracks_of(source))
    figures["exact identity key"] = pair_figures(truth, peers.by_key(frame))
    for gated in (False, True):
        name = f"Splink, best threshold{', one version only' if gated else ''}"
        figures[name] = splink(frame, truth, work / f"library{size}", peer_python, gated=gated)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tracks", type=int, default=100_000, help="of the made-up library; 0 leaves it out")
    parser.add_argument(
        "--peers", action="store_true", help="measure the exact key, rapidfuzz and Splink too"
    )
    parser.add_argument("--peer-python", default=sys.executable, help="the Python that has Splink")
    parser.add_argument("--work", type=Path, help="keep what is made in this folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    args = parser.parse_args()
    peer_python = args.peer_python if args.peers else None
    with tempfile.TemporaryDirectory() as folder:
        work = args.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        radio, merged = radio_figures(args.data)
        figures: dict[str, Any] = {
            "MusicBrainz-20K": musicbrainz_figures(args.data, work, peer_python),
            "radio show": radio,
        }
        if args.tracks:
            figures["made-up library"] = library_figures(args.data, work, args.tracks, peer_python)
        figures["machine"] = {
            "calibration, s": calibration(),
            **{name: version(name) for name in ("numba", "numpy", "polars", "rapidfuzz")},
        }
    print(table(figures))
    print("\nmerged across ids, versions not written alike\n" + "\n".join(merged))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
