"""What holds for every line: it never fails or hangs, loses no word, and what it found can be read again.

The same properties over all lines of an archive are counted by ``benchmarks/parsing.py``.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.parsing import lost_words, read_again
from mixtrove.matching import Credit, identity_key
from mixtrove.tracklists.line import parse_line

NAMES = st.text(alphabet="ABCDEGHKLMNOPRSTUYabcdeghklmnoprstuyéøß'", min_size=2, max_size=9).filter(
    lambda name: name.strip("'") and name.lower() not in ("id", "pres", "tba", "and", "und", "the")
)
PHRASES = st.lists(NAMES, min_size=1, max_size=3).map(" ".join)
ARTISTS = st.builds(
    lambda names, join, guest: join.join(names) + (f" feat. {guest}" if guest else ""),
    st.lists(PHRASES, min_size=1, max_size=3), st.sampled_from([" & ", ", ", " vs ", " x "]),
    st.none() | PHRASES,
)  # fmt: skip
VERSIONS = st.sampled_from(
    ["", " (Original Mix)", " (Dub)", " (VIP)", " (Radio Edit)", " (Live at Wembley)", " [Club Mix]",
     " (2011 Remaster)",
     " (en vivo)", " (Sped Up)", " (Slowed + Reverb)", " (Pt. II)", " (About It)"]
) | PHRASES.map(lambda name: f" ({name} Remix)")  # fmt: skip
LABELS = st.sampled_from(
    ["", " [Drumcode]", " [Drumcode - DC 101]", " [DC101]", " [Unreleased]", " [Drumcode, 1999]"]
)
CUES = st.sampled_from(["", "[05] ", "[12:34] ", "[0??] ", "12. ", "1:02:03 ", "+ ", "07. [05] w/ "])
DRESSES = st.sampled_from(["", " (Official Video)", " [FREE DL]", " Official Audio", " [6:47]"])
LINES = st.builds(
    lambda cue, segment, artist, title, version, dress, label: (
        f"{cue}{segment}{artist} - {title}{version}{dress}{label}"
    ),
    CUES, st.sampled_from(["", "Tune Of The Week: ", "Exclusive: "]), ARTISTS, PHRASES, VERSIONS, DRESSES,
    LABELS,
)  # fmt: skip
NASTY = st.text(alphabet="[](){}-–:?+w/.'\"0123 Ab&xftミ「」【】|_*\u0301\x00\u200b", max_size=120)


@given(st.text(max_size=300) | NASTY | st.text(alphabet="([{<>}])", max_size=200))
@settings(max_examples=400, deadline=None)
@example("A - T (" + "x remix (" * 200)
@example("\u0345" * 50 + " - İ (ŉ Remix) [ﬁ]")
def test_any_text_is_read_and_kept(raw: str) -> None:
    line = parse_line(raw, 3)
    assert (line.raw, line.line_no) == (raw, 3)
    assert line.components or line.skip_reason
    for one in line.components:
        assert identity_key(one.credit)
        assert len(one.readings) <= 4
        assert one.credit not in one.readings


@pytest.mark.parametrize(
    "part",
    ["a", "(", "[", "[]", "- ", "–", "A - B w/ ", "feat a ", "x remix (", "\t", ":", '"', "é", "_a ",
     "( ", "1:"],
)  # fmt: skip
@pytest.mark.parametrize("length", [900, 1_900, 100_000])
def test_no_line_takes_long(part: str, length: int) -> None:
    text = f"A - T {part * (length // len(part))}"[:length]
    started = time.process_time()
    parse_line(text)
    Credit.parse(text, text)
    assert time.process_time() - started < 1


@given(LINES)
@settings(max_examples=400, deadline=None)
def test_every_word_of_a_line_is_in_some_field(raw: str) -> None:
    line = parse_line(raw)
    assert line.components
    assert lost_words(line) == set()


@given(LINES)
@settings(max_examples=400, deadline=None)
def test_a_credit_that_is_written_down_is_read_as_the_same(raw: str) -> None:
    for one in parse_line(raw).components:
        assert read_again(one.credit) == (True, True)


@given(st.text(max_size=40), st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_credit_of_any_text_is_whole(artist: str, title: str) -> None:
    one = Credit.parse(artist, title)
    assert identity_key(one) == identity_key(Credit.parse(artist, title))
    assert set(one.remixers) <= set(one.parsed.remixers)
