"""A tracklist written as text or CUE is read as the same tracklist."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtrove.errors import BadInput
from mixtrove.matching import Credit
from mixtrove.tracklists.model import Component, Line, Tracklist
from mixtrove.tracklists.reading import read_tracklist
from mixtrove.tracklists.writing import as_cue, as_text

MIX = """Ben UFO - Rinse FM

1. [00:00] Björk - Jóga (Four Tet Remix) [One Little Indian - TPLP101]
2. [05:30] A - One (12" Mix) w/ B - Two (Dub) [Text]
w/ C - Three
3. [1:02:03] ID - ID
4. [99:59] ID - Untitled [Unreleased]
5. [2:10:00] D x E - Six [Hyperdub]
"""

WORDS = ("Four Tet", "Burial", "A", "Björk", "DJ Krush", "The Bug", "50 Cent", "日本", "L'Homme", "ID", "?")
TITLES = ("Opus", "1, 2, 3", "Go!", "Night & Day", "Untitled", "ID", "So - Far", "X (Part 2)", "Re:Animate")
VERSIONS = ("", " (Four Tet Remix)", " (Dub)", ' (12" Mix)', " (VIP)", " (Radio Edit)", " (feat. Flirta D)")
LABELS = ("", " [Text]", " [Hyperdub - HDB001]", " [Unreleased]", " [DFA]")
BEHIND = (TITLES, VERSIONS, LABELS)


@st.composite
def mixes(draw: st.DrawFn) -> str:
    """A numbered list with times, as people paste them."""
    lines = []
    time = 0
    for number in range(1, draw(st.integers(2, 8))):
        time += draw(st.integers(1, 1200))
        parts = [
            f"{draw(st.sampled_from(WORDS))} - {''.join(draw(st.sampled_from(some)) for some in BEHIND)}"
            for _ in range(draw(st.sampled_from((1, 1, 1, 2))))
        ]
        cue = f"[{time // 3600}:{time // 60 % 60:02}:{time % 60:02}] "
        lines.append(f"{number}. {cue}{' w/ '.join(parts)}")
        if draw(st.integers(0, 4)) == 0:
            lines.append(f"w/ {draw(st.sampled_from(WORDS))} - {draw(st.sampled_from(TITLES))}")
    return "".join(f"{line}\n" for line in lines)


def credits(tracklist: Tracklist) -> list[tuple[object, ...]]:
    """What every component says; quotation marks as a CUE sheet may have them."""
    return [
        (
            *(
                name.replace('"', "”")
                for name in (*one.credit.artists, one.credit.title, one.credit.version or "")
            ),
            one.credit.featured,
            one.credit.label,
            one.credit.catalog_number,
            one.layered,
            one.unreleased,
        )
        for line in tracklist.entries
        for one in line.components
    ]


def cues(tracklist: Tracklist) -> list[int | None]:
    return [line.cue_seconds for line in tracklist.entries]


def read(text: str) -> Tracklist:
    return read_tracklist(text.encode())


def test_a_mix_as_text() -> None:
    told = replace(read(MIX), dj="Ben UFO", title="Rinse FM", played_on=date(2024, 5, 1))
    text = as_text(told)
    assert text.splitlines() == [
        "DJ: Ben UFO",
        "Title: Rinse FM",
        "Date: 2024-05-01",
        "",
        "Tracklist:",
        "1. [0:00] Björk - Jóga (Four Tet Remix) [One Little Indian - TPLP101]",
        '2. [5:30] A - One (12" Mix) w/ B - Two (Dub) [Text]',
        "3. w/ C - Three",
        "4. [1:02:03] ID - ID",
        "5. [1:39:59] ID - Untitled [Unreleased]",
        "6. [2:10:00] D x E - Six [Hyperdub]",
    ]
    again = read(text)
    assert (credits(again), cues(again)) == (credits(told), cues(told))
    assert (again.dj, again.title, again.played_on) == ("Ben UFO", "Rinse FM", date(2024, 5, 1))
    assert as_text(again) == text


def test_a_mix_as_a_cue_sheet() -> None:
    told = replace(read(MIX), dj="Ben UFO", title='Rinse "FM"/1', played_on=date(2024, 5, 1))
    sheet = as_cue(told)
    assert sheet.splitlines() == [
        "REM DATE 2024-05-01",
        'PERFORMER "Ben UFO"',
        'TITLE "Rinse ”FM”/1"',
        'FILE "Ben UFO - Rinse _FM_1.mp3" MP3',
        "  TRACK 01 AUDIO",
        '    PERFORMER "Björk"',
        '    TITLE "Jóga (Four Tet Remix)"',
        '    REM LABEL "One Little Indian"',
        '    REM CATALOGNUMBER "TPLP101"',
        "    INDEX 01 00:00:00",
        "  TRACK 02 AUDIO",
        '    TITLE "A - One (12” Mix) w/ B - Two (Dub) [Text] w/ C - Three"',
        "    INDEX 01 05:30:00",
        "  TRACK 03 AUDIO",
        '    PERFORMER "ID"',
        '    TITLE "ID"',
        "    INDEX 01 62:03:00",
        "  TRACK 04 AUDIO",
        '    PERFORMER "ID"',
        '    TITLE "Untitled [Unreleased]"',
        "    INDEX 01 99:59:00",
        "  TRACK 05 AUDIO",
        '    PERFORMER "D x E"',
        '    TITLE "Six"',
        '    REM LABEL "Hyperdub"',
        "    INDEX 01 130:00:00",
    ]
    again = read(sheet)
    assert credits(again) == credits(told)
    assert cues(again) == [0, 330, 3723, 5999, 7800]
    assert (again.dj, again.played_on) == ("Ben UFO", date(2024, 5, 1))


@given(mixes())
def test_every_mix_comes_back_as_text(text: str) -> None:
    told = read(text)
    again = read(as_text(told))
    assert (credits(again), cues(again)) == (credits(told), cues(told))


@given(mixes())
def test_every_mix_comes_back_as_a_cue_sheet(text: str) -> None:
    told = read(text)
    again = read(as_cue(told))
    assert credits(again) == credits(told)
    assert [cue for cue in cues(again) if cue is not None] == [cue for cue in cues(told) if cue is not None]


def test_a_sheet_of_a_mix_without_times_is_refused() -> None:
    with pytest.raises(BadInput, match=r"no times.*--format text"):
        as_cue(read("A - One\nB - Two\n"))


def test_a_track_without_a_time_has_no_index() -> None:
    sheet = as_cue(read("1. [00:00] A - One\n2. B - Two\n3. [05:00] C - Three\n"))
    assert sheet.count("INDEX 01") == 2
    assert cues(read(sheet)) == [0, None, 300]


def test_a_line_that_no_spelling_brings_back_is_still_written() -> None:
    credit = Credit(artists=("A - B",), title="C\nD")
    line = Line(1, "", "track", None, 60, (Component(1, credit),), 1)
    told = Tracklist(format="json", lines=(line,))
    assert as_text(told) == "Tracklist:\n1. [1:00] A - B - C D\n"
    assert '    TITLE "C D"\n' in as_cue(told)
