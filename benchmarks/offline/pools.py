"""Pools of names and titles to draw from: the real ones and as many made of their parts as a size asks for.

A made name of several words is the beginning of one real name and the end of another; a made name of one
word the first letters of one and the last of another. So words are as frequent as in life, and lengths
too. Which artist recorded which title is ``tracks.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.matching.pair import squeeze
from benchmarks.offline.hashing import Hashes, text_hashes

REAL_BOOST = 2.0  # a real name stands this much more often than a made one of the same rank
ONE_WORD = {"names": 0.45, "titles": 0.12}  # share of made ones; a title of one word is mostly shared by many
PARTS = " Part 2", " Pt. 2", " II", " 2", " Part II"  # one normalised form; what a sequel's title ends in
_JOINING = frozenset(
    ("x", "vs", "vs.", "&", "-", "/", "+", "feat", "feat.", "ft.", "ft", "with", "pres", "pres.")
)


@dataclass(frozen=True)
class Pool:
    """Texts to draw from; place 0 is the empty text, which stands for *none*.

    ``squeezed`` is the text without spaces and signs, ``same`` the number of its normalised form: texts with
    equal ``same`` are one name. ``table`` holds places so that a uniform draw from it is a weighed one; it
    has none of the ``spare`` places, whose texts are unlike all others.
    """

    text: pl.Series
    squeezed: pl.Series
    same: Hashes
    real: int  # places 1 … real are real
    made: int  # as many after them are made
    spare: NDArray[np.int64]
    table: NDArray[np.int32]
    sequel: NDArray[np.int32]  # of each place the place of *Title Part 2*, 0 for most

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[np.int32]:
        """Places drawn by weight."""
        return self.table[rng.integers(0, len(self.table), count)]

    def __len__(self) -> int:
        return len(self.text)


def folded_name(text: str) -> str:
    """The normalised form of an artist: no leading *the*, no case, accents, spaces or signs."""
    return squeeze(re.sub(r"^the\b\s*", "", text, flags=re.I))


def folded_title(text: str) -> str:
    """The normalised form of a title: up to its first bracket, without *the*, *and*, case, accents, signs."""
    plain = re.split(r"\s[(\[]", text)[0]
    return squeeze(re.sub(r"\b(?:the|and)\b", " ", plain, flags=re.I)) or squeeze(plain) or squeeze(text)


def table_of(weights: NDArray[np.float64], size: int) -> NDArray[np.int32]:
    """About ``size`` places, each as often as its weight says."""
    ends = np.floor(np.cumsum(weights / weights.sum() * size) + 0.5).astype(np.int64)
    return np.repeat(np.arange(len(weights), dtype=np.int32), np.diff(ends, prepend=0))


def pool_of(
    kind: str, real: Counter[str], made: int, spare: int, rng: np.random.Generator,
    *, power: float = 1.0, sequels: int = 0,
) -> Pool:  # fmt: skip
    """The pool of all ``real`` texts and ``made`` new ones of ``kind`` (``names`` or ``titles``) to be used.

    ``spare`` more are made and kept apart, and the last ``sequels`` are others with *Part 2* behind them.
    A real text weighs its count to ``power``; a made one what some real text weighs, drawn at random.
    """
    fold = folded_name if kind == "names" else folded_title
    texts = [text for text in real if fold(text)]
    counts = np.array([real[text] for text in texts], np.float64) ** power
    few = round((made + spare) * ONE_WORD[kind])
    whole, whole_folded, whole_squeezed = _recombined(
        texts, made + spare - few, rng, fold, _cut_between_words, " "
    )
    part, part_folded, part_squeezed = _recombined(texts, few, rng, fold, _cut_in_a_word, "")
    text = pl.concat([pl.Series(["", *texts], dtype=pl.String), whole, part])
    squeezed = pl.concat([pl.Series(["", *map(squeeze, texts)]), whole_squeezed, part_squeezed])
    folded = pl.concat([pl.Series(["", *map(fold, texts)]), whole_folded, part_folded])
    order = rng.permutation(np.arange(1 + len(texts), len(text)))  # made ones of both sorts mixed
    at = np.concatenate([np.arange(1 + len(texts)), order])
    text, squeezed, folded = text.gather(at), squeezed.gather(at), folded.gather(at)
    same = text_hashes(folded)
    used = max(len(text) - spare, 1 + len(texts))
    weights = np.concatenate([[0.0], counts * REAL_BOOST, rng.choice(counts, used - 1 - len(texts))])
    apart = used + np.flatnonzero(~np.isin(same[used:], same[:used]))
    plain = np.flatnonzero(~text.head(used).str.contains(r"[(\[\d]|^$|\s[IVX]+$").to_numpy())
    of = rng.choice(plain, min(sequels, len(plain)), replace=False)
    ending = rng.integers(0, len(PARTS), len(of))
    sequel = np.zeros(len(text) + len(of), np.int32)
    sequel[of] = len(text) + np.arange(len(of))
    return Pool(
        pl.concat([text, text.gather(of) + pl.Series(PARTS).gather(ending)]),
        pl.concat([squeezed, squeezed.gather(of) + pl.Series(map(squeeze, PARTS)).gather(ending)]),
        np.concatenate([same, text_hashes(folded.gather(of) + "part2")]),
        len(texts), used - 1 - len(texts), apart,
        table_of(weights, 1 << max(16, int(np.ceil(np.log2(used * 3))))), sequel,
    )  # fmt: skip


def _recombined(
    texts: list[str], count: int, rng: np.random.Generator, fold: Callable[[str], str],
    cut: Callable[[str, float], tuple[str, str] | None], joint: str,
) -> tuple[pl.Series, pl.Series, pl.Series]:  # fmt: skip
    """``count`` new texts, their normalised and their squeezed forms."""
    chances = rng.random(len(texts)).tolist()
    halves = [found for text, chance in zip(texts, chances, strict=True) if (found := cut(text, chance))]
    if not halves:
        empty = pl.Series([], dtype=pl.String)
        return empty, empty, empty
    left, right = rng.integers(0, len(halves), count), rng.integers(0, len(halves), count)

    def joined(form: Callable[[str], str], between: str) -> pl.Series:
        heads = pl.Series([form(head) for head, _ in halves]).gather(left)
        return heads + between + pl.Series([form(tail) for _, tail in halves]).gather(right)

    return joined(str, joint), joined(lambda half: _folded_half(half, fold), ""), joined(squeeze, "")


def _folded_half(half: str, fold: Callable[[str], str]) -> str:
    if fold is folded_title and re.fullmatch(r"(?:the|and|\s)+", half, re.I):
        return ""
    return fold(half)


def _cut_between_words(text: str, chance: float) -> tuple[str, str] | None:
    words = text.split()
    if not 2 <= len(words) <= 9 or re.search(r"[(\[\])\"“”:]", text) or not _JOINING.isdisjoint(
        word.lower() for word in words
    ):  # fmt: skip
        return None
    at = 1 + int(chance * (len(words) - 1))
    head, tail = " ".join(words[:at]), " ".join(words[at:])
    return (head, tail) if squeeze(head) and squeeze(tail) else None


def _cut_in_a_word(text: str, chance: float) -> tuple[str, str] | None:
    if not (text.isalpha() and text.isascii() and 5 <= len(text) <= 14):
        return None
    at = 2 + int(chance * (len(text) - 3))
    return text[:at], text[at:].lower()
