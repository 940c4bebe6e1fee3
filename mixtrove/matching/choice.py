"""Choosing among candidates: accept, provisional or none (DESIGN §1, MATCHING §5).

Values to values. Where candidates come from is the catalogue's, the library's or a provider's
business; how two credits compare is ``verdict.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from mixtrove.matching import kernel
from mixtrove.matching.credit import Credit, identity_key
from mixtrove.matching.openings import NEAREST_IS, NO_CANDIDATE, READ_AS
from mixtrove.matching.packed import packed, remember_packed
from mixtrove.matching.prepared import prepare, squeezed_title
from mixtrove.matching.verdict import RULE, Rule, Verdict, compare, record_features, verdict

# Another reading of an ambiguous line counts a little less than the first, so that it must fit better.
OTHER_READING = 0.97
LACKING = 0.06  # … and a recording that lacks whom the line features behind one that does not
NEAREST = 0.25  # the score from which the nearest candidate is named although it is none
# Among cuts of one version the one that is named comes first, else original or extended before radio.
_CUT_ORDER = {None: 0, "original": 0, "extended": 1, "radio": 2}

Rows = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Choice = Literal["accept", "provisional", "none"]


class Candidate:
    """A recording that was offered for a line; equal are those of one id in one source.

    ``source`` is ``catalogue``, ``library`` or a provider. A catalogue gives a function instead of the
    credit, and the packed record: most candidates are only weighed, and their credit is never built.
    ``facts`` is what a provider says beside that, as JSON; it is carried along and not looked at here.
    """

    __slots__ = ("_credit", "_record", "facts", "id", "source", "url")

    def __init__(
        self,
        id: str,
        credit: Credit | Callable[[], Credit],
        source: str = "catalogue",
        url: str | None = None,
        record: bytes | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self.facts = facts
        self.id = id
        self.source = source
        self.url = url
        self._credit = credit
        self._record = record

    @property
    def credit(self) -> Credit:
        """The recording's credit."""
        if not isinstance(self._credit, Credit):
            self._credit = self._credit()
            if self._record is not None:
                remember_packed(self._credit, self._record)
        return self._credit

    @property
    def artist(self) -> str:
        """The artists as one text, as the source spells them where it is known."""
        return self.credit.artist

    @property
    def title(self) -> str:
        """Title and version as one text, as the source spells them where it is known."""
        return self.credit.full_title

    @property
    def record(self) -> bytes:
        """The packed form of the credit."""
        return self._record if self._record is not None else packed(self.credit)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and (self.source, self.id) == (other.source, other.id)

    def __hash__(self) -> int:
        return hash((self.source, self.id))

    def __repr__(self) -> str:
        return f"Candidate({self.id!r}, {self.credit!r}, {self.source!r})"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its verdict. ``reading`` is which reading of the line it was compared with."""

    candidate: Candidate
    verdict: Verdict
    reading: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision about one credit. ``ranked`` is best first; the first is the one accepted or named."""

    choice: Choice
    confidence: float
    reasons: tuple[str, ...]
    ranked: tuple[Ranked, ...] = ()
    runner_up: Ranked | None = None  # the best candidate of another identity


def decide(
    credit: Credit,
    candidates: Sequence[Candidate],
    *,
    readings: Sequence[Credit] = (),
    keep: int = 5,
    rule: Rule = RULE,
) -> Outcome:
    """Accept the best candidate, name it for review, or say that there is none.

    Accepted is a score of at least ``rule.accept`` with a margin of ``rule.margin`` to the next candidate of
    another identity. Equal candidates are ordered by cut, then source (library first), then id, so that the
    same input always gives the same answer. ``readings`` are other ways to read the same line; ``keep``
    candidates stay in ``ranked``.
    """
    return decide_many([(credit, *readings)], [candidates], keep=keep, rule=rule)[0]


def decide_many(
    lines: Sequence[Sequence[Credit]],
    offered: Sequence[Sequence[Candidate]],
    *,
    keep: int = 5,
    rule: Rule = RULE,
) -> list[Outcome]:
    """``decide`` for many lines at once: the readings of each, and the candidates of each."""
    places: dict[bytes, int] = {}
    left: list[int] = []
    right: list[int] = []

    def place(record: bytes) -> int:
        return places.setdefault(record, len(places))

    for readings, candidates in zip(lines, offered, strict=True):
        others = [place(candidate.record) for candidate in candidates]
        for reading in readings:
            left += [place(packed(reading))] * len(others)
            right += others
    rows = (
        record_features(list(places), np.array(left, np.int64), np.array(right, np.int64))
        if left
        else np.empty((0, 0))
    )
    return decide_scored(lines, offered, rows, keep=keep, rule=rule)


def decide_scored(
    lines: Sequence[Sequence[Credit]],
    offered: Sequence[Sequence[Candidate]],
    rows: Rows,
    *,
    keep: int = 5,
    rule: Rule = RULE,
) -> list[Outcome]:
    """``decide_many`` of candidates that are scored already.

    ``rows`` holds the features of each line's pairs, shape (pairs, FEATURES): all candidates with its first
    reading, then with the second. Only candidates that are close are taken out of ``offered``.
    """
    outcomes: list[Outcome] = []
    start = 0
    for readings, candidates in zip(lines, offered, strict=True):
        stop = start + len(readings) * len(candidates)
        found = rows[start:stop].reshape(len(readings), len(candidates), -1) if len(candidates) else None
        outcomes.append(_outcome(readings, candidates, found, keep, rule))
        start = stop
    return outcomes


