"""A credit made ready to be compared many times: normal forms and word sets, computed once.

Only derived values. ``packed.py`` writes them down as numbers; how two of them are weighed is
``kernel.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mixtrove.matching.credit import GENERIC, Credit, is_unknown, trailing_type, without_asides
from mixtrove.matching.normalise import as_digits, latin, masked_form, normal_form, tokens
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
_MOST = 200  # names of a credit that are looked at
_LONGEST = 1_000  # signs of a name or a title that are looked at
# Words that a sentence has and the name of a mix hardly: a bracket with one is a subtitle.
_SENTENCE = frozenset(
    ("i", "you", "your", "we", "dont", "im", "youre", "ill", "cant", "everybody",
     "wanna", "want")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """What comparing needs of a credit. Texts are normal forms in Latin letters, number words as digits."""

    credit: Credit
    version: Version
    title: str  # brackets that are no version included
    title_squeezed: str
    base: str  # without any bracket
    subtitle: tuple[str, ...]  # words of the brackets that are no version, each once, sorted
    phrase: bool  # whether those words read like a sentence
    digits: str  # squeezed title
    flat: str  # title and version together, squeezed; neutral words dropped
    numbers: tuple[str, ...]
    side: str  # a trailing A or B of the title, else ""
    trailing: str | None
    words: tuple[str, ...]
    artists: tuple[str, ...]  # words of the headline names, then those of featured names only
    headline: int  # how many of ``artists`` are words of headline names
    names: tuple[str, ...]  # squeezed names without *the*: artists, then featured people
    headliners: int  # how many of ``names`` are artists
    initials: tuple[str, ...]  # of names of three words or more
    makers: tuple[str, ...]  # words that name the mix or its maker, each once, sorted
    mix_name: str  # the same in their order, squeezed
    unknown: bool
    generic: bool  # whether the title is one that everybody uses: Untitled, Intro


def prepare(credit: Credit) -> Prepared:
    """The prepared form of a credit; cached on the credit itself."""
    found: Prepared | None = credit.__dict__.get("_prepared")
    if found is None:
        found = _prepare(credit)
        credit.__dict__["_prepared"] = found
    return found


def squeezed_title(credit: Credit) -> str:
    """The title in normal form without spaces, as in ``Prepared`` but for half the work."""
    found: Prepared | None = credit.__dict__.get("_prepared")
    if found is not None:
        return found.title_squeezed
    return _form(without_asides(credit.title[:_LONGEST])).replace(" ", "")


def _form(text: str) -> str:
    text = text[:_LONGEST]
    form = masked_form(text) if "*" in text else normal_form(text)
    return form if form.isascii() else latin(form)


@lru_cache(maxsize=32768)
def _name_words(name: str) -> tuple[str, ...]:
    return tuple(as_digits(_form(name)).split())


def _prepare(credit: Credit) -> Prepared:
    version = credit.parsed
    spelled = without_asides(credit.title[:_LONGEST])
    title = _form(spelled)
    subtitle: tuple[str, ...] = ()
    base = title
    if "(" in spelled or "[" in spelled:
        groups = _GROUP.findall(spelled)
        subtitle = tuple(sorted({word for group in groups for word in _form(group).split()}))
        base = _form(_GROUP.sub(" ", spelled)) or title
    version_form = _form(version.text) if version.text else ""
    if version_form in _NEUTRAL:
        version_form = ""
    makers = tuple(latin(word) for word in version.name)
    headline: dict[str, None] = {}
    guests: dict[str, None] = {}
    names: dict[str, None] = {}
    headliners = 0
    initials: list[str] = []
    for found, people in ((headline, credit.artists[:_MOST]), (guests, credit.featured[:_MOST])):
        for name in people:
            words = _name_words(name)
            if not words:
                continue
            found.update(dict.fromkeys(words))
            names.setdefault("".join(words[1:] if words[0] == "the" and len(words) > 1 else words))
            if len(words) > 2:
                initials.append("".join([word[0] for word in _form(name).split()]))
        headliners = headliners or len(names)
    base_words = base.split()
    side = base_words[-1] if len(base_words) > 1 and base_words[-1] in ("a", "b", "c", "d") else ""
    # "(If You Jazz Me)" behind "If You Love Me" varies the title, and so may be another mix
    varied = 2 * len(set(subtitle).intersection(base_words)) >= len(subtitle)
    sentence = len(subtitle) > 1 and len(max(subtitle, key=len)) > 2 and not _SENTENCE.isdisjoint(subtitle)
    squeezed = title.replace(" ", "")
    return Prepared(
        credit=credit,
        version=version,
        title=title,
        title_squeezed=squeezed,
        base=base,
        subtitle=subtitle,
        phrase=sentence and not varied and "'s " not in spelled,
        digits=as_digits(title).replace(" ", ""),
        flat=squeezed + version_form.replace(" ", ""),
        numbers=tuple(sorted(_NUMBERS.findall(base) + _numbered(spelled))),
        side=side,
        trailing=trailing_type(credit.title),
        words=tuple(title.split()),
        artists=(*headline, *(word for word in guests if word not in headline)),
        headline=len(headline),
        names=tuple(names),
        headliners=headliners,
        initials=tuple(initials),
        makers=tuple(sorted(set(makers))),
        mix_name="".join(makers),
        unknown=not credit.artists or is_unknown(credit.title),
        generic=title in GENERIC,
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
