"""Comparing credits: normal form, version, verdict, decision. Imports nothing else of mixtrove."""

from mixtrove.matching.compare import Verdict, compare, compare_many
from mixtrove.matching.credit import Credit, identity_key, line_key
from mixtrove.matching.decide import Candidate, Outcome, Ranked, decide
from mixtrove.matching.normalise import normal_form

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
