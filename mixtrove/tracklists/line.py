"""One line of a tracklist taken apart: number, cue, artists, title, version, label (MATCHING §3).

The grammar: ``number? (+|w/)? [cue]? (+|w/)? (Segment:)? ARTISTS " - " TITLE (groups)* [LABEL - CATNO]``.
Text that is not recognised stays in the title; the raw line is kept. Not here: lines in their context
(headings at the top of a paste, cues on lines of their own), which is ``text.py``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mixtrove.matching.credit import (
    Credit,
    build_credit,
    is_mark,
    is_unknown,
    plays_against,
    split_artists,
    split_title,
)
from mixtrove.matching.version import LIVE, ORIGINAL, Version, merged, parse_version
from mixtrove.tracklists.box import box_at_end, read_box
from mixtrove.tracklists.dressing import undressed
from mixtrove.tracklists.lead import NUMBER, TRAILING_CUE, seconds, take_lead
from mixtrove.tracklists.model import Component, Line
from mixtrove.tracklists.readings import (
    VERSION_ENDS,
    bare_version,
    behind_colon,
    best,
    boxed,
    dashed,
    loosely,
    segmented,
    unboxed,
)

_DASH = re.compile(r"\s+(?:-{1,2}|–|—|‒|―|−|~|::)\s+")
_LOOSE_DASH = re.compile(r"\s*[–—]\s*|\s+-|-\s+|\t+\s*|\s+\|\s+|\s+/{2}\s+")
_QUOTED = re.compile(
    r"^(?P<artist>[^\"“”「」『』]+)(?:(?<=[\s,:])[\"“]|[「『])(?P<title>[^\"“”「」『』]+)[\"”」』](?P<rest>.*)$"
)
# "Record Of The Week: A - T", "Vibe Dance Chart #5: A - T": two words or more before the colon, or one of
# these
_SEGMENT = re.compile(
    r"^(?:[\w'’!.&-]+(?:\s+[\w'’!.&#-]+)+|exclusive|premiere|classics?|tune|bonus|encore|intro|outro|opener|closing|throwback|flashback"
    r"|spotlight|mash-?up|then|now|next|last|first|guest|#\d{1,3}|favou?rite|weapon|demo|record|exclusives?|id\s*#?\d*)"
    r"\s*:\s+(?=\S)",
    re.IGNORECASE,
)
_LAYERED_INSIDE = re.compile(r"\s+(?:w/|\+|//?|vs\.?|into|>>?)\s+", re.IGNORECASE)
_INSIDE = re.compile(r"[(\[][^()\[\]]*[)\]]")
_LABEL_BEHIND_DASH = re.compile(r"\]\s+[-–—]\s+([^\[\]()]+)$")
_YEAR_BEHIND_BOX = re.compile(r"\]\s*\(((?:19|20)\d\d)\)\s*$")  # "[Planet Mu] (2006)"
_COLON = re.compile(r"^(?P<artist>[^:]{2,60}):\s+(?P<title>\S.*)$")
_MASHUP = re.compile(r"\bmash-?\s?up\b", re.IGNORECASE)
_VS = re.compile(r"\s(?:vs\.?|versus|w/|x|\+)\s", re.IGNORECASE)
_LIVE_ACT = re.compile(r"(?<=\S)\s+[(\[]live[)\]]$", re.IGNORECASE)
_PERHAPS_LIVE = re.compile(r"(?<=\S)\s+live$", re.IGNORECASE)  # "Pink Floyd Live", but "DPR Live" is a name
# "(Souvenir - SOUV100)": a label whose box has the wrong brackets
_LABEL_IN_PARENTHESES = re.compile(
    r"\s+\((?P<label>[^()\[\]]{2,40}?)\s+-\s+(?P<number>[A-Z]{2,10}[ -]?\d{2,5}[A-Z]?)\)$"
)
_LABEL_IN_CAPITALS = re.compile(r"\)\s+([A-Z0-9][A-Z0-9 &.'’/+-]{1,30})$")  # 1001tracklists
_NAMESAKE = re.compile(r"\((\d{1,3})\)(?=$|\s*[&,;])")
_HEADING = re.compile(
    r"^[-=_*#~\s]*+(?:track\s?-?list(?:ing)?|set\s?-?list|playlist|tracks?|hour\s+\w+|part\s+\w+|side\s+\w|cd\s?\d+"
    r"|disc\s?\w+|guest ?mix|main ?mix|mix\s?\d+|first hour|second hour|intro|outro)?[-=_*#~\s:.]*+$",
    re.IGNORECASE,
)
_WIDE_SPACES = re.compile(r"[^\S \t]+")  # the ideographic one and its like
_RULE = frozenset("-=_*#~")  # signs that lines are drawn with
_TALK = re.compile(
    r"^(?:jingle|station id|news|adverts?|commercials?|interview|talk|voice ?over|applause|silence|break"
    r"|speech)\b[^-–—]*$",
    re.IGNORECASE,
)
_URL = re.compile(r"^\s*(?:[\w .]{0,20}:\s*)?(?:https?://|www\.)\S+\s*$", re.IGNORECASE)
# Wide signs of Asian keyboards that stand for brackets and dashes; signs that nobody sees.
_WIDE = str.maketrans("（）［］【】－～　", "()[][]-~ ", "\u200b\u200c\u200d\u2060\ufeff")
_LONGEST = 2000
_NO_TRACK = "no artist and title: a line needs 'Artist - Title'"


def parse_line(raw: str, line_no: int = 1) -> Line:
    """The line ``raw`` (one line of text, number ``line_no`` from 1 in its source) taken apart.

    Never raises. ``position`` is left None: it is given by whoever reads the whole tracklist. A cue is
    in seconds; ``[05]`` means minute 5, ``[0??]`` is unknown.
    """
    text = raw.strip("\ufeff\u200b \t\r\n")
    if not text.isascii():
        text = _WIDE_SPACES.sub(" ", text).strip()
    if not text:
        return Line(line_no, raw, "blank", "blank line")
    if len(text) > _LONGEST:
        return Line(line_no, raw, "other", f"longer than {_LONGEST} signs: no line of a tracklist")
    if (" - " not in text or text[0] in _RULE or text[-1] in _RULE) and _HEADING.match(text):
        return Line(line_no, raw, "heading", "heading")
    if ("://" in text or "ww." in text or "WW." in text) and _URL.match(text):
        return Line(line_no, raw, "other", "a web address")
    text = " ".join(text.split()) if "\t" not in text else re.sub(r"[^\S\t]+", " ", text)
    if not text.isascii():
        text = text.translate(_WIDE)
    whole = text
    text, layered, cue, marked = take_lead(text)
    marks = whole[: len(whole) - len(text)].strip() if marked else ""
    tail = TRAILING_CUE.search(text) if cue is None and ":" in text[-4:] else None
    if tail is not None and _DASH.search(text[: tail.start()]):
        cue, text = seconds(tail[1] or tail[2]), text[: tail.start()].rstrip(" -–—@|")
        marks = f"{marks} {tail[0].strip()}".strip()
    if not text.strip(" ?.-") or (len(text) < 40 and is_unknown(text)):
        if not (text or marked):
            return Line(line_no, raw, "other", _NO_TRACK)
        return _unknown_line(text, raw, line_no, cue, layered, marks)
    if text.count("(") != text.count(")") or text.count("[") != text.count("]"):
        text = _repaired(text)
    text, remarks = undressed(text)
    if text.count(" - ") < 2 and (text.isascii() or len(_DASH.findall(text)) < 2):
        one = _component(text, 1, layered, remarks)
        components: tuple[Component, ...] = () if one is None else (one,)
    else:
        components = _components(_layered_parts(text), layered, remarks)
    if not components:
        return _lone(text, raw, line_no, cue, layered, marks, remarks)
    return _line(raw, line_no, cue, components, marks)


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
    title, remarks = undressed(_repaired(title))
    component = _credited(artist, title, 1, False, label, catalog_number, remarks)
    return _line(raw, line_no, cue_seconds, (component,))


def _repaired(text: str) -> str:
    """Brackets that were opened and closed with different signs, or left open, put right."""
    if text.count("(") == text.count(")") and text.count("[") == text.count("]"):
        return text
    # "(Masters At Work Mix (Kai Alcé's Edit) [BBE]": what was left open ends before the label
    if text[-1] == "]" and (at := text.rfind(" [")) > 0 and text.count("(", 0, at) > text.count(")", 0, at):
        return f"{_repaired(text[:at])}{text[at:]}" if text.count("]", at) == 1 else text
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
            if pairs[stack[-1]] != sign and text.count(pairs[stack[-1]], at) > text.count(stack[-1], at):
                continue  # "(Wex 10] Remix)": its own sign is still to come
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
    if (
        dash
        and artist.isascii()
        and not ("(" in artist or "[" in artist or " -- " in artist or " ~ " in artist or " :: " in artist)
        and artist.strip()
        and title.strip()
    ):
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
    if quoted and quoted["artist"].strip(" ,:"):
        return quoted["artist"].strip(" ,:"), f"{quoted['title']}{quoted['rest']}".strip()
    return None


def _layered_parts(text: str) -> list[str]:
    """Whole credits played over each other in one line: ``A - X w/ B - Y`` gives two."""
    parts = [text]
    for found in _LAYERED_INSIDE.finditer(text):
        before, after = text[: found.start()], text[found.end() :]
        if before.count("(") != before.count(")") or before.count("[") != before.count("]"):
            continue
        if _DASH.search(before) and _DASH.search(_outside(after)):
            left = parts[-1][: len(parts[-1]) - (len(text) - found.start())]
            if not _DASH.search(_outside(left)):
                continue
            parts[-1:] = [left, after]
    return parts


def _outside(text: str) -> str:
    """The text without what its brackets hold."""
    return _INSIDE.sub(" ", text)


def _components(parts: list[str], layered: bool, remarks: tuple[str, ...]) -> tuple[Component, ...]:
    found: list[Component] = []
    for number, part in enumerate(parts, 1):
        one = _component(part, number, layered or number > 1, remarks if number == 1 else ())
        if one is not None:
            found.append(one)
    return tuple(found)


def _component(text: str, number: int, layered: bool, remarks: tuple[str, ...] = ()) -> Component | None:
    segment = ""
    for _ in range(2):  # "Community Pick Of The Week: #2: A - T"
        found = _SEGMENT.match(text) if ":" in text else None
        if not found or not _DASH.search(_outside(text[found.end() :])):
            break
        segment = f"{segment} {found[0].strip()}".strip()
        text = text[found.end() :]
    both = _split_dash(text)
    if both is None:
        return None
    artist, rest = both
    one = _credited(artist, rest, number, layered, remarks=remarks)
    other: list[Credit] = []
    if segment:
        other = segmented(segment, artist, one.credit)
        one = replace(one, remarks=(segment.rstrip(" :"), *one.remarks))
    elif ": " in artist:
        other = behind_colon(artist, one.credit)
    if " - " not in text and not _DASH.search(text):
        other += loosely(text, one.credit)
    return replace(one, readings=best([*other, *one.readings], one.credit)) if other else one


def _credited(
    artist: str,
    rest: str,
    number: int,
    layered: bool,
    label: str | None = None,
    catalog_number: str | None = None,
    remarks: tuple[str, ...] = (),
) -> Component:
    """One component from its artist text and all that follows the dash."""
    unreleased = False
    year: int | None = None
    doubtful: str | None = None  # a box that may be something else than it was read as
    labelled = False  # by such a box
    if rest.endswith(")"):
        if behind := _YEAR_BEHIND_BOX.search(rest):
            year, rest = int(behind[1]), rest[: behind.start() + 1]
        elif label is None and (behind := _LABEL_IN_PARENTHESES.search(rest)):
            label, catalog_number, rest = behind["label"], behind["number"], rest[: behind.start()]
    while rest.endswith("]") and (found := box_at_end(rest)):
        before, space, inner = found
        if not before:
            break
        box = read_box(inner)
        if box.kind == "mark":
            unreleased = unreleased or box.unreleased
            year = box.year or year
            remarks = (*remarks, inner)
        elif box.kind == "length":
            remarks = (*remarks, inner)
        elif label is not None or not space or box.kind == "title":
            doubtful = inner if box.doubtful and label is None and space else doubtful
            break
        else:
            label, catalog_number = box.label, box.catalog_number
            unreleased = unreleased or box.unreleased
            year = box.year or year
            if box.remark:
                remarks = (*remarks, box.remark)
            if box.doubtful:
                doubtful, labelled = inner, True
        rest = before
    if label is None and "]" in rest and (tail := _LABEL_BEHIND_DASH.search(rest)):
        behind_dash, rest = tail[1].strip(" -]"), rest[: tail.start() + 1]
        if is_mark(behind_dash):
            remarks = (*remarks, behind_dash)
            return _credited(artist, rest, number, layered, label, catalog_number, remarks)
        before, _, inner = box_at_end(rest) or ("", False, "")
        if before and read_box(inner).kind == "label" and parse_version(behind_dash) is not None:
            rest = f"{before} ({behind_dash}) [{inner}]"  # "T [Label] - Original Mix]"
            return _credited(artist, rest, number, layered, label, catalog_number, remarks)
        label = behind_dash
    if label is None and rest[-1:].isupper() and ") " in rest and (tail := _LABEL_IN_CAPITALS.search(rest)):
        label, rest = tail[1], rest[: tail.start() + 1]
    if artist and " - " in rest:
        rest = _without_repeated(artist, rest)
    split = split_title(rest)
    live = _LIVE_ACT.search(artist) if artist[-1:] in (")", "]") else None
    names, featured = split_artists(artist[: live.start()] if live else artist)
    title = split.title
    if not title and split.version.text:
        title, split = split.version.text, split._replace(title=split.version.text)
    if live and "live" not in split.version.types:
        versions = [LIVE] if split.version is ORIGINAL else [split.version, LIVE]
        split = split._replace(version=merged(versions))
    credit = build_credit(
        names, featured, split, label=label or None, catalog_number=catalog_number or None,
        year=year if year is not None else split.year,
        spelled=artist if plays_against(artist) else None,  # "A x B" must stay told from "A & B"
    )  # fmt: skip
    if split.marks:
        remarks = (*remarks, *split.marks)
    if "(" in artist and (numbered := _NAMESAKE.findall(artist)):
        remarks = (*remarks, *numbered)
    is_id = is_unknown(title) or (not names and bool(artist.strip()))
    if not names and artist:
        remarks = (*remarks, artist)
    lower = title.lower()
    other: list[Credit] = []
    if " - " in title or not title.isascii() or lower[lower.rfind(" ") + 1 :] in VERSION_ENDS:
        other = _doubts(artist, credit, title)
    if artist[-4:] in ("Live", "live", "LIVE") and (act := _PERHAPS_LIVE.search(artist)):
        other.append(Credit.parse(artist[: act.start()], f"{credit.full_title} (Live)", label=credit.label))
    if doubtful:
        other += boxed(artist, doubtful, credit) if labelled else unboxed(artist, doubtful, credit)
    return Component(
        number, credit, is_id, unreleased or split.unreleased, layered,
        _is_mashup(artist, lower, split.version),
        remarks, best(other, credit) if other else (),
    )  # fmt: skip


def _without_repeated(artist: str, rest: str) -> str:
    """The title without the artist's name that was written twice: ``A - A - T``, ``A - T - A``."""
    lower, name = rest.lower(), artist.lower()
    if lower.startswith(f"{name} - "):
        return rest[len(name) + 3 :]
    if lower.endswith(f" - {name}"):
        return rest[: -len(name) - 3]
    return rest


