"""Whether a process of this machine still runs: what it held is free once it is gone."""

from __future__ import annotations

import os
from pathlib import Path

TOLERANCE = 5.0
"""Seconds by which the clocks of a process and of what it wrote down may differ."""


def is_abandoned(since: float, process_started: float | None) -> bool:
    """Whether work has lost its process.

    Args:
        since: when the process took the work, seconds since 1970.
        process_started: when the process that has its number now was started; None when there is none.
    """
    return process_started is None or process_started > since + TOLERANCE


def process_started(pid: int) -> float | None:
    """When a process was started, seconds since 1970; None when it does not run; 0 when nobody can say."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
        boot = next(
            float(line.split()[1])
            for line in Path("/proc/stat").read_text(encoding="ascii").splitlines()
            if line.startswith("btime ")
        )
    except (FileNotFoundError, ProcessLookupError):  # the latter: it ended while it was read
        if Path("/proc/self/stat").exists():
            return None
        return _started_elsewhere(pid)
    if fields[0] in ("Z", "X"):  # killed, and its parent has not noticed yet
        return None
    return boot + float(fields[19]) / os.sysconf("SC_CLK_TCK")


def _started_elsewhere(pid: int) -> float | None:
    """Without /proc: whether there is a process of this number."""
    if os.name != "posix":
        return 0.0  # signal 0 would end it there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return 0.0
