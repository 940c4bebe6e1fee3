"""The words that name versions, in the languages that tracklists and databases write them in.

Only words and phrases, and what each says. Taking a bracket apart with them is ``version.py``.
"""

from __future__ import annotations

import re
import unicodedata

# The last of these words in a bracket makes it a version. The value is what it says about the version:
# "remix" and "edit" are families (whose?), "cut:…" is a length, "soft:…" changes little,
# anything else is a hard mix type: a different recording for a DJ.
HEADS = {
    "remix": "remix", "mix": "mix", "version": "mix", "rework": "remix", "refix": "remix",
    "remake": "remix", "reshape": "remix", "retouch": "remix", "relift": "remix",
    "rebuild": "remix", "reboot": "remix", "reconstruction": "remix", "reinterpretation": "remix",
    "interpretation": "remix", "remodel": "remix", "revision": "remix", "revamp": "remix",
    "revisit": "remix", "rewire": "remix", "redo": "remix", "rerub": "remix", "rub": "remix",
    "treatment": "remix", "translation": "remix", "rethink": "remix", "revibe": "remix",
    "rebirth": "remix", "remixes": "remix", "touch": "remix", "variation": "remix",
    "rewerk": "remix", "reprint": "remix", "respray": "remix", "restyle": "remix", "redux": "remix",
    "reimagination": "remix",
    "recut": "edit", "edit": "edit", "reedit": "edit", "bootleg": "edit", "boot": "edit",
    "flip": "edit", "blend": "edit", "cut": "edit", "bootmix": "edit", "tweak": "edit",
    "mashup": "mashup", "cover": "cover", "dub": "dub", "dubstrumental": "dub", "vip": "vip",
    "instrumental": "instrumental", "riddim": "instrumental", "acapella": "acapella",
    "percapella": "percapella", "live": "live", "acoustic": "acoustic", "unplugged": "acoustic",
    "stripped": "stripped", "demo": "demo", "reprise": "reprise", "rerecorded": "rerecorded",
    "intro": "intro", "outro": "outro", "interlude": "interlude", "skit": "interlude",
    "beats": "beats", "beat": "beats", "tool": "beats", "drumapella": "beats", "karaoke": "karaoke",
    "slowed": "slowed", "screwed": "slowed", "nightcore": "sped up", "sped": "sped up", "8d": "8d",
    "remaster": "soft:remaster", "remastered": "soft:remaster", "vocal": "soft:vocal",
    "vocals": "soft:vocal", "original": "soft:original", "main": "soft:original",
    "album": "soft:original", "lp": "soft:original", "mono": "soft:original",
    "stereo": "soft:original", "clean": "soft:original", "explicit": "soft:original",
    "dirty": "soft:original", "extended": "cut:extended", "12": "cut:extended",
    "club": "cut:extended", "long": "cut:extended", "maxi": "cut:extended",
    "radio": "cut:radio", "7": "cut:radio", "single": "cut:radio", "short": "cut:radio",
}  # fmt: skip
# Spellings that people use for a head word, without accents; typos beyond these are found by distance.
SPELLINGS = {
    "rmx": "remix", "rx": "remix", "remx": "remix", "remixed": "remix", "reimagined": "reimagination",
    "mixx": "mix", "mx": "mix", "vers": "version", "ver": "version", "edits": "edit",
    "edited": "edit", "re-edit": "reedit", "re-lift": "relift", "re-rub": "rerub",
    "re-work": "rework", "re-fix": "refix", "re-edits": "reedit", "re-make": "remake",
    "re-shape": "reshape", "re-touch": "retouch", "re-build": "rebuild", "re-construction":
    "reconstruction", "re-mix": "remix", "re-vamp": "revamp", "re-boot": "reboot",
    "re-cut": "recut", "bootie": "bootleg", "boot-leg": "bootleg", "mash-up": "mashup",
    "mash": "mashup", "inst": "instrumental", "instr": "instrumental", "instrumentel": "instrumental",
    "instro": "instrumental", "accapella": "acapella", "acappella": "acapella",
    "accappella": "acapella", "cappella": "acapella", "capella": "acapella", "pella": "acapella",
    "acca": "acapella", "acap": "acapella", "a-cappella": "acapella", "percappella": "percapella",
    "beatapella": "drumapella", "drumappella": "drumapella", "ext": "extended", "xtended": "extended",
    "extend": "extended", "orig": "original", "og": "original", "rip": "", "rerecording": "rerecorded",
    '12"': "12", "12''": "12", "12”": "12", "12inch": "12", "12-inch": "12", '7"': "7",
    "7''": "7", "7”": "7", "7inch": "7", "7-inch": "7", "dubb": "dub", "dubmix": "dub",
    "v.i.p": "vip", "v.i.p.": "vip",
    # Spanish, Portuguese, Italian, French, German
    "remezcla": "remix", "remezclado": "remix", "remistura": "remix", "mezcla": "mix",
    "versao": "version", "versione": "version", "fassung": "version", "edicion": "edit",
    "extendida": "extended", "extendido": "extended", "estendida": "extended", "estesa": "extended",
    "larga": "long", "longa": "long", "lunga": "long", "longue": "long",
    "corta": "short", "curta": "short", "courte": "short",
    "originale": "original", "originales": "original", "acustico": "acoustic", "acustica": "acoustic",
    "acoustique": "acoustic", "akustik": "acoustic", "akustisch": "acoustic", "akustische": "acoustic",
    "instrumentale": "instrumental", "strumentale": "instrumental", "maqueta": "demo",
    "radiofonica": "radio", "remasterizado": "remaster", "remasterizada": "remaster",
    "remasterise": "remaster", "remasterisee": "remaster", "rimasterizzato": "remaster",
    "rimasterizzata": "remaster", "remastert": "remaster",
}  # fmt: skip
# Words before a head that describe the mix and name nobody.
DESCRIPTORS = {
    "official", "full", "length", "unreleased", "promo", "inch", "the", "a", "dj", "free", "download", "mix",
    "version", "premiere", "limited", "complete", "proper", "unmixed", "mixed", "digital", "vinyl", "cd",
    "standard", "regular", "normal", "edit",
}  # fmt: skip
WEAK_HEADS = {
    "club", "album", "single", "lp", "main", "mono", "stereo", "clean", "dirty", "explicit", "long",
    "short", "maxi", "radio", "7", "12", "live", "touch", "tool", "beat", "riddim", "8d", "stripped",
}  # fmt: skip
# An edit that these words name is somebody's, even where nobody is named; a bare Edit is a length.
SOMEBODYS = frozenset(("bootleg", "boot", "bootmix", "flip", "blend", "tweak", "reedit", "recut"))
NEVER_FUZZY = {
    "single", "stereo", "touch", "touches", "cover", "clean", "slowed", "beats", "live", "redux", "riddim",
}  # fmt: skip
# Names of mixes that are nobody's name; the second set only behind a name: "Coyu Raw Mix" is Coyu's.
NOBODY = frozenset(
    ("deep", "deeper", "classic", "rave", "alternative", "alternate", "raw", "house", "epic", "dance",
     "tribal", "warehouse", "on", "air", "onair", "uplifting", "sunrise", "sunset", "piano", "techno",
     "trance", "dark", "black", "underground", "hard", "hardcore", "breakbeat", "breaks", "progressive",
     "ambient", "acid", "dubplate", "old", "new", "school", "mainstage", "festival", "disco", "jungle",
     "garage", "electro", "vox", "chill", "chillout", "lounge", "beach", "terrace", "summer", "winter",
     "night", "day", "morning", "late", "first", "second", "third", "1st", "2nd", "3rd", "another",
     "different", "rough", "studio", "home", "orchestral", "strings", "party", "ultimate", "uk", "us", "u.k.",
     "surprise", "tuned", "special", "exclusive", "final", "bonus", "private",
     "chicago", "detroit", "wild", "pitch", "pure", "peak", "time", "dream", "dub", "latin", "jazz",
     "funk", "soul", "street", "floor", "dancefloor", "after", "hours", "afterhours", "instrumental",
     "master", "vibe", "early", "part", "of", "4x4", "rmx")
)  # fmt: skip
NOBODY_AT_END = frozenset(
    ("raw", "house", "festival", "progressive", "techno", "trance", "tribal", "warehouse", "classic",
     "dubplate", "sunrise", "sunset", "hardcore", "mainstage", "terrace", "afterhours", "uplifting",
     "orchestral", "dub")
)  # fmt: skip

