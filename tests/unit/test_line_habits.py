"""How 1001tracklists, YouTube, SoundCloud and radio people write lines; readings of ambiguous lines."""

from __future__ import annotations

import pytest

from mixtrove.matching import Credit
from mixtrove.tracklists.line import parse_line

OPUS = Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")

# line → remarks; each is Eric Prydz - Opus (Four Tet Remix)
DRESSED = [
    ("Eric Prydz - Opus (Four Tet Remix) (Official Video)", ("Official Video",)),
    ("Eric Prydz - Opus (Four Tet Remix) [OFFICIAL VIDEO] [HD]", ("OFFICIAL VIDEO", "HD")),
    ("Eric Prydz - Opus (Four Tet Remix) 【Official Audio】", ("Official Audio",)),
    ("Eric Prydz - Opus (Four Tet Remix) (Lyrics)", ("Lyrics",)),
    ("Eric Prydz - Opus (Four Tet Remix) (Audio)", ("Audio",)),
    ("Eric Prydz - Opus (Four Tet Remix) Official Music Video", ("Official Music Video",)),
    ("Eric Prydz - Opus (Four Tet Remix) (Free Download)", ("Free Download",)),
    ("Eric Prydz - Opus (Four Tet Remix) [FREE DL]", ("FREE DL",)),
    ("Eric Prydz - Opus (Four Tet Remix) [OUT NOW]", ("OUT NOW",)),
    ("Eric Prydz - Opus (Four Tet Remix) - OUT NOW!", ("OUT NOW!",)),
    ("Eric Prydz - Opus (Four Tet Remix) [Premiere]", ("Premiere",)),
    ("PREMIERE: Eric Prydz - Opus (Four Tet Remix)", ("PREMIERE",)),
    ("Premiere | Eric Prydz - Opus (Four Tet Remix)", ("Premiere",)),
    ("Eric Prydz - Opus (Four Tet Remix) | Some Channel", ("Some Channel",)),
    ("Eric Prydz - Opus (Four Tet Remix).mp4", ("mp4",)),
    ("Tune Of The Week: #2: Eric Prydz - Opus (Four Tet Remix)", ("Tune Of The Week: #2",)),
    ("Eric Prydz - Opus (Four Tet Remix) [6:47]", ("6:47",)),
    ("Eric Prydz - Opus (Four Tet Remix) [Unreleased]", ("Unreleased",)),
    ("Eric Prydz - Opus (Four Tet Remix) [Self Released]", ("Self Released",)),
    ("Eric Prydz - Opus (Four Tet Remix) - 8A", ("8A",)),
    ("Eric Prydz – Opus （Four Tet Remix）", ()),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "remarks"), DRESSED)
def test_what_platforms_write_around_a_track_is_set_aside(raw: str, remarks: tuple[str, ...]) -> None:
    [one] = parse_line(raw).components
    assert (one.credit.artists, one.credit.title, one.credit.version) == (
        ("Eric Prydz",), "Opus", "Four Tet Remix",
    )  # fmt: skip
    assert (one.credit.label, one.remarks) == (None, remarks)


@pytest.mark.parametrize(
    ("raw", "cue", "marks"),
    [
        ("00:00 Eric Prydz - Opus", 0, "00:00"),
        ("1:02:03 – Eric Prydz – Opus", 3723, "1:02:03 –"),
        ("Eric Prydz - Opus | 12:34", 754, "12:34"),
        ("07. [0??] Eric Prydz - Opus", None, "07. [0??]"),
        ("w/ Eric Prydz - Opus", None, "w/"),
    ],
)
def test_cues_and_marks_around_a_track_are_kept(raw: str, cue: int | None, marks: str) -> None:
    line = parse_line(raw)
    assert (line.cue_seconds, line.marks) == (cue, marks)
    assert line.components[0].credit == Credit.parse("Eric Prydz", "Opus")


@pytest.mark.parametrize(
    ("raw", "label", "catalog_number"),
    [
        ("A ft. B - T (C Remix) DRUMCODE", "DRUMCODE", None),
        ("A ft. B - T (C Remix) [DRUMCODE]", "DRUMCODE", None),
        ("A ft. B - T (C Remix) (Souvenir - SOUV100)", "Souvenir", "SOUV100"),
        ("A ft. B - T (C Remix) [Drumcode] - Forthcoming", "Drumcode", None),
    ],
)
def test_a_label_without_its_box_is_found(raw: str, label: str, catalog_number: str | None) -> None:
    [one] = parse_line(raw).components
    assert (one.credit.artists, one.credit.featured, one.credit.title) == (("A",), ("B",), "T")
    assert (one.credit.label, one.credit.catalog_number) == (label, catalog_number)


