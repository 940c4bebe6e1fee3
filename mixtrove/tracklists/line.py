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
    is_unknown,
    split_artists,
    split_title,
)
from mixtrove.tracklists.box import box_at_end, read_box
from mixtrove.tracklists.lead import NUMBER, TRAILING_CUE, seconds, take_lead
from mixtrove.tracklists.model import Component, Line

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
_LABEL_BEHIND_DASH = re.compile(r"\]\s+[-–—]\s+([^\[\]()]+)$")
_YEAR_BEHIND_BOX = re.compile(r"\]\s*\(((?:19|20)\d\d)\)\s*$")  # "[Planet Mu] (2006)"
_COLON = re.compile(r"^(?P<artist>[^:]{2,60}):\s+(?P<title>\S.*)$")
_MASHUP = re.compile(r"\bmash-?\s?up\b|\bbootleg\b", re.IGNORECASE)
_VS = re.compile(r"\s(?:vs\.?|versus|w/)\s", re.IGNORECASE)
_HEADING = re.compile(
    r"^(?:[-=_*#~\s]*)(?:track\s?-?list(?:ing)?|set\s?-?list|playlist|tracks?|hour\s+\w+|part\s+\w+|side\s+\w|cd\s?\d+"
    r"|disc\s?\w+|guest ?mix|main ?mix|mix\s?\d+|first hour|second hour|intro|outro)?\s*[:.]?[-=_*#~\s]*$",
    re.IGNORECASE,
)
_RULE = frozenset("-=_*#~")  # signs that lines are drawn with
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
    if (" - " not in text or text[0] in _RULE or text[-1] in _RULE) and _HEADING.match(text):
        return Line(line_no, raw, "heading", "heading")
    if ("://" in text or "www." in text.lower()) and _URL.match(text):
        return Line(line_no, raw, "other", "a web address")
    text = " ".join(text.split()) if "\t" not in text else re.sub(r"[^\S\t]+", " ", text)
    text, layered, cue, marked = take_lead(text)
    tail = TRAILING_CUE.search(text) if cue is None and ":" in text[-4:] else None
    if tail is not None and _DASH.search(text[: tail.start()]):
        cue, text = seconds(tail[1] or tail[2]), text[: tail.start()].rstrip(" -–—@|")
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
    number = NUMBER.match(title) if not artist else None
    if not artist and (number or _DASH.search(title)):
        line = parse_line(title, line_no)
        if line.components:
            cue = cue_seconds if cue_seconds is not None else line.cue_seconds
            return Line(line_no, raw, line.kind, line.skip_reason, cue, line.components)
    component = _credited(artist, _repaired(title), 1, False, label, catalog_number)
    return _line(raw, line_no, cue_seconds, (component,))


def _repaired(text: str) -> str:
    """Brackets that were opened and closed with different signs, or left open, put right."""
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
    segment = _SEGMENT.match(text) if ":" in text else None
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
    while rest.endswith("]") and (found := box_at_end(rest)):
        before, space, inner = found
        if not before:
            break
        box = read_box(inner)
        if box.kind == "mark":
            unreleased = unreleased or box.unreleased
            year = box.year or year
        elif label is not None or not space or box.kind == "title":
            break
        elif box.kind == "label":
            _, label, catalog_number, soon, released = box
            unreleased = unreleased or soon
            year = released or year
        rest = before
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
    lower = artist.lower()
    mashup = "mashup" in split.version.types or (
        ("vs" in lower or "versus" in lower or "w/" in lower)
        and bool(_VS.search(f" {artist} "))
        and bool(_VS.search(f" {title} ") or (_VS.search(artist) and _MASHUP.search(rest)))
    )
    is_id = is_unknown(title) or (not names and bool(artist.strip()))
    return Component(number, credit, is_id, unreleased or split.unreleased, layered, mashup)


def _line(raw: str, line_no: int, cue: int | None, components: tuple[Component, ...]) -> Line:
    for one in components:
        if not one.is_id or _names_something(one.credit):
            return Line(line_no, raw, "track", None, cue, components)
    return Line(line_no, raw, "id", "unknown track (ID)", cue, components)


def _names_something(credit: Credit) -> bool:
    return bool(credit.artists or credit.remixers) or not is_unknown(credit.title)


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
