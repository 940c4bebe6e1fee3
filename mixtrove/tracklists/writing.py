"""A tracklist written down again: as text that people paste, and as a CUE sheet for players.

What is written is read again: each line is tried in a few spellings, and the first that this package reads as
the same credits is taken. A line that no spelling brings back is written in the plainest one. Reading is
``text.py`` and ``cue.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mixtrove.errors import BadInput
from mixtrove.matching import Credit
from mixtrove.tracklists.cue import read_cue
from mixtrove.tracklists.lead import take_lead
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.model import Component, Line, Tracklist

_NOT_IN_A_NAME = re.compile(r'[/\\:*?"<>|\x00-\x1f]+')
_SAYS_UNRELEASED = "[Unreleased]"


def as_text(tracklist: Tracklist) -> str:
    """``3. [1:02:03] Artist - Title (Version) [Label - CAT001]``, a line each, below DJ, title and date."""
    facts = (("DJ", tracklist.dj), ("Title", tracklist.title), ("Date", tracklist.played_on))
    head = [f"{name}: {_flat(str(value))}" for name, value in facts if value]
    lines = [_text_line(number, line) for number, line in enumerate(tracklist.entries, 1)]
    return "".join(f"{line}\n" for line in (*head, *([""] if head else []), "Tracklist:", *lines))


def as_cue(tracklist: Tracklist) -> str:
    """The tracklist as a CUE sheet: PERFORMER, TITLE and, where the time is known, INDEX 01 of each TRACK.

    What is layered over a track and has no time of its own is in that track's TITLE. Labels are REM lines.
    Minutes go on beyond 99, as players take them.

    Raises:
        BadInput: no line has a time.
    """
    entries = tracklist.entries
    if all(line.cue_seconds is None for line in entries):
        raise BadInput(
            "the tracklist has no times, which a CUE sheet is made of: write it with --format text"
        )
    head = list(_cue_head(tracklist))
    sheet = [*head]
    for number, line in enumerate(_joined(entries), 1):
        sheet += _cue_track(number, line, head)
    return "".join(f"{text}\n" for text in sheet)


def _text_line(number: int, line: Line) -> str:
    lead = f"{number}. {'' if line.cue_seconds is None else f'[{_clock(line.cue_seconds)}] '}"
    layered = "w/ " if line.components[0].layered else ""
    spellings = [f"{lead}{layered}{_spelled(line.components)}"]
    raw = take_lead(_flat(line.raw))[0]
    if raw:
        spellings += [f"{lead}{layered}{raw}", f"{lead}{raw}"]
    spelled = (text for text in spellings if _is_same(parse_line(text), line))
    return next(spelled, spellings[0])


def _joined(entries: Sequence[Line]) -> Iterator[Line]:
    """The lines; those that are layered and have no time are joined to the one that they are layered over."""
    under: Line | None = None
    for line in entries:
        over = line.components[0].layered and line.cue_seconds is None
        if under is not None and over:
            components = (*under.components, *line.components)
            both = replace(
                under,
                raw=f"{under.raw} {line.raw}",
                components=tuple(replace(one, component=number) for number, one in enumerate(components, 1)),
            )
            if _is_same(parse_line(_spelled(both.components)), replace(both, cue_seconds=None)):
                under = both
                continue
        if under is not None:
            yield under
        under = line
    if under is not None:
        yield under


def _cue_head(tracklist: Tracklist) -> Iterator[str]:
    if tracklist.played_on:
        yield f"REM DATE {tracklist.played_on.isoformat()}"
    if tracklist.dj:
        yield f"PERFORMER {_quoted(tracklist.dj)}"
    if tracklist.title:
        yield f"TITLE {_quoted(tracklist.title)}"
    name = " - ".join(_flat(part) for part in (tracklist.dj, tracklist.title) if part) or "mix"
    yield f'FILE "{_NOT_IN_A_NAME.sub("_", name)}.mp3" MP3'


def _cue_track(number: int, line: Line, head: Sequence[str]) -> list[str]:
    """The commands of one track, in the first spelling that is read as the same credits."""
    index = [] if line.cue_seconds is None else [f"    INDEX 01 {_frames(line.cue_seconds)}"]
    first = line.components[0]
    layered = "w/ " if first.layered else ""
    whole = f"{layered}{_spelled(line.components)}"
    spellings = [[f"    TITLE {_quoted(whole)}"]]
    if len(line.components) == 1 and not first.layered:
        spellings.insert(0, list(_apart(first)))
    spellings += [[f"    TITLE {_quoted(raw)}"] for raw in (take_lead(_flat(line.raw))[0],) if raw]
    commands = [[f"  TRACK {number:02} AUDIO", *names, *index] for names in spellings]
    return next((track for track in commands if _is_read_as(head, track, line)), commands[0])


def _apart(component: Component) -> Iterator[str]:
    credit = component.credit
    title = f"{credit.full_title or 'ID'}{f' {_SAYS_UNRELEASED}' if component.unreleased else ''}"
    yield f"    PERFORMER {_quoted(_artists(credit))}"
    yield f"    TITLE {_quoted(title)}"
    if credit.label:
        yield f"    REM LABEL {_quoted(credit.label)}"
    if credit.catalog_number:
        yield f"    REM CATALOGNUMBER {_quoted(credit.catalog_number)}"


def _is_read_as(head: Sequence[str], track: Sequence[str], line: Line) -> bool:
    try:
        [read] = read_cue("\n".join((*head, *track)), "the sheet").lines
    except BadInput:
        return False
    return _is_same(read, line)


def _is_same(read: Line, line: Line) -> bool:
    return read.cue_seconds == line.cue_seconds and list(map(_said, read.components)) == list(
        map(_said, line.components)
    )


def _said(component: Component) -> tuple[object, ...]:
    credit = component.credit
    names = (*credit.artists, "|", *credit.featured, "|", credit.title, credit.version or "")
    return (
        *(name.replace('"', "”") for name in names),
        credit.label,
        credit.catalog_number,
        component.layered,
        component.unreleased,
    )


def _spelled(components: Sequence[Component]) -> str:
    return " w/ ".join(_component(one) for one in components)


def _component(component: Component) -> str:
    credit = component.credit
    box = " - ".join(part for part in (credit.label, credit.catalog_number) if part)
    marks = (_SAYS_UNRELEASED if component.unreleased else "", f"[{box}]" if box else "")
    return _flat(" ".join((_artists(credit), "-", credit.full_title or "ID", *marks)))


def _artists(credit: Credit) -> str:
    """As they are spelled; ``ID`` for nobody, so that the title stays a title."""
    return credit.artist or "ID"


def _quoted(text: str) -> str:
    """In the quotation marks of a CUE sheet, which knows no way to write one inside."""
    return f'"{_flat(text).replace(chr(34), "”")}"'


def _flat(text: str) -> str:
    return " ".join(text.split())


def _clock(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _frames(seconds: int) -> str:
    return f"{seconds // 60:02}:{seconds % 60:02}:00"
