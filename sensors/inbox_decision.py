"""Which files of the inbox to import now: a pure decision from what lies there and what was seen before.

Times alone are not trusted: a file that is copied can carry an old time, and another machine's clock can be
wrong. A file is ready when two looks, at least two seconds apart, found it unchanged. What was asked for is
remembered by content; the inbox itself says what is done, because imported files leave it. So a lost cursor,
a week without the daemon or a run that died cost time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from mixtrove.inbox import SETTLED_AFTER, Dropped

BATCH = 1_000
"""Files a run is asked for at most; the others follow when these have left the inbox."""

PATIENCE = 600.0
"""Seconds after which a file that still lies there is asked for again while runs are under way that may take
it; doubled at each attempt."""

ABANDONED = 60.0
"""The same when no run is under way: those that were asked for were killed, and not started again."""

LONGEST = 6 * 3600.0
"""Seconds between two attempts at most."""

MAX_HASHED = 256 << 20
"""Bytes that one look reads at most: a look has 60 s (limit of a sensor)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of a file."""

    size: int
    modified_ns: int
    changed_ns: int
    since: float  # first look that found it so, seconds since 1970
    digest: str | None = None  # SHA-256, once it was ready
    asked_at: float | None = None  # when a run was asked for it
    attempts: int = 0

    def still(self, file: Dropped) -> bool:
        """Whether the file is as it was."""
        return (self.size, self.modified_ns, self.changed_ns) == (
            file.size,
            file.modified_ns,
            file.changed_ns,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now."""

    cursor: str  # for the next look
    files: Mapping[str, str] = field(default_factory=dict)  # name → SHA-256: ask for a run on these
    run_key: str | None = None
    reason: str = ""  # why there is nothing to do
    growing: bool = False  # a file may be ready when it is looked at once more, ``SETTLED_AFTER`` later


def decide(
    files: Sequence[Dropped],
    cursor: str | None,
    now: float,
    digest: Callable[[Dropped], str | None],
    *,
    running: bool,
) -> Decision:
    """Decide what to ask for.

    Args:
        files: what lies in the inbox, by name.
        cursor: of the last decision; None, or not one of ours, counts as nothing seen.
        now: seconds since 1970.
        digest: SHA-256 of a file, None when it may not be read; called once for each version of a file.
        running: whether a run that takes files is under way or queued.
    """
    before = _read(cursor)
    seen: dict[str, Seen] = {}
    budget = MAX_HASHED
    growing = unreadable = waiting = 0
    for file in files:
        if len(seen) == BATCH:
            break
        known = before.get(file.name)
        if known is None or not known.still(file):
            seen[file.name] = Seen(file.size, file.modified_ns, file.changed_ns, now)
            growing += 1
            continue
        seen[file.name] = known
        if known.digest is not None:
            continue
        if now - known.since < SETTLED_AFTER:
            growing += 1
        elif file.size > budget and budget < MAX_HASHED:
            waiting += 1
        else:
            budget -= file.size
            found = digest(file)
            unreadable += found is None
            seen[file.name] = replace(known, digest=found)
    due = {name: one for name, one in seen.items() if one.digest is not None and _due(one, now, running)}
    for name, one in due.items():
        seen[name] = replace(one, asked_at=now, attempts=one.attempts + 1)
    after = json.dumps({name: _short(one) for name, one in seen.items()}, separators=(",", ":"))
    if due:
        return Decision(
            after,
            {name: str(one.digest) for name, one in due.items()},
            _run_key({name: seen[name] for name in due}),
        )
    asked = sum(one.asked_at is not None for one in seen.values())
    parts = [
        f"{number:,} {what}"
        for number, what in (
            (growing, "perhaps still growing"),
            (waiting, "to be read at the next look"),
            (unreadable, "not readable, check the permissions"),
            (asked, "asked for and not taken yet"),
        )
        if number
    ]
    return Decision(after, reason="; ".join(parts) or "the inbox is empty", growing=growing > 0)


def _due(one: Seen, now: float, running: bool) -> bool:
    if one.asked_at is None:
        return True
    wait: float = min((PATIENCE if running else ABANDONED) * 2.0 ** (one.attempts - 1), LONGEST)
    return now - one.asked_at >= wait


def _run_key(files: Mapping[str, Seen]) -> str:
    """Names, contents, times of change and attempts: Dagster remembers a key for ever.

    The time of change lets equal content be dropped again next month; the attempt lets a run that failed
    be asked for again. Asking twice for the same is one run.
    """
    digest = hashlib.sha256()
    for name, one in sorted(files.items()):
        digest.update(f"{name}\0{one.digest}\0{one.changed_ns}\0{one.attempts}\n".encode())
    return f"inbox-{digest.hexdigest()[:32]}"


def _short(one: Seen) -> list[object]:
    return list(asdict(one).values())


def _read(cursor: str | None) -> dict[str, Seen]:
    try:
        return {name: Seen(*values) for name, values in json.loads(cursor or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        return {}  # a cursor that somebody edited; the inbox is simply looked at anew
