"""The words for versions in several languages, and what each bracket says about the recording."""

from __future__ import annotations

import pytest

from mixtrove.matching import Credit, identity_key
from mixtrove.matching.version import parse_version

# bracket → mix type, cut, remixers; None when it names no version
HARD = [
    ("remezcla", "remix", None, ()),
    ("DJ X Remezcla", "remix", None, ("DJ X",)),
    ("en vivo", "live", None, ()),
    ("En directo", "live", None, ()),
    ("Ao Vivo Em São Paulo", "live", None, ()),
    ("Dal vivo", "live", None, ()),
    ("En concert", "live", None, ()),
    ("Live-Aufnahme", "live", None, ()),
    ("Live aus Köln", "live", None, ()),
    ("ライヴ・バージョン", "live", None, ()),
    ("acústico", "acoustic", None, ()),
    ("Version Acoustique", "acoustic", None, ()),
    ("アコースティック・ヴァージョン", "acoustic", None, ()),
    ("Unplugged", "acoustic", None, ()),
    ("Stripped", "stripped", None, ()),
    ("インストゥルメンタル", "instrumental", None, ()),
    ("versione strumentale", "instrumental", None, ()),
    ("Riddim Version", "instrumental", None, ()),
    ("カラオケ", "karaoke", None, ()),
    ("Karaoke Version", "karaoke", None, ()),
    ("デモ", "demo", None, ()),
    ("リミックス", "remix", None, ()),
    ("石野卓球リミックス", "remix", None, ("石野卓球",)),
    ("YUNG ANH Redo with THRDEYE ECHOS", "remix", None, ("YUNG ANH", "THRDEYE ECHOS")),
    ("X Rerub", "remix", None, ("X",)),
    ("X Refix", "remix", None, ("X",)),
    ("X Flip", "edit", None, ("X",)),
    ("Khruangbin Cover", "cover", None, ("Khruangbin",)),
    ("VIP Mix", "vip", None, ()),
    ("Dubplate Mix", "remix", None, ()),
    ("Taylor's Version", "remix", None, ("Taylor",)),
    ("Re-Recorded", "rerecorded", None, ()),
    ("Sped Up Version", "sped up", None, ()),
    ("Nightcore", "sped up", None, ()),
    ("Slowed + Reverb", "slowed", None, ()),
    ("Screwed Not Chopped", "slowed", None, ()),
    ("Screwed & Chopped by OG Ron C", "slowed", None, ("OG Ron C",)),
    ("8D Audio", "8d", None, ()),
    ("A Cappella", "acapella", None, ()),
    ("Percapella", "percapella", None, ()),
    ("DJ Tool", "beats", None, ()),
    ("Bonus Beats", "beats", None, ()),
    ("Reprise", "reprise", None, ()),
    ("Lange Remix", "remix", None, ("Lange",)),
    ("Audio Remix", "remix", None, ("Audio",)),
    ("Coyu Raw Remix", "remix", None, ("Coyu",)),
    ("Amine Edge & Dance Remix", "remix", None, ("Amine Edge", "Dance")),
    ("Deep Mix", "remix", None, ()),
    ("Tiësto Clubmix", "remix", "extended", ("Tiësto",)),
]
LENGTHS = [
    ("versión extendida", "extended"),
    ("version longue", "extended"),
    ("lange Version", "extended"),
    ("Langfassung", "extended"),
    ("Clubmix", "extended"),
    ("Radioedit", "radio"),
    ("エディット", "radio"),
    ("Originalfassung", "original"),
    ("version originale", "original"),
    ("versione originale", "original"),
    ("edición especial", "original"),
    ("30th Anniversary Edition", "original"),
    ("Deluxe", "original"),
]
REMASTERS = ["2011 Remaster", "Remastered 2009", "remasterizado", "Remasterisé", "2012 リマスター"]
NONE = [
    "Stalag Riddim", "Live Forever", "Live By Night", "Touch By Touch", "Produced by X", "Bonus Track",
    "En Route", "In Public Places", "Movin' Up",
]  # fmt: skip


@pytest.mark.parametrize(("text", "mix_type", "cut", "remixers"), HARD)
def test_a_word_names_the_kind_of_version(
    text: str, mix_type: str, cut: str | None, remixers: tuple[str, ...]
) -> None:
    found = parse_version(text)
    assert found is not None
    assert (found.text, found.mix_type, found.cut, found.remixers) == (text, mix_type, cut, remixers)


@pytest.mark.parametrize(("text", "cut"), LENGTHS)
def test_a_word_for_a_length_makes_no_other_version(text: str, cut: str) -> None:
    one = Credit.parse("A", f"T ({text})")
    assert (one.title, one.version, one.mix_type, one.cut) == ("T", text, None, cut)
    assert identity_key(one) == identity_key(Credit.parse("A", "T"))


@pytest.mark.parametrize("text", REMASTERS)
def test_a_remaster_is_the_same_track(text: str) -> None:
    for title in (f"T ({text})", f"T - {text}"):
        one = Credit.parse("A", title)
        assert (one.title, one.version, one.parsed.soft) == ("T", text, {"remaster"})
        assert identity_key(one) == identity_key(Credit.parse("A", "T"))


@pytest.mark.parametrize("text", NONE)
def test_a_bracket_without_a_version_names_none(text: str) -> None:
    assert parse_version(text) is None


def test_the_place_tells_one_live_recording_from_another() -> None:
    names = [
        found.name
        for text in ("Live at Wembley", "En vivo desde Bogotá", "T - Live in Paris")
        if (found := Credit.parse("A", f"T ({text})").parsed)
    ]
    assert names[:2] == [("wembley",), ("bogota",)]
    tail = Credit.parse("A", "T - Live in Paris")
    assert (tail.title, tail.version, tail.mix_type) == ("T", "Live in Paris", "live")
