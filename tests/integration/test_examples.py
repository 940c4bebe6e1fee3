"""The examples a newcomer starts with: nearly all that can be found is found, and nothing wrongly.

``examples/labels.csv`` was labelled by reading before the matcher ran; ``candidate_ids`` is empty where the
version is not in ``examples/catalogue.csv``.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import sqlalchemy as sa

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.match import match_lines
from mixtrove.catalogue.search import Catalogue
from mixtrove.discovery import discover
from mixtrove.library import schema
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.matching import Credit, identity_key
from mixtrove.settings import Settings
from mixtrove.tracklists import read_tracklist

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def catalogue_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("catalogue")
    build_catalogue([EXAMPLES / "catalogue.csv"], out)
    return out


def labels() -> list[dict[str, str]]:
    with (EXAMPLES / "labels.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def judged(rows: list[dict[str, str]], accepted: list[str | None]) -> tuple[float, list[str]]:
    """(share of the identifiable lines that is accepted rightly, the lines accepted wrongly)."""
    identifiable = right = 0
    wrong: list[str] = []
    for row, found in zip(rows, accepted, strict=True):
        expected = row["candidate_ids"].split()
        identifiable += bool(expected)
        if found is not None and found not in expected:
            wrong.append(f"{row['raw']} => {found}")
        right += found is not None and found in expected
    return right / identifiable, wrong


def test_matching_the_lines_accepts_the_right_versions_and_no_wrong_one(catalogue_dir: Path) -> None:
    rows = labels()
    lines = dict.fromkeys(row["raw"] for row in rows)
    matched = {
        (one["raw"], one["component"]): one["candidate_id"] if one["decision"] == "accept" else None
        for one in match_lines(catalogue_dir, lines)
    }
    accepted = [matched.get((row["raw"], int(row["component"]))) for row in rows]
    share, wrong = judged(rows, accepted)
    assert wrong == []
    assert share >= 0.95


def test_importing_and_discovering_gives_the_same_figures(catalogue_dir: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, catalogue=catalogue_dir)
    store = Store.open(settings)
    try:
        rows = labels()
        imported: dict[str, str] = {}
        for name in sorted({row["file"] for row in rows}):
            data = (EXAMPLES / "tracklists" / name).read_bytes()
            tracklist = read_tracklist(data, name=name, source=name)
            imported[name] = import_tracklist(store, tracklist).tracklist_id
        done = discover(store, settings, refresh=False)
        assert done.searched is not None
        entry, play, track = schema.tracklist_entry, schema.track_discovery, schema.library_track
        with store.read() as connection:
            found = connection.execute(
                sa.select(entry.c.tracklist_id, entry.c.line_no, entry.c.component, track.c.identity_key)
                .join(play, play.c.entry_id == entry.c.id)
                .join(track, track.c.id == play.c.library_track_id)
                .where(entry.c.status == "identified")
            ).all()
    finally:
        store.close()
    # a library track holds every cut of a version: it is right when it is the track of a labelled recording
    with Catalogue(catalogue_dir) as catalogue:
        known = catalogue.records([id_ for row in rows for id_ in row["candidate_ids"].split()])
    identity = {
        id_: identity_key(Credit.parse(one["artist"], one["title"], label=one["label"]))
        for id_, one in known.items()
    }
    played = {(one[0], one[1], one[2]): one[3] for one in found}
    accepted: list[str | None] = []
    for row in rows:
        key = played.get((imported[row["file"]], int(row["line_no"]), int(row["component"])))
        same = (id_ for id_ in row["candidate_ids"].split() if identity.get(id_) == key)
        accepted.append(None if key is None else next(same, key))
    share, wrong = judged(rows, accepted)
    assert wrong == []
    assert share >= 0.95
