"""Comparing credits: normal form, version, verdict, decision. Imports nothing else of mixtrove."""

from mixtrove.matching.credit import Credit, identity_key, line_key
from mixtrove.matching.normalise import normal_form

__all__ = ["Credit", "identity_key", "line_key", "normal_form"]
