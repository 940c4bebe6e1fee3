"""Compiling what numba compiles, once after an installation: ``python -m mixtrove.catalogue.compiling``.

A catalogue of one recording is built, two lines are matched against it and two tracks are looked through for
duplicates: whatever is compiled for that is kept on disk. Without this the first command that compares
something takes half a minute longer.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.match import match_lines
from mixtrove.duplicates import TrackText, find_duplicates
from mixtrove.matching import Credit, compare


def main() -> None:
    """Compile for the types that building, matching, comparing and finding duplicates use."""
    one = Credit.parse("Artist", "Title")
    compare(one, one)
    find_duplicates([TrackText("1", "Artist", "Title"), TrackText("2", "Artist", "Title")])
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "one.csv"
        source.write_text("id,artist,title\n1,Artist,Title\n", encoding="utf-8")
        build_catalogue([source], Path(folder) / "catalogue")
        list(match_lines(Path(folder) / "catalogue", ["Artist - Title", "Artsit - Titel"]))


if __name__ == "__main__":
    main()
