"""Lines that are about the mix and not of it: what they look like by themselves and what they say.

Here: patterns of one line, and the facts in a mix's name. Not here: whether a line stands at the top of a
list (``text.py`` decides that, a line among tracks stays a track).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from mixtrove.tracklists.dates import PARTIAL, full_date, full_dates
from mixtrove.tracklists.findings import Facts

_DECORATION = " \t*_#=~-–—•|>:"
_MARKER = re.compile(
    r"(?:(?:the|full|complete|official|my)\s+)*(?:track\s?-?\s?list(?:ing|e|a|s)?|play\s?-?list(?:e|a)?|set\s?-?list"
    r"|tracks(?: played)?|titelliste|trackliste|liste des (?:titres|morceaux)|lista de (?:temas|canciones))"
    r"(?:\s*[:(].{0,80}|\s+(?:for|of|by|from|below|follows)\b.{0,80})?",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"(?:(?:hour|part|cd|disc|disk|side|set|stunde|teil|heure|partie|hora|parte)\s*#?\s*"
    r"(?:\d{1,2}|[ivx]{1,4}|[a-d]|one|two|three|four|five|six)(?:\s*[:(/].{0,80})?"
    r"|(?:hour|cd|disc|disk|stunde|heure|hora)\s*#?\s*(?:\d{1,2}|one|two|three|four)\s*[–-].{0,80}"
    r"|(?:first|second|third|fourth|last|final|1st|2nd|3rd|4th)\s+(?:hour|part|set|half|disc|cd)(?:\s*[:(/–-].{0,80})?"
    r"|(?:special\s+)?guest\s?mix(?:\s+(?:by|from)\b.{0,80}|\s*:.{0,80})?)",
    re.IGNORECASE,
)
_SEGMENT = re.compile(
    r"(?:part|side|set|teil|partie|parte|(?:special\s+)?guest|\w+ (?:part|set|half))\b",
    re.IGNORECASE,
)
_IN_THE_MIX = re.compile(r".{1,60}\b(?:in the mix|back 2 back|live in session)\W*", re.IGNORECASE)
_SOCIAL = re.compile(
    r"(?:please\s+)?(?:follow|subscribe|like|support|connect|find|bookings?|contact|facebook|twitter|instagram"
    r"|soundcloud|youtube|spotify|mixcloud|beatport|bandcamp|resident advisor|website|homepage"
    r"|(?:free\s+)?download|stream|listen|buy|e-?mail|tickets|donate|patreon|discord|tiktok|copyright)"
    r"(?:\s+(?:me|us|on|to|for|at|here|my|our|and|the|via|this|now)\b.*|\s*[:!@].*|\s*)",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_TRACKLIST_PAGE = re.compile(
    r"https?://(?:www\.)?(?:1001tracklists\.com/tracklist/|1001\.tl/|mixesdb\.com/w/)[^\s<>\"]+",
    re.IGNORECASE,
)
_HASHTAGS = re.compile(r"(?:#\w+[\s,]*)+")
_RULE = re.compile(r"[-–—=_*~#.·•+|/\\<>\s]{2,}")
_SEPARATOR = re.compile(r"\s(?:-{1,2}|[–—])\s|\s[-–—](?=\S)|(?<=\S)[-–—]\s|—|\t")

_FIELD = re.compile(
    r"(?P<key>(?:mix|set|show|event)?\s?(?:title|name|titel|titre|t[ií]tulo)|mix|show|event|djs?|artists?|performers?"
    r"|mixed by|selected by|host(?:ed by)?|date|datum|fecha|played(?: on)?|recorded(?: on)?|aired"
    r"|broadcast(?: on)?|air ?date|venue|location|club|genres?|styles?|duration|length|station|series"
    r"|episode|source|url|link|from|to|subject|sent|betreff|objet|asunto|quality|bitrate|format)\s*(?::|=)\s+(?P<value>\S.*)",
    re.IGNORECASE,
)
_TITLE_KEYS = re.compile(r"(?:.*title|.*name|.*titel|titre|t[ií]tulo|mix|show|event)", re.IGNORECASE)
_DJ_KEYS = re.compile(r"(?:djs?|artists?|performers?|mixed by|selected by)", re.IGNORECASE)
_DATE_KEYS = re.compile(
    r"(?:date|datum|fecha|played.*|recorded.*|aired|broadcast.*|air ?date)", re.IGNORECASE
)
_EVENT = re.compile(
    r"\b(?:radio(?:show)?|podcast|essential mix|promo mix|live (?:at|from|in|@)|b2b|boiler room|mixed by"
    r"|(?:guest|studio|exclusive|warm ?up|closing|opening|summer|winter|spring|autumn|live|dj|festival|year)"
    r"\s?(?:mix|set)|mixtape|megamix|in the mix|fabriclive|festival|dj-kicks|episode \d+|ep\.? ?\d+"
    r"|(?:show|session|sessions|vol\.?|volume|mix|no\.?) ?#? ?\d+)\b|#\d{1,4}\b",
    re.IGNORECASE,
)
_LIVE_AT = re.compile(r"(?P<dj>[^(\[:]{2,60}?)\s+(?:recorded\s+)?live\s+(?:at|from|in)\s+(?P<rest>.+)", re.I)
_MIXED_BY = re.compile(r"^(?P<title>.+?)[\s,:–-]+(?:mixed|compiled|selected) by (?P<dj>[^,(\[]{2,60})$", re.I)
_SET_WORDS = re.compile(
    r"\s+(?:live|dj[ -]set|live set|closing set|opening set|full set|set)\s*$", re.IGNORECASE
)
_NOT_A_DJ = re.compile(
    r"(?:recorded\s+)?(?:live|set|mix|dj[ -]set|(?:closing|opening|full|warm ?up)(?:\s+set)?|recorded"
    r"|various(?: artists)?|va)",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"(?:hi|hello|hey|dear|hallo|thanks|thank you|cheers|here(?:'s| is| are)|enjoy|this is|sorry)\b.*"
    r"|.*[,;:!?]",
    re.IGNORECASE,
)


def has_separator(text: str) -> bool:
    """Whether something in the line could stand between an artist and a title."""
    return _SEPARATOR.search(text) is not None


def heading_reason(text: str) -> tuple[str, str] | None:
    """(kind, reason) of a line that is a heading or talk wherever it stands; None for all others."""
    bare = text.strip(_DECORATION)
    if not bare:
        return ("other", "a dividing line") if _RULE.fullmatch(text.strip()) else None
    dashed = has_separator(bare)
    if not dashed and _MARKER.fullmatch(bare):
        return "heading", "says that a tracklist follows"
    if _SECTION.fullmatch(bare) and (not dashed or not _SEGMENT.match(bare)):
        return "heading", "a section heading"
    if "#" in text and _HASHTAGS.fullmatch(text.strip()) and not re.fullmatch(r"\s*#\d+\s*", text):
        return "other", "hashtags"
    if "://" in bare or "www." in bare:
        without = _URL.sub("", bare).strip(_DECORATION + "()[]")
        if not without or not has_separator(without) or _SOCIAL.fullmatch(without):
            return "other", "a web address"
    if not dashed:
        if _SOCIAL.fullmatch(bare):
            return "other", "not about a track"
        if _IN_THE_MIX.fullmatch(bare):
            return "heading", "a section heading"
    return None


def is_marker(text: str) -> bool:
    """Whether the line says that the tracklist begins (``Tracklist:``)."""
    bare = text.strip(_DECORATION)
    return not has_separator(bare) and _MARKER.fullmatch(bare) is not None


def without_address(text: str) -> str:
    """A track line without the web address that was written after it."""
    return _URL.sub("", text).rstrip(" \t-–—|(") if "://" in text or "www." in text else text


def tracklist_page(text: str) -> str | None:
    """The address of this tracklist on a tracklist site, when the line holds exactly one."""
    found = _TRACKLIST_PAGE.findall(text)
    return found[0].rstrip(").,") if len(found) == 1 else None


def field_facts(text: str, where: str) -> Facts | None:
    """What ``DJ: …``, ``Title: …``, ``Date: …`` says; empty for other known fields, None for other lines."""
    found = _FIELD.fullmatch(text.strip(" \t*_#|>"))
    if not found:
        return None
    key, value = found["key"].strip(), found["value"].strip(" \t*_")
    facts = Facts(where)
    if _DJ_KEYS.fullmatch(key):
        return replace(facts, dj=value)
    if _DATE_KEYS.fullmatch(key):
        day = full_date(value)
        unsure = None if day else f"the date “{value}” does not name one certain day; not used"
        return replace(facts, played_on=day, unsure=unsure)
    if _TITLE_KEYS.fullmatch(key):
        return replace(facts, title=value)
    return replace(facts, source_url=tracklist_page(value))


def looks_like_mix_name(text: str) -> bool:
    """Whether the line would name a mix at the top of a list: a date, ``DJ @ place``, ``Radio Show #103``."""
    if full_dates(text) or " @ " in text or _EVENT.search(text):
        return True
    partial = PARTIAL.match(text)
    return bool(partial and (len(partial[0]) > 4 or len(_SEPARATOR.findall(text)) > 1))


