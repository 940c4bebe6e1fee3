"""When a provider may be asked next: one row a provider, shared by all processes and threads.

Here: the arithmetic of a row, as functions from values to values, and the rows in SQLite. Not here: the rows
in Redis (``redis_slots.py``), waiting (``limiter.py``).

A slot is *reserved*: whoever asks gets a moment of his own, an interval after the one before, so that
requests never come in bursts and nobody polls. A caller that dies wastes his slot, nothing else. The
breaker and every block are in the same row, so that they hold for all processes and outlive them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal, Protocol, TypeVar

import sqlalchemy as sa

from mixtrove.database.opening import Database, insert
from mixtrove.providers import schema

R = TypeVar("R")

BlockedBy = Literal["quota", "failing", "credentials"]

LONGEST = 30.0
"""Seconds ahead that a slot is reserved at most, and the longest block that anybody waits for."""

BLOCK_AT_MOST = 1800.0
"""Seconds of a block that the provider gave no time for, however often it is repeated."""

BREAKER = 5
"""Failures in a row after which a provider is left alone."""
OPEN_FOR, OPEN_AT_MOST = 30.0, 900.0
"""Seconds it is left alone the first time, doubled each time after; and at most."""

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_A_YEAR = 366 * _DAY  # a longer block is a mistake of the provider, and more than a row can hold


@dataclass(frozen=True, slots=True)
class Slot:
    """A provider's row; see ``schema.slot``. Times are µs since 1970."""

    tat: int = 0
    blocked_until: int = 0
    blocked_by: str = ""
    blocked_why: str = ""
    blocked_for: str = ""
    refusals: int = 0
    failures: int = 0
    opened: int = 0
    failing_since: int = 0
    day: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Why and for how many seconds a provider is left alone."""

    by: str
    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Reserved:
    """What asking for a slot gave: it is the caller's in ``wait`` seconds, if ``taken``.

    Less than 0: it was some time ago, while the row was written or the answer on its way.
    """

    taken: bool
    wait: float
    block: Block | None = None
    troubled: bool = False  # something is to be forgotten once the provider answers


class Slots(Protocol):
    """Where the rows are. Every call is one transaction. Raises ``StoreUnavailable``."""

    def reserve(self, provider: str, interval: float, at_most: float, credentials: str) -> Reserved:
        """The next slot, if it is at most so many seconds ahead; else nothing is reserved.

        Args:
            provider: its name.
            interval: seconds between two slots.
            at_most: seconds, no more than ``LONGEST``.
            credentials: fingerprint of the caller's; a block of other ones is lifted.
        """

    def block(self, provider: str, by: BlockedBy, why: str, seconds: float, credentials: str = "") -> None:
        """Everybody is to leave it alone for so many seconds; a longer block stays."""

    def refuse(self, provider: str, why: str, base: float) -> None:
        """The same for a quota refusal that names no time: ``base`` seconds, doubled when it is repeated."""

    def fail(self, provider: str, why: str) -> None:
        """It failed a request: the fifth in a row opens the breaker."""

    def succeed(self, provider: str) -> None:
        """It answered: failures and refusals are forgotten, but a block that lasts."""

    def unused(self, provider: str) -> None:
        """A slot was given up: no request was made with it."""

    def lift(self, provider: str) -> None:
        """A person wants it asked again now, whatever it said and however it failed."""

    def look(self, provider: str) -> tuple[Slot, int]:
        """The row as it is, and the time by which it is to be read."""


def reserved(slot: Slot, now: int, interval: int, at_most: int, credentials: str) -> tuple[Slot, Reserved]:
    """The row after somebody asked for a slot at ``now``, and what he gets. Times are µs."""
    if _lifted(slot, credentials):
        slot = replace(slot, blocked_until=0, blocked_by="", blocked_why="", blocked_for="", failing_since=0)
    # Nobody reserves further ahead than LONGEST, so a row that is ahead of that was written before the clock
    # was set back. What is reserved already ends within LONGEST from now; the next slot is behind all of it.
    tat = min(slot.tat, now + round(LONGEST * _SECOND) + interval)
    at = max(now, tat, slot.blocked_until)
    block = blocked(slot, now)
    troubled = bool(slot.failures or slot.opened or slot.refusals or slot.blocked_until)
    wait = (at - now) / _SECOND
    if at - now > at_most or (block and block.by != "quota"):
        return replace(slot, tat=tat), Reserved(False, wait, block, troubled)
    day = now // _DAY
    requests = 1 + (slot.requests if slot.day == day else 0)
    slot = replace(slot, tat=at + interval, day=day, requests=requests)
    return slot, Reserved(True, wait, block, troubled)


def blocked(slot: Slot, now: int) -> Block | None:
    """The block of a row that lasts at ``now``."""
    if slot.blocked_until <= now:
        return None
    return Block(slot.blocked_by, slot.blocked_why, (slot.blocked_until - now) / _SECOND)


def after_block(slot: Slot, now: int, by: BlockedBy, why: str, seconds: float, credentials: str) -> Slot:
    """The row after a block that is told in seconds."""
    until = now + min(max(0, round(min(seconds, 1e9) * _SECOND)), _A_YEAR)
    if by == "quota" and slot.blocked_until <= now:
        slot = replace(slot, refusals=slot.refusals + 1)
    if by != "quota":
        slot = replace(slot, failing_since=slot.failing_since or now)
    if until <= slot.blocked_until:
        return slot
    return replace(slot, blocked_until=until, blocked_by=by, blocked_why=why, blocked_for=credentials)


def after_refusal(slot: Slot, now: int, why: str, base: float) -> Slot:
    """The row after a quota refusal without a time; refusals during a block say nothing new."""
    if slot.blocked_until > now:
        return slot
    seconds = max(base, min(BLOCK_AT_MOST, base * 2.0 ** min(slot.refusals, 30)))
    return after_block(slot, now, "quota", why, seconds, "")


def after_failure(slot: Slot, now: int, why: str, jitter: float) -> Slot:
    """The row after a failure; those of requests that were under way when the breaker opened do not count.

    Args:
        slot: the row before.
        now: µs since 1970.
        why: a sentence.
        jitter: what the time is multiplied by, about 1, so that not everybody comes back at once.
    """
    if slot.blocked_until > now and slot.blocked_by == "failing":
        return slot
    slot = replace(slot, failures=slot.failures + 1, failing_since=slot.failing_since or now)
    if slot.failures < BREAKER:
        return slot
    seconds = min(OPEN_AT_MOST, OPEN_FOR * 2.0 ** min(slot.opened, 30) * jitter)
    # one less than the limit: the first failure after the block opens it again
    slot = replace(slot, failures=BREAKER - 1, opened=slot.opened + 1)
    return after_block(slot, now, "failing", why, seconds, "")


def after_success(slot: Slot, now: int) -> Slot:
    """The row after an answer; that of a request which was under way when a block began says nothing."""
    if slot.blocked_until > now:
        return slot
    return after_lift(slot)


def after_unused(slot: Slot, now: int) -> Slot:
    """The row after a slot was given up: its moment is over, but it is no request."""
    return replace(slot, requests=slot.requests - 1) if slot.day == now // _DAY and slot.requests else slot


def after_lift(slot: Slot) -> Slot:
    """The row without block and breaker."""
    return Slot(tat=slot.tat, day=slot.day, requests=slot.requests)


def _lifted(slot: Slot, credentials: str) -> bool:
    refused = slot.blocked_for if slot.blocked_by == "credentials" else ""
    return bool(refused and credentials and refused != credentials)


class SqliteSlots:
    """The rows in a SQLite file, for all processes of one machine."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """``clock`` gives seconds since 1970; it may be set back or forth."""
        self._database = database
        self._clock = clock

    def reserve(self, provider: str, interval: float, at_most: float, credentials: str) -> Reserved:
        """See ``Slots``."""
        spacing, far = round(interval * _SECOND), round(min(at_most, LONGEST) * _SECOND)
        at = time.monotonic()

        def change(slot: Slot, now: int) -> tuple[Slot, Reserved]:
            nonlocal at
            at = time.monotonic()
            return reserved(slot, now, spacing, far, credentials)

        got = self._change(provider, change)
        return replace(got, wait=got.wait - (time.monotonic() - at))

    def block(self, provider: str, by: BlockedBy, why: str, seconds: float, credentials: str = "") -> None:
        """See ``Slots``."""
        self._change(
            provider, lambda slot, now: (after_block(slot, now, by, why, seconds, credentials), None)
        )

    def refuse(self, provider: str, why: str, base: float) -> None:
        """See ``Slots``."""
        self._change(provider, lambda slot, now: (after_refusal(slot, now, why, base), None))

    def fail(self, provider: str, why: str) -> None:
        """See ``Slots``."""
        jitter = random.uniform(0.9, 1.1)
        self._change(provider, lambda slot, now: (after_failure(slot, now, why, jitter), None))

    def succeed(self, provider: str) -> None:
        """See ``Slots``."""
        self._change(provider, lambda slot, now: (after_success(slot, now), None))

    def unused(self, provider: str) -> None:
        """See ``Slots``."""
        self._change(provider, lambda slot, now: (after_unused(slot, now), None))

    def lift(self, provider: str) -> None:
        """See ``Slots``."""
        self._change(provider, lambda slot, now: (after_lift(slot), None))

    def look(self, provider: str) -> tuple[Slot, int]:
        """See ``Slots``."""
        with self._database.read() as connection:
            return self._row(connection, provider), self._now()

    def _change(self, provider: str, change: Callable[[Slot, int], tuple[Slot, R]]) -> R:
        with self._database.writing() as connection:
            before = self._row(connection, provider)
            after, result = change(before, self._now())  # the time after the lock: it may have taken a while
            if after != before:
                values = asdict(after)
                statement = insert(connection, schema.slot).values(provider=provider, **values)
                connection.execute(statement.on_conflict_do_update(index_elements=["provider"], set_=values))
            return result

    def _now(self) -> int:
        return round(self._clock() * _SECOND)

    @staticmethod
    def _row(connection: sa.Connection, provider: str) -> Slot:
        row = connection.execute(_SELECT, {"name": provider}).one_or_none()
        return Slot(*row) if row else Slot()


_SELECT = sa.select(*(schema.slot.c[name] for name in Slot.__dataclass_fields__)).where(
    schema.slot.c.provider == sa.bindparam("name")
)
