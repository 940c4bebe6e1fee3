"""The deep pass: from tracks to groups that are one, pairs to look at and ids that contradict their texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from mixtrove.duplicates.candidates import candidate_pairs
from mixtrove.duplicates.clusters import cluster
from mixtrove.duplicates.evidence import SAME, UNSURE
from mixtrove.duplicates.tracks import Packed, Progress, TrackText, pack_tracks
from mixtrove.duplicates.weighing import CHUNK, Pairs, joined, weigh_all, weigh_pairs
from mixtrove.errors import BadInput
from mixtrove.matching import kernel
from mixtrove.matching.reasons import AGREES, agrees, reasons
from mixtrove.matching.verdict import RULE, Rule
from mixtrove.worker_pool import cores

IDENTIFIED = "album, place, length and year make up for what the names lack"
MOST_OF_ONE_ID = 12  # tracks that share an id of which each is compared with each; more with their neighbours


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tracks, ``left`` < ``right``, how much their names agree (MATCHING §5) and why they are here."""

    left: str
    right: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Tracks that are certainly one: ``ids`` in order, and the pairs that joined them, one fewer."""

    ids: tuple[str, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What the pass found. A pair is in one of the three at most.

    ``unsure`` are pairs that a person should look at, the likeliest first; ``conflicts`` share an ISRC or an
    id elsewhere although their texts disagree, and are never merged.
    """

    clusters: tuple[Cluster, ...]
    unsure: tuple[Pair, ...]
    conflicts: tuple[Pair, ...]


def find_duplicates(
    tracks: Iterable[TrackText],
    *,
    apart: Iterable[tuple[str, str]] = (),
    rule: Rule = RULE,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Duplicates:
    """The duplicates among ``tracks``; the same for any order of them.

    Args:
        tracks: each once. They are held in memory, some 2 KB each with all that is made of them.
        apart: pairs of ids that a person keeps apart: never in one cluster, never reported.
        rule: from which score names are the same.
        processes: how many work side by side; by default one a core when there are many tracks.
        progress: told what is done, how much of it and of how much.

    Raises:
        BadInput: two tracks have one id.
        MixtroveError: a process was ended from outside.
    """
    listed = sorted(tracks, key=lambda track: track.id)
    for one, other in pairwise(listed):
        if one.id == other.id:
            raise BadInput(f"two tracks have the id {one.id!r}: give each track once")
    report = progress or (lambda what, done, of: None)
    packed = pack_tracks(listed, processes, report)
    shared = _sharing_ids(listed)
    codes = np.union1d(candidate_pairs(packed, processes or cores(), report), _codes(list(shared)))
    kept_apart = _codes(_numbers(listed, apart))
    codes = np.setdiff1d(codes, kept_apart, assume_unique=True)
    pairs = weigh_all(packed, codes, _codes(list(shared)), processes or cores(), rule, report)
    return _found(listed, packed, pairs, shared, kept_apart, rule)


def _found(
    listed: Sequence[TrackText],
    packed: Packed,
    pairs: Pairs,
    shared: dict[tuple[int, int], str],
    apart: NDArray[np.uint64],
    rule: Rule,
) -> Duplicates:
    codes = joined(pairs.left, pairs.right)
    by_id = np.isin(codes, _codes(list(shared)), assume_unique=True)
    same = (pairs.weighed.verdicts == SAME) | (by_id & pairs.weighed.agreed)

    def contradicted(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
        found = np.isin(joined(left, right), apart)
        for start in range(0, len(left), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] |= weigh_pairs(packed, left[part], right[part], rule).contradicted
        return found

    places = np.flatnonzero(same)
    groups = cluster(pairs.left[same], pairs.right[same], pairs.weighed.strengths[same], contradicted)
    home = np.arange(len(listed))
    for number, group in enumerate(groups):
        home[group.members] = len(listed) + number
    two = home[pairs.left] != home[pairs.right]
    conflicts = np.flatnonzero(two & by_id & ~same)
    unsure = np.flatnonzero(two & ((pairs.weighed.verdicts == UNSURE) & ~by_id | same))
    likeliest = np.lexsort((codes[unsure], -np.round(pairs.weighed.strengths[unsure], 6)))

    def told(at: int) -> Pair:
        one, other = int(pairs.left[at]), int(pairs.right[at])
        row = pairs.weighed.features[at].tolist()
        said = (AGREES,) if agrees(row) else reasons(listed[one].credit(), listed[other].credit(), row)
        if pairs.weighed.identified[at] and row[kernel.SCORE] < rule.accept:
            said = (*said, IDENTIFIED)
        if known := shared.get((one, other)):
            said = (f"same {known}", *said)
        return Pair(listed[one].id, listed[other].id, row[kernel.SCORE], said)

    return Duplicates(
        tuple(
            Cluster(
                tuple(listed[at].id for at in group.members),
                tuple(told(at) for at in places[group.joined].tolist()),
            )
            for group in groups
        ),
        tuple(map(told, unsure[likeliest].tolist())),
        tuple(map(told, conflicts.tolist())),
    )


def _sharing_ids(listed: Sequence[TrackText]) -> dict[tuple[int, int], str]:
    """Pairs of tracks that share an ISRC or an id elsewhere, and which."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, track in enumerate(listed):
        for known in {("ISRC", "".join(filter(str.isalnum, isrc)).upper()) for isrc in track.isrcs}:
            holders[known].append(number)
        for known in set(track.external_ids):
            holders[known].append(number)
    shared: dict[tuple[int, int], str] = {}
    for (kind, identity), numbers in holders.items():
        if len(numbers) < 2 or not identity:
            continue
        some = combinations(numbers, 2) if len(numbers) <= MOST_OF_ONE_ID else pairwise(numbers)
        for pair in some:
            shared.setdefault(pair, f"{kind if kind == 'ISRC' else f'{kind} id'} {identity}")
    return shared


def _numbers(listed: Sequence[TrackText], pairs: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
    """Pairs of ids as pairs of numbers; ids that are not there are passed over."""
    some = list(pairs)
    asked = {one for pair in some for one in pair}
    place = {track.id: number for number, track in enumerate(listed) if track.id in asked}
    known = [(place[one], place[other]) for one, other in some if one in place and other in place]
    return [(min(pair), max(pair)) for pair in known]


def _codes(pairs: Sequence[tuple[int, int]]) -> NDArray[np.uint64]:
    """Pairs of numbers written as ``left << 32 | right``, ascending, each once."""
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    return np.unique(joined(left, right))
