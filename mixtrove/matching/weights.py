"""How much a word of a name or of a title says: rare words much, common ones little.

``word_counts.csv`` counts in how many artist names and titles of real recordings a word stands (its second
row holds how many names and titles were read); words in fewer than four are not listed. Weights are inverse
document frequencies scaled to the rarest listed word. A word that is not listed weighs 1 and is so told from
every listed one, which matters: only a word that nobody uses can be the typo of another. The file is written
by ``python -m benchmarks.matching fit``.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from math import log

LEAST = 4  # names or titles that a listed word stands in
_FLOOR = 0.12  # of the most common words: *the*, *dj*
_KNOWN = 0.95  # of the rarest listed word


def counts() -> bytes:
    """The file of the counts, as it is."""
    return files("mixtrove.matching").joinpath("word_counts.csv").read_bytes()


@cache
def _weights() -> tuple[dict[str, float], dict[str, float]]:
    rows = list(csv.reader(counts().decode().splitlines()))[1:]
    names, titles = int(rows[0][1]), int(rows[0][2])
    artists: dict[str, float] = {}
    words: dict[str, float] = {}
    for word, in_names, in_titles in rows[1:]:
        if int(in_names) >= LEAST:
            artists[word] = _weight(int(in_names), names)
        if int(in_titles) >= LEAST:
            words[word] = _weight(int(in_titles), titles)
    return artists, words


def _weight(found: int, of: int) -> float:
    return max(_KNOWN * log(of / found) / log(of / LEAST), _FLOOR)


@cache
def _no_names() -> frozenset[str]:
    rows = list(csv.reader(counts().decode().splitlines()))[2:]
    return frozenset(word for word, names, titles in rows if int(titles) > 3 * int(names))


def is_no_name(word: str) -> bool:
    """Whether a word of the normal form stands in titles much more often than in names: *surprise*."""
    return word in _no_names()


def artist_weight(word: str) -> float:
    """The weight of a word of an artist's name, in (0, 1]; 1 for a word that few names have."""
    return _weights()[0].get(word, 1.0)


def title_weight(word: str) -> float:
    """The weight of a word of a title, in (0, 1]; 1 for a word that few titles have."""
    return _weights()[1].get(word, 1.0)
