"""Draw the lines of ``parser_lines.jsonl``: 600 at random and 200 pathological ones, seed 2026.

From all lines of the MixesDB mixes and the radio shows, each text once, without those of
``tests/data/parser_sample.jsonl``. Pathological lines are the first of the shuffled lines that show one of
the habits below, about 15 of each. What a line means was labelled afterwards from its text alone, as
``tests/data/draw_parser_sample.py`` describes, before any parser ran on it; besides: a mashup named as
one (``A vs B - X vs Y (C Mashup)``) is one component, two whole credits are two. ``split`` halves the
lines by a hash of their text: faults seen in the half ``train`` may be mended, those of ``eval`` are only
counted. This script labels nothing and uses no code of mixtrove.

    python benchmarks/matching/draw_parser_lines.py --data DIR > lines.jsonl
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

SEED, RANDOM, PATHOLOGICAL = 2026, 600, 200
OLDER = Path(__file__).parents[2] / "tests" / "data" / "parser_sample.jsonl"


def _habit(pattern: str) -> Callable[[str], bool]:
    expression = re.compile(pattern, re.IGNORECASE)
    return lambda text: expression.search(text) is not None


HABITS: tuple[Callable[[str], bool], ...] = (
    lambda text: len(re.findall(r"\s[-–—]\s", re.sub(r"\[[^\]]*\]$", "", text))) >= 2,
    lambda text: text.count("(") != text.count(")") or text.count("[") != text.count("]"),
    lambda text: text.count("(") >= 2,
    _habit(r"\([^)]*[(\[]|\[[^\]]*[(\[]"),
    _habit(r"\bvs\b|mash|bootleg|\bw/|\s\+\s"),
    _habit(r"(?-i:\bID\b)|\?"),
    lambda text: " - " not in text and " – " not in text,
    _habit(r"^(\[[^\]]*\]\s*)?[^-]{3,40}:\s"),
    lambda text: not text.isascii(),
    lambda text: (
        "(" not in text
        and re.search(r"(mix|remix|dub|edit|vip|rework|version)\s*(\[[^\]]*\])?$", text, re.I) is not None
    ),
    _habit(r"\[[^\]]*(mix|edit|dub|version|live|vip|flip|redo|rework|instrumental)[^\]]*\]"),
    _habit(r"unreleased|dubplate|forthcoming|promo|white"),
    _habit(r"\bpres|\sx\s|present"),
    _habit(r"\blive\b|a+c+ap+el+a|\bpt\b|\bpart\b|\bvol\b|reprise|skit|interlude"),
)


def draw(data: Path) -> list[dict[str, object]]:
    """The drawn lines in their shuffled order: source, mix, index (from 0), stratum, split, raw."""
    older = {json.loads(row)["raw"] for row in OLDER.read_text(encoding="utf-8").splitlines()}
    lines: dict[str, tuple[str, str, int]] = {}
    for source, name, key in (("mixesdb", "mixesdb", None), ("radio", "radio_shows", "line")):
        with gzip.open(data / "tracklists" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as stream:
            for mix in map(json.loads, stream):
                for index, line in enumerate(mix["lines"]):
                    raw = line[key] if key else line
                    if raw.strip() and raw not in older:
                        lines.setdefault(raw, (source, mix["id"], index))
    texts = list(lines)
    generator = random.Random(SEED)
    generator.shuffle(texts)
    odd: list[str] = []
    for habit in HABITS:
        odd += [text for text in texts if text not in odd and habit(text)][: PATHOLOGICAL // len(HABITS) + 1]
    generator.shuffle(odd)
    taken = set(odd)
    plain = [text for text in texts if text not in taken][:RANDOM]
    strata = [(text, "random") for text in plain] + [(text, "pathological") for text in odd[:PATHOLOGICAL]]
    generator.shuffle(strata)
    return [
        {
            "source": lines[text][0], "mix": lines[text][1], "index": lines[text][2], "stratum": stratum,
            "split": "eval" if hashlib.sha256(text.encode()).digest()[0] % 2 else "train", "raw": text,
        }
        for text, stratum in strata
    ]  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with tracklists/")
    for row in draw(parser.parse_args().data):
        print(json.dumps(row, ensure_ascii=False))
