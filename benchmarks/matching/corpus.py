"""The own corpus: same and hard different pairs from real lines and rows, frozen by seed.

Equal data gives equal pairs, in every process: ``digest`` proves it. Which kinds of pairs there are is
told by ``corpus_same.py`` and ``corpus_different.py``; both only choose, this file reads, splits and counts.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random

from benchmarks.matching import corpus_different, corpus_same
from benchmarks.matching.crude import Track, read, read_line
from benchmarks.matching.pair import Pair, check_disjoint, split_of
from benchmarks.matching.proposal import Proposal
from benchmarks.matching.sources import Absent, catalogue_rows, mix_lines, radio_lines

SET = "corpus"
SEED = "mixtrove corpus 1"


@dataclass(frozen=True)
class Material:
    """All tracks that could be read without doubt, by where they come from, in the order of the data."""

    mixes: tuple[Track, ...]
    radio: tuple[Track, ...]
    rows: tuple[Track, ...]
    distinct: tuple[Track, ...] = field(default=())

    @cached_property
    def by_family(self) -> dict[str, list[Track]]:
        """One track a key, of every family."""
        found: dict[str, list[Track]] = defaultdict(list)
        for track in self.distinct:
            found[track.family].append(track)
        return dict(found)


def read_material(data: Path) -> Material:
    """The clean lines and rows of a folder.

    Raises:
        Absent: there are neither lines nor rows.
    """
    mixes = _kept(read_line(one.raw, source=one.mix, track_id=one.track_id) for one in mix_lines(data))
    radio = _kept(
        read_line(one.raw, source=one.mix, track_id=one.track_id, boxes=False) for one in radio_lines(data)
    )
    rows = _kept(
        read(row["artist"], row["title"], label=row.get("label"), source=row["id"], track_id=row["id"])
        for row in catalogue_rows(data)
    )
    if not mixes and not radio and not rows:
        raise Absent("no tracklists and no catalogue")
    distinct = {track.key: track for track in (*rows, *radio, *mixes)}
    ordered = tuple(distinct[key] for key in sorted(distinct))
    return Material(mixes, radio, rows, ordered)


def _kept(found: Iterable[Track | None]) -> tuple[Track, ...]:
    return tuple(track for track in found if track is not None)


def corpus_pairs(data: Path) -> list[Pair]:
    """The pairs, in a fixed order; every family is in one split only."""
    material = read_material(data)
    pairs: dict[tuple[object, object], Pair] = {}
    for same, kinds in ((True, corpus_same.KINDS), (False, corpus_different.KINDS)):
        for kind, (propose, quota) in kinds.items():
            rng = Random(f"{SEED}:{same}:{kind}")
            taken = 0
            for one in propose(material, rng):
                pair = labelled(one, kind, same)
                if pair is None or (pair.left, pair.right) in pairs or (pair.right, pair.left) in pairs:
                    continue
                pairs[pair.left, pair.right] = pair
                taken += 1
                if taken == quota:
                    break
    found = list(pairs.values())
    check_disjoint(found)
    return found


def labelled(proposal: Proposal, kind: str, same: bool) -> Pair | None:
    """The pair of a proposal; None when its families lie on different sides of the split."""
    splits = {split_of(family) for family in proposal.families}
    if len(splits) != 1 or proposal.left == proposal.right:
        return None
    return Pair(SET, splits.pop(), kind, proposal.left, proposal.right, same, proposal.families)


def digest(pairs: Sequence[Pair]) -> str:
    """SHA-256 of the pairs' content."""
    content = hashlib.sha256()
    for pair in sorted(pairs, key=lambda one: (one.id, repr(one))):
        content.update(f"{pair.split}\t{pair.kind}\t{pair.left}\t{pair.right}\t{pair.same}\n".encode())
    return content.hexdigest()
