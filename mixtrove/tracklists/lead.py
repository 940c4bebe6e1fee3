"""What stands around a track in its line: number, cue and layer marks before it, a cue behind it.

Only taking these off and reading the cue; the track itself is ``line.py``. A cue is in seconds: ``[05]``
means minute 5, ``[0??]`` is unknown.
"""

from __future__ import annotations

import re

NUMBER = re.compile(r"^\s*(?:#?\d{1,3}\s*[.)](?!\d)\s*|#\d{1,3}\s+|№\s*\d+\s*|[•*·►▶]\s+|-\s+)")
_LAYER = re.compile(r"^\s*(?:\+\s+|w/\s*|\(w/\)\s*|with:\s+)", re.IGNORECASE)
_LAYER_SIGNS = frozenset("+wW(")
_CLOCK = r"\d{1,3}[:.'’]\d{2}(?:[:.]\d{2})?"
_CUE = re.compile(
    r"^\s*(?:"
    r"[\[({]\s*(?P<box>(?:[\d?x]{1,3}:)?[\d?]{1,3}:[\d?]{1,2}|[\d?]{1,4}(?:'|’|m|min)?|~?\d{1,3}[:.'’]\d{2}"
    rf"|{_CLOCK}\s*-\s*{_CLOCK}|[x?:]+|\.\.|--:--)\s*[\])}}]"
    r"|(?P<bare>\d{1,3}:\d{2}(?::\d{2})?|\d{1,3}['’](?:\d{2})?(?=\s)|\d\d\.\d\d(?=\s)|\?\?:\?\?)"
    r"(?:\s*[-–—]\s*\d{1,3}:\d{2}(?::\d{2})?)?"
    r")\s*(?:[|:.)\]]|[-–—]+>?(?=\s))?\s*"
)
_UNTIL = re.compile(r"\s*[-–—]\s*(?=\d)")
_CLOCK_TIME = re.compile(r"\d+(?:[:.'’]\d{1,2}){0,2}")
_CLOCK_SIGN = re.compile(r"[:.'’]")
TRAILING_CUE = re.compile(r"\s+(?:@\s*)?(?:(\d{1,2}:[0-5]\d(?::[0-5]\d)?)|[\[(](\d{1,2}:\d\d:\d\d)[\])])\s*$")


def take_lead(text: str) -> tuple[str, bool, int | None, bool]:
    """Number, cue and layer marks taken from the front: (rest, layered, cue, anything taken)."""
    layered = False
    cue: int | None = None
    marked = False
    seen_number = seen_cue = False
    for _ in range(5):
        if text[:1].isalpha() and text[0] not in "wW":
            break  # nearly every line: no mark begins with a letter but "w/"
        if text[:1] in _LAYER_SIGNS and (found := _LAYER.match(text)):
            layered = True
        elif not seen_cue and (found := _CUE.match(text)) and not _is_title_box(text, found):
            cue, seen_cue = seconds(found["box"] or found["bare"] or ""), True
        elif not seen_number and (found := NUMBER.match(text)) and found.end() < len(text):
            seen_number = True
        else:
            break
        marked = True
        text = text[found.end() :]
    return text.strip(), layered, cue, marked


def _is_title_box(text: str, found: re.Match[str]) -> bool:
    """Whether the bracket at the front is the title itself and not a cue: ``[12] `` needs text after it."""
    return found["box"] is None and found.end() >= len(text) and "-" not in text


def seconds(text: str) -> int | None:
    """Seconds of a cue: ``05`` is minute 5, ``12:34`` minutes and seconds, ``1:02:03`` with hours."""
    if len(text) < 5 and text.isdecimal():
        return int(text) * 60
    text = _UNTIL.split(text.strip(" ~min'’"))[0]
    if not text or not _CLOCK_TIME.fullmatch(text):
        return None
    numbers = [int(part) for part in _CLOCK_SIGN.split(text)]
    if len(numbers) == 1:
        return numbers[0] * 60
    if len(numbers) == 2:
        return numbers[0] * 60 + numbers[1]
    return numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
