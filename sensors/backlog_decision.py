"""Whether to ask for a run that works a backlog: a pure decision from what is due and what was asked for.

What is due is read from the store's tables, and a run takes it off: a question is answered, or it waits in
the queue with a later time and one attempt more, or its line is watched; a job is done. So an equal backlog
twice means that the run between did nothing (it died, or somebody else holds the entries): a run is asked for
again after a while, then later and later. Dagster remembers run keys for ever, therefore the attempt is part
of the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

PATIENCE = 300.0
"""Seconds after which a run is asked for again on the same questions; doubled at each attempt."""

LONGEST = 6 * 3600.0
"""Seconds between two attempts at most."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be worked on at this moment: questions to providers, or jobs."""

    entries: int  # that are due, queued questions included
    first: Sequence[str]  # ids of the first of them, in order: what the next run would take
    queued: Sequence[tuple[str, int]] = ()  # (id, attempts) of the questions in the queue that are due


@dataclass(frozen=True, slots=True)
class Decision:
    """What the sensor does. Without a run key it asks for no run."""

    cursor: str
    run_key: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    digest: str
    at: float  # seconds since 1970
    attempts: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a backlog is of, in words and in the keys of its runs."""

    name: str
    due: str
    nothing: str


QUESTIONS = Backlog("questions", "entries are due", "no provider has to be asked now")
JOBS = Backlog("jobs", "jobs wait", "no job waits")
OFFERS = Backlog("offers", "wanted tracks are due", "no shop has to be asked now")


def decide(due: Due, cursor: str | None, now: float, *, running: bool, backlog: Backlog) -> Decision:
    """Ask for a run, or say why not.

    Args:
        due: what is due.
        cursor: what the decision before remembered.
        now: seconds since 1970.
        running: whether a run of the job is under way or queued.
        backlog: what it is of.
    """
    before = _read(cursor)
    kept = cursor or ""
    if not due.entries:
        return Decision(kept, reason=backlog.nothing)
    if running:
        return Decision(kept, reason=f"{due.entries:,} {backlog.due}; a run is under way")
    digest = hashlib.sha256(json.dumps([list(due.first), list(due.queued)]).encode()).hexdigest()[:32]
    attempts = 1
    if before is not None and before.digest == digest:
        wait = min(PATIENCE * 2.0 ** (before.attempts - 1), LONGEST)
        if now - before.at < wait:
            return Decision(kept, reason=f"{due.entries:,} {backlog.due}; asked for and not taken yet")
        attempts = before.attempts + 1
    asked = _Asked(digest, now, attempts)
    return Decision(json.dumps(asdict(asked)), f"{backlog.name}-{digest}-{now:.0f}-{attempts}")


def _read(cursor: str | None) -> _Asked | None:
    try:
        return _Asked(**json.loads(cursor or "null"))
    except (ValueError, TypeError):
        return None  # none yet, or one that somebody edited
