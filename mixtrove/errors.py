"""The errors that people see: a sentence with the cause, the thing and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MixtroveError(Exception):
    """Base of every error mixtrove raises on purpose; its text is meant for the user. CLI exit code 1."""


class BadInput(MixtroveError):
    """What was given cannot be used. Names file, line and column where it can. Exit code 2."""


class NotFound(BadInput):
    """There is no such thing. Exit code 2."""

    def __init__(self, what: str, given: object, *, seen_in: str = "", why: str = "") -> None:
        """What it should be (track), what was given, the command that shows those there are, or why not."""
        self.what, self.given, self.why = what, given, why
        super().__init__(f"there is no {what} {given!r}: {why or f'`{seen_in}` shows them'}")


class StaleEdit(BadInput):
    """Somebody else changed the thing since it was read; both versions are in the sentence. Exit code 2."""

    def __init__(
        self,
        thing: str,
        *,
        expected: int,
        found: int,
        given: Mapping[str, Any],
        there: Mapping[str, Any],
    ) -> None:
        """Nothing was changed.

        Args:
            thing: what was to be changed, as a person would find it: ``want 3fa9c1d2``.
            expected: the version that the change was made for.
            found: the version that is there.
            given: what was to be written, by field.
            there: what the same fields hold now.
        """
        self.thing, self.expected, self.found = thing, expected, found
        self.given, self.there = dict(given), dict(there)
        super().__init__(
            f"{thing} was changed since version {expected} was read: yours says {_fields(given)}; "
            f"version {found}, which is there now, says {_fields(there)}: look at it again and repeat your "
            f"change with version {found}"
        )


class StoreUnavailable(MixtroveError):
    """A store is locked, read-only, missing or of another schema. Exit code 3."""


class BrokerUnavailable(MixtroveError):
    """RabbitMQ cannot be reached, refuses us or lacks what is needed. Exit code 3."""


def _fields(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_shown(value)}" for name, value in values.items()) or "nothing"


def _shown(value: Any) -> str:
    if value is None:
        return "(empty)"
    return f'"{value}"' if isinstance(value, str) else str(value)
