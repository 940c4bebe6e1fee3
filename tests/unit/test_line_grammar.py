"""One line of a tracklist taken apart, with the lines that real tracklists teach by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtrove.matching import Credit, identity_key
from mixtrove.tracklists.line import line_from_fields, parse_line
from mixtrove.tracklists.repair import repair_line


def seen(raw: str) -> dict[str, Any]:
    """What differs from a plain line with nothing but artist and title."""
    line = parse_line(repair_line(raw))
    found: dict[str, Any] = {"kind": line.kind}
    if line.cue_seconds is not None:
        found["cue"] = line.cue_seconds
    for one in line.components[:1]:
        credit = one.credit
        found |= {"artists": credit.artists, "title": credit.title}
        found |= {
            name: value
            for name in ("featured", "version", "remixers", "label", "catalog_number")
            if (value := getattr(credit, name))
        }
        found |= {n: True for n in ("is_id", "unreleased", "layered", "mashup") if getattr(one, n)}
    return found


LINES: list[tuple[str, dict[str, Any]]] = [
    ("[00] ?", {"kind": "id", "cue": 0, "artists": (), "title": "ID", "is_id": True}),
    (
        "[092] ? - Keep The Fire Burning",
        {"kind": "track", "cue": 5520, "artists": (), "title": "Keep The Fire Burning", "is_id": True},
    ),
    (
        "[44:48] Pitchback vs Linkin Park vs Alesso Feat. Harrison - Dark vs In The End (Hardwell Mashup)",
        {
            "kind": "track", "cue": 2688, "title": "Dark vs In The End",
            "artists": ("Pitchback", "Linkin Park", "Alesso"),
            "featured": ("Harrison",), "version": "Hardwell Mashup",
            "remixers": ("Hardwell",), "mashup": True,
        },
    ),
    (
        "[36] + Calvin Harris Feat. Florence Welch - Sweet Nothing (Acapella) [Victory Dance]",
        {
            "kind": "track", "cue": 2160, "artists": ("Calvin Harris",), "featured": ("Florence Welch",),
            "title": "Sweet Nothing", "version": "Acapella", "label": "Victory Dance", "layered": True,
        },
    ),
    (
        "Yussef Dayes - Love Is the Message (feat. Alfa Mist) [Live at Abbey Road Studios]",
        {
            "kind": "track", "artists": ("Yussef Dayes",), "featured": ("Alfa Mist",),
            "title": "Love Is the Message", "version": "Live at Abbey Road Studios",
        },
    ),
    ("A - One [Live At Robert Johnson - PLAYRJC 001]", {
        "kind": "track", "artists": ("A",), "title": "One", "label": "Live At Robert Johnson",
        "catalog_number": "PLAYRJC 001",
    }),
    (
        "Pinch - Qawwali [Planet Mu] (2006)",
        {"kind": "track", "artists": ("Pinch",), "title": "Qawwali", "label": "Planet Mu"},
    ),
    (
        "3. Skream: Midnight Request Line",
        {"kind": "track", "artists": ("Skream",), "title": "Midnight Request Line"},
    ),
    ("+platform - Front", {"kind": "track", "artists": ("+platform",), "title": "Front"}),
    (
        "[110:42] Larry Heard Pres. Mr. White - The Sun Can't Compare [Alleviated]",
        {
            "kind": "track", "cue": 6642, "artists": ("Larry Heard", "Mr. White"),
            "title": "The Sun Can't Compare", "label": "Alleviated",
        },
    ),
    (
        "[11:17] Axwell Λ Ingrosso Feat. Salem Al Fakir - More Than You Know (Firebeatz Rework)",
        {
            "kind": "track", "cue": 677, "artists": ("Axwell", "Ingrosso"), "featured": ("Salem Al Fakir",),
            "title": "More Than You Know", "version": "Firebeatz Rework", "remixers": ("Firebeatz",),
        },
    ),
    (
        "Durtysoxxx - Thrust (M. Fukuda Кemix) [Reload Black]",
        {
            "kind": "track", "artists": ("Durtysoxxx",), "title": "Thrust", "version": "M. Fukuda Кemix",
            "remixers": ("M. Fukuda",), "label": "Reload Black",
        },
    ),
    (
        "NIN - Heresy (RaÃ­Z Edit)",
        {
            "kind": "track", "artists": ("NIN",), "title": "Heresy", "version": "RaíZ Edit",
            "remixers": ("RaíZ",),
        },
    ),
    (
        "DT8 Project - Destination [Above & Beyond Remix] - Mondo]",
        {
            "kind": "track", "artists": ("DT8 Project",), "title": "Destination", "label": "Mondo",
            "version": "Above & Beyond Remix", "remixers": ("Above", "Beyond"),
        },
    ),
    (
        "[00:10:50] Melé — The Beyonce Track [Club Bad]",
        {
            "kind": "track", "cue": 650, "artists": ("Melé",), "title": "The Beyonce Track",
            "label": "Club Bad",
        },
    ),
    ("Dave Sinner- Zero", {"kind": "track", "artists": ("Dave Sinner",), "title": "Zero"}),
    ("Unreleased 05 - Stro Elliot", {"kind": "track", "artists": ("Unreleased 05",), "title": "Stro Elliot"}),
    (
        "Record Of The Week: Spencer Brown - Embarcadero [Anjunabeats - ANJ 001]",
        {
            "kind": "track", "artists": ("Spencer Brown",), "title": "Embarcadero",
            "label": "Anjunabeats", "catalog_number": "ANJ 001",
        },
    ),
    (
        "Four Tet - Baby [Forthcoming Text]",
        {"kind": "track", "artists": ("Four Tet",), "title": "Baby", "label": "Text", "unreleased": True},
    ),
    (
        "Four Tet - Baby [Dubplate]",
        {"kind": "track", "artists": ("Four Tet",), "title": "Baby", "unreleased": True},
    ),
    (
        "Michael Jackson - Beat It [Bootleg]",
        {"kind": "track", "artists": ("Michael Jackson",), "title": "Beat It", "version": "Bootleg"},
    ),
    (
        "Warren G - Regulate [Khruangbin cover]",
        {
            "kind": "track", "artists": ("Warren G",), "title": "Regulate", "version": "Khruangbin cover",
            "remixers": ("Khruangbin",),
        },
    ),
    (
        "Michael Jackson - Rock With You [The Reflex Revision]",
        {
            "kind": "track", "artists": ("Michael Jackson",), "title": "Rock With You",
            "version": "The Reflex Revision", "remixers": ("The Reflex",),
        },
    ),
    (
        "Yussef Dayes - Tioga Pass [Live From Malibu]",
        {
            "kind": "track", "artists": ("Yussef Dayes",), "title": "Tioga Pass",
            "version": "Live From Malibu",
        },
    ),
    (
        "Ata - Tune [Live At Robert Johnson]",
        {"kind": "track", "artists": ("Ata",), "title": "Tune", "label": "Live At Robert Johnson"},
    ),
    (
        "Four Tet - Baby [Navy Cut]",
        {"kind": "track", "artists": ("Four Tet",), "title": "Baby", "label": "Navy Cut"},
    ),
    (
        "Daft Punk - Revolution 909 [Virgin - VST 1682, 1998]",
        {
            "kind": "track", "artists": ("Daft Punk",), "title": "Revolution 909", "label": "Virgin",
            "catalog_number": "VST 1682",
        },
    ),
    ("Four Tet - ID", {"kind": "track", "artists": ("Four Tet",), "title": "ID", "is_id": True}),
    ("ID - ID", {"kind": "id", "artists": (), "title": "ID", "is_id": True}),
    ("12. Four Tet - Baby", {"kind": "track", "artists": ("Four Tet",), "title": "Baby"}),
    ("1:02:03 Four Tet - Baby", {"kind": "track", "cue": 3723, "artists": ("Four Tet",), "title": "Baby"}),
    ("[0??] Four Tet - Baby", {"kind": "track", "artists": ("Four Tet",), "title": "Baby"}),
    ("Four Tet - Baby 12:34", {"kind": "track", "cue": 754, "artists": ("Four Tet",), "title": "Baby"}),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), LINES)
def test_a_real_line_is_taken_apart(raw: str, expected: dict[str, Any]) -> None:
    assert seen(raw) == expected


@pytest.mark.parametrize(
    ("raw", "kind", "reason"),
    [
        ("", "blank", "blank line"),
        ("   ", "blank", "blank line"),
        ("Tracklist:", "heading", "heading"),
        ("https://example.org/mix", "other", "a web address"),
        ("Station ID", "other", "talk, not a track"),
        ("Big thanks to everyone", "other", "no artist and title: a line needs 'Artist - Title'"),
    ],
)
def test_a_line_that_is_no_track_says_why(raw: str, kind: str, reason: str) -> None:
    line = parse_line(raw)
    assert (line.kind, line.skip_reason, line.components) == (kind, reason, ())


def test_two_credits_over_each_other_are_two_components() -> None:
    line = parse_line("MYNC & Adrian Lux - Stadium w/ Adrian Lux - Teenage Crime [White]")
    assert [(one.component, one.credit.title, one.layered) for one in line.components] == [
        (1, "Stadium", False),
        (2, "Teenage Crime", True),
    ]


def test_a_typo_s_w_slash_with_one_dash_stays_one_title() -> None:
    [one] = parse_line("[0??] M Sage - Rife w/ Typo").components
    assert (one.credit.artists, one.credit.title) == (("M Sage",), "Rife w/ Typo")


def test_brackets_opened_and_closed_with_different_signs_are_repaired() -> None:
    line = parse_line("(13:08] John B - John B [The Journey ' Metrik' Remix)")
    [one] = line.components
    assert (line.cue_seconds, one.credit.artists, one.credit.title) == (788, ("John B",), "John B")
    assert one.credit.mix_type == "remix"


def test_fields_that_come_apart_give_the_same_track_as_a_line() -> None:
    fields = line_from_fields(
        "Eric Prydz", "Opus", raw="Eric Prydz;Opus", line_no=3, cue_seconds=61, version="Four Tet Remix",
        label="Pryda", catalog_number="PRY 001",
    )  # fmt: skip
    one = parse_line("Eric Prydz - Opus (Four Tet Remix) [Pryda - PRY 001]", 3)
    assert fields.components[0].credit == one.components[0].credit
    assert (fields.line_no, fields.raw, fields.cue_seconds) == (3, "Eric Prydz;Opus", 61)


def test_a_field_that_holds_a_whole_line_is_taken_apart() -> None:
    line = line_from_fields("", "01. Eric Prydz - Opus", raw="x", line_no=1)
    assert line.components[0].credit == Credit.parse("Eric Prydz", "Opus")


@given(st.text(max_size=120) | st.text(alphabet="[](){}-–:?+w/.'\"0123 Ab&xft", max_size=80))
@settings(max_examples=500, deadline=None)
def test_any_line_is_taken_apart_and_kept_as_it_was(raw: str) -> None:
    line = parse_line(raw, 7)
    assert (line.raw, line.line_no) == (raw, 7)
    assert bool(line.components) == (line.kind in ("track", "id"))
    assert line.components or line.skip_reason
    assert line.cue_seconds is None or line.cue_seconds >= 0
    for one in line.components:
        assert identity_key(one.credit)


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_fields_give_a_line(artist: str, title: str) -> None:
    line = line_from_fields(artist, title, raw="raw", line_no=1)
    assert line.raw == "raw"
    assert bool(line.components) == (line.kind in ("track", "id"))