def _doubts(artist: str, credit: Credit, title: str) -> list[Credit]:
    """The other readings of a line that was split at its dash; nearly always none."""
    other: list[Credit] = []
    if " - " in title or (not title.isascii() and _DASH.search(title)):
        other = dashed(artist, credit)
    if title[title.rfind(" ") + 1 :].lower() in VERSION_ENDS and " " in title:
        other += bare_version(artist, credit)
    return other


def _is_mashup(artist: str, title: str, version: Version) -> bool:
    """Whether two tracks are in one: a word says so, or artists and titles are two on both sides."""
    if version is not ORIGINAL and "mashup" in version.types:
        return True
    lower = artist.lower()
    if not (" v" in lower or " x " in lower or " + " in lower or " w/" in lower):
        return False
    named = _VS.search(f" {title} ") or _MASHUP.search(f"{title} {version.text}")
    return bool(named and _VS.search(f" {artist} "))


def _line(
    raw: str, line_no: int, cue: int | None, components: tuple[Component, ...], marks: str = ""
) -> Line:
    for one in components:
        if not one.is_id or _names_something(one.credit):
            return Line(line_no, raw, "track", None, cue, components, None, marks)
    return Line(line_no, raw, "id", "unknown track (ID)", cue, components, None, marks)


def _names_something(credit: Credit) -> bool:
    return bool(credit.artists or credit.remixers) or not is_unknown(credit.title)


