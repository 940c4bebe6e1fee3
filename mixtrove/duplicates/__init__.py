"""Finding tracks that are one: the deep pass over a whole library, or any set of records, at once.

Values to values. Not here: reading tracks out of a store, merging them and keeping what a person decided
(``mixtrove.library``); how two credits compare (``mixtrove.matching``).
"""

from mixtrove.duplicates.find import Cluster, Duplicates, Pair, find_duplicates
from mixtrove.duplicates.tracks import TrackText

__all__ = ["Cluster", "Duplicates", "Pair", "TrackText", "find_duplicates"]
