"""How a provider is just now, for people: a value, and how it follows from its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mixtrove.providers.slots import Slot, blocked
from mixtrove.providers.use import Use


@dataclass(frozen=True, slots=True)
class State:
    """A provider, and what was asked of it today (UTC), by all processes."""

    state: Literal["ready", "waiting", "failing"]
    why: str = ""  # a sentence, when it is not ready
    until: datetime | None = None  # when it will be asked again; None: with the next question
    since: datetime | None = None  # since when it fails
    requests: int = 0
    hit_rate: float | None = None  # share of answers without a request
    requests_per_line: float | None = None  # for each line identified


def state_of(slot: Slot, now: int, today: Use) -> State:
    """The state by a row at ``now`` (µs since 1970) and what was counted today."""
    figures = (today.requests, today.hit_rate, today.requests_per_line)
    block = blocked(slot, now)
    until = _moment(slot.blocked_until) if block else None
    if block is not None and block.by == "quota":
        return State("waiting", block.why, until, None, *figures)
    if block is not None or slot.opened:
        return State("failing", slot.blocked_why, until, _moment(slot.failing_since or now), *figures)
    return State("ready", "", None, None, *figures)


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