def _unknown_line(text: str, raw: str, line_no: int, cue: int | None, layered: bool, marks: str) -> Line:
    credit = Credit(artists=(), title="ID")
    remarks = (text,) if text.strip(" ?.-") else ()
    return _line(
        raw, line_no, cue, (Component(1, credit, is_id=True, layered=layered, remarks=remarks),), marks
    )


def _lone(
    text: str, raw: str, line_no: int, cue: int | None, layered: bool, marks: str, remarks: tuple[str, ...]
) -> Line:
    """A line without a dash: a title alone when a number or a cue says that it was played."""
    if _TALK.match(text):
        return Line(line_no, raw, "other", "talk, not a track", cue)
    if _HEADING.match(text):
        return Line(line_no, raw, "other", "an intro or outro without artist", cue)
    boxed_up = text.endswith("]") and text[0] not in "(["
    if not (marks or boxed_up):
        return Line(line_no, raw, "other", _NO_TRACK, cue)
    if marks and (colon := _COLON.match(text)):  # "3. Skream: Midnight Request Line"
        component = _credited(colon["artist"], colon["title"], 1, layered, remarks=remarks)
        return _line(raw, line_no, cue, (component,), marks)
    component = _credited("", text, 1, layered, remarks=remarks)
    if not split_title(text).title:
        return Line(line_no, raw, "other", _NO_TRACK, cue)
    if "-" in text or "_" in text:
        other = best(loosely(component.credit.full_title, component.credit), component.credit)
        component = replace(component, readings=other)
    return _line(raw, line_no, cue, (component,), marks)
