"""The errors that people see: a sentence with the cause, the thing and the remedy."""

from __future__ import annotations


class MixtroveError(Exception):
    """Base of every error mixtrove raises on purpose; its text is meant for the user. CLI exit code 1."""


class BadInput(MixtroveError):
    """What was given cannot be used. Names file, line and column where it can. Exit code 2."""


class StoreUnavailable(MixtroveError):
    """A store is locked, read-only, missing or of another schema. Exit code 3."""
