"""Compiling what numba compiles, once after an installation: ``python -m mixtrove.catalogue.compiling``.

A catalogue of one recording is built and two lines are matched against it: whatever is compiled for that is
kept on disk. Without this the first command that compares something takes half a minute longer.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.match import match_lines
from mixtrove.matching import Credit, compare


def main() -> None:
    """Compile for the types that building, matching and comparing use."""
    one = Credit.parse("Artist", "Title")
    compare(one, one)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "one.csv"
        source.write_text("id,artist,title\n1,Artist,Title\n", encoding="utf-8")
        build_catalogue([source], Path(folder) / "catalogue")
        list(match_lines(Path(folder) / "catalogue", ["Artist - Title", "Artsit - Titel"]))


if __name__ == "__main__":
    main()
