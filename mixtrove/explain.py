"""Why a line is read, compared and decided as it is: the figures behind one answer, as plain values.

Everything is asked of the code that decides, so an explanation cannot differ from a decision. The values
serve ``mixtrove explain`` and whatever else shows them; ``Explanation.to_dict`` has the keys that
docs/matching.md lists. Not here: any rule of matching (``mixtrove.matching``), retrieval
(``mixtrove.catalogue``), printing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from rapidfuzz import fuzz

from mixtrove.catalogue.match import readings_of
from mixtrove.catalogue.search import Catalogue
from mixtrove.errors import BadInput
from mixtrove.matching import Candidate, Credit, Outcome, kernel
from mixtrove.matching.aliases import Aliases
from mixtrove.matching.choice import OTHER_READING
from mixtrove.matching.prepared import Prepared, prepare
from mixtrove.matching.readings import Asked, decide_lines, swapped
from mixtrove.matching.reasons import gate_reason
from mixtrove.matching.verdict import RULE, Rule, Verdict, features, verdict
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.model import Component
from mixtrove.tracklists.repair import repair_line

TOP = 5  # candidates that are shown

_SUPPORT = (
    (kernel.SAME_LABEL, "same label"),
    (kernel.SAME_CATALOG_NUMBER, "same catalogue number"),
    (kernel.SAME_ISRC, "same ISRC"),
    (kernel.SAME_DURATION, "same length"),
    (kernel.SAME_ALBUM, "same album"),
    (kernel.SAME_YEAR, "same year"),
)


@dataclass(frozen=True, slots=True)
class NormalForm:
    """What is compared instead of the text: words in lower case and Latin letters, numbers as digits."""

    artists: tuple[str, ...]  # words of the artists' names, then of featured ones
    title: str
    mix_name: tuple[str, ...]  # words that name the mix or its maker
    mix_kinds: tuple[str, ...]  # remix or edit, and what makes it another recording: dub, vip, live …
    numbers: tuple[str, ...]  # of the title and of brackets such as (Pt. 2)


@dataclass(frozen=True, slots=True)
class OtherReading:
    """Another way to read a component."""

    artist: str
    title: str  # with its version


@dataclass(frozen=True, slots=True)
class Reading:
    """One component of a line as it is read."""

    component: int  # from 1
    artist: str  # the artists as one text
    artists: tuple[str, ...]
    featured: tuple[str, ...]
    title: str
    version: str | None
    mix_type: str | None  # None for the original
    cut: str | None  # original, extended, radio; None when not said
    remixers: tuple[str, ...]
    label: str | None
    catalog_number: str | None
    year: int | None
    flags: tuple[str, ...]  # ID, unreleased, layered, mashup
    remarks: tuple[str, ...]  # what was set aside: it says nothing of artist, title or version
    other_readings: tuple[OtherReading, ...]  # the same line read in another way, likeliest first
    compared_as: NormalForm


@dataclass(frozen=True, slots=True)
class FoundBy:
    """What a line shares with a candidate, without spaces, and how many recordings have it."""

    key: str
    kind: Literal["artist", "title", "similar artist"]
    recordings: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A component against one recording: the parts of its score, all of them in [0, 1].

    ``names_score`` is the score of names, titles and versions alone; ``support`` is what label, catalogue
    number, ISRC, length, album and year change about it. ``artist_agrees`` and ``gate`` are None when the
    titles are so different that nothing else was weighed.
    """

    id: str | None
    source: str | None
    artist: str
    title: str  # with its version
    label: str | None
    year: int | None
    read_as: str | None  # the other reading of the line that fits better than the first, if one does
    title_agrees: float
    title_only_in_line: tuple[str, ...]
    title_only_in_other: tuple[str, ...]
    artist_agrees: float | None
    artist_only_in_line: tuple[str, ...]
    artist_only_in_other: tuple[str, ...]
    gate: float | None
    gate_reason: str  # empty when no version is in the way
    names_score: float
    support: float
    support_from: tuple[str, ...]
    score: float
    confidence: float
    decision: str  # same, unsure, different
    reasons: tuple[str, ...]
    found_by: tuple[FoundBy, ...] = ()
    role: Literal["best", "runner-up"] | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What a catalogue offered for a component, and what was decided."""

    catalogue: str
    recordings: int
    offered: int  # candidates that were compared
    candidates: tuple[Comparison, ...]  # the best by score, best first
    decision: str  # accept, provisional, none
    confidence: float
    margin: float | None  # from the best to the runner-up, the next candidate of another track
    sentence: str  # the decision with the rule's numbers


@dataclass(frozen=True, slots=True)
class Explained:
    """A component: how it is read, and what it was compared with if anything."""

    reading: Reading
    comparison: Comparison | None = None
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A line explained. ``marks`` is what stands around the track: a number, a cue, a layer mark."""

    raw: str
    repaired: str | None  # the line as it was read, when broken letters had to be mended
    kind: str
    marks: str
    cue_seconds: int | None
    components: tuple[Explained, ...]
    accept: float  # the rule: the score from which a pair is the same recording
    review: float  # … from which a person should look
    margin: float  # … and how far ahead of another track the best must be

    def to_dict(self) -> dict[str, Any]:
        """The same as dictionaries and lists, ready for JSON; the keys are the names of the fields."""
        return asdict(self)


