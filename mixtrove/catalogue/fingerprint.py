"""The fingerprint of how names and titles are taken apart, so that no catalogue outlives its parser.

A catalogue stores parsed credits and keys. One that was built by another parser would miss lines without
a word; its fingerprint differs then, and it is built again. Tables and files are ``directory.py``.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from mixtrove.matching import Credit, identity_key
from mixtrove.matching.keys import blocking_keys, fold_key
from mixtrove.matching.packed import packed
from mixtrove.matching.version import HEADS
from mixtrove.matching.weights import counts

# One of everything that the normal form, the names, the brackets and the versions distinguish.
PROBES: tuple[tuple[str, str], ...] = (
    ("Eric Prydz", "Opus (Four Tet Remix)"),
    ("André Kraml Feat. Schad Privat", "Safari (James Holden Remix) [2004]"),
    ("Dubfire, Oliver Huntemann", "Fuego - Julian Jeweil Remix"),
    ("A & B vs C x D + E / F", "One (feat. G & H) (Pt. II)"),
    ("Axwell Λ Ingrosso pres. X meets Y b2b Z", "More Than You Know (Firebeatz Rework)"),
    ("The Beatles (2)", "Ohne Titel-A (12\" Version)"),
    ("Tyler, The Creator", "Cellophane Part V (Original 12'' Mix) (Remastered 2011)"),
    ("A$AP Rocky & Ke$ha", "Fukk Sleep (VIP) (Instrumental)"),
    ("NIN", "Heresy (RaíZ Edit) (Radio Edit)"),
    ("Motörhead Øresund Æon Łódź ﬁn Кemix", "Straße ½ (Кemix)"),
    ("Ellen Allien", "Turn Off Your Mind (2008 Edit)"),
    ("Sister Sledge", "Thinking of You - Dimitri From Paris Remix - Extended"),
    ("MK", "17 - 8A"),
    ("X", "Remixed by Y (Mixed by Z)"),
    ("X", "Title (Live at Wembley) (Acoustic)"),
    ("X", "Title (Kerri's Deep Mix / Dub)"),
    ("X", "Title (Remix by Y) (Screwed & Chopped)"),
    ("X", "All The Stars (From \"Black Panther\")"),
    ("X", "Iffy (Prod. by GroovyRoom)"),
    ("X", "Gonna Make You Sweat (Everybody Dance Now)"),
    ("X", "Track 1 and Two (Don't I'll)"),
    ("Unknown Artist", "ID (Unreleased)"),
    ("X and Y with Z", "\"Quoted\" Extended Mix"),
    ("!!!", "♥ (Bootleg) (Y & Z Flip)"),
    ("X", "Title (Y Rmx) (Accapella) (Mash-Up)"),
    ("X", "Title (Y Remx 2) (Alternate Take) (Demo)"),
    ("宇多田ヒカル", "光 (リミックス)"),
)  # fmt: skip


@lru_cache(maxsize=1)
def parser_fingerprint() -> str:
    """16 hexadecimal digits of the parsed form, the identity and the keys of a fixed list of probes.

    Equal for equal parsers, on every machine. A few milliseconds, once a process.
    """
    digest = blake2b(counts(), digest_size=8)
    heads = [("X", f"Title (Name {head})") for head in HEADS] + [("X", f"Title ({head})") for head in HEADS]
    for artist, title in (*PROBES, *heads):
        credit = Credit.parse(artist, title, label="Label - L", catalog_number="CAT 001")
        digest.update(
            repr(
                (credit, credit.parsed.name, sorted(credit.parsed.types), sorted(credit.parsed.soft),
                 identity_key(credit), fold_key(credit), sorted(blocking_keys(credit).items()),
                 packed(credit))
            ).encode()
        )  # fmt: skip
    return digest.hexdigest()
