"""Matching many lines against a catalogue: text in, decisions out, in chunks over the cores.

``match_credits`` is what identification uses; ``match_lines`` is the command ``catalogue match``.
Whatever the number of lines, only a few chunks are in memory; the catalogue's files are shared by all
processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, TypedDict, cast

import pyarrow as pa

from mixtrove.catalogue.search import Catalogue
from mixtrove.catalogue.worker import Given, catalogue_and_rules, give
from mixtrove.matching import Credit, Outcome
from mixtrove.matching.aliases import Aliases
from mixtrove.matching.readings import decide_lines, is_open
from mixtrove.matching.verdict import RULE, Rule
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.model import Component
from mixtrove.tracklists.repair import repair_line
from mixtrove.tracklists.text import MAX_LINE
from mixtrove.worker_pool import cores, worker_pool

CHUNK = 4_000  # lines at a time: some 60 MB in each process
PARALLEL_FROM = 3  # chunks below which a second process costs more than it saves

MATCHED = pa.schema(
    [
        ("line_no", pa.int64()), ("component", pa.int32()), ("raw", pa.string()), ("decision", pa.string()),
        ("confidence", pa.float64()), ("candidate_id", pa.string()), ("artist", pa.string()),
        ("title", pa.string()), ("runner_up", pa.string()), ("reasons", pa.string()),
    ]
)  # fmt: skip
"""An output row: a component of a line and what was decided (DESIGN §9)."""


class Matched(TypedDict):
    """A row of ``MATCHED``."""

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


class MatchedChunk(NamedTuple):
    """The rows of some lines, and how many of these lines needed the wider look (``retrieval.py``)."""

    rows: pa.RecordBatch
    lines: int
    wider: int


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
    return _decided(catalogue, lines, Aliases.built_in() if aliases is None else aliases, rule)[0]


def _decided(
    catalogue: Catalogue, lines: Sequence[Sequence[Credit]], aliases: Aliases, rule: Rule
) -> tuple[list[Outcome], int]:
    """All lines at once; then those about which there is more to ask, with all candidates in hand."""
    outcomes, wider = catalogue.weigh(lines, rule=rule)
    again = [at for at, one in enumerate(outcomes) if is_open(lines[at], one, aliases, rule)]
    found = decide_lines(
        [lines[at] for at in again],
        lambda asked: catalogue.candidates([credit for _, credit in asked]),
        aliases=aliases,
        rule=rule,
    )
    for at, outcome in zip(again, found, strict=True):
        outcomes[at] = outcome
    return outcomes, wider


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
    """The rows of ``match_chunks``, one by one."""
    for chunk in match_chunks(
        directory, lines, processes=processes, aliases=aliases, rule=rule, progress=progress
    ):
        yield from cast(list[Matched], chunk.rows.to_pylist())


def match_chunks(
    directory: Path,
    lines: Iterable[str],
    *,
    processes: int | None = None,
    aliases: Aliases | None = None,
    rule: Rule = RULE,
    progress: Callable[[int], None] | None = None,
) -> Iterator[MatchedChunk]:
    """Match raw lines (numbered from 1) against the catalogue in ``directory``, in order.

    A line that is no entry gives one row without component that says why. ``aliases`` and ``rule`` as in
    ``match_credits``. ``progress`` is told how many lines are done. The same lines give the same rows,
    however many ``processes`` share them; by default one a core.
    """
    aliases = Aliases.built_in() if aliases is None else aliases
    chunks = _chunks(lines)
    processes = processes or cores()
    head = list(islice(chunks, PARALLEL_FROM))
    with Catalogue(directory) as catalogue:
        if len(head) < PARALLEL_FROM or processes < 2:
            for part in chain(head, chunks):
                yield _match_chunk(catalogue, part, aliases, rule)
                if progress:
                    progress(len(part[1]))
            return
        given = Given(directory, catalogue.id, aliases, rule)
        _match_chunk(catalogue, (1, head[0][1][:1]), aliases, rule)  # what is compiled is compiled once
    with worker_pool(processes, doing="matched lines", prepare=partial(give, given)) as pool:
        waiting = [pool.submit(_match_opened, chunk) for chunk in chain(head, islice(chunks, 2 * processes))]
        while waiting:
            found = waiting.pop(0).result()
            if (chunk := next(chunks, None)) is not None:
                waiting.append(pool.submit(_match_opened, chunk))
            yield found
            if progress:
                progress(found.lines)


def _chunks(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    iterator = iter(lines)
    first = 1
    while chunk := [line[:MAX_LINE] for line in islice(iterator, CHUNK)]:  # nothing longer is an entry
        yield first, chunk
        first += len(chunk)


def _match_opened(chunk: tuple[int, list[str]]) -> MatchedChunk:
    catalogue, aliases, rule = catalogue_and_rules()
    return _match_chunk(catalogue, chunk, aliases, rule)


def _match_chunk(
    catalogue: Catalogue, chunk: tuple[int, list[str]], aliases: Aliases, rule: Rule
) -> MatchedChunk:
    first, raws = chunk
    lines = [parse_line(repair_line(raw), number) for number, raw in enumerate(raws, first)]
    read = [readings_of(component) for line in lines for component in line.components]
    decided, wider = _decided(catalogue, read, aliases, rule)
    outcomes = iter(decided)
    rows: list[tuple[object, ...]] = []
    for raw, line in zip(raws, lines, strict=True):
        rows += [_row(line.line_no, one.component, raw, next(outcomes)) for one in line.components]
        if not line.components:
            rows.append(
                (line.line_no, None, raw, "none", 0.0, None, None, None, None, line.skip_reason or "")
            )
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, MATCHED, strict=True)]
    return MatchedChunk(pa.RecordBatch.from_arrays(arrays, schema=MATCHED), len(raws), wider)


def _row(line_no: int, component: int, raw: str, outcome: Outcome) -> tuple[object, ...]:
    best = outcome.ranked[0].candidate if outcome.ranked and outcome.choice != "none" else None
    return (
        line_no, component, raw, outcome.choice, round(outcome.confidence, 4),
        best.id if best else None,
        best.artist if best else None,
        best.title if best else None,
        outcome.runner_up.candidate.id if outcome.runner_up else None,
        "; ".join(outcome.reasons),
    )  # fmt: skip
