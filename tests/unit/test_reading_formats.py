"""CUE sheets, tables and JSON; which is which."""

from __future__ import annotations

import json
from datetime import date

import pytest

from mixtrove.errors import BadInput
from mixtrove.tracklists import Tracklist, read_tracklist


def read(text: str, name: str | None = None, format: str = "auto") -> Tracklist:
    return read_tracklist(text.encode(), name=name, format=format)


def credits(tracklist: Tracklist) -> list[str]:
    return [
        f"{line.components[0].credit.artist} - {line.components[0].credit.full_title}"
        for line in tracklist.entries
    ]


CUE = """PERFORMER "DJ X"
TITLE "My Mix"
REM DATE 2014-06-13
FILE "mix.mp3" MP3
  TRACK 01 AUDIO
    TITLE "Four Tet - Opus"
    PERFORMER "DJ X"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Bleed (Mat Zo Remix)"
    PERFORMER "Meshuggah"
    ISRC GBAAA1400001
    INDEX 00 04:58:00
    INDEX 01 62:03:74
"""


def test_a_cue_sheet_gives_the_mix_and_its_tracks() -> None:
    found = read(CUE)
    assert (found.format, found.dj, found.title, found.played_on) == (
        "cue",
        "DJ X",
        "My Mix",
        date(2014, 6, 13),
    )
    assert credits(found) == ["Four Tet - Opus", "Meshuggah - Bleed (Mat Zo Remix)"]
    assert [line.cue_seconds for line in found.entries] == [0, 3723]
    assert [line.line_no for line in found.lines] == [5, 9]
    assert found.entries[1].components[0].credit.isrc == "GBAAA1400001"


def test_a_broken_cue_sheet_keeps_its_good_tracks_and_names_the_bad_lines() -> None:
    found = read(CUE.replace("62:03:74", "6x:03").replace('    PERFORMER "DJ X"\n', "    NONSENSE\n"))
    assert len(found.entries) == 2
    assert found.entries[1].cue_seconds == 298
    assert "line 7: not a CUE command: NONSENSE" in found.assumptions + found.problems
    assert (
        "line 14: INDEX needs 'nn mm:ss:ff', not '01 6x:03'; the time is left out"
        in found.assumptions + found.problems
    )


def test_a_cue_sheet_without_a_good_track_is_refused_with_its_line() -> None:
    with pytest.raises(BadInput, match=r"x\.cue, line 2: .* is broken .*needs a TITLE"):
        read('FILE "a.mp3" MP3\nTRACK 01 AUDIO\n', "x.cue")


def test_an_audio_name_in_a_cue_sheet_says_who_played_where() -> None:
    found = read(
        'FILE "Mat Zo @ ABGT 500, Los Angeles 2022-10-15.opus" WAVE\n'
        'TRACK 1 AUDIO\nTITLE "B"\nPERFORMER "A"\n'
    )
    assert (found.dj, found.title, found.played_on) == ("Mat Zo", "ABGT 500, Los Angeles", date(2022, 10, 15))


def test_times_of_several_files_are_not_times_of_the_mix() -> None:
    found = read(
        'FILE "a" WAVE\nTRACK 1 AUDIO\nTITLE "A - B"\nINDEX 01 01:00:00\n'
        'FILE "b" WAVE\nTRACK 2 AUDIO\nTITLE "C - D"\n'
    )
    assert [line.cue_seconds for line in found.entries] == [None, None]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_whatever_its_delimiter(delimiter: str) -> None:
    rows = [
        ["Start", "Künstler", "Titel", "Remix", "Label", "Kat.-Nr."],
        ["0:00", "A", "B", "", "L", "L 001"],
        ["3:20", "C", "D", "E Remix", "", ""],
    ]
    found = read("\n".join(delimiter.join(row) for row in rows))
    assert found.format == "csv"
    assert credits(found) == ["A - B", "C - D (E Remix)"]
    assert [line.cue_seconds for line in found.entries] == [0, 200]
    credit = found.entries[0].components[0].credit
    assert (credit.label, credit.catalog_number) == ("L", "L 001")
    assert found.entries[0].raw == delimiter.join(rows[1])


def test_a_markdown_table_is_read() -> None:
    assert credits(read("| # | Artist | Title |\n|---|---|---|\n| 1 | A | B |\n")) == ["A - B"]


@pytest.mark.parametrize(
    "header", ["artist,title", "Performer,Song", "Interpret,Titel", "artiste,morceau", "Artista,Canción"]
)
def test_headers_are_known_in_four_languages(header: str) -> None:
    assert credits(read(f"{header}\nA,B\n")) == ["A - B"]


