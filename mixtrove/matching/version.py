"""The version of a track: which words name it, who made it, how it is cut (MATCHING §3, §4).

Here: one bracket (or the tail behind a dash) becomes a ``Version``, and several become one. Not
here: finding the brackets in a title (``credit.py``), or comparing two versions (``kernel.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz.distance import OSA

from mixtrove.matching.normalise import fold, tokens
from mixtrove.matching.weights import is_no_name
from mixtrove.matching.words import (
    DESCRIPTORS,
    HEADS,
    NEVER_FUZZY,
    NOBODY,
    NOBODY_AT_END,
    SOMEBODYS,
    SPELLINGS,
    WEAK_HEADS,
    in_english,
)

__all__ = ["HEADS", "LIVE", "ORIGINAL", "Version", "head_word", "merged", "parse_version"]

# A typo keeps the first letter or all others: only those head words are compared.
_FUZZY = tuple(w for w in (*HEADS, "remixed", "extended") if len(w) >= 5 and w not in NEVER_FUZZY)
_FUZZY_BY_SIGN = {sign: tuple(w for w in _FUZZY if w[0] == sign) for sign in {w[0] for w in _FUZZY}}
_FUZZY_BY_TAIL = {tail: tuple(w for w in _FUZZY if w[1:] == tail) for tail in {w[1:] for w in _FUZZY}}
_TWO_DIGITS = re.compile(r"^\d\d$")  # behind a name it is part of it: Hot Since 82
_YEAR = re.compile(r"^(?:19[5-9]\d|20[0-4]\d|['’]?\d\ds?)$")
_YEAR_ENDS = frozenset("0123456789s")
_NUMBER = re.compile(r"^(?:#?\d{1,2}|[a-d]|i{1,3}|iv|vi?|v\d)$")
_NOTHING: frozenset[str] = frozenset()
_LONGEST = 200  # signs; no version's name is longer
_STRIP = " .,;:!?*'’‘“”()[]{}"
_BY = re.compile(r"^(?:re-?)?(?:mix|edit|work|fix|drumm?|rubb?)(?:ed)?\s+by\s+(.+)$", re.IGNORECASE)
_LIVE = re.compile(
    r"^live\s*[,:]?\s+(?:at|@|in|from|on|version|mix|en|em|desde|aus|im|dal|au|auf|à|sessions?|performance|take)(?!\w)",
    re.IGNORECASE,
)
_EDITION = re.compile(
    r"^(?:[\w'’]+\s+){0,3}?(?:deluxe|expanded|anniversary|special|limited|collector'?s'?|bonus)\s+edition$"
    r"|^deluxe(?: version)?$|^edici[oó]n (?:especial|deluxe|limitada|aniversario)$"
    r"|^[eé]dition (?:sp[eé]ciale|deluxe)$",
    re.IGNORECASE,
)
# "YUNG ANH Redo with ECHOS", "Screwed & Chopped by OG Ron C": names behind the head word
_SHARED = re.compile(
    r"^(?P<made>\S.*?)\s+(?:with|w/|by|feat\.?|ft\.?|featuring)\s+(?P<names>\S.*)$", re.IGNORECASE
)
_SEVERAL = re.compile(r"^(?P<first>.*[^\s(])\s+\((?P<second>[^()]+)\)$")
_POSSESSIVE = re.compile(r"(?<=\w)(?:['’]s\b|(?<=s)['’](?=\s|$))")
_NAMES = re.compile(r"\s*(?:&|,|\+|(?<=\s)(?:/|vs?\.?|and|x|feat\.?|ft\.?|with|b2b)(?=\s))\s*", re.IGNORECASE)
_OWNER = re.compile(r"^(.+?)['’]s\s+\S")
_OWNERS_END = re.compile(r"(?<=\w)['’]s?$")


@dataclass(frozen=True, slots=True)
class Version:
    """What makes two recordings of one title different.

    ``family`` is ``remix`` or ``edit`` when somebody else touched it, ``types`` are the hard mix types,
    ``name`` the normal-form words that name the mix or its maker, ``remixers`` the people as written.
    """

    text: str = ""
    family: str | None = None
    types: frozenset[str] = _NOTHING
    soft: frozenset[str] = _NOTHING
    cut: str | None = None
    name: tuple[str, ...] = ()
    remixers: tuple[str, ...] = ()
    year: str | None = None
    numbers: tuple[str, ...] = ()

    @property
    def mix_type(self) -> str | None:
        """One word for the kind of version, None for the original: a hard type before the family."""
        if self.types:
            return min(self.types)
        return self.family


ORIGINAL = Version()
LIVE = Version(text="Live", types=frozenset({"live"}))


@lru_cache(maxsize=16384)
def head_word(word: str) -> str:
    """The head word that ``word`` is, spellings and small typos mended, else the empty string.

    Typos: optimal string alignment distance 1 from 5 letters, 2 from 10 (MATCHING §3).
    """
    plain = fold(word).strip(_STRIP)
    if plain in HEADS:
        return plain
    if plain in SPELLINGS:
        return SPELLINGS[plain]
    bare = plain.replace("-", "").replace(".", "").replace("'", "")
    if bare in HEADS:
        return bare
    if len(bare) < 5 or bare in NEVER_FUZZY or not bare.isalpha():
        return ""
    for head in (*_FUZZY_BY_SIGN.get(bare[0], ()), *_FUZZY_BY_TAIL.get(bare[1:], ())):
        allowed = 2 if len(head) >= 10 else 1
        if abs(len(head) - len(bare)) > allowed:
            continue
        if OSA.distance(bare, head, score_cutoff=allowed) <= allowed:
            return SPELLINGS.get(head, head)
    return ""


@lru_cache(maxsize=65536)
def parse_version(text: str) -> Version | None:
    """The version that a bracket's text names, None when it names none (a subtitle, a place, a year).

    The last head word decides; descriptors before it are consumed; what is left names the mix or its
    makers. ``parse_version("Four Tet Remix").remixers == ("Four Tet",)``. Words of other languages are read
    as the English ones: ``en vivo``, ``Originalfassung``, ``リミックス``.
    """
    text = " ".join(text.split())
    if len(text) > _LONGEST:
        return None
    plain = in_english(text)
    found = _parsed(plain)
    if found is None and (english := in_english(text, any_word=True)) != plain:
        found = _parsed(english)
    return replace(found, text=text) if found is not None and found.text != text else found


def _parsed(text: str) -> Version | None:
    several = _SEVERAL.match(text) if text.endswith(")") else None
    if several:  # "X Remix (Radio Edit)", as ``merged`` writes it
        parts = (parse_version(several["first"]), parse_version(several["second"]))
        found = [part for part in parts if part is not None]
        if len(found) == 2:
            return merged(found)
        if parts[0] is not None:
            return parts[0]  # "Modwheel Mix (Love You And Leave You)"
    if " / " in text:  # "Tiësto Remix / Radio Edit"; not "Dixon / Âme Remix", two people
        pieces = [parse_version(piece) for piece in text.split(" / ")]
        found = [piece for piece in pieces if piece is not None]
        if len(found) == len(pieces):
            return replace(merged(found), text=text)
    lower = text.lower()
    if " by " in lower and (by := _BY.match(text)):
        return _named(text, by[1], family="edit" if "edit" in text[:7].lower() else "remix")
    live = _LIVE.match(text) if lower.startswith("live") else None
    if live:  # the place and the year tell one live recording from another
        place = tuple(word for word in tokens(text[live.end() :]) if word not in ("the", "at", "in"))
        return Version(text=text, types=frozenset({"live"}), name=place)
    if ("dition" in lower or "edici" in lower or "deluxe" in lower) and _EDITION.match(
        text
    ):  # of an album: the same recording
        return Version(text=text, cut="original")
    if (" w" in lower or " by " in lower or " f" in lower) and (shared := _SHARED.match(text)):
        weak = head_word(shared["made"].rpartition(" ")[2]) in WEAK_HEADS
        made = None if weak else _parsed(shared["made"])  # "Touch By Touch"
        if made is not None and (made.family or made.types):
            names = tuple(word for word in tokens(shared["names"]) if word not in ("the", *made.name))
            people = tuple(one for one in _people(shared["names"]) if one not in made.remixers)
            return replace(made, text=text, name=made.name + names, remixers=made.remixers + people)
    words = text.split()
    if not words:
        return None
    end = len(words)
    year: str | None = None
    numbers: list[str] = []
    while end > 1:  # what may stand behind the head word: a number or a year
        bare = words[end - 1].strip(_STRIP).lower()
        if head_word(words[end - 1]) and bare not in ("7", "12"):
            break
        if _YEAR.match(bare):
            year = bare[-2:]
        elif _NUMBER.match(bare):
            numbers.append(bare.lstrip("#"))
        elif bare in ("part", "pt", "no", "-", ""):
            pass
        else:
            return _headless(text, words)
        end -= 1
    head = head_word(words[end - 1])
    if not head:
        return None
    meaning = [HEADS[head]]
    start = end - 1
    while start > 0:  # words right before the head that describe the mix
        word = words[start - 1]
        bare = fold(word).strip(_STRIP)
        before = head_word(word)
        if before and bare not in ("cut", "beat", "boot", "touch", "rub", "cover", "flip"):
            meaning.append(HEADS[before])
        elif bare == "a" and start < end and head_word(words[start]) == "acapella":
            pass
        elif bare[-1:] in _YEAR_ENDS and _YEAR.match(bare) and (start == 1 or not _TWO_DIGITS.match(word)):
            year = bare[-2:]
        elif bare == "inch" or bare in DESCRIPTORS or not bare:
            pass
        else:
            break
        start -= 1
    first = 0
    while first < start:  # … and those that lead the bracket
        bare = fold(words[first]).strip(_STRIP)
        lead = head_word(words[first])
        if lead and HEADS[lead].startswith(("cut:", "soft:")) and first + 1 < end:
            meaning.append(HEADS[lead])
        elif bare in ("unreleased", "official", "exclusive", "full", "-"):
            pass
        elif len(bare) == 4 and _YEAR.match(bare):
            year = bare[-2:]
        else:
            break
        first += 1
    name = " ".join(words[first:start])
    if name and head in WEAK_HEADS and len(meaning) == 1:
        return None  # "Blase Boys Club", "Love Single": a name, not a version
    return _make(text, name, meaning, year, tuple(sorted(numbers)))


def _headless(text: str, words: list[str]) -> Version | None:
    """A bracket whose head word is not last: ``Dub Part of It`` names none, ``Remastered in 2004`` does."""
    first = head_word(words[0])
    if first in ("remaster", "remastered"):
        return Version(text=text, soft=frozenset({"remaster"}))
    if first == "extended" and len(words) == 1:
        return Version(text=text, cut="extended")
    return None


def _named(text: str, name: str, *, family: str) -> Version:
    return _make(text, name, [family], None, ())


def _make(text: str, name: str, meaning: list[str], year: str | None, numbers: tuple[str, ...]) -> Version:
    hard = {m for m in meaning if ":" not in m and m not in ("remix", "mix", "edit")}
    soft = {m[5:] for m in meaning if m.startswith("soft:")}
    cuts = [m[4:] for m in meaning if m.startswith("cut:")]
    if "original" in soft:
        cuts = cuts or ["original"]
        soft.discard("original")
    plain_name = _POSSESSIVE.sub("", name) if "'" in name or "’" in name else name
    words = tuple(word for word in tokens(plain_name) if word not in ("the",)) if name else ()
    family: str | None = None
    if "remix" in meaning:
        family = "remix"
    elif "edit" in meaning:
        family = "edit"
    elif "mix" in meaning and (words or year):
        family = "remix"
    if (
        not words
        and family == "edit"
        and not hard
        and "remix" not in meaning
        and (cuts or not (year or any(head_word(word) in SOMEBODYS for word in text.split())))
    ):
        # a bare Edit or Radio Edit is a length, not somebody's work; a 2008 Edit or a Flip is
        family, cuts = None, cuts or ["radio"]
    if words and family is None and not hard:
        family = "remix"  # "Atmospheric Vocal", "Solardo Extended": somebody's mix all the same
    if words and family == "edit" and "radio" in cuts:
        family = "remix"  # "Deep Dish Radio Edit" is Deep Dish's mix, cut for radio
    if not words and family == "remix" and cuts and meaning.count("remix") == 0 and not year:
        family = None
    if not words and family is None and not hard and not cuts and not soft and meaning == ["mix"]:
        cuts = ["original"]
    people = _people(name) if name else ()
    # "Surprise Mix", "Ocean Dub": a word of titles names the mix; what is a remix or an edit is somebody's
    if people and "remix" not in meaning and "edit" not in meaning and all(map(is_no_name, words)):
        people = ()
    return Version(
        text=text,
        family=family,
        types=frozenset(hard) if hard else _NOTHING,
        soft=frozenset(soft) if soft else _NOTHING,
        cut=cuts[0] if cuts else None,
        name=words,
        remixers=people,
        year=year,
        numbers=numbers,
    )


def _people(name: str) -> tuple[str, ...]:
    """The people in the name of a mix: ``Tee's Freeze`` → Tee, ``Slam & Hood`` → Slam, Hood."""
    if "'" in name or "’" in name:
        if owner := _OWNER.match(name):
            name = owner[1]
        name = _OWNERS_END.sub("", name.strip(" -–"))
    else:
        name = name.strip(" -–")
    people = [stripped for part in _NAMES.split(name) if (stripped := part.strip(" ."))]
    if people and people[-1].rpartition(" ")[2].lower() in NOBODY:
        people[-1:] = _somebody(people[-1], alone=len(people) == 1)
    return tuple(people)


