"""What an option may be given: types for values that click would take and that mean nothing.

An empty text is mostly a variable of a script that is not set: a filter that passed it over would choose
everything.
"""

from __future__ import annotations

import math
from typing import Any

import click


class Text(click.types.StringParamType):
    """A text with something in it."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text without outer spaces."""
        text = str(value).strip()
        if not text:
            self.fail("it is empty: give a text, or leave the option out.", param, ctx)
        return text


class Number(click.FloatRange):
    """A number within a range; ``nan`` is in none, and nothing is measured with ``inf``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


TEXT = Text()
