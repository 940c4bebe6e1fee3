"""One line of a tracklist taken apart: number, cue, artists, title, version, label (MATCHING §3).

The grammar: ``number? (+|w/)? [cue]? (+|w/)? (Segment:)? ARTISTS " - " TITLE (groups)* [LABEL - CATNO]``.
Text that is not recognised stays in the title; the raw line is kept. Not here: lines in their context
(headings at the top of a paste, cues on lines of their own), which is ``text.py``.
"""

from __future__ import annotations

import re

from mixtrove.matching.credit import (
    Credit,
    SplitTitle,
    build_credit,
    is_mark,
    is_unknown,
    is_unreleased,
    split_artists,
    split_title,
)
from mixtrove.matching.version import head_word
from mixtrove.tracklists.model import Component, Line

_NUMBER = re.compile(r"^\s*(?:#?\d{1,3}\s*[.)](?!\d)\s*|#\d{1,3}\s+|№\s*\d+\s*|[•*·►▶]\s+|-\s+)")
_LAYER = re.compile(r"^\s*(?:\+\s+|w/\s*|\(w/\)\s*|with:\s+)", re.IGNORECASE)
_CLOCK = r"\d{1,3}[:.'’]\d{2}(?:[:.]\d{2})?"
_CUE = re.compile(
    r"^\s*(?:"
    r"[\[({]\s*(?P<box>(?:[\d?x]{1,3}:)?[\d?]{1,3}:[\d?]{1,2}|[\d?]{1,4}(?:'|’|m|min)?|~?\d{1,3}[:.'’]\d{2}"
    rf"|{_CLOCK}\s*-\s*{_CLOCK}|[x?:]+|\.\.|--:--)\s*[\])}}]"
    r"|(?P<bare>\d{1,3}:\d{2}(?::\d{2})?|\d{1,3}['’](?:\d{2})?(?=\s)|\d\d\.\d\d(?=\s)|\?\?:\?\?)"
    r"(?:\s*[-–—]\s*\d{1,3}:\d{2}(?::\d{2})?)?"
    r")\s*(?:[|:.)\]]|[-–—]+>?(?=\s))?\s*"
)
_TRAILING_CUE = re.compile(
    r"\s+(?:@\s*)?(?:(\d{1,2}:[0-5]\d(?::[0-5]\d)?)|[\[(](\d{1,2}:\d\d:\d\d)[\])])\s*$"
)
_CLOSING = frozenset("0123456789)]")
_LENGTH = re.compile(r"^\d{1,2}:[0-5]\d$")
# Square brackets hold labels, and versions only when they end in one of these.
_VERSION_BOX = frozenset(
    ("remix", "mix", "edit", "reedit", "dub", "version", "vip", "instrumental", "acapella", "rework",
     "refix", "bootleg", "cover", "remake", "mashup", "flip", "remaster", "remastered", "live", "reprise",
     "relift", "rerub", "reshape", "revision", "reboot", "reconstruction", "reinterpretation", "remodel",
     "retouch", "revibe", "screwed", "slowed", "demo", "unplugged")
)  # fmt: skip
# "[Live From Malibu]" is a version; "[Live At Robert Johnson]" is a label, as its own spelling and a
# catalogue number behind the dash say.
_LIVE_BOX = re.compile(r"^live (?:(?:from|on|in|@)\s|at\s(?!robert johnson\b))", re.IGNORECASE)
_DASH = re.compile(r"\s+(?:-{1,2}|–|—|‒|―|−|~|::)\s+")
_LOOSE_DASH = re.compile(r"\s*[–—]\s*|\s+-|-\s+|\t+\s*|\s+\|\s+|\s+/{2}\s+")
_QUOTED = re.compile(r"^(?P<artist>[^\"“”]+?)[\s,:]+[\"“](?P<title>[^\"“”]+)[\"”](?P<rest>.*)$")
# "Record Of The Week: A - T", "Vibe Dance Chart #5: A - T": two words or more before the colon, or one of
# these
_SEGMENT = re.compile(
    r"^(?:[\w'’!.&-]+(?:\s+[\w'’!.&#-]+)+|exclusive|premiere|classics?|tune|bonus|encore|intro|opener|closing|throwback|flashback|spotlight"
    r"|favou?rite|weapon|demo|record|exclusives?|id\s*#?\d*)"
    r"\s*:\s+(?=\S)",
    re.IGNORECASE,
)
_LAYERED_INSIDE = re.compile(r"\s+(?:w/|\+|//|vs\.?|into|>>?)\s+", re.IGNORECASE)
_BOX_AT_END = re.compile(r"(?P<space>\s*)\[(?P<inner>(?:[^\[\]]|\[[^\[\]]*\])*)\]\s*$")
_LABEL_SPLIT = re.compile(r"\s+[-–—:/|]\s*|\s*[-–—]\s+")
_STRICT_CATALOG = re.compile(r"^[A-Z]{2,10}[ -]?\d{2,5}[A-Z]?$")
_NO_LABEL = re.compile(r"^(?:feat|ft|featuring|with|part|pt)\b", re.IGNORECASE)
_LABEL_BEHIND_DASH = re.compile(r"\]\s+[-–—]\s+([^\[\]()]+)$")
_YEAR_BEHIND_BOX = re.compile(r"\]\s*\(((?:19|20)\d\d)\)\s*$")  # "[Planet Mu] (2006)"
_COLON = re.compile(r"^(?P<artist>[^:]{2,60}):\s+(?P<title>\S.*)$")
_LABEL_YEAR = re.compile(r"[,\s]+\(?((?:19|20)\d\d)\)?$")
_FORTHCOMING = re.compile(
    r"^(?:forthcoming|unreleased|promo|dub-?plate)(?:\s+(?:on|from|via))?[\s:-]+(?=\S)", re.I
)
_MASHUP = re.compile(r"\bmash-?\s?up\b|\bbootleg\b", re.IGNORECASE)
_VS = re.compile(r"\s(?:vs\.?|versus|w/)\s", re.IGNORECASE)
_HEADING = re.compile(
    r"^(?:[-=_*#~\s]*)(?:track\s?-?list(?:ing)?|set\s?-?list|playlist|tracks?|hour\s+\w+|part\s+\w+|side\s+\w|cd\s?\d+"
    r"|disc\s?\w+|guest ?mix|main ?mix|mix\s?\d+|first hour|second hour|intro|outro)?\s*[:.]?[-=_*#~\s]*$",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"^(?:jingle|station id|news|adverts?|commercials?|interview|talk|voice ?over|applause|silence|break"
    r"|speech)\b[^-–—]*$",
    re.IGNORECASE,
)
_URL = re.compile(r"^\s*(?:[\w .]{0,20}:\s*)?(?:https?://|www\.)\S+\s*$", re.IGNORECASE)
_NO_TRACK = "no artist and title: a line needs 'Artist - Title'"


