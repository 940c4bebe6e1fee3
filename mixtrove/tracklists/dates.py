"""Dates as people write them above a tracklist, and only those that can mean one day.

``06/05/2014`` may be May or June, ``1988-06`` is a month, ``14-06-13`` may be anything: none of
them is certain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio",
            "february feb februar février fevrier febrero febbraio",
            "march mar märz maerz mars marzo",
            "april apr avril abril aprile",
            "may mai mayo maggio",
            "june jun juni juin junio giugno",
            "july jul juli juillet julio luglio",
            "august aug août aout agosto",
            "september sep sept septembre septiembre settembre",
            "october oct okt oktober octobre octubre ottobre",
            "november nov novembre noviembre",
            "december dec dez dezember décembre decembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"(?<![\d\w])(?:"
    rf"(?P<y1>(?:19|20)\d\d)(?P<s1>[-./])(?P<m1>\d{{1,2}})(?P=s1)(?P<d1>\d{{1,2}})"
    rf"|(?P<a>\d{{1,2}})(?P<s2>[-./])(?P<b>\d{{1,2}})(?P=s2)(?P<y2>(?:19|20)\d\d)"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?(?P<m3>{_MONTH})\.?,?\s+(?:de\s+)?(?P<y3>(?:19|20)\d\d)"
    rf"|(?P<m4>{_MONTH})\.?\s+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y4>(?:19|20)\d\d)"
    rf"|(?P<compact>(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
    rf")(?![\d\w])",
    re.IGNORECASE,
)
PARTIAL = re.compile(r"(?:19|20)\d\d(?:-(?:\d\d|\d[xX?]|[xX?]{2})){0,2}(?![\d\w])")


@dataclass(frozen=True, slots=True)
class DateFound:
    """A full date and where it stands in the text."""

    day: date
    start: int
    end: int


def full_dates(text: str) -> list[DateFound]:
    """All the dates in ``text`` that can mean only one day, in order."""
    if not re.search(r"(?:19|20)\d\d", text):
        return []
    found = []
    for match in _DATE.finditer(text):
        day = _day(match)
        if day is not None:
            found.append(DateFound(day, match.start(), match.end()))
    return found


def full_date(text: str) -> date | None:
    """The date when ``text`` is nothing but one full date (a time of day after an ISO date is dropped)."""
    text = re.sub(r"(?<=\d)[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$", "", text.strip())
    match = _DATE.fullmatch(text)
    return _day(match) if match else None


def _day(match: re.Match[str]) -> date | None:
    part = match.groupdict()
    if part["y1"]:
        return _checked(part["y1"], part["m1"], part["d1"])
    if part["y2"]:
        first, second = int(part["a"]), int(part["b"])
        if first > 12 >= second or first == second:
            return _checked(part["y2"], second, first)
        return _checked(part["y2"], first, second) if second > 12 >= first else None
    if part["y3"]:
        return _checked(part["y3"], _MONTHS[part["m3"].casefold()], part["d3"])
    if part["y4"]:
        return _checked(part["y4"], _MONTHS[part["m4"].casefold()], part["d4"])
    compact = part["compact"]
    return _checked(compact[:4], compact[4:6], compact[6:])


def _checked(year: int | str, month: int | str, day: int | str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
