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
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from mixtrove.asking import Answers, asker
from mixtrove.catalogue.search import Catalogue
from mixtrove.deciding import Decider
from mixtrove.library.aliases import known_aliases
from mixtrove.library.batches import BATCH, Batch, Worker
from mixtrove.library.corrections import corrections_for, rejected_tracks
from mixtrove.library.discoveries import (
    CHUNK,
    PENDING,
    Lines,
    count_entries,
    due_for,
    entries_to_identify,
    write_decisions,
)
from mixtrove.library.index import LibraryIndex
from mixtrove.library.offers import read_offers, write_offers
from mixtrove.library.store import Store
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
    provisional_added: int = 0  # of these tracks
    stale: int = 0  # changed by somebody else meanwhile, left to the next run


def search_catalogue(
    store: Store,
    catalogue: Catalogue,
    *,
    only: Lines | None = None,
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
        only: only these lines.
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
        due = min(count_entries(connection, due_for(catalogue.id), only=only), left)
        aliases = known_aliases(connection)
    total = SearchSummary()
    worker = Worker(store, "catalogue", due_for(catalogue.id), only=only, size=batch_size)
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
    only: Lines | None = None,
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
        due = min(count_entries(connection, PENDING, only=only), left)
        aliases = known_aliases(connection)
    index = LibraryIndex()
    total = MatchSummary()
    done = 0
    last = ""
    while left:
        with store.read() as connection:
            chunk = list(entries_to_identify(connection, None, only=only, after=last, limit=min(CHUNK, left)))
            if not chunk:
                break
            index.refresh(connection)
            offers = read_offers(connection, [entry.entry_id for entry in chunk])
            corrections = corrections_for(connection, {entry.line_key for entry in chunk})
            rejected = rejected_tracks(connection, corrections)
        decider = Decider(index, corrections, rejected, aliases, rule)
        decisions = decider.decide(chunk, offers)
        written = write_decisions(store, decisions)
        total = replace(
            total,
            decided=total.decided + written.identified + written.provisional + written.skipped,
            identified=total.identified + written.identified,
            provisional=total.provisional + written.provisional,
            skipped=total.skipped + written.skipped,
            tracks_added=total.tracks_added + written.tracks_added,
            provisional_added=total.provisional_added + written.provisional_added,
            stale=total.stale + written.stale,
        )
        last = chunk[-1].entry_id
        left -= len(chunk)
        done += len(chunk)
        if progress:
            progress(done, max(due, done))
    return total
