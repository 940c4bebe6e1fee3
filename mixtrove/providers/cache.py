"""What providers answered, kept: fresh for a while, and to fall back on while a provider cannot be asked.

Whether an answer is fresh is decided when it is read, by its age and the policy of that moment. Rows stay
when they are no longer fresh: they are the audit trail, and served when a provider is away, but their
payload never outlives what the provider's terms allow. Refusals and errors are never kept, nor tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from mixtrove.database.opening import Database, insert
from mixtrove.providers import schema
from mixtrove.providers.policy import Kind, Policy, Request

DAYS = 400
"""Rows that are older are dropped, so that the table ends growing."""

_TABLE = schema.provider_result
_CHUNK = 500  # rows deleted in one transaction: slots may be in the same file


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two questions the same."""

    provider: str
    kind: Kind
    scope: str
    key_hash: str  # SHA-256, hexadecimal

    @classmethod
    def of(cls, request: Request) -> Key:
        """The key of a request."""
        hashed = hashlib.sha256(request.key.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(request.provider, request.kind, request.scope, hashed)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was kept. ``payload`` is JSON; None when nothing was found, or it was deleted."""

    fetched_at: datetime
    found: bool
    payload: str | None
    track_id: str | None

    def fresh(self, policy: Policy, kind: Kind, now: datetime) -> bool:
        """Whether it answers without asking."""
        ttl = policy.ttl.get(kind, 0.0) if self.found else policy.miss_ttl
        return self._younger(ttl, now) and (not self.found or self.usable(policy, now))

    def usable(self, policy: Policy, now: datetime) -> bool:
        """Whether there is something in it that may still be served."""
        return self.payload is not None and (policy.ceiling is None or self._younger(policy.ceiling, now))

    def _younger(self, seconds: float, now: datetime) -> bool:
        # an answer from the future was kept before the clock was set back: how old it is, nobody knows
        return timedelta(minutes=-1) <= now - self.fetched_at < timedelta(seconds=min(seconds, 1e9))


class Front(Protocol):
    """A faster store in front of the table, which may be away: then it has nothing."""

    def get(self, key: Key, track_id: str | None) -> Kept | None:
        """What it has of a question that is asked for this track."""

    def put(self, key: Key, kept: Kept, seconds: float) -> None:
        """Keep it for so many seconds."""

    def drop(self, keys: Sequence[tuple[Key, str | None]]) -> None:
        """Forget these, each with the track it was asked for."""


class Cache:
    """The table of answers, with something faster in front where that is configured."""

    def __init__(
        self,
        database: Database,
        front: Front | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``clock`` gives UTC."""
        self._database = database
        self._front = front
        self.now = clock

    def get(self, key: Key, track_id: str | None, policy: Policy) -> Kept | None:
        """What is kept for a question, fresh or not."""
        if self._front is not None:
            kept = self._front.get(key, track_id)
            if kept is not None and kept.fresh(policy, key.kind, self.now()):
                return kept
        columns = (_TABLE.c.fetched_at, _TABLE.c.outcome, _TABLE.c.payload, _TABLE.c.track_id)
        with self._database.read() as connection:
            row = connection.execute(sa.select(*columns).where(_is(key))).one_or_none()
        return Kept(row.fetched_at, row.outcome == "found", row.payload, row.track_id) if row else None

    def put(self, key: Key, request: Request, policy: Policy, payload: Any, *, found: bool) -> datetime:
        """Keep an answer that was understood; gives the time it is of."""
        now = self.now()
        ttl = policy.ttl.get(key.kind, 0.0) if found else policy.miss_ttl
        # ASCII: a lone surrogate or a NUL in a text must not stop a database
        text = json.dumps(payload, separators=(",", ":")) if found and policy.ceiling != 0 else None
        values = {
            "key": request.key.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}"),
            "track_id": request.track_id,
            "fetched_at": now,
            "expires_at": now + timedelta(seconds=min(ttl, 1e9)),
            "deleted_at": _later(now, policy.ceiling) if text is not None else None,
            "outcome": "found" if found else "nothing",
            "payload": text,
        }
        with self._database.writing() as connection:
            before = connection.execute(sa.select(_TABLE.c.track_id).where(_is(key))).scalar()
            statement = insert(connection, _TABLE).values(**_named(key), **values)
            connection.execute(statement.on_conflict_do_update(index_elements=list(_named(key)), set_=values))
        if self._front is not None:
            if before != request.track_id:
                self._front.drop([(key, before)])
            seconds = ttl if policy.ceiling is None else min(ttl, policy.ceiling)
            self._front.put(key, Kept(now, found, text, request.track_id), seconds)
        return now

    def rows(self) -> int:
        """How many questions have an answer, deleted bodies included."""
        with self._database.read() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(_TABLE)).scalar_one())

    def expire(self) -> int:
        """Delete payloads that the providers' terms end, and rows of ``DAYS`` ago; how many payloads went."""
        now = self.now()
        ended = sa.and_(_TABLE.c.deleted_at <= now, _TABLE.c.payload.is_not(None))
        gone = 0
        for keys in self._chunks(ended):
            with self._database.writing() as connection:
                these = sa.and_(sa.or_(*(_is(key) for key, _ in keys)), ended)
                statement = sa.update(_TABLE).where(these).values(payload=None)
                gone += connection.execute(statement).rowcount
        self._delete(_TABLE.c.fetched_at < now - timedelta(days=DAYS))
        return gone

    def forget(
        self, *, track: str | None = None, provider: str | None = None, kind: Kind | None = None
    ) -> int:
        """Forget the answers for a library track, of a provider, of a kind, or of all that are given.

        Returns how many. Without any, nothing is forgotten.
        """
        asked = {"track_id": track, "provider": provider, "kind": kind}
        given = [_TABLE.c[name] == value for name, value in asked.items() if value is not None]
        return self._delete(sa.and_(*given)) if given else 0

    def _delete(self, condition: sa.ColumnElement[bool]) -> int:
        gone = 0
        for keys in self._chunks(condition):
            with self._database.writing() as connection:
                these = sa.and_(sa.or_(*(_is(key) for key, _ in keys)), condition)
                gone += connection.execute(sa.delete(_TABLE).where(these)).rowcount
            if self._front is not None:
                self._front.drop(keys)
        return gone

    def _chunks(self, condition: sa.ColumnElement[bool]) -> Iterator[list[tuple[Key, str | None]]]:
        """The keys of the rows, as long as there are any that were not given already."""
        names = list(Key.__dataclass_fields__)
        order = [_TABLE.c[name] for name in names]
        last: Key | None = None
        while True:
            statement = sa.select(*order, _TABLE.c.track_id).where(condition).order_by(*order).limit(_CHUNK)
            if last is not None:
                behind = sa.tuple_(*order) > sa.tuple_(*(getattr(last, name) for name in names))
                statement = statement.where(behind)
            with self._database.read() as connection:
                keys = [(Key(*row[:4]), row[4]) for row in connection.execute(statement)]
            if not keys:
                return
            yield keys
            last = keys[-1][0]


def _named(key: Key) -> dict[str, str]:
    return {name: getattr(key, name) for name in Key.__dataclass_fields__}


def _is(key: Key) -> sa.ColumnElement[bool]:
    return sa.and_(*(_TABLE.c[name] == value for name, value in _named(key).items()))


def _later(moment: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else moment + timedelta(seconds=min(seconds, 1e9))