def parse_line(raw: str, line_no: int = 1) -> Line:
    """The line ``raw`` (one line of text, number ``line_no`` from 1 in its source) taken apart.

    Never raises. ``position`` is left None: it is given by whoever reads the whole tracklist. A cue is
    in seconds; ``[05]`` means minute 5, ``[0??]`` is unknown.
    """
    text = raw.strip("\ufeff\u200b \t\r\n")
    if not text:
        return Line(line_no, raw, "blank", "blank line")
    if _HEADING.match(text):
        return Line(line_no, raw, "heading", "heading")
    if _URL.match(text):
        return Line(line_no, raw, "other", "a web address")
    text = " ".join(text.split()) if "\t" not in text else re.sub(r"[^\S\t]+", " ", text)
    text, layered, cue, marked = _lead(text)
    tail = _TRAILING_CUE.search(text) if cue is None and text[-1:] in _CLOSING else None
    if tail is not None and _DASH.search(text[: tail.start()]):
        cue, text = _seconds(tail[1] or tail[2]), text[: tail.start()].rstrip(" -–—@|")
    if not text.strip(" ?.-") or is_unknown(text):
        if not (text or marked):
            return Line(line_no, raw, "other", _NO_TRACK)
        return _unknown_line(raw, line_no, cue, layered)
    text = _repaired(text)
    parts = _layered_parts(text)
    components: list[Component] = []
    for number, part in enumerate(parts, 1):
        component = _component(part, number, layered or number > 1)
        if component is not None:
            components.append(component)
    if not components:
        return _lone(text, raw, line_no, cue, layered, marked)
    return _line(raw, line_no, cue, tuple(components))


