"""Drawing tracks and their rows, as numbers: places in the pools of names, titles and spellings.

How many artists, guests, versions a track has follows the real rows; texts are made of it by
``catalogue_file.py``. Recipe: ``benchmarks/catalogue.py``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.offline.hashing import Hashes, Places, both, mixed
from benchmarks.offline.pools import Pool, pool_of
from benchmarks.offline.real import Real, read_folder
from benchmarks.offline.versions import SHARE_OF_DUPLICATES, Spellings, spellings_of

# How many rows a track has: one for most, dozens for the few that everybody remixes. Mean 1.43.
ROWS = np.array([0.795, 0.115, 0.04, 0.018, 0.010, 0.006, 0.004, 0.003, 0.002, 0.0015, *[0.0055 / 20] * 20])
MADE_NAMES, MADE_TITLES = 0.08, 0.4  # made ones a recording
SPARE = 5_000, 0.02  # … that no row uses, for questions about unknown ones: so many and a share more
OF_REAL_TITLES = 0.35  # share of tracks with one of the real titles
REPEATED = 0.2  # share of the other tracks with a made title that some earlier track has
WITH_SEQUEL = 0.06  # titles a recording of which there is a *Part 2*
HAS_SEQUEL = 0.4  # share of the tracks with such a title that are followed by the same artist's part 2
OF_REAL_REMIXERS = 0.6  # the others are drawn among all artists


@dataclass(frozen=True)
class World:
    """What is drawn from."""

    real: Real
    names: Pool
    titles: Pool
    spellings: Spellings
    remixers: NDArray[np.int32]  # places in ``names``, to draw from uniformly
    labels: tuple[str, ...]
    seed: int


@dataclass(frozen=True)
class Tracks:
    """A track each: three artists and a guest (0 is none), a title."""

    artists: NDArray[np.int32]  # tracks × 3
    guest: NDArray[np.int32]
    title: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.title)

    def same(self, world: World, which: Places | slice = slice(None)) -> Hashes:
        """A number for artists and title, whatever their order, guests left out."""
        artists = self.artists[which]
        some = mixed(world.names.same[artists]) * (artists > 0)
        return both(some.sum(1, dtype=np.uint64), world.titles.same[self.title[which]])

    def pairs(self, world: World, which: Places | slice = slice(None)) -> tuple[Hashes, NDArray[np.bool_]]:
        """Numbers of (one artist or guest, title), four a track, and which of the four are there."""
        people = np.concatenate([self.artists[which], self.guest[which, None]], 1)
        title = world.titles.same[self.title[which]]
        return both(world.names.same[people], title[:, None]), people > 0


@dataclass(frozen=True)
class Rows:
    """A row of the catalogue each: its track, spelling of the version and remixer (0 is none)."""

    track: NDArray[np.int32]
    spelling: NDArray[np.int16]
    remixer: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.track)


def world_of(data: Path, recordings: int, seed: int, real: Real | None = None) -> World:
    """The pools for a catalogue of so many recordings, from the real rows of the folder ``data``."""
    rng = np.random.default_rng((seed, 1))
    real = real or read_folder(data)
    people = real.names + Counter(dict.fromkeys(real.remixers, 1))
    spare = SPARE[0] + round(recordings * SPARE[1])
    names = pool_of("names", people, round(recordings * MADE_NAMES), spare, rng)
    titles = pool_of(
        "titles", real.titles, round(recordings * MADE_TITLES), spare, rng,
        power=1.15, sequels=round(recordings * WITH_SEQUEL),
    )  # fmt: skip
    place = {text: at for at, text in enumerate(names.text[: names.real + 1].to_list())}
    remixers = np.repeat(
        np.array([place[one] for one in real.remixers if one in place], np.int32),
        [count for one, count in real.remixers.items() if one in place],
    )
    return World(real, names, titles, spellings_of(real), remixers, tuple(real.labels.elements()), seed)


def draw_tracks(world: World, count: int) -> Tracks:
    """``count`` tracks."""
    rng = np.random.default_rng((world.seed, 2))
    names, same = world.names, world.names.same
    sizes = world.real.artists_a_track
    artists = np.zeros((count, 3), np.int32)
    artists[:, 0] = names.draw(rng, count)
    chance = rng.random(count, np.float32)
    for place, share in ((1, 1 - sizes[1] / world.real.tracks), (2, sizes[3] / world.real.tracks)):
        at = np.flatnonzero(chance < share)
        drawn = names.draw(rng, len(at))
        others = same[artists[at, :place]]
        artists[at, place] = np.where(
            (others == same[drawn][:, None]).any(1) | (artists[at, place - 1] == 0), 0, drawn
        )
    guest = np.zeros(count, np.int32)
    at = np.flatnonzero(rng.random(count, np.float32) < world.real.with_guest / world.real.tracks)
    drawn = names.draw(rng, len(at))
    guest[at] = np.where((same[artists[at]] == same[drawn][:, None]).any(1), 0, drawn)
    title = _draw_titles(world, count, rng)
    sequel = world.titles.sequel[title[:-1]]
    is_first = np.flatnonzero((sequel > 0) & (rng.random(count - 1, np.float32) < HAS_SEQUEL))
    is_first = is_first[np.diff(is_first, prepend=-2) > 1]
    artists[is_first + 1], guest[is_first + 1] = artists[is_first], guest[is_first]
    title[is_first + 1] = sequel[is_first]
    return Tracks(artists, guest, title)


def _draw_titles(world: World, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Titles of tracks: real ones by their frequency, made ones mostly once."""
    real, made = world.titles.real, world.titles.made
    table = world.titles.table[world.titles.table <= real]
    title = table[rng.integers(0, len(table), count)]
    at = np.flatnonzero(rng.random(count, np.float32) >= OF_REAL_TITLES)
    if made <= 0:
        return title
    order = np.arange(len(at)) % made
    again = np.flatnonzero(rng.random(len(at), np.float32) < REPEATED)
    # the first made ones are the popular ones
    order[again] = (rng.random(len(again)) ** 2.5 * made).astype(np.int64)
    title[at] = real + 1 + order
    return title


def draw_rows(world: World, tracks: Tracks) -> Rows:
    """The rows of the tracks, each track's behind one another."""
    rng = np.random.default_rng((world.seed, 3))
    count = rng.choice(np.arange(1, len(ROWS) + 1, dtype=np.int8), len(tracks), p=ROWS / ROWS.sum())
    track = np.repeat(np.arange(len(tracks), dtype=np.int32), count)
    starts = np.cumsum(count, dtype=np.int64) - count
    is_first = np.zeros(len(track), np.bool_)
    is_first[starts] = True
    kinds = world.spellings
    spelling = kinds.further[rng.integers(0, len(kinds.further), len(track))].astype(np.int16)
    spelling[starts] = kinds.first[rng.integers(0, len(kinds.first), len(tracks))]
    remixer = np.zeros(len(track), np.int32)
    at = np.flatnonzero(kinds.named[spelling])
    known = rng.random(len(at), np.float32) < OF_REAL_REMIXERS
    drawn = world.names.draw(rng, len(at))
    if len(world.remixers):
        drawn[known] = world.remixers[rng.integers(0, len(world.remixers), int(known.sum()))]
    remixer[at] = drawn
    again = np.flatnonzero(~is_first & (rng.random(len(track), np.float32) < SHARE_OF_DUPLICATES))
    spelling[again] = spelling[starts[track[again]]]
    remixer[again] = remixer[starts[track[again]]]
    return Rows(track, spelling, remixer)
