"""What a format file hands to the reader: lines, and what it found out about the mix and where.

Not here: which of several findings wins (``reading.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from mixtrove.tracklists.model import Line

FormatName = Literal["text", "cue", "csv", "json"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What one place (a heading line, a file name, a header field) says for certain about the mix."""

    where: str  # "line 1", "the file name", "the REM DATE of line 2"
    title: str | None = None
    dj: str | None = None
    played_on: date | None = None
    source_url: str | None = None
    unsure: str | None = None  # a sentence about what was seen there and not used


@dataclass(frozen=True, slots=True)
class Reading:
    """One source taken apart. Facts stand in the order of trust, the surest first."""

    format: FormatName
    lines: tuple[Line, ...]
    facts: tuple[Facts, ...] = ()
    notes: tuple[str, ...] = ()  # sentences for people: repairs, what was assumed
    problems: tuple[str, ...] = ()  # sentences: what is broken in the source and was left out, with its line


def numbered(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with ``position`` from 1 over those that stand for something played."""
    position = 0
    out: list[Line] = []
    for line in lines:
        if line.kind in ("track", "id"):
            position += 1
            line = Line(
                line.line_no,
                line.raw,
                line.kind,
                line.skip_reason,
                line.cue_seconds,
                line.components,
                position,
            )
        out.append(line)
    return tuple(out)


def line_numbers(numbers: Sequence[int]) -> str:
    """``line 3``, ``lines 3 and 5`` or ``lines 3, 5, 8 and 12 more`` for a sentence."""
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    if len(numbers) <= 5:
        return f"lines {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    return f"lines {', '.join(map(str, numbers[:4]))} and {len(numbers) - 4} more"
