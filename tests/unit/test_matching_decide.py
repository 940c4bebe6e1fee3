"""Choosing among candidates: margin, rivals, cuts, order."""

from __future__ import annotations

from itertools import permutations

from mixtrove.matching import Candidate, Credit, decide

OPUS = Credit.parse("Eric Prydz", "Opus")


def candidate(id_: str, artist: str, title: str, source: str = "catalogue") -> Candidate:
    return Candidate(id_, Credit.parse(artist, title), source)


def test_the_exact_version_is_accepted_and_the_remix_is_the_runner_up() -> None:
    found = decide(
        Credit.parse("Eric Prydz", "Opus (Four Tet Remix)"),
        [candidate("a", "Eric Prydz", "Opus"), candidate("b", "Eric Prydz", "Opus - Four Tet Remix")],
    )
    assert (found.choice, found.ranked[0].candidate.id) == ("accept", "b")
    assert found.confidence > 0.999


def test_a_remix_alone_is_offered_for_a_plain_line_and_not_accepted() -> None:
    found = decide(OPUS, [candidate("b", "Eric Prydz", "Opus (Four Tet Remix)")])
    assert found.choice == "provisional"
    assert found.reasons == (
        "nearest: Eric Prydz - Opus (Four Tet Remix)",
        "the original, not Four Tet Remix",
    )


def test_two_tracks_within_the_margin_wait_for_a_person() -> None:
    found = decide(
        Credit.parse("Roni Size & Reprazent", "Western"),
        [candidate("a", "Roni Size", "Western"), candidate("b", "Reprazent", "Western")],
    )
    assert found.choice == "provisional"
    assert found.runner_up is not None
    assert found.reasons[-1].startswith("another track is as close: ")
    alone = decide(Credit.parse("Roni Size & Reprazent", "Western"), [candidate("a", "Roni Size", "Western")])
    assert alone.choice == "accept"


def test_the_same_track_spelled_twice_is_no_rival() -> None:
    found = decide(OPUS, [candidate("a", "Eric Prydz", "Opus"), candidate("b", "Prydz, Eric", "Opus")])
    assert (found.choice, found.ranked[0].candidate.id) == ("accept", "a")


def test_among_cuts_the_named_one_comes_first_else_the_original_before_the_radio_edit() -> None:
    cuts = [
        candidate("a", "Eric Prydz", "Opus (Radio Edit)"),
        candidate("b", "Eric Prydz", "Opus (Extended Mix)"),
        candidate("c", "Eric Prydz", "Opus"),
    ]
    for line, expected in (("Opus", "c"), ("Opus (Extended Mix)", "b"), ("Opus (Radio Edit)", "a")):
        found = decide(Credit.parse("Eric Prydz", line), cuts)
        assert (found.choice, found.ranked[0].candidate.id) == ("accept", expected)
    longer = decide(OPUS, cuts[:2])
    assert (longer.choice, longer.ranked[0].candidate.id) == ("accept", "b")


def test_of_equal_candidates_the_library_s_comes_first_and_then_the_lowest_id() -> None:
    found = decide(
        OPUS,
        [
            candidate("a", "Eric Prydz", "Opus"),
            candidate("t", "Eric Prydz", "Opus", source="library"),
            candidate("b", "Eric Prydz", "Opus"),
        ],
    )
    assert [one.candidate.id for one in found.ranked] == ["t", "a", "b"]


def test_the_order_of_the_candidates_changes_nothing() -> None:
    offered = [
        candidate("a", "Eric Prydz", "Opus (Radio Edit)"),
        candidate("b", "Eric Prydz", "Opus (Four Tet Remix)"),
        candidate("c", "Pryda", "Opus"),
        candidate("d", "Eric Prydz", "Opuss"),
    ]
    answers = {
        (one.choice, one.confidence, one.reasons, tuple(r.candidate.id for r in one.ranked))
        for one in (decide(OPUS, order) for order in permutations(offered))
    }
    assert len(answers) == 1


def test_the_rival_is_kept_beside_the_best_so_that_it_can_be_decided_again() -> None:
    many = [candidate(f"a{number}", "Roni Size", "Western") for number in range(8)]
    found = decide(
        Credit.parse("Roni Size & Reprazent", "Western"),
        [*many, candidate("b", "Reprazent", "Western")],
        keep=3,
    )
    assert found.runner_up in found.ranked
    assert len(found.ranked) == 3


def test_an_unknown_line_is_not_looked_up() -> None:
    found = decide(Credit.parse("Four Tet", "ID"), [candidate("a", "Four Tet", "ID")])
    assert (found.choice, found.reasons) == ("none", ("artist or title is unknown (ID)",))


def test_no_candidate_is_said() -> None:
    assert decide(OPUS, []).reasons == ("no candidate",)
    assert decide(OPUS, [candidate("a", "Nobody", "Elsewhere Altogether")]).reasons == (
        "no candidate is close",
    )


def test_the_exact_remixer_wins_over_one_spelled_nearly_so() -> None:
    found = decide(
        Credit.parse("Slam", "Stepback (Hybris Remix)"),
        [
            candidate("a", "Slam", "Stepback (Hybrid Remix)"),
            candidate("b", "Slam", "Stepback (Hybris Remix)"),
        ],
    )
    assert (found.choice, found.ranked[0].candidate.id) == ("accept", "b")


def test_a_recording_without_the_guest_of_the_line_is_for_a_person() -> None:
    line = Credit.parse("Summer Walker feat. Bryson Tiller", "Playing Games")
    alone = [candidate("a", "Summer Walker", "Playing Games")]
    assert decide(line, alone).choice == "provisional"
    both = [*alone, candidate("b", "Summer Walker feat. Bryson Tiller", "Playing Games (Extended Version)")]
    assert [decide(line, both).choice, decide(line, both).ranked[0].candidate.id] == ["accept", "b"]


def test_a_guest_whom_the_line_leaves_out_does_not_matter() -> None:
    line = Credit.parse("Tensnake", "Automatic")
    assert decide(line, [candidate("a", "Tensnake feat. Fiora", "Automatic")]).choice == "accept"
