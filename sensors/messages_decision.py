"""Whether to turn to RabbitMQ now: a pure decision from what the last looks came to.

A server that is away is asked more and more seldom, so that neither its log nor Dagster's fills.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

LONGEST = 300.0
"""Seconds between two attempts at most."""

FIRST = 5.0
"""Seconds after the first attempt that failed; doubled at each."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What the attempts before came to; the sensor's cursor. The default: the last one went well."""

    failures: int = 0  # in a row
    next_at: float = 0.0  # seconds since 1970
    why: str = ""

    @classmethod
    def read(cls, cursor: str | None) -> Looked:
        """From a cursor; one that cannot be read says nothing."""
        try:
            found = cls(**json.loads(cursor or "{}"))
            return cls(int(found.failures), float(found.next_at), str(found.why))
        except (ValueError, TypeError):
            return cls()

    def written(self) -> str:
        """As a cursor."""
        return json.dumps(asdict(self))


def wait_for(looked: Looked, now: float) -> str | None:
    """Why not to turn to the server now; None: do.

    Args:
        looked: what the attempts before came to.
        now: seconds since 1970; a clock that was set back delays nothing for longer than ``LONGEST``.
    """
    left = looked.next_at - now
    if looked.failures == 0 or left <= 0 or left > LONGEST:
        return None
    return f"{looked.why}; tried again in {left:.0f} s"


def failed(looked: Looked, now: float, why: str) -> Looked:
    """What is remembered after an attempt that failed with this sentence."""
    pause = min(FIRST * 2.0 ** min(looked.failures, 30), LONGEST)
    return Looked(looked.failures + 1, now + pause, why)
