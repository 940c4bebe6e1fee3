"""CUE sheets: ``TRACK``, ``TITLE``, ``PERFORMER``, ``INDEX 01 mm:ss:ff``.

Syntax: https://wiki.hydrogenaud.io/index.php?title=Cue_sheet (75 frames a second; minutes may
exceed 59). A sheet of a mix often has ``Artist - Title`` in TITLE and the DJ, or nothing, in PERFORMER. A
track's ``REM LABEL`` and ``REM CATALOGNUMBER`` are those of the track.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from mixtrove.errors import BadInput
from mixtrove.matching import normal_form
from mixtrove.tracklists.dates import full_date
from mixtrove.tracklists.findings import Facts, Reading, numbered
from mixtrove.tracklists.headings import has_separator, looks_like_mix_name, name_facts
from mixtrove.tracklists.line import line_from_fields, parse_line
from mixtrove.tracklists.lines import split_lines
from mixtrove.tracklists.model import Line
from mixtrove.tracklists.repair import repair_line

_COMMAND = re.compile(r"\s*([A-Za-z]+)(?:\s+(.*?))?\s*$")
_INDEX = re.compile(r"(\d{1,2})\s+(\d{1,3}):([0-5]\d):(\d{2})")
_TRACK = re.compile(r"(\d{1,3})(?:\s+\w+)?")
_KNOWN = frozenset(
    {"REM", "PERFORMER", "TITLE", "FILE", "TRACK", "INDEX", "FLAGS", "ISRC"}
    | {"SONGWRITER", "CATALOG", "CDTEXTFILE", "PREGAP", "POSTGAP"}
)
_SHEET = re.compile(
    r"^[ \t]*(?:FILE[ \t]+\S.*[ \t](?:WAVE|MP3|AIFF|BINARY|MOTOROLA|FLAC|OGG|M4A)"
    r"|TRACK[ \t]+\d{1,3}[ \t]+(?:AUDIO|CDG|MODE)\S*"
    r"|INDEX[ \t]+\d{1,2}[ \t]+\d+:\d+:\d+)[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)
_AUDIO_NAME = re.compile(r"\.(?:mp3|wav|flac|m4a|aac|opus|ogg|aiff?|mp4|mkv|webm|wma)$", re.IGNORECASE)


@dataclass(slots=True)
class _Track:
    line_no: int
    file: int  # how many FILE commands came before
    raw: list[str] = field(default_factory=list)
    title: str = ""
    performer: str = ""
    isrc: str | None = None
    label: str | None = None
    catalog_number: str | None = None
    start: int | None = None


def is_cue(text: str) -> bool:
    """Whether at least one line is a FILE, TRACK or INDEX command of a CUE sheet."""
    return _SHEET.search(text) is not None


def read_cue(text: str, name: str) -> Reading:
    """A CUE sheet as lines, one a TRACK; its raw text is the commands of the track.

    Broken lines are reported and the good tracks kept. Raises BadInput with the line number when no track can
    be read.
    """
    sheet, tracks, bad = _parse(split_lines(text))
    facts = _facts(sheet)
    dj = next((one.dj for one in facts if one.dj), None)
    notes: list[str] = []
    whole = _performers_are_artists(tracks, sheet)
    files = len({track.file for track in tracks})
    if files > 1:
        notes.append("the sheet names several FILEs, so INDEX times are not times of the mix; left out")
    lines = [_line(track, dj, whole, keep_cue=files < 2) for track in tracks]
    for line in lines:
        if not line.components:
            bad.append((line.line_no, line.skip_reason or "no title in this TRACK"))
    bad.sort()
    if not any(line.components for line in lines):
        number, why = bad[0] if bad else (1, "no TRACK was found")
        raise BadInput(
            f"{name}, line {number}: the CUE sheet is broken ({why}); each TRACK needs a TITLE line"
        )
    problems = [f"line {number}: {why}" for number, why in bad[:20]]
    if len(bad) > 20:
        problems.append(f"{len(bad) - 20} more lines could not be read")
    return Reading("cue", numbered(lines), facts, tuple(notes), tuple(problems))


def _parse(
    lines: list[str],
) -> tuple[dict[str, tuple[int, str]], list[_Track], list[tuple[int, str]]]:
    """(commands above the first TRACK → line and value, tracks, bad lines with what is wrong)."""
    sheet: dict[str, tuple[int, str]] = {}
    tracks: list[_Track] = []
    bad: list[tuple[int, str]] = []
    files = 0
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        command = _COMMAND.match(text)
        word = command[1].upper() if command else ""
        if command is None or word not in _KNOWN:
            bad.append((number, f"not a CUE command: {text.strip()[:60]}"))
            continue
        value = _unquoted(command[2] or "")
        if word == "TRACK":
            if not _TRACK.fullmatch(value):
                bad.append((number, f"TRACK without a number: {text.strip()[:60]}"))
            tracks.append(_Track(number, files))
        elif word == "FILE":
            files += 1
            sheet.setdefault("FILE", (number, _unquoted(re.sub(r"\s+\w+$", "", command[2] or ""))))
            continue
        if tracks:
            track = tracks[-1]
            track.raw.append(text.strip())
            problem = _set(track, word, value)
            if problem:
                bad.append((number, problem))
        elif word == "REM":
            key, _, rest = value.partition(" ")
            sheet.setdefault(f"REM {key.upper()}", (number, _unquoted(rest)))
        else:
            sheet.setdefault(word, (number, value))
    return sheet, tracks, bad


def _set(track: _Track, word: str, value: str) -> str | None:
    """Take one command into the track; says what is wrong with it."""
    if word == "TITLE":
        track.title = value
    elif word == "PERFORMER":
        track.performer = value
    elif word == "ISRC":
        track.isrc = value.upper() if re.fullmatch(r"[A-Za-z]{2}\w{3}\d{7}", value) else None
    elif word == "REM":
        key, _, rest = value.partition(" ")
        if key.upper() == "LABEL":
            track.label = _unquoted(rest) or None
        elif key.upper() == "CATALOGNUMBER":
            track.catalog_number = _unquoted(rest) or None
    elif word == "INDEX":
        found = _INDEX.fullmatch(value)
        if not found or int(found[4]) > 74:
            return f"INDEX needs 'nn mm:ss:ff', not {value[:30]!r}; the time is left out"
        if int(found[1]) == 1 or track.start is None:
            track.start = int(found[2]) * 60 + int(found[3])
    return None


def _unquoted(value: str) -> str:
    value = value.strip()
    if value.startswith('"'):
        return value[1:-1].strip() if len(value) > 1 and value.endswith('"') else value[1:].strip()
    return value


def _performers_are_artists(tracks: list[_Track], sheet: dict[str, tuple[int, str]]) -> str | None:
    """The sheet's PERFORMER, when no track has one nor ``Artist - Title``: an album by one artist."""
    if any(track.performer or has_separator(track.title) for track in tracks):
        return None
    return sheet.get("PERFORMER", (0, ""))[1] or None


