"""Cue times that stand by themselves: a column of a table, a field, a line of nothing but a time.

Not here: a cue inside a line of text (``line.py``). All results are whole seconds from the start of the mix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_CLOCK = re.compile(
    r"\s*[\[(<{]?\s*(?:(\d{1,2})\s*[:h]\s*)?(\d{1,3})\s*[:m'’]\s*(\d{1,2})(?:[.,]\d+)?\s*(?:s|\"|''|”)?\s*[\])>}]?\s*"
)
_NUMBER = re.compile(r"\s*\[?\s*(\d{1,6})(?:[.,](\d+))?\s*\]?\s*(s|sec|secs|min|m|ms)?\.?\s*")
_LONGEST_IN_MINUTES = 360  # minutes: bare numbers above six hours' worth are taken for seconds


def clock(text: str) -> int | None:
    """``1:02:03``, ``[62:03]``, ``1h02m03s`` or ``62'03"`` in seconds; None when it is anything else."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds = found.groups()
    if int(seconds) > 59 or (hours and int(minutes) > 59):
        return None
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)


def column(values: Sequence[object], name: str) -> tuple[list[int | None], str | None]:
    """A column of times in seconds, None where there is none, and a sentence when the unit was a guess.

    Bare numbers are seconds when a unit or the name says so, or when the last is above 360; else minutes.
    Times that do not ascend are lengths or something else: then all are None.
    """
    parsed: list[int | None] = []
    bare: list[tuple[int, float]] = []
    for index, value in enumerate(values):
        seconds: int | None = None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if 0 <= value < 10_000_000:
                bare.append((index, float(value)))
        elif isinstance(value, str) and value.strip():
            seconds = clock(value)
            number = _NUMBER.fullmatch(value) if seconds is None else None
            if number:
                whole, fraction, unit = number.groups()
                amount = float(f"{whole}.{fraction or 0}")
                if unit == "ms":
                    seconds = int(amount / 1000)
                elif unit in ("min", "m"):
                    seconds = int(amount * 60)
                elif unit:
                    seconds = int(amount)
                else:
                    bare.append((index, amount))
        parsed.append(seconds)
    note = _place_bare(parsed, bare, values, name)
    known = [seconds for seconds in parsed if seconds is not None]
    falls = sum(later < earlier for earlier, later in pairwise(known))
    if falls > len(known) // 10:
        return [None] * len(parsed), f"“{name}” does not ascend, so it was not read as cue times"
    return parsed, note


def _place_bare(
    parsed: list[int | None],
    bare: list[tuple[int, float]],
    values: Sequence[object],
    name: str,
) -> str | None:
    if not bare:
        return None
    folded = name.casefold()
    if folded.endswith(("_ms", " ms", "millis", "milliseconds")):
        factor, note = 0.001, None
    elif "sec" in folded or folded.endswith("_s"):
        factor, note = 1.0, None
    elif folded.endswith(("min", "minutes", "minute")):
        factor, note = 60.0, None
    elif any(not isinstance(values[index], str) for index, _ in bare):
        factor, note = 1.0, None  # a JSON number: seconds, as every player's interface has it
    elif max(amount for _, amount in bare) > _LONGEST_IN_MINUTES:
        factor, note = 1.0, f"the numbers of “{name}” were read as seconds"
    else:
        factor, note = 60.0, f"the numbers of “{name}” were read as minutes"
    for index, amount in bare:
        parsed[index] = int(amount * factor)
    return note
