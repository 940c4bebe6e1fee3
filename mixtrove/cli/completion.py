"""``mixtrove completion``: what a shell needs to complete our commands, and the ids that it completes.

Ids are those of the newest rows of a store that is a SQLite file, which is read in milliseconds.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MOST = 100
"""Ids that are offered."""

_VARIABLE = "_MIXTROVE_COMPLETE"  # click's own name for it
_INSTALL = {
    "bash": "mixtrove completion bash > ~/.local/share/bash-completion/completions/mixtrove",
    "zsh": "mixtrove completion zsh > ~/.zfunc/_mixtrove  (with ~/.zfunc in fpath, before compinit)",
    "fish": "mixtrove completion fish > ~/.config/fish/completions/mixtrove.fish",
}


@click.command(epilog="\b\n" + "\n".join(f"{shell}: {line}" for shell, line in _INSTALL.items()))
@click.argument("shell", type=click.Choice(list(_INSTALL)))
def completion(shell: str) -> None:
    """Print the script that completes commands, options, choices and ids in your shell.

    \b
    For example:
      eval "$(mixtrove completion bash)"
    """
    from click.shell_completion import get_completion_class

    from mixtrove.cli import main

    script = get_completion_class(shell)
    if script is not None:
        click.echo(script(main, {}, "mixtrove", _VARIABLE).source())


def tracklist_ids(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The last mixes that were imported, with DJ and title."""
    return _ids("SELECT id, dj, title FROM tracklist ORDER BY id DESC LIMIT ?", begun)


def track_ids(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The last tracks that entered the library."""
    return _ids("SELECT id, artist, title FROM library_track ORDER BY id DESC LIMIT ?", begun)


def _ids(query: str, begun: str) -> list[CompletionItem]:
    """The ends of ids, as lists show them; none when there is no file that can be read.

    The file is read as it is: opening the store would take a second at every key press.
    """
    from click.shell_completion import CompletionItem

    path = Path(os.environ.get("MIXTROVE_HOME") or "data").expanduser() / "mixtrove.db"
    if os.environ.get("MIXTROVE_DATABASE_URL") or not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            rows = file.execute(query, [MOST]).fetchall()
    except sqlite3.Error:
        return []
    found = [(row[0][-8:], " - ".join(part for part in row[1:] if part)) for row in rows]
    return [CompletionItem(short, help=name) for short, name in found if short.startswith(begun)]
