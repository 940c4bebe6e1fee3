"""Radio shows: lines under one stable id are the same track, other ids of like lines are not.

The ids were given by people: of the spellings under one id about one pair in twelve is of two tracks, so a
pair counts only when the titles are alike; of two ids that look like one track nothing is said.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from random import Random

from rapidfuzz.distance import OSA

from benchmarks.matching.crude import Track, read
from benchmarks.matching.pair import Pair, Text, split_of, squeeze
from benchmarks.matching.sources import Absent, radio_lines

SET = "radio"
SEED = "mixtrove radio 1"
HARD = 1000  # different pairs of each kind


def radio_pairs(data: Path) -> list[Pair]:
    """Same and hard different pairs of the show's lines.

    Raises:
        Absent: the folder has no radio lines with ids.
    """
    texts: dict[str, dict[Text, None]] = defaultdict(dict)
    for line in radio_lines(data):
        artist, dash, title = " ".join(line.raw.split()).partition(" - ")
        if line.track_id and dash and squeeze(artist) and squeeze(title) and "?" not in line.raw:
            texts[line.track_id].setdefault(Text(artist, title))
    if not texts:
        raise Absent("no radio lines with ids")
    found: dict[tuple[Text, Text], Pair] = {}
    for identity in sorted(texts):
        for left, right in list(combinations(texts[identity], 2))[:3]:
            if left.line().lower() != right.line().lower() and _one_title(left, right):
                _add(found, "one id", left, right, True)
    first = {identity: read(text.artist, text.title) for identity, (text, *_) in texts.items()}
    tracks = [(identity, track) for identity, track in sorted(first.items()) if track is not None]
    for kind, key in (
        ("same artist", lambda track: track.people),
        ("same title", lambda track: squeeze(track.base)),
    ):
        taken = 0
        for one, other in _neighbours(tracks, key, Random(f"{SEED}:{kind}")):
            if one.key != other.key and taken < HARD and not _maybe_one(one, other):
                taken += _add(found, kind, one.text, other.text, False)
    return list(found.values())


def _neighbours(
    tracks: list[tuple[str, Track]], key: Callable[[Track], str], rng: Random
) -> Iterator[tuple[Track, Track]]:
    """Tracks of different ids with equal keys, nearly alike ones first among a few draws."""
    groups: dict[str, list[Track]] = defaultdict(list)
    for _, track in tracks:
        groups[key(track)].append(track)
    names = sorted(name for name, members in groups.items() if len(members) > 1)
    rng.shuffle(names)
    for name in names:
        members = groups[name] if len(groups[name]) < 12 else rng.sample(groups[name], 12)
        yield from list(combinations(members, 2))[:5]


def _one_title(left: Text, right: Text) -> bool:
    """Whether two titles under one id are alike enough to be no slip of whoever gave the ids."""
    bases = [re.split(r"[(\[]| - | f(?:ea)?t\.? ", text.title, flags=re.I)[0] for text in (left, right)]
    ours, theirs = map(squeeze, bases)
    return bool(ours) and bool(theirs) and (ours in theirs or theirs in ours or _alike(ours, theirs) >= 0.7)


def _maybe_one(left: Track, right: Track) -> bool:
    """Whether two ids may be one track after all: the show files some tracks twice."""
    ours, theirs = squeeze(left.artist), squeeze(right.artist)
    artist = ours in theirs or theirs in ours or _alike(ours, theirs) >= 0.5
    artist = artist or squeeze(left.names[0]) in theirs or squeeze(right.names[0]) in ours
    bases = squeeze(left.base), squeeze(right.base)
    title = bases[0] in bases[1] or bases[1] in bases[0] or _alike(*bases) >= 0.8
    versions = left.version_key, right.version_key
    version = versions[0] in versions[1] or versions[1] in versions[0] or _alike(*versions) >= 0.8
    return artist and title and version


def _alike(left: str, right: str) -> float:
    return OSA.normalized_similarity(left, right)


def _add(found: dict[tuple[Text, Text], Pair], kind: str, left: Text, right: Text, same: bool) -> bool:
    families = tuple(dict.fromkeys(f"{squeeze(text.artist)}|{squeeze(text.title)}" for text in (left, right)))
    if same:
        split = split_of(families[0])
        families = ()  # two spellings of one track: the first one's side
    else:
        splits = {split_of(family) for family in families}
        if len(splits) > 1:
            return False
        split = splits.pop()
    if (left, right) in found or (right, left) in found:
        return False
    found[left, right] = Pair(SET, split, kind, left, right, same, families)
    return True
