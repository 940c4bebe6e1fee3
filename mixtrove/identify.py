"""The stages of identification: what was played in each entry (DESIGN §6), bulk lane.

``search_catalogue`` asks the offline catalogue about every entry that is due and keeps what it offers, batch
by batch; any number of them may share one backlog. ``match_entries`` decides: correction first, then the
library and the catalogue's offers together. Both ask about every reading of a line, other names of its
artists included (those that come with mixtrove and those that people gave). Both may be killed at any moment
and started again: entries are decided in one fixed order, 200 in a transaction, and a decision depends only
on what was decided before it. Two that decide at the same time do no harm and no good: both decide the same,
and what the other has written already is stale.

Not here: how two credits compare (``mixtrove.matching``), the processes that ask (``mixtrove.asking``), how
batches are claimed (``mixtrove.library.batches``), how a decision is written down
(``mixtrove.library.discoveries``), asking providers.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from mixtrove.asking import Answers, asker, readings_of_entry
from mixtrove.catalogue.search import Catalogue
from mixtrove.library.aliases import known_aliases
from mixtrove.library.batches import BATCH, Batch, Worker
from mixtrove.library.corrections import LineCorrection, corrections_for, rejected_tracks
from mixtrove.library.discoveries import (
    CHUNK,
    PENDING,
    Candidate,
    EntryDecision,
    EntryToIdentify,
    TrackRecord,
    count_entries,
    due_for,
    entries_to_identify,
    write_decisions,
)
from mixtrove.library.index import LibraryIndex
from mixtrove.library.offers import read_offers, write_offers
from mixtrove.library.store import Store
from mixtrove.matching import Credit, Outcome, Ranked
from mixtrove.matching.aliases import Aliases
from mixtrove.matching.choice import Candidate as Offered
from mixtrove.matching.readings import Asked, decide_lines
from mixtrove.matching.verdict import RULE, Rule

LOOK_AGAIN = 0.25
"""Seconds between two looks at whether other workers are done."""

Progress = Callable[[int, int], None]  # (done, of)


@dataclass(frozen=True, slots=True)
class SearchSummary:
    """What searching the catalogue did."""

    searched: int = 0  # entries asked about
    offered: int = 0  # … for which it has something close
    batches: int = 0  # in which it was done


@dataclass(frozen=True, slots=True)
class MatchSummary:
    """What deciding did, in entries."""

    decided: int = 0
    identified: int = 0
    provisional: int = 0
    skipped: int = 0
    tracks_added: int = 0
    stale: int = 0  # changed by somebody else meanwhile, left to the next run


def search_catalogue(
    store: Store,
    catalogue: Catalogue,
    *,
    tracklist_id: str | None = None,
    limit: int | None = None,
    batch_size: int = BATCH,
    processes: int | None = None,
    rule: Rule = RULE,
    progress: Progress | None = None,
) -> SearchSummary:
    """Ask the catalogue about every entry that is due and keep what it offers.

    Due are entries that are pending or provisional and were not compared with this catalogue: what it was
    asked about already is not asked again. Memory holds a few batches, however long the backlog is. Others
    may do the same at the same time, in this process or elsewhere: each entry is asked about by one of them,
    and each of them ends when everything is done, having taken over what a killed one left behind.

    Args:
        store: the store of the entries.
        catalogue: the catalogue, open.
        tracklist_id: only entries of this tracklist.
        limit: at most so many; then nobody is waited for.
        batch_size: entries that are claimed and asked about at a time.
        processes: that ask; by default one a core when thousands are due, else this one alone.
        rule: what counts as certain.
        progress: is told how many of how many are done after each batch.

    Raises:
        BadInput: the catalogue cannot be used.
        StoreUnavailable: the batches before are kept, this one is left to the next run.
    """
    left = sys.maxsize if limit is None else limit
    with store.read() as connection:
        due = min(count_entries(connection, due_for(catalogue.id), tracklist_id=tracklist_id), left)
        aliases = known_aliases(connection)
    total = SearchSummary()
    worker = Worker(store, catalogue.id, tracklist_id=tracklist_id, size=batch_size)
    asked: deque[tuple[Batch, Future[Answers]]] = deque()
    done = False
    try:
        with asker(catalogue, aliases, rule, entries=due, processes=processes) as catalogues:
            while True:
                while len(asked) < catalogues.ahead and (batch := worker.claim(left)):
                    left -= len(batch.entries)
                    asked.append((batch, catalogues.ask(batch.entries)))
                if not asked:
                    behind = worker.take_over(left)
                    if behind is None:
                        done = left > 0
                        break
                    if behind == "wait":
                        time.sleep(LOOK_AGAIN)
                        continue
                    left -= len(behind.entries)
                    asked.append((behind, catalogues.ask(behind.entries)))
                batch, answer = asked.popleft()
                offered = write_offers(store, zip(batch.entries, answer.result(), strict=True), catalogue.id)
                worker.finish(batch)
                total = SearchSummary(
                    total.searched + len(batch.entries), total.offered + offered, total.batches + 1
                )
                if progress:
                    progress(total.searched, max(due, total.searched))
    finally:
        worker.close(done=done)
    return total


def match_entries(
    store: Store,
    *,
    tracklist_id: str | None = None,
    limit: int | None = None,
    rule: Rule = RULE,
    progress: Progress | None = None,
) -> MatchSummary:
    """Decide every pending entry from corrections, library and what the catalogue offered.

    The library and the catalogue are weighed together, so that a track the library happens to know
    does not win over a better one that only the catalogue has. What another run decides at the same time is
    counted as stale.
    """
    left = sys.maxsize if limit is None else limit
    with store.read() as connection:
        due = min(count_entries(connection, PENDING, tracklist_id=tracklist_id), left)
        aliases = known_aliases(connection)
    index = LibraryIndex()
    total = MatchSummary()
    done = 0
    last = ""
    while left:
        with store.read() as connection:
            chunk = list(
                entries_to_identify(
                    connection, None, tracklist_id=tracklist_id, after=last, limit=min(CHUNK, left)
                )
            )
            if not chunk:
                break
            index.refresh(connection)
            offers = read_offers(connection, [entry.entry_id for entry in chunk])
            corrections = corrections_for(connection, {entry.line_key for entry in chunk})
            rejected = rejected_tracks(connection, corrections)
        decider = _Decider(index, corrections, rejected, aliases, rule)
        decisions = decider.decide(chunk, offers)
        written = write_decisions(store, decisions)
        total = replace(
            total,
            decided=total.decided + written.identified + written.provisional + written.skipped,
            identified=total.identified + written.identified,
            provisional=total.provisional + written.provisional,
            skipped=total.skipped + written.skipped,
            tracks_added=total.tracks_added + written.tracks_added,
            stale=total.stale + written.stale,
        )
        last = chunk[-1].entry_id
        left -= len(chunk)
        done += len(chunk)
        if progress:
            progress(done, max(due, done))
    return total


class _Decider:
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
        self._rejected = rejected  # library tracks by line key
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
            no = self._correction(entry).rejected
            own = offers.get(entry.entry_id, ())
            self._offers[entry.entry_id] = [one for one in own if (one.source, one.id) not in no]
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
                [one for index in indexes for one in index.candidates(credit) if one.id not in not_these[at]]
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
        track: str | TrackRecord
        if best.source == "library":
            track = self._added.get(best.id, best.id)
        else:
            track = TrackRecord(best.source, best.id, best.credit, url=best.url)
            stand_in = f"new:{best.id}"
            self._added[stand_in] = track
            self._new.add(stand_in, best.credit)
        return EntryDecision(
            entry_id=entry.entry_id,
            status="identified",
            track=track,
            confidence=outcome.confidence,
            method="library" if best.source == "library" else "catalogue",
            sources=(best.source,),
            reasons=outcome.reasons,
            candidates=self._candidates(outcome.ranked),
            catalogue=entry.catalogue,
            revision=entry.revision,
        )

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
            )
            for one in ranked
            if one.candidate.id not in self._added
        )