def line_from_fields(
    artist: str,
    title: str,
    *,
    raw: str,
    line_no: int,
    cue_seconds: int | None = None,
    version: str | None = None,
    label: str | None = None,
    catalog_number: str | None = None,
) -> Line:
    """A line whose fields come apart already (CSV, CUE, JSON). An empty title gives kind ``other``."""
    artist, title = artist.strip(), title.strip()
    if version and version.strip():
        title = f"{title} ({version.strip()})"
    if not title and not artist:
        return Line(line_no, raw, "blank", "no artist and no title")
    if not title:
        return Line(line_no, raw, "other", "no title")
    number = _NUMBER.match(title) if not artist else None
    if not artist and (number or _DASH.search(title)):
        line = parse_line(title, line_no)
        if line.components:
            cue = cue_seconds if cue_seconds is not None else line.cue_seconds
            return Line(line_no, raw, line.kind, line.skip_reason, cue, line.components)
    component = _credited(artist, _repaired(title), 1, False, label, catalog_number)
    return _line(raw, line_no, cue_seconds, (component,))


def _lead(text: str) -> tuple[str, bool, int | None, bool]:
    """Number, cue and layer marks taken from the front: (rest, layered, cue, anything taken)."""
    layered = False
    cue: int | None = None
    marked = False
    seen_number = seen_cue = False
    for _ in range(5):
        if found := _LAYER.match(text):
            layered = True
        elif not seen_cue and (found := _CUE.match(text)) and not _is_title_box(text, found):
            cue, seen_cue = _seconds(found["box"] or found["bare"] or ""), True
        elif not seen_number and (found := _NUMBER.match(text)) and found.end() < len(text):
            seen_number = True
        else:
            break
        marked = True
        text = text[found.end() :]
    return text.strip(), layered, cue, marked


def _is_title_box(text: str, found: re.Match[str]) -> bool:
    """Whether the bracket at the front is the title itself and not a cue: ``[12] `` needs text after it."""
    return found["box"] is None and found.end() >= len(text) and "-" not in text


def _seconds(text: str) -> int | None:
    """Seconds of a cue: ``05`` is minute 5, ``12:34`` minutes and seconds, ``1:02:03`` with hours."""
    text = text.strip(" ~min'’")
    text = re.split(r"\s*[-–—]\s*(?=\d)", text)[0]
    if not text or not re.fullmatch(r"\d+(?:[:.'’]\d{1,2}){0,2}", text):
        return None
    numbers = [int(part) for part in re.split(r"[:.'’]", text)]
    if len(numbers) == 1:
        return numbers[0] * 60
    if len(numbers) == 2:
        return numbers[0] * 60 + numbers[1]
    return numbers[0] * 3600 + numbers[1] * 60 + numbers[2]


