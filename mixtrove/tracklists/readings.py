"""The other ways an ambiguous line can be read, for the comparison to choose among.

Here: from the parts of a line to further credits, best first. The reading that is given as the line's own,
and everything that makes it, is ``line.py``. Plain lines have no other reading and cost nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mixtrove.matching.credit import Credit, is_unknown
from mixtrove.matching.version import HEADS, head_word, parse_version

MOST = 4
# Bare words at the end of a title that may be its version; a title may also just end so.
VERSION_ENDS = frozenset(
    ("remix", "rmx", "mix", "edit", "dub", "vip", "rework", "bootleg", "flip", "version", "instrumental",
     "acapella", "live", "refix", "remake", "reprise", "demo", "mashup", "blend", "redo", "cover")
)  # fmt: skip
_DASHES = re.compile(r"\s+[-–—~]\s+")
_LOOSE = re.compile(r"(?<=\w)\s*[-–—:_]\s*(?=\w)")
_SOMEBODYS_WORK = frozenset(("remix", "mix", "edit"))


def dashed(artist: str, credit: Credit) -> list[Credit]:
    """The readings of ``A - B - C``: B by ``…``, C by A, C by ``A - B``, B by A with C as something else."""
    pieces = [piece for piece in _DASHES.split(credit.title) if piece.strip()]
    if len(pieces) < 2:
        return []
    first, last = pieces[0], " - ".join(pieces[1:])
    found = [_like(credit, first, last), _like(credit, artist, last)]
    found.append(_like(credit, f"{artist} - {first}", last))
    # C may be the label; a tail that names a version or says more is part of what was played
    if len(pieces) == 2 and len(last.split()) < 3 and not any(map(head_word, last.split())):
        found.append(_like(credit, artist, first))
    return found


def segmented(segment: str, artist: str, credit: Credit) -> list[Credit]:
    """The reading of ``Segment: A - T`` in which the segment is part of the artist's name."""
    return [_like(credit, f"{segment} {artist}", credit.title)]


def behind_colon(artist: str, credit: Credit) -> list[Credit]:
    """The reading of ``Word: A - T`` in which the word is no part of the artist's name."""
    _, _, behind = artist.partition(": ")
    return [_like(credit, behind, credit.title)] if behind.strip() else []


def bare_version(artist: str, credit: Credit) -> list[Credit]:
    """The readings of a title that ends in a version word without brackets: ``Glass Reset Robot Remix``."""
    words = credit.title.split()
    kind = HEADS.get(head_word(words[-1]), "")
    lengths = (2, 1, 3, 4) if kind in _SOMEBODYS_WORK else (0, 1, 2)
    found = []
    for length in lengths:
        at = len(words) - 1 - length
        version = parse_version(" ".join(words[at:])) if at > 0 else None
        if version is not None:
            text = f"{version.text} ({credit.version})" if credit.version else version.text
            found.append(_like(credit, artist, " ".join(words[:at]), text))
    return found


def boxed(artist: str, box: str, credit: Credit) -> list[Credit]:
    """The reading of ``A - T [box]`` in which the box is a version or a subtitle instead of a label."""
    return [Credit.parse(artist, f"{credit.full_title} ({box})", year=credit.year)]


def unboxed(artist: str, box: str, credit: Credit) -> list[Credit]:
    """The reading in which a box that was read as a subtitle is the label after all."""
    title = credit.title.replace(f" [{box}]", "")
    return [replace(_like(credit, artist, title), label=box)]


def loosely(text: str, credit: Credit) -> list[Credit]:
    """The readings of a line whose dash has no spaces, at each sign that could be it."""
    found = []
    for dash in list(_LOOSE.finditer(text))[:MOST]:
        before, after = text[: dash.start()], text[dash.end() :]
        if before.count("(") == before.count(")") and before.count("[") == before.count("]"):
            found.append(
                Credit.parse(
                    before, after, label=credit.label, catalog_number=credit.catalog_number, year=credit.year
                )
            )
    return found


def best(found: list[Credit], credit: Credit) -> tuple[Credit, ...]:
    """The plausible ones among the readings, without repeats and without the line's own, at most four."""
    kept: list[Credit] = []
    for one in found:
        if one.title and one.artists and not is_unknown(one.title) and one != credit and one not in kept:
            kept.append(one)
    return tuple(kept[:MOST])


def _like(credit: Credit, artist: str, title: str, version: str | None = None) -> Credit:
    """A credit of these texts with the version and the label of ``credit``."""
    version = version or credit.version
    found = Credit.parse(
        artist, f"{title} ({version})" if version else title, label=credit.label,
        catalog_number=credit.catalog_number, year=credit.year,
    )  # fmt: skip
    if credit.featured and not set(credit.featured) <= set(found.featured):
        kept = tuple(name for name in credit.featured if name not in found.featured)
        found = replace(found, featured=found.featured + kept)
    return found
