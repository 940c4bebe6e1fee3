"""Processes that work side by side for one command, and end with it however it ends.

Not here: what they do. Which processes of other commands still run is ``processes.py``.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process

from mixtrove import collector
from mixtrove.errors import MixtroveError

MOST = 8  # processes that are used unless more are asked for


def cores() -> int:
    """How many processes suit this machine: one a processor that this process may use, ``MOST`` at most."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST)
    return min(os.cpu_count() or 1, MOST)


@contextmanager
def worker_pool(
    processes: int, *, doing: str, prepare: Callable[[], None] | None = None
) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes that each run ``prepare`` first; what waits is dropped when the block ends.

    Args:
        processes: how many.
        doing: what they do, for messages: ``searched the catalogue``.
        prepare: a function that can be pickled; what it raises breaks the pool.

    Raises:
        MixtroveError: one of them was ended from outside.
    """
    # spawn: the callers may run threads, which a forked child would inherit half-way through a lock
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_start, initargs=(prepare,)
    )
    try:
        yield pool
    except BrokenProcessPool as error:
        raise MixtroveError(
            f"a process that {doing} was ended from outside, most likely for want of memory; "
            "free memory and run it again"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start(prepare: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, which ends the pool
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collector.look_rarely()  # it makes millions of values that hold no cycles
    if prepare is not None:
        prepare()


def _end_with_parent() -> None:
    """A killed parent cannot end its pool, and a process of it would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
