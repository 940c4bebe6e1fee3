"""Damaging the records of a catalogue anew: slips, words swapped or lost, fields emptied or mixed up.

A check against rules that only fit the damage they were made on. Every seed gives another damage; the damage
knows nothing of the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from string import ascii_lowercase

TEXTS = ("title", "artist", "album")
OTHERS = ("length", "year", "number")


def mutated(row: Mapping[str, str], rng: Random, share: float) -> dict[str, str]:
    """The row with each text damaged with the probability ``share``, each other field half as often."""
    damaged = {key: value or "" for key, value in row.items() if key}
    for name in TEXTS:
        if damaged.get(name) and rng.random() < share:
            damaged[name] = _mutated_text(damaged[name], rng)
    for name in OTHERS:
        if damaged.get(name) and rng.random() < share / 2:
            damaged[name] = "" if rng.random() < 0.5 else _slip(damaged[name], rng, "0123456789")
    if rng.random() < share / 10:
        one, other = rng.sample(TEXTS, 2)
        damaged[one], damaged[other] = damaged[other], damaged[one]
    return damaged


def _mutated_text(text: str, rng: Random) -> str:
    kind = rng.choice(("slip", "slip", "slip", "slips", "swap", "drop", "case", "joined", "empty"))
    words = text.split()
    if kind == "swap" and len(words) > 1:
        at = rng.randrange(len(words) - 1)
        words[at], words[at + 1] = words[at + 1], words[at]
        return " ".join(words)
    if kind == "drop" and len(words) > 1:
        del words[rng.randrange(len(words))]
        return " ".join(words)
    if kind == "case":
        return rng.choice((text.upper(), text.lower()))
    if kind == "joined" and len(words) > 1:
        at = rng.randrange(len(words) - 1)
        return " ".join((*words[:at], words[at] + words[at + 1], *words[at + 2 :]))
    if kind == "empty" and rng.random() < 0.3:
        return ""
    for _ in range(3 if kind == "slips" else 1):
        text = _slip(text, rng, ascii_lowercase)
    return text


def _slip(text: str, rng: Random, letters: str) -> str:
    if not text:
        return text
    at = rng.randrange(len(text))
    kind = rng.choice(("drop", "double", "other", "more", "turn"))
    if kind == "drop":
        return text[:at] + text[at + 1 :]
    if kind == "double":
        return text[:at] + text[at] + text[at:]
    if kind == "other":
        return text[:at] + rng.choice(letters) + text[at + 1 :]
    if kind == "more":
        return text[:at] + rng.choice(letters) + text[at:]
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