def has_date_or_place(text: str) -> bool:
    """The stronger half of ``looks_like_mix_name``: next to no track line has it."""
    partial = PARTIAL.match(text)
    return bool(full_dates(text)) or " @ " in text or bool(partial and len(partial[0]) > 4)


def is_prose(text: str) -> bool:
    """Whether the line is somebody talking, and no name of a mix."""
    return len(text) > 150 or bool(_PROSE.fullmatch(text.strip()))


def name_facts(text: str, where: str) -> Facts:
    """DJ, title and date in the name of a mix.

    ``1993-08-13 - Paul Oakenfold @ Universe`` (MixesDB), ``Hardwell @ Ultra, Miami 2016-03-18``
    (1001tracklists), ``X live at Y``, ``Z, mixed by X``. What was recognised leaves the
    title; a partial date stays in it. In ``X - Y`` without a date either may be the DJ: it is all title.
    """
    name = text.strip(_DECORATION)
    day, name = _take_date(name)
    partial = PARTIAL.match(name) if day is None else None
    lead = partial[0] if partial and len(name) > partial.end() else ""
    body = name[len(lead) :].strip(_DECORATION) if lead else name
    dated = bool(lead) or (day is not None and text.strip(_DECORATION).find(name) > 0)
    dj, title = _split_dj(body, dated=dated)
    if lead:
        title = f"{lead} - {title}"
    return Facts(where, title=title or None, dj=dj, played_on=day)


