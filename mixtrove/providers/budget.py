"""The seconds that asking about one track may take (DESIGN §2: 30 s, counted from its first request)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS = 30.0
"""For one track, over all providers (the specification's limit)."""


class Budget:
    """Counts only while a request is under way: waiting to be admitted to a provider costs a track nothing.

    Requests that are under way at the same time, in several threads or one for the sake of another (a token),
    count once. Safe to share between threads.
    """

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        """So many seconds; ``clock`` gives seconds that never go back."""
        self._left = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._spending = 0
        self._since = 0.0

    @property
    def left(self) -> float:
        """Seconds that are left, never less than 0."""
        with self._lock:
            return self._left_at(self._clock())

    @contextmanager
    def spending(self, at_most: float | None = None) -> Iterator[float]:
        """Count the time of the block; gives the clock's time by which it has to end.

        Args:
            at_most: seconds that this block may take, when that is less than what is left.
        """
        with self._lock:
            now = self._clock()
            left = self._left_at(now)
            if not self._spending:
                self._since = now
            self._spending += 1
        try:
            yield now + (left if at_most is None else min(left, at_most))
        finally:
            with self._lock:
                self._spending -= 1
                if not self._spending:
                    self._left -= self._clock() - self._since

    def _left_at(self, now: float) -> float:
        spent = now - self._since if self._spending else 0.0
        return max(0.0, self._left - spent)
