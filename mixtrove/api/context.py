"""What the handlers of one server share: store, settings, caches, the way to wake the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Annotated

import sqlalchemy as sa
from fastapi import Depends, Request

from mixtrove.api.installation import Installation
from mixtrove.api.settings import ApiSettings
from mixtrove.api.statistics_cache import StatisticsCache
from mixtrove.api.worker import NO_WORKER, WorkerState
from mixtrove.library.api_tokens import Scope
from mixtrove.library.store import Store

if TYPE_CHECKING:
    from mixtrove.settings import Settings


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    user: str
    scope: Scope  # what is allowed: read, also edit, also admin
    token_id: str | None  # None: this machine, without a token


READERS = 2
"""Threads that read the store at a time; the others wait. Threads of Python that compute take the interpreter
from one another: measured with eight connections, 2 of them answer 440 reads a second, 16 answer 240."""


@dataclass(slots=True)
class Context:
    """What the handlers share."""

    settings: Settings
    api: ApiSettings
    store: Store
    statistics: StatisticsCache
    installation: Installation
    tokens_only: bool = False  # whether also this machine needs a token
    wake: Callable[[], None] = field(default=lambda: None)  # tell the worker that there is a job
    worker: Callable[[], WorkerState] = field(default=lambda: NO_WORKER)
    readers: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(READERS))

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """The store for a read that is over soon, see ``Store.read``; files are read without."""
        with self.readers, self.store.read() as connection:
            yield connection


# Dependencies are coroutines, for FastAPI hands every other function to a thread: a third of a read's time.


async def shared(request: Request) -> Context:
    """The context of the application that a request is for."""
    found: Context = request.app.state.context
    return found


async def caller(request: Request) -> Caller:
    """Who asks; ``access`` found it out."""
    found: Caller = request.scope["mixtrove.caller"]
    return found


Shared = Annotated[Context, Depends(shared)]
By = Annotated[Caller, Depends(caller)]
