"""Writing drawn rows as a catalogue: a CSV of ours or MusicBrainz' canonical columns, in chunks.

Only texts are made here; which rows there are is ``tracks.py`` and ``questions.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.matching.pair import squeeze
from benchmarks.offline.hashing import Hashes, Places, mixed, uuids
from benchmarks.offline.tracks import Rows, Tracks, World

CHUNK = 250_000
FORMS = ("canonical", "csv")
RECORDING, RELEASE, ARTIST = 1, 2, 3  # what an id is of
REORDERED = 0.1  # share of rows that name their artists the other way round
GUEST_IN_TITLE = 0.45
OF_OTHER_RECORD = 0.5  # share of tracks whose album is not named like them
LABELLED = 0.6
GUEST_WORDS = (" feat. ", " feat. ", " ft. ", " featuring ", " Feat. ")


def ids_of(world: World, rows: Places) -> pl.Series:
    """The ids of rows by their places."""
    return uuids(rows, world.seed * 8 + RECORDING)


def separators_of(world: World) -> pl.Series:
    """Two hundred signs between artists, as often as real ones; the first of an empty world is a comma."""
    counts = world.real.separators.most_common(8) or [(", ", 1)]
    whole = sum(count for _, count in counts)
    return pl.Series([sign for sign, count in counts for _ in range(1 + 200 * count // whole)])


def write_catalogue(
    world: World, tracks: Tracks, rows: Rows, kept: Places, path: Path, form: str = "canonical"
) -> None:
    """Write the rows at the places ``kept``; a name that ends in ``.zst`` or ``.gz`` is compressed so."""
    compression = {".zst": "zstd", ".gz": "gzip"}.get(path.suffix)
    with pa.output_stream(str(path), compression=compression) as stream:
        for start in range(0, len(kept), CHUNK):
            part = _Part(world, tracks, rows, kept[start : start + CHUNK])
            frame = part.canonical(start) if form == "canonical" else part.csv()
            frame.write_csv(stream, include_header=start == 0)


class _Part:
    """Some rows with their texts."""

    def __init__(self, world: World, tracks: Tracks, rows: Rows, places: Places) -> None:
        self.world, self.places = world, places
        track, spelling, remixer = rows.track[places], rows.spelling[places], rows.remixer[places]
        self.chance = mixed(places.astype(np.uint64) + np.uint64(world.seed) * np.uint64(1 << 40))
        self.habit = mixed(track.astype(np.uint64) + np.uint64(world.seed + 1) * np.uint64(1 << 41))
        self.artists = tracks.artists[track]
        swap = np.flatnonzero((self.artists[:, 1] > 0) & self.one_in(self.chance, REORDERED, 0))
        self.artists[swap, :2] = self.artists[swap, 1::-1]
        guest, title = tracks.guest[track], tracks.title[track]
        self.guest, self.title_place = guest, title
        names, titles, kinds = world.names, world.titles, world.spellings
        inside = self.one_in(self.habit, GUEST_IN_TITLE, 8) ^ self.one_in(self.chance, 0.1, 8)
        behind, inside = guest * ~inside, guest * inside
        signs = pl.concat([pl.Series([""]), separators_of(world)])
        sign = 1 + self.habit % np.uint64(len(signs) - 1)
        words = pl.Series(["", *GUEST_WORDS, *(f" ({word[1:]}" for word in GUEST_WORDS)])
        word = 1 + self.chance % np.uint64(len(GUEST_WORDS))
        second, third = self.artists[:, 1], self.artists[:, 2]
        artist = [names.text.gather(self.artists[:, 0])]
        for place in (second, third):
            artist += [signs.gather(np.where(place > 0, sign, 0)), names.text.gather(place)]
        artist += [words.gather(np.where(behind > 0, word, 0)), names.text.gather(behind)]
        full = [
            titles.text.gather(title),
            words.gather(np.where(inside > 0, word + np.uint64(len(GUEST_WORDS)), 0)),
            names.text.gather(inside), pl.Series(["", ")"]).gather(inside > 0),
            kinds.before.gather(spelling), names.text.gather(remixer), kinds.after.gather(spelling),
        ]  # fmt: skip
        squeezed = [names.squeezed.gather(self.artists[:, at]) for at in range(3)]
        squeezed += [
            titles.squeezed.gather(title),
            names.squeezed.gather(remixer),
            kinds.squeezed.gather(spelling),
        ]
        self.texts = {"artist": _joined(artist), "title": _joined(full), "lookup": _joined(squeezed)}
        other = self.one_in(self.habit, OF_OTHER_RECORD, 24)
        record = np.where(
            other, world.titles.draw(np.random.default_rng(int(self.habit[0])), len(title)), title
        )
        self.album = titles.text.gather(record)

    @staticmethod
    def one_in(numbers: Hashes, share: float, shift: int) -> NDArray[np.bool_]:
        """True for a share of the numbers, told by some of their bits."""
        return (numbers >> np.uint64(shift)) % np.uint64(1000) < share * 1000

    def canonical(self, start: int) -> pl.DataFrame:
        salt = self.world.seed * 8
        people = [uuids(self.artists[:, at], salt + ARTIST) for at in range(3)]
        comma = pl.Series(["", ","])
        credit = [people[0]]
        for at in (1, 2):
            there = self.artists[:, at] > 0
            credit += [comma.gather(there), people[at].set(pl.Series(~there), "")]
        return pl.DataFrame(
            {
                "id": np.arange(start + 1, start + 1 + len(self.places)),
                "artist_credit_id": mixed(self.artists.astype(np.uint64).sum(1)) % np.uint64(4_000_000),
                "artist_mbids": _joined(credit),
                "artist_credit_name": self.texts["artist"],
                "release_mbid": uuids(self.habit, salt + RELEASE),
                "release_name": self.album,
                "recording_mbid": ids_of(self.world, self.places),
                "recording_name": self.texts["title"],
                "combined_lookup": self.texts["lookup"],
                "score": self.chance % np.uint64(2_000_000),
            }
        )

    def csv(self) -> pl.DataFrame:
        label = label_places(self.world, self.habit)
        names, marks = label_texts(self.world)
        number = pl.Series(1 + self.habit % np.uint64(900)).cast(pl.String)
        mark = marks.gather(label)
        year = 2026 - np.floor((self.habit >> np.uint64(40)) / float(1 << 24) ** 1.0 * 40).astype(np.int64)
        return pl.DataFrame(
            {
                "id": ids_of(self.world, self.places),
                "artist": self.texts["artist"],
                "title": self.texts["title"],
                "album": self.album,
                "label": names.gather(label),
                "catalog_number": _joined([mark, number.set(mark == "", "")]),
                "year": year,
                "duration": 150 + self.chance % np.uint64(330),
            }
        )


def label_places(world: World, habit: Hashes) -> Places:
    """The place of each track's label in ``label_texts``; 0 is none."""
    if not world.labels:
        return np.zeros(len(habit), np.int64)
    there = _Part.one_in(habit, LABELLED, 16)
    return np.where(there, 1 + mixed(habit) % np.uint64(len(world.labels)), 0).astype(np.int64)


def label_texts(world: World) -> tuple[pl.Series, pl.Series]:
    """Labels, and what their catalogue numbers begin with."""
    names = ["", *(label.partition(" - ")[0] for label in world.labels)]
    marks = ["", *(squeeze(name)[:4].upper() + " " for name in names[1:])]
    return pl.Series(names), pl.Series(marks)


def _joined(parts: list[pl.Series]) -> pl.Series:
    columns = [part.alias(str(at)) for at, part in enumerate(parts)]
    return pl.select(pl.concat_str(columns)).to_series()