def explain(
    raw: str,
    *,
    against: Credit | None = None,
    catalogue: Catalogue | None = None,
    aliases: Aliases | None = None,
    rule: Rule = RULE,
) -> Explanation:
    """Explain one line: how it is read; compared with ``against``; looked up in ``catalogue``.

    ``aliases`` are those that come with mixtrove, unless given.

    Raises:
        BadInput: the line names no track; says why and how to write it.
    """
    text = repair_line(raw)
    line = parse_line(text)
    if not line.components:
        why = (line.skip_reason or line.kind).partition(":")[0]
        raise BadInput(
            f"{' '.join(raw.split())[:80]!r} cannot be read as a track ({why}); "
            "write it as 'Artist - Title (Version)'"
        )
    return Explanation(
        raw=raw,
        repaired=text if text != raw else None,
        kind=line.kind,
        marks=line.marks,
        cue_seconds=line.cue_seconds,
        components=tuple(
            Explained(
                reading(one),
                _against(readings_of(one), Candidate("", against), aliases, rule) if against else None,
                search(catalogue, readings_of(one), aliases, rule) if catalogue else None,
            )
            for one in line.components
        ),
        accept=rule.accept,
        review=rule.review,
        margin=rule.margin,
    )


def reading(component: Component) -> Reading:
    """How a component was read."""
    credit = component.credit
    flags = (
        ("ID", component.is_id),
        ("unreleased", component.unreleased),
        ("layered", component.layered),
        ("mashup", component.mashup),
    )
    return Reading(
        component.component, credit.artist, credit.artists, credit.featured, credit.title, credit.version,
        credit.mix_type, credit.cut, credit.remixers, credit.label, credit.catalog_number, credit.year,
        flags=tuple(word for word, holds in flags if holds),
        remarks=component.remarks,
        other_readings=tuple(OtherReading(one.artist, one.full_title) for one in component.readings),
        compared_as=_normal_form(credit),
    )  # fmt: skip


def compare_with(readings: Sequence[Credit], candidate: Candidate, rule: Rule = RULE) -> Comparison:
    """The readings of a component against one recording: the parts of the score of the best of them."""
    other = candidate.credit
    credits = [*readings, other, *map(_bare, readings), _bare(other)]
    count = len(readings)
    left = np.array([*range(count), *range(count + 1, 2 * count + 1)], np.int64)
    right = np.array([count] * count + [2 * count + 1] * count, np.int64)
    rows = features(credits, left, right).tolist()
    for at in range(2 * count):
        if at % count:
            rows[at][kernel.SCORE] *= OTHER_READING
    best = max(range(count), key=lambda at: (rows[at][kernel.SCORE], -at))
    found = verdict(readings[best], other, rows[best], rule)
    return _comparison(readings, best, candidate, rows[best], found, rows[count + best][kernel.SCORE])


