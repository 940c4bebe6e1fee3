"""One thread at a time asks for a token, and the others share what came of it. Not here: asking."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderDown, ProviderFailure
from mixtrove.providers.gateway import DOWN_FOR


class Turns:
    """The turns of threads that need one token. Safe to share between them."""

    def __init__(self, provider: str, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` gives seconds that never go back."""
        self._provider = provider
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: tuple[float, ProviderFailure] | None = None  # when, and why

    def take(self, budget: Budget, due: Callable[[], bool], ask: Callable[[], None]) -> None:
        """Ask if it is still due when it is this thread's turn.

        Waiting for another one's request is time that the track spends. Who waited for an attempt that failed
        shares the failure: one by one, five threads would stand a minute before a service that hangs.

        Raises:
            ProviderFailure: there is no token.
        """
        came = self._clock()
        with budget.spending() as end:
            mine = self._lock.acquire(timeout=max(0.0, end - time.monotonic()))
        if not mine:
            raise ProviderDown(self._provider, "there was no token in the time for this track", DOWN_FOR)
        try:
            if not due():
                return
            if self._failed is not None and self._failed[0] > came:
                raise self._failed[1]
            try:
                ask()
            except ProviderFailure as failure:
                self._failed = self._clock(), failure
                raise
        finally:
            self._lock.release()
