"""MusicBrainz-20K: one dirty catalogue in five sources; ``cluster_id`` says which records are one recording.

Each source writes its fields in a way of its own and some are damaged; ``read_record`` reads them by form,
not by source. Single pairs come from ``blocked`` (cheap, its recall is reported), groups from the deep pass
(``mixtrove.duplicates``), of artist and title alone and of whole records. ``benchmarks.duplicates`` measures
the pass beside others.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import OSA

from benchmarks.matching import metrics
from benchmarks.matching.outcome import Outcome, Result
from benchmarks.matching.pair import Text, short_hash, split_of, squeeze
from benchmarks.matching.sources import Absent
from mixtrove.duplicates import TrackText, find_duplicates
from mixtrove.matching import compare, compare_many

SET = "musicbrainz"
TOP = 15  # candidates a record
CAP = 120  # records that may share a blocking key
SCORE = 0.85  # from here a pair is one recording (MATCHING §5)
UNKNOWN = frozenset(("unknown", "unk.", "[unknown]", "unnown", "n/a", "n.a.", "null", ""))
FIELDS = ("number", "title", "length", "artist", "album", "year", "language")

_NUMBER = re.compile(r"^(?=\w{0,3}\d)\w{2,4}-")
_MINUTES = re.compile(r"(\d+)\s*m\s*(\d+)\s*s")
_CLOCK = re.compile(r"^(\d+):(\d\d)$")
# Whoever writes lengths in minutes (3.65) and years as '95 writes "Title - Album"; others "Artist - Title".
_TITLE_AND_ALBUM = re.compile(r"\d+\.\d+\||[^|]*\|'\d")
_SOURCE_ID = re.compile(r"(?:[A-Za-z]+)?\d{5,}")
_IN_BRACKETS = re.compile(r"\s*\((\d{4}|unknown)\)$")


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read, and the recording it is said to be."""

    id: str
    cluster: str
    text: Text
    number: str = ""

    def track(self, *, whole: bool = True) -> TrackText:
        """The record as the deep pass takes it; with artist and title alone unless ``whole``."""
        text = self.text
        if not whole:
            return TrackText(self.id, text.artist, text.title)
        return TrackText(
            self.id, text.artist, text.title, album=text.album, position=self.number or None,
            duration=text.duration, year=text.year,
        )  # fmt: skip


def read_record(row: Mapping[str, str]) -> Record:
    """A record with its fields put where they belong."""
    row = _moved_back(row)
    artist, title, album = (" ".join((row.get(key) or "").split()) for key in ("artist", "title", "album"))
    if artist.lower() in UNKNOWN:
        artist = ""
    year = row.get("year") or ""
    if found := _IN_BRACKETS.search(album):
        album, year = album[: found.start()], year or found[1]
    if album.lower() in UNKNOWN:
        album = ""
    title = _NUMBER.sub("", title)
    if title.lower() in UNKNOWN or _CLOCK.match(title):
        title = ""
    if not artist and not album and _TITLE_AND_ALBUM.match(f"{row.get('length') or ''}|{year}"):
        title, _, album = title.rpartition(" - ") if " - " in title else (title, "", "")
    elif not artist and re.search(r"\s-\s", title):
        artist, title = re.split(r"\s-\s", title, maxsplit=1)
    elif not artist and "---" in title:
        artist, title = (part.replace("-", " ") for part in title.split("---", 1))
    if album and len(title) > len(album) + 2:
        for opening, closing in ((" (", ")"), (" - ", "")):
            at = title.rfind(opening)
            while at > 0:
                inner = title[at + len(opening) : len(title) - len(closing)]
                if OSA.normalized_similarity(squeeze(inner), squeeze(album)) >= 0.8:
                    title = title[:at]
                    break
                at = title.rfind(opening, 0, at)
    elif not album and artist and " - " in title:
        title, _, album = title.rpartition(" - ")
    text = Text(
        artist, title, album=album or None, duration=seconds(row.get("length") or ""), year=_year(year)
    )
    number = squeeze(row.get("number") or "").lstrip("0")
    return Record(row["id"], row["cluster_id"], text, number)


def _moved_back(row: Mapping[str, str]) -> Mapping[str, str]:
    """The row with its fields in their places: a source's id pushed them to the right, or two are swapped."""
    number, title = ((row.get(name) or "").strip() for name in ("number", "title"))
    if _SOURCE_ID.match(number) and title.isdigit():
        return {**row, **{name: row.get(other) or "" for name, other in pairwise(FIELDS)}, FIELDS[-1]: ""}
    if title.isdigit() and len(squeeze(number)) > 4:
        return {**row, "number": title, "title": number}
    return row


def seconds(length: str) -> float | None:
    """A length in any of the sources' forms as seconds: ``219``, ``3.65``, ``03:39``, ``3m 39sec``."""
    if found := _MINUTES.search(length) or _CLOCK.match(length):
        return 60.0 * int(found[1]) + int(found[2])
    try:
        value = float(length.replace(" ", ""))
    except ValueError:
        return None
    if "." in length:
        return value * 60 if value < 200 else None
    return value / 1000 if value >= 10000 else value


def _year(text: str) -> int | None:
    digits = re.sub(r"\D", "", text)
    if len(digits) == 2:
        return int(digits) + (1900 if int(digits) > 30 else 2000)
    return int(digits) if len(digits) == 4 else None