def _outcome(
    readings: Sequence[Credit],
    candidates: Sequence[Candidate],
    rows: Rows | None,
    keep: int,
    rule: Rule,
) -> Outcome:
    credit = readings[0]
    if all(prepare(reading).unknown for reading in readings):
        return Outcome("none", 0.0, ("artist or title is unknown (ID)",))
    if rows is None:
        return Outcome("none", 0.0, (NO_CANDIDATE,))
    scores = rows[:, :, kernel.SCORE]
    if len(readings) > 1:
        scores = scores.copy()
        scores[1:] *= OTHER_READING
        read = scores.argmax(axis=0).tolist()
        best = scores.max(axis=0).tolist()
    else:
        read = [0] * len(candidates)
        best = scores[0].tolist()

    def rank(at: int) -> Ranked:
        row = rows[read[at], at].tolist()
        row[kernel.SCORE] = best[at]
        found = verdict(readings[read[at]], candidates[at], row, rule)
        if read[at]:
            other = readings[read[at]]
            found = replace(found, reasons=(f"{READ_AS}{other.artist} - {other.full_title}", *found.reasons))
        return Ranked(candidates[at], found, read[at])

    order = [at for at in range(len(candidates)) if best[at] >= rule.review]
    if not order:
        return _nearest(credit, candidates, best, rank)
    if len(order) > 1:
        order.sort(key=lambda at: _order(readings[read[at]], candidates[at], best[at]))
    first = rank(order[0])
    unnamed = _unnamed(readings[first.reading], first.candidate)
    runner_up = next((rank(at) for at in order[1:] if _rival(first.candidate, candidates[at])), None)
    kept = (first, *(rank(at) for at in order[1:keep]))
    if runner_up is not None and all(one.candidate != runner_up.candidate for one in kept):
        kept = (*kept[: keep - 1], runner_up)  # whoever decides again from what is kept needs the rival
    found = first.verdict
    if found.score < rule.accept:
        return Outcome("provisional", found.confidence, found.reasons, kept, runner_up)
    if runner_up is not None and found.score - runner_up.verdict.score < rule.margin - 1e-9:
        rival = runner_up.candidate.credit
        reasons = (
            *found.reasons,
            f"another track is as close: {rival.artist} - {rival.full_title}",
        )
        return Outcome("provisional", min(found.confidence, 0.85), reasons, kept, runner_up)
    if unnamed:  # one in three of these is another recording, measured on lines of mixes
        reasons = (*found.reasons, f"this recording does not name {' & '.join(unnamed)}")
        return Outcome("provisional", min(found.confidence, 0.85), reasons, kept, runner_up)
    return Outcome("accept", found.confidence, found.reasons, kept, runner_up)


def _unnamed(credit: Credit, candidate: Candidate) -> tuple[str, ...]:
    """The people a line features whom a candidate names nowhere."""
    if not credit.featured:
        return ()
    there = prepare(candidate.credit)
    known = "|".join((*there.names, there.flat))
    return tuple(
        name
        for name in credit.featured
        if (form := prepare(Credit((name,), "X")).names)
        and form[0] not in known
        and not any(len(one) > 3 and one in form[0] for one in there.names)
    )


def _nearest(
    credit: Credit, candidates: Sequence[Candidate], best: list[float], rank: Callable[[int], Ranked]
) -> Outcome:
    """Nothing is close: name the nearest, for a person when it is another version of the very track."""
    highest = max(best)
    if highest < NEAREST:
        return Outcome("none", 0.0, (f"{NO_CANDIDATE} is close",))
    at = max((at for at in range(len(best)) if best[at] == highest), key=lambda at: candidates[at].id)
    near = rank(at)
    other = near.candidate.credit
    same_title = squeezed_title(other) == squeezed_title(credit)
    return Outcome(
        "provisional" if same_title else "none", near.verdict.confidence,
        (f"{NEAREST_IS}{other.artist} - {other.full_title}", *near.verdict.reasons), (near,),
    )  # fmt: skip


def _rival(best: Candidate, other: Candidate) -> bool:
    """Whether another candidate is another track, and not the same one spelled or cut differently."""
    if identity_key(best.credit) == identity_key(other.credit):
        return False
    return compare(best.credit, other.credit).decision != "same"


def _order(credit: Credit, candidate: Candidate, score: float) -> tuple[float, int, int, int, str]:
    cut = candidate.credit.cut
    named = 0 if credit.cut == cut or (credit.cut in (None, "original") and cut in (None, "original")) else 1
    return (
        -round(score - (LACKING if _unnamed(credit, candidate) else 0.0), 6),
        named,
        _CUT_ORDER.get(cut, 3),
        0 if candidate.source == "library" else 1,
        candidate.id,
    )
