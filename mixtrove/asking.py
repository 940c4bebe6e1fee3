"""Asking a catalogue about batches of entries: in this process, or in several with a catalogue of their own.

Reading the lines again and comparing happen where the catalogue is; what comes back are plain rows. Not
here: which entries are due and writing down the answers (``mixtrove.identify``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import current_process
from typing import Protocol

from mixtrove.catalogue.match import match_credits
from mixtrove.catalogue.search import Catalogue
from mixtrove.catalogue.worker import Given, catalogue_and_rules, give
from mixtrove.library.discoveries import EntryToIdentify
from mixtrove.library.offers import OfferRow, offer_rows
from mixtrove.matching import Credit
from mixtrove.matching.aliases import Aliases
from mixtrove.matching.verdict import Rule
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.repair import repair_line
from mixtrove.worker_pool import cores, worker_pool

PARALLEL_FROM = 20_000
"""Entries below which more processes cost more than they save. Measured on two cores: they start in 2 s, 5 s
below Dagster's command, which each of them imports; then a batch takes 0.4 s instead of 1.05 s."""

Answers = list[list[OfferRow]]  # for each entry what the catalogue offers, best first


class Asker(Protocol):
    """Something that can be asked about a batch; ``ahead`` is how many batches it can use at a time."""

    ahead: int

    def ask(self, entries: Sequence[EntryToIdentify]) -> Future[Answers]:
        """What the catalogue offers for each of these entries, now or later."""


@contextmanager
def asker(
    catalogue: Catalogue, aliases: Aliases, rule: Rule, *, entries: int, processes: int | None = None
) -> Iterator[Asker]:
    """The way to ask about so many entries that suits their number and this machine.

    Args:
        catalogue: open in this process; others open it again.
        aliases: other names of artists.
        rule: what counts as certain.
        entries: how many are due.
        processes: how many to use; by default one a core, up to 8, and this one alone when few are due.

    Raises:
        MixtroveError: in the block, when one of the processes was ended from outside.
    """
    if processes is None:
        processes = cores() if entries >= PARALLEL_FROM else 1
    if processes < 2 or current_process().daemon:  # a daemonic process may have no children
        yield _Here(catalogue, aliases, rule)
        return
    given = Given(catalogue.directory, catalogue.id, aliases, rule)
    with worker_pool(processes, doing="searched the catalogue", prepare=partial(give, given)) as pool:
        yield _Pool(pool, processes + 1)


def readings_of_entry(entry: EntryToIdentify) -> tuple[Credit, ...]:
    """What an entry says, as it was read on import, then in the other ways the line can be read."""
    for component in parse_line(repair_line(entry.raw_line)).components:
        if component.component == entry.component and component.credit == entry.credit:
            return (entry.credit, *component.readings)
    return (entry.credit,)


def _answers(
    catalogue: Catalogue, entries: Sequence[EntryToIdentify], aliases: Aliases, rule: Rule
) -> Answers:
    lines = [readings_of_entry(entry) for entry in entries]
    found = match_credits(catalogue, lines, aliases=aliases, rule=rule)
    return [offer_rows(outcome.ranked) for outcome in found]


class _Here:
    ahead = 1

    def __init__(self, catalogue: Catalogue, aliases: Aliases, rule: Rule) -> None:
        self._catalogue = catalogue
        self._aliases = aliases
        self._rule = rule

    def ask(self, entries: Sequence[EntryToIdentify]) -> Future[Answers]:
        answer: Future[Answers] = Future()
        answer.set_result(_answers(self._catalogue, entries, self._aliases, self._rule))
        return answer


class _Pool:
    def __init__(self, pool: ProcessPoolExecutor, ahead: int) -> None:
        self._pool = pool
        self.ahead = ahead

    def ask(self, entries: Sequence[EntryToIdentify]) -> Future[Answers]:
        return self._pool.submit(_answer_opened, entries)


def _answer_opened(entries: Sequence[EntryToIdentify]) -> Answers:
    catalogue, aliases, rule = catalogue_and_rules()
    return _answers(catalogue, entries, aliases, rule)
