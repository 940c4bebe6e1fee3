"""Draw the lines of `parser_sample.jsonl`: 300, uniformly, from all lines of the MixesDB mixes.

Nothing is left out: blank and odd lines have the same chance. The draw writes `mix`, `index` (from
0) and `raw`; what the lines mean was labelled afterwards, never with the parser that the sample
measures: plain lines were filled in by splitting at the dash and the brackets, all others by hand,
and every one of the 300 was then read. This script labels nothing and uses no code of mixtrove.

How a line is labelled, in the keys `kind` and `components`:

- `kind`: `track`, `id` (artist and title both unknown), `heading`, `blank`, or `other` (an intro,
  talk). Only tracks have components here; a line with two full credits would have two. One unknown
  side leaves `artists` empty or makes the title `ID`.
- `artists`: split at `&`, comma, `vs`, `x`, `and`, `Pres.`. An act whose own name holds such a mark
  (Above & Beyond, W&W, D-Nox & Beckers) is one name. `featured`: the names after `Feat.`. A segment
  before the artist (`Tune Of The Week:`) and a leading `+` or `w/` are no part of the artist.
- `title`: without its version bracket. A bracket that is no version stays (`Think (About It)`).
- `version`: the text of the version's bracket; null when there is none. `remixers`: the people in
  it, as a person would name them (`Jamie Jones Ridge Street Remix`: Jamie Jones).
- `label`, `catalog_number`: of a trailing `[Label - Number]`. Years, durations and marks
  (Unreleased, Forthcoming, Promo, Free Track, Self Released) are no labels: null.
- `cue_seconds`: `[05]` is minute 5, `[12:34]` minutes and seconds, `[1:02:03]` hours too; null for
  a cue with a question mark. Clock times of a radio night are read the same way.
- `alt_<key>` lists other readings of that key that are fine too, `alt_kind` stands beside `kind`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from pathlib import Path

SEED = 2026
LINES = 300


def draw(mixes: Path) -> list[tuple[str, int, str]]:
    """Mix, index and raw text of the drawn lines, in the order of the mixes' ids."""
    with gzip.open(mixes, "rt", encoding="utf-8") as file:
        rows = [json.loads(text) for text in file]
    lines = [(row["id"], index, raw) for row in rows for index, raw in enumerate(row["lines"])]
    return sorted(random.Random(SEED).sample(lines, LINES))


def main() -> None:
    """Write the drawn lines, without labels, to standard output."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    args = parser.parse_args()
    for mix, index, raw in draw(args.data / "tracklists/mixesdb.jsonl.gz"):
        line = json.dumps({"mix": mix, "index": index, "raw": raw}, ensure_ascii=False)
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
