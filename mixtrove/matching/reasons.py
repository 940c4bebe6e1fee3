"""A verdict in plain words: what agrees, what is in the way, what speaks for it all the same.

The codes and notes are those of ``kernel.py``, which decides; this only says it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mixtrove.matching import kernel
from mixtrove.matching.credit import Credit
from mixtrove.matching.prepared import prepare

AGREES = "title, artists and version agree"
_NOTES = (
    (kernel.SAME_LABEL, "same label: {label}"),
    (kernel.SAME_CATALOG_NUMBER, "same catalogue number: {catalog_number}"),
    (kernel.SAME_ISRC, "same ISRC"),
    (kernel.SAME_DURATION, "same duration"),
    (kernel.SAME_ALBUM, "same album"),
    (kernel.SAME_YEAR, "same year"),
    (kernel.RAISED, "album, length or year make up for what the names lack"),
    (kernel.OTHER_DURATION, "other duration: perhaps another edit"),
    (kernel.BY_INITIALS, "one artist has the other's initials"),
    (
        kernel.STRANGE_AND_TYPO,
        "the title says little or is spelled otherwise, and one side names an artist more",
    ),
    (kernel.SWAPPED, "artist and title seem to be swapped"),
)


def reasons(left: Credit, right: Credit, features: Sequence[float]) -> tuple[str, ...]:
    """The reasons for one row of features, what is in the way first; never empty."""
    found: list[str] = []
    if said := gate_reason(left, right, int(features[kernel.REASON])):
        found.append(said)
    notes = int(features[kernel.NOTES])
    if not notes & kernel.SWAPPED:
        if features[kernel.TITLE_ALIKE] < 0.99:
            found.append(f"title agrees {features[kernel.TITLE_ALIKE]:.0%}")
        if features[kernel.TITLE_ALIKE] >= 0.4 and features[kernel.ARTIST_ALIKE] < 0.99:
            found.append(f"artists agree {features[kernel.ARTIST_ALIKE]:.0%}")
    for bit, text in _NOTES:
        if notes & bit:
            found.append(text.format(label=right.label, catalog_number=right.catalog_number))
    return tuple(found) or (AGREES,)


def agrees(features: Sequence[float]) -> bool:
    """Whether there is nothing to say of a row of features but that all agrees."""
    return (
        features[kernel.REASON] == kernel.OPEN
        and features[kernel.NOTES] == 0
        and features[kernel.TITLE_ALIKE] >= 0.99
        and features[kernel.ARTIST_ALIKE] >= 0.99
    )


def gate_reason(left: Credit, right: Credit, code: int) -> str:
    """What the version gate saw, empty when nothing is in the way."""
    if code == kernel.OPEN:
        return ""
    mine, theirs = left.parsed.text or "the original", right.parsed.text or "the original"
    title, other_title = left.title, right.title
    if code == kernel.UNKNOWN:
        return "artist or title is unknown (ID)"
    if code == kernel.NO_KIND:
        return (
            f"the bracket does not say what kind of mix: {title if prepare(left).subtitle else other_title}"
        )
    if code == kernel.MASHUP:
        return f"a mashup is a track of its own: {mine}, {theirs}"
    if code == kernel.OTHER_TYPE:
        return f"other version: {mine}, not {theirs}"
    if code == kernel.NO_MAKER:
        return f"one side does not say whose: {mine}, {theirs}"
    if code == kernel.NOT_ORIGINAL:
        return f"{mine}, not {theirs}"
    if code == kernel.UNNAMED:
        return f"an unnamed remix: {mine}, not {theirs}"
    if code == kernel.OTHER_RECORDING:
        return f"another recording: {mine}, not {theirs}"
    if code == kernel.OTHER_REMIXER:
        return f"other remixer: {_maker(left)}, not {_maker(right)}"
    if code == kernel.PARTLY:
        return f"the remixers agree only in part: {mine}, {theirs}"
    if code == kernel.OTHER_MIX_NUMBER:
        return f"another number of the mix: {mine}, {theirs}"
    if code == kernel.OTHER_YEAR:
        return f"a remix of another year: {mine}, {theirs}"
    if code == kernel.ONE_YEAR:
        return f"one remix names a year: {mine}, {theirs}"
    if code == kernel.OTHER_WORD:
        return f"same remixer, other word: {mine}, {theirs}"
    if code == kernel.OTHER_PLACE:
        return f"a recording of another occasion: {mine}, {theirs}"
    if code == kernel.OTHER_CUT:
        return f"another length of the same version: {mine}, {theirs}"
    if code == kernel.SOFTLY:
        return f"{mine}, {theirs}"
    if code == kernel.TRAILING_WORD:
        return f"one title ends in a version word: {title if prepare(left).trailing else other_title}"
    if code == kernel.OTHER_NUMBER:
        return f"other number: {' '.join(prepare(left).numbers)}, not {' '.join(prepare(right).numbers)}"
    if code == kernel.ONE_NUMBER:
        numbers = prepare(left).numbers or prepare(right).numbers
        return f"a number on one side only: {' '.join(numbers)}"
    if code == kernel.OTHER_SIDE:
        return f"another side: {title}, {other_title}"
    if code == kernel.SPELLED_MAKER:
        return f"the mix is spelled otherwise: {mine}, {theirs}"
    if code == kernel.PLAYED_AGAINST:
        return f"one side plays another artist against it: {left.artist}, {right.artist}"
    if code == kernel.OTHER_FEATURED:
        return f"other people are featured: {left.artist}, {right.artist}"
    if code == kernel.LIVE_ACT:
        return f"one side is a live act: {left.artist}, {right.artist}"
    if code == kernel.ONE_BRACKET:
        return f"a bracket on one side only: {title if prepare(left).subtitle else other_title}"
    return f"other brackets: {title}, {other_title}"


def _maker(side: Credit) -> str:
    return " & ".join(side.remixers) or " ".join(side.parsed.name) or side.parsed.text
