"""A progress bar on a terminal; nothing in a pipe, so that logs stay readable."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Bar:
    """Told how far a long step is."""

    def update(self, done: int, of: int | None = None, what: str | None = None) -> None:
        """``done`` of ``of`` (unknown when None); ``what`` replaces the words beside the bar."""


@contextmanager
def progress_bar(what: str, of: int | None = None, *, in_bytes: bool = False) -> Iterator[Bar]:
    """A bar for one long step, gone when it is done. Of bytes it shows the speed and the time left."""
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
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    numbers: tuple[ProgressColumn, ...]
    if in_bytes:
        numbers = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    else:
        numbers = (MofNCompleteColumn(), TimeElapsedColumn())
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), *numbers)
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=of)

        class Shown(Bar):
            _what: str | None = None

            def update(self, done: int, of: int | None = None, what: str | None = None) -> None:
                if in_bytes and what != self._what:  # what was there before is no speed
                    progress.reset(task, completed=done, total=of, description=what or "")
                    self._what = what
                progress.update(task, completed=done, total=of, description=what or None)

        yield Shown()
