"""What asking providers costs and brings: counted here, added up for all processes a day at a time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Literal

import sqlalchemy as sa

from mixtrove.database.opening import Database, insert
from mixtrove.providers import schema

FLUSH = 50
"""Answers after which what was counted is written, at the latest."""

_TABLE = schema.provider_use

Counted = Literal[
    "requests", "answered", "misses", "cache_hits", "stale", "failures", "refused", "found_lines", "waited"
]


@dataclass(slots=True)
class Use:
    """What was counted for one provider; see ``schema.provider_use``."""

    requests: int = 0
    answered: int = 0
    misses: int = 0
    cache_hits: int = 0
    stale: int = 0
    failures: int = 0
    refused: int = 0
    found_lines: int = 0
    waited: float = 0.0

    @property
    def hit_rate(self) -> float | None:
        """Share of answers that needed no request; None without answers."""
        answers = self.answered + self.misses + self.cache_hits + self.stale
        return (self.cache_hits + self.stale) / answers if answers else None

    @property
    def requests_per_line(self) -> float | None:
        """Requests for each line that was identified; None when there are none."""
        return self.requests / self.found_lines if self.found_lines else None


class Counters:
    """This process's counts, and the day's counts of all. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        """Write to this database."""
        self._database = database
        self._lock = threading.Lock()
        self._all: dict[str, Use] = {}
        self._unwritten: dict[str, Use] = {}
        self._answers = 0

    def add(self, provider: str, what: Counted, number: float = 1) -> None:
        """Count something."""
        with self._lock:
            for uses in (self._all, self._unwritten):
                use = uses.setdefault(provider, Use())
                setattr(use, what, getattr(use, what) + number)
            if what in ("answered", "misses", "cache_hits", "stale"):
                self._answers += 1

    @property
    def due(self) -> bool:
        """Whether it is time to flush."""
        return self._answers >= FLUSH

    def summary(self) -> dict[str, Use]:
        """What this process did, by provider."""
        with self._lock:
            return {name: Use(**asdict(use)) for name, use in self._all.items()}

    def flush(self, day: date, asked: Mapping[str, int]) -> None:
        """Add what was counted since the last time to the day.

        Args:
            day: UTC.
            asked: the slots that were taken on this day, by all processes and by provider: what is
                counted here would miss those of processes that were killed.
        """
        with self._lock:
            unwritten, self._unwritten, self._answers = self._unwritten, {}, 0
        if not unwritten:
            return
        try:
            with self._database.writing() as connection:
                for provider, use in sorted(unwritten.items()):
                    counted = asdict(use) | {"requests": asked.get(provider, 0)}
                    statement = insert(connection, _TABLE).values(provider=provider, day=day, **counted)
                    sums = {name: _TABLE.c[name] + statement.excluded[name] for name in counted}
                    more, new = _TABLE.c.requests, statement.excluded.requests
                    sums["requests"] = sa.case((more > new, more), else_=new)
                    connection.execute(
                        statement.on_conflict_do_update(index_elements=["provider", "day"], set_=sums)
                    )
        except BaseException:
            with self._lock:
                for provider, use in unwritten.items():
                    later = self._unwritten.setdefault(provider, Use())
                    for field in fields(Use):
                        setattr(later, field.name, getattr(later, field.name) + getattr(use, field.name))
            raise

    def of(self, day: date) -> dict[str, Use]:
        """What all processes did on a day, as far as they wrote it, by provider."""
        names = [field.name for field in fields(Use)]
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(_TABLE.c.provider, *(_TABLE.c[name] for name in names)).where(_TABLE.c.day == day)
            )
            return {row.provider: Use(*row[1:]) for row in rows}

    def since(self, day: date) -> dict[str, Use]:
        """What all processes did from this day on, as far as they wrote it, by provider."""
        names = [field.name for field in fields(Use)]
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(_TABLE.c.provider, *(sa.func.sum(_TABLE.c[name]) for name in names))
                .where(_TABLE.c.day >= day)
                .group_by(_TABLE.c.provider)
            )
            return {row.provider: Use(*row[1:]) for row in rows}
