"""What an installation needs every night, step by step; a step that fails does not stop the others.

Here: the steps, for the command line and for Dagster alike. Not here: when they run, and Dagster's own old
runs (``discovery_assets.maintenance``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mixtrove.database.compacting import Compacted, compact
from mixtrove.errors import MixtroveError
from mixtrove.library.dead_rows import forget_old_requests, forget_published_events
from mixtrove.library.facts import expire
from mixtrove.library.store import Store, has_store
from mixtrove.providers.opening import open_gateway
from mixtrove.providers.store import open_results, open_slots
from mixtrove.upkeep.backup import back_up

if TYPE_CHECKING:
    from mixtrove.settings import Settings

_log = logging.getLogger(__name__)

NOTHING_YET = "nothing was imported yet"


@dataclass(frozen=True, slots=True)
class Done:
    """What a step did, in words and in figures."""

    sentence: str
    figures: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the maintenance."""

    name: str
    title: str
    do: Callable[[Settings], Done]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended: with what it did, or with what was wrong."""

    step: Step
    done: Done | None
    trouble: str = ""

    @property
    def sentence(self) -> str:
        """What is told of it."""
        return self.done.sentence if self.done else self.trouble


def maintain(settings: Settings, steps: Sequence[Step]) -> Iterator[Outcome]:
    """Do the steps one after another."""
    return (attempt(step, settings) for step in steps)


def attempt(step: Step, settings: Settings) -> Outcome:
    """Do one step; whatever goes wrong is its outcome."""
    try:
        return Outcome(step, step.do(settings))
    except MixtroveError as error:
        return Outcome(step, None, str(error))
    except Exception as error:  # noqa: BLE001 - it is told, and the log has it in full
        _log.exception("maintenance step %s", step.name)
        return Outcome(step, None, f"an error of ours ({type(error).__name__}), which the log has in full")


def summary(outcomes: Mapping[str, str]) -> str | None:
    """One sentence about the steps that failed; None when none did.

    Args:
        outcomes: step → what was wrong, empty when nothing was.
    """
    failed = {name: trouble for name, trouble in outcomes.items() if trouble}
    if not failed:
        return None
    told = "; ".join(f"{name}: {trouble}" for name, trouble in failed.items())
    return f"{len(failed)} of {len(outcomes)} steps of the maintenance failed: {told}"


def _backup(settings: Settings) -> Done:
    if not has_store(settings):
        return Done(NOTHING_YET)
    made = back_up(settings, keep=settings.backup_keep)
    return Done(
        f"{made.path}: {made.manifest.total:,} rows, {made.size:,} bytes; {len(made.dropped)} older dropped",
        {
            "path": str(made.path),
            "rows": made.manifest.total,
            "bytes": made.size,
            "dropped": len(made.dropped),
        },
    )


def _answers(settings: Settings) -> Done:
    if settings.database_url is None and not (settings.home / "providers.db").exists():
        return Done("no provider was asked yet")
    gateway = open_gateway(settings)
    try:
        gone, left = gateway.expire(), gateway.answers()
    finally:
        gateway.close()
    return Done(
        f"{gone:,} answers of providers expired, {left:,} questions stay", {"expired": gone, "left": left}
    )


def _offers(settings: Settings) -> Done:
    with _store(settings) as store:
        if store is None:
            return Done(NOTHING_YET)
        gone = expire(store)
    return Done(f"{gone:,} candidates, values and prices expired", {"expired": gone})


def _old_rows(settings: Settings) -> Done:
    with _store(settings) as store:
        if store is None:
            return Done(NOTHING_YET)
        requests, events = forget_old_requests(store), forget_published_events(store)
    return Done(
        f"{requests:,} answers to repeated requests and {events:,} published events deleted",
        {"requests": requests, "events": events},
    )


def _compact(settings: Settings) -> Done:
    parts: dict[str, Compacted] = {}
    with _store(settings) as store:
        if store is None:
            return Done(NOTHING_YET)
        parts["store"] = compact(store)
    with_slots = (settings.home / "providers.db").exists()
    for name, opened in (
        ("providers", open_slots(settings) if with_slots else None),
        ("answers", open_results(settings)),
    ):
        if opened is not None:
            try:
                parts[name] = compact(opened)
            finally:
                opened.close()
    before, after = (sum(getattr(one, which) for one in parts.values()) for which in ("before", "after"))
    figures: dict[str, int | str] = {"bytes before": before, "bytes after": after}
    return Done(
        f"{len(parts)} databases: {before:,} bytes before, {after:,} after, rows counted anew", figures
    )


@contextmanager
def _store(settings: Settings) -> Iterator[Store | None]:
    """The store; None in a home that has none yet."""
    if not has_store(settings):
        yield None
        return
    store = Store.open(settings)
    try:
        yield store
    finally:
        store.close()


BACKUP = Step(
    "backup", "Write a backup, and drop the oldest (MIXTROVE_BACKUP_DIR, MIXTROVE_BACKUP_KEEP).", _backup
)
STEPS = (
    BACKUP,
    Step(
        "answers",
        "Delete what providers' terms let us keep no longer, and answers of 400 days ago.",
        _answers,
    ),
    Step("offers", "Delete candidates, values and prices whose time is over.", _offers),
    Step("old_rows", "Delete answers to repeated requests and events published 30 days ago.", _old_rows),
    Step("compact", "Give back free room, and have the databases count their rows.", _compact),
)
"""In this order: what is deleted is in the backup."""
