"""A credit: who made a track, what it is called, which version of it (DESIGN §1).

``Credit.parse`` takes an artist and a title as people and databases write them apart. Taking a whole
line of a tracklist apart is ``mixtrove.tracklists.line``; comparing two credits is ``verdict.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from mixtrove.matching.normalise import normal_form, squeezed, tokens
from mixtrove.matching.version import HEADS, ORIGINAL, Version, head_word, merged, parse_version

# Names are split at these; "and" stays, because it is more often part of a name than between two.
_SEPARATOR = re.compile(
    r"\s+(?:&|vs\.?|v\.|v(?!\s+(?:[&+]\s|[,;]))|x|×|[Λλ]|\+|/|;|pres\.?|presents?|presenting|meets|b2b|w/)\s+(?!\d+$)"
    r"|\s*[,;]\s+(?!(?:inc|jr|sr|ltd|the|llc|md)\b)",
    re.IGNORECASE,
)
_QUICK = re.compile(r"[&,;+/×Λλ]|\s(?:vs?\.?|x|pres\.?|presents?|presenting|meets|b2b|w/)\s", re.I)
# A text of letters and digits without one of these words is one name.
_JOINING = frozenset(
    ("v", "vs", "x", "λ", "pres", "present", "presents", "presenting", "meets", "b2b", "feat", "ft",
     "featuring", "starring", "introducing")
)  # fmt: skip
_FEAT = re.compile(
    r"\s*[(\[]\s*(?:feat(?:uring)?|ft|starring|introducing|with)\b\.?:?\s*(?P<bracket>[^()\[\]]+)[)\]]"
    r"|(?:(?:^|\s+)(?:feat(?:uring)?|ft|f/)|(?<=\S)\s+introducing)(?:\.|\b)\s*(?P<bare>[^()\[\]]+?)(?=\s*[(\[]|\s+-\s|$)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?<=\S)(?:\s+\(\d{1,3}\)|\*)$")  # Discogs tells namesakes apart so
# Brackets that say where a track is from or who produced it: the same recording without them.
_ASIDE = re.compile(
    r"\s*[(\[](?:(?:music |taken |theme )?from (?:the )?[\"“”'‘’«`]"
    r"|from (?!(?:now|here|there|me|you|your|my|us|within|above|below|nowhere|afar|the (?:heart|start|inside"
    r"|outside|bottom|ground|beginning|top|soul|past|future|dark))\b)(?=\S+\s+\S)"
    r"|(?:music |taken )?from the (?:film|movie|motion|album|original|netflix|soundtrack|series"
    r"|game|musical|ep)\b"
    r"|(?:co-?)?prod(?:\.|uced)?\s+(?:by\b)?)[^()\[\]]*[)\]]",
    re.IGNORECASE,
)
_AGAINST = re.compile(r"\s(?:\+|x|×|vs?\.?|versus|b2b|meets)\s", re.IGNORECASE)
_KEY_TAIL = re.compile(
    r"\s+-\s+(?:1[0-2]|[1-9])[AB](?:/(?:1[0-2]|[1-9])[AB])*$"
)  # Camelot key of Mixed In Key
_FEAT_AGAIN = re.compile(r"\s+(?:feat(?:uring)?|ft)\b\.?\s*", re.IGNORECASE)
_FEAT_HINT = re.compile(r"\b(?:feat|ft|featuring|starring|introducing)\b|f/|[(\[]with\b", re.IGNORECASE)
_GROUP = re.compile(r"\s*(?:\(((?:[^()]|\([^()]*\))*)\)|\[((?:[^\[\]]|\[[^\[\]]*\])*)\])")
_TAIL = re.compile(r"(?:\s+[-–—]\s+|_)(?P<tail>[^-–—_]+)$")
_BARE_TAIL = re.compile(
    r"\s+(?P<tail>(?:original|extended|radio|album|full length|12\"|7\"|12''|7'')"
    r"\s+(?:mix|version|edit|cut))$",
    re.IGNORECASE,
)
_BARE_ENDS = frozenset(("mix", "version", "edit", "cut"))
_QUOTATION_MARKS = ('"', "“", "'", "‘", "«")
_MARK = re.compile(
    r"^(?:un-?released|forthcoming|dub-?plate|promo|white(?: label)?|test ?press(?:ing)?|cdr?"
    r"|exclusive|free (?:download|dl|track)|out now|premiere|clip|preview|rip|w\.?i\.?p\.?|working title"
    r"|self[ -]?released|not on label|mixed|bonus(?: track)?|draft|snippet|hidden track|19\d\d|20\d\d)$",
    re.IGNORECASE,
)
_UNRELEASED = re.compile(r"\b(?:un-?released|forthcoming|dub-?plate|cdr|w\.?i\.?p)\b", re.IGNORECASE)
_UNKNOWN = frozenset(
    ("id", "?", "??", "???", "????", "unknown", "unknown artist", "unknown title", "n a", "tba",
     "id id", "unknown track", "unidentified", "artist", "untitled id", "tbc")
)  # fmt: skip
# What no placeholder begins with, and what one in ASCII does, so that hardly a title needs its normal form.
_NOT_UNKNOWN = frozenset("bcdefghjklmopqrsvwxyzBCDEFGHJKLMOPQRSVWXYZ")
_PERHAPS_UNKNOWN = re.compile(r"[\W_]*(?:id|un|n[\W_]|tb|art|and)", re.IGNORECASE)
_LONGEST_UNKNOWN = 24  # letters; the longest placeholder and some signs around it
GENERIC = frozenset(
    ("untitled", "intro", "outro", "interlude", "track 1", "track 2", "a", "b", "a1", "a2", "b1",
     "b2", "unknown", "no title", "ohne titel", "1", "2", "3")
)  # fmt: skip


_LONGEST = 1000  # signs; a longer text is no title and no name, and is not taken apart
_set = object.__setattr__  # the fields of a credit that is being built; it is frozen afterwards


class SplitTitle(NamedTuple):
    """A title taken apart. ``title`` keeps the brackets that name no version."""

    title: str
    featured: tuple[str, ...]
    version: Version
    unreleased: bool
    year: int | None
    marks: tuple[str, ...] = ()  # what brackets said of the copy: Promo, Unreleased, a year, a key


@dataclass(frozen=True)
class Credit:
    """Artists, title and version of one recording, as parsed.

    ``version`` is the version's text (``Four Tet Remix``), ``mix_type`` one word for its kind (``remix``,
    ``edit``, ``dub``, ``vip`` …; None for the original), ``cut`` its length (``original``, ``extended``,
    ``radio``; None when not said). ``duration`` is in seconds.
    """

    artists: tuple[str, ...]
    title: str
    featured: tuple[str, ...] = ()
    version: str | None = None
    mix_type: str | None = None
    cut: str | None = None
    remixers: tuple[str, ...] = ()
    label: str | None = None
    catalog_number: str | None = None
    album: str | None = None
    duration: float | None = None
    isrc: str | None = None
    year: int | None = None
    spelled: str | None = field(
        default=None, repr=False, compare=False
    )  # the artists as their source has them
    parsed: Version = field(default=ORIGINAL, repr=False, compare=False)

    @classmethod
    def parse(
        cls,
        artist: str,
        title: str,
        *,
        label: str | None = None,
        catalog_number: str | None = None,
        album: str | None = None,
        duration: float | None = None,
        isrc: str | None = None,
        year: int | None = None,
    ) -> Credit:
        """The credit that an artist text and a title text spell.

        ``Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")`` has title ``Opus`` and remixers
        ``("Four Tet",)``. Never raises on any text; empty texts give empty fields.
        """
        artists, featured = split_artists(artist)
        split = split_title(title)
        return build_credit(
            artists, featured, split, label=label, catalog_number=catalog_number, album=album,
            duration=duration, isrc=isrc, year=year if year is not None else split.year,
            spelled=" ".join(artist.split()) or None,
        )  # fmt: skip

    @classmethod
    def of_parts(
        cls,
        artists: Sequence[str],
        title: str,
        *,
        featured: Sequence[str] = (),
        version: str | None = None,
        label: str | None = None,
        catalog_number: str | None = None,
        album: str | None = None,
        duration: float | None = None,
        isrc: str | None = None,
        year: int | None = None,
        spelled: str | None = None,
    ) -> Credit:
        """A credit again from the fields it was stored as; nothing is taken out of the title.

        ``Credit.of_parts(c.artists, c.title, featured=c.featured, version=c.version, …) == c``.
        """
        found = (parse_version(version) if version else None) or Version(text=version or "")
        split = SplitTitle(title, (), found, False, None)
        return build_credit(
            tuple(artists), tuple(featured), split, label=label, catalog_number=catalog_number, album=album,
            duration=duration, isrc=isrc, year=year, spelled=spelled,
        )  # fmt: skip

    @property
    def artist(self) -> str:
        """The artists as one text: as their source spells it, else ``A & B feat. C``."""
        if self.spelled:
            return self.spelled
        names = " & ".join(self.artists)
        if self.featured:
            names = f"{names} feat. {' & '.join(self.featured)}".strip()
        return names

    @property
    def full_title(self) -> str:
        """Title and version as one text: ``Opus (Four Tet Remix)``."""
        return f"{self.title} ({self.version})" if self.version else self.title

    @cached_property
    def unknown(self) -> bool:
        """Whether artist or title is only a placeholder such as ``ID`` or ``?``."""
        return not self.artists or is_unknown(self.title) or all(map(is_unknown, self.artists))


def build_credit(
    artists: tuple[str, ...],
    featured: tuple[str, ...],
    split: SplitTitle,
    *,
    label: str | None = None,
    catalog_number: str | None = None,
    album: str | None = None,
    duration: float | None = None,
    isrc: str | None = None,
    year: int | None = None,
    spelled: str | None = None,
) -> Credit:
    """A credit from its parsed parts; people named twice are kept once, as featured."""
    guests = featured
    for name in split.featured:
        if all(squeezed(name) != squeezed(other) for other in guests):
            guests = (*guests, name)
    if guests and len(artists) > 1:
        named = {squeezed(name) for name in guests}
        artists = tuple(name for name in artists if squeezed(name) not in named) or artists[:1]
    if (
        spelled
        and (len(artists) != 1 or guests or artists[0] != spelled)
        and split_artists(spelled)
        != (
            artists,
            guests,
        )
    ):
        spelled = None  # the title named somebody too: the text must be parsed as the same people again
    version = split.version
    # Only what differs from the class' defaults is set: half the time of its constructor, millions of times.
    credit = object.__new__(Credit)
    _set(credit, "artists", artists)
    _set(credit, "title", split.title)
    if guests:
        _set(credit, "featured", guests)
    if version is not ORIGINAL:
        _set(credit, "parsed", version)
        _set(credit, "version", version.text or None)
        _set(credit, "mix_type", version.mix_type)
        _set(credit, "cut", version.cut)
        _set(credit, "remixers", version.remixers)
    if label:
        _set(credit, "label", label)
    if catalog_number:
        _set(credit, "catalog_number", catalog_number)
    if album:
        _set(credit, "album", album)
    if duration is not None:
        _set(credit, "duration", duration)
    if isrc:
        _set(credit, "isrc", isrc)
    if year is not None:
        _set(credit, "year", year)
    if spelled:
        _set(credit, "spelled", spelled)
    return credit


def is_unknown(text: str) -> bool:
    """Whether a name or a title is a placeholder: ``ID``, ``?``, ``Unknown Artist``, ``ID #2``."""
    return text[:1] not in _NOT_UNKNOWN and _is_unknown(text)


