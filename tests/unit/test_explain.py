"""Explanations agree with the decisions they explain and name their parts."""

from __future__ import annotations

import json

import pytest

from mixtrove.errors import BadInput
from mixtrove.explain import compare_with, explain
from mixtrove.matching import Candidate, Credit, compare

LINE = "[05] Moby - Go (Woodtick Mix) [Instinct - IN 05]"


def test_a_line_is_shown_as_it_is_read() -> None:
    found = explain("03. [12:34] w/ A & B feat. C - Part Two (D Remix) (Radio Edit) [unreleased]")
    [one] = found.components
    read = one.reading
    assert (found.marks, found.cue_seconds) == ("03. [12:34] w/", 754)
    assert (read.artists, read.featured, read.title) == (("A", "B"), ("C",), "Part Two")
    assert (read.mix_type, read.cut, read.remixers) == ("remix", "radio", ("D",))
    assert read.flags == ("unreleased", "layered")
    assert (read.compared_as.mix_name, read.compared_as.mix_kinds) == (("d",), ("remix",))
    assert (one.comparison, one.search) == (None, None)


def test_every_track_of_a_layered_line_is_explained() -> None:
    found = explain("A - One w/ B - Two", against=Credit.parse("B", "Two"))
    assert [one.reading.title for one in found.components] == ["One", "Two"]
    assert [one.comparison.decision for one in found.components if one.comparison] == ["different", "same"]


def test_broken_letters_that_were_mended_are_told() -> None:
    assert explain("NIN - Heresy (RaÃ­Z Edit)").repaired == "NIN - Heresy (RaíZ Edit)"
    assert explain("NIN - Heresy (RaíZ Edit)").repaired is None


@pytest.mark.parametrize(
    ("artist", "title"),
    [
        ("Moby", "Go (Woodtick Mix)"),
        ("Moby", "Go (Rainforest Mix)"),
        ("Moby", "Go"),
        ("Mobi", "Goo (Woodtick Mix)"),
        ("Chemical Brothers", "Leave Home"),
    ],
)
def test_a_comparison_has_the_numbers_of_the_verdict(artist: str, title: str) -> None:
    other = Credit.parse(artist, title, label="Instinct")
    [one] = explain(LINE, against=other).components
    mine = Credit.parse("Moby", "Go (Woodtick Mix)", label="Instinct", catalog_number="IN 05")
    found, verdict = one.comparison, compare(mine, other)
    assert found is not None
    assert (found.score, found.confidence, found.decision, found.reasons) == (
        verdict.score, verdict.confidence, verdict.decision, verdict.reasons,
    )  # fmt: skip
    assert found.title_agrees == verdict.title
    assert found.names_score + found.support == pytest.approx(found.score)


def test_the_gate_says_what_it_saw() -> None:
    [one] = explain(LINE, against=Credit.parse("Moby", "Go (Rainforest Mix)")).components
    assert one.comparison is not None
    assert one.comparison.gate == 0.25
    assert one.comparison.gate_reason == "other remixer: Woodtick, not Rainforest"


def test_words_that_one_side_lacks_are_named() -> None:
    found = compare_with(
        [Credit.parse("A Guy & Moby", "Go Home")], Candidate("1", Credit.parse("Moby", "Go"))
    )
    assert (found.title_only_in_line, found.title_only_in_other) == (("home",), ())
    assert found.artist_only_in_line == ("a", "guy")


def test_support_is_what_the_label_adds_and_nothing_without_one() -> None:
    other = Credit.parse("Moby & Friend", "Go (Woodtick Mix)", label="Instinct")
    [with_label] = explain(LINE, against=other).components
    [without] = explain(LINE.partition(" [I")[0], against=other).components
    assert with_label.comparison is not None
    assert without.comparison is not None
    assert with_label.comparison.support_from == ("same label",)
    assert with_label.comparison.support > 0
    assert with_label.comparison.names_score == without.comparison.score
    assert (without.comparison.support, without.comparison.support_from) == (0.0, ())


def test_titles_that_differ_leave_the_rest_unweighed() -> None:
    [one] = explain(LINE, against=Credit.parse("Moby", "Everything Else Is Noise")).components
    assert one.comparison is not None
    assert (one.comparison.score, one.comparison.artist_agrees, one.comparison.gate) == (0.0, None, None)


def test_the_reading_that_fits_best_is_named_and_counts_a_little_less() -> None:
    readings = [Credit.parse("Stro Elliot", "Season"), Credit.parse("Season", "Stro Elliot")]
    found = compare_with(readings, Candidate("1", Credit.parse("Season", "Stro Elliot")))
    assert found.read_as == "Season - Stro Elliot"
    assert found.score == pytest.approx(0.97)


def test_a_line_that_is_not_the_same_as_parsed_is_tried_with_other_names_and_swapped() -> None:
    for line, artist, title in (
        ("Atcq - Excursions", "A Tribe Called Quest", "Excursions"),
        ("Opus - Eric Prydz", "Eric Prydz", "Opus"),
    ):
        [one] = explain(line, against=Credit.parse(artist, title)).components
        assert one.comparison is not None
        assert one.comparison.read_as == f"{artist} - {title}"
        assert (one.comparison.decision, one.comparison.score) == ("same", pytest.approx(0.97))


def test_the_dictionary_is_json_and_its_keys_are_the_fields() -> None:
    found = json.loads(json.dumps(explain(LINE, against=Credit.parse("Moby", "Go")).to_dict()))
    assert list(found) == [
        "raw", "repaired", "kind", "marks", "cue_seconds", "components", "accept", "review", "margin",
    ]  # fmt: skip
    assert list(found["components"][0]) == ["reading", "comparison", "search"]
    assert found["components"][0]["reading"]["catalog_number"] == "IN 05"


@pytest.mark.parametrize(
    ("line", "words"),
    [("", "(blank line)"), ("Tracklist:", "(heading)"), ("what a night", "(no artist and title)")],
)
def test_a_line_that_names_no_track_is_one_sentence(line: str, words: str) -> None:
    with pytest.raises(BadInput) as raised:
        explain(line)
    assert words in str(raised.value)
    assert "write it as 'Artist - Title (Version)'" in str(raised.value)
