"""The same recording written otherwise: how people, shops and databases spell one credit.

Each style turns a track into another text of the *same* recording, or says None when it does not apply.
Texts of other recordings are ``corpus_different.py``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from random import Random

from benchmarks.matching.crude import Track, version_name
from benchmarks.matching.pair import Text, squeeze

Style = Callable[[Track, Random], Text | None]

_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV", "5": "V"}
_PART = re.compile(r"\b(part|pt\.?)\s+([1-5]|i{1,3}|iv|v)\b", re.I)
_NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "kp", "m": "n", "n": "mb", "o": "ip", "p": "ol", "q": "wa", "r": "et",
    "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "xs",
}  # fmt: skip


def written(track: Track, *, head: str | None = None, base: str | None = None, version: str | None = None,
            featured: str | None = None, feat: str = "feat.") -> Text:  # fmt: skip
    """A track in the common form, ``A feat. B`` and ``Title (Version)``, with some of it replaced."""
    guests = featured if featured is not None else track.featured
    artist = head if head is not None else track.head
    title = base if base is not None else track.base
    kept = version if version is not None else track.version
    if guests:
        artist = f"{artist} {feat} {guests}"
    return Text(artist, f"{title} ({kept})" if kept else title)


def guest_apart(track: Track) -> bool:
    """Whether there is a guest who is not among the artists as well."""
    return bool(track.featured) and not any(
        squeeze(name) in squeeze(track.featured or "") for name in track.names
    )


def feat_moved(track: Track, rng: Random) -> Text | None:
    if not guest_apart(track):
        return None
    word = rng.choice(("feat.", "ft.", "featuring"))
    left, right = rng.choice(("()", "[]"))
    title = f"{track.base} {left}{word} {track.featured}{right}"
    return Text(track.head, f"{title} ({track.version})" if track.version else title)


def feat_respelled(track: Track, rng: Random) -> Text | None:
    if not guest_apart(track):
        return None
    words = [word for word in ("ft.", "featuring", "Ft", "feat", "&") if word not in track.artist]
    return written(track, feat=rng.choice(words))


def feat_dropped(track: Track, rng: Random) -> Text | None:
    return written(track, featured="") if track.featured else None


def artists_reordered(track: Track, rng: Random) -> Text | None:
    if len(track.names) < 2:
        return None
    return written(track, head=rng.choice((", ", " & ")).join(reversed(track.names)))


def separators(track: Track, rng: Random) -> Text | None:
    if len(track.names) < 2:
        return None
    joined = [sign.join(track.names) for sign in (", ", " & ", " vs ", " x ", " vs. ")]
    return written(track, head=rng.choice([one for one in joined if one != track.head]))


def original_mix(track: Track, rng: Random) -> Text | None:
    if track.version is None:
        return written(track, version=rng.choice(("Original Mix", "Original Mix", "Original Version")))
    return written(track, version="") if squeeze(track.version) == "originalmix" else None


def version_style(track: Track, rng: Random) -> Text | None:
    if not track.version or not version_name(track.version)[0]:
        return None
    plain = written(track, version="")
    form = rng.choice(("{} - {}", "{} [{}]", "{} - {}", "{} [{}]", "{} {}"))
    return replace(plain, title=form.format(plain.title, track.version))


def without_accents(track: Track, rng: Random) -> Text | None:
    decomposed = [unicodedata.normalize("NFKD", one) for one in (track.artist, track.title)]
    plain = ["".join(sign for sign in one if not unicodedata.combining(sign)) for one in decomposed]
    return (
        Text(plain[0], plain[1])
        if plain != [track.artist, track.title] and "".join(plain).isascii()
        else None
    )


def without_punctuation(track: Track, rng: Random) -> Text | None:
    dot = rng.choice(("", " "))

    def bare(text: str) -> str:
        plain = " ".join(
            re.sub(r"[!\"“”…*-]|(?<!\d):", " ", re.sub(r"(?<!\d)\.|\.(?!\d)", dot, text)).split()
        )
        return plain.replace("( ", "(").replace(" )", ")")

    base, head = bare(track.base), bare(track.head)
    if (base, head) == (track.base, track.head) or not squeeze(base) or not squeeze(head):
        return None
    return written(track, base=base, head=head)


def letter_case(track: Track, rng: Random) -> Text | None:
    change = rng.choice((str.upper, str.lower, str.lower))
    return Text(change(track.artist), change(track.title))


def the_dropped(track: Track, rng: Random) -> Text | None:
    if re.match(r"the\s", track.head, re.I) and len(track.head) > 7:
        return written(track, head=track.head[4:])
    if re.match(r"the\s", track.base, re.I) and len(track.base) > 10:
        return written(track, base=track.base[4:])
    return None


def apostrophes(track: Track, rng: Random) -> Text | None:
    if "'" not in track.base and "'" not in track.head:
        return None
    sign = rng.choice(("’", "", "`"))
    return written(track, base=track.base.replace("'", sign), head=track.head.replace("'", sign))


def part_respelled(track: Track, rng: Random) -> Text | None:
    found = list(_PART.finditer(track.base))
    if len(found) != 1:
        return None
    number = found[0][2].upper()
    other = _ROMAN.get(number) or next(digit for digit, roman in _ROMAN.items() if roman == number)
    part = f"{rng.choice(('Pt.', 'Part', 'Pt'))} {rng.choice((other, number))}"
    return written(track, base=track.base[: found[0].start()] + part + track.base[found[0].end() :])


def label_one_side(track: Track, rng: Random) -> Text | None:
    return written(track) if track.label else None


def remixer_listed(track: Track, rng: Random) -> Text | None:
    name, head = version_name(track.version)
    if head not in ("remix", "rework") or not name or squeeze(name) in squeeze(track.artist):
        return None
    return written(track, head=f"{', '.join(track.names)}, {name}")


def several(track: Track, rng: Random) -> Text | None:
    """Two or three of the other styles, one upon the other: as a shop's row against a hasty line."""
    text: Text | None = None
    for style in (*rng.sample((feat_moved, artists_reordered, separators, version_style), 4), original_mix):
        if style is original_mix and rng.random() < 0.8:
            return None  # most tracks have neither guests nor a version: they shall not be most of the pairs
        if (text := style(track, rng)) is not None:
            break
    if text is None:
        return None
    if rng.random() < 0.6:
        change = rng.choice((str.upper, str.lower))
        text = replace(text, artist=change(text.artist), title=change(text.title))
    if rng.random() < 0.6:
        text = replace(
            text, artist=text.artist.replace("'", "").replace(".", ""), title=text.title.replace("'", "")
        )
    return text