@lru_cache(maxsize=16384)
def _is_unknown(text: str) -> bool:
    if not text.strip(" ?."):
        return True
    if len(text) > _LONGEST_UNKNOWN:
        return False
    if "'" not in text and text.isascii() and not _PERHAPS_UNKNOWN.match(text):
        return False
    form = normal_form(text)
    return form in _UNKNOWN or (form.startswith("id ") and form[3:].isdigit())


@lru_cache(maxsize=16384)
def split_artists(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The artists and the featured artists that an artist text names.

    ``split_artists("A & B feat. C") == (("A", "B"), ("C",))``. Placeholders give no artist.
    """
    words = text.split()
    text = " ".join(words)
    if "".join(words).isalnum() and _JOINING.isdisjoint(text.lower().split()):
        return (() if is_unknown(text) else (text,)), ()
    text = text.strip(" -–—")
    featured: tuple[str, ...] = ()
    if len(text) <= _LONGEST and _perhaps_featured(text):
        text, featured = _take_featured(text)
    names = _names(text)
    return tuple([name for name in names if not is_unknown(name)]), featured


def _perhaps_featured(text: str) -> bool:
    """Whether it is worth looking for a featured artist; plain words are found sooner than a pattern."""
    lower = text.lower()
    return (
        "ft" in lower or "feat" in lower or "f/" in lower or "introducing" in lower or "starring" in lower
        or "(with" in lower or "[with" in lower
    ) and _FEAT_HINT.search(text) is not None  # fmt: skip


def _names(text: str) -> tuple[str, ...]:
    if not _QUICK.search(text):
        return (_NUMBERED.sub("", text),) if text else ()
    parts = [_NUMBERED.sub("", part).strip(" ,;&") for part in _SEPARATOR.split(text) if part]
    return tuple(dict.fromkeys(part for part in parts if part))


def _take_featured(text: str) -> tuple[str, tuple[str, ...]]:
    names: list[str] = []

    def collect(found: re.Match[str]) -> str:
        guests, dash, rest = (found["bracket"] or found["bare"]).partition(" - ")
        for part in _FEAT_AGAIN.split(guests):
            names.extend(_names(part.strip(" .-")))
        return f" ({rest.strip()})" if dash and rest.strip() else " "

    rest = " ".join(_FEAT.sub(collect, text).split())
    return rest.strip(" ,"), tuple(dict.fromkeys(names))


def split_title(text: str) -> SplitTitle:
    """A title text as base title, featured artists, version and marks.

    A bracket is a version when its last word is a version word; so is a tail behind `` - ``. A bare
    trailing Dub, Mix or Remix stays in the title (MATCHING §3). Brackets that are neither stay as well.
    """
    words = text.split()
    title = " ".join(words)
    if "".join(words).isalnum():
        words = title.lower().split()
        if words[-1] not in _BARE_ENDS and _JOINING.isdisjoint(words):
            return SplitTitle(title, (), ORIGINAL, False, None)
    return _split_title(title)


@lru_cache(maxsize=4096)
def _split_title(title: str) -> SplitTitle:
    if len(title) > _LONGEST:
        return SplitTitle(title, (), ORIGINAL, False, None)
    marks: list[str] = []
    if title[-1:] in ("A", "B") and (key := _KEY_TAIL.search(title)):
        marks.append(key[0].strip(" -"))
        title = title[: key.start()]
    featured: tuple[str, ...] = ()
    if _perhaps_featured(title):
        title, featured = _take_featured(title)
    versions: list[Version] = []
    unreleased = False
    year: int | None = None
    if "(" in title or "[" in title:
        kept: list[str] = []
        at = 0
        for found in _GROUP.finditer(title):
            inner = (found[1] if found[1] is not None else found[2]).strip()
            version = parse_version(inner) if found.start() > 0 else None
            if version is None and "_" in inner and found.start() > 0:
                version = parse_version(inner.replace("_", " "))
            if version is not None:
                versions.append(version)
            elif found.start() > 0 and _MARK.match(inner):
                marks.append(inner)
                unreleased = unreleased or bool(_UNRELEASED.search(inner))
                if inner.isdigit():
                    year = int(inner)
            else:
                continue
            kept.append(title[at : found.start()])
            at = found.end()
        if at:
            kept.append(title[at:])
            title = " ".join(" ".join(kept).split())
    while ("-" in title or "_" in title or not title.isascii()) and (tail := _TAIL.search(title)):
        words = tail["tail"].split()
        dashed = title[tail.start()] != "_" or head_word(words[-1])
        whole = tail["tail"].count("(") == tail["tail"].count(")")
        version = parse_version(tail["tail"]) if dashed and whole else None
        if version is None:
            break
        versions.insert(0, version)
        title = title[: tail.start()].strip()
    if " / " in title:  # "Powers Of Ten / Gabriel Ananda Remix"
        before, _, tail_text = title.rpartition(" / ")
        version = parse_version(tail_text)
        if version is not None and version.family and version.name and not version.types and before.strip():
            versions.append(version)
            title = before.strip()
    if title[title.rfind(" ") + 1 :].lower() in _BARE_ENDS and (bare := _BARE_TAIL.search(title)):
        version = parse_version(bare["tail"])
        if version is not None:
            versions.append(version)
            title = title[: bare.start()].strip()
    title = title.strip(" -–—")
    if title[:1] in _QUOTATION_MARKS:
        title = _unquoted(title)
    return SplitTitle(title, featured, merged(versions), unreleased, year, tuple(marks))


def _unquoted(title: str) -> str:
    for first, last in (('"', '"'), ("“", "”"), ("'", "'"), ("‘", "’"), ("«", "»")):
        if len(title) > 2 and title[0] == first and title[-1] == last and first not in title[1:-1]:
            return title[1:-1].strip()
    return title


def plays_against(artists: str) -> bool:
    """Whether artists are joined as bootlegs join them: ``A + B``, ``A x B``, ``A vs B``; not ``A & B``."""
    return bool(_AGAINST.search(artists))


def without_asides(title: str) -> str:
    """The title without brackets such as ``(From "Black Panther")`` and ``(Prod. by Metro Boomin)``."""
    if "(" not in title and "[" not in title:
        return title
    return _ASIDE.sub("", title).strip() or title


def is_mark(text: str) -> bool:
    """Whether a bracket's text is a mark of the copy (``Promo``, ``White``, ``Unreleased``, a year)."""
    return bool(_MARK.match(text.strip()))


def is_unreleased(text: str) -> bool:
    """Whether a text says that the track was not out yet."""
    return bool(_UNRELEASED.search(text))


def identity_key(credit: Credit) -> str:
    """The key of the library track a credit belongs to: equal keys are the same track (DESIGN §1).

    Title, headline artists, mix name, family and hard mix types; cuts, featured artists and remasters fold
    together. Titles that say nothing (``Untitled``, ``Intro``) take label and catalogue number in.
    """
    version = credit.parsed
    makers = set(version.name)
    people = {word for name in credit.artists for word in tokens(name)}
    artists = sorted(people - makers) or sorted(people)
    kind = sorted(version.types)
    if version.family:
        kind.append(version.family)
    if kind and version.year:
        kind.append(version.year)
    kind += version.numbers
    key = "|".join(
        (
            squeezed(without_asides(credit.title)),
            " ".join(artists),
            " ".join(sorted(version.name)),
            " ".join(kind),
        )
    )
    if normal_form(credit.title) in GENERIC and (credit.label or credit.catalog_number):
        key += f"|{squeezed(credit.catalog_number or '') or squeezed(credit.label or '')}"
    return key


def line_key(credit: Credit) -> str:
    """The key under which a line's corrections and its provisional track are filed: its identity key."""
    return identity_key(credit)


def trailing_type(title: str) -> str | None:
    """The hard mix type that a title's bare last word names (``Make The Floor Burn VIP`` → ``vip``)."""
    words = normal_form(title).split()
    if len(words) < 2 or words[-1] not in HEADS:
        return None
    meaning = HEADS[words[-1]]
    return None if ":" in meaning else meaning
