"""Deciding what entries are, from corrections, the library and everything that was offered (DESIGN §6).

Values to values, over an index of the library's tracks. Not here: how two credits compare
(``mixtrove.matching``), where offers come from and writing a decision down (``mixtrove.library``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mixtrove.asking import readings_of_entry
from mixtrove.library.corrections import LineCorrection
from mixtrove.library.discoveries import (
    Candidate,
    EntryDecision,
    EntryToIdentify,
    TrackRecord,
    external_id_of,
)
from mixtrove.library.facts import Facts
from mixtrove.library.index import LibraryIndex
from mixtrove.matching import Credit, Outcome, Ranked, identity_key
from mixtrove.matching.aliases import Aliases
from mixtrove.matching.choice import Candidate as Offered
from mixtrove.matching.readings import Asked, decide_lines
from mixtrove.matching.verdict import Rule


class Decider:
    """Decides the entries of one chunk in order; what one adds to the library the next ones see.

    All are weighed at once, which is fast; those that may be what an earlier one added, once more.
    """

    def __init__(
        self,
        index: LibraryIndex,
        corrections: dict[str, LineCorrection],
        rejected: dict[str, frozenset[str]],
        aliases: Aliases,
        rule: Rule,
    ) -> None:
        self._index = index
        self._corrections = corrections
        self._rejected = rejected  # library tracks by line key, by their ids and names
        self._aliases = aliases
        self._rule = rule
        self._readings: dict[str, tuple[Credit, ...]] = {}  # by entry
        self._offers: dict[str, Sequence[Offered]] = {}  # by entry, without what a person rejected
        self._new = LibraryIndex()  # what this chunk adds, until the store knows it
        self._added: dict[str, TrackRecord] = {}  # stand-in id → the recording that will be a track

    def decide(
        self, entries: Sequence[EntryToIdentify], offers: Mapping[str, Sequence[Offered]]
    ) -> list[EntryDecision]:
        """The decisions about entries, given what a catalogue offers for each."""
        by_person = {entry.entry_id: self._by_person(entry) for entry in entries}
        undecided = [entry for entry in entries if by_person[entry.entry_id] is None]
        for entry in undecided:
            no = {external_id_of(*one) for one in self._correction(entry).rejected}
            not_these = self._rejected.get(entry.line_key, frozenset())
            self._offers[entry.entry_id] = [
                one
                for one in offers.get(entry.entry_id, ())
                if external_id_of(one.source, one.id) not in no and _is_none_of(one, not_these)
            ]
            self._readings[entry.entry_id] = readings_of_entry(entry)
        outcomes = iter(self._weigh(undecided, self._index))
        return [by_person[entry.entry_id] or self._decided(entry, next(outcomes)) for entry in entries]

    def _correction(self, entry: EntryToIdentify) -> LineCorrection:
        return self._corrections.get(entry.line_key) or LineCorrection(entry.line_key, None, None, None)

    def _by_person(self, entry: EntryToIdentify) -> EntryDecision | None:
        made = self._correction(entry).decision(entry.entry_id, catalogue=entry.catalogue)
        return replace(made, revision=entry.revision) if made else None

    def _weigh(self, entries: Sequence[EntryToIdentify], *indexes: LibraryIndex) -> list[Outcome]:
        """The outcome for each entry among its offers and the tracks of these indexes."""
        not_these = [
            self._rejected.get(entry.line_key, frozenset())
            | {f"new:{number}" for _, number in self._correction(entry).rejected}
            for entry in entries
        ]

        def search(asked: Sequence[Asked]) -> list[list[Offered]]:
            return [
                [
                    one
                    for index in indexes
                    for one in index.candidates(credit)
                    if _is_none_of(one, not_these[at])
                ]
                for at, credit in asked
            ]

        return decide_lines(
            [self._readings[entry.entry_id] for entry in entries], search,
            offered=[self._offers[entry.entry_id] for entry in entries],
            aliases=self._aliases, rule=self._rule,
        )  # fmt: skip

    def _decided(self, entry: EntryToIdentify, outcome: Outcome) -> EntryDecision:
        readings = self._readings[entry.entry_id]
        if len(self._new) and any(
            self._new.candidates(one) for one in (*readings, *self._aliases.readings(readings[0]))
        ):
            [outcome] = self._weigh([entry], self._index, self._new)
        if outcome.choice == "accept":
            return self._accepted(entry, outcome)
        return EntryDecision(
            entry_id=entry.entry_id,
            status="provisional",
            confidence=outcome.confidence if outcome.choice == "provisional" else 0.0,
            method="catalogue" if entry.catalogue else "library",
            reasons=outcome.reasons,
            candidates=self._candidates(outcome.ranked),
            catalogue=entry.catalogue,
            revision=entry.revision,
        )

    def _accepted(self, entry: EntryToIdentify, outcome: Outcome) -> EntryDecision:
        best = outcome.ranked[0].candidate
        facts = self._facts(entry, best)
        track: str | TrackRecord
        if best.source == "library":
            track = self._added.get(best.id, best.id)
        else:
            own = facts[0] if best.facts else None
            credit = best.credit
            if own is not None:
                credit = _names_only(credit if own.named else self._reading(entry, outcome.ranked[0]))
            track = TrackRecord(best.source, best.id, credit, best.url, own)
            stand_in = f"new:{best.id}"
            self._added[stand_in] = track
            self._new.add(stand_in, credit)
        methods = {"library": "library", "catalogue": "catalogue"}
        return EntryDecision(
            entry_id=entry.entry_id,
            status="identified",
            track=track,
            confidence=outcome.confidence,
            method=methods.get(best.source, "api"),  # type: ignore[arg-type]
            sources=tuple(dict.fromkeys((best.source, *(one.provider for one in facts)))),
            facts=facts,
            reasons=outcome.reasons,
            candidates=self._candidates(outcome.ranked),
            catalogue=entry.catalogue,
            revision=entry.revision,
        )

    def _reading(self, entry: EntryToIdentify, taken: Ranked) -> Credit:
        """What the line says, read as it was when this candidate was taken."""
        readings = self._readings[entry.entry_id]
        return readings[taken.reading] if taken.reading < len(readings) else entry.credit

    def _facts(self, entry: EntryToIdentify, best: Offered) -> tuple[Facts, ...]:
        """What providers say of the recording that was taken, its own provider first."""
        identity = identity_key(best.credit)
        same = [
            one
            for one in self._offers[entry.entry_id]
            if one.facts and one != best and identity_key(one.credit) == identity
        ]
        taken: dict[str, Facts] = {}
        for one in (*([best] if best.facts else []), *same):
            taken.setdefault(one.source, Facts.read(one.facts or {}))
        return tuple(taken.values())

    def _candidates(self, ranked: Sequence[Ranked]) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                source=one.candidate.source,
                candidate_id=one.candidate.id,
                credit=one.candidate.credit,
                score=one.verdict.score,
                confidence=one.verdict.confidence,
                decision=one.verdict.decision,
                reasons=one.verdict.reasons,
                url=one.candidate.url,
                facts=one.candidate.facts,
            )
            for one in ranked
            if one.candidate.id not in self._added
        )


def _is_none_of(candidate: Offered, tracks: frozenset[str]) -> bool:
    """Whether a candidate is, or would become, none of these tracks, told by their ids and identity keys."""
    return not tracks or (candidate.id not in tracks and identity_key(candidate.credit) not in tracks)


def _names_only(credit: Credit) -> Credit:
    """Artists, title and version: what else a provider says is kept as facts, where its terms allow."""
    return replace(credit, label=None, catalog_number=None, album=None, duration=None, isrc=None, year=None)
