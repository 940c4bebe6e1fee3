"""Python's collector of reference cycles, told to look less often where many values without cycles are made.

Each look walks over the values that are alive; to a run that holds many of them that was a quarter of the
processor time of writing (``benchmarks/README.md``, "Two editors and a run").
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = (200_000, 50, 100)
_lock = threading.Lock()
_before: list[tuple[int, int, int]] = []  # a copy for each ``rarely`` that is open, in any thread


def look_rarely() -> None:
    """For the rest of this process; what it holds by now is never looked at again."""
    gc.freeze()
    gc.set_threshold(2_000_000, 50, 100)


@contextmanager
def rarely() -> Iterator[None]:
    """Look rarely inside the block; as before when the last such block of the process ends."""
    with _lock:
        _before.append(_before[0] if _before else gc.get_threshold())
        gc.set_threshold(*max(_RARELY, _before[0]))
    try:
        yield
    finally:
        with _lock:
            threshold = _before.pop()
            if not _before:
                gc.set_threshold(*threshold)
