"""Finding songs by their words, as a search engine does: several rows, the best first.

Words are folded (case, accents) and found through postings; a word weighs more the rarer it is, a row less
the longer it is. Not here: the query languages, which are the providers'.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mixtrove.matching.normalise import fold
from mixtrove.providers.simulator.songs import Song, Songs

Rows = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The folded words of a text; apostrophes do not part them."""
    return _WORD.findall(fold(text).replace("'", ""))


class Hits(NamedTuple):
    """Rows in ascending order, each once, with their scores."""

    rows: Rows
    scores: Scores

    def both(self, other: Hits) -> Hits:
        """Rows that are in both; the scores are added."""
        few, many = (self, other) if len(self.rows) <= len(other.rows) else (other, self)
        if not len(few.rows):
            return few
        at = np.minimum(np.searchsorted(many.rows, few.rows), len(many.rows) - 1)
        found = many.rows[at] == few.rows
        return Hits(few.rows[found], few.scores[found] + many.scores[at[found]])

    def either(self, other: Hits) -> Hits:
        """Rows that are in one of them; the scores are added."""
        if not len(self.rows) or not len(other.rows):
            return self if len(self.rows) else other
        rows, where = np.unique(np.concatenate((self.rows, other.rows)), return_inverse=True)
        scores = np.bincount(where, weights=np.concatenate((self.scores, other.scores)))
        return Hits(rows, scores.astype(np.float32))

    def without(self, other: Hits) -> Hits:
        """Rows that are not in the other."""
        kept = ~np.isin(self.rows, other.rows, assume_unique=True)
        return Hits(self.rows[kept], self.scores[kept])

    def within(self, mask: Mask | None) -> Hits:
        """Rows that the mask allows."""
        if mask is None:
            return self
        kept = mask[self.rows]
        return Hits(self.rows[kept], self.scores[kept])

    def best(self, limit: int, offset: int = 0) -> Hits:
        """The best rows, best first; equal ones in the order of the catalogue."""
        rows, scores = self
        if len(rows) > 4 * (offset + limit) > 0:
            least = np.partition(scores, -(offset + limit))[-(offset + limit)]
            rows, scores = rows[scores >= least], scores[scores >= least]
        order = np.argsort(-scores, kind="stable")[offset : offset + limit]
        return Hits(rows[order], scores[order])


NOTHING = Hits(np.empty(0, np.int32), np.empty(0, np.float32))


def exactly(songs: Iterable[Song]) -> Hits:
    """Songs that were found by an id, all as good."""
    rows = np.array(sorted({song.row for song in songs}), np.int32)
    return Hits(rows, np.full(len(rows), 10, np.float32))


class Field:
    """One searchable field of all songs."""

    def __init__(self, texts: Iterable[Iterable[str]]) -> None:
        """The words of each row, in the order of the rows."""
        postings: defaultdict[str, array[int]] = defaultdict(lambda: array("i"))
        lengths = array("H")
        for row, text in enumerate(texts):
            distinct = set(text)
            lengths.append(min(len(distinct), 65_535))
            for word in distinct:
                postings[word].append(row)
        self._count = len(lengths)
        self._postings = dict(postings)
        sizes = np.frombuffer(lengths, np.uint16).astype(np.float32) if lengths else np.empty(0, np.float32)
        self._shortness = (1 / (0.6 + 0.4 * sizes / (sizes.mean() if len(sizes) else 1))).astype(np.float32)

    def _weight(self, word: str) -> float:
        return math.log(1 + self._count / (len(self._postings.get(word, ())) + 0.5))

    def word(self, word: str) -> Hits:
        """The rows with a word."""
        posted = self._postings.get(word)
        if posted is None:
            return NOTHING
        rows = np.frombuffer(posted, np.int32)
        return Hits(rows, self._shortness[rows] * np.float32(self._weight(word)))

    def every(self, asked: Sequence[str]) -> Hits:
        """The rows with all the words."""
        distinct = sorted(set(asked), key=lambda word: len(self._postings.get(word, ())))
        hits = self.word(distinct[0]) if distinct else NOTHING
        for word in distinct[1:]:
            if not len(hits.rows):
                break
            hits = hits.both(self.word(word))
        return hits

    def most(self, asked: Sequence[str], share: float) -> Hits:
        """The rows that have at least this share of the words, by weight."""
        if share >= 1:
            return self.every(asked)
        found = np.zeros(self._count, np.float32)
        least = 0.0
        for word in set(asked):
            weight = self._weight(word)
            least += weight * share
            if (posted := self._postings.get(word)) is not None:
                found[np.frombuffer(posted, np.int32)] += np.float32(weight)
        if least <= 0:
            return NOTHING
        rows = np.flatnonzero(found >= least - 1e-3).astype(np.int32)
        return Hits(rows, found[rows] * self._shortness[rows])


class SearchIndex:
    """The fields of all songs that can be searched."""

    def __init__(self, songs: Songs) -> None:
        """Takes seconds for some 200,000 songs."""
        artists = [words(song.artist) for song in songs.all]
        titles = [words(song.title) for song in songs.all]
        self.artist = Field(artists)
        self.title = Field(titles)
        self.release = Field(
            words(song.album) if song.album else title for song, title in zip(songs.all, titles, strict=True)
        )
        self.text = Field(artist + title for artist, title in zip(artists, titles, strict=True))