def search(
    catalogue: Catalogue, readings: Sequence[Credit], aliases: Aliases | None = None, rule: Rule = RULE
) -> Search:
    """What the catalogue offers for a component and what is decided, as ``catalogue match`` decides it."""
    outcome, readings, offered = _decided(readings, catalogue.candidates, aliases, rule)
    places = {one.candidate.id: at for at, one in enumerate(outcome.ranked)}
    compared = [compare_with(readings, one, rule) for one in offered]
    compared.sort(key=lambda one: (-round(one.score, 6), places.get(one.id or "", len(places)), one.id))
    # whoever decided is shown, the rest as there is room
    best = sorted(compared, key=lambda one: one.id not in places)[:TOP]
    credits = {one.id: one.credit for one in offered}
    shown = tuple(
        replace(
            one,
            found_by=_found_by(catalogue, readings, credits[one.id or ""]),
            role=_role(one, at, outcome),
        )
        for at, one in enumerate(sorted(best, key=compared.index))
    )
    margin = None
    if outcome.runner_up is not None:
        margin = outcome.ranked[0].verdict.score - outcome.runner_up.verdict.score
    return Search(
        catalogue=str(catalogue.directory),
        recordings=catalogue.info.recordings,
        offered=len(offered),
        candidates=shown,
        decision=outcome.choice,
        confidence=outcome.confidence,
        margin=margin,
        sentence=_sentence(outcome, shown, margin, rule),
    )


def _against(
    readings: Sequence[Credit], candidate: Candidate, aliases: Aliases | None, rule: Rule
) -> Comparison:
    """One recording, as if a catalogue had nothing else."""
    _, tried, _ = _decided(readings, lambda asked: [[candidate]] * len(asked), aliases, rule)
    return compare_with(tried, candidate, rule)


def _decided(
    readings: Sequence[Credit],
    find: Callable[[Sequence[Credit]], Sequence[Sequence[Candidate]]],
    aliases: Aliases | None,
    rule: Rule,
) -> tuple[Outcome, list[Credit], list[Candidate]]:
    """The decision about a component, and the readings and candidates that were tried for it."""
    tried: list[Credit] = []
    offered: dict[str, Candidate] = {}

    def ask(asked: Sequence[Asked]) -> Sequence[Sequence[Candidate]]:
        tried.extend(credit for _, credit in asked)
        found = find([credit for _, credit in asked])
        offered.update((one.id, one) for some in found for one in some)
        return found

    known = Aliases.built_in() if aliases is None else aliases
    [outcome] = decide_lines([readings], ask, aliases=known, rule=rule)
    if any(one.reading == len(tried) for one in outcome.ranked):  # nobody is asked about this one
        tried.append(swapped(readings[0]))
    return outcome, tried, list(offered.values())


def _role(one: Comparison, at: int, outcome: Outcome) -> Literal["best", "runner-up"] | None:
    if outcome.runner_up is not None and one.id == outcome.runner_up.candidate.id:
        return "runner-up"
    return "best" if at == 0 and outcome.choice != "none" else None


def _named(credit: Credit) -> str:
    return f"{credit.artist} - {credit.full_title}" if credit.artist else credit.full_title


def _normal_form(credit: Credit) -> NormalForm:
    ready = prepare(credit)
    version = ready.version
    kinds = (*((version.family,) if version.family else ()), *sorted(version.types))
    return NormalForm(ready.artists, ready.title, ready.makers, kinds, ready.numbers)


def _bare(credit: Credit) -> Credit:
    """The credit without whatever supports its names."""
    return replace(credit, label=None, catalog_number=None, isrc=None, duration=None, album=None, year=None)


