"""A credit made ready to be compared many times: normal forms and word sets, computed once.

Only derived values; how two of them are weighed is ``gate.py`` (versions) and ``compare.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mixtrove.matching.credit import Credit, identity_key, is_unknown, trailing_type, without_asides
from mixtrove.matching.normalise import in_digits, normal_form, tokens
from mixtrove.matching.version import Version

_GROUP = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
_NUMBERS = re.compile(r"\d+")
_NEUTRAL = (
    "original mix",
    "original version",
    "original",
    "album version",
    "lp version",
    "main mix",
)
_PARTS = ("part", "volume", "no", "number", "chapter", "episode", "movement", "act", "take")
# Words that a sentence has and the name of a mix hardly: a bracket with one is a subtitle.
_SENTENCE = frozenset(
    ("i", "you", "me", "my", "your", "we", "us", "dont", "im", "youre", "ill", "cant", "everybody",
     "wanna", "want", "what")
)  # fmt: skip
# MATCHING §5: words of a name that say little.
_WEAK = {"the": 0.3, "dj": 0.3, "mc": 0.3}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What comparing needs of a credit."""

    credit: Credit
    version: Version
    title: str  # normal form, brackets that are no version included
    title_squeezed: str
    base: str  # normal form without any bracket
    subtitle: frozenset[str]  # words of the brackets that are no version
    phrase: bool  # whether those words read like a sentence
    digits: str  # squeezed title with number words as digits
    flat: str  # title and version together, squeezed; neutral words dropped
    numbers: tuple[str, ...]
    side: str  # a trailing A or B of the title, else ""
    trailing: str | None
    words: tuple[str, ...]
    artists: dict[str, float]  # word → weight, featured people included at less weight
    headline: frozenset[str]
    names: tuple[str, ...]  # squeezed names of artists and featured
    makers: frozenset[str]  # words that name the mix or its maker
    unknown: bool
    identity: str
    label: str
    catalog_number: str


def prepare(credit: Credit) -> Prepared:
    """The prepared form of a credit; cached on the credit itself."""
    found: Prepared | None = credit.__dict__.get("_prepared")
    if found is None:
        found = _prepare(credit)
        credit.__dict__["_prepared"] = found
    return found


def _prepare(credit: Credit) -> Prepared:
    version = credit.parsed
    spelled = without_asides(credit.title)
    title = normal_form(spelled)
    subtitle: frozenset[str] = frozenset()
    base = title
    if "(" in spelled or "[" in spelled:
        groups = _GROUP.findall(spelled)
        subtitle = frozenset(word for group in groups for word in tokens(group))
        base = normal_form(_GROUP.sub(" ", spelled)) or title
    version_form = normal_form(version.text) if version.text else ""
    if version_form in _NEUTRAL:
        version_form = ""
    words = tuple(title.split())
    makers = frozenset(version.name)
    artists: dict[str, float] = {}
    for name in credit.featured:
        for word in tokens(name):
            artists[word] = 0.4 * _weight(word)
    headline: set[str] = set()
    for name in credit.artists:
        for word in tokens(name):
            headline.add(word)
            artists[word] = _weight(word)
    names = tuple(
        squeezed
        for name in (*credit.artists, *credit.featured)
        if (squeezed := normal_form(name).replace(" ", ""))
    )
    base_words = base.split()
    side = base_words[-1] if len(base_words) > 1 and base_words[-1] in ("a", "b", "c", "d") else ""
    # "(If You Jazz Me)" behind "If You Love Me" varies the title, and so may be another mix
    varied = 2 * len(subtitle.intersection(base_words)) >= len(subtitle)
    return Prepared(
        credit=credit,
        version=version,
        title=title,
        title_squeezed=title.replace(" ", ""),
        base=base,
        subtitle=subtitle,
        phrase=len(subtitle & _SENTENCE) > 0 and len(subtitle) > 1 and not varied and "'s " not in spelled,
        digits=in_digits(title),
        flat=(title + version_form).replace(" ", ""),
        numbers=tuple(sorted(_NUMBERS.findall(base) + _numbered(spelled))),
        side=side,
        trailing=trailing_type(credit.title),
        words=words,
        artists=artists,
        headline=frozenset(headline),
        names=names,
        makers=makers,
        unknown=not credit.artists or is_unknown(credit.title),
        identity=identity_key(credit),
        label=normal_form(credit.label) if credit.label else "",
        catalog_number=normal_form(credit.catalog_number).replace(" ", "") if credit.catalog_number else "",
    )


def _numbered(title: str) -> list[str]:
    """Numbers of the brackets that say which part it is: ``(Pt. 2)``; not those of ``(Give It 2 Me)``."""
    if "(" not in title and "[" not in title:
        return []
    return [
        number
        for group in _GROUP.findall(title)
        if (words := tokens(group)) and (words[0] in _PARTS or len(words) == 1)
        for number in _NUMBERS.findall(" ".join(words))
    ]


def _weight(word: str) -> float:
    if word in _WEAK:
        return _WEAK[word]
    return 1.0 if len(word) > 2 else 0.6
