"""When a message leaves: a pure decision from what waits. Times are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

SETTLED = timedelta(seconds=3)
"""How long nothing may have been added to what waits: what comes together is one message."""

LONGEST = timedelta(minutes=15)
"""After which a message leaves although more may come, or a run is still under way."""

FLOOR, CEILING = timedelta(seconds=30), timedelta(hours=6)
"""The first pause after a channel failed, doubled with each time in a row, and the longest."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to be told in one message."""

    number: int = 0  # of things
    oldest: datetime | None = None  # when it happened
    newest: datetime | None = None
    begun: bool = False  # whether a message of it was left behind by a sender that was killed


@dataclass(frozen=True, slots=True)
class Decision:
    """Which messages leave now."""

    music: bool = False
    trouble: bool = False
    why: str = ""  # something is held back
    held: bool = False  # for moments only: until a run ends, or no more came for a while


def decide(
    music: Waiting, trouble: Waiting, now: datetime, *, busy: bool, quiet: tuple[time, time] | None
) -> Decision:
    """Decide what leaves. Trouble does not wait for a run to end: it may never do.

    Args:
        music: what is to be told of tracks.
        trouble: what is to be told of providers and jobs.
        now: the time; its zone is the one that quiet times are of.
        busy: whether a run is under way that adds more tracks.
        quiet: from when to when nobody wants to be told.
    """
    if quiet is not None and within(now.time(), quiet) and (music.number or trouble.number):
        return Decision(why=f"quiet until {quiet[1]:%H:%M}")
    held = _hold_back(music, now, busy)
    return Decision(music.number > 0 and not held, trouble.number > 0, held, held != "")


def _hold_back(waiting: Waiting, now: datetime, busy: bool) -> str:
    if waiting.oldest is None or waiting.newest is None or now - waiting.oldest >= LONGEST or waiting.begun:
        return ""
    if busy:
        return "a run is under way that may add more"
    return "more may come" if timedelta() <= now - waiting.newest < SETTLED else ""


def within(at: time, quiet: tuple[time, time]) -> bool:
    """Whether a time of day is within others, also over midnight; from is within, until is not."""
    begin, end = quiet
    return begin <= at < end if begin <= end else at >= begin or at < end


def pause(failures: int) -> timedelta:
    """How long a channel is left alone after so many failures in a row."""
    return min(FLOOR * 2.0 ** min(max(failures - 1, 0), 20), CEILING)
