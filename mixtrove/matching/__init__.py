"""Comparing credits: normal form, version, verdict, decision. Imports nothing else of mixtrove.

What compares is loaded on first use: reading tracklists needs none of it and should not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from mixtrove.matching.credit import Credit, identity_key, line_key
from mixtrove.matching.normalise import normal_form

if TYPE_CHECKING:
    from mixtrove.matching.choice import Candidate, Outcome, Ranked, decide
    from mixtrove.matching.verdict import Verdict, compare, compare_many

_LOADED_ON_USE = {
    "Verdict": "verdict", "compare": "verdict", "compare_many": "verdict",
    "Candidate": "choice", "Outcome": "choice", "Ranked": "choice", "decide": "choice",
}  # fmt: skip

__all__ = [
    "Candidate",
    "Credit",
    "Outcome",
    "Ranked",
    "Verdict",
    "compare",
    "compare_many",
    "decide",
    "identity_key",
    "line_key",
    "normal_form",
]


def __getattr__(name: str) -> object:
    if name not in _LOADED_ON_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LOADED_ON_USE[name]}"), name)
