"""A radio show's spellings, each once: what the pass merges under different ids, and whether versions differ.

The ids were given by people and file some tracks twice, so merging two ids is no error in itself; merging two
remixes is. Versions are read crudely here (``measures.other_versions``), not by the parser.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.deduplication.measures import other_versions
from benchmarks.matching.sources import radio_lines
from mixtrove.duplicates import TrackText, find_duplicates
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.repair import repair_line

SPELLED = 0.8  # two versions at least so alike are one with a slip


def radio_figures(data: Path) -> tuple[dict[str, Any], list[str]]:
    """The figures, and every merge across ids whose versions are not written alike."""
    texts: dict[tuple[str, str, str], None] = {}
    for line in radio_lines(data):
        read = parse_line(repair_line(line.raw), 1).components
        if line.track_id and read:
            texts.setdefault((line.track_id, read[0].credit.artist, read[0].credit.full_title))
    tracks = [TrackText(f"{at:06}", artist, title) for at, (_, artist, title) in enumerate(texts)]
    ids = {track.id: known[0] for track, known in zip(tracks, texts, strict=True)}
    titles = {track.id: track.title for track in tracks}
    artists = {track.id: track.artist for track in tracks}
    found = find_duplicates(tracks)
    across = [some for some in found.clusters if len({ids[one] for one in some.ids}) > 1]
    why = Counter(
        reason for some in across for pair in some.pairs if ids[pair.left] != ids[pair.right]
        for reason in pair.reasons[:1]
    )  # fmt: skip
    differing = []
    for some in across:
        for one, other in combinations(some.ids, 2):
            for left, right, alike in other_versions([titles[one], titles[other]]):
                if ids[one] != ids[other]:
                    differing.append((alike, f"{artists[one]} - {left}  ‖  {artists[other]} - {right}"))
    pairs = [pair for some in found.clusters for pair in combinations(some.ids, 2)]
    return {
        "spellings": len(tracks),
        "ids": len(set(ids.values())),
        "merged pairs of one id": sum(ids[one] == ids[other] for one, other in pairs),
        "merged pairs of two ids": sum(ids[one] != ids[other] for one, other in pairs),
        "… whose brackets differ by a crude reading; listed below": sum(
            alike < SPELLED for alike, _ in differing
        ),
        "… whose versions are written a little otherwise": sum(alike >= SPELLED for alike, _ in differing),
        "for a person to look at": len(found.unsure),
        "why two ids were merged": dict(why.most_common(8)),
    }, [f"{alike:.2f}  {text}" for alike, text in sorted(differing)]
