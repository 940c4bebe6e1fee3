"""The library's tracks, held in memory so that lines can be compared with them.

Only retrieval, by the same keys as the offline catalogue. Provisional tracks are not offered: nobody
knows yet what they are.
"""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.credits import credit_of_name, credit_of_track
from mixtrove.matching import Credit
from mixtrove.matching.choice import Candidate
from mixtrove.matching.keys import blocking_keys

TOP = 10  # tracks offered for a line
TOO_COMMON = 300  # a key of more tracks than this is not looked up (MATCHING §6)

_track = schema.library_track
_former = schema.track_identity
_gone = schema.tombstone


class LibraryIndex:
    """Tracks by blocking key. ``refresh`` reads what changed in the store since the last time."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}  # by track, what stands for each of its names
        self._credits: dict[str, tuple[str, Credit]] = {}  # by name: the track and what it says
        self._keys: dict[str, dict[str, float]] = {}
        self._postings: dict[str, list[str]] = {}
        self._revision = -1

    def __len__(self) -> int:
        return len(self._names)

    def refresh(self, connection: sa.Connection) -> None:
        """Take in every track that was written since the last refresh, in the order of their ids.

        Tracks that are gone, such as those that were merged, are offered no more. What a track was called
        before a merge or an edit is offered as that track.
        """
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
        former = (
            sa.select(_former, _track.c.label, _track.c.catalog_number)
            .join(_track, _track.c.id == _former.c.library_track_id)
            .where(_track.c.revision > self._revision)
            .order_by(_former.c.since, _former.c.identity_key)
        )
        for name in connection.execute(former).mappings():
            self._offer(name["library_track_id"], credit_of_name(name))
        if self._revision >= 0:
            gone = sa.select(_gone.c.row_id, _gone.c.revision).where(
                _gone.c.table_name == _track.name, _gone.c.revision > self._revision
            )
            for row_id, revision in connection.execute(gone):
                newest = max(newest, revision)
                self.remove(row_id)
        self._revision = newest

    def add(self, track_id: str, credit: Credit) -> None:
        """Offer a track from now on; replaces what was known of it."""
        self.remove(track_id)
        self._offer(track_id, credit)

    def remove(self, track_id: str) -> None:
        """Offer a track no more."""
        for name in self._names.pop(track_id, ()):
            del self._credits[name]
            for key in self._keys.pop(name):
                self._postings[key].remove(name)

    def candidates(self, credit: Credit) -> list[Candidate]:
        """The tracks that share most with a credit, at least two keys, best first; each by its best name."""
        shared: Counter[str] = Counter()
        weights: dict[str, float] = {}
        for key, factor in blocking_keys(credit).items():
            names = self._postings.get(key, ())
            if len(names) > TOO_COMMON:
                continue
            for name in names:
                shared[name] += 1
                weights[name] = weights.get(name, 0.0) + factor / len(names)
        best = sorted(
            (name for name, keys in shared.items() if keys > 1), key=lambda name: (-weights[name], name)
        )
        offered: dict[str, Candidate] = {}
        for name in best:
            track_id, said = self._credits[name]
            if track_id not in offered:
                offered[track_id] = Candidate(track_id, said, source="library")
                if len(offered) == TOP:
                    break
        return list(offered.values())

    def _offer(self, track_id: str, credit: Credit) -> None:
        names = self._names.setdefault(track_id, [])
        name = f"{track_id} {len(names)}" if names else track_id
        names.append(name)
        keys = blocking_keys(credit)
        self._credits[name] = (track_id, credit)
        self._keys[name] = keys
        for key in keys:
            self._postings.setdefault(key, []).append(name)
