"""How a whole text is laid out: numbering, and numbers, cues and labels that stand on lines of their own.

A layout is believed only when it runs through the text; otherwise each line is left to itself (``line.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from mixtrove.tracklists.headings import has_separator, heading_reason
from mixtrove.tracklists.model import Line
from mixtrove.tracklists.times import clock

_LEAD = re.compile(
    r"\s*(?:#?\d{1,3}\s*[.)](?!\d)\s*(?=\S)|#\d{1,3}\s|[\[(<{]?\d{1,3}(?::\d{2}){1,2}[\])>}]?[\s|.-]"
    r"|[\[(]\s*[\d?:x]{1,8}\s*'?[\])]|\d{1,3}\s+[-–|]\s|(?:w/|\+)\s)"
)
_LOOSE_NUMBER = re.compile(r"\s*(?:(\d{1,3})(?:\s*[-–|:]\s+|\s+|\.(?=\d))|\[(\d{1,3})\]\s*)(?=\S)")
_TIME_LIKE = re.compile(r"\s*[\[(<{]?\s*\d{1,3}(?:[:hm'’]\s*\d{1,2}){1,2}[s\"”]?\s*[\])>}]?\s*")
_ONLY_NUMBER = re.compile(r"\s*#?(\d{1,3})\s*[.):]?\s*")
_LENGTH = re.compile(r"\s*[\[(]?\s*(\d{1,2}:[0-5]\d(?::[0-5]\d)?)\s*[\])]?\s*$")
_AFTER = "the cue time of the next line"
_BEFORE = "the cue time of the line before"
_NUMBER = "the number of the next line"
_LABEL = "the label of the line before"
_ENOUGH = 0.6  # share of the track lines that must follow a layout


@dataclass(slots=True)
class Layout:
    """What is known of a text before its lines are taken apart; indices are from 0."""

    structured: bool = False  # nearly all tracks begin with a number or a cue
    dashed: bool = False  # nearly all lines hold a separator
    roles: dict[int, str] = field(default_factory=dict)  # lines that belong to another: the reason
    notes: list[str] = field(default_factory=list)
    _leading: list[bool] = field(default_factory=list)
    _counted: dict[int, tuple[int, int]] = field(default_factory=dict)  # number, where it ends
    _lengths: dict[int, tuple[int, int]] = field(default_factory=dict)  # seconds, where the text ends
    _cues: dict[int, int] = field(default_factory=dict)
    _labels: dict[int, str] = field(default_factory=dict)

    def leads(self, index: int) -> bool:
        """Whether the line begins with a number, a cue or a layer mark."""
        return self._leading[index]

    def body(self, index: int, text: str) -> str:
        """The line; a number that only its neighbours show to be one is written beyond doubt."""
        length = self._lengths.get(index)
        if length:
            text = text[: length[1]]
        counted = self._counted.get(index)
        return f"{counted[0]}. {text[counted[1] :]}" if counted else text

    def attach(self, lines: list[Line]) -> None:
        """Give cues and labels of lines of their own to the lines they belong to, where those have none."""
        for index, cue in self._cues.items():
            line = lines[index]
            if line.components and line.cue_seconds is None:
                lines[index] = replace(line, cue_seconds=cue)
        for index, (seconds, _) in self._lengths.items():
            line = lines[index]
            if len(line.components) == 1:
                one = line.components[0]
                credit = replace(one.credit, duration=float(seconds))
                lines[index] = replace(line, components=(replace(one, credit=credit),))
        for index, label in self._labels.items():
            line = lines[index]
            if len(line.components) == 1 and line.components[0].credit.label is None:
                one = line.components[0]
                credit = replace(one.credit, label=label)
                lines[index] = replace(line, components=(replace(one, credit=credit),))


def detect_layout(clean: Sequence[str]) -> Layout:
    """The layout of the cleaned lines of one text."""
    layout = Layout()
    separated = [has_separator(text) for text in clean]
    layout._leading = [_LEAD.match(text) is not None for text in clean]
    _own_lines(clean, separated, layout)
    tracks = [
        index
        for index, text in enumerate(clean)
        if (separated[index] or layout._leading[index]) and index not in layout.roles
    ]
    _loose_numbers(clean, layout, len(tracks))
    _trailing_lengths(clean, tracks, layout)
    leading = sum(layout._leading[index] for index in tracks)
    layout.structured = leading >= 2 and leading >= _ENOUGH * len(tracks)
    filled = sum(1 for text in clean if text.strip()) - len(layout.roles)
    layout.dashed = sum(separated) >= 3 and sum(separated) >= _ENOUGH * filled
    return layout


def _loose_numbers(clean: Sequence[str], layout: Layout, tracks: int) -> None:
    """``01 Artist - Title``, ``1 - Artist - Title``, ``[01] Artist - Title``: numbers when they count."""
    found: list[tuple[int, int, int]] = []
    expected = 1
    for index in range(len(clean)):
        if index in layout.roles:
            continue
        match = _LOOSE_NUMBER.match(clean[index])
        if match and int(match[1] or match[2]) == expected:
            found.append((index, expected, match.end()))
            expected += 1
    if len(found) >= 3 and len(found) >= 0.8 * tracks:
        for index, number, end in found:
            layout._counted[index] = (number, end)
            layout._leading[index] = True


def _trailing_lengths(clean: Sequence[str], tracks: Sequence[int], layout: Layout) -> None:
    """``Artist - Title (3:45)`` below each other: lengths when they do not ascend, else cues."""
    found: dict[int, tuple[int, int]] = {}
    for index in tracks:
        match = _LENGTH.search(clean[index]) if clean[index][-1:] in "0123456789)] " else None
        if match and match.start() and (seconds := clock(match[1])) is not None:
            found[index] = (seconds, match.start())
    values = [seconds for seconds, _ in found.values()]
    falls = sum(later < earlier for earlier, later in pairwise(values))
    if len(found) >= 3 and len(found) >= _ENOUGH * len(tracks) and falls > len(found) // 10:
        layout._lengths.update(found)


def _own_lines(clean: Sequence[str], separated: Sequence[bool], layout: Layout) -> None:
    times = {
        index: seconds
        for index, text in enumerate(clean)
        if len(text) < 20 and _TIME_LIKE.fullmatch(text) and (seconds := clock(text)) is not None
    }
    numbers = {index for index, text in enumerate(clean) if len(text) < 8 and _ONLY_NUMBER.fullmatch(text)}
    tracks = [index for index in range(len(clean)) if separated[index] and index not in times]
    if times:
        _place_times(clean, tracks, times, layout)
    if numbers:
        values = [int(re.sub(r"\D", "", clean[index])) for index in sorted(numbers)]
        counting = all(later > earlier for earlier, later in pairwise(values))
        if len(numbers) >= 2 and counting and len(numbers) >= _ENOUGH * len(tracks) > 0:
            layout.roles.update(dict.fromkeys(numbers, _NUMBER))
    _place_labels(clean, separated, tracks, layout)


def _place_times(clean: Sequence[str], tracks: Sequence[int], times: dict[int, int], layout: Layout) -> None:
    """A time alone belongs to the next track, or to the one before when the list starts with a track."""
    order = sorted(times)
    values = [times[index] for index in order]
    ascending = all(later >= earlier for earlier, later in pairwise(values))
    sequence = sorted([*tracks, *times])
    after = before = True  # each time is followed / preceded by a track
    for place, index in enumerate(sequence):
        if index in times:
            after = after and place + 1 < len(sequence) and sequence[place + 1] not in times
            before = before and place > 0 and sequence[place - 1] not in times
    layout.roles.update(dict.fromkeys(times, "a time"))
    if not ascending or not (after or before):
        layout.notes.append("times on lines of their own do not run with the tracks; left out")
        return
    step, reason = (1, _AFTER) if after else (-1, _BEFORE)
    for place, index in enumerate(sequence):
        if index in times:
            layout._cues[sequence[place + step]] = times[index]
            layout.roles[index] = reason


def _place_labels(
    clean: Sequence[str], separated: Sequence[bool], tracks: Sequence[int], layout: Layout
) -> None:
    """``SPINNIN' RECORDS`` below most tracks, as 1001tracklists is copied."""
    labels: dict[int, str] = {}
    for index in tracks:
        below = index + 1
        if below >= len(clean) or separated[below] or below in layout.roles:
            continue
        text = clean[below].strip()
        if (
            2 <= len(text) <= 60
            and text == text.upper()
            and any(map(str.isalpha, text))
            and not layout._leading[below]
            and heading_reason(text) is None
        ):
            labels[index] = text
    if len(labels) >= 2 and len(labels) >= 0.5 * len(tracks):
        for index, label in labels.items():
            layout._labels[index] = label.strip("[]() ")
            layout.roles[index + 1] = _LABEL
