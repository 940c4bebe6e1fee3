"""Providers and jobs that fail: told once an outage, and once when it is over.

An outage is open for a channel from the note that something fails to the note that it works again; while it
is open nothing more is noted of it, however often one looks and whoever does. Not here: how providers are
(``mixtrove.discovery``), the runs themselves (Dagster's).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Literal

import sqlalchemy as sa

from mixtrove.discovery import ProviderState
from mixtrove.library import schema
from mixtrove.library.store import Transaction
from mixtrove.messaging.noting import Note, note

_note = schema.notification

Of = Literal["provider", "run"]
"""What fails."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How something is at a moment; one that only waits is neither failing nor working, and is left out."""

    name: str  # without spaces
    title: str  # for people
    failing: bool
    since: str = ""  # which outage it is; of one that fails
    why: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended, for good: not one that is tried again."""

    run_id: str
    ok: bool
    why: str = ""  # a sentence without secrets


def of_providers(states: Iterable[ProviderState]) -> list[Condition]:
    """Providers that fail or are ready. Off and waiting for a quota are neither."""
    found = []
    for one in states:
        since = one.counted.since
        if one.state == "failing":
            found.append(Condition(one.name, one.title, True, since.isoformat() if since else "", one.why))
        elif one.state == "ready":
            found.append(Condition(one.name, one.title, False))
    return found


def of_job(name: str, results: Sequence[RunResult], enough: int) -> Condition | None:
    """How a job is by its last runs; None when too few failed to say so and it did not succeed either.

    Args:
        name: the job.
        results: its runs, the newest first.
        enough: how many must have failed in a row.
    """
    failed = list(takewhile(lambda one: not one.ok, results))
    if not failed:
        return Condition(name, f"Job {name}", False) if results else None
    if len(failed) < enough:
        return None
    number = f"{len(failed)} runs" if len(failed) < len(results) else f"at least {len(failed)} runs"
    why = f"{number} in a row failed, the last one ({failed[0].run_id[:8]})"
    return Condition(
        name, f"Job {name}", True, failed[-1].run_id, f"{why}: {failed[0].why}" if failed[0].why else why
    )


def note_conditions(
    tx: Transaction, channels: Collection[str], of: Of, conditions: Iterable[Condition]
) -> None:
    """Note for every channel what began to fail and what works again.

    Args:
        tx: the transaction.
        channels: their keys.
        of: what the conditions are of.
        conditions: how things are now; of those that are left out nothing is said.
    """
    now = list(conditions)
    for channel in channels:
        note(tx, [channel], changes(now, open_outages(tx.connection, channel, of), of))


def changes(conditions: Iterable[Condition], open_now: Mapping[str, str], of: Of) -> list[Note]:
    """What is news.

    Args:
        conditions: how things are.
        open_now: by name, the outage that a channel was told of and not of its end.
        of: what they are of.
    """
    now = datetime.now(UTC)
    found = []
    for one in conditions:
        told = open_now.get(one.name)
        if one.failing and told is None:
            thing = f"{one.name} {one.since or now.isoformat()}"
            found.append(
                _said("provider_failing" if of == "provider" else "run_failing", thing, one, one.why)
            )
        elif not one.failing and told is not None:
            seen = f"seen at {now:%Y-%m-%d %H:%M} UTC"
            found.append(_said("provider_back" if of == "provider" else "run_back", told, one, seen))
    return found


def open_outages(connection: sa.Connection, channel: str, of: Of) -> dict[str, str]:
    """By name, the outages that a channel was told of, or is going to be, and not of their end."""
    over = sa.select(_note.c.thing).where(_note.c.channel == channel, _note.c.kind == f"{of}_back")
    things = connection.execute(
        sa.select(_note.c.thing)
        .where(_note.c.channel == channel, _note.c.kind == f"{of}_failing", _note.c.thing.not_in(over))
        .order_by(_note.c.id)
    ).scalars()
    return {thing.partition(" ")[0]: thing for thing in things}


def _said(
    kind: Literal["provider_failing", "provider_back", "run_failing", "run_back"],
    thing: str,
    one: Condition,
    text: str,
) -> Note:
    return Note(kind, thing, payload={"name": one.title, "note": text})
