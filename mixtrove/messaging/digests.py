"""What a message says: from facts to title and text, short however much happened.

Values to values. Not here: where the facts are read (``gathering.py``), where it is sent (``channels.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

TOP = 10
"""Items of a section that are named; of the others the number is."""

_FEWER = (TOP, 7, 5, 3, 2, 1, 0)
"""What is tried, in this order, until a message fits its channel."""

_LEAST = 40
"""Characters that are always left for the text, however little a channel takes."""

Kind = Literal[
    "available", "cheaper", "known", "wanted", "discovered",
    "provider_failing", "provider_back", "run_failing", "run_back",
]  # fmt: skip
"""What one is told of."""

MUSIC: tuple[Kind, ...] = ("available", "cheaper", "known", "wanted", "discovered")
TROUBLE: tuple[Kind, ...] = ("provider_failing", "provider_back", "run_failing", "run_back")
"""What is told in one message, in this order."""

Tone = Literal["info", "success", "warning"]

_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something can be bought or looked for."""

    store: str
    url: str
    kind: Literal["offer", "search"]
    price: str | None = None  # with its currency: "1.49 EUR"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened."""

    name: str  # "Eric Prydz – Opus (Four Tet Remix)", or a provider, or a job
    note: str = ""  # what else is said of it, in a few words
    mix: str = ""  # where it was heard
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """What happened of one kind."""

    kind: Kind
    number: int  # of things, whether they are named or not
    items: tuple[Item, ...]  # the first of them
    mixes: int = 0  # they were heard in


@dataclass(frozen=True, slots=True)
class Digest:
    """What one message tells."""

    sections: tuple[Section, ...]
    credits: tuple[str, ...] = ()  # what shops want to be said beside their offers
    again: bool = False  # it was begun before, by a process that was killed


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent."""

    title: str
    text: str
    markdown: str
    tone: Tone = "info"


def message_of(digest: Digest, longest: int = 32_768) -> Message:
    """The message of a digest; fewer things are named where a channel takes less.

    Args:
        digest: what happened; not empty.
        longest: characters of the message, its title included.
    """
    title = _title(digest)
    for top in _FEWER:
        text, markdown = (_body(digest, top, markdown=shown) for shown in (False, True))
        if len(title) + max(len(text), len(markdown)) + 2 <= longest:
            break
    else:
        space = max(_LEAST, longest - len(title) - 2)
        text, markdown = (_cut(one, space) for one in (text, markdown))
    return Message(title, text, markdown, _tone(digest))


def trial_message(now: datetime) -> Message:
    """What `mixtrove notify --test` sends."""
    text = f"Notifications of mixtrove arrive here. Tried on {now:%Y-%m-%d at %H:%M} UTC."
    return Message("mixtrove: a test", text, _escaped(text), "info")


def place_in_words(place: Place) -> str:
    """A place for people: ``1.49 EUR at Beatport``."""
    at = place.store.capitalize() if place.store.islower() else place.store
    if place.kind == "search":
        return f"look for it at {at}"
    return f"{place.price} at {at}" if place.price else f"at {at}"


def _title(digest: Digest) -> str:
    said = ", ".join(_counted(one) for one in digest.sections)
    return f"{'Perhaps again: ' if digest.again else ''}{said}"


def _counted(section: Section) -> str:
    number, names = section.number, ", ".join(one.name for one in section.items[:2])
    many = number != 1
    return {
        "available": f"{number:,} wanted track{'s' * many} can be bought",
        "cheaper": f"{number:,} wanted track{'s' * many} {'are' if many else 'is'} cheaper",
        "known": f"{number:,} ID{'s' * many} {'are' if many else 'is'} known",
        "wanted": f"{number:,} new on the want list",
        "discovered": f"{number:,} new track{'s' * many}",
        "provider_failing": f"{names if number < 3 else f'{number} providers'} {'fail' if many else 'fails'}",
        "provider_back": f"{names if number < 3 else f'{number} providers'} {'are' if many else 'is'} back",
        "run_failing": f"{names if number < 3 else f'{number} jobs'} {'fail' if many else 'fails'}",
        "run_back": f"{names if number < 3 else f'{number} jobs'} {'work' if many else 'works'} again",
    }[section.kind]


def _heading(section: Section) -> str:
    number = f"{section.number:,}"
    return {
        "available": "Can be bought now",
        "cheaper": "Cheaper than before",
        "known": "IDs that have a name now",
        "wanted": f"New on the want list: {number}",
        "discovered": f"New in the library: {number} track{'s' * (section.number != 1)}"
        + (f" of {section.mixes:,} mixes" if section.mixes > 1 else ""),
        "provider_failing": "A provider fails" if section.number == 1 else "Providers fail",
        "provider_back": "A provider is back" if section.number == 1 else "Providers are back",
        "run_failing": "A job fails" if section.number == 1 else "Jobs fail",
        "run_back": "A job works again" if section.number == 1 else "Jobs work again",
    }[section.kind]


def _body(digest: Digest, top: int, *, markdown: bool) -> str:
    parts = ["\n".join(_lines(one, top, markdown=markdown)) for one in digest.sections]
    if digest.again:
        parts.insert(
            0, _said("This may have arrived before: what sent it was ended while it did.", markdown=markdown)
        )
    if digest.credits and top:
        parts.append("\n".join(_said(one, markdown=markdown) for one in digest.credits))
    return "\n\n".join(parts)


def _lines(section: Section, top: int, *, markdown: bool) -> Iterator[str]:
    heading = _heading(section)
    yield f"**{_escaped(heading)}**\n" if markdown else heading
    shown = section.items[:top]
    for item in shown:
        yield from _item(item, markdown=markdown)
    rest = section.number - len(shown)
    if rest and shown:
        yield f"\n… and {rest:,} more" if markdown else f"  … and {rest:,} more"
    elif rest and section.kind in ("available", "cheaper", "known"):
        yield f"{rest:,} of them"


def _item(item: Item, *, markdown: bool) -> Iterator[str]:
    details = [part for part in (item.note, item.mix and f"in {item.mix}") if part]
    if markdown:
        links = [f"[{_escaped(place_in_words(one))}](<{one.url}>)" for one in item.places]
        yield " · ".join((f"- **{_escaped(item.name)}**", *map(_escaped, details), *links))
        return
    yield "  " + ", ".join((item.name, *details))
    for one in item.places:
        yield f"    {place_in_words(one)}: {one.url}"


def _tone(digest: Digest) -> Tone:
    kinds = {one.kind for one in digest.sections}
    if kinds & {"provider_failing", "run_failing"}:
        return "warning"
    return "success" if kinds & {"provider_back", "run_back"} else "info"


def _said(text: str, *, markdown: bool) -> str:
    return _escaped(text) if markdown else text


def _escaped(text: str) -> str:
    """A text in which Markdown finds no signs of its own."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _cut(text: str, space: int) -> str:
    return text if len(text) <= space else f"{text[: space - 1]}…"


def named(artist: str, title: str, version: str | None) -> str:
    """A track for people: ``Eric Prydz – Opus (Four Tet Remix)``."""
    return f"{artist} – {title} ({version})" if version else f"{artist} – {title}"


def mix_in_words(parts: Sequence[object]) -> str:
    """A mix for people: DJ, title and day, as far as they are known."""
    dj, title, day = parts
    name = " – ".join(str(one) for one in (dj, title) if one)
    return f"{name} ({day})" if name and day else name or (str(day) if day else "")
