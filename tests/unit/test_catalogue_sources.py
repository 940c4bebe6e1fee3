"""Reading the CSV files of a catalogue, good and bad."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mixtrove.catalogue.fingerprint import PROBES, parser_fingerprint
from mixtrove.catalogue.sources import Row, Skipped, read_csv, seconds
from mixtrove.errors import BadInput
from mixtrove.matching import credit, version


def rows(path: Path) -> tuple[list[Row], Skipped]:
    skipped = Skipped()
    return list(read_csv(path, skipped)), skipped


def test_a_row_is_read_as_its_source_spells_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "source,source_id,title,artist,year,duration,extra\n"
        'discogs,12-1,"Opus, Pt. I",Eric Prydz,2016-02-05,9:03,x\n'
    )
    [row], skipped = rows(path)
    assert (row.id, row.artist, row.title, row.year, row.duration, row.label) == (
        "discogs:12-1", "Eric Prydz", "Opus, Pt. I", 2016, 543.0, None,
    )  # fmt: skip
    assert skipped == Skipped(0, 0)


def test_rows_without_artist_title_or_id_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"id,artist,title\n1,,Opus\n2,A,\n,A,B\n\n3,A\n4,A,B\n"))
    found, skipped = rows(path)
    assert [row.id for row in found] == ["4"]
    assert skipped == Skipped(without_artist_or_title=3, without_id=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("215", 215.0), ("3:35", 215.0), ("1:02:03", 3723.0), ("", None), ("x", None), ("0", None)],
)
def test_a_duration_is_seconds_or_minutes_and_seconds(text: str, expected: float | None) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["the file is empty"]),
        (b"id,name,title\n1,a,b\n", ["line 1", "no column artist", "found id, name, title"]),
        (b"artist,title\na,b\n", ["line 1", "no column id"]),
        (b'id,artist,title\n1,a,"b\n' + b"x" * 200_000, ["line ", "check the quotes"]),
        (b"id,artist,title\n1,\xff\xfe,b\n", ["not UTF-8"]),
        (
            gzip.compress(b"id,artist,title\n" + b"1,a,b\n" * 9000, mtime=0)[:-20],
            ["cannot be read to its end"],
        ),
        (b"\x1f\x8bnonsense", ["cannot be read to its end"]),
        (bytes(range(256)) * 40, [""]),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, words: list[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        rows(path)
    text = str(error.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    assert all(word in text for word in words)


def test_a_directory_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a directory"):
        rows(tmp_path)
    with pytest.raises(BadInput, match="no such file"):
        rows(tmp_path / "none.csv")


def test_another_parser_has_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = parser_fingerprint()
    assert len(before) == 16
    assert len(PROBES) == len(set(PROBES))
    caches = (parser_fingerprint, version.head_word, version.parse_version, credit._split_title)
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setitem(version.HEADS, "flip", "vip")
    assert parser_fingerprint() != before
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()
    assert parser_fingerprint() == before
