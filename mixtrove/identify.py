"""The stages of identification: what was played in each entry (DESIGN §6), bulk lane.

``search_catalogue`` asks the offline catalogue about every entry that is due and keeps what it offers;
``match_entries`` decides: correction first, then the library and the catalogue's offers together. Both
may be killed at any moment and started again: entries are decided in one fixed order, 200 in a
transaction, and a decision depends only on what was decided before it.

Not here: how two credits compare (``mixtrove.matching``), how a decision is written down
(``mixtrove.library.discoveries``), asking providers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from mixtrove.catalogue.search import Catalogue
from mixtrove.library.corrections import LineCorrection, corrections_for, rejected_tracks
from mixtrove.library.discoveries import (
    CHUNK,
    Candidate,
    EntryDecision,
    EntryToIdentify,
    TrackRecord,
    entries_to_identify,
    write_decisions,
)
from mixtrove.library.index import LibraryIndex
from mixtrove.library.offers import read_offers, write_offers
from mixtrove.library.store import Store
from mixtrove.matching import Outcome, Ranked, decide
from mixtrove.matching.choice import Candidate as Offered

SEARCH_CHUNK = 4_000  # entries asked about at a time

Progress = Callable[[int, int], None]  # (done, of)


@dataclass(frozen=True, slots=True)
class SearchSummary:
    """What searching the catalogue did."""

    searched: int = 0  # entries asked about
    offered: int = 0  # … for which it has something close


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
    progress: Progress | None = None,
) -> SearchSummary:
    """Ask the catalogue about every entry that is due and keep what it offers.

    Due are entries that are pending, and provisional ones that were last compared with another
    catalogue. An entry this catalogue was asked about already is not asked again.
    """
    with store.read() as connection:
        due = [
            entry
            for entry in entries_to_identify(connection, catalogue.id, tracklist_id=tracklist_id, limit=limit)
            if entry.catalogue != catalogue.id
        ]
    searched = offered = 0
    for first in range(0, len(due), SEARCH_CHUNK):
        chunk = due[first : first + SEARCH_CHUNK]
        found = catalogue.candidates([entry.credit for entry in chunk])
        offers = [
            (entry, decide(entry.credit, candidates).ranked)
            for entry, candidates in zip(chunk, found, strict=True)
        ]
        offered += write_offers(store, offers, catalogue.id)
        searched += len(chunk)
        if progress:
            progress(searched, len(due))
    return SearchSummary(searched, offered)


def match_entries(
    store: Store,
    *,
    tracklist_id: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> MatchSummary:
    """Decide every pending entry from corrections, library and what the catalogue offered.

    The library and the catalogue are weighed together, so that a track the library happens to know
    does not win over a better one that only the catalogue has.
    """
    with store.read() as connection:
        due = list(entries_to_identify(connection, None, tracklist_id=tracklist_id, limit=limit))
    index = LibraryIndex()
    total = MatchSummary()
    done = 0
    remaining = iter(due)
    while chunk := list(islice(remaining, CHUNK)):
        with store.read() as connection:
            index.refresh(connection)
            offers = read_offers(connection, [entry.entry_id for entry in chunk])
            corrections = corrections_for(connection, {entry.line_key for entry in chunk})
            rejected = rejected_tracks(connection, corrections)
        decider = _Decider(index, corrections, rejected)
        decisions = [decider.decide(entry, offers.get(entry.entry_id, [])) for entry in chunk]
        decider.forget()
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
        done += len(chunk)
        if progress:
            progress(done, len(due))
    return total


class _Decider:
    """Decides the entries of one chunk in order; what one adds to the library the next ones see."""

    def __init__(
        self,
        index: LibraryIndex,
        corrections: dict[str, LineCorrection],
        rejected: dict[str, frozenset[str]],
    ) -> None:
        self._index = index
        self._corrections = corrections
        self._rejected = rejected  # library tracks by line key
        self._added: dict[str, TrackRecord] = {}  # stand-in id → the recording that will be a track

    def forget(self) -> None:
        """Take the stand-ins out again: the next refresh brings the tracks themselves."""
        for stand_in in self._added:
            self._index.remove(stand_in)

    def decide(self, entry: EntryToIdentify, offers: Sequence[Offered]) -> EntryDecision:
        correction = self._corrections.get(entry.line_key)
        if correction is not None:
            made = correction.decision(entry.entry_id, catalogue=entry.catalogue)
            if made is not None:
                return replace(made, revision=entry.revision)
            offers = [one for one in offers if (one.source, one.id) not in correction.rejected]
        tracks = self._index.candidates(entry.credit)
        if correction is not None:
            no = self._rejected[entry.line_key] | {f"new:{number}" for _, number in correction.rejected}
            tracks = [one for one in tracks if one.id not in no]
        outcome = decide(entry.credit, [*tracks, *offers])
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
            self._index.add(stand_in, best.credit)
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
