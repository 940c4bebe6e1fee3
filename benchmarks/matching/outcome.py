"""What a set gives back: its figures, and for each evaluated case whether it came out right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case; ``right`` is the harness's judgement, ``text`` is for people."""

    id: str
    set: str
    kind: str
    same: bool
    confidence: float
    right: bool
    text: str


@dataclass(frozen=True)
class Result:
    """The figures of one set and the outcomes of its evaluated cases."""

    figures: dict[str, Any]
    outcomes: list[Outcome] = field(default_factory=list)
