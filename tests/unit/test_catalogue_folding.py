"""Rows of several sources that are one recording: which one stays, and what it takes from the others."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.search import Catalogue
from mixtrove.matching import Credit

COLUMNS = ("id", "artist", "title", "label", "catalog_number", "isrc", "year", "duration")
DUMP = (
    "id", "artist_credit_id", "artist_mbids", "artist_credit_name", "release_mbid", "release_name",
    "recording_mbid", "recording_name", "combined_lookup", "score",
)  # fmt: skip


def write(path: Path, rows: list[tuple[Any, ...]], columns: tuple[str, ...] = COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([columns, *rows])
    return path


def test_the_lowest_id_stays_and_takes_what_it_lacks(tmp_path: Path) -> None:
    one = write(
        tmp_path / "one.csv",
        [
            ("b:2", "Eric Prydz", "Opus", "Pryda", "", "", "2016", ""),
            ("b:3", "Other", "Opus", "", "", "", "", ""),
        ],
    )
    two = write(
        tmp_path / "two.csv",
        [
            ("a:9", "ERIC PRYDZ", "Opus (Original Mix)", "pryda", "PRY1", "", "", ""),
            ("a:1", "eric prydz", "opus", "PRYDA", "", "SEX", "2015", "9:03"),
            ("a:2", "Eric Prydz", "Opus", "Virgin", "", "", "", ""),
        ],
    )
    info = build_catalogue([one, two], tmp_path / "catalogue")
    assert (info.rows_read, info.recordings, info.rows_folded) == (5, 4, 1)
    with Catalogue(tmp_path / "catalogue") as catalogue:
        found = catalogue.records(["a:1", "a:2", "a:9", "b:2", "b:3"])
    assert sorted(found) == ["a:1", "a:2", "a:9", "b:3"]
    kept = found["a:1"]
    assert (kept["artist"], kept["title"], kept["label"]) == ("eric prydz", "opus", "PRYDA")
    assert (kept["isrc"], kept["year"], kept["duration"]) == ("SEX", 2015, 543.0)
    assert found["a:2"]["year"] is None


def test_what_is_taken_is_compared_too(tmp_path: Path) -> None:
    rows = [("a:1", "A", "B", "", "", "", "", ""), ("a:2", "a", "b", "", "CAT 7", "", "", "200")]
    build_catalogue([write(tmp_path / "rows.csv", rows)], tmp_path / "filled")
    rows = [("a:1", "A", "B", "", "CAT 7", "", "", "200")]
    build_catalogue([write(tmp_path / "rows.csv", rows)], tmp_path / "whole")
    with Catalogue(tmp_path / "filled") as filled, Catalogue(tmp_path / "whole") as whole:
        assert filled.id == whole.id
        [[one]], [[other]] = (each.candidates([Credit.parse("A", "B")]) for each in (filled, whole))
        assert one.record == other.record


def test_of_a_dump_the_lowest_score_stays(tmp_path: Path) -> None:
    ids = [f"0000000{n}-0000-4000-8000-000000000000" for n in range(3)]
    rows = [
        (n, 1, "m", "Eric Prydz", "r", "Opus", ids[n], title, f"ericprydzopus{n}", score)
        for n, (title, score) in enumerate((("Opus", 30), ("OPUS", 10), ("opus", 20)))
    ]
    build_catalogue([write(tmp_path / "canonical_musicbrainz_data.csv", rows, DUMP)], tmp_path / "catalogue")
    with Catalogue(tmp_path / "catalogue") as catalogue:
        assert list(catalogue.records(ids)) == [ids[1]]
        assert catalogue.records(ids)[ids[1]]["album"] == "Opus"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=30), st.randoms()
)
def test_the_order_of_rows_changes_nothing(rows: list[tuple[str, str]], rng: Any) -> None:
    numbered = [(f"n:{number:02}", *row, "", "", "", "", "") for number, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        first = build_catalogue([write(Path(folder) / "rows.csv", numbered)], Path(folder) / "one")
        rng.shuffle(numbered)
        second = build_catalogue([write(Path(folder) / "rows.csv", numbered)], Path(folder) / "two")
    assert first.recordings == len(set(rows))
    assert first.id == second.id
