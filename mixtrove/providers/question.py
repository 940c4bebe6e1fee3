"""A credit as a question: the words to look for, and the key under which equal questions are one.

Not here: how a provider wants its query written (one file each), or comparing what comes back
(``mixtrove.matching``).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from mixtrove.matching import Credit, normal_form
from mixtrove.matching.credit import without_asides
from mixtrove.matching.version import head_word
from mixtrove.providers.payload import clean

LONGEST = 200
"""Signs of a title, a name or a version that are sent; more never helps, and addresses have limits."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for, spelled as the asker does. ``version`` is empty for the original, however long."""

    artists: tuple[str, ...]
    title: str
    version: str
    key: str  # normal forms, so that one answer serves every spelling
    work: str  # the same without the version, for a search that does not name it

    @property
    def words(self) -> str:
        """Everything as plain words without signs: artists, title, version."""
        return plain_words(" ".join((*self.artists, self.title, self.version)))

    @property
    def has_words(self) -> bool:
        """Whether there is something that a search can look for: it has no letters or digits otherwise."""
        return any(map(str.isalnum, self.words))


def question(credit: Credit) -> Question:
    """The question about a credit. Featured artists are left out: half of the databases do not name them."""
    artists = tuple(clean(name)[:LONGEST] for name in credit.artists[:5])
    title = clean(without_asides(credit.title))[:LONGEST]
    version = clean(_version(credit))[:LONGEST]
    work = f"{' & '.join(sorted(map(normal_form, artists)))}|{normal_form(title)}"
    return Question(artists, title, version, f"{work}|{normal_form(version)}", work)


def _version(credit: Credit) -> str:
    """The words that tell the version from others. A cut alone is none: all cuts of a version are wanted."""
    parsed = credit.parsed
    if not (parsed.family or parsed.types or parsed.name):
        return ""
    *words, last = (credit.version or "").split() or [""]
    kept = [word for word in words if word.casefold() not in ("extended", "original")]
    return " ".join((*kept, head_word(last) or last))


def plain_words(text: str) -> str:
    """The words of a text, letters, digits and apostrophes only; a text of signs alone stays as it is.

    Signs are operators to one search or another; none of them tells recordings apart.
    """
    text = text.replace("’", "'")
    kept = "".join(sign if sign.isalnum() or sign == "'" or _is_mark(sign) else " " for sign in text)
    return " ".join(kept.split()) or " ".join(text.split())


def _is_mark(sign: str) -> bool:
    """Whether a sign belongs to the letter before it (vowel signs of Indic scripts, combining accents)."""
    return unicodedata.category(sign).startswith("M")
