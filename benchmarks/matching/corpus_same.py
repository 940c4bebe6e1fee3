"""Pairs that are one recording: two mixes wrote it, a show gave it one id, or a style was applied.

Labels rest on ids and on equal squeezed texts, never on the parser or the matcher.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

from benchmarks.matching.crude import Track
from benchmarks.matching.pair import squeeze
from benchmarks.matching.proposal import Proposal, Rule, of_tracks, shuffled
from benchmarks.matching.restyle import STYLES, Style

if TYPE_CHECKING:
    from benchmarks.matching.corpus import Material


_NUMBERS = re.compile(r"\d+|\b(?:I{2,3}|IV|VI{0,3})\b")


def _pairs_by_id(tracks: Sequence[Track], rng: Random) -> Iterator[tuple[Track, Track]]:
    groups: dict[str, dict[tuple[str, str], Track]] = defaultdict(dict)
    for track in tracks:
        if track.track_id:
            groups[track.track_id].setdefault((track.artist, track.title), track)
    keys = sorted(groups)
    rng.shuffle(keys)
    for key in keys:
        yield from list(combinations(groups[key].values(), 2))[:2]


def _same_but_case(left: Track, right: Track) -> bool:
    return (left.artist.lower(), left.title.lower()) == (right.artist.lower(), right.title.lower())


def two_mixes(material: Material, rng: Random) -> Iterator[Proposal]:
    """One video, equal keys, another spelling."""
    for left, right in _pairs_by_id(material.mixes, rng):
        if left.key == right.key and left.source != right.source and not _same_but_case(left, right):
            yield of_tracks(left, right)


def near(left: Track, right: Track) -> bool:
    """Whether two spellings of one id agree but for slips: equal versions and numbers, similar letters."""
    ours, theirs = squeeze(left.artist + left.base), squeeze(right.artist + right.base)
    return (
        left.version_key == right.version_key
        and _NUMBERS.findall(left.base) == _NUMBERS.findall(right.base)
        and OSA.normalized_similarity(ours, theirs) >= 0.85
        and OSA.normalized_similarity(squeeze(left.base), squeeze(right.base)) >= 0.75
    )


def two_mixes_nearly(material: Material, rng: Random) -> Iterator[Proposal]:
    """One video, similar letters: real slips, guests left out, names spelled otherwise."""
    for left, right in _pairs_by_id(material.mixes, rng):
        if left.key != right.key and left.source != right.source and near(left, right):
            yield of_tracks(left, right)


def one_radio_id(material: Material, rng: Random) -> Iterator[Proposal]:
    """The show's own id on two spellings that are similar."""
    for left, right in _pairs_by_id(material.radio, rng):
        if (left.key == right.key or near(left, right)) and not _same_but_case(left, right):
            yield of_tracks(left, right)


def line_and_row(material: Material, rng: Random) -> Iterator[Proposal]:
    """A line and a catalogue's row with equal keys and different spellings."""
    rows: dict[str, list[Track]] = defaultdict(list)
    for row in material.rows:
        rows[row.key].append(row)
    for line in shuffled(material.mixes, rng):
        for row in rows.get(line.key, ())[:1]:
            if not _same_but_case(line, row):
                yield of_tracks(line, row)


def two_cuts(material: Material, rng: Random) -> Iterator[Proposal]:
    """Two lengths of one version, both real: their keys agree, one of them names the cut."""
    texts: dict[str, dict[str, Track]] = defaultdict(dict)
    for track in (*material.mixes, *material.rows):
        if not re.search(r"remaster|original|main|album|clean|explicit", track.version or "", re.I):
            texts[track.key].setdefault(squeeze(track.version or ""), track)
    keys = sorted(key for key, versions in texts.items() if len(versions) > 1)
    rng.shuffle(keys)
    for key in keys:
        left, right, *_ = texts[key].values()
        yield of_tracks(left, right)


def _styled(style: Style) -> Rule:
    def propose(material: Material, rng: Random) -> Iterator[Proposal]:
        for track in shuffled(material.distinct, rng):
            text = style(track, rng)
            if text is not None and squeeze(text.title) and squeeze(text.artist):
                yield Proposal(track.text, text, (track.family,))

    return propose


KINDS: dict[str, tuple[Rule, int]] = {
    "two mixes": (two_mixes, 1000),
    "two mixes, nearly": (two_mixes_nearly, 500),
    "one radio id": (one_radio_id, 400),
    "line and row": (line_and_row, 700),
    "two cuts": (two_cuts, 400),
    **{kind: (_styled(style), quota) for kind, (style, quota) in STYLES.items()},
}
