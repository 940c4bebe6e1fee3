"""The square brackets at the end of a line: a label, a catalogue number, a mark, a length, or a version.

Here: finding the box and saying what it holds. What a version means is ``matching/version.py``; which boxes
of a line are read, ``line.py``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from mixtrove.matching.credit import is_mark, is_unreleased
from mixtrove.matching.version import HEADS, head_word, parse_version

_LENGTH = re.compile(r"^\d{1,2}:[0-5]\d$")
# Square brackets hold labels, and versions only when they end in one of these.
_VERSION_BOX = frozenset(
    ("remix", "mix", "edit", "reedit", "dub", "version", "vip", "instrumental", "acapella", "rework",
     "refix", "bootleg", "cover", "remake", "mashup", "flip", "remaster", "remastered", "live", "reprise",
     "relift", "rerub", "reshape", "revision", "reboot", "reconstruction", "reinterpretation", "remodel",
     "retouch", "revibe", "screwed", "slowed", "demo", "unplugged", "redo", "nightcore", "karaoke")
)  # fmt: skip
_OF_THE_WORDS = frozenset(("clean", "explicit", "dirty", "sped up", "slowed + reverb", "slowed & reverb"))
_SAMPLED = re.compile(r"^(?:from|samples?|prod(?:\.|uced)?|w/|/w|flip of|cover of)\s")
_BEHIND_HEAD = re.compile(r"\S (?:with|w/|by) \S")
# "[Live From Malibu]" is a version; "[Live At Robert Johnson]" is a label, as its own spelling and a
# catalogue number behind the dash say.
_LIVE_BOX = re.compile(r"^live (?:(?:from|on|in|@)\s|at\s(?!robert johnson\b))", re.IGNORECASE)
_BOX_AT_END = re.compile(r"(?P<space>\s*)\[(?P<inner>(?:[^\[\]]|\[[^\[\]]*\])*)\]\s*$")
_LABEL_SPLIT = re.compile(r"\s+[-–—:/|]\s*|\s*[-–—]\s+")
_STRICT_CATALOG = re.compile(r"^[A-Z]{2,10}[ -]?\d{2,5}[A-Z]?$")
_NO_LABEL = re.compile(r"^(?:feat|ft|featuring|with|part|pt|prod(?:\.|uced)? by|w/|/w)(?!\w)", re.IGNORECASE)
_LABEL_YEAR = re.compile(r"[,\s]+\(?((?:19|20)\d\d)\)?$")
_YEAR_ENDS = frozenset("0123456789)")
_FORTHCOMING = re.compile(
    r"^(?:forthcoming|unreleased|promo|dub-?plate)(?:\s+(?:on|from|via))?[\s:-]+(?=\S)", re.I
)


class Box(NamedTuple):
    """What a box says: ``title`` means that it belongs to the title, as a version or a guest does."""

    kind: Literal["label", "mark", "length", "title"]
    label: str | None = None
    catalog_number: str | None = None
    unreleased: bool = False
    year: int | None = None
    remark: str = ""  # "Forthcoming on", "Promo": what of the box is in none of the others
    doubtful: bool = False  # the box may be something else than it is read as


_TITLE = Box("title")
_DOUBTFUL_TITLE = Box("title", doubtful=True)
_PLAYING_TIME = Box("length")  # "[6:47]": how long the track is


def box_at_end(text: str) -> tuple[str, bool, str] | None:
    """What stands before the square brackets at the end, whether a space parts them, and what they hold."""
    at = text.rfind("[")
    inner = text[at + 1 : -1]
    if at < 0:
        return None
    if "]" in inner:
        if (nested := _BOX_AT_END.search(text)) is None:
            return None
        at, inner = nested.end("space"), nested["inner"]
    before = text[:at].rstrip()
    return before, len(before) < at, " ".join(inner.split())


@lru_cache(maxsize=8192)
def read_box(inner: str) -> Box:
    """What a box at the end of a line holds; labels come again and again, so what was read is remembered."""
    if is_mark(inner):
        year = int(inner) if inner.isdigit() else None
        return Box("mark", None, None, is_unreleased(inner), year, "" if year else inner)
    if not inner:
        return _TITLE
    if head_word(inner[inner.rfind(" ") + 1 :]) in _VERSION_BOX and not _LABEL_SPLIT.search(inner):
        return _TITLE  # "[Above & Beyond Remix]" is a version, "[Stereo]" and "[Rebirth]" are labels
    lower = inner.lower()
    if lower in _OF_THE_WORDS or (_BEHIND_HEAD.search(lower) and parse_version(inner) is not None):
        return _TITLE  # "[YUNG ANH Redo with ECHOS]"
    if _LENGTH.match(inner):
        return _PLAYING_TIME
    if (_LIVE_BOX.match(inner) and not _LABEL_SPLIT.search(inner)) or _NO_LABEL.match(inner):
        return _TITLE
    label, catalog_number, unreleased, year, remark = _label(inner)
    plain = inner[0].islower() and catalog_number is None
    if plain and (HEADS.get(lower) or _SAMPLED.match(inner)):
        return _TITLE  # "[blend]", "[from Scream 2]"
    if plain and " " in inner and not any(sign.isdigit() for sign in inner):
        return _DOUBTFUL_TITLE  # "[kali uchis]" says what is heard in it: labels are written with capitals
    doubtful = plain or (
        catalog_number is None and (" - " in inner or ("'s " in inner) or _ends_like_a_version(inner))
    )
    return Box("label", label, catalog_number, unreleased, year, remark, doubtful)


def _ends_like_a_version(inner: str) -> bool:
    return " " in inner and head_word(inner[inner.rfind(" ") + 1 :]) not in ("", "club", "beats")


def _label(inner: str) -> tuple[str | None, str | None, bool, int | None, str]:
    """Label, catalogue number, whether it was still to come, year and remark of ``[Label - CAT, 1999]``."""
    soon = False
    remark = ""
    year: int | None = None
    if inner[:1] in "fFuUpPdD" and (found := _FORTHCOMING.match(inner)):
        soon, remark, inner = is_unreleased(found[0]), found[0].strip(" :-"), inner[found.end() :]
    if inner[-1:] in _YEAR_ENDS and (found := _LABEL_YEAR.search(inner)) and found.start() > 0:
        year, inner = int(found[1]), inner[: found.start()]
    pieces = [piece.strip() for piece in _LABEL_SPLIT.split(inner) if piece.strip()]
    if len(pieces) > 1:
        last = pieces[-1]
        if re.search(r"\d", last) or (last.isupper() and len(last) <= 12):
            if is_unreleased(last):
                return " - ".join(pieces[:-1]), None, True, year, f"{remark} {last}".strip()
            return " - ".join(pieces[:-1]), last, soon, year, remark
        if is_mark(last):
            soon = soon or is_unreleased(last)
            return " - ".join(pieces[:-1]), None, soon, year, f"{remark} {last}".strip()
        return inner, None, soon, year, remark
    if _STRICT_CATALOG.match(inner):
        return None, inner, soon, year, remark
    if is_mark(inner):  # "[Unreleased - Unreleased]"
        return None, None, soon or is_unreleased(inner), year, f"{remark} {inner}".strip()
    return inner, None, soon, year, remark
