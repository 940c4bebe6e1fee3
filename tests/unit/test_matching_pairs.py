"""Pairs of real credits, each with its right answer; and what every comparison must hold to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtrove.matching import Credit, compare, compare_many, identity_key
from mixtrove.tracklists.line import parse_line

NOT_THE_SAME = """
Port - Royal (Balding Generation) ‖ Port - Royal (Susy: Blue East Fading)
Slam - This World (Wighnomy Bros. & Robag Wruhme Bukkelflipps Remix) ‖ Slam - This World (Robag Wruhme Remix)
Technotronic - Pump Up The Jam ‖ Coone, TNT, Technotronic - Pump Up The Jam
Pulser - My Religion (Someone Re-Lift) ‖ Pulser - My Religion
System F - Matter Of Time (Coyu Remix) ‖ System F - Matter Of Time (Coyu 2020 Retouch)
Pryda - Seadweller ‖ Pryda - Seadweller (2005 Mix)
X Y - Ohne Titel-A ‖ X Y - Ohne Titel-B
Saint Germain - Rouge Rouge ‖ Saint Germain - Rose Rouge
Show - An Interview with Juls ‖ Show - An Interview with Malia
Band - Trio ‖ Band - Riot
A B - Odyssee (Pt. 2) ‖ A B - Odyssee (Pt. 3)
A B - Odyssee Part I ‖ A B - Odyssee Part II
A B - Odyssee, Part V ‖ A B - Odyssee (Pt. 4)
A B - Long Wait (Patrice Bäumel Remix) ‖ A B - Long Wait (Patrice Bäumel Instrumental)
A B - Make The Floor Burn ‖ A B - Make The Floor Burn (VIP)
A B - Make The Floor Burn ‖ A B - Make The Floor Burn VIP
A B - LOST YOU (Screwed Not Chopped) ‖ A B - LOST YOU
Eric Prydz - Opus ‖ Eric Prydz - Opus (Four Tet Remix)
A B - Street Walker ‖ A B - Street Walker (Dj Sneak Remx)
A B - Kemistry VIP (Grooverider Remix) ‖ A B - Kemistry (Grooverider VIP)
A B - Party Here ‖ A B - Party Over Here
A B - 140 Dub ‖ A B - 140 Dub (Dub)
A B - Paradise (Fedde le Grand Remix) ‖ A B - Paradise (Tiësto Remix)
A B - Your Mind (Club Mix) ‖ A B - Your Mind (Dub Mix)
Gorgon City - Here For You ‖ Gorgon City, MK - There For You
Joris Voorn - Blank ‖ Joris Voorn - Blanky
Coeo - Mydonna ‖ Coeo - Mydonna (Alternate Cut)
Black Science Orchestra - New Jersey Deep (2008 Edit) ‖ Black Science Orchestra - New Jersey Deep
Iman Omari - Addicted [Flip] ‖ Iman Omari - Addicted
Brownstone - If You Love Me (If You Jazz Me) ‖ Brownstone - If You Love Me
Evil Needle + Rihanna - Pour It Up ‖ Rihanna - Pour It Up
Kaytranada vs Janet Jackson - If ‖ Janet Jackson - If
Slam - Stepback (Mark Night Remix) ‖ Slam - Stepback (Mark Knight Remix)
Slam - Stepback (Night Mix) ‖ Slam - Stepback (Light Mix)
Zero 7 - End Theme (Roni Size Tear It Down Rmx) ‖ Zero 7 - End Theme (Roni Size Tear It Up Rmx)
Slam - Pressure (Remix 1) ‖ Slam - Pressure (Remix 2)
Heavy - Unbelievable (Live at Maida Vale, 2003) ‖ Heavy - Unbelievable (Live at Maida Vale, 2004)
Joey Beltram - Mentasm (New Mix) ‖ Joey Beltram - Mentasm
Michael Jackson - Beat It [Bootleg] ‖ Michael Jackson - Beat It
Major Lazer - Lean On (What So Not) ‖ Major Lazer - Lean On
MOJVKI & Sango - Untitled ‖ Sango - Untitled
Pink Floyd Live - Money ‖ Pink Floyd - Money
Warren G - Regulate (feat. Nate Dogg) [Khruangbin cover] ‖ Warren G & Nate Dogg - Regulate
"""

THE_SAME = """
Reset Robot - Glass Reset Robot Remix ‖ Reset Robot - Glass (Reset Robot Remix)
Underworld - Snake Jam El Mar Remix ‖ Underworld - Snake (Jam El Mar Remix)
Record Of The Week: Spencer Brown - Embarcadero ‖ Spencer Brown - Embarcadero (Original Mix)
Instra:mental - Photograph ‖ Instramental - Photograph
André Kraml Feat. Schad Privat - Safari (James Holden Remix) ‖ Andre Kraml - Safari (James Holden Remix)
Dubfire, Huntemann - Fuego - Julian Jeweil Remix ‖ Huntemann & Dubfire - Fuego (Julian Jeweil Remix)
Tensnake feat. Fiora - Automatic ‖ Tensnake - Automatic
A Band - A 100 ‖ A Band - A100
BMotion - Jam ‖ BMtoion - Jam
Some Band - Just Donat Know ‖ Some Band - Just Don't Know
Some Band - Pacman ‖ Some Band - Pac Man
Busta Rhymes - What's It Gonna Be?! (feat. Janet) ‖ Busta Rhymes Featuring Janet - What's It Gonna Be?!
Led Zepellin - Kashmir ‖ Led Zeppelin - Kashmir - Remastered
Some Band - One Twelve ‖ Some Band - 112
Adam Beyer & Bart Skils - Your Mind ‖ Bart Skils, Adam Beyer - Your Mind (Original Mix)
A B - Your Mind ‖ A B - Your Mind (Extended Mix)
Tom Odell - Another Love (Zwette Edit) ‖ Tom Odell, Zwette - Another Love - Zwette Edit
James Brown - Talking Loud Part 1 ‖ James Brown - Talking Loud (Pt. I)
Sik-K - iffy ‖ Sik-K - iffy (Prod. GroovyRoom)
SWV - Anything ‖ SWV - Anything (From "Above The Rim")
Avicii - Tough Love (Tiësto Remix) ‖ Avicii, Tiësto - Tough Love (Tiësto Remix / Radio Edit)
Flying Lotus - Zodiac Shit ‖ Flying Lotus - Zodiac S***
Slam - Stepback (Funktuari Remix) ‖ Slam - Stepback (Funktuary Remix)
Some Band - Runnin' ‖ Some Band - Running
DPR LIVE - Laputa ‖ DPR Live - Laputa (Original Mix)
Barrington Levy - The Vibes Is Right ‖ Barrington Levy - Vibes Is Right
"""

FOR_A_PERSON = """
Push - Universal Nation (Orjan Nilsen) ‖ Push - Universal Nation (Orjan Nilsen Remix)
Unreleased 05 - Stro Elliot ‖ Stro Elliot - Unreleased 05
JAY-Z - Izzo ‖ JAY-Z - Izzo (H.O.V.A.)
Drake feat. Rihanna - Too Good ‖ Drake feat. Jorja Smith - Too Good
NIN - Heresy ‖ Nine Inch Nails - Heresy
ATCQ - Oh My God ‖ A Tribe Called Quest - Oh My God
"""


def pairs(text: str) -> list[tuple[str, str]]:
    return [(a, b) for a, b in (row.split(" ‖ ") for row in text.strip().splitlines())]


def credit(line: str) -> Credit:
    return parse_line(line).components[0].credit


@pytest.mark.parametrize(("left", "right"), pairs(NOT_THE_SAME))
def test_another_recording_is_never_accepted(left: str, right: str) -> None:
    assert compare(credit(left), credit(right)).decision != "same"
    assert identity_key(credit(left)) != identity_key(credit(right))


@pytest.mark.parametrize(("left", "right"), pairs(THE_SAME))
def test_one_recording_spelled_in_two_ways_is_accepted(left: str, right: str) -> None:
    assert compare(credit(left), credit(right)).decision == "same"


@pytest.mark.parametrize(("left", "right"), pairs(FOR_A_PERSON))
def test_what_the_text_leaves_open_is_unsure(left: str, right: str) -> None:
    assert compare(credit(left), credit(right)).decision == "unsure"


def test_a_reason_is_given_for_every_doubt() -> None:
    found = compare(credit("Eric Prydz - Opus"), credit("Eric Prydz - Opus (Four Tet Remix)"))
    assert found.reasons == ("the original, not Four Tet Remix",)
    assert found.confidence < 0.33


ONE_WAY = (
    ("Joe - Track 1", "Joe & Kai - Track One"),
    ("Joe - Untitled", "Joe & Kai - Un Titled"),
    ("Joe & Kai - Ohne Titel", "Joe - Ohnetitel"),
)


@pytest.mark.parametrize(("left", "right"), ONE_WAY)
def test_a_title_that_says_little_counts_on_either_side(left: str, right: str) -> None:
    there, back = compare(credit(left), credit(right)), compare(credit(right), credit(left))
    assert there.score == back.score
    assert there.decision == back.decision == "unsure"


@pytest.mark.parametrize(
    "extra",
    [
        {"duration": float("nan")},
        {"duration": float("inf")},
        {"duration": -5.0},
        {"year": 10**9},
        {"label": "\ud800"},
        {"isrc": "\ud800"},
        {"album": " " * 10_000 + "x"},
    ],
)
def test_what_no_recording_has_is_not_compared(extra: dict[str, float | str]) -> None:
    odd = Credit.parse("A Name", "A Title", **extra)  # type: ignore[arg-type]
    assert compare(odd, Credit.parse("A Name", "A Title")).decision == "same"


def test_an_isrc_does_not_make_another_version_the_same() -> None:
    isrc = "GBUM71029601"
    plain = Credit.parse("Eric Prydz", "Opus", isrc=isrc)
    remix = Credit.parse("Eric Prydz", "Opus (Four Tet Remix)", isrc=isrc)
    assert compare(plain, remix).decision == "different"


def test_a_label_and_a_catalogue_number_raise_a_near_pair() -> None:
    near = Credit.parse("Optiv", "Brainwormm")
    plain = compare(near, Credit.parse("Optiv", "Brainworm")).score
    label = {"label": "BSE", "catalog_number": "BSE 012"}
    raised = compare(
        Credit.parse("Optiv", "Brainwormm", **label), Credit.parse("Optiv", "Brainworm", **label)
    )
    assert raised.score > plain
    assert raised.reasons[-2:] == ("same label: BSE", "same catalogue number: BSE 012")


NAMES = ["Four Tet", "Eric Prydz", "MK", "The The", "Âme", "DJ Koze & Matthew Dear", "ID", "?", "Ke$ha"]
TITLES = [
    "Opus",
    "Opus VIP",
    "Glue (Dub)",
    "Track 2",
    "ID",
    "Ohne Titel-A",
    "17",
    "光",
    "What's It?",
    "Pt. II",
]
VERSIONS = ["", " (Four Tet Remix)", " (Extended Mix)", " (VIP)", " - Radio Edit", " (2005 Mix)", " (Live)"]
known = st.builds(
    Credit.parse,
    st.sampled_from(NAMES) | st.text(max_size=20),
    st.builds(str.__add__, st.sampled_from(TITLES) | st.text(max_size=20), st.sampled_from(VERSIONS)),
    label=st.none() | st.sampled_from(["BSE", "Drumcode"]),
    duration=st.none() | st.floats(1, 10_000),
)


@given(known, known)
@settings(max_examples=300, deadline=None)
def test_comparing_is_symmetric_and_stays_between_none_and_all(left: Credit, right: Credit) -> None:
    there, back = compare(left, right), compare(right, left)
    assert there.score == pytest.approx(back.score)
    assert (there.decision, there.confidence) == (back.decision, pytest.approx(back.confidence))
    assert 0 <= there.confidence <= 1
    assert there.reasons


@given(known)
@settings(max_examples=200, deadline=None)
def test_a_known_credit_is_the_same_as_itself(one: Credit) -> None:
    if not one.unknown:
        assert compare(one, one).score == 1.0


@given(st.lists(st.tuples(known, known), max_size=12))
@settings(max_examples=60, deadline=None)
def test_many_comparisons_give_the_numbers_of_single_ones(some: list[tuple[Credit, Credit]]) -> None:
    many = compare_many(some)
    assert many.shape == (len(some),)
    assert many.tolist() == pytest.approx([compare(left, right).confidence for left, right in some])


@pytest.mark.parametrize(
    ("left", "right", "decision"),
    [
        ("Lady (Live at The Jazz Cafe London 1995)", "Lady (Live at Montreux 2000)", "different"),
        ("Lady (Live at The Jazz Cafe London 1995)", "Lady (Live)", "unsure"),
        ("Lady (Live at The Jazz Cafe London/1995)", "Lady - Live at the Jazz Cafe London 1995", "same"),
        ("Aerodynamic (Live 2007)", "Aerodynamic (Live 2006)", "different"),
        ("Aerodynamic (Live 2007)", "Aerodynamic (Live)", "unsure"),
        ("Lady (Live)", "Lady (Live Version)", "same"),
    ],
)
def test_two_live_recordings_are_two_versions(left: str, right: str, decision: str) -> None:
    one, other = Credit.parse("D'Angelo", left), Credit.parse("D'Angelo", right)
    assert compare(one, other).decision == decision
    assert (identity_key(one) == identity_key(other)) == (decision == "same")


def test_compare_many_knows_swapped_names_too() -> None:
    pair = (Credit.parse("Opus", "Eric Prydz"), Credit.parse("Eric Prydz", "Opus"))
    assert compare(*pair).decision == "unsure"
    assert compare_many([pair]).tolist() == [compare(*pair).confidence]
