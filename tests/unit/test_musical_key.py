"""Keys as shops and players spell them, in classical words and on the wheel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtrove.library.musical_key import MOVES, MusicalKey, on_wheel, parse_key, shown_key, spellings

KEYS = [MusicalKey(tonic, minor) for tonic in range(12) for minor in (False, True)]
WHEEL = (
    "Abm Ebm Bbm Fm Cm Gm Dm Am Em Bm F#m Dbm",  # 1A to 12A
    "B F# Db Ab Eb Bb F C G D A E",  # 1B to 12B
)


def test_the_wheel_is_the_published_one() -> None:
    for letter, names in zip("AB", WHEEL, strict=True):
        for number, name in enumerate(names.split(), 1):
            key = parse_key(name)
            assert key is not None
            assert (key.short, key.camelot) == (name, f"{number}{letter}")
            assert on_wheel(number, minor=letter == "A") == key


@pytest.mark.parametrize(
    ("text", "camelot"),
    [
        ("A min", "8A"), ("Am", "8A"), ("A minor", "8A"), ("a minor", "8A"), ("A:min", "8A"), ("8a", "8A"),
        ("08A", "8A"), ("1m", "8A"), ("1d", "8B"), ("A♭ Major", "4B"), ("Abmin", "1A"), ("G#m", "1A"),
        ("G# Minor", "1A"), ("Gb Major", "2B"), ("F♯/G♭ Major", "2B"), ("G#m/Abm", "1A"), ("C", "8B"),
        ("CM", "8B"), ("Cm", "5A"), ("Bb", "6B"), ("Bbm", "3A"), ("B-Dur", "6B"), ("H-Moll", "10A"),
        ("Fis-moll", "11A"), ("fis-moll", "11A"), ("Es-Dur", "5B"), ("F-sharp minor", "11A"), ("12m", "7A"),
        ("Cb major", "1B"), (" 8A ", "8A"),
    ],
)  # fmt: skip
def test_usual_spellings_are_read(text: str, camelot: str) -> None:
    key = parse_key(text)
    assert key is not None
    assert key.camelot == camelot


@pytest.mark.parametrize("text", ["", "a", "bb", "13A", "0A", "H", "Atonal", "Am7", "8C", "All", "unknown"])
def test_what_is_no_key_is_kept_as_it_is(text: str) -> None:
    assert parse_key(text) is None
    assert shown_key(text) == text


@given(st.sampled_from(KEYS))
def test_every_key_goes_both_ways(key: MusicalKey) -> None:
    assert [parse_key(text) for text in (key.classical, key.short, key.camelot, key.open_key)] == [key] * 4
    assert all(parse_key(text) == key for text in spellings([key]))
    assert shown_key(key.classical) == f"{key.short} {key.camelot}"


@given(st.sampled_from(KEYS))
def test_what_mixes_is_next_on_the_wheel_and_mixes_back(key: MusicalKey) -> None:
    around = key.compatible()
    assert len(around) == 4
    assert {abs(one.number - key.number) % 12 for one in around} <= {0, 1, 11}
    assert all(key in one.compatible() for one in around)
    for move in ("relative", "parallel", "diagonal"):
        [other] = key.compatible([move])
        assert other.minor is not key.minor
        assert other.compatible([move]) == {key}
    assert set(MOVES) >= {"energy"}


def test_moves_by_name() -> None:
    a_minor = MusicalKey(9, True)
    assert {one.camelot for one in a_minor.compatible()} == {"8A", "9A", "7A", "8B"}
    assert {one.classical for one in a_minor.compatible(["parallel"])} == {"A major"}
    assert {one.classical for one in a_minor.compatible(["energy"])} == {"B minor", "Bb minor"}
    assert {one.camelot for one in a_minor.compatible(["diagonal"])} == {"7B"}
