"""Tables that fit a terminal, and that lose nothing in a pipe."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mixtrove.cli.tables import Column, fitted_table, fitted_widths, table, wrapped

TEXT = st.text(st.sampled_from("ab 日ü-"), max_size=40).map(lambda text: " ".join(text.split()))


@st.composite
def columns(draw: st.DrawFn) -> list[Column]:
    """A few columns with an id in front."""
    rows = draw(st.integers(1, 5))
    ids = Column("id", [f"{number:08}" for number in range(rows)], fixed=True)
    names = draw(st.lists(st.sampled_from(["artist", "last seen", "x"]), max_size=4))
    more = [
        Column(name, draw(st.lists(TEXT, min_size=rows, max_size=rows)), spared=draw(st.integers(0, 3)))
        for name in names
    ]
    return [ids, *more]


@given(columns(), st.integers(30, 120))
def test_no_line_is_wider_than_the_terminal_and_no_id_is_cut(made: list[Column], width: int) -> None:
    head, lines = fitted_table(made, width)
    assert all(cell_len(line) <= width for line in (*head, *lines))
    for row_id in made[0].cells:
        assert sum(row_id in line for line in lines) == 1


@given(columns())
def test_in_a_pipe_every_text_is_whole_and_in_its_column(made: list[Column]) -> None:
    head, *lines = table(made)
    assert len(lines) == len(made[0].cells)
    assert head.split() == " ".join(column.name for column in made).split()
    for number, line in enumerate(lines):
        assert " ".join(line.split()) == " ".join(" ".join(column.cells[number] for column in made).split())


@given(TEXT, st.integers(2, 30))
def test_a_wrapped_text_is_all_there(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_what_is_longer_than_allowed_says_so() -> None:
    assert wrapped("one two three four", 5, 2) == ["one", "two…"]
    assert wrapped("one two three four", 9, 2) == ["one two", "three…"]
    assert wrapped("seven letters", 5, 1) == ["seve…"]


def test_the_widest_column_gives_way_first() -> None:
    made = [
        Column("id", ["12345678"], fixed=True),
        Column("artist", ["A" * 20]),
        Column("title", ["B" * 60]),
        Column("heard", ["3"], right=True, fixed=True),
    ]
    assert fitted_widths(made, 200) == [8, 20, 60, 5]
    assert fitted_widths(made, 80) == [8, 20, 41, 5]
    assert fitted_widths(made, 50) == [8, 16, 15, 5]
    assert fitted_widths(made, 30) is None


def test_a_table() -> None:
    made = [
        Column("id", ["0001", "0002"], fixed=True),
        Column("title", ["A very long title of a track", "Short"]),
        Column("notes", ["", ""]),
        Column("heard", ["3", "12"], right=True, fixed=True),
    ]
    head, lines = fitted_table(made, 30)
    assert head == ["id    title              heard"]
    assert lines == [
        "0001  A very long title      3",
        "      of a track",
        "0002  Short                 12",
    ]


def test_columns_that_can_be_spared_go_before_text_is_hard_to_read() -> None:
    made = [
        Column("id", ["0001"], fixed=True),
        Column("title", ["A very long title of a track"]),
        Column("label", ["A label of thirty letters or so"], spared=2),
        Column("provisional", ["yes"], fixed=True, spared=1),
    ]
    assert [len(fitted_table(made, width)[0][0].split()) for width in (90, 60, 40)] == [4, 3, 2]


def test_rows_are_blocks_when_nothing_else_fits() -> None:
    made = [Column(name, [f"{name}-{number}" for number in (1, 2)], fixed=True) for name in ("one", "two")]
    head, lines = fitted_table([*made, Column("empty", ["", ""])], 10)
    assert head == []
    assert lines == ["one  one-1", "two  two-1", "", "one  one-2", "two  two-2"]
