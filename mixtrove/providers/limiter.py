"""Waiting for slots: the limiter that ``requests_ratelimiter`` asks before every request of a provider.

Not here: where slots are kept and how they are given (``slots.py``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyrate_limiter import Limiter

from mixtrove.providers.failures import ProviderBusy, ProviderDown, ProviderFailure, ProviderRefused
from mixtrove.providers.slots import LONGEST, Block, Reserved, Slots, blocked

HEADROOM = 0.97
"""Share of the rate that is used: the rest is for requests that are late on their way."""

ADMIT = 10.0
"""Seconds of a provider's backlog from which on nobody reserves more: what a caller that dies can waste."""

PATIENCE = 300.0
"""Seconds that a call waits to be admitted before it gives up."""

_LOOK = 1.0  # seconds between two looks at a backlog, at most
_LATE = 0.03  # seconds
_LEAD = 0.05  # seconds before its slot at which a sleeper looks whether there is a block meanwhile


class SharedLimiter(Limiter):
    """One provider's limiter, shared through ``slots`` with every thread and process. Burst is 1.

    It does without pyrate's buckets (measured: they admit too many, or starve a process), so nothing of
    ``Limiter`` is used but its place in ``LimiterSession``, which calls ``try_acquire`` only.
    """

    def __init__(
        self, name: str, slots: Slots, per_minute: float, *, on_slot: Callable[[float], None] = lambda _: None
    ) -> None:
        """``on_slot`` is told of every slot that is used, with the seconds waited for it."""
        self.name = name
        self.interval = 60 / (per_minute * HEADROOM)  # seconds
        self.credentials = ""  # fingerprint of those that requests are signed with
        self._slots = slots
        self._on_slot = on_slot
        self._mine = threading.local()

    @property
    def late(self) -> float:
        """Seconds after which a slot is not used any more: too near the next one.

        Requests that are late by ``d`` fill a window of ``W`` seconds with the slots of ``W + d``; with the
        headroom of 3 % a quarter of an interval is right from 9 requests a window on; 30 ms leave windows of
        3 s twice as much again for the way.
        """
        return max(_LATE, self.interval / 4)

    def admit(self) -> None:
        """Wait for the first slot of a call, which the next request of this thread uses.

        Nothing is reserved while the backlog is longer than ``ADMIT``; then it looks again.

        Raises:
            ProviderFailure: a block is longer than ``LONGEST``, or the wait longer than ``PATIENCE``.
        """
        end = time.monotonic() + PATIENCE
        while True:
            got = self._reserve(ADMIT)
            if got.taken and self._come(got.wait):
                return
            if got.wait > LONGEST + self.interval or time.monotonic() > end:
                raise _why(self.name, got)
            if got.taken:
                continue
            self._sleep(min(max(got.wait - ADMIT, 0.05), _LOOK))

    @contextmanager
    def until(self, end: float) -> Iterator[None]:
        """Slots that this thread takes in the block have to be there by ``end`` (``time.monotonic()``)."""
        self._mine.end = end
        try:
            yield
        finally:
            self._mine.end = None
            self._mine.ticket = None

    def try_acquire(
        self, name: str = "", weight: int = 1, blocking: bool = True, timeout: float = -1
    ) -> bool:
        """A slot for the request that is about to be sent: the one of ``admit``, else a new one.

        Raises:
            ProviderFailure: there is none in time.
        """
        ticket = getattr(self._mine, "ticket", None)
        self._mine.ticket = None
        if ticket is not None and self._too_late(*ticket):
            self._given_up()
            ticket = None
        if ticket is None:
            self._take(getattr(self._mine, "end", None) or time.monotonic() + ADMIT)
        self._on_slot(getattr(self._mine, "waited", 0.0))
        self._mine.waited = 0.0
        return True

    @property
    def troubled(self) -> bool:
        """Whether the row said, when this thread took its slot, that something is to be forgotten."""
        return bool(getattr(self._mine, "troubled", False))

    def _take(self, end: float) -> None:
        while True:
            got = self._reserve(max(0.0, end - time.monotonic()))
            if not got.taken:
                raise _why(self.name, got)
            if self._come(got.wait):
                self._mine.ticket = None
                return

    def _reserve(self, at_most: float) -> Reserved:
        got = self._slots.reserve(self.name, self.interval, at_most, self.credentials)
        if got.block and got.block.by != "quota":
            raise _why(self.name, got)
        self._mine.troubled = got.troubled
        return got

    def _come(self, wait: float) -> bool:
        """Sleep until a slot that was reserved; whether it can be used: in time, and no block since."""
        due = (time.monotonic() + wait, time.time() + wait)
        if wait > _LEAD:
            self._sleep(wait - _LEAD)
            slot, now = self._slots.look(self.name)
            if blocked(slot, now):
                return self._given_up()
        self._sleep(due[0] - time.monotonic())
        if self._too_late(*due):
            return self._given_up()
        self._mine.ticket = due
        return True

    def _given_up(self) -> bool:
        self._slots.unused(self.name)
        return False

    def _too_late(self, steady: float, wall: float) -> bool:
        """By either clock: when the wall clock is set forth, others take the same moments anew."""
        return max(time.monotonic() - steady, time.time() - wall) > self.late

    def _sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        time.sleep(seconds)
        self._mine.waited = getattr(self._mine, "waited", 0.0) + seconds


def _why(name: str, got: Reserved) -> ProviderFailure:
    """Why there is no slot, as the failure that callers know."""
    if got.block is None:
        return ProviderBusy(name, f"its next free slot is in {got.wait:.0f} s", max(1.0, got.wait))
    return refusal_of(name, got.block)


def refusal_of(name: str, block: Block) -> ProviderFailure:
    """A block as the failure that callers know."""
    failure = {"failing": ProviderDown, "credentials": ProviderRefused}.get(block.by, ProviderBusy)
    return failure(name, f"{block.why}; it is left alone for {block.seconds:.0f} s", max(1.0, block.seconds))
