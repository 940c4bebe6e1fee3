"""Reading the sources of a catalogue: CSVs and the canonical dump of MusicBrainz, good and bad."""

from __future__ import annotations

import csv
import gzip
import io
import tarfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mixtrove.catalogue import cells
from mixtrove.catalogue.fingerprint import PROBES, parser_fingerprint
from mixtrove.catalogue.sources import SCHEMA, Skipped, read_source, seconds, year
from mixtrove.errors import BadInput
from mixtrove.matching import credit, version

HEADER = (
    "id,artist_credit_id,artist_mbids,artist_credit_name,release_mbid,release_name,recording_mbid,"
    "recording_name,combined_lookup,score\n"
)
ROWS = (
    '1,7,"a-1,a-2",Eric Prydz,r-1,Opus,m-1,"Opus, Pt. ""I""",ericprydzopus,312\n'
    "2,8,a-3,Björk,r-2,,m-2, Hyperballad ,bjorkhyperballad,17\n"
)


def rows(path: Path, **options: bool) -> tuple[list[dict[str, Any]], Skipped]:
    skipped = Skipped()
    found = []
    for batch in read_source(path, skipped, **options):
        assert batch.schema == SCHEMA
        assert 0 < batch.num_rows <= 20_000
        found += batch.to_pylist()
    return found, skipped


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def tar(members: Sequence[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in members:
            member = tarfile.TarInfo(f"musicbrainz-canonical-dump-20260903-080003/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def test_a_row_is_read_as_its_source_spells_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "source,source_id,title,artist,year,duration,extra\n"
        'discogs,12-1,"Opus, Pt. I", Eric Prydz,2016-02-05,9:03,x\n'
    )
    [row], skipped = rows(path)
    assert row == {
        "id": "discogs:12-1", "artist": "Eric Prydz", "title": "Opus, Pt. I", "album": None, "label": None,
        "catalog_number": None, "isrc": None, "year": 2016, "duration": 543.0, "url": None, "rank": 0,
    }  # fmt: skip
    assert skipped == Skipped(0, 0)


def test_rows_without_artist_title_or_id_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"id,artist,title\n1,,Opus\n2,A,\n,A,B\n\n3,A\n4,A,B\n"))
    found, skipped = rows(path)
    assert [row["id"] for row in found] == ["4"]
    assert skipped == Skipped(without_artist_or_title=3, without_id=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("215", 215.0), ("215.25", 215.25), ("3:35", 215.0), ("1:02:03", 3723.0), ("", None), ("x", None),
        ("0", None), ("0.0", None), ("0:00", None), ("5.", 5.0), (".5", 0.5), ("1e3", None),
        ("1:2:3:4", None), ("-3", None), ("٣:٣٥", 215.0), ("²", None), ("9" * 400, None), ("3:", None),
    ],
)  # fmt: skip
def test_a_duration_is_seconds_or_minutes_and_seconds(
    tmp_path: Path, text: str, expected: float | None
) -> None:
    assert seconds(text) == expected
    (tmp_path / "a.csv").write_text(f"id,artist,title,duration\n1,A,B, {text}\n2,A,C,3:35\n")
    assert [row["duration"] for row in rows(tmp_path / "a.csv")[0]] == [expected, 215.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016", 2016),
        ("2016-02-05", 2016),
        ("20160205", 2016),
        ("201", None),
        ("c. 2016", None),
        ("²016", None),
    ],
)
def test_a_year_is_the_first_four_digits(tmp_path: Path, text: str, expected: int | None) -> None:
    assert year(text) == expected
    (tmp_path / "a.csv").write_text(f"id,artist,title,year\n1,A,B,{text}\n2,A,C,\n")
    assert [row["year"] for row in rows(tmp_path / "a.csv")[0]] == [expected, None]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("canonical_musicbrainz_data.csv", (HEADER + ROWS).encode()),
        ("a.csv.zst", zstd((HEADER + ROWS).encode())),
        ("two-frames.zst", zstd(HEADER.encode()) + zstd(ROWS.encode())),
        ("a.csv.gz", gzip.compress((HEADER + ROWS).encode())),
        ("under-another-name", tar([("canonical/canonical_musicbrainz_data.csv", (HEADER + ROWS).encode())])),
        (
            "a.tar.zst",
            zstd(
                tar(
                    [
                        ("COPYING", b"CC0\n"),
                        ("canonical/canonical_recording_redirect.csv", b"recording_mbid\n" * 200_000),
                        ("canonical/canonical_musicbrainz_data.csv", (HEADER + ROWS).encode()),
                        ("canonical/canonical_release_redirect.csv", b"release_mbid\n"),
                    ]
                )
            ),
        ),
    ],
)
def test_the_canonical_dump_is_read_however_it_is_packed(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    found, skipped = rows(tmp_path / name)
    assert [(row["id"], row["artist"], row["title"], row["album"], row["rank"]) for row in found] == [
        ("m-1", "Eric Prydz", 'Opus, Pt. "I"', "Opus", 312),
        ("m-2", "Björk", "Hyperballad", None, 17),
    ]
    assert {row[name] for row in found for name in ("label", "isrc", "url", "year", "duration")} == {None}
    assert skipped == Skipped()


def test_a_name_of_musicbrainz_that_is_broken_into_lines_is_one_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADER + '1,7,a,"Eric\r\nPrydz",r,"Opus\n II",m-1,Opus,x,3\n' + ROWS)
    found, _ = rows(path)
    assert [(row["artist"], row["album"]) for row in found][:2] == [
        ("Eric Prydz", "Opus II"),
        ("Eric Prydz", "Opus"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["the file is empty"]),
        (b"id,name,title\n1,a,b\n", ["line 1", "no column artist", "found id, name, title"]),
        (b"artist,title\na,b\n", ["line 1", "no column id"]),
        (b"recording_mbid,recording_name\n", ["line 1", "no column artist_credit_name, release_name, score"]),
        (b'id,artist,title\n1,a,"b\n' + b"x" * 200_000, ["line 2", "check the quotes"]),
        (b"id,artist,title\n1,a,b\n2,\xff\xfe,b\n", ["near line 3", "not UTF-8"]),
        (b"id,artist,title,more\n1,a,b,\xff\n", ["near line 2", "not UTF-8"]),
        (b'id,artist,title\n1,a,b\n2,a,"b\n', ["line 3", "unexpected end of data", "check the quotes"]),
        (b'id,artist,title\n1,a,b\n2,a,"b\n3,c,d"\n4,e,f\n', ["line 3", "takes in the lines below"]),
        (b'id,artist,title\n1,a,b\n2,"a"x,b\n', ["line 3", "check the quotes"]),
        (b"id,artist,title\n1,a,b\n2,a," + b"x" * 1_000_000 + b"\n", ["line 3", "check the quotes"]),
        (b"id,artist,title\n1,a,b\n2,a" + b"," * 20 + b",".join([b"x" * 90_000] * 12), ["line 3", "1,000,"]),
        (b"id,artist,title\n1,a,b\n2,a," + b"x" * 9_000_000, ["line 3", "no end of the line"]),
        (gzip.compress(b"id,artist,title\n" + b"1,a,b\n" * 9000, mtime=0)[:-20], ["to its end", "again"]),
        (zstd(b"id,artist,title\n" + b"1,a,b\n" * 9000)[:-2], ["to its end", "fetch the file again"]),
        (zstd(tar([("canonical_musicbrainz_data.csv", HEADER.encode() + b"x" * 9000)])[:5000]), ["end"]),
        (tar([("COPYING", b"x" * 9000), ("other.csv", b"x")])[:5000], ["cannot be read to its end"]),
        (tar([("COPYING", b"CC0"), ("b.csv", b"id\n")]), ["no canonical_musicbrainz_data.csv", "b.csv"]),
        (b"\x1f\x8bnonsense", ["cannot be read to its end"]),
        (b"\x28\xb5\x2f\xfdnonsense", ["cannot be read to its end"]),
        (b"PK\x03\x04rest", ["is a zip file", "unpack"]),
        ((HEADER + ROWS + "3,7,a,Eric Pry").encode(), ["in the middle of a row", "fetch the file again"]),
        ((HEADER + ROWS + '3,7,"a,Eric Pry').encode(), ["ends in the middle of a row"]),
        ((HEADER + "3,7,a,Eric\n" + ROWS).encode(), ["line 2", "4 columns instead of 10", "damaged"]),
        ((HEADER + ROWS + "3,7,a,A,r,B,m,C,x,\n").encode(), ["near line 4", "score '' is no number"]),
        (bytes(range(256)) * 40, [""]),
    ],
)  # fmt: skip
def test_a_file_that_is_no_catalogue_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, words: list[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    for strict in (False, True):
        with pytest.raises(BadInput) as error:
            rows(path, strict=strict)
        text = str(error.value)
        assert text.startswith(str(path))
        assert "\n" not in text
        assert all(word in text for word in words), text


def test_what_comes_before_a_broken_row_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,artist,title\n" + "1,a,b\n" * 50_000 + '2,a,"b')
    batches = read_source(path, Skipped())
    assert sum(batch.num_rows for batch in islice(batches, 3)) == 50_000
    with pytest.raises(BadInput, match="line 50002: not readable"):
        next(batches)


def test_a_directory_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a directory"):
        rows(tmp_path)
    with pytest.raises(BadInput, match="no such file"):
        rows(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "lines",
    [
        ["1,A,B", "2,A", "3,A,C,one,two,too,many", "", "   ", "4,A,D"],
        ["1,A,B\r", "2,A,C\r", '3,A,"D"\r'],
        ['1,"A, a","B ""b"""', '2,A 12" Mix,B', '3,A,B"', '4,A,"B"', '5,"A"," B "'],
        ['1,A,B,"two', 'lines"', "2,A,C,one"],
        ["1,A\x00,B\x1c", "2,\u3000A\u3000,\u00a0B", "3,\u2028A,B\x85"],
        ["1,A,B\r2,A,C\r3,A,D"],
    ],
)
@pytest.mark.parametrize("last", ["", "\n"])
def test_rows_that_are_no_plain_ones_come_out_as_csv_reads_them(
    tmp_path: Path, lines: list[str], last: str
) -> None:
    assert_read_like_csv(tmp_path / "a.csv", "id,artist,title,album\n" + "\n".join(lines) + last)


PIECES = st.sampled_from(
    [
        "A",
        "é",
        "音",
        ",",
        '"',
        '""',
        "\n",
        "\r\n",
        "\r",
        " ",
        "\x00",
        "\u00a0",
        '","',
        "\n1,A,B,C",
        '"A"',
        "x" * 9,
    ]
)


@given(
    st.lists(PIECES, max_size=40).map("".join), st.sampled_from([1, 7, 20_000]), st.sampled_from([5, 4096])
)
@example('1,"A""",B,\n2,A,""""\n', 1, 4096)
@example('1,A"\n2,"B,C"\n', 1, 4096)
def test_any_text_is_read_as_csv_reads_it(
    tmp_path_factory: pytest.TempPathFactory, text: str, block: int, read: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "ROWS", block)
        patch.setattr(cells, "READ", read + 200)
        assert_read_like_csv(tmp_path_factory.mktemp("any") / "a.csv", "id,artist,title,album\n" + text)


def assert_read_like_csv(path: Path, text: str) -> None:
    """Fast and slow, our rows and counts are those of Python's own reader; and what it refuses, we refuse."""
    path.write_text(text, encoding="utf-8", newline="")
    expected: list[tuple[str | None, ...]] = []
    counts = Skipped()
    refused = False
    try:
        for row in list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]:
            key, artist, title, album = [*(cell.strip() for cell in row), "", "", "", ""][:4]
            refused |= any(end in artist + title for end in "\r\n")
            counts.without_artist_or_title += bool(row) and not (artist and title)
            counts.without_id += bool(artist and title and not key)
            if artist and title and key:
                expected.append((key, artist, title, album or None))
    except csv.Error:
        refused = True
    for strict in (False, True):
        if refused:
            with pytest.raises(BadInput, match=r"line \d+: "):
                rows(path, strict=strict)
        else:
            found, skipped = rows(path, strict=strict)
            assert [
                tuple(row[name] for name in ("id", "artist", "title", "album")) for row in found
            ] == expected
            assert skipped == counts


def test_the_progress_goes_up_to_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.zst"
    path.write_bytes(zstd(b"id,artist,title\n" + b"".join(b"%d,a,b\n" % number for number in range(50_000))))
    told: list[tuple[int, int]] = []
    assert (
        sum(batch.num_rows for batch in read_source(path, Skipped(), lambda *at: told.append(at))) == 50_000
    )
    assert told == sorted(told)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


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
