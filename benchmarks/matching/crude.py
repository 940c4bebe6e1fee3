"""A reading of clean lines and rows that is simple enough to be trusted, and none of the matcher's.

It only knows ``Artist - Title (Version) [Label - CAT]``. Whatever is not of that form gives None: the
corpora are built from what is beyond doubt, so the parser is never judged by a parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from benchmarks.matching.pair import Text, squeeze

_CUE = re.compile(r"^\[[\d:]+\]\s*")
_BOX = re.compile(r"\s\[([^\[\]]+)\]$")
_FEAT = re.compile(r"\s+(?:feat|ft|featuring)\.?\s+", re.I)
_GROUP = re.compile(r"\s*(?:\(([^()\[\]]*)\)|\[([^()\[\]]*)\])$")
_BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]")
_REMIX = re.compile(r"\b(?:re-?mix|rmx)\b", re.I)
_DASH_VERSION = re.compile(r"\s-\s([^-]+)$")
_NAMES = re.compile(r"\s+(?:&|vs\.?|x)\s+|,\s+", re.I)
_DOUBT = re.compile(
    r"\?|\bID\b|\bw/|^\+|\s\+\s|\bpres\b|\bpresents\b|\bunreleased\b|\bdubplate\b|\bforthcoming\b|\*\*|;|//"
    r"|^\d{1,3}[.)-]|^(?=\w{0,3}\d)\w{2,4}-|\bunknown\b|\bprod\b|\bproduced\b|\bvarious\b|=",
    re.I,
)

# A bracket with such a word is a version of a form that is not read here.
_OTHER_VERSION = re.compile(
    r"\b(?:re-?mix(?:ed)?|rmx|mix|mashup|remake|redo|ver|version|vocal|slowed|screwed|retouch|edit|session|dubb?"
    r"|instr|tool|take|medley)\b",
    re.I,
)
_LIVE = re.compile(r"live(?:$|\s(?:at|@|in|from|on|session|version|mix)\b)", re.I)

HEADS = frozenset(
    ("remix", "mix", "edit", "dub", "vip", "version", "instrumental", "acapella", "acappella", "live",
     "rework", "bootleg", "flip", "refix", "reprise", "demo", "acoustic", "remaster", "remastered", "cut")
)  # fmt: skip
# Words before the head that name nobody.
DESCRIPTORS = frozenset(
    ("original", "extended", "club", "radio", "vocal", "main", "album", "full", "long", "short", "single",
     "dub", "instrumental", "inch", "the", "length", "12", "7", "12inch", "7inch", "dj", "mixed", "stereo",
     "mono", "clean", "explicit", "dirty", "special", "new", "old", "version", "mix", "remix", "edit", "vip",
     "street", "official", "lp", "video", "vinyl", "edited", "maxi", "promo", "rough", "alternate",
     "alternative", "final", "bonus", "digital")
)  # fmt: skip
_CUTS = re.compile(
    r"\b(?:(?:19|20)\d\d\s+)?(?:digital(?:ly)?\s+)?remaster(?:ed)?(?:\s+(?:19|20)\d\d)?\b|"
    r"\b(?:original|extended|radio|album|single|full length|edited|official|mono|stereo|main|12\"|7\""
    r"|clean|explicit)"
    r"(?:\s+(?:mix|version|edit))?\b|\b(?:mix|version|edit) remaster(?:ed)?\b",
    re.I,
)


@dataclass(frozen=True)
class Track:
    """A line or a row of the plain form. ``head`` is the artist text without guests."""

    artist: str
    title: str
    head: str
    featured: str | None
    base: str
    version: str | None
    label: str | None = None
    catalog_number: str | None = None
    source: str = ""
    track_id: str | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The artists, guests left out."""
        return tuple(name.strip() for name in _NAMES.split(self.head) if name.strip())

    @cached_property
    def family(self) -> str:
        """Base title and first artist, squeezed: all versions of a track share it."""
        return f"{squeeze(self.base)}|{squeeze(self.names[0])}"

    @cached_property
    def people(self) -> str:
        """The artists in one order, so that reordered credits agree."""
        return "+".join(sorted(filter(None, map(_plain_name, self.names))))

    @cached_property
    def version_key(self) -> str:
        """The version squeezed, cuts and *Original Mix* left out."""
        return version_key(self.version)

    @cached_property
    def key(self) -> str:
        """Equal for the same recording in the same or nearly the same spelling."""
        return f"{self.people}|{squeeze(self.base)}|{self.version_key}"

    @property
    def text(self) -> Text:
        """As a side of a pair, as its source spells it."""
        return Text(self.artist, self.title, self.label, self.catalog_number)


