"""Encodings, sizes and binaries; and what holds for any bytes at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtrove.errors import BadInput
from mixtrove.tracklists import FORMATS, read_tracklist
from mixtrove.tracklists.decoding import read_path
from mixtrove.tracklists.lines import split_lines

TEXT = "Café - Été (Ø Remix)\nБ - Ж\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_in_every_dress_is_read(encoding: str) -> None:
    assert [line.raw for line in read_tracklist(TEXT.encode(encoding)).lines] == TEXT.splitlines()


def test_windows_1252_is_read_and_said() -> None:
    found = read_tracklist("Café – Été\n".encode("cp1252"))
    assert found.lines[0].raw == "Café – Été"
    assert found.assumptions == ("read as Windows-1252",)


def test_two_encodings_in_one_file_are_read_line_by_line() -> None:
    found = read_tracklist("Café - A\n".encode() + "Été - B\n".encode("cp1252"))
    assert [line.raw for line in found.lines] == ["Café - A", "Été - B"]


@pytest.mark.parametrize("data", [b"", b"  \n\r\n", b"\xef\xbb\xbf", b"\x00\x00"])
def test_nothing_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match=r"^x\.txt is empty"):
        read_tracklist(data, name="x.txt")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "a PNG image"),
        (b"%PDF-1.7 ", "a PDF document"),
        (b"PK\x03\x04 ", "a zip archive"),
        (b"ID3\x04 ", "an MP3 file"),
        (b"\x00\x01\x02abc", "NUL bytes"),
        (b"\x01\x02\x03\x04\x05abc", "control characters"),
    ],
)
def test_binaries_are_refused_with_what_they_are(data: bytes, what: str) -> None:
    with pytest.raises(BadInput, match=rf"^x is not a text file \(.*{what}"):
        read_tracklist(data, name="x")


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(BadInput, match="is 200 MB; a tracklist may have at most 20 MB"):
        read_path(path)


def test_a_directory_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a directory"):
        read_path(tmp_path)
    with pytest.raises(BadInput, match="does not exist"):
        read_path(tmp_path / "none.txt")


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(BadInput, match="no format 'xml'; use one of auto, text, cue, csv, json"):
        read_tracklist(b"A - B", format="xml")


PIECES = st.sampled_from(
    [
        "A - B",
        "[05] ",
        "01. ",
        "12:34",
        "\n",
        "\n\n",
        "\r",
        "ID",
        "w/ ",
        "LABEL",
        "Tracklist:",
        "2014-06-13 - X @ Y",
        "artist,title",
        ",",
        ";",
        '"',
        "\t",
        "TRACK 01 AUDIO",
        "INDEX 01 00:00:00",
        'TITLE "x"',
        "[{",
        "}",
        "é",
        "Ã©",
    ]
)


@given(data=st.binary(max_size=200), format=st.sampled_from(FORMATS))
def test_any_bytes_give_a_tracklist_or_bad_input(data: bytes, format: str) -> None:
    try:
        found = read_tracklist(data, name="f.csv", format=format)
    except BadInput:
        return
    assert [line.position for line in found.entries] == list(range(1, len(found.entries) + 1))


@given(text=st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join), format=st.sampled_from(FORMATS))
def test_any_text_gives_a_tracklist_or_bad_input(text: str, format: str) -> None:
    try:
        found = read_tracklist(text.encode("utf-8", "replace"), name="f.csv", format=format)
    except BadInput:
        return
    assert all((line.position is None) == (not line.components) for line in found.lines)


@given(text=st.lists(PIECES | st.text(st.characters(codec="utf-8"), max_size=8), max_size=30).map("".join))
def test_every_line_of_a_text_is_in_exactly_one_line(text: str) -> None:
    try:
        found = read_tracklist(text.encode(), format="text")
    except BadInput:
        return
    text = text.removeprefix("\ufeff")
    if "\x00" not in text:
        assert [line.raw for line in found.lines] == split_lines(text)
        assert [line.line_no for line in found.lines] == list(range(1, len(found.lines) + 1))