def _take_date(name: str) -> tuple[date | None, str]:
    """The full date at the front or the end (alone in its brackets or without), and the name without it."""
    found = full_dates(name)
    for one in found[:1] + found[1:][-1:]:
        before, after = name[: one.start], name[one.end :]
        if not before.strip(_DECORATION + "([") and after.strip(_DECORATION + ")]"):
            return one.day, after.lstrip(_DECORATION + ")].,")
        if not after.strip(_DECORATION + ")].") and before.strip(_DECORATION + "(["):
            if PARTIAL.match(name) and before.count("(") > before.count(")"):
                continue  # "1988-06 - … (Test Pressing 354, 2014-06-13)": the day it was published
            if before.count("(") > before.count(")") and not before.rstrip().endswith("("):
                continue
            return one.day, before.rstrip(_DECORATION + "([,")
        if not (before + after).strip(_DECORATION + "()[]"):
            return one.day, ""
    return None, name


def _split_dj(body: str, *, dated: bool) -> tuple[str | None, str]:
    """(DJ, title) of a name without its date; ``dated``: the date stood in front, as MixesDB has it."""
    place = body.find(" @ ")
    dash = _SEPARATOR.search(body)
    if place > 0 and not (dash and dash.start() < place):
        dj = _SET_WORDS.sub("", body[:place].strip())
        if not _NOT_A_DJ.fullmatch(dj) and not _EVENT.search(dj):
            return dj, body[place + 3 :].strip()
        return None, body
    if dated and dash:
        dj, title = body[: dash.start()].strip(), body[dash.end() :].strip()
        if dj and title and not _NOT_A_DJ.fullmatch(dj) and not _EVENT.search(dj):
            return dj, title
        return None, body
    live = _LIVE_AT.fullmatch(body)
    if live and not dash and not _EVENT.search(live["dj"]) and not _NOT_A_DJ.fullmatch(live["dj"]):
        return live["dj"].strip(), f"Live at {live['rest']}".strip()
    mixed = _MIXED_BY.match(body)
    if mixed:
        return mixed["dj"].strip(), mixed["title"].strip()
    return None, body
