"""Jobs done: the lines that somebody asked for are identified, then wants and warehouse follow.

The worker that ``mixtrove serve`` brings and the one in Dagster call the same functions. Not here: the
queue itself (``mixtrove.library.jobs``), identifying (``mixtrove.discovery``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from mixtrove.discovery import Online, discover, refresh_library
from mixtrove.errors import MixtroveError, StoreUnavailable
from mixtrove.library.discoveries import Lines
from mixtrove.library.jobs import Job, claim, finish, give_back, report
from mixtrove.logs import fields

if TYPE_CHECKING:
    from mixtrove.library.store import Store
    from mixtrove.settings import Settings

REPORTED = 1.0
"""Seconds between two reports of a job's progress at least."""

_STEPS = {"searching the catalogue": 0.0, "asking providers": 0.1, "deciding": 0.7, "filling in tracks": 0.8}
"""How far a job is when a step of ``discover`` begins."""

_log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The job was cancelled, or the worker is to end."""


def work_queue(
    store: Store,
    settings: Settings,
    *,
    online: Online | None = None,
    trouble: str = "",
    stopping: Callable[[], bool] = lambda: False,
) -> Iterator[Job]:
    """Do the jobs that wait, one after another, until none does.

    Args:
        store: the store of the queue.
        settings: of this installation.
        online: the providers to ask; None: library and catalogue only.
        trouble: why there are none.
        stopping: whether this worker is to end; what it is at goes back into the queue.

    Yields:
        Each job as it was claimed, once it has ended.

    Raises:
        StoreUnavailable: the job that was under way is taken up again when its lease ends.
    """
    while not stopping() and (job := claim(store)) is not None:
        with fields(job=job.id, tracklist=job.tracklist_id):
            _end(store, job, partial(_work, store, settings, job, online, trouble, stopping))
        yield job


def _end(store: Store, job: Job, work: Callable[[], None]) -> None:
    """Do the work of a job, and write down how it ended."""
    try:
        work()
    except _Stopped:
        give_back(store, job)  # one that was cancelled stays so
    except StoreUnavailable:
        raise
    except MixtroveError as error:
        _log.warning("the job failed: %s", error)
        finish(store, job, str(error))
    except Exception:  # noqa: BLE001 - a fault of ours in one job must not stop the others
        _log.exception("the job failed")
        finish(store, job, "something went wrong here: see the worker's log, then ask again")
    else:
        finish(store, job)


def _work(
    store: Store,
    settings: Settings,
    job: Job,
    online: Online | None,
    trouble: str,
    stopping: Callable[[], bool],
) -> None:
    told = time.monotonic()

    def progress(step: str, done: int, of: int) -> None:
        nonlocal told
        if stopping():
            raise _Stopped
        if time.monotonic() - told >= REPORTED:
            told = time.monotonic()
            begin = _STEPS.get(step, 0.9)
            if not report(store, job, begin + 0.1 * done / max(of, 1)):
                raise _Stopped

    discover(
        store, settings, online=online, trouble=trouble,
        only=Lines(job.tracklist_id, frozenset(job.positions)), refresh=False, progress=progress,
    )  # fmt: skip
    refresh_library(store, settings)