def folders(data: Path) -> list[Path]:
    """The folders of this set: the original and whatever is derived from it."""
    return sorted(path for path in (data / "matching").glob("musicbrainz20K*") if path.is_dir())


def records(folder: Path) -> list[Record]:
    """The records of every file of a folder that has them."""
    found: list[Record] = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            if "cluster_id" in (reader.fieldnames or ()):
                found += [read_record({key: value for key, value in row.items() if key}) for row in reader]
    return found


def blocked(found: Sequence[Record]) -> list[tuple[int, int]]:
    """Pairs of records that share rare words or letters, ``TOP`` for each, as positions in order."""
    holders: dict[str, list[int]] = defaultdict(list)
    keys = [_keys(one.text) for one in found]
    for at, some in enumerate(keys):
        for key in some:
            holders[key].append(at)
    weights = {key: math.log(len(found) / len(some)) for key, some in holders.items() if 1 < len(some) <= CAP}
    pairs: set[tuple[int, int]] = set()
    for at, some in enumerate(keys):
        scores: Counter[int] = Counter()
        for key in some:
            if weight := weights.get(key):
                for other in holders[key]:
                    scores[other] += weight  # type: ignore[assignment]  # a Counter of floats
        scores.pop(at, None)
        pairs.update((min(at, other), max(at, other)) for other, _ in scores.most_common(TOP))
    return sorted(pairs)


def _keys(text: Text) -> list[str]:
    words = {squeeze(word) for word in re.split(r"[\s/.,_-]+", f"{text.artist} {text.title}")}
    whole = squeeze(text.artist + text.title)
    title = squeeze(text.title)
    grams = {"#" + whole[at : at + 5] for at in range(0, max(len(whole) - 4, 1))}
    return sorted(
        {word for word in words if len(word) > 1}
        | grams
        | {"=" + title[:12], "@" + squeeze(text.album or "")}
    )


def run_musicbrainz(data: Path, quick: bool) -> Result:
    """Pairwise and clustered F1 by split, for both readings.

    Raises:
        Absent: the folder has none of its files.
    """
    figures: dict[str, Any] = {}
    outcomes: list[Outcome] = []
    for folder in folders(data):
        found = records(folder)
        if quick:
            found = [one for one in found if int(short_hash(one.cluster), 16) % 10 == 0]
        for split in ("eval", "train"):
            some = [one for one in found if split_of(f"musicbrainz {one.cluster}") == split]
            if some:
                name = f"{folder.name}, {split}"
                figures[name], judged = _run(some, folder.name)
                outcomes += judged if split == "eval" else []
    if not figures:
        raise Absent("matching/musicbrainz20K")
    return Result(figures, outcomes)


def _run(some: Sequence[Record], name_of_set: str) -> tuple[dict[str, Any], list[Outcome]]:
    pairs, true = blocked(some), _true_pairs(some)
    figures: dict[str, Any] = {
        "records": len(some),
        "same pairs": len(true),
        "candidate pairs": len(pairs),
        "recall of blocking": len(true.intersection(pairs)) / max(len(true), 1),
    }
    labels = np.array([pair in true for pair in pairs])
    credits = [Text(one.text.artist, one.text.title).credit() for one in some]
    said = compare_many([(credits[left], credits[right]) for left, right in pairs])
    scores = {pair: compare(credits[pair[0]], credits[pair[1]]).score for pair in pairs}
    figures["artist and title, all candidates"] = {
        "auc": metrics.auc(labels, said),
        "f1 at confidence .5": metrics.f_measure(labels, said >= metrics.SAME)["f1"],
    }
    figures["artist and title, pairwise"] = _pair_f1(true, {pair for pair in pairs if scores[pair] >= SCORE})
    figures["artist and title, clustered"] = _pair_f1(true, _joined(some, whole=False))
    joined = _joined(some, whole=True)
    figures["with album, length, year and number, clustered"] = _pair_f1(true, joined)
    judged = [
        Outcome(
            short_hash(name_of_set, some[left].id, some[right].id),
            SET,
            "one cluster" if (left, right) in true else "two clusters",
            (left, right) in true,
            scores.get((left, right), 0.0),
            ((left, right) in joined) == ((left, right) in true),
            f"{some[left].text.line()}  ‖  {some[right].text.line()}",
        )
        for left, right in sorted(true | joined)
    ]
    return figures, judged


def _joined(found: Sequence[Record], *, whole: bool) -> set[tuple[int, int]]:
    """The pairs of positions that the deep pass puts into one cluster."""
    places = {one.id: at for at, one in enumerate(found)}
    clusters = find_duplicates(one.track(whole=whole) for one in found).clusters
    members = [sorted(places[one] for one in some.ids) for some in clusters]
    return {pair for some in members for pair in combinations(some, 2)}


def _true_pairs(found: Sequence[Record]) -> set[tuple[int, int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(found):
        groups[one.cluster].append(at)
    return {pair for members in groups.values() for pair in combinations(members, 2)}


def _pair_f1(true: set[tuple[int, int]], answered: set[tuple[int, int]]) -> dict[str, float]:
    right = len(true & answered)
    precision, recall = right / max(len(answered), 1), right / max(len(true), 1)
    return {"precision": precision, "recall": recall, "f1": metrics.harmonic(precision, recall)}