@pytest.mark.parametrize(
    ("raw", "version", "remixers"),
    [
        (
            "PARTYNEXTDOOR - Persian Rugs [YUNG ANH Redo with THRDEYE ECHOS]",
            "YUNG ANH Redo with THRDEYE ECHOS", ("YUNG ANH", "THRDEYE ECHOS"),
        ),
        ("dejaview - just for the weekend [redo]", "redo", ()),
        ("JAY Z - So Ambitious [clean]", "clean", ()),
    ],
)  # fmt: skip
def test_a_box_that_says_a_version_in_words_is_no_label(
    raw: str, version: str, remixers: tuple[str, ...]
) -> None:
    [one] = parse_line(raw).components
    assert (one.credit.version, one.credit.remixers, one.credit.label) == (version, remixers, None)


def test_a_box_in_small_letters_says_what_is_heard_and_may_be_a_label() -> None:
    [one] = parse_line("T3. - kloser_ [kali uchis]").components
    assert (one.credit.title, one.credit.label) == ("kloser_ [kali uchis]", None)
    assert [(other.title, other.label) for other in one.readings] == [("kloser_", "kali uchis")]
    [label] = parse_line("Deadmau5 - Brazil [mau5trap]").components
    assert label.credit.label == "mau5trap"


def test_a_live_act_may_play_the_live_version() -> None:
    [boxed] = parse_line("Pink Floyd (Live) - Money").components
    assert (boxed.credit.artists, boxed.credit.version) == (("Pink Floyd",), "Live")
    [one] = parse_line("Pink Floyd Live - Money").components
    assert one.credit == Credit.parse("Pink Floyd Live", "Money")
    assert one.readings == (Credit.parse("Pink Floyd", "Money (Live)"),)
    [band] = parse_line("Live - Lightning Crashes").components
    assert band.credit == Credit.parse("Live", "Lightning Crashes")


@pytest.mark.parametrize(
    ("raw", "artists", "mashup"),
    [
        ("A vs B - T (C Bootleg)", ("A", "B"), False),
        ("A x B - T (C Bootleg)", ("A", "B"), False),
        ("A + B - T", ("A", "B"), False),
        ("A vs B - T vs S (C Bootleg)", ("A", "B"), True),
        ("A X B - T X S (C Edit)", ("A", "B"), True),
        ("A vs B - T (C Mash Up)", ("A", "B"), True),
    ],
)
def test_a_mashup_is_named_so_or_has_two_titles(raw: str, artists: tuple[str, ...], mashup: bool) -> None:
    [one] = parse_line(raw).components
    assert (one.credit.artists, one.mashup) == (artists, mashup)


@pytest.mark.parametrize("sign", ["w/", "//", "/", "+", "vs"])
def test_two_whole_credits_in_a_line_are_two_components(sign: str) -> None:
    one, other = parse_line(f"A - T {sign} B - S [Label]").components
    assert (one.credit.title, other.credit.title, other.layered) == ("T", "S", True)


@pytest.mark.parametrize(
    "raw", ["A - T vs S [Label - CAT 1]", "A - T / S [Label - CAT 1]", "A - T Into S (B - Remix)"]
)
def test_a_dash_in_a_box_makes_no_second_credit(raw: str) -> None:
    assert len(parse_line(raw).components) == 1


def test_a_plain_line_has_one_reading() -> None:
    for raw in ("A - T", "A & B - T (C Remix) [Label - CAT 1]", "A feat. B - T - C Remix"):
        assert parse_line(raw).components[0].readings == ()


@pytest.mark.parametrize(
    ("raw", "readings"),
    [
        ("A - B - C", [("B", "C"), ("A", "C"), ("A - B", "C"), ("A", "B")]),
        ("Big Bang: A - T", [("Big Bang: A", "T")]),
        ("Foo: A - T", [("A", "T")]),
        ("A - Glass Reset Robot Remix", [
            ("A", "Glass (Reset Robot Remix)"), ("A", "Glass Reset (Robot Remix)"),
        ]),
        ("A - Make It VIP", [("A", "Make It (VIP)"), ("A", "Make (It VIP)")]),
        ("12. Jay-Z", [("Jay", "Z")]),
    ],
)  # fmt: skip
def test_an_ambiguous_line_has_other_readings(raw: str, readings: list[tuple[str, str]]) -> None:
    [one] = parse_line(raw).components
    assert [(other.artist, other.full_title) for other in one.readings] == readings


def test_a_name_that_is_said_twice_is_the_artist() -> None:
    [one] = parse_line("Jay Em - Jay Em - Got Me").components
    assert one.credit == Credit.parse("Jay Em", "Got Me")
