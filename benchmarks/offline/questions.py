"""What is asked, what the catalogue must not hold because of it, and which rows are right answers.

Decided before the catalogue is written, on numbers alone. Two rows are one version when artists (in
whatever order, guests left out), title and version have equal normalised forms. Missing is stricter than
not that: of a missing track there is no row by *any one* of its artists or guests under that title, of a
missing version no such row with that version. Texts of the questions are ``lines.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.offline.hashing import Hashes, Members, Places, both
from benchmarks.offline.tracks import ROWS, WITH_SEQUEL, Rows, Tracks, World, draw_rows, draw_tracks
from benchmarks.offline.versions import INVENTED

# kind → share of all questions
PRESENT = "present"
WITHHELD_VERSION = "other version only: a real one was withheld"
INVENTED_VERSION = "other version only: invented VIP, dub, instrumental"
INVENTED_REMIXER = "other version only: invented remixer"
WITHHELD_TRACK = "absent: track withheld"
UNKNOWN_TITLE = "absent: known artist, unknown title"
OTHER_ARTIST = "absent: known title, another artist"
SEQUEL = "absent: part 2 of a track that is there"
ALL_NEW = "absent: artist and title unknown"
SHARES = {
    PRESENT: 0.55, WITHHELD_VERSION: 0.10, INVENTED_VERSION: 0.05, INVENTED_REMIXER: 0.05,
    WITHHELD_TRACK: 0.10, UNKNOWN_TITLE: 0.04, OTHER_ARTIST: 0.04, SEQUEL: 0.03, ALL_NEW: 0.04,
}  # fmt: skip
KINDS = tuple(SHARES)
CHUNK = 250_000  # rows or tracks looked at together


@dataclass(frozen=True)
class Asked:
    """A question each: its kind (a place in ``KINDS``), what it names, and the row it was made of, or -1."""

    kind: NDArray[np.int8]
    tracks: Tracks
    spelling: NDArray[np.int16]
    remixer: NDArray[np.int32]
    row: Places

    def __len__(self) -> int:
        return len(self.kind)

    def taken(self, at: Places) -> Asked:
        """Some of the questions."""
        some = Tracks(self.tracks.artists[at], self.tracks.guest[at], self.tracks.title[at])
        return Asked(self.kind[at], some, self.spelling[at], self.remixer[at], self.row[at])


@dataclass(frozen=True)
class Drawn:
    """A catalogue, the questions about it in random order, and the rows that answer them.

    ``answers`` are pairs (place of a question, place of a row).
    """

    world: World
    tracks: Tracks
    rows: Rows
    kept: Places  # rows of the catalogue
    asked: Asked
    answers: tuple[Places, Places]


def draw(world: World, recordings: int, questions: int) -> Drawn:
    """A catalogue of exactly so many rows and so many questions, the kinds in the shares of ``SHARES``."""
    quota = {kind: round(questions * share) for kind, share in SHARES.items()}
    quota[PRESENT] = questions - sum(quota.values()) + quota[PRESENT]
    mean = float((ROWS * np.arange(1, len(ROWS) + 1)).sum() / ROWS.sum())
    spare = 1.03
    while True:
        wanted = recordings + 2.2 * (quota[WITHHELD_TRACK] * mean + quota[WITHHELD_VERSION])
        tracks = draw_tracks(world, round(wanted * spare / mean) + 100)
        rows = draw_rows(world, tracks)
        rng = np.random.default_rng((world.seed, 4))
        missing, dropped = _withheld(world, tracks, rows, quota, rng)
        kept = np.flatnonzero(~dropped)
        if len(kept) >= recordings:
            break
        spare *= 1.2
    kept = kept[:recordings]
    others = [missing, *_made_up(world, tracks, rows, kept, quota, rng)]
    asked = _verified(world, tracks, rows, kept, joined(others), quota)
    at = rng.choice(kept, min(quota[PRESENT], len(kept)), replace=False)
    present = _of_rows(tracks, rows, at, PRESENT)
    asked = joined([present, asked])
    asked = asked.taken(rng.permutation(len(asked)))
    return Drawn(world, tracks, rows, kept, asked, answers(world, tracks, rows, kept, asked))


def joined(parts: list[Asked]) -> Asked:
    """The questions of several parts, one part behind the other."""

    def column(of: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(part, of) for part in parts])

    some = (
        np.concatenate([getattr(part.tracks, of) for part in parts]) for of in ("artists", "guest", "title")
    )
    return Asked(column("kind"), Tracks(*some), column("spelling"), column("remixer"), column("row"))


def _of_rows(tracks: Tracks, rows: Rows, at: Places, kind: str) -> Asked:
    track = rows.track[at]
    some = Tracks(tracks.artists[track], tracks.guest[track], tracks.title[track])
    code = np.full(len(at), KINDS.index(kind), np.int8)
    return Asked(code, some, rows.spelling[at], rows.remixer[at], at)


def _more(quota: int) -> int:
    return round(quota * 1.4) + 40


def _withheld(
    world: World, tracks: Tracks, rows: Rows, quota: dict[str, int], rng: np.random.Generator
) -> tuple[Asked, NDArray[np.bool_]]:
    """Questions about tracks and versions that the catalogue shall miss, and the rows it must do without."""
    kinds, names = world.spellings, world.names
    starts = np.flatnonzero(np.diff(rows.track, prepend=-1))
    sizes = np.diff(starts, append=len(rows))
    lost = rng.choice(len(tracks), min(_more(quota[WITHHELD_TRACK]), len(tracks) // 4), replace=False)
    asked_tracks = _of_rows(tracks, rows, starts[lost], WITHHELD_TRACK)
    # Versions: of tracks that have several, all of them spelled so that there is no doubt which they are.
    some = np.setdiff1d(np.flatnonzero(sizes > 1), lost, assume_unique=True)
    some = rng.permutation(some)[: 4 * _more(quota[WITHHELD_VERSION])]
    at = _ranges(starts[some], sizes[some])
    of = np.repeat(np.arange(len(some)), sizes[some])
    version = kinds.same(rows.spelling[at], rows.remixer[at], names)
    picked_row = starts[some] + rng.integers(0, sizes[some])
    picked = kinds.same(rows.spelling[picked_row], rows.remixer[picked_row], names)
    kind = kinds.kind_hash[rows.spelling[at]]
    unnamed = (rows.remixer[at] == 0) | (rows.remixer[picked_row] == 0)[of]
    close = (kind == kinds.kind_hash[rows.spelling[picked_row]][of]) & (version != picked[of]) & unnamed
    doubtful = np.bincount(of, ~kinds.certain[rows.spelling[at]] | close, len(some)) > 0
    several = np.bincount(of, version != picked[of], len(some)) > 0
    fit = np.flatnonzero(several & ~doubtful)[: _more(quota[WITHHELD_VERSION])]
    asked_versions = _of_rows(tracks, rows, picked_row[fit], WITHHELD_VERSION)
    dropped = np.zeros(len(rows), np.bool_)
    dropped[_touched(world, tracks, rows, asked_tracks)] = True
    near = _touched(world, tracks, rows, asked_versions)
    dropped[near[_version_pairs(world, asked_versions).of_rows(world, tracks, rows, near)]] = True
    return joined([asked_tracks, asked_versions]), dropped


def _made_up(
    world: World, tracks: Tracks, rows: Rows, kept: Places, quota: dict[str, int], rng: np.random.Generator
) -> Iterator[Asked]:
    """Questions that join what is in the catalogue to what is not, or to what does not belong to it."""
    kinds, names, titles = world.spellings, world.names, world.titles

    def of_catalogue(kind: str, times: int = 1) -> Asked:
        count = min(_more(quota[kind]) * times, len(kept))
        asked = _of_rows(tracks, rows, rng.choice(kept, count, replace=False), kind)
        asked.row[:] = -1
        return asked

    # What is invented is the question's version alone: the row that was drawn says which track.
    asked = of_catalogue(INVENTED_VERSION)
    texts = [f" ({text})" for text in INVENTED]
    places = [at for at, text in enumerate(kinds.before.to_list()) if text in texts]
    certain = np.flatnonzero(kinds.certain[asked.spelling] & (asked.remixer == 0))
    asked = asked.taken(certain)
    asked.spelling[:] = rng.choice(places, len(asked))
    yield asked
    asked = of_catalogue(INVENTED_REMIXER)
    asked = asked.taken(np.flatnonzero(kinds.certain[asked.spelling]))
    asked.spelling[:] = kinds.after.to_list().index(" Remix)")
    known = world.remixers if len(world.remixers) else names.table
    asked.remixer[:] = rng.choice(known, len(asked))
    strange = (names.same[asked.remixer][:, None] != names.same[asked.tracks.artists]).all(1)
    yield asked.taken(np.flatnonzero(strange))
    asked = of_catalogue(UNKNOWN_TITLE)
    asked.tracks.title[:] = rng.choice(titles.spare, len(asked))
    yield asked
    asked = of_catalogue(OTHER_ARTIST)
    other = rows.track[rng.choice(kept, len(asked))]
    asked.tracks.artists[:], asked.tracks.guest[:] = tracks.artists[other], 0
    yield asked
    asked = of_catalogue(SEQUEL, round(3 / WITH_SEQUEL))
    asked = asked.taken(np.flatnonzero(titles.sequel[asked.tracks.title]))
    asked.tracks.title[:] = titles.sequel[asked.tracks.title]
    yield asked
    asked = of_catalogue(ALL_NEW)
    asked.tracks.artists[:], asked.tracks.guest[:] = 0, 0
    asked.tracks.artists[:, 0] = rng.choice(names.spare, len(asked))
    asked.tracks.title[:] = rng.choice(titles.spare, len(asked))
    yield asked


def _verified(
    world: World, tracks: Tracks, rows: Rows, kept: Places, asked: Asked, quota: dict[str, int]
) -> Asked:
    """The questions whose track or version is in no row, and whose other versions are; as many as wanted."""
    near = np.intersect1d(_touched(world, tracks, rows, asked), kept, assume_unique=True)
    pairs, there = asked.tracks.pairs(world)
    row_pairs, row_there = tracks.pairs(world, rows.track[near])
    track_there = (Members(row_pairs[row_there]).has(pairs.ravel()).reshape(pairs.shape) & there).any(1)
    version = world.spellings.same(asked.spelling, asked.remixer, world.names)
    row_version = world.spellings.same(rows.spelling[near], rows.remixer[near], world.names)
    versions = Members(both(row_pairs, row_version[:, None])[row_there])
    asked_versions = both(pairs, version[:, None])
    version_there = (versions.has(asked_versions.ravel()).reshape(pairs.shape) & there).any(1)
    # A dub, say, that is asked for without a name could be somebody's dub that is there.
    kinds = Members(both(row_pairs, world.spellings.kind_hash[rows.spelling[near]][:, None])[row_there])
    kind_there = kinds.has(both(pairs, world.spellings.kind_hash[asked.spelling][:, None]).ravel())
    kind_there = (kind_there.reshape(pairs.shape) & there).any(1) & (asked.remixer == 0)
    others_there = Members(tracks.same(world, rows.track[near])).has(asked.tracks.same(world))
    of_absent = np.array([kind.startswith("absent") for kind in KINDS])[asked.kind]
    fit = np.where(of_absent, ~track_there, others_there & ~version_there & ~kind_there)
    chosen = [
        np.flatnonzero(fit & (asked.kind == code))[: quota[kind]] for code, kind in enumerate(KINDS) if code
    ]
    return asked.taken(np.concatenate(chosen))


def answers(world: World, tracks: Tracks, rows: Rows, kept: Places, asked: Asked) -> tuple[Places, Places]:
    """Pairs (question, row) of one version."""
    of_present = np.flatnonzero(asked.kind == KINDS.index(PRESENT))
    present = asked.taken(of_present)
    version = world.spellings.same(present.spelling, present.remixer, world.names)
    keys = both(present.tracks.same(world), version)
    members = Members(keys)
    found_keys, found = [], []
    for start in range(0, len(kept), CHUNK):
        at = kept[start : start + CHUNK]
        version = world.spellings.same(rows.spelling[at], rows.remixer[at], world.names)
        row_keys = both(tracks.same(world, rows.track[at]), version)
        hit = np.flatnonzero(members.has(row_keys))
        found_keys.append(row_keys[hit])
        found.append(at[hit])
    row_keys, places = np.concatenate(found_keys), np.concatenate(found)
    order = np.argsort(row_keys, kind="stable")
    row_keys, places = row_keys[order], places[order]
    first = np.searchsorted(row_keys, keys, "left")
    count = np.searchsorted(row_keys, keys, "right") - first
    return np.repeat(of_present, count), places[_ranges(first, count)]


def _touched(world: World, tracks: Tracks, rows: Rows, asked: Asked) -> Places:
    """Rows by some artist or guest of a question, under its title."""
    pairs, there = asked.tracks.pairs(world)
    members = Members(pairs[there])
    near = np.zeros(len(tracks), np.bool_)
    for start in range(0, len(tracks), CHUNK):
        part = slice(start, start + CHUNK)
        found, real = tracks.pairs(world, part)
        hit = np.zeros(found.shape, np.bool_)
        hit[real] = members.has(found[real])
        near[part] = hit.any(1)
    return np.flatnonzero(near[rows.track])


@dataclass(frozen=True)
class _VersionPairs:
    members: Members

    def of_rows(self, world: World, tracks: Tracks, rows: Rows, at: Places) -> NDArray[np.bool_]:
        """Whether each row is one of the versions by one of the artists."""
        pairs, there = tracks.pairs(world, rows.track[at])
        version = world.spellings.same(rows.spelling[at], rows.remixer[at], world.names)
        keys = both(pairs, version[:, None])
        return (self.members.has(keys.ravel()).reshape(keys.shape) & there).any(1)


def _version_pairs(world: World, asked: Asked) -> _VersionPairs:
    pairs, there = asked.tracks.pairs(world)
    version: Hashes = world.spellings.same(asked.spelling, asked.remixer, world.names)
    return _VersionPairs(Members(both(pairs, version[:, None])[there]))


def _ranges(first: Places, count: Places) -> Places:
    """All of first, first + 1 … of each range, one range behind the other."""
    ends = np.cumsum(count)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - count), count)