def _line(track: _Track, dj: str | None, artist_of_all: str | None, *, keep_cue: bool) -> Line:
    raw = " ".join(track.raw)
    title, performer = repair_line(track.title), repair_line(track.performer)
    cue = track.start if keep_cue else None
    by_dj = bool(dj and performer and normal_form(performer) == normal_form(dj))
    if (not performer or by_dj) and has_separator(title):
        line = parse_line(title, track.line_no)
        if line.components:
            cue = cue if cue is not None else line.cue_seconds
            line = Line(track.line_no, raw, line.kind, line.skip_reason, cue, line.components)
            return _with_isrc(line, track.isrc)
    line = line_from_fields(
        performer or artist_of_all or "", title, raw=raw, line_no=track.line_no, cue_seconds=cue,
        label=track.label, catalog_number=track.catalog_number,
    )  # fmt: skip
    if not line.components:
        return Line(track.line_no, raw, "other", "no title in this TRACK", cue)
    return _with_isrc(line, track.isrc)


def _with_isrc(line: Line, isrc: str | None) -> Line:
    if isrc is None or len(line.components) != 1:
        return line
    one = line.components[0]
    return replace(line, components=(replace(one, credit=replace(one.credit, isrc=isrc)),))


def _facts(sheet: dict[str, tuple[int, str]]) -> tuple[Facts, ...]:
    facts: list[Facts] = []
    number, performer = sheet.get("PERFORMER", (0, ""))
    if performer:
        facts.append(Facts(f"the PERFORMER of line {number}", dj=repair_line(performer)))
    number, title = sheet.get("TITLE", (0, ""))
    if title:
        where = f"the TITLE of line {number}"
        if performer or not looks_like_mix_name(title):
            facts.append(Facts(where, title=repair_line(title)))
        else:
            facts.append(name_facts(repair_line(title), where))
    number, day = sheet.get("REM DATE", (0, ""))
    if day and (found := full_date(day)):
        facts.append(Facts(f"the REM DATE of line {number}", played_on=found))
    for key in ("REM COMMENT", "FILE"):
        number, text = sheet.get(key, (0, ""))
        text = _AUDIO_NAME.sub("", repair_line(text))
        if text and looks_like_mix_name(text):
            facts.append(name_facts(text, f"the {key} of line {number}"))
    return tuple(facts)
