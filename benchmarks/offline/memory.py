"""What a command and all its children hold in memory while it runs, sampled from ``/proc`` (Linux).

Peaks shorter than the interval are missed. Pages of files that the system could let go at any time count
in ``pss`` and not in ``anonymous``.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

INTERVAL = 0.25  # seconds


@dataclass
class Usage:
    """A command's wall clock seconds and the peaks over its whole tree, in megabytes."""

    seconds: float = 0.0
    peaks: dict[str, float] = field(default_factory=dict)

    def figures(self) -> dict[str, float]:
        names = {
            "rss": "peak resident (RSS, shared pages counted in each process), MB",
            "pss": "peak proportional (PSS), MB",
            "anonymous": "peak anonymous memory, MB",
        }
        return {name: round(self.peaks.get(key, 0.0)) for key, name in names.items()}


def run(command: Sequence[str], *, cwd: Path | None = None) -> Usage:
    """Run a command to its end and say what it took.

    Raises:
        subprocess.CalledProcessError: it failed; its own message is on stderr.
    """
    usage = Usage()
    started = time.perf_counter()
    process = subprocess.Popen(list(command), cwd=cwd, stdout=subprocess.DEVNULL)
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, done, usage), daemon=True)
    watcher.start()
    try:
        code = process.wait()
    finally:
        usage.seconds = time.perf_counter() - started
        done.set()
        watcher.join()
    if code:
        raise subprocess.CalledProcessError(code, list(command))
    return usage


def _watch(pid: int, done: threading.Event, usage: Usage) -> None:
    while not done.is_set():
        sums: dict[str, float] = defaultdict(float)
        for one in tree_of(pid):
            for name, value in memory_of(one).items():
                sums[name] += value
        for name, value in sums.items():
            usage.peaks[name] = max(usage.peaks.get(name, 0.0), value)
        done.wait(INTERVAL)


def tree_of(pid: int) -> list[int]:
    """A process and all its descendants that are alive."""
    children: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, IndexError):  # it has ended meanwhile
            continue
        children[parent].append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children[one]
    return found


def memory_of(pid: int) -> dict[str, float]:
    """``rss``, ``pss`` and ``anonymous`` of one process in megabytes; nothing when it has ended."""
    names = {"Rss": "rss", "Pss": "pss", "Anonymous": "anonymous"}
    found = {}
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in names:
                found[names[name]] = int(rest.split()[0]) / 1024
    except (OSError, ValueError, IndexError):
        return {}
    return found