def _repaired(text: str) -> str:
    """Brackets that were opened and closed with different signs, or left open, put right."""
    opened = text.count("(") + text.count("[")
    closed = text.count(")") + text.count("]")
    if not opened and not closed:
        return text
    if text.count("(") == text.count(")") and text.count("[") == text.count("]"):
        return text
    out: list[str] = []
    stack: list[str] = []
    pairs = {"(": ")", "[": "]"}
    for at, sign in enumerate(text):
        if sign in pairs:
            if stack and stack[-1] == sign and (at == 0 or text[at - 1] == " ") and sign == "[":
                out.append(pairs[stack.pop()] + " ")  # "(X Remix [Label" was left open
            stack.append(sign)
            out.append(sign)
        elif sign in ")]":
            if not stack:
                continue
            out.append(pairs[stack.pop()])
        else:
            out.append(sign)
    while stack:
        sign = stack.pop()
        out.append(pairs[sign])
    return "".join(out)


def _split_dash(text: str) -> tuple[str, str] | None:
    """Artist and title at the first dash outside brackets; a dash without both spaces only when none has."""
    artist, dash, title = text.partition(" - ")
    if dash and artist.replace(" ", "").isalnum() and title.strip():
        return artist.strip(), title.strip()  # nearly every line: no other sign before the dash
    for pattern in (_DASH, _LOOSE_DASH):
        for found in pattern.finditer(text):
            before = text[: found.start()]
            if before.count("(") != before.count(")") or before.count("[") != before.count("]"):
                continue
            after = text[found.end() :]
            if before.strip() and after.strip():
                return before.strip(), after.strip()
    quoted = _QUOTED.match(text)
    if quoted:
        return quoted["artist"].strip(), f"{quoted['title']}{quoted['rest']}".strip()
    return None


def _layered_parts(text: str) -> list[str]:
    """Whole credits played over each other in one line: ``A - X w/ B - Y`` gives two."""
    if text.count(" - ") + text.count(" – ") + text.count(" — ") < 2:
        return [text]
    parts = [text]
    for found in _LAYERED_INSIDE.finditer(text):
        before, after = text[: found.start()], text[found.end() :]
        if before.count("(") != before.count(")") or before.count("[") != before.count("]"):
            continue
        if _DASH.search(before) and _DASH.search(after):
            left = parts[-1][: len(parts[-1]) - (len(text) - found.start())]
            if not _DASH.search(left):
                continue
            parts[-1:] = [left, after]
    return parts


def _component(text: str, number: int, layered: bool) -> Component | None:
    segment = _SEGMENT.match(text)
    if segment and _DASH.search(text[segment.end() :]):
        text = text[segment.end() :]
    both = _split_dash(text)
    if both is None:
        return None
    artist, rest = both
    return _credited(artist, rest, number, layered, None, None)


def _credited(
    artist: str,
    rest: str,
    number: int,
    layered: bool,
    label: str | None,
    catalog_number: str | None,
) -> Component:
    """One component from its artist text and all that follows the dash."""
    unreleased = False
    year: int | None = None
    if rest.endswith(")") and (behind := _YEAR_BEHIND_BOX.search(rest)):
        year, rest = int(behind[1]), rest[: behind.start() + 1]
    while "[" in rest and (box := _BOX_AT_END.search(rest)):
        inner = " ".join(box["inner"].split())
        before = rest[: box.start()]
        if not before.strip():
            break
        if is_mark(inner):
            unreleased = unreleased or is_unreleased(inner)
            year = int(inner) if inner.isdigit() else year
            rest = before.rstrip()
            continue
        if label is not None or not box["space"] or not inner:
            break
        if head_word(inner.split()[-1]) in _VERSION_BOX and not _LABEL_SPLIT.search(inner):
            break  # "[Above & Beyond Remix]" is a version, "[Stereo]" and "[Rebirth]" are labels
        if _LENGTH.match(inner):
            rest = before.rstrip()  # "[6:47]": how long the track is
            continue
        if _LIVE_BOX.match(inner) and not _LABEL_SPLIT.search(inner):
            break
        if _NO_LABEL.match(inner):
            break
        rest = before.rstrip()
        label, catalog_number, soon, released = _label(inner)
        unreleased = unreleased or soon
        year = released or year
    if label is None and "]" in rest and (tail := _LABEL_BEHIND_DASH.search(rest)):
        label, rest = tail[1].strip(" -]"), rest[: tail.start() + 1]
    split = split_title(rest)
    names, featured = split_artists(artist)
    title = split.title
    if not title and split.version.text:
        title, split = split.version.text, split._replace(title=split.version.text)
    credit = build_credit(
        names, featured, split, label=label or None, catalog_number=catalog_number or None,
        year=year if year is not None else split.year,
    )  # fmt: skip
    versus = bool(_VS.search(f" {artist} "))
    mashup = "mashup" in split.version.types or (
        versus and bool(_VS.search(f" {title} ") or (_VS.search(artist) and _MASHUP.search(rest)))
    )
    return Component(
        component=number,
        credit=credit,
        is_id=is_unknown(credit.title) or (bool(artist.strip()) and not credit.artists),
        unreleased=unreleased or split.unreleased,
        layered=layered,
        mashup=mashup,
    )


