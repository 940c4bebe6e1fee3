"""The figures as a table of plain text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_WIDTH = 78


def table(figures: dict[str, Any]) -> str:
    """Every figure on a line of its own under its headings."""
    return "\n".join(_lines(figures, 0))


def _lines(figures: dict[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, value in figures.items():
        if (
            isinstance(value, dict)
            and value
            and not any(isinstance(one, dict) for one in value.values())
            and depth > 1
        ):
            told = "  ".join(f"{key} {spelled(one)}" for key, one in value.items())
            yield f"{indent}{name:<{_WIDTH - 20 - len(indent)}} {told}"
        elif isinstance(value, dict):
            yield ""
            yield f"{indent}{name}"
            yield from _lines(value, depth + 1)
        else:
            yield f"{indent}{name:<{_WIDTH - len(indent)}} {spelled(value)}"


def spelled(value: object) -> str:
    """A value for people: thousands apart, shares with four digits."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1 else f"{value:,.2f}".rstrip("0").rstrip(".")
    return str(value)