def test_rows_without_a_title_are_named_and_the_others_kept() -> None:
    found = read("artist,title\nA,B\nC,\n\nE,F\n")
    assert credits(found) == ["A - B", "E - F"]
    assert [line.kind for line in found.lines] == ["heading", "track", "other", "blank", "track"]
    assert "line 3: no title; left out" in found.assumptions + found.problems


def test_one_column_with_whole_lines_is_enough() -> None:
    assert credits(read("time,track\n0:00,A - B\n3:00,C - D\n")) == ["A - B", "C - D"]
    assert credits(read("line\nA - B\nC - D\n", format="csv")) == ["A - B", "C - D"]


@pytest.mark.parametrize("text", ["title,label\nFoo,Bar\n", "foo,bar\n1,2\n"])
def test_a_table_without_artist_is_refused_with_what_was_found_and_what_is_wanted(text: str) -> None:
    with pytest.raises(
        BadInput, match=r"x\.csv, line 1: columns found: “\w+”, “\w+”; wanted: a column “artist”"
    ):
        read(text, "x.csv")


def test_an_open_quotation_mark_does_not_swallow_the_rows_below() -> None:
    found = read('artist,title\nA,"B\n' + "".join(f"C{n},D\n" for n in range(9)))
    assert len(found.entries) == 10
    assert "line 2: a quotation mark is not closed; read as it stands" in found.assumptions + found.problems


def test_a_quoted_cell_over_two_lines_counts_its_lines() -> None:
    found = read('artist,title\nA,"B\nb"\nC,D\n')
    assert credits(found) == ["A - B b", "C - D"]
    assert [line.line_no for line in found.entries] == [2, 4]


def test_a_time_column_that_does_not_ascend_is_no_cue() -> None:
    found = read("artist,title,time\nA,B,6:30\nC,D,4:10\nE,F,5:00\n")
    assert [line.cue_seconds for line in found.entries] == [None, None, None]


def test_json_may_be_a_list_of_lines_or_of_objects() -> None:
    assert credits(read('["A - B", {"Artist": "C", "Track": "D"}]')) == ["A - B", "C - D"]


@pytest.mark.parametrize("key", ["tracks", "tracklist", "entries", "items", "lines"])
def test_json_metadata_is_taken(key: str) -> None:
    found = read(
        json.dumps({"dj": "X", "name": "Mix", "date": "2020-01-02", "url": "https://x.y", key: ["A - B"]})
    )
    assert (found.dj, found.title, found.played_on, found.source_url) == (
        "X",
        "Mix",
        date(2020, 1, 2),
        "https://x.y",
    )


def test_numbers_in_json_are_seconds() -> None:
    found = read('[{"artist": "A", "title": "B", "start": 0}, {"artist": "C", "title": "D", "start": 61.5}]')
    assert [line.cue_seconds for line in found.entries] == [0, 61]


def test_one_object_a_line_is_json_too() -> None:
    assert credits(read('{"artist": "A", "title": "B"}\n{"artist": "C", "title": "D"}\n')) == [
        "A - B",
        "C - D",
    ]


def test_broken_json_is_refused_with_line_and_column() -> None:
    with pytest.raises(BadInput, match=r"b\.json, line 2, column 10: the JSON is broken"):
        read('[{"artist":"C",\n "title" "D"}]', "b.json")


def test_json_without_tracks_says_what_is_wanted() -> None:
    with pytest.raises(BadInput, match="no list of tracks found; wanted: a list of lines"):
        read('{"foo": 1}')


def test_signs_that_no_store_takes_are_taken_out_of_json() -> None:
    assert read('["A\\u0000 - B\\ud800"]').lines[0].raw == "A - B\ufffd"


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("[05] Code 61 - Drop The Deal\n[12] A - B", "text"),
        ("[A] - B, C\n", "text"),
        ("Photon, Inc. - Generate Power, Title\nB - C", "text"),
        ("TITLE - FILE\nINDEX - TRACK", "text"),
        ("artist,title\nA,B", "csv"),
        ("[] x - y", "text"),
        ("[[X]] - y", "text"),
        ('[{"x - y', "json"),
    ],
)
def test_the_content_decides_the_format(text: str, format: str) -> None:
    if format == "json":
        with pytest.raises(BadInput):
            read(text)
    else:
        assert read(text, "x.json").format == format
