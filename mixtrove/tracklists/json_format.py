"""JSON: a list of tracks, or an object with one; also one object a line (NDJSON).

Not here: what the keys are called (``columns.py``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mixtrove.errors import BadInput
from mixtrove.storable import UNSTORABLE
from mixtrove.tracklists import columns
from mixtrove.tracklists.columns import Row
from mixtrove.tracklists.dates import full_date
from mixtrove.tracklists.findings import Facts, Reading, numbered
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.lines import split_lines
from mixtrove.tracklists.model import Line
from mixtrove.tracklists.repair import repair_line

_LISTS = ("tracks", "tracklist", "entries", "items", "lines", "songs", "titles", "playlist")
_DJ = ("dj", "djs", "artist", "artists", "performer")
_TITLE = ("title", "name", "mix", "mix_title", "show")
_DATE = ("date", "played_on", "played", "recorded", "aired")
_URL = ("source_url", "url", "link")
_BEGINS = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*(?:[\[{\]]|\"))")
WANTED = (
    "a list of lines or of objects with “artist” and “title”, or an object with such a list under “tracks”"
)


def is_json(text: str) -> bool:
    """Whether the text is JSON or was meant to be; ``[05] Artist - Title`` is not."""
    if not _BEGINS.match(text):
        return False
    if re.match(r"\s*(?:\{\s*\"|\[\s*\{)", text):
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return re.match(r"\s*\[\s*\"[^\"\n]*\"\s*(?:,|\]\s*$)", text) is not None
    return True


def read_json(text: str, name: str) -> Reading:
    """JSON as lines, one an item; ``line_no`` is the number of the item.

    Raises BadInput with line and column when the JSON is broken, and when it holds no list of tracks.
    """
    value = _load(text, name)
    facts: tuple[Facts, ...] = ()
    if isinstance(value, Mapping):
        facts = _facts(value)
        value = _track_list(value)
    if not isinstance(value, list):
        raise BadInput(f"{name}, line 1: no list of tracks found; wanted: {WANTED}")
    rows = [_row(item, number) for number, item in enumerate(value, 1)]
    names = list(dict.fromkeys(key for row in rows if row for key in row.cells))
    found = columns.roles(names)
    objects = [row for row in rows if row is not None]
    if objects and not columns.usable(found, objects):
        have = ", ".join(f"“{one}”" for one in names[:20]) or "none"
        raise BadInput(f"{name}, line 1: the tracks have the keys {have}; wanted: {WANTED}")
    left_out: list[str] = []

    def missing(row: Row, why: str) -> None:
        left_out.append(f"item {row.line_no}: {why}; left out")

    made, notes = columns.lines_of(objects, found, missing)
    by_number = {line.line_no: line for line in made}
    lines = [by_number.get(number) or _plain(item, number) for number, item in enumerate(value, 1)]
    if not any(line.components for line in lines):
        raise BadInput(f"{name}, line 1: none of the {len(lines)} items is a track; wanted: {WANTED}")
    return Reading("json", numbered(lines), facts, (*notes, *left_out))


def _load(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise BadInput(f"{name}, line 1: the JSON is nested too deeply; wanted: {WANTED}") from None
    except json.JSONDecodeError as error:
        lines = [line for line in split_lines(text) if line.strip()]
        if error.msg == "Extra data" and len(lines) > 1:
            try:
                return [json.loads(line) for line in lines]
            except (ValueError, RecursionError):
                pass  # not one object a line either: the first complaint stands
        raise BadInput(
            f"{name}, line {error.lineno}, column {error.colno}: the JSON is broken ({error.msg}); "
            "correct it there, or save the list as plain text"
        ) from None
    except ValueError as error:  # a number with thousands of digits
        raise BadInput(f"{name}: the JSON cannot be read ({error})") from None


def _track_list(value: Mapping[str, Any]) -> Any:
    folded = {columns.folded(key): inner for key, inner in value.items()}
    for key in _LISTS:
        inner = folded.get(key)
        if isinstance(inner, list):
            return inner
        if isinstance(inner, str) and "\n" in inner:
            return split_lines(inner)
        if isinstance(inner, Mapping) and key in ("tracks", "tracklist"):
            return _track_list(inner)
    return None


def _facts(value: Mapping[str, Any]) -> tuple[Facts, ...]:
    folded = {columns.folded(key): inner for key, inner in value.items()}
    facts: list[Facts] = []
    dj = _first(folded, _DJ)
    if dj:
        facts.append(Facts(f"“{dj[0]}”", dj=dj[1]))
    title = _first(folded, _TITLE)
    if title:
        facts.append(Facts(f"“{title[0]}”", title=title[1]))
    for key in _DATE:
        written = _storable(columns.text_of(folded.get(key)))
        if not written:
            continue
        day = full_date(written)
        unsure = None if day else f"the date “{written}” does not name one certain day; not used"
        facts.append(Facts(f"“{key}”", played_on=day, unsure=unsure))
        break
    url = _first(folded, _URL)
    if url and url[1].startswith(("http://", "https://")):
        facts.append(Facts(f"“{url[0]}”", source_url=url[1]))
    return tuple(facts)


def _first(folded: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, str] | None:
    for key in keys:
        text = _storable(columns.text_of(folded.get(key)))
        if text:
            return key, text
    return None


def _row(item: object, number: int) -> Row | None:
    if not isinstance(item, Mapping):
        return None
    cells = {key: _storable(one) if isinstance(one, str) else one for key, one in item.items()}
    return Row(number, _storable(json.dumps(item, ensure_ascii=False)), cells)


def _plain(item: object, number: int) -> Line:
    if isinstance(item, str):
        raw = " ".join(split_lines(_storable(item)))
        line = parse_line(repair_line(raw), number)
        return Line(number, raw, line.kind, line.skip_reason, line.cue_seconds, line.components)
    raw = _storable(json.dumps(item, ensure_ascii=False))
    return Line(number, raw, "blank" if item is None else "other", "neither text nor an object")


def _storable(text: str) -> str:
    """Without NULs and halves of characters, which escapes can write and no store takes."""
    return UNSTORABLE.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text)