def _plain_name(name: str) -> str:
    return squeeze(re.sub(r"^the\s+", "", name, flags=re.I))


def version_key(version: str | None) -> str:
    """A version's text squeezed without what only says how long it is, *Mix* and *Version* left out."""
    if not version:
        return ""
    spelled = re.sub(r"['’]s\b", "", version.lower().replace("rmx", "remix"))
    return squeeze(re.sub(r"\b(?:mix|version)\b", " ", _CUTS.sub(" ", spelled)))


def version_name(version: str | None) -> tuple[str, str]:
    """Who or what a version is named after, and its head word: ``("Four Tet", "remix")``."""
    words = (version or "").split()
    if not words or words[-1].lower() not in HEADS:
        return "", ""
    kept = [word for word in words[:-1] if squeeze(word) not in DESCRIPTORS]
    return " ".join(kept), words[-1].lower()


def read_line(raw: str, *, source: str = "", track_id: str | None = None, boxes: bool = True) -> Track | None:
    """The track of a clean line, else None. ``boxes``: a bracket at the end is the label's."""
    text = " ".join(_CUE.sub("", raw).split())
    label = number = None
    if boxes and (found := _BOX.search(text)):
        label, _, number = (part.strip() for part in found[1].partition(" - "))
        text = text[: found.start()]
        if label.split()[-1].lower() in HEADS:
            return None
    artist, dash, title = text.partition(" - ")
    if not dash or " - " in title or ": " in artist:
        return None
    return read(
        artist, title, label=label or None, catalog_number=number or None, source=source, track_id=track_id
    )


def read(
    artist: str,
    title: str,
    *,
    label: str | None = None,
    catalog_number: str | None = None,
    source: str = "",
    track_id: str | None = None,
) -> Track | None:
    """The track of an artist and a title that leave no doubt, else None."""
    artist, title = " ".join(artist.split()), " ".join(title.split())
    if _DOUBT.search(artist) or _DOUBT.search(title) or not balanced(artist) or not balanced(title):
        return None
    head, *guests = _FEAT.split(artist)
    if len(guests) > 1 or "(" in head or "[" in head:
        return None
    featured = guests[0] if guests else None
    if featured and re.search(r"[(\[]", featured):
        return None
    base, version, featured = _title_parts(title, featured)
    if base is None or not squeeze(base) or not squeeze(head) or len(base) > 80:
        return None
    if any(map(_OTHER_VERSION.search, _BRACKET.findall(base))) or _REMIX.search(base):
        return None
    if (
        re.search(r"\bf(?:ea)?t\.", base, re.I)
        or _FEAT.search(base)
        or base.split()[-1].lower() in HEADS
        or " - " in base
    ):
        return None
    track = Track(
        artist, title, head, featured, base, version, label, catalog_number, source, track_id
    )  # fmt: skip
    names = track.names
    return track if names and all(squeeze(name) and name[-1] not in "-–/" for name in names) else None


def _title_parts(title: str, featured: str | None) -> tuple[str | None, str | None, str | None]:
    version = None
    while found := _GROUP.search(title):
        inner = (found[1] if found[1] is not None else found[2]).strip()
        words = inner.lower().split()
        if not words:
            return None, None, None
        if words[0].rstrip(".") in ("feat", "ft", "featuring", "with"):
            if featured is not None or len(words) == 1:
                return None, None, None
            featured = inner.split(None, 1)[1]
        elif words[-1] in HEADS or _LIVE.match(inner):
            if version is not None:
                return None, None, None
            version = inner
        elif version is None and featured is None:
            break  # a subtitle: part of the title
        else:
            return None, None, None
        title = title[: found.start()]
    if version is None and (found := _DASH_VERSION.search(title)):
        if found[1].lower().split()[-1] not in HEADS:
            return None, None, None
        version = found[1].strip()
        title = title[: found.start()]
    return title.strip(), version, featured


def balanced(text: str) -> bool:
    """Whether every bracket is closed and none is nested."""
    depth = 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if depth not in (0, 1):
            return False
    return depth == 0