def _somebody(name: str, *, alone: bool) -> list[str]:
    """The name without words that only describe a mix: ``Coyu Raw`` → Coyu, ``Deep`` → nobody."""
    words = name.lower().split()
    if all(word in NOBODY for word in words):
        return [] if alone else [name]  # "Amine Edge & Dance" are two
    if words[-1] in NOBODY_AT_END and words[:-1] != ["dj"]:
        return [name[: name.rfind(" ")]]
    return [name]


def merged(versions: list[Version]) -> Version:
    """One version out of several brackets: ``(X Remix) (Radio Edit)`` is X's remix, cut for radio."""
    if not versions:
        return ORIGINAL
    if len(versions) == 1:
        return versions[0]
    families = [v.family for v in versions if v.family]
    cuts = [v.cut for v in versions if v.cut and v.cut != "original"] or [v.cut for v in versions if v.cut]
    name: list[str] = []
    people: list[str] = []
    for version in versions:
        name += [word for word in version.name if word not in name]
        people += [one for one in version.remixers if one not in people]
    return Version(
        text=" ".join([versions[0].text, *(f"({v.text})" for v in versions[1:])]),
        family="remix" if "remix" in families else (families[0] if families else None),
        types=frozenset().union(*(v.types for v in versions)),
        soft=frozenset().union(*(v.soft for v in versions)),
        cut=cuts[0] if cuts else None,
        name=tuple(name),
        remixers=tuple(people),
        year=next((v.year for v in versions if v.year), None),
        numbers=tuple(sorted(n for v in versions for n in v.numbers)),
    )
