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
def progress_bar(what: str, of: int | None = None) -> Iterator[Bar]:
    """A bar for one long step, gone when it is done."""
    if not sys.stderr.isatty():
        yield Bar()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=of)

        class Shown(Bar):
            def update(self, done: int, of: int | None = None, what: str | None = None) -> None:
                progress.update(task, completed=done, total=of, description=what or None)

        yield Shown()
