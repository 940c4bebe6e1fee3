"""The normal form of names and titles: what is compared instead of the raw text (MATCHING §3).

Only text to text. Which part of a line is the artist, the title or the version is decided in
``credit.py`` and ``version.py``; how alike two forms are, in ``kernel.py``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

# Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS = str.maketrans(
    {
        "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "×": " x ",
        "’": "'", "‘": "'", "´": "'", "`": "'", "′": "'", "ʼ": "'",
    }
)  # fmt: skip
# Cyrillic and Greek letters that look like Latin ones; replaced inside words that have Latin letters.
_LOOK_ALIKES = str.maketrans(
    "АВЕЅКМНОРСТУХаеоѕрсухіјΑΒΕΖΗΙΚΜΝΟΡΤΥΧΛΔΣοινυακ",
    "ABESKMHOPCTYXaeospcyxijABEZHIKMNOPTYXAAEoivuak",
)
_MIXED_WORD = re.compile(r"(?=\w*[A-Za-z])(?=\w*[\u0370-\u03ff\u0400-\u04ff])\w+")
_MARKS = re.compile("[\u0300-\u036f]+")
_DOLLAR = re.compile(r"(?<=\w)\$|\$(?=[A-Za-z])")
_ACRONYM = re.compile(r"\b[^\W\d_](?:\.[^\W\d_]\b)+\.?")  # R.E.M., but not "Mr. X" or "feat.x"
_NOT_WORD = re.compile(r"[\W_]+")
_WORDS = {
    "pt": "part", "pts": "part", "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7",
    "viii": "8", "vol": "volume", "und": "", "and": "", "λ": "",
}  # fmt: skip


# Roman numerals that are words of their own elsewhere; numbers only behind one of these.
_COUNTED = frozenset(("part", "volume", "chapter", "act", "phase", "episode"))
_ROMAN = {"i": "1", "v": "5", "x": "10"}
_SPELLED_OTHERWISE = frozenset((*_WORDS, *_COUNTED, "u"))


def fold(text: str) -> str:
    """The text in lower case without accents and look-alikes; spaces and punctuation stay."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text).translate(_LETTERS)
    if not plain.isascii():
        plain = _MIXED_WORD.sub(lambda found: found[0].translate(_LOOK_ALIKES), plain)
        plain = _MARKS.sub("", unicodedata.normalize("NFD", plain.casefold()))
        return unicodedata.normalize("NFC", plain)
    return plain.lower()


@lru_cache(maxsize=65536)
def normal_form(text: str) -> str:
    """The normal form of a name or a title: lower-case words with one space between them.

    Accents, apostrophes and punctuation are gone, ``pt`` is ``part``, ``iii`` is ``3``, ``part i`` is
    ``part 1``, *and* and ``&`` are dropped, an inner ``$`` is ``s``. A text of signs alone (the band
    ``!!!``) stays as it is.
    """
    plain = fold(text).replace("'", "")
    if "$" in plain:
        plain = _DOLLAR.sub("s", plain)
    if "." in plain:
        plain = _ACRONYM.sub(lambda found: found[0].replace(".", ""), plain)
    words = _NOT_WORD.sub(" ", plain).split()
    if _SPELLED_OTHERWISE.isdisjoint(words):  # most texts
        return " ".join(words) or " ".join(plain.split())
    kept_words = [kept for word in words if (kept := _WORDS.get(word, word))]
    for at in range(1, len(kept_words)):
        if kept_words[at - 1] in _COUNTED and kept_words[at] in _ROMAN:
            kept_words[at] = _ROMAN[kept_words[at]]
    if "u" in kept_words:
        kept_words = _with_you(kept_words)
    form = " ".join(kept_words)
    return form or " ".join(plain.split())


def _with_you(words: list[str]) -> list[str]:
    """``u`` is *you*, unless it stands among initials (``U S A``)."""
    alone = [
        not any(len(other) == 1 for other in (*words[max(at - 1, 0) : at], *words[at + 1 : at + 2]))
        for at in range(len(words))
    ]
    return ["you" if word == "u" and alone[at] else word for at, word in enumerate(words)]


@lru_cache(maxsize=65536)
def tokens(text: str) -> tuple[str, ...]:
    """The words of the normal form, in order."""
    return tuple(normal_form(text).split())


# An asterisk for a letter: two or more, or one between letters. Through the normal form it goes as a letter
# that no text has (the letter of a script of the Caroline Islands that nobody writes).
_MASKED = re.compile(r"(?:(?<=\w)\*+(?=\w)|(?<=\w)\*{2,}|(?<!\*)\*{2,}(?=\w))")
_STARRED = re.compile(r"(?<!\w)\w(?:\*\w(?!\w))+")  # N*E*R*D, initials
_MASK = "\uab5a"

_NUMBER_WORDS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip


def as_digits(form: str) -> str:
    """A normal form with number words as digits: ``one twelve`` → ``112``, ``two step`` → ``2 step``.

    Number words in a row are one number, as they are said.
    """
    spoken = form.split()
    if _NUMBER_WORDS.keys().isdisjoint(spoken):
        return form
    words: list[str] = []
    joined = False
    for word in spoken:
        number = _NUMBER_WORDS.get(word)
        if number is None:
            words.append(word)
        elif joined:
            words[-1] += number
        else:
            words.append(number)
        joined = number is not None
    return " ".join(words)


@lru_cache(maxsize=16384)
def latin(form: str) -> str:
    """A normal form in Latin letters: ``кино`` → ``kino``. Latin text stays as it is.

    The letters are those of anyascii, which knows every script of Unicode; Chinese signs are read as
    Mandarin, whatever language they are.
    """
    if form.isascii():
        return form
    return " ".join(_NOT_WORD.sub(" ", anyascii(form)).lower().split()) or form


@lru_cache(maxsize=16384)
def masked_form(text: str) -> str:
    """The normal form with the asterisks of masked words kept: ``Zodiac S***`` → ``zodiac s***``.

    A single asterisk behind a word is a footnote sign (Discogs' name variations) and is dropped.
    """
    text = _STARRED.sub(lambda found: found[0].replace("*", ""), text)
    kept = _MASKED.sub(lambda found: found[0].replace("*", _MASK), text)
    return normal_form(kept).replace(_MASK, "*")


def squeezed(text: str) -> str:
    """The normal form without spaces: ``Pac Man`` and ``Pacman`` are equal so."""
    return normal_form(text).replace(" ", "")
