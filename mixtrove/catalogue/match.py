"""Matching many lines against a catalogue: text in, decisions out, in chunks over the cores.

``match_credits`` is what identification uses; ``match_lines`` is the command ``catalogue match``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypedDict

from mixtrove.catalogue.build import rarely_collect
from mixtrove.catalogue.search import Catalogue
from mixtrove.matching import Credit, Outcome
from mixtrove.matching.aliases import Aliases
from mixtrove.matching.readings import decide_lines
from mixtrove.matching.verdict import RULE, Rule
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.model import Component
from mixtrove.tracklists.repair import repair_line

CHUNK = 4_000  # lines at a time
PARALLEL_FROM = 3  # chunks below which a second process costs more than it saves


class Matched(TypedDict):
    """One output row: a component of a line and what was decided (DESIGN §9)."""

    line_no: int
    component: int | None
    raw: str
    decision: str
    confidence: float
    candidate_id: str | None
    artist: str | None
    title: str | None
    runner_up: str | None
    reasons: str


def match_credits(
    catalogue: Catalogue,
    lines: Sequence[Sequence[Credit]],
    *,
    aliases: Aliases | None = None,
    rule: Rule = RULE,
) -> list[Outcome]:
    """The decision about each line, from this catalogue alone.

    ``lines`` holds the readings of each line; ``aliases`` are those that come with mixtrove, unless given.
    """
    return decide_lines(
        lines,
        lambda asked: catalogue.candidates([credit for _, credit in asked]),
        aliases=Aliases.built_in() if aliases is None else aliases,
        rule=rule,
    )


def readings_of(component: Component) -> tuple[Credit, ...]:
    """All readings of what a line names, the likeliest first."""
    return (component.credit, *component.readings)


def match_lines(
    directory: Path,
    lines: Iterable[str],
    *,
    processes: int | None = None,
    aliases: Aliases | None = None,
    rule: Rule = RULE,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Matched]:
    """Match raw lines (numbered from 1) against the catalogue in ``directory``, in order.

    A line that is no entry gives one row without component that says why. ``aliases`` and ``rule`` as in
    ``match_credits``. ``progress`` is told how many lines are done.
    """
    aliases = Aliases.built_in() if aliases is None else aliases
    chunks = _chunks(lines)
    head = list(islice(chunks, PARALLEL_FROM))
    processes = processes or min(os.cpu_count() or 1, 8)
    if len(head) < PARALLEL_FROM or processes < 2:
        with Catalogue(directory) as catalogue:
            for part in chain(head, chunks):
                yield from _match_chunk(catalogue, part, aliases, rule)
                if progress:
                    progress(len(part[1]))
        return
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_open, initargs=(directory, aliases, rule)
    ) as pool:
        waiting = [(len(chunk[1]), pool.submit(_match_opened, chunk)) for chunk in head]
        while waiting:
            size, result = waiting.pop(0)
            if (chunk := next(chunks, None)) is not None:
                waiting.append((len(chunk[1]), pool.submit(_match_opened, chunk)))
            yield from result.result()
            if progress:
                progress(size)


def _chunks(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    iterator = iter(lines)
    first = 1
    while chunk := list(islice(iterator, CHUNK)):
        yield first, chunk
        first += len(chunk)


_opened: list[tuple[Catalogue, Aliases, Rule]] = []  # a worker process's own


def _open(directory: Path, aliases: Aliases, rule: Rule) -> None:
    rarely_collect()
    _opened[:] = [(Catalogue(directory), aliases, rule)]


def _match_opened(chunk: tuple[int, list[str]]) -> list[Matched]:
    catalogue, aliases, rule = _opened[0]
    return _match_chunk(catalogue, chunk, aliases, rule)


def _match_chunk(
    catalogue: Catalogue, chunk: tuple[int, list[str]], aliases: Aliases, rule: Rule
) -> list[Matched]:
    first, raws = chunk
    lines = [parse_line(repair_line(raw), number) for number, raw in enumerate(raws, first)]
    read = [readings_of(component) for line in lines for component in line.components]
    outcomes = iter(match_credits(catalogue, read, aliases=aliases, rule=rule))
    rows: list[Matched] = []
    for raw, line in zip(raws, lines, strict=True):
        rows += [_row(line.line_no, one.component, raw, next(outcomes)) for one in line.components]
        if not line.components:
            rows.append(
                Matched(
                    line_no=line.line_no, component=None, raw=raw, decision="none", confidence=0.0,
                    candidate_id=None, artist=None, title=None, runner_up=None,
                    reasons=line.skip_reason or "",
                )
            )  # fmt: skip
    return rows


def _row(line_no: int, component: int, raw: str, outcome: Outcome) -> Matched:
    best = outcome.ranked[0].candidate if outcome.ranked and outcome.choice != "none" else None
    return Matched(
        line_no=line_no,
        component=component,
        raw=raw,
        decision=outcome.choice,
        confidence=round(outcome.confidence, 4),
        candidate_id=best.id if best else None,
        artist=best.credit.artist if best else None,
        title=best.credit.full_title if best else None,
        runner_up=outcome.runner_up.candidate.id if outcome.runner_up else None,
        reasons="; ".join(outcome.reasons),
    )
