"""Deciding lines that can be read in several ways: as parsed, with other names of artists, swapped.

Each line is asked about as it was parsed. Only when that decides nothing it is asked about with the other
names of its artists, then as *Title - Artist* when a candidate stands that way round; so the usual line
costs one question. Not here: what the parser itself is unsure of (those readings come with the line), how
readings are weighed against each other (``choice.py``), where candidates come from (the caller says).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mixtrove.matching.aliases import Aliases
from mixtrove.matching.choice import Candidate, Outcome, decide_many
from mixtrove.matching.credit import Credit, identity_key
from mixtrove.matching.verdict import RULE, Rule

Asked = tuple[int, Credit]  # the line's place, and one reading of it
Search = Callable[[Sequence[Asked]], Sequence[Iterable[Candidate]]]


def decide_lines(
    lines: Sequence[Sequence[Credit]],
    search: Search,
    *,
    offered: Sequence[Sequence[Candidate]] | None = None,
    aliases: Aliases,
    rule: Rule = RULE,
) -> list[Outcome]:
    """The decision about each line.

    Args:
        lines: the readings of each line, the first one first.
        search: gives the candidates of readings, best first.
        offered: candidates that each line has already.
        aliases: other names of artists.
        rule: what is accepted.
    """
    readings = [list(some) for some in lines]
    pools: list[dict[tuple[str, str], Candidate]] = [{} for _ in lines]
    if offered is not None:
        for pool, known in zip(pools, offered, strict=True):
            _add(pool, known)
    _gather(search, pools, [(at, one) for at, some in enumerate(readings) for one in some])
    outcomes = decide_many(readings, [list(pool.values()) for pool in pools], rule=rule)

    def again(more: Mapping[int, tuple[Credit, ...]], *, ask: bool) -> None:
        for at, some in more.items():
            readings[at] += some
        if ask:
            _gather(search, pools, [(at, one) for at, some in more.items() for one in some])
        found = decide_many(
            [readings[at] for at in more], [list(pools[at].values()) for at in more], rule=rule
        )
        for at, outcome in zip(more, found, strict=True):
            outcomes[at] = outcome

    if named := {at: some for at in _open(outcomes) if (some := aliases.readings(readings[at][0]))}:
        again(named, ask=True)
    turned = {
        at: (swapped(readings[at][0]),)
        for at in _open(outcomes)
        if any(one.verdict.swapped for one in outcomes[at].ranked)
    }
    if turned:  # whoever has the same words is among the candidates already
        again(turned, ask=False)
    while twice := {
        at: rival for at in _open(outcomes) if (rival := _same_artist(outcomes[at], aliases, rule))
    }:
        for at, rival in twice.items():
            del pools[at][rival.source, rival.id]
        again(dict.fromkeys(twice, ()), ask=False)
    return outcomes


def is_open(readings: Sequence[Credit], outcome: Outcome, aliases: Aliases, rule: Rule = RULE) -> bool:
    """Whether ``decide_lines`` would ask more than once about a line whose first answer is ``outcome``."""
    return outcome.choice != "accept" and bool(
        aliases.readings(readings[0])
        or any(one.verdict.swapped for one in outcome.ranked)
        or _same_artist(outcome, aliases, rule)
    )


def swapped(credit: Credit) -> Credit:
    """The credit read as *Title - Artist*; the version stays with the title."""
    version = f" ({credit.version})" if credit.version else ""
    return Credit.parse(
        credit.title, credit.artist + version, label=credit.label, catalog_number=credit.catalog_number,
        duration=credit.duration, isrc=credit.isrc, year=credit.year,
    )  # fmt: skip


def _same_artist(outcome: Outcome, aliases: Aliases, rule: Rule) -> Candidate | None:
    """The runner-up, when it stands in the way and is the best one under another name of its artist."""
    if outcome.runner_up is None or outcome.ranked[0].verdict.score < rule.accept:
        return None
    best, rival = outcome.ranked[0].candidate, outcome.runner_up.candidate
    identity = identity_key(best.credit)
    same = any(identity_key(one) == identity for one in aliases.readings(rival.credit))
    return rival if same else None


def _open(outcomes: Sequence[Outcome]) -> list[int]:
    return [at for at, outcome in enumerate(outcomes) if outcome.choice != "accept"]


def _gather(search: Search, pools: Sequence[dict[tuple[str, str], Candidate]], asked: list[Asked]) -> None:
    for (at, _), found in zip(asked, search(asked), strict=True):
        _add(pools[at], found)


def _add(pool: dict[tuple[str, str], Candidate], candidates: Iterable[Candidate]) -> None:
    for one in candidates:
        pool.setdefault((one.source, one.id), one)