def _label(inner: str) -> tuple[str | None, str | None, bool, int | None]:
    """Label, catalogue number, whether it was still to come, and year of a ``[Label - CAT, 1999]`` box."""
    soon = False
    year: int | None = None
    if found := _FORTHCOMING.match(inner):
        soon, inner = is_unreleased(found[0]), inner[found.end() :]
    if (found := _LABEL_YEAR.search(inner)) and found.start() > 0:
        year, inner = int(found[1]), inner[: found.start()]
    pieces = [piece.strip() for piece in _LABEL_SPLIT.split(inner) if piece.strip()]
    if len(pieces) > 1:
        last = pieces[-1]
        if re.search(r"\d", last) or (last.isupper() and len(last) <= 12):
            if is_unreleased(last):
                return " - ".join(pieces[:-1]), None, True, year
            return " - ".join(pieces[:-1]), last, soon, year
        if is_mark(last):
            return " - ".join(pieces[:-1]), None, soon or is_unreleased(last), year
        return inner, None, soon, year
    if _STRICT_CATALOG.match(inner):
        return None, inner, soon, year
    return inner, None, soon, year


def _line(raw: str, line_no: int, cue: int | None, components: tuple[Component, ...]) -> Line:
    if all(_wholly_unknown(one.credit) for one in components):
        return Line(line_no, raw, "id", "unknown track (ID)", cue, components)
    return Line(line_no, raw, "track", None, cue, components)


def _wholly_unknown(credit: Credit) -> bool:
    return not credit.artists and not credit.remixers and is_unknown(credit.title)


def _unknown_line(raw: str, line_no: int, cue: int | None, layered: bool) -> Line:
    credit = Credit(artists=(), title="ID")
    return _line(raw, line_no, cue, (Component(1, credit, is_id=True, layered=layered),))


def _lone(text: str, raw: str, line_no: int, cue: int | None, layered: bool, marked: bool) -> Line:
    """A line without a dash: a title alone when a number or a cue says that it was played."""
    if _TALK.match(text):
        return Line(line_no, raw, "other", "talk, not a track", cue)
    if _HEADING.match(text):
        return Line(line_no, raw, "other", "an intro or outro without artist", cue)
    boxed = text.endswith("]") and text[0] not in "(["
    if not (marked or boxed):
        return Line(line_no, raw, "other", _NO_TRACK, cue)
    if marked and (colon := _COLON.match(text)):  # "3. Skream: Midnight Request Line"
        component = _credited(colon["artist"], colon["title"], 1, layered, None, None)
        return _line(raw, line_no, cue, (component,))
    split: SplitTitle = split_title(text)
    component = _credited("", text, 1, layered, None, None)
    if not split.title:
        return Line(line_no, raw, "other", _NO_TRACK, cue)
    return _line(raw, line_no, cue, (component,))
