"""Learns what else artists are called from the data folder; keeps ``mixtrove/matching/aliases.csv``.

    python -m benchmarks.matching.learn_aliases --data FOLDER          # what is learnt and not in the file
    python -m benchmarks.matching.learn_aliases --data FOLDER --write  # add what has two titles, count anew

The rules are ``aliases.learn``; they propose, a person reads. In the file stand the pairs that were judged
right, ``WRONG`` holds those that two titles speak for and that are no one artist. What MusicBrainz and
Discogs list as other names is proposed only, never added: real names and credits of whole bands are among
them. A pair of source ``known`` is common knowledge; no record here speaks for it.

Evidence is the number of titles (``ids``: under equal ids, ``titles``: under equal titles), else of records.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.matching.sources import catalogue_rows, mix_lines, radio_lines
from mixtrove.matching.aliases import learn, name_key, worth_knowing
from mixtrove.matching.credit import Credit
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.repair import repair_line

TARGET = Path(__file__).parents[2] / "mixtrove" / "matching" / "aliases.csv"
COLUMNS = ("name", "alias", "evidence", "source")
WRONG = (
    ("Martha", "Martha Reeves"),  # of "Martha And The Vandellas", cut off
    ("Little Simz", "Little SimzObongjayar"),
)
MISTYPED = ("musicbrainz20k",)  # sources whose names were damaged on purpose

Pair = tuple[str, str]


def key(pair: Pair) -> Pair:
    """A pair whichever way round and however spelled."""
    one, other = sorted(map(name_key, pair))
    return one, other


def learnt(data: Path) -> Iterator[tuple[Pair, int, str]]:
    """(pair, evidence, source) from lines with ids, from equal titles, from what two databases list."""
    lines: list[tuple[str | None, Credit]] = []
    for line in (*radio_lines(data), *mix_lines(data)):
        components = parse_line(repair_line(line.raw)).components
        if len(components) == 1 and not components[0].is_id:
            lines.append((line.track_id, components[0].credit))
    for one in learn((identity, credit) for identity, credit in lines if identity):
        yield (one.name, one.alias), one.titles, "ids"
    rows = (row for row in catalogue_rows(data) if row.get("source") not in MISTYPED)
    titled = [Credit.parse(row["artist"], row["title"]) for row in rows]
    for one in learn((("", credit) for credit in (*titled, *(c for _, c in lines))), ids_are_tracks=False):
        yield (one.name, one.alias), one.titles, "titles"
    listed = Counter(found for path in sorted(data.glob("api_json/*/*")) for found in set(_listed(path)))
    for (name, alias, source), count in listed.items():
        if worth_knowing(name, alias):
            yield (name, alias), count, source


def _listed(path: Path) -> Iterator[tuple[str, str, str]]:
    """(name, other name, database) of every artist in a response body; none when it is no JSON."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return
    yield from _names(body)


def _names(value: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, list):
        for one in value:
            yield from _names(one)
    if not isinstance(value, dict):
        return
    name = value.get("name")
    if isinstance(name, str):
        for alias in value.get("aliases") or ():
            if (
                isinstance(alias, dict)
                and "sort-name" in alias
                and alias.get("type") in ("Artist name", None)
            ):
                yield name, alias["name"], "musicbrainz"
        for variation in (*(value.get("namevariations") or ()), value.get("anv")):
            if variation:
                yield name, variation, "discogs"
    for one in value.values():
        yield from _names(one)


def main() -> None:
    """Print what is new; with ``--write`` bring the file up to date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    parser.add_argument("--write", action="store_true", help="write the file")
    args = parser.parse_args()
    with TARGET.open(encoding="utf-8", newline="") as stream:
        rows = {key((row["name"], row["alias"])): row for row in csv.DictReader(stream)}
    wrong = set(map(key, WRONG))
    for pair, evidence, source in learnt(args.data):
        known = rows.get(key(pair))
        if known is not None:
            if known["source"] == "known" or int(known["evidence"]) < evidence:
                known |= {"evidence": str(evidence), "source": source}
            continue
        add = source in ("ids", "titles") and evidence > 1 and key(pair) not in wrong
        if add:
            rows[key(pair)] = dict(zip(COLUMNS, (*pair, str(evidence), source), strict=True))
        told = "wrong" if key(pair) in wrong else "new" if add else "proposed"
        sys.stdout.write(f"{told:9}{evidence:4}  {source:12}{pair[0]} = {pair[1]}\n")
    if args.write:
        ordered = sorted(rows.values(), key=lambda row: (row["source"] == "known", row["name"].lower()))
        with TARGET.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(ordered)
        sys.stdout.write(f"{TARGET.name}: {len(rows)} pairs\n")


if __name__ == "__main__":
    main()
