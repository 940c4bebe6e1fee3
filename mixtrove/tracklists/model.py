"""What a tracklist is once it has been read: values only.

Reading bytes is ``reading.py`` and the format files; taking one line apart is ``line.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from mixtrove.matching import Credit

Kind = Literal["track", "id", "heading", "blank", "other"]


@dataclass(frozen=True, slots=True)
class Component:
    """One thing that was played in a line; a plain line has one."""

    component: int  # from 1
    credit: Credit  # with label and catalogue number when the line names them
    is_id: bool = False  # artist or title is unknown ("ID", "?")
    unreleased: bool = False
    layered: bool = False  # played over the track before it ("w/", "+")
    mashup: bool = False
    remarks: tuple[str, ...] = ()  # text that says nothing of artist, title or version, as it was written
    readings: tuple[Credit, ...] = ()  # other credits an ambiguous line may mean, best first, at most four


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the source. Only ``track`` and ``id`` lines have components."""

    line_no: int  # from 1, in the source
    raw: str  # as it was written
    kind: Kind
    skip_reason: str | None = None  # why it is no entry, or why an entry is not looked up
    cue_seconds: int | None = None
    components: tuple[Component, ...] = ()
    position: int | None = None  # from 1, over the lines that are entries; set by the reader
    marks: str = ""  # number, cue and layer marks around the track, as they were written


@dataclass(frozen=True, slots=True)
class Tracklist:
    """One mix as read from a file, a paste or a call."""

    format: Literal["text", "cue", "csv", "json"]
    lines: tuple[Line, ...]
    title: str | None = None
    dj: str | None = None
    played_on: date | None = None
    source: str | None = None
    source_url: str | None = None
    assumptions: tuple[str, ...] = field(default=())  # sentences: what was taken from where
    problems: tuple[str, ...] = field(default=())  # sentences: what is broken in the source, with its line

    @property
    def entries(self) -> tuple[Line, ...]:
        """The lines that stand for something played, in order."""
        return tuple(line for line in self.lines if line.position is not None)
