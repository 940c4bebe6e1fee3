"""One writer at a time: a lock on a file that the operating system drops with the process that held it.

It waits, and says who is at work. A lock of the operating system (``flock``, ``LockFile`` on Windows) needs
no clean-up after ``kill -9``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mixtrove.errors import StoreUnavailable

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


PAUSE = 0.1
"""Seconds between two attempts."""


@contextmanager
def locked(path: Path, *, wait: float, doing: str) -> Iterator[None]:
    """Hold the lock on ``path`` for the length of the block.

    Args:
        path: the lock file; it is created and stays.
        wait: seconds to wait for another holder.
        doing: what its holder does, for the other: "the warehouse is being built".

    Raises:
        StoreUnavailable: somebody else held it for longer, or the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise StoreUnavailable(
            f"{path} cannot be written ({error.strerror}); choose a folder you may write to "
            "(MIXTROVE_HOME is the home of all)"
        ) from error
    try:
        _acquire(descriptor, path, wait, doing)
        with suppress(OSError):  # who holds it is said where there is room for it
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0) if hasattr(os, "pwrite") else None
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait: float, doing: str) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            return _try_lock(descriptor)
        except OSError as error:
            if time.monotonic() >= deadline:
                holder = path.read_text(encoding="ascii", errors="replace").strip()
                raise StoreUnavailable(
                    f"{doing} by process {holder or 'unknown'}, which still holds {path} after {wait:g} s: "
                    "wait for it to end and try again"
                ) from error
            time.sleep(PAUSE)