def _comparison(
    readings: Sequence[Credit],
    best: int,
    candidate: Candidate,
    row: list[float],
    found: Verdict,
    names: float,
) -> Comparison:
    mine, theirs = prepare(readings[best]), prepare(candidate.credit)
    notes = int(row[kernel.NOTES])
    weighed = row[kernel.SCORE] > 0 or row[kernel.TITLE_ALIKE] >= kernel.TITLE_FLOOR
    weighed = weighed and not (notes & kernel.SWAPPED and not row[kernel.ARTIST_ALIKE])
    credit = candidate.credit
    return Comparison(
        id=candidate.id or None,
        source=candidate.source if candidate.id else None,
        artist=credit.artist,
        title=credit.full_title,
        label=credit.label,
        year=credit.year,
        read_as=_named(readings[best]) if best else None,
        title_agrees=found.title,
        title_only_in_line=_only(mine.words, theirs.words),
        title_only_in_other=_only(theirs.words, mine.words),
        artist_agrees=found.artist if weighed else None,
        artist_only_in_line=_only(mine.artists, theirs.artists),
        artist_only_in_other=_only(theirs.artists, mine.artists),
        gate=found.gate if weighed else None,
        gate_reason=gate_reason(readings[best], candidate.credit, int(row[kernel.REASON])),
        names_score=names,
        support=found.score - names,
        support_from=tuple(text for bit, text in _SUPPORT if notes & bit),
        score=found.score,
        confidence=found.confidence,
        decision=found.decision,
        reasons=found.reasons,
    )


def _only(words: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word not in others))


def _found_by(catalogue: Catalogue, readings: Sequence[Credit], other: Credit) -> tuple[FoundBy, ...]:
    """What brought a candidate, rarest first: names and titles it shares, else the name most like one."""
    mine, there = [prepare(reading) for reading in readings], prepare(other)
    titles = {title for one in mine for title in _titles(one)} & set(_titles(there))
    names = {name for one in mine for name in one.names}
    found = [FoundBy(title, "title", catalogue.tables.called(title)) for title in titles]
    found += [FoundBy(name, "artist", catalogue.tables.by(name)) for name in names.intersection(there.names)]
    if not any(one.kind == "artist" for one in found) and names and there.names:
        like = max(there.names, key=lambda name: max(fuzz.ratio(name, one) for one in names))
        found.append(FoundBy(like, "similar artist", catalogue.tables.by(like)))
    return tuple(sorted((one for one in found if one.recordings), key=lambda one: (one.recordings, one.key)))


def _titles(ready: Prepared) -> tuple[str, ...]:
    """The spellings of a title that recordings are filed under, without a leading *the*."""
    start = 3 if ready.title.startswith("the ") else 0
    base = ready.base.replace(" ", "")
    return (
        ready.title_squeezed[start:], base[3 if ready.base.startswith("the ") else 0 :], ready.flat[start:],
        ready.digits,
    )  # fmt: skip


def _sentence(outcome: Outcome, shown: Sequence[Comparison], margin: float | None, rule: Rule) -> str:
    """The decision in words, with the numbers of the rule. ``shown`` are the candidates, best first."""
    score = shown[0].score if shown else 0.0
    if outcome.choice == "none":
        if not shown or outcome.reasons[0].startswith("artist"):
            return f"None: {outcome.reasons[0]}."
        return f"None: the nearest scores {score:.3f}; from {rule.review:.2f} a person is asked."
    behind = f"no other track reaches {rule.review:.2f}"
    if margin is not None:
        place = next((at for at, one in enumerate(shown, 1) if one.role == "runner-up"), 0)
        behind = f"the next other track (no {place}) is {margin:.3f} behind"
    if outcome.choice == "accept":
        enough = "" if margin is None else f"; {rule.margin:.2f} is enough"
        return f"Accepted: it scores {score:.3f}, {rule.accept:.2f} is enough, and {behind}{enough}."
    if score >= rule.accept:
        return (
            f"For a person to decide: it scores {score:.3f}, {rule.accept:.2f} is enough, but {behind}; "
            f"it must be {rule.margin:.2f} behind."
        )
    if score >= rule.review:
        return (
            f"For a person to decide: it scores {score:.3f}; {rule.accept:.2f} is needed, and from "
            f"{rule.review:.2f} a person is asked."
        )
    return (
        f"For a person to decide: it scores {score:.3f}, far from {rule.accept:.2f}, but the title is the "
        "same: perhaps a version that this catalogue lacks."
    )
