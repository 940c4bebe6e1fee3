"""The catalogue that a process of a pool works with: opened once, and the one that its parent opened.

The pool itself is ``mixtrove.worker_pool``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixtrove.catalogue.search import Catalogue
from mixtrove.errors import BadInput
from mixtrove.matching.aliases import Aliases
from mixtrove.matching.verdict import Rule


@dataclass(frozen=True, slots=True)
class Given:
    """What a process of the pool is told once."""

    directory: Path
    catalogue_id: str
    aliases: Aliases
    rule: Rule


_given: list[Given] = []  # a process's own, as is …
_opened: list[Catalogue] = []  # … its catalogue


def give(given: Given) -> None:
    """Tell this process what it works with."""
    _given[:] = [given]
    _opened.clear()


def catalogue_and_rules() -> tuple[Catalogue, Aliases, Rule]:
    """What this process works with.

    Raises:
        BadInput: the catalogue was replaced since the parent opened it.
    """
    [given] = _given
    if not _opened:
        catalogue = Catalogue(given.directory)
        if catalogue.id != given.catalogue_id:
            raise BadInput(f"the catalogue in {given.directory} was built anew meanwhile: run it again")
        _opened.append(catalogue)
    return _opened[0], given.aliases, given.rule
