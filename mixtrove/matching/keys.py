"""Blocking keys: what a line and a recording must share to be compared at all (MATCHING §6).

A key is 64 bits of BLAKE2b, so that a catalogue outlives the process and the library that wrote it.
Which keys are too common, and how much a shared key weighs, is decided when a catalogue is built.
"""

from __future__ import annotations

from hashlib import blake2b

from mixtrove.matching.credit import Credit
from mixtrove.matching.normalise import normal_form, squeezed
from mixtrove.matching.prepared import prepare

COMPOSITE_WEIGHT = 0.6  # of a composite key against a word (MATCHING §6)
_TOO_COMMON = frozenset(
    ("the", "a", "of", "in", "to", "my", "me", "you", "i", "it", "on", "is", "remix", "mix", "feat")
)


def key_hash(text: str) -> int:
    """The number of a key's text: 62 bits of a hash above one bit that says how much it tells.

    The lowest bit is set when the key is more than a word: such a key alone makes a candidate, a word does so
    only with another. Positive in every database's signed 64-bit integer.
    """
    hashed = int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> 2
    return hashed << 1 | ("|" in text or "~" in text or text[:1] in ("=", "#"))


def blocking_keys(credit: Credit) -> dict[str, float]:
    """The keys of a credit and the factor of each.

    Words of artists, title and mix name; the title's first 24 letters; and for each artist and title
    the composites of their first and last letters, which survive a typo in one place.
    """
    ready = prepare(credit)
    keys: dict[str, float] = {}
    for word in (*ready.words, *ready.artists, *ready.makers):
        if len(word) > 1 and word not in _TOO_COMMON:
            keys[word] = 1.0
    titles = {ready.title_squeezed}
    if ready.subtitle:
        titles.add(ready.base.replace(" ", ""))
    if ready.flat != ready.title_squeezed:
        titles.add(ready.flat)
    for title in titles:
        if not title:
            continue
        bare = title.removeprefix("the") or title
        keys["=" + bare[:24]] = 1.0
        for name in ready.names:
            artist = name.removeprefix("the") or name
            for key in (
                f"{artist[:4]}|{bare[:4]}",
                f"{artist[-3:]}|{bare[-4:]}",
                f"{artist[:3]}|{bare[-5:]}<",
                f"{artist[-3:]}|{bare[:5]}>",
                f"{artist[:5]}~{bare[:2]}",
                f"{artist[:5]}~{bare[-2:]}<",
                f"{artist[-5:]}~{bare[:2]}>",
                f"{artist[:2]}~{bare[:5]}",
                f"{artist[-2:]}~{bare[-5:]}<",
            ):
                keys[key] = COMPOSITE_WEIGHT
    if credit.catalog_number:
        keys["#" + squeezed(credit.catalog_number)] = 1.0
    return keys


def fold_key(credit: Credit) -> str:
    """Recordings with equal fold keys are one row of a catalogue: every spelled part agrees."""
    parts = (
        " ".join(sorted(normal_form(name) for name in (*credit.artists, *credit.featured))),
        normal_form(credit.title),
        normal_form(credit.version or ""),
        normal_form(credit.label or ""),
    )
    return "|".join(parts)