def typo_title(track: Track, rng: Random) -> Text | None:
    base = mistyped(track.base, rng)
    return written(track, base=base) if base else None


def typo_artist(track: Track, rng: Random) -> Text | None:
    head = mistyped(track.head, rng)
    return written(track, head=head) if head else None


def typo_both(track: Track, rng: Random) -> Text | None:
    base, head = mistyped(track.base, rng), mistyped(track.head, rng)
    return written(track, base=base, head=head) if base and head else None


def mistyped(text: str, rng: Random) -> str | None:
    """``text`` with one slip of the finger in a word of five letters or more, never in its first letter."""
    words = text.split(" ")
    places = [at for at, word in enumerate(words) if len(word) >= 5 and word.isascii() and word.isalpha()]
    if not places:
        return None
    place = rng.choice(places)
    word = words[place]
    at = rng.randrange(1, len(word) - 1)
    letter = word[at]
    slip = rng.choice(("swap", "drop", "double", "neighbour"))
    if slip == "swap":
        new = word[:at] + word[at + 1] + letter + word[at + 2 :]
    elif slip == "drop":
        new = word[:at] + word[at + 1 :]
    elif slip == "double":
        new = word[:at] + letter + word[at:]
    else:
        new = word[:at] + rng.choice(_NEIGHBOURS[letter.lower()]) + word[at + 1 :]
    if new.lower() == word.lower():
        return None
    return " ".join((*words[:place], new, *words[place + 1 :]))


def cut(track: Track, rng: Random) -> Text | None:
    """Another length of the same version."""
    name, head = version_name(track.version)
    if track.version is None:
        return written(
            track, version=rng.choice(("Extended Mix", "Radio Edit", "Extended Version", "Extended"))
        )
    if head == "remix" and name and squeeze(track.version) == squeeze(name + head):
        return written(track, version=rng.choice((f"{name} Extended Remix", f"{name} Remix Radio Edit")))
    return None


# kind → (style, how many pairs of it)
STYLES: dict[str, tuple[Style, int]] = {
    "feat moved": (feat_moved, 500),
    "feat respelled": (feat_respelled, 400),
    "feat dropped": (feat_dropped, 300),
    "artists reordered": (artists_reordered, 600),
    "separators": (separators, 400),
    "original mix": (original_mix, 600),
    "version style": (version_style, 700),
    "accents dropped": (without_accents, 400),
    "punctuation dropped": (without_punctuation, 500),
    "letter case": (letter_case, 400),
    "the dropped": (the_dropped, 300),
    "apostrophes": (apostrophes, 300),
    "part respelled": (part_respelled, 200),
    "label on one side": (label_one_side, 300),
    "remixer listed": (remixer_listed, 300),
    "several styles": (several, 600),
    "cut": (cut, 500),
    "typo in title": (typo_title, 900),
    "typo in artist": (typo_artist, 600),
    "typo in both": (typo_both, 300),
}
