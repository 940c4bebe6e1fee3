"""Splink on the same records: DuckDB, trained without labels; in an environment of its own.

    python benchmarks/deduplication/peer_splink.py cleaned.parquet clusters.csv [gated]

Reads what ``peers.cleaned`` wrote and writes ``id, cluster, threshold`` for several thresholds. ``gated``:
only records of one version are compared at all; else the version is one comparison among others. Nothing of
mixtrove is imported.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

THRESHOLDS = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 1 - 1e-6, 1 - 1e-7, 1 - 1e-9)
MEMORY = "3500MB"  # what DuckDB may take; it spills to disk beyond


RULES = (
    ("title",),
    ("artist", "substr(title, 1, 3)"),
    ("substr(artist, 1, 4)", "substr(title, 1, 4)"),
    ("substr(artist, -4)", "substr(title, -4)"),
)
PLACED = (
    ("album", "position"),
    ("position", "round(duration)"),
    ("substr(album, 1, 6)", "round(duration)"),
)


def length():
    return cl.CustomComparison(
        output_column_name="duration",
        comparison_levels=[
            levels.NullLevel("duration"),
            *(
                levels.CustomLevel(f"abs(duration_l - duration_r) <= {seconds}", f"within {seconds} s")
                for seconds in (1, 3, 15)
            ),
            levels.ElseLevel(),
        ],
    )


def main(source: Path, out: Path, gated: bool) -> None:
    started = time.perf_counter()
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    connection.execute(
        f"CREATE TABLE tracks AS SELECT * EXCLUDE (key), coalesce(version, '-') AS mix FROM '{source}'"
    )
    known = {
        name
        for name in ("album", "position", "year", "duration", "label", "catalog_number")
        if connection.execute(f"SELECT count({name}) FROM tracks").fetchall()[0][0]
    }
    comparisons = [
        cl.JaroWinklerAtThresholds("artist", [0.95, 0.88, 0.8]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("title", [0.97, 0.92, 0.85]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("mix", [0.92]),
    ]
    if "album" in known:
        comparisons.append(cl.JaroWinklerAtThresholds("album", [0.92, 0.8]))
    if "duration" in known:
        comparisons.append(length())
    comparisons += [
        cl.ExactMatch(name) for name in ("position", "year", "label", "catalog_number") if name in known
    ]
    rules = [*RULES, *(PLACED if {"album", "position"} <= known else ())]
    blocks = [block_on(*rule, *(("mix",) if gated else ())) for rule in rules]
    settings = SettingsCreator(
        link_type="dedupe_only", comparisons=comparisons, blocking_rules_to_generate_predictions=blocks,
        retain_matching_columns=False,
    )  # fmt: skip
    api = DuckDBAPI(connection)
    linker = Linker(api.register("tracks"), settings)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("artist", "title", "mix")], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("title"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("artist", "mix"))
    if {"album", "position"} <= known:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("album", "position"))
    trained = time.perf_counter()
    predicted = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    compared = time.perf_counter()
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "cluster", "threshold"))
        for threshold in THRESHOLDS:
            found = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold)
            rows = connection.execute(f"SELECT unique_id, cluster_id FROM {found.physical_name}").fetchall()
            writer.writerows((one, cluster, threshold) for one, cluster in rows)
    pairs = connection.execute(f"SELECT count(*) FROM {predicted.physical_name}").fetchall()[0][0]
    out.with_suffix(".json").write_text(
        json.dumps(
            {
                "processor seconds": round(time.process_time(), 1),
                "pairs from .5 on": pairs,
                "training, s": round(trained - started, 1),
                "comparing, s": round(compared - trained, 1),
                "clustering at all thresholds, s": round(time.perf_counter() - compared, 1),
            }
        ),
        "utf-8",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "gated" in sys.argv[3:])
