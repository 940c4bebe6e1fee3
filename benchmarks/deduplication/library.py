"""A library of known answer: real names and titles, every seventh track there again as another source has it.

Drawn as the catalogue of ``benchmarks.offline`` is, with its remixes, namesakes and sequels; then copies of
drawn rows are added, each spelled otherwise (``benchmarks.matching.restyle``) or mistyped, with facts lost or
a little off. Equal ``group`` is one version of one track.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.matching import restyle
from benchmarks.matching.crude import read
from benchmarks.offline.catalogue_file import write_catalogue
from benchmarks.offline.hashing import both, mixed
from benchmarks.offline.tracks import draw_rows, draw_tracks, world_of

COPIES = 0.15  # share of the library
MISTYPED = 0.25  # share of the copies; the others are spelled otherwise, or the same again
SLIPS = (restyle.typo_title, restyle.typo_title, restyle.typo_artist, restyle.typo_artist, restyle.typo_both)
STYLES = tuple(
    style for style, _ in restyle.STYLES.values() if style not in SLIPS and style is not restyle.cut
)
FACTS_LOST = 0.3  # of length, year, label and catalogue number each
OTHER_LENGTH = 0.1  # share of copies that say another length
COLUMNS = ("id", "artist", "title", "label", "catalog_number", "year", "duration", "group")


def write_library(data: Path, size: int, seed: int, path: Path) -> None:
    """Write ``size`` tracks in random order to the Parquet file ``path``, with ``COLUMNS``."""
    world = world_of(data, size, seed)
    tracks = draw_tracks(world, round(size * (1 - COPIES)))
    rows = draw_rows(world, tracks)
    groups = both(tracks.same(world), np.zeros(len(tracks), np.uint64))[rows.track]
    groups = both(groups, world.spellings.same(rows.spelling, rows.remixer, world.names))
    firsts = np.unique(groups, return_index=True)[1]  # a library has what is spelled the same once
    copies = round(size * COPIES)
    order = np.sort(np.random.default_rng((seed, 9)).permutation(firsts)[: size - copies])
    groups = groups[order]
    drawn = path.with_suffix(".csv")
    write_catalogue(world, tracks, rows, order, drawn, "csv")
    del world, tracks, rows
    written = path.with_suffix(".rows.csv")
    with written.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(_rows(drawn, groups, copies, Random(f"{seed}:copies")))
    frame = pl.read_csv(
        written, schema_overrides={"group": pl.UInt64, "title": pl.String, "artist": pl.String}
    )
    frame.sample(fraction=1.0, shuffle=True, seed=seed).write_parquet(path)
    drawn.unlink()
    written.unlink()


def _rows(drawn: Path, groups: NDArray[np.uint64], copies: int, rng: Random) -> Iterator[tuple[object, ...]]:
    share = copies / max(len(groups), 1)
    lengths = (150 + mixed(groups) % np.uint64(330)).tolist()
    with drawn.open(encoding="utf-8", newline="") as stream:
        for row, group, length in zip(csv.DictReader(stream), groups.tolist(), lengths, strict=True):
            label, number = row["label"], row["catalog_number"]
            yield row["id"], row["artist"], row["title"], label, number, row["year"], length, group
            if rng.random() < share:
                artist, title = _copied(row, rng)
                facts = [label, number, row["year"], length + rng.choice((-1, 0, 0, 0, 1, 2))]
                if rng.random() < OTHER_LENGTH:
                    facts[3] = length + rng.choice((-75, 90, 150))
                facts = [None if rng.random() < FACTS_LOST else fact for fact in facts]
                yield f"copy of {row['id']}", artist, title, *facts, group


def _copied(row: dict[str, str], rng: Random) -> tuple[str, str]:
    """Artist and title as another source spells them."""
    track = read(row["artist"], row["title"], label=row["label"] or None)
    if track is None:
        change = rng.choice((str.upper, str.lower))
        return change(row["artist"]), change(row["title"])
    styles = SLIPS if rng.random() < MISTYPED else STYLES
    for style in rng.sample(styles, len(styles)):
        if (text := style(track, rng)) is not None:
            return text.artist, text.title
    return row["artist"], row["title"]
