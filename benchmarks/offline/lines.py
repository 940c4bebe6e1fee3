"""The questions as raw lines of mixes: styles, slips, cues, labels and what people put in front of a line.

Styles are those of ``benchmarks.matching.restyle``. What is asked is ``questions.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import polars as pl

from benchmarks.matching import restyle
from benchmarks.matching.crude import Track
from benchmarks.matching.retrieval_lines import raw_line
from benchmarks.offline.catalogue_file import ids_of, label_places, label_texts, separators_of
from benchmarks.offline.hashing import mixed
from benchmarks.offline.questions import KINDS, PRESENT, Drawn

# How a line is written: style → share of the lines that are in the catalogue
PLAIN, RESTYLED, PREFIXED = "plain", "restyled", "segment or number in front"
SLIPS = {
    "typo in title": restyle.typo_title,
    "typo in artist": restyle.typo_artist,
    "typo in both": restyle.typo_both,
}
SHARES = {
    PLAIN: 0.30,
    RESTYLED: 0.40,
    PREFIXED: 0.06,
    "typo in title": 0.11,
    "typo in artist": 0.08,
    "typo in both": 0.05,
}
STYLES = {
    name: style
    for name, (style, _) in restyle.STYLES.items()
    if name not in SLIPS and name not in ("label on one side", "several styles")
} | {"several styles": restyle.several}
PREFIXES = (
    "Record Of The Week: ", "Tune Of The Week: ", "Future Favorite: ", "Trending Track: ", "Guest Mix: ",
    "{n:02}. ", "{n}. ", "{n}) ", "#{n} ", "w/ ", "+ ", "- ", "{n:02} ", "Track {n}: ",
)  # fmt: skip
NUMBERED_LABEL = (
    0.26  # share of label brackets that have the catalogue number too (18 of 69 in every hundred lines)
)


def lines_of(drawn: Drawn) -> pl.DataFrame:
    """The questions: ``line_no`` from 1, ``raw``, ``kind``, ``style``, what was meant, ids that are right."""
    questions, places = drawn.answers
    truth = pl.DataFrame({"line_no": questions + 1, "truth": ids_of(drawn.world, places)})
    truth = truth.group_by("line_no", maintain_order=True).agg(pl.col("truth"))
    written = list(_written(drawn))
    frame = pl.DataFrame(
        {
            "line_no": np.arange(1, len(written) + 1),
            "raw": [raw for raw, _, _ in written],
            "kind": [KINDS[code] for code in drawn.asked.kind.tolist()],
            "style": [style for _, style, _ in written],
            "meant": [meant for _, _, meant in written],
        }
    )
    return frame.join(truth, on="line_no", how="left", maintain_order="left")


def write_lines(frame: pl.DataFrame, path: Path) -> None:
    """One raw line a row."""
    path.write_text("\n".join(frame["raw"].to_list()) + "\n", encoding="utf-8")


def _written(drawn: Drawn) -> Iterator[tuple[str, str, str]]:
    """Raw line, style and meaning of every question."""
    rng = Random(f"{drawn.world.seed}:lines")
    present = KINDS.index(PRESENT)
    styles, weights = list(SHARES), list(SHARES.values())
    kinds = drawn.asked.kind.tolist()
    for kind, track in zip(kinds, _tracks(drawn, rng), strict=True):
        if kind == present:
            chosen = rng.choices(styles, weights)[0]
        else:  # what is not there is never mistyped, so that no slip makes it something that is
            chosen = rng.choices((PLAIN, RESTYLED, PREFIXED), (70, 24, 6))[0]
        raw, style = write_line(track, chosen, rng)
        yield raw, style, f"{track.artist} - {track.title}"


def write_line(track: Track, chosen: str, rng: Random) -> tuple[str, str]:
    """The raw line of a track and the style it came out in."""
    text, style = track.text, PLAIN
    if chosen == RESTYLED:
        for name in rng.sample(sorted(STYLES), len(STYLES)):
            if (found := STYLES[name](track, rng)) is not None:
                text, style = found, name
                break
    elif chosen in SLIPS and (found := SLIPS[chosen](track, rng)) is not None:
        text, style = found, chosen
    label = track.label if rng.random() < 0.6 else None
    if label and track.catalog_number and rng.random() < NUMBERED_LABEL:
        label = f"{label} - {track.catalog_number}"
    if chosen != PREFIXED:
        return raw_line(replace(text, label=label), rng), style
    prefix = rng.choice(PREFIXES).format(n=rng.randrange(1, 41))
    return f"{prefix}{text.artist} - {text.title}" + (f" [{label}]" if label else ""), PREFIXED


def _tracks(drawn: Drawn, rng: Random) -> Iterator[Track]:
    """What each question names, as its source would write it."""
    world, asked = drawn.world, drawn.asked
    names, kinds = world.names, world.spellings
    columns = [names.text.gather(asked.tracks.artists[:, at]).to_list() for at in range(3)]
    columns += [
        names.text.gather(asked.tracks.guest).to_list(),
        world.titles.text.gather(asked.tracks.title).to_list(),
    ]
    columns += [names.text.gather(asked.remixer).to_list()]
    before, after = kinds.before.to_list(), kinds.after.to_list()
    signs = separators_of(world).to_list()
    track = np.where(asked.row >= 0, drawn.rows.track[np.maximum(asked.row, 0)], -1 - np.arange(len(asked)))
    habit = mixed(track.astype(np.uint64) + np.uint64(world.seed + 1) * np.uint64(1 << 41))
    labels, marks = (part.gather(label_places(world, habit)).to_list() for part in label_texts(world))
    numbers = (1 + habit % np.uint64(900)).tolist()
    rest = zip(asked.spelling.tolist(), labels, marks, numbers, strict=True)
    for first, second, third, guest, base, remixer, (spelling, label, mark, number) in zip(
        *columns, rest, strict=True
    ):
        sign = rng.choice(signs)
        head = sign.join(filter(None, (first, second, third)))
        version = f"{before[spelling]}{remixer}{after[spelling]}"
        yield Track(
            f"{head} feat. {guest}" if guest else head, base + version, head, guest or None, base,
            version[2:-1] or None, label or None, f"{mark}{number}" if label else None,
        )  # fmt: skip
