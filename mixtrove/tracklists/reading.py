"""Bytes to a tracklist: decode, find the format, read it, and settle title, DJ and date.

Here: the order of trust (what the caller says, what the source says, the file name) and the sentences
about it. Not here: any format.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from mixtrove.errors import BadInput
from mixtrove.storable import why_no_day
from mixtrove.tracklists.cue import read_cue
from mixtrove.tracklists.decoding import decode
from mixtrove.tracklists.findings import Facts, FormatName, Reading
from mixtrove.tracklists.headings import name_facts
from mixtrove.tracklists.json_format import read_json
from mixtrove.tracklists.model import Tracklist
from mixtrove.tracklists.sniff import sniff
from mixtrove.tracklists.table import read_table
from mixtrove.tracklists.text import read_text

_READERS: dict[FormatName, Callable[[str, str], Reading]] = {
    "text": read_text,
    "cue": read_cue,
    "csv": read_table,
    "json": read_json,
}
FORMATS = ("auto", *_READERS)
_GENERIC = re.compile(
    r"(?:new |my |the )?(?:body|track ?list(?:ing)?s?|play ?lists?|set ?lists?|tracks|list|lines|untitled"
    r"|unbenannt|text(?: document)?|notes?|mix|set|cue|download|export|data"
    r"|input|stdin|standard input|paste|tmp\w*"
    r"|copy|-)?[\s\d().-]*",
    re.IGNORECASE,
)


def read_tracklist(
    data: bytes,
    *,
    name: str | None = None,
    format: str = "auto",
    dj: str | None = None,
    title: str | None = None,
    played_on: date | None = None,
    source: str | None = None,
    source_url: str | None = None,
) -> Tracklist:
    """The tracklist in ``data``.

    Args:
        data: the bytes of a file or paste, 20 MB at most.
        name: what to call it in sentences: a file name (which may fill title, DJ and date) or a place.
        format: ``auto`` (the content decides) or one of ``text``, ``cue``, ``csv``, ``json``.
        dj, title, played_on, source_url: certain already; nothing found in the source replaces them.
        source: where it came from; passed through.

    ``assumptions`` says what was taken from where, ``problems`` what is broken and was left out. Raises
    BadInput, and nothing else, when the bytes are no tracklist in that format or ``played_on`` cannot be.
    """
    called = name or "the tracklist"
    if played_on and (why := why_no_day(played_on)):
        raise BadInput(f"date {why}: give the day on which it was played")
    if format not in FORMATS:
        raise BadInput(f"there is no format {format!r}; use one of {', '.join(FORMATS)}")
    decoded = decode(data, called)
    chosen: Any = sniff(decoded.text, called) if format == "auto" else format
    reading = _READERS[chosen](decoded.text, called)
    settled = _Settled(title=title, dj=dj, played_on=played_on, source_url=source_url)
    for facts in reading.facts:
        settled.take(facts)
    if name:
        settled.take_name(name)
    notes = (*((decoded.note,) if decoded.note else ()), *settled.sentences, *reading.notes)
    return Tracklist(
        format=reading.format,
        lines=reading.lines,
        title=settled.values["title"],
        dj=settled.values["dj"],
        played_on=settled.values["played_on"],
        source=source,
        source_url=settled.values["source_url"],
        assumptions=notes,
        problems=reading.problems,
    )


class _Settled:
    """Title, DJ, date and address: the first that says it wins, and a sentence remembers who."""

    _WORDS = (("dj", "DJ"), ("title", "title"), ("played_on", "date"), ("source_url", "address"))

    def __init__(self, **given: Any) -> None:
        self.values: dict[str, Any] = given
        self.sentences: list[str] = []

    def take(self, facts: Facts) -> None:
        if facts.played_on and (why := why_no_day(facts.played_on)):
            facts = replace(facts, played_on=None, unsure=f"the date {why}; not used")
        if facts.unsure and not self.values["played_on"]:
            self.sentences.append(f"{facts.where}: {facts.unsure}")
        for field, word in self._WORDS:
            value = getattr(facts, field)
            if value and not self.values[field]:
                self.values[field] = value
                shown = value.isoformat() if isinstance(value, date) else f"“{value}”"
                self.sentences.append(f"{word} {shown} from {facts.where}")

    def take_name(self, name: str) -> None:
        """What the file name says: a date always, title and DJ only when nothing else named the mix."""
        stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", re.split(r"[/\\]", name)[-1])
        if " " not in stem:
            stem = stem.replace("_", " ")
        if not re.search(r"[^\W\d_]", stem) or _GENERIC.fullmatch(stem):
            return
        facts = name_facts(stem, "the file name")
        if self.values["title"] or self.values["dj"]:
            facts = Facts(facts.where, played_on=facts.played_on)
        self.take(facts)
