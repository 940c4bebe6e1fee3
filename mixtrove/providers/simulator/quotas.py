"""Quotas as the providers keep them: so many requests in a moving window, counted where they arrive."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Quota:
    """At most ``count`` requests in any ``seconds``.

    With ``refused_count`` a request that is refused counts as well: who does not slow down is refused for
    good, as MusicBrainz does it.
    """

    count: int
    seconds: float = 60.0
    refused_count: bool = False


QUOTAS: Mapping[str, Quota] = {
    "musicbrainz": Quota(50, 60.0, refused_count=True),
    "discogs": Quota(60),
    "spotify": Quota(90, 30.0),
    "beatport": Quota(60),
    "itunes": Quota(20),
    "bandcamp": Quota(20),
}
"""PROVIDERS: 180 a minute of Spotify are a window of 30 s; Beatport's and Bandcamp's are careful guesses."""

DISCOGS_WITHOUT_TOKEN = 25


class Window:
    """A quota that is being used. Not safe to share: the server holds a lock around it."""

    def __init__(self, quota: Quota, speed: float = 1.0) -> None:
        """With ``speed`` the window is so many times shorter."""
        self.quota = replace(quota, seconds=quota.seconds / speed)
        self._counted: deque[float] = deque()

    def admits(self, now: float, count: int | None = None) -> tuple[bool, int, float]:
        """Whether a request at ``now`` is admitted, how many the window has, seconds until one more fits."""
        limit = self.quota.count if count is None else min(count, self.quota.count)
        while self._counted and self._counted[0] <= now - self.quota.seconds:
            self._counted.popleft()
        admitted = len(self._counted) < limit
        if admitted or self.quota.refused_count:
            self._counted.append(now)
        wait = 0.0
        if not admitted:
            wait = self._counted[max(0, len(self._counted) - limit)] + self.quota.seconds - now
        return admitted, len(self._counted), wait


class Windows:
    """The windows of all providers, safe to share between threads."""

    def __init__(self, quotas: Mapping[str, Quota | None], speed: float) -> None:
        """A provider without a quota, or with None, is unlimited."""
        self._windows = {name: Window(quota, speed) for name, quota in quotas.items() if quota is not None}
        self._lock = threading.Lock()

    def seconds(self, provider: str) -> float:
        """The length of a provider's window, 60 s where it has none."""
        window = self._windows.get(provider)
        return 60.0 if window is None else window.quota.seconds

    def limit(self, provider: str) -> int | None:
        """The count of a provider's window; None: unlimited."""
        window = self._windows.get(provider)
        return None if window is None else window.quota.count

    def admits(self, provider: str, now: float, count: int | None = None) -> tuple[bool, int, float]:
        """See ``Window.admits``."""
        window = self._windows.get(provider)
        if window is None:
            return True, 0, 0.0
        with self._lock:
            return window.admits(now, count)
