"""The library's tracks, held in memory so that lines can be compared with them.

Only retrieval, by the same keys as the offline catalogue. Provisional tracks are not offered: nobody
knows yet what they are.
"""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track
from mixtrove.matching import Credit
from mixtrove.matching.choice import Candidate
from mixtrove.matching.keys import blocking_keys

TOP = 10  # tracks offered for a line
TOO_COMMON = 300  # a key of more tracks than this is not looked up (MATCHING §6)

_track = schema.library_track


class LibraryIndex:
    """Tracks by blocking key. ``refresh`` reads what changed in the store since the last time."""

    def __init__(self) -> None:
        self._credits: dict[str, Credit] = {}
        self._keys: dict[str, dict[str, float]] = {}
        self._postings: dict[str, list[str]] = {}
        self._revision = -1

    def __len__(self) -> int:
        return len(self._credits)

    def refresh(self, connection: sa.Connection) -> None:
        """Take in every track that was written since the last refresh, in the order of their ids."""
        rows = connection.execution_options(yield_per=5000).execute(
            sa.select(_track).where(_track.c.revision > self._revision).order_by(_track.c.id)
        )
        newest = self._revision
        for row in rows.mappings():
            newest = max(newest, row["revision"])
            if row["provisional"]:
                self.remove(row["id"])
            else:
                self.add(row["id"], credit_of_track(row))
        self._revision = newest

    def add(self, track_id: str, credit: Credit) -> None:
        """Offer a track from now on; replaces what was known of it."""
        self.remove(track_id)
        keys = blocking_keys(credit)
        self._credits[track_id] = credit
        self._keys[track_id] = keys
        for key in keys:
            self._postings.setdefault(key, []).append(track_id)

    def remove(self, track_id: str) -> None:
        """Offer a track no more."""
        if self._credits.pop(track_id, None) is None:
            return
        for key in self._keys.pop(track_id):
            self._postings[key].remove(track_id)

    def candidates(self, credit: Credit) -> list[Candidate]:
        """The tracks that share most with a credit, at least two keys, best first."""
        shared: Counter[str] = Counter()
        weights: dict[str, float] = {}
        for key, factor in blocking_keys(credit).items():
            tracks = self._postings.get(key, ())
            if len(tracks) > TOO_COMMON:
                continue
            for track_id in tracks:
                shared[track_id] += 1
                weights[track_id] = weights.get(track_id, 0.0) + factor / len(tracks)
        best = sorted(
            (track_id for track_id, keys in shared.items() if keys > 1),
            key=lambda track_id: (-weights[track_id], track_id),
        )
        return [Candidate(track_id, self._credits[track_id], source="library") for track_id in best[:TOP]]
