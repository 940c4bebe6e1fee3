"""Choosing among candidates: accept, provisional or none (DESIGN §1, MATCHING §5).

Values to values. Where candidates come from is the catalogue's, the library's or a provider's
business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mixtrove.matching.credit import Credit
from mixtrove.matching.prepared import prepare
from mixtrove.matching.verdict import ACCEPT, REVIEW, Verdict, compare

MARGIN = 0.10  # to the next candidate of another identity (MATCHING §5)
# Among cuts of one version the one that is named comes first, else original or extended before radio.
_CUT_ORDER = {None: 0, "original": 0, "extended": 1, "radio": 2}

Choice = Literal["accept", "provisional", "none"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recording that was offered for a line."""

    id: str
    credit: Credit
    source: str = "catalogue"  # catalogue, library or a provider
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its verdict."""

    candidate: Candidate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision about one credit. ``ranked`` is best first; the first is the one accepted or named."""

    choice: Choice
    confidence: float
    reasons: tuple[str, ...]
    ranked: tuple[Ranked, ...] = ()
    runner_up: Ranked | None = None  # the best candidate of another identity


def decide(credit: Credit, candidates: Sequence[Candidate], *, keep: int = 5) -> Outcome:
    """Accept the best candidate, name it for review, or say that there is none.

    Accepted is a score of at least .85 with a margin of .10 to the next candidate of another identity.
    Equal candidates are ordered by cut, then source (library first), then id, so that the same input
    always gives the same answer. ``keep`` candidates stay in ``ranked``.
    """
    mine = prepare(credit)
    if mine.unknown:
        return Outcome("none", 0.0, ("artist or title is unknown (ID)",))
    scored: list[tuple[float, Candidate]] = []
    ranked: list[Ranked] = []
    for candidate in candidates:
        found = compare(credit, candidate.credit)
        if found.score >= REVIEW:
            ranked.append(Ranked(candidate, found))
        scored.append((found.score, candidate))
    if not ranked:
        reason = "no candidate is close" if candidates else "no candidate"
        if scored:
            value, best = max(scored, key=lambda pair: (pair[0], pair[1].id))
            if value >= 0.25:
                found = compare(credit, best.credit)
                near = Ranked(best, found)
                what = f"{best.credit.artist} - {best.credit.full_title}"
                return Outcome("provisional" if _other_version(mine.title_squeezed, near) else "none",
                               found.confidence, (f"nearest: {what}", *found.reasons), (near,))  # fmt: skip
        return Outcome("none", 0.0, (reason,))
    ranked.sort(key=lambda one: _order(credit, one))
    best_one = ranked[0]
    runner_up = next((one for one in ranked[1:] if _rival(best_one, one)), None)
    kept = tuple(ranked[:keep])
    if runner_up is not None and runner_up not in kept:
        kept = (*kept[:-1], runner_up)  # whoever decides again from what is kept needs the rival
    found = best_one.verdict
    if found.score < ACCEPT:
        return Outcome("provisional", found.confidence, found.reasons, kept, runner_up)
    if runner_up is not None and found.score - runner_up.verdict.score < MARGIN - 1e-9:
        rival = runner_up.candidate.credit
        reasons = (
            *found.reasons,
            f"another track is as close: {rival.artist} - {rival.full_title}",
        )
        return Outcome("provisional", min(found.confidence, 0.85), reasons, kept, runner_up)
    return Outcome("accept", found.confidence, found.reasons, kept, runner_up)


def _rival(best: Ranked, other: Ranked) -> bool:
    """Whether another candidate is another track, and not the same one spelled or cut differently."""
    mine, theirs = prepare(best.candidate.credit), prepare(other.candidate.credit)
    return (
        mine.identity != theirs.identity
        and compare(best.candidate.credit, other.candidate.credit).decision != "same"
    )


def _other_version(title: str, near: Ranked) -> bool:
    """Whether the nearest candidate is another version of the very track: worth a person's look."""
    other = prepare(near.candidate.credit)
    return other.title_squeezed == title and near.verdict.score >= 0.25


def _order(credit: Credit, one: Ranked) -> tuple[float, int, int, int, str]:
    cut = one.candidate.credit.cut
    named = 0 if credit.cut == cut or (credit.cut in (None, "original") and cut in (None, "original")) else 1
    return (
        -round(one.verdict.score, 6),
        named,
        _CUT_ORDER.get(cut, 3),
        0 if one.candidate.source == "library" else 1,
        one.candidate.id,
    )
