"""Free text: a paste from a tracklist site, a video description, a mail.

Here: what a line is because of where it stands: headings at the top, numbers, cues and labels on lines of
their own, what follows the list. Not here: one line by itself (``line.py``), what a heading says
(``headings.py``). Every line of the text becomes exactly one ``Line``; a line that may be a track is never
taken for a heading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mixtrove.tracklists import headings
from mixtrove.tracklists.findings import Facts, Reading, line_numbers, numbered
from mixtrove.tracklists.layout import Layout, detect_layout
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.lines import split_lines
from mixtrove.tracklists.model import Line
from mixtrove.tracklists.repair import REPAIRED, repair_line, repair_mojibake

MAX_LINE = 20_000  # characters; the longest real line seen has 400
_TOP = 60  # lines in which a heading is looked for
_SOCIAL = re.compile(
    r"(?:^|\s)@\w|https?://|www\.|\b(?:subscribe|follow (?:me|us|him|her)|instagram|facebook|twitter"
    r"|soundcloud|youtube|tiktok|patreon|bookings?|website|merch)\b",
    re.IGNORECASE,
)
"""What a video description says below its list; looked for behind the last numbered or timed line only."""
_QUOTE = re.compile(r"^(?:>\s?)+")


def read_text(text: str, name: str) -> Reading:
    """A text as lines in order, with what its headings say; never raises. ``name`` is not looked at."""
    raws = split_lines(text)
    too_long = [number for number, raw in enumerate(raws, 1) if len(raw) > MAX_LINE]
    clean = [_clean(raw) if len(raw) <= MAX_LINE else "" for raw in raws]
    layout = detect_layout(clean)
    facts: list[Facts] = []
    skipped: dict[int, tuple[str, str]] = _top(clean, layout, facts)
    _bottom(clean, layout, skipped)
    repaired = [
        number
        for number, raw in enumerate(raws, 1)
        if not raw.isascii() and len(raw) <= MAX_LINE and repair_mojibake(raw) != raw
    ]
    lines = [_line(index, raw, clean[index], layout, skipped.get(index)) for index, raw in enumerate(raws)]
    layout.attach(lines)
    notes = list(layout.notes)
    if repaired:
        notes.append(f"{line_numbers(repaired)}: {REPAIRED}")
    if too_long:
        notes.append(f"{line_numbers(too_long)}: longer than {MAX_LINE:,} characters, left out")
    return Reading("text", numbered(lines), tuple(facts), tuple(notes))


def _clean(raw: str) -> str:
    text = raw if raw.isascii() and "&" not in raw else repair_line(raw)
    return _QUOTE.sub("", text) if text.startswith(">") else text


def _line(index: int, raw: str, text: str, layout: Layout, skip: tuple[str, str] | None) -> Line:
    number = index + 1
    if skip is not None:
        return Line(number, raw, "heading" if skip[0] == "heading" else "other", skip[1])
    if len(raw) > MAX_LINE:
        return Line(number, raw, "other", f"longer than {MAX_LINE:,} characters")
    role = layout.roles.get(index)
    if role is not None:
        return Line(number, raw, "other", role)
    body = layout.body(index, headings.without_address(text))
    line = parse_line(body, number)
    if body is raw:
        return line
    return Line(number, raw, line.kind, line.skip_reason, line.cue_seconds, line.components)


def _top(clean: Sequence[str], layout: Layout, facts: list[Facts]) -> dict[int, tuple[str, str]]:
    """The lines above the list; what they say is added to ``facts``, fields before names."""
    skipped: dict[int, tuple[str, str]] = {}
    start = _list_start(clean, layout)
    named: list[Facts] = []
    weak: list[Facts] = []
    for index in range(min(start, len(clean))):
        text = clean[index].strip()
        if not text:
            continue
        where = f"line {index + 1}"
        reason = headings.heading_reason(text)
        page = headings.tracklist_page(text)
        if page:
            facts.append(Facts(where, source_url=page))
        if reason is not None:
            skipped[index] = reason
            continue
        fields = headings.field_facts(text, where)
        if fields is not None:
            facts.append(fields)
            skipped[index] = ("heading", "about the mix")
            continue
        skipped[index] = ("heading", "above the tracklist")
        if headings.looks_like_mix_name(text):
            named.append(headings.name_facts(text, where))
        elif not headings.is_prose(text):
            weak.append(headings.name_facts(text, where))
    for index in range(start, len(clean)):
        if index not in layout.roles and (reason := headings.heading_reason(clean[index])):
            skipped[index] = reason
    has_title = any(one.title for one in (*facts, *named))
    facts.extend(named if has_title else [*named, *weak[:1]])
    return skipped


def _list_start(clean: Sequence[str], layout: Layout) -> int:
    """The index of the first line that is no heading."""
    top = range(min(_TOP, len(clean)))
    marker = next((index for index in top if headings.is_marker(clean[index])), None)
    if marker is not None:
        above = [clean[index] for index in range(marker) if clean[index].strip()]
        leads = sum(layout.leads(index) for index in range(marker))
        if not leads and sum(map(headings.has_separator, above)) <= max(2, len(above) // 2):
            return marker + 1
    start = 0
    for index in top:
        text = clean[index].strip()
        if not text:
            continue
        if not _is_above(index, text, clean, layout):
            return start
        start = index + 1
    return start


def _is_above(index: int, text: str, clean: Sequence[str], layout: Layout) -> bool:
    """Whether a line at the top is a heading; when in doubt it is not."""
    if index in layout.roles or layout.leads(index):
        return False
    if headings.heading_reason(text) or headings.field_facts(text, ""):
        return True
    if headings.has_date_or_place(text):
        return True
    following = clean[index + 1].strip() if index + 1 < len(clean) else ""
    apart = not following or headings.heading_reason(following) is not None
    named = headings.looks_like_mix_name(text)
    if not headings.has_separator(text):
        return layout.structured or named or (apart and layout.dashed)
    more = index + 2 < len(clean)  # a text of one or two lines has no heading
    return more and ((layout.structured and (named or apart)) or (named and apart))


def _bottom(clean: Sequence[str], layout: Layout, skipped: dict[int, tuple[str, str]]) -> None:
    """Lines after the list that hold no separator, or an address: greetings, thanks, links."""
    index = len(clean) - 1
    while index >= 0:
        text = clean[index].strip()
        if text and index not in skipped:
            dashed = headings.has_separator(text) and not _SOCIAL.search(text)
            if layout.leads(index) or dashed or index in layout.roles:
                break
            if not layout.structured:
                break
        index -= 1
    last = index
    apart = False
    for index in range(last + 1, len(clean)):
        text = clean[index].strip()
        apart = apart or not text
        if text and apart and index not in skipped:
            skipped[index] = ("other", "below the tracklist")
