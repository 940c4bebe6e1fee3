"""Names and titles taken apart: versions, cuts, remixers, identity, normal form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtrove.matching import Credit, identity_key, line_key, normal_form

# title → base title, version, mix type, cut, remixers
GRAMMAR = [
    ("Opus", "Opus", None, None, None, ()),
    ("Opus (Original Mix)", "Opus", "Original Mix", None, "original", ()),
    ("Opus (Four Tet Remix)", "Opus", "Four Tet Remix", "remix", None, ("Four Tet",)),
    ("Opus - Four Tet Remix", "Opus", "Four Tet Remix", "remix", None, ("Four Tet",)),
    ("Opus (Extended Mix)", "Opus", "Extended Mix", None, "extended", ()),
    ("Opus Extended Mix", "Opus", "Extended Mix", None, "extended", ()),
    ("Opus (Radio Edit)", "Opus", "Radio Edit", None, "radio", ()),
    ("Opus (Edit)", "Opus", "Edit", None, "radio", ()),
    ("Opus (2008 Edit)", "Opus", "2008 Edit", "edit", None, ()),
    ("Opus (Flip)", "Opus", "Flip", "edit", None, ()),
    ("Opus (KDA Extended Remix)", "Opus", "KDA Extended Remix", "remix", "extended", ("KDA",)),
    ("Opus (X Remix) (Radio Edit)", "Opus", "X Remix (Radio Edit)", "remix", "radio", ("X",)),
    ("Opus (X Remix / Radio Edit)", "Opus", "X Remix / Radio Edit", "remix", "radio", ("X",)),
    ("Opus (Slam & Hood Rmx)", "Opus", "Slam & Hood Rmx", "remix", None, ("Slam", "Hood")),
    ("Opus (Remixed by Four Tet)", "Opus", "Remixed by Four Tet", "remix", None, ("Four Tet",)),
    ("Opus (Dub)", "Opus", "Dub", "dub", None, ()),
    ("Opus (VIP)", "Opus", "VIP", "vip", None, ()),
    ("Opus (Instrumental)", "Opus", "Instrumental", "instrumental", None, ()),
    ("Opus (Accapella)", "Opus", "Accapella", "acapella", None, ()),
    ("Opus (Live at Wembley)", "Opus", "Live at Wembley", "live", None, ()),
    ("Opus (Remastered 2011)", "Opus", "Remastered 2011", None, None, ()),
    ("Opus (Y Bootleg)", "Opus", "Y Bootleg", "edit", None, ("Y",)),
    ("Make The Floor Burn VIP", "Make The Floor Burn VIP", None, None, None, ()),
    ("140 Dub", "140 Dub", None, None, None, ()),
    ("Think (About It)", "Think (About It)", None, None, None, ()),
    ("I Got U (Blase Boys Club)", "I Got U (Blase Boys Club)", None, None, None, ()),
    ("17 - 8A", "17", None, None, None, ()),
]


@pytest.mark.parametrize(("text", "title", "version", "mix_type", "cut", "remixers"), GRAMMAR)
def test_a_title_is_taken_apart(
    text: str,
    title: str,
    version: str | None,
    mix_type: str | None,
    cut: str | None,
    remixers: tuple[str, ...],
) -> None:
    found = Credit.parse("Eric Prydz", text)
    assert (found.title, found.version, found.mix_type, found.cut, found.remixers) == (
        title, version, mix_type, cut, remixers,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "artists", "featured"),
    [
        ("A & B feat. C", ("A", "B"), ("C",)),
        ("A vs B x C", ("A", "B", "C"), ()),
        ("Axwell Λ Ingrosso Feat. Salem Al Fakir", ("Axwell", "Ingrosso"), ("Salem Al Fakir",)),
        ("Tyler, The Creator", ("Tyler, The Creator",), ()),
        ("Photon, Inc.", ("Photon, Inc.",), ()),
        ("Unknown Artist", (), ()),
        ("Disclosure (2)", ("Disclosure",), ()),
    ],
)
def test_names_are_told_apart(text: str, artists: tuple[str, ...], featured: tuple[str, ...]) -> None:
    found = Credit.parse(text, "T")
    assert (found.artists, found.featured) == (artists, featured)


@pytest.mark.parametrize(
    "other",
    [
        "Opus (Original Mix)", "Opus (Extended Mix)", "Opus - Radio Edit", "OPUS", "Opus (Remastered 2011)",
        "Opus (feat. Somebody)", 'Opus (From "Pryda")', "Opus (Prod. by Pryda)",
    ],
)  # fmt: skip
def test_the_lengths_and_spellings_of_a_version_are_one_library_track(other: str) -> None:
    assert identity_key(Credit.parse("Eric Prydz", other)) == identity_key(Credit.parse("Eric Prydz", "Opus"))


def test_every_version_is_a_library_track_of_its_own() -> None:
    titles = (
        "Opus", "Opus (Four Tet Remix)", "Opus (Four Tet Edit)", "Opus (Four Tet Dub)", "Opus (Dub)",
        "Opus (VIP)", "Opus (Instrumental)", "Opus (Live)", "Opus (2005 Mix)", "Opus Part I", "Opus Part II",
    )  # fmt: skip
    assert len({identity_key(Credit.parse("Eric Prydz", title)) for title in titles}) == len(titles)


def test_untitled_tracks_are_told_apart_by_their_label() -> None:
    one = Credit.parse("Omar-S", "Untitled", label="FXHE", catalog_number="AOS-001")
    other = Credit.parse("Omar-S", "Untitled", label="FXHE", catalog_number="AOS-002")
    assert identity_key(one) != identity_key(other)
    assert line_key(one) == identity_key(one)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("RÜFÜS DU SOL", "rufus du sol"),
        ("M. Fukuda Кemix", "m fukuda kemix"),
        ("Ke$ha & A$AP", "kesha asap"),
        ("Don’t Stop (Pt. III)", "dont stop part 3"),
        ("Odyssey, Part I", "odyssey part 1"),
        ("I & I", "i i"),
        ("Ærø Łódź", "aero lodz"),
        ("!!!", "!!!"),
        ("", ""),
    ],
)
def test_the_normal_form(text: str, form: str) -> None:
    assert normal_form(text) == form
    assert normal_form(form) == form


@given(st.text(max_size=40), st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_parsed_and_a_credit_survives_being_stored(artist: str, title: str) -> None:
    one = Credit.parse(artist, title, label="L", catalog_number="C 1")
    again = Credit.of_parts(
        one.artists, one.title, featured=one.featured, version=one.version, label=one.label,
        catalog_number=one.catalog_number, year=one.year,
    )  # fmt: skip
    assert again == one
    assert identity_key(again) == identity_key(one)


@pytest.mark.parametrize(
    ("artist", "title", "shown"),
    [
        ("Jax Jones, Ella Henderson", "This Is Real (ft. Ella Henderson)", "Jax Jones feat. Ella Henderson"),
        ("Kanye West", "Touch The Sky (feat. Lupe Fiasco)", "Kanye West feat. Lupe Fiasco"),
        ("Adam Beyer, Bart Skils", "Your Mind", "Adam Beyer, Bart Skils"),
    ],
)
def test_the_artist_text_names_the_same_people_when_it_is_read_again(
    artist: str, title: str, shown: str
) -> None:
    one = Credit.parse(artist, title)
    again = Credit.parse(one.artist, one.full_title)
    assert one.artist == shown
    assert (again.artists, again.featured) == (one.artists, one.featured)
    assert identity_key(again) == identity_key(one)
