"""The online lane: providers are asked about the lines that library and catalogue left open (DESIGN §2, §6).

``ask_providers`` takes the entries that are due in batches of at most 100, asks one provider after the other
about each line, in order of expected answers per request, and stops as soon as a line is decided. What they
offer is kept with the entries; ``mixtrove.identify.match_entries`` decides from it, as it does from the
catalogue's offers. A question that a provider cannot answer now waits in the queue with its time, and costs
the line no other provider's answer.

Not here: how a provider is asked (``mixtrove.providers``), which entries are due
(``mixtrove.library.watch``), filling in tracks that are identified (``mixtrove.enrichment``).
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mixtrove.asking import readings_of_entry
from mixtrove.deciding import Decider
from mixtrove.errors import StoreUnavailable
from mixtrove.library.aliases import known_aliases
from mixtrove.library.batches import Worker
from mixtrove.library.corrections import corrections_for, rejected_tracks
from mixtrove.library.discoveries import EntryToIdentify, Lines, count_entries
from mixtrove.library.index import LibraryIndex
from mixtrove.library.offers import OfferRow, offer_rows, read_offers, write_answers
from mixtrove.library.store import Store
from mixtrove.library.watch import (
    Later,
    Watch,
    due_for_providers,
    forget_decided,
    queue,
    queued_for,
    watch,
    watched_lines,
)
from mixtrove.logs import carried, fields
from mixtrove.matching.choice import Candidate, decide_many
from mixtrove.matching.verdict import RULE, Rule
from mixtrove.provider_facts import LATER, UNREADABLE, candidate_of
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderFailure, ProviderOff, ProviderRefused
from mixtrove.providers.gateway import REFUSED_FOR
from mixtrove.providers.provider import Provider
from mixtrove.providers.recording import Found

BATCH = 100
"""Entries in a batch at most (the specification's limit for a job)."""

WORKERS = 5
"""Requests to one provider that may be under way at a time."""

SIGN_OF_LIFE = 20.0
"""Seconds between two signs that this worker is still at its batch."""

LITTLE = 0.5
"""With less than so many of a line's seconds left, a question waits for another run."""

Progress = Callable[[int, int], None]  # (done, of), in entries

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AskSummary:
    """What asking providers did. Lines are counted once, however many entries say the same."""

    entries: int = 0  # looked at
    lines: int = 0  # … different ones
    asked: int = 0  # … about which a provider was asked
    decided: int = 0  # … which are certain now
    offered: int = 0  # … for which there is something close only
    unknown: int = 0  # … which nobody of those who answered knows
    queued: int = 0  # … of the last two, those with a question in the queue
    batches: int = 0
    trouble: str = ""  # why asking ended early: where quotas and answers are kept cannot be used

    def plus(self, other: AskSummary) -> AskSummary:
        """Both together."""
        counted = {
            name: getattr(self, name) + getattr(other, name) for name in self.__slots__ if name != "trouble"
        }
        return AskSummary(**counted, trouble=self.trouble or other.trouble)


def ask_providers(
    store: Store,
    providers: Mapping[str, Provider],
    *,
    only: Lines | None = None,
    limit: int | None = None,
    batch_size: int = BATCH,
    workers: int = WORKERS,
    rule: Rule = RULE,
    progress: Progress | None = None,
) -> AskSummary:
    """Ask providers about every line that is due and keep what they offer.

    Where the providers' own store cannot be used, asking ends and the summary says why.

    May be killed at any moment and run again: what was answered is kept line by line. Several may work at
    the same time, each on batches of its own.

    Args:
        store: the store of the entries.
        providers: those to ask, by name; those that are off are left out.
        only: only these lines.
        limit: at most so many entries.
        batch_size: entries that are claimed at a time, 1 to 100.
        workers: requests to one provider that may be under way at a time.
        rule: what counts as certain.
        progress: is told how many entries of how many are done.

    Raises:
        StoreUnavailable: what was answered before is kept.
    """
    ready = {name: one for name, one in providers.items() if one.searches and one.off() is None}
    if not ready:
        return AskSummary()
    left = sys.maxsize if limit is None else limit
    due_now = due_for_providers(ready, datetime.now(UTC))
    with store.read() as connection:
        due = min(count_entries(connection, due_now, only=only), left)
    worker = Worker(store, "providers", due_now, only=only, size=max(1, min(batch_size, BATCH)))
    total = AskSummary()
    done = False
    try:
        with _Lane(store, ready, worker, workers, rule) as lane:
            while True:
                batch = worker.claim(left) or worker.take_over(left)
                if batch is None or batch == "wait":  # the rest is with other workers
                    done = batch is None and left > 0
                    break
                left -= len(batch.entries)
                with fields(batch=batch.id):
                    total = total.plus(lane.ask(batch.entries, _behind(progress, total.entries, due)))
                worker.finish(batch)
                if total.trouble:
                    break
    finally:
        worker.close(done=done)
    with store.write() as tx:
        forget_decided(tx)
    return total


@dataclass(slots=True)
class _Line:
    """One line of a batch, with what is known of it so far."""

    entry: EntryToIdentify  # the first that says it
    entries: list[EntryToIdentify]
    offers: list[Candidate]
    watched: Watch | None
    to_ask: list[str]  # providers, the next one first
    budget: Budget = field(default_factory=Budget)
    decided: bool = False
    asked: bool = False
    queued: bool = False  # whether a question about it was in the queue
    answers: dict[str, list[OfferRow]] = field(default_factory=dict)
    later: dict[str, Later] = field(default_factory=dict)


class _Lane:
    """Asks about batches. A context: its threads end with the block."""

    def __init__(
        self, store: Store, providers: Mapping[str, Provider], worker: Worker, workers: int, rule: Rule
    ) -> None:
        self._store = store
        self._providers = providers
        self._worker = worker
        self._rule = rule
        self._index = LibraryIndex()
        self._trouble = ""
        self._pools = {
            name: ThreadPoolExecutor(max(1, workers), thread_name_prefix=name) for name in providers
        }

    def __enter__(self) -> _Lane:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)

    def ask(self, entries: Sequence[EntryToIdentify], progress: Callable[[int], None]) -> AskSummary:
        """Ask about the lines of these entries."""
        lines, decide = self._prepared(entries)
        finished = 0
        total = AskSummary(entries=len(entries), lines=len(lines), batches=1)
        for line in self._through(lines, decide):
            self._write(line)
            finished += len(line.entries)
            progress(finished)
            total = total.plus(_summary(line))
        return replace(total, trouble=self._trouble)

    def _prepared(self, entries: Sequence[EntryToIdentify]) -> tuple[list[_Line], Callable[[_Line], bool]]:
        """The lines of a batch and what decides one of them."""
        now = datetime.now(UTC)
        keys = {entry.line_key for entry in entries}
        with self._store.read() as connection:
            self._index.refresh(connection)
            aliases = known_aliases(connection)
            corrections = corrections_for(connection, keys)
            rejected = rejected_tracks(connection, corrections)
            offers = read_offers(connection, [entry.entry_id for entry in entries])
            watched = watched_lines(connection, keys)
            queued = queued_for(connection, [entry.entry_id for entry in entries], now)
        lines: dict[str, _Line] = {}
        for entry in entries:
            line = lines.get(entry.line_key)
            if line is None:
                before = watched.get(entry.line_key)
                line = lines[entry.line_key] = _Line(
                    entry, [], list(offers.get(entry.entry_id, ())), before, self._due(before, now)
                )
            line.entries.append(entry)
            line.queued = line.queued or entry.entry_id in queued
            line.to_ask += [
                name
                for name in self._order()
                if name in queued.get(entry.entry_id, ()) and name not in line.to_ask
            ]

        def decide(line: _Line) -> bool:
            decider = Decider(self._index, corrections, rejected, aliases, self._rule)
            [decision] = decider.decide([line.entry], {line.entry.entry_id: line.offers})
            return decision.status != "provisional"

        return list(lines.values()), decide

    def _due(self, before: Watch | None, now: datetime) -> list[str]:
        """The providers a line is to be put to, for the first time or in a new round."""
        again = before is None or before.next_at <= now
        return [name for name in self._order() if again or (before and name not in before.asked)]

    def _order(self) -> list[str]:
        """The providers by expected answers per request, the best first."""
        return sorted(self._providers, key=lambda name: (-self._providers[name].yields(), name))

    def _through(self, lines: Sequence[_Line], decide: Callable[[_Line], bool]) -> Iterator[_Line]:
        """Take every line from provider to provider until it is decided; gives those that are done."""
        asking: dict[Future[Found], tuple[_Line, str]] = {}

        def go_on(line: _Line) -> bool:
            """Put a line to the next provider; false when it is done."""
            if line.decided or not line.to_ask or self._trouble:
                return False
            name = line.to_ask.pop(0)
            asking[self._pools[name].submit(carried(self._question), name, line)] = line, name
            return True

        for line in lines:
            line.decided = decide(line)
            if not go_on(line):
                yield line
        seen = time.monotonic()
        while asking:
            answered, _ = wait(asking, timeout=SIGN_OF_LIFE, return_when=FIRST_COMPLETED)
            if time.monotonic() - seen > SIGN_OF_LIFE:
                self._worker.still_here()
                seen = time.monotonic()
            for future in answered:
                line, name = asking.pop(future)
                if self._take(line, name, future):
                    line.decided = decide(line)
                    if line.decided:
                        self._providers[name].identified()
                if not go_on(line):
                    yield line

    def _question(self, name: str, line: _Line) -> Found:
        if line.budget.left < LITTLE:
            raise ProviderFailure(name, "the time for one track was used up by other providers", 0.0)
        return self._providers[name].search(line.entry.credit, budget=line.budget)

    def _take(self, line: _Line, name: str, future: Future[Found]) -> bool:
        """Note an answer, or that there is none; whether it brought anything to decide on."""
        provider = self._providers[name]
        try:
            found = future.result()
            offered = [candidate_of(one, provider.terms, found.fetched_at) for one in found.recordings]
            [outcome] = decide_many([readings_of_entry(line.entry)], [offered], rule=self._rule)
            rows = offer_rows(outcome.ranked)
        except ProviderOff:
            return False
        except StoreUnavailable as error:  # of the providers: without it no quota can be kept
            self._trouble = str(error)
            return False
        except ProviderRefused as failure:
            if failure.retry_in < REFUSED_FOR:
                line.later[name] = Later(name, failure.retry_in, failure.why)
            else:  # it will never answer this question
                line.answers[name] = []
            return False
        except ProviderFailure as failure:
            line.later[name] = Later(name, failure.retry_in, failure.why)
            return False
        except UNREADABLE as error:  # what no model foresaw must not cost the other lines their answers
            with fields(provider=name, tracklist=line.entry.tracklist_id):
                _log.warning("%s: its answer to %r cannot be read", name, line.entry.raw_line, exc_info=error)
            line.later[name] = Later(name, LATER, f"its answer cannot be read ({type(error).__name__})")
            return False
        line.asked = True
        line.answers[name] = rows
        line.offers = [one for one in line.offers if one.source != name]
        line.offers += [one.candidate for one in outcome.ranked]
        return bool(outcome.ranked)

    def _write(self, line: _Line) -> None:
        if not line.answers and not line.later and not (line.decided and line.queued):
            return  # decided without asking, or nobody could be asked
        with self._store.write() as tx:
            entries = write_answers(tx, line.entry.line_key, line.answers)
            later = [] if line.decided else list(line.later.values())
            settled = {*line.answers, *line.later}
            # a line that is certain is put to nobody else, also when the decision should find otherwise
            watch(tx, line.entry.line_key, self._providers if line.decided else settled)
            done = set(self._providers) if line.decided else settled - {one.provider for one in later}
            queue(tx, entries, done, later)


def _summary(line: _Line) -> AskSummary:
    undecided = not line.decided and line.asked
    close = any(line.answers.values())
    return AskSummary(
        asked=int(line.asked),
        decided=int(line.decided and line.asked),
        offered=int(undecided and close),
        unknown=int(undecided and not close),
        queued=int(not line.decided and bool(line.later)),
    )


def _behind(progress: Progress | None, done: int, due: int) -> Callable[[int], None]:
    """Tells of the progress of one batch as part of the whole."""
    if progress is None:
        return lambda finished: None
    return lambda finished: progress(done + finished, max(due, done + finished))
