"""A progress bar on a terminal; nothing in a pipe, so that logs stay readable."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal


class Bar:
    """Told how far a long step is."""

    def update(self, done: int, of: int | None = None, what: str | None = None) -> None:
        """``done`` of ``of`` (unknown when None); ``what`` replaces the words beside the bar."""


@contextmanager
def progress_bar(
    what: str, of: int | None = None, *, numbers: Literal["count", "bytes", "share"] = "count"
) -> Iterator[Bar]:
    """A bar for one long step, gone when it is done.

    It shows how much of how much; of ``bytes`` the speed too, of a ``share`` how many per cent; of both the
    time that is left.
    """
    if not sys.stderr.isatty():
        yield Bar()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    shown: dict[str, tuple[ProgressColumn, ...]] = {
        "count": (MofNCompleteColumn(), TimeElapsedColumn()),
        "bytes": (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()),
        "share": (TaskProgressColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()),
    }
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), *shown[numbers])
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=of)

        class Shown(Bar):
            _what: str | None = None

            def update(self, done: int, of: int | None = None, what: str | None = None) -> None:
                if numbers != "count" and what != self._what:  # what was there before is no speed
                    progress.reset(task, completed=done, total=of, description=what or "")
                    self._what = what
                progress.update(task, completed=done, total=of, description=what or None)

        yield Shown()
