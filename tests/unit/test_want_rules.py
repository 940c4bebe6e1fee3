"""What one rule says about one track."""

from __future__ import annotations

import pytest

from mixtrove.library.want_rule import HeardTrack, WantRule, judge


def phrases(rule: WantRule, track: HeardTrack) -> tuple[int | None, tuple[str, ...], tuple[str, ...]]:
    found = judge(rule, track)
    return found.priority, found.why, tuple(one.phrase for one in found.why_not)


def test_a_track_that_meets_every_condition_is_wanted_and_says_what_met() -> None:
    rule = WantRule("hessle", min_mixes=2, djs=("ben ufo",), labels=("HESSLE AUDIO",), genres_not=("Trance",))
    track = HeardTrack("t", {"Ben UFO": 3, "Pearson Sound": 2}, "Hessle Audio", ("Techno",))
    assert phrases(rule, track) == (
        4, ("heard in 3 mixes by Ben UFO", "on Hessle Audio", "its genre is Techno"), (),
    )  # fmt: skip


def test_all_objections_are_named() -> None:
    rule = WantRule("r", min_mixes=3, djs=("Ben UFO",), labels=("Text", "XL"), genres_not=("hard house",))
    track = HeardTrack("t", {"Four Tet": 5, None: 1}, None, ("House", "Hard-House"), True, True)
    assert phrases(rule, track) == (
        None,
        (),
        (
            "heard in 0 mixes, the rule asks for 3 of Ben UFO",
            "on no known label, the rule asks for Text or XL",
            "its genre is Hard-House, which the rule leaves out",
            "it is not identified with certainty",
            "it is owned",
        ),
    )


def test_conditions_that_a_rule_does_not_make_are_not_looked_at() -> None:
    rule = WantRule("r", min_mixes=1, not_owned=False, include_provisional=True, priority=2)
    track = HeardTrack("t", {None: 1}, None, (), True, True)
    assert phrases(rule, track) == (2, ("heard in 1 mix",), ())


def test_a_track_of_unknown_genre_is_not_left_out() -> None:
    rule = WantRule("r", min_mixes=1, genres_not=("Trance",))
    assert phrases(rule, HeardTrack("t", {"A": 1})) == (
        2, ("heard in 1 mix by A", "its genre is not known"), (),
    )  # fmt: skip


def test_those_who_played_it_most_are_named_first_and_the_others_counted() -> None:
    track = HeardTrack("t", {"A": 1, "B": 3, "C": 1, "D": 2, "E": 1, None: 4})
    assert judge(WantRule("r"), track).why == ("heard in 12 mixes by B, D, A and 2 more",)


@pytest.mark.parametrize(("mixes", "priority"), [(1, 2), (2, 3), (3, 4), (4, 5), (40, 5)])
def test_by_count_more_mixes_are_a_higher_priority(mixes: int, priority: int) -> None:
    assert WantRule("r", min_mixes=1).priority_for(mixes) == priority