_KATAKANA = {
    "リミックス": "remix", "ミックス": "mix", "リエディット": "reedit", "エディット": "edit",
    "ライブ": "live",
    "ライヴ": "live", "インストゥルメンタル": "instrumental", "インストルメンタル": "instrumental",
    "インスト": "instrumental", "アコースティック": "acoustic", "ヴァージョン": "version",
    "バージョン": "version", "リマスター": "remaster", "デモ": "demo", "カラオケ": "karaoke",
    "アカペラ": "acapella", "オリジナル": "original", "エクステンデッド": "extended", "ロング": "long",
    "ショート": "short", "シングル": "single", "アルバム": "album", "ラジオ": "radio", "クラブ": "club",
    "リプライズ": "reprise", "ダブ": "dub", "カヴァー": "cover", "カバー": "cover",
}  # fmt: skip
_IN_KATAKANA = re.compile("|".join(sorted(_KATAKANA, key=len, reverse=True)) + "|・")
_CONCERT = (
    r"\b(?:(?:en|ao|dal|in)\s+vivo|en\s+directo?|(?:en|in)\s+concert(?:o)?|en\s+concierto|en\s+public"
    r"|live-?\s?aufnahme)(?!\w)"
)
_PHRASES = (
    (re.compile(rf"(?:\blive\s+)?{_CONCERT}", re.IGNORECASE), "live"),
    (
        re.compile(
            r"\b(?:slowed|screwed|chopped)(?:\s+(?:down|up))?(?:\s*(?:\+|&|,|and|n|'n'|not|'n)\s*"
            r"|\s+)(?:reverb(?:ed)?|slowed|screwed|chopped|slopped)(?:\s+up)?(?!\w)",
            re.IGNORECASE,
        ),
        "slowed",
    ),
    (re.compile(r"\b(?:(?:super|ultra)\s+)?slowed(?:\s+down)?(?!\w)", re.IGNORECASE), "slowed"),
    (re.compile(r"\bmash[ -]up(?!\w)", re.IGNORECASE), "mashup"),
    (re.compile(r"\bspee?d(?:ed)?\s+up(?!\w)", re.IGNORECASE), "sped"),
    (re.compile(r"\bre-recorded(?!\w)", re.IGNORECASE), "rerecorded"),
    (re.compile(r"\b8d audio(?!\w)", re.IGNORECASE), "8d"),
    (re.compile(r"\blange[r]?(?=\s+(?:version|fassung)\b)", re.IGNORECASE), "long"),  # Lange is a DJ
    (re.compile(r"\bkurze[r]?(?=\s+(?:version|fassung)\b)", re.IGNORECASE), "short"),
    (
        re.compile(
            r"\b(album|akustik|club|demo|extended|instrumental|live|maxi|original|radio|single)-?"
            r"(?=(?:mix|version|fassung|edit)\b)",
            re.IGNORECASE,
        ),
        r"\1 ",
    ),
    (re.compile(r"\blang-?(?=(?:version|fassung)\b)", re.IGNORECASE), "long "),
    (re.compile(r"\bkurz-?(?=(?:version|fassung)\b)", re.IGNORECASE), "short "),
)
# A bracket is put into English when it has one of these words, signs beyond ASCII or no head word.
_HINTS = frozenset(
    ("vivo", "directo", "direct", "concert", "concerto", "concierto", "public", "slowed", "screwed",
     "chopped", "sped", "speed", "speeded",
     "re-recorded", "8d", "lange", "kurze")
)  # fmt: skip


_COMPOUND = re.compile(r"mix|fassung|version|edit|up|aufnahme|record|chopped|reverb", re.IGNORECASE)


def in_english(text: str, *, any_word: bool = False) -> str:
    """The text with foreign words and phrases for versions as head words: ``en vivo`` → ``live``.

    Looks only where a hint stands, or everywhere when ``any_word``.
    """
    plain = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", text)
        plain = _IN_KATAKANA.sub(lambda found: f" {_KATAKANA.get(found[0], '')} ", plain)
    if (any_word and _COMPOUND.search(plain)) or not _HINTS.isdisjoint(plain.lower().split()):
        for pattern, word in _PHRASES:
            plain = pattern.sub(word, plain)
    return " ".join(plain.split()) if plain != text else text
