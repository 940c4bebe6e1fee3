"""One want rule and what it says about one track: wanted, how much and why, or why not.

Values to values. Not here: the file that rules are written in (``rules.py``), reading tracks
(``heard_tracks.py``), what becomes of a want list (``rule_plan.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from mixtrove.matching import normal_form

_form = lru_cache(maxsize=65_536)(normal_form)  # of names of DJs, labels and genres, which are few

SHOWN_DJS = 3


@dataclass(frozen=True, slots=True)
class WantRule:
    """One rule; names are compared in normal form."""

    name: str
    min_mixes: int = 2
    not_owned: bool = True
    djs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    genres_not: tuple[str, ...] = ()
    priority: int | Literal["by count"] = "by count"
    include_provisional: bool = False

    def priority_for(self, mixes: int) -> int:
        """The priority of a track that was heard in so many mixes: 2 gives 3, 3 gives 4, 4 and more 5."""
        return min(5, mixes + 1) if self.priority == "by count" else self.priority


@dataclass(frozen=True, slots=True)
class HeardTrack:
    """What a rule looks at."""

    track_id: str
    mixes: Mapping[str | None, int] = field(default_factory=dict)  # by DJ; None: of nobody in particular
    label: str | None = None
    genres: tuple[str, ...] = ()  # what is said of it; a person's word alone where there is one
    provisional: bool = False
    owned: bool = False


Cause = Literal["mixes", "label", "genre", "provisional", "owned"]


@dataclass(frozen=True, slots=True)
class Objection:
    """What speaks against a track."""

    cause: Cause
    phrase: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule says about a track: a priority with what speaks for it, or what speaks against it."""

    rule: str
    priority: int | None  # None: the rule does not want it
    why: tuple[str, ...]  # phrases: what met the rule
    why_not: tuple[Objection, ...]  # empty when it is wanted


def judge(rule: WantRule, track: HeardTrack) -> Judgement:
    """Whether a rule wants a track. Every condition is looked at, so that all objections are named."""
    met: list[str] = []
    unmet: list[Objection] = []
    djs = {_form(one) for one in rule.djs}
    counted = {dj: number for dj, number in track.mixes.items() if not djs or (dj and _form(dj) in djs)}
    mixes = sum(counted.values())
    heard = f"heard in {_number(mixes, 'mix', 'mixes')}{_by(counted)}"
    if mixes >= rule.min_mixes:
        met.append(heard)
    else:
        whose = f" of {', '.join(rule.djs)}" if rule.djs else ""
        unmet.append(Objection("mixes", f"{heard}, the rule asks for {rule.min_mixes}{whose}"))
    if rule.labels:
        on = f"on {track.label}" if track.label else "on no known label"
        if _form(track.label or "") in {_form(one) for one in rule.labels}:
            met.append(on)
        else:
            unmet.append(Objection("label", f"{on}, the rule asks for {' or '.join(rule.labels)}"))
    if rule.genres_not:
        unwanted = {_form(one) for one in rule.genres_not}
        found = next((one for one in track.genres if _form(one) in unwanted), None)
        if found is not None:
            unmet.append(Objection("genre", f"its genre is {found}, which the rule leaves out"))
        else:
            met.append(
                f"its genre is {', '.join(track.genres)}" if track.genres else "its genre is not known"
            )
    if track.provisional and not rule.include_provisional:
        unmet.append(Objection("provisional", "it is not identified with certainty"))
    if track.owned and rule.not_owned:
        unmet.append(Objection("owned", "it is owned"))
    priority = None if unmet else rule.priority_for(mixes)
    return Judgement(rule.name, priority, tuple(met), tuple(unmet))


def _by(mixes: Mapping[str | None, int]) -> str:
    """By whom, those who played it most first."""
    names = [dj for dj, _ in sorted(mixes.items(), key=lambda one: (-one[1], one[0] or "")) if dj]
    if not names:
        return ""
    more = len(names) - SHOWN_DJS
    others = f" and {more} more" if more > 0 else " and others" if None in mixes else ""
    return f" by {', '.join(names[:SHOWN_DJS])}{others}"


def _number(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
