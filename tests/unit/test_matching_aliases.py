"""Other names of artists: the table, the readings they give, and what is learnt from records."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from mixtrove.matching import Credit
from mixtrove.matching.aliases import Aliases, Learnt, in_common, learn, name_key, other_name, worth_knowing
from mixtrove.matching.choice import Candidate
from mixtrove.matching.readings import Asked, decide_lines, swapped
from mixtrove.matching.verdict import Rule


def read_as(aliases: Aliases, artist: str, title: str = "Award Tour") -> list[str]:
    return [one.artist for one in aliases.readings(Credit.parse(artist, title))]


PAIRS = Aliases.none().with_pairs(
    [
        ("ATCQ", "A Tribe Called Quest"),
        ("Hall & Oates", "Daryl Hall & John Oates"),
        ("The Bees", "Band Of Bees"),
    ]
)


def test_a_pair_holds_both_ways_and_however_it_is_spelled() -> None:
    assert read_as(PAIRS, "A.T.C.Q.") == ["A Tribe Called Quest"]
    assert read_as(PAIRS, "a tribe called quest") == ["ATCQ"]
    assert read_as(PAIRS, "Bees") == read_as(PAIRS, "The Bees") == ["Band Of Bees"]


def test_only_the_artist_with_another_name_is_replaced() -> None:
    [reading] = PAIRS.readings(
        Credit.parse("De La Soul & ATCQ feat. X", "Award Tour (Y Remix)", label="Jive")
    )
    assert reading.artists == ("De La Soul", "A Tribe Called Quest")
    assert (reading.featured, reading.full_title, reading.label) == (("X",), "Award Tour (Y Remix)", "Jive")


def test_two_artists_may_have_another_name_together() -> None:
    [reading] = PAIRS.readings(Credit.parse("Hall & Oates", "Maneater"))
    assert reading.artists == ("Daryl Hall", "John Oates")
    assert read_as(PAIRS, "Hall") == []


def test_nearly_every_credit_has_no_other_reading() -> None:
    assert PAIRS.readings(Credit.parse("Eric Prydz", "Opus")) == ()
    assert PAIRS.readings(Credit.parse("", "")) == ()


def test_there_are_at_most_four_readings() -> None:
    many = Aliases.none().with_pairs(("A", f"Other {number}") for number in range(9))
    assert len(read_as(many, "A")) == 4


def test_adding_pairs_leaves_the_table_as_it_was() -> None:
    more = PAIRS.with_pairs([("ATCQ", "Tribe"), ("Same", "SAME")])
    assert read_as(more, "ATCQ") == ["A Tribe Called Quest", "Tribe"]
    assert read_as(PAIRS, "ATCQ") == ["A Tribe Called Quest"]
    assert read_as(more, "Same") == []


def test_the_pairs_that_come_with_mixtrove_are_pairs_of_different_names_each_once() -> None:
    text = files("mixtrove.matching").joinpath("aliases.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    keys = [tuple(sorted((name_key(row["name"]), name_key(row["alias"])))) for row in rows]
    assert len(keys) > 100
    assert len(set(keys)) == len(keys)
    assert all(one and other and one != other for one, other in keys)
    assert {row["source"] for row in rows} == {"ids", "titles", "musicbrainz", "discogs", "known"}
    assert all((row["evidence"] == "0") == (row["source"] == "known") for row in rows)
    assert read_as(Aliases.built_in(), "ATCQ") == ["A Tribe Called Quest"]


@pytest.mark.parametrize(
    ("line", "track", "pair"),
    [
        (("ATCQ", "X"), ("A Tribe Called Quest", "X"), ("ATCQ", "A Tribe Called Quest")),
        (("ATCQ & Q", "X (Dub)"), ("Q feat. A Tribe", "X (Dub)"), None),  # one artist is not there at all
        (("A & B", "X"), ("A & C", "X"), ("B", "C")),
        (("A & B", "X"), ("C & D", "X"), ("A & B", "C & D")),
        (("A & B", "X"), ("C", "X"), None),
        (("A", "X"), ("A & B", "X"), None),
        (("A", "X"), ("B", "Y"), None),
        (("A", "X"), ("B", "X (Dub)"), None),
        (("A", "X (B Remix)"), ("B", "X (B Remix)"), None),  # B made the remix, A the track
        (("ID", "X"), ("B", "X"), None),
    ],
)
def test_the_one_artist_whom_two_credits_call_differently(
    line: tuple[str, str], track: tuple[str, str], pair: tuple[str, str] | None
) -> None:
    assert other_name(Credit.parse(*line), Credit.parse(*track)) == pair


def records(*lines: tuple[str, str, str]) -> list[tuple[str, Credit]]:
    return [(identity, Credit.parse(artist, title)) for identity, artist, title in lines]


def test_two_titles_under_one_id_teach_another_name() -> None:
    one = [("1", "Jay Dee", "Nothing Like This"), ("1", "J Dilla", "Nothing Like This")]
    two = [("2", "Jay Dee", "Won't Do"), ("2", "J Dilla", "Won't Do")]
    assert learn(records(*one)) == []
    assert learn(records(*one, *two)) == [Learnt("Jay Dee", "J Dilla", 2, "")]
    together = ("3", "Jay Dee & J Dilla", "Both")
    assert learn(records(*one, *two, together)) == []


def test_initials_need_one_title_and_equal_titles_alone_need_two_and_something_in_common() -> None:
    one = [("1", "ATCQ", "Award Tour"), ("1", "A Tribe Called Quest", "Award Tour")]
    assert [found.how for found in learn(records(*one))] == ["initials"]
    assert learn(records(*one), ids_are_tracks=False) == []
    covers = [
        ("", name, title) for name in ("Devo", "The Rolling Stones") for title in ("Satisfaction", "Jump")
    ]
    assert learn(records(*covers), ids_are_tracks=False) == []
    short = [
        ("", name, title) for name in ("Bobby V", "Bobby Valentino") for title in ("Anonymous", "Slow Down")
    ]
    assert [found.how for found in learn(records(*short), ids_are_tracks=False)] == ["short"]


def test_typos_and_company_are_no_other_names() -> None:
    assert not worth_knowing("Rihanna", "Rihana")
    assert not worth_knowing("Ferry Corsten", "Ferry Corsten with Aruna")
    assert not worth_knowing("Diplo", "Diplo and Sleepy Tom")
    assert worth_knowing("Prince", "Prince and the Revolution")
    assert worth_knowing("Mos Def", "Yasiin Bey")


def test_what_names_have_in_common() -> None:
    assert in_common("A Tribe Called Quest", "ATCQ") == "initials"
    assert in_common("Bobby Valentino", "Bobby V") == "short"
    assert in_common("Musiq", "Musiq Soulchild") == "part"
    assert in_common("Hall & Oates", "Daryl Hall & John Oates") == "part"
    assert in_common("Ye", "Years") == in_common("Mos Def", "Yasiin Bey") == ""


def test_a_swapped_credit_keeps_its_version() -> None:
    turned = swapped(Credit.parse("Opus", "Eric Prydz (Four Tet Remix)"))
    assert turned == Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")


TRACKS = [
    Candidate("tribe", Credit.parse("A Tribe Called Quest", "Award Tour")),
    Candidate("stro", Credit.parse("Stro Elliot", "Unreleased 05")),
    Candidate("opus", Credit.parse("Eric Prydz", "Opus")),
    Candidate("remix", Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")),
]


@pytest.mark.parametrize(
    ("artist", "title", "choice", "best"),
    [
        ("ATCQ", "Award Tour", "accept", "tribe"),
        ("Unreleased 05", "Stro Elliot", "accept", "stro"),
        ("Opus (Four Tet Remix)", "Eric Prydz", "accept", "remix"),
        ("Opus", "Eric Prydz (Four Tet Remix)", "accept", "remix"),
        ("Opus", "Eric Prydz (Dub)", "provisional", "opus"),
        ("ATCQ", "Award Tour (Dub)", "provisional", "tribe"),
    ],
)
def test_a_line_is_read_with_other_names_and_swapped(
    artist: str, title: str, choice: str, best: str | None
) -> None:
    [found] = decide_lines(
        [(Credit.parse(artist, title),)], lambda asked: [TRACKS] * len(asked), aliases=PAIRS
    )
    assert found.choice == choice
    if choice == "accept":
        assert found.ranked[0].candidate.id == best
        assert found.reasons[0].startswith("read as ")


def test_a_line_that_is_certain_is_asked_about_once() -> None:
    asked: list[Asked] = []

    def search(some: list[Asked]) -> list[list[Candidate]]:
        asked.extend(some)
        return [TRACKS] * len(some)

    tribe = Credit.parse("A Tribe Called Quest", "Award Tour")
    [found] = decide_lines([(tribe,)], search, aliases=PAIRS)  # type: ignore[arg-type]
    assert (found.choice, found.ranked[0].verdict.score, asked) == ("accept", 1.0, [(0, tribe)])


def test_one_track_under_two_names_of_its_artist_is_no_rival_of_itself() -> None:
    tracks = [*TRACKS, Candidate("initials", Credit.parse("ATCQ", "Award Tour"))]
    band = PAIRS.with_pairs([("Tribe", "ATCQ"), ("Tribe", "A Tribe Called Quest")])
    line = (Credit.parse("Tribe", "Award Tour"),)
    for aliases, choice in ((band, "accept"), (Aliases.none(), "provisional")):
        [found] = decide_lines([line], lambda asked: [tracks] * len(asked), aliases=aliases)
        assert found.choice == choice


def test_what_is_accepted_follows_the_rule() -> None:
    line = (Credit.parse("ATCQ", "Award Tour"),)
    strict = Rule(accept=0.99)
    [found] = decide_lines([line], lambda asked: [TRACKS] * len(asked), aliases=PAIRS, rule=strict)
    assert found.choice == "provisional"
