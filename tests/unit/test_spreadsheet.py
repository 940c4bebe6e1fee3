"""Cells of a CSV that nobody can be attacked with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtrove.library.spreadsheet import plain_cell, read_csv, safe_cell, to_csv

SIGNS = st.text(st.sampled_from("'=+-@＝＋－＠ \t\r\n\0\u00a0\ufeff\u200bA1,;\""), max_size=6)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", "＝1", "＋1", "－1", "＠A1", "\t=1", "\r", "\n=1", "\0=1"]
)
@pytest.mark.parametrize("before", ["", " ", "  \u00a0", "\ufeff", "\u200b"])
def test_no_cell_begins_like_a_formula(before: str, text: str) -> None:
    assert safe_cell(before + text) == f"'{before}{text}"


@pytest.mark.parametrize("text", ["Opus", "'Round Midnight", "4x4 = 16", "A+B", ""])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


def test_a_number_is_no_text() -> None:
    assert to_csv(("a", "b"), [(-1.5, "-1.5")]) == "a,b\n-1.5,'-1.5\n"


@given(SIGNS)
def test_every_cell_is_read_as_it_was(text: str) -> None:
    cell = safe_cell(text)
    assert plain_cell(str(cell)) == text
    assert str(cell).lstrip(" \u00a0\ufeff\u200b")[:1] not in tuple("=+-@＝＋－＠\t\r\n\0")


def test_a_row_of_dangerous_cells_comes_back() -> None:
    row = ["=cmd|' /C calc'!A0", "'=1", "plain, with a comma", "two\nlines"]
    data = to_csv(("a", "b", "c", "d"), [row]).encode()
    [(_, cells)] = read_csv(data, "x.csv", required=("a",))
    assert list(cells.values()) == row
