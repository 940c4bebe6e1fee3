"""How names and titles of providers become credits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from mixtrove.matching import Credit

_NUMBERED = re.compile(r"(?:\s+\(\d{1,3}\)|\*)+$")


def credit_of(
    artist: str,
    title: str,
    *,
    mix: str | None = None,
    remixers: Iterable[str] = (),
    label: str | None = None,
    catalog_number: str | None = None,
    album: str | None = None,
    duration: float | None = None,
    isrc: str | None = None,
    year: int | None = None,
) -> Credit:
    """The credit of a recording that is described in fields.

    Args:
        artist: the artists as one text.
        title: with the version behind it, or without.
        mix: the version where it stands apart (Beatport's mix name); ``Original Mix`` is none.
        remixers: who remixed it; used only where title and mix name say ``Remix`` or nothing: what is
            printed says more than a list that is often incomplete.
        label: and all that follows, as ``Credit`` has them; duration in seconds.
    """
    full = f"{title} ({mix})" if mix and mix.casefold() != "original mix" else title
    credit = Credit.parse(
        artist, full, label=label, catalog_number=catalog_number, album=album, duration=duration, isrc=isrc,
        year=year,
    )  # fmt: skip
    names = list(dict.fromkeys(remixers))
    silent = credit.version is None and mix is None
    if names and (silent or (credit.mix_type == "remix" and not credit.remixers and not credit.parsed.name)):
        return replace(
            Credit.of_parts(
                credit.artists, credit.title, featured=credit.featured,
                version=f"{' & '.join(names)} Remix", spelled=credit.spelled,
            ),
            label=label, catalog_number=catalog_number, album=album, duration=duration, isrc=isrc,
            year=credit.year,
        )  # fmt: skip
    return credit


def plain_name(name: str) -> str:
    """A name of Discogs as people say it: ``Name (2)`` and ``Name*`` are ``Name``; ``The`` comes first."""
    plain = _NUMBERED.sub("", name) or name
    return f"The {plain[:-5]}" if plain.endswith(", The") and len(plain) > 5 else plain
