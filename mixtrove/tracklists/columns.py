"""Which column or key holds what, by the names people and programs give them.

Shared by CSV and JSON. Not here: how rows are got out of a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mixtrove.tracklists import times
from mixtrove.tracklists.findings import line_numbers
from mixtrove.tracklists.headings import has_separator
from mixtrove.tracklists.line import line_from_fields, parse_line
from mixtrove.tracklists.model import Line
from mixtrove.tracklists.repair import REPAIRED, repair_line, repair_mojibake

Role = Literal["artist", "title", "version", "label", "catalog_number", "cue", "line"]

_NAMES: dict[Role, str] = {
    # best first: with several columns of one role the best name wins
    "artist": (
        "artist artists artist_name track_artist artist_s performer performers interpret interpreten "
        "kunstler artiste artistes interprete interpretes artista artistas cantante band act"
    ),
    "title": (
        "title track_title track_name song_title song_name song track name titel titelname lied stuck stueck "
        "titre morceau chanson titulo cancion tema pista trackname tracktitle songname"
    ),
    "version": "version remix mix mix_name mixname remixer remix_name subtitle edit fassung",
    "label": (
        "label record_label labels label_name plattenlabel plattenfirma sello discografica "
        "maison_de_disques publisher"
    ),
    "catalog_number": (
        "catalog_number catalogue_number catalog_no catalogue_no cat_no catno cat catalog catalogue "
        "catalog_nr katalognummer kat_nr katalognr numero_de_catalogue numero_de_catalogo catalognumber"
    ),
    "cue": (
        "cue_seconds cue cue_time cue_point cuepoint timestamp start start_time starttime start_seconds "
        "start_ms start_min offset position_seconds time time_seconds seconds startzeit zeit heure debut "
        "hora inicio tiempo"
    ),
    "line": "raw line raw_line tracklist entry text zeile ligne linea",
}
_ROLE: dict[str, tuple[Role, int]] = {
    name: (role, rank) for role, names in _NAMES.items() for rank, name in enumerate(names.split())
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row before it is a line: where it stands, as it was written, its cells by column name."""

    line_no: int
    raw: str
    cells: Mapping[str, object]


def folded(name: str) -> str:
    """A column name for comparing: ``Künstler`` → ``kunstler``, ``Cat. No`` → ``cat_no``."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "_", plain.casefold()).strip("_")


def roles(names: Sequence[str]) -> dict[Role, str]:
    """Role → the column that has it; the best known name wins, then the first."""
    found: dict[Role, tuple[int, str]] = {}
    for name in names:
        role_rank = _ROLE.get(folded(name))
        if role_rank and (role_rank[0] not in found or role_rank[1] < found[role_rank[0]][0]):
            found[role_rank[0]] = (role_rank[1], name)
    return {role: name for role, (_, name) in found.items()}


def known(name: str) -> bool:
    """Whether a column of this name would be read."""
    return folded(name) in _ROLE


def usable(found: Mapping[Role, str], rows: Sequence[Row]) -> bool:
    """Whether the columns give tracks: artist and title, a whole line, or ``Artist - Title`` as title."""
    if "line" in found or ("artist" in found and "title" in found):
        return True
    if "title" not in found:
        return False
    titles = [text for row in rows if (text := cell(row, found, "title"))]
    return bool(titles) and sum(map(has_separator, titles)) >= 0.5 * len(titles)


def cell(row: Row, found: Mapping[Role, str], role: Role) -> str:
    """The text of a row's cell, "" when there is none. Lists (of artists) are joined with commas."""
    name = found.get(role)
    return text_of(row.cells.get(name)) if name is not None else ""


def text_of(value: object) -> str:
    """A cell's value as text; names are taken out of objects and lists."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, (list, tuple)):
        return ", ".join(text for one in value if (text := text_of(one)))
    if isinstance(value, Mapping):
        return text_of(value.get("name") or value.get("title"))
    return str(value)


def lines_of(
    rows: Sequence[Row], found: Mapping[Role, str], missing: Callable[[Row, str], None]
) -> tuple[list[Line], list[str]]:
    """One line a row, unnumbered, and notes; ``missing`` hears of rows that cannot be a track and why."""
    cues: list[int | None] = [None] * len(rows)
    notes: list[str] = []
    if "cue" in found:
        name = found["cue"]
        cues, note = times.column([row.cells.get(name) for row in rows], name)
        notes += [note] if note else []
    lines: list[Line] = []
    repaired: list[int] = []
    for row, cue in zip(rows, cues, strict=True):
        line = _line(row, found, cue)
        if not row.raw.isascii() and repair_mojibake(row.raw) != row.raw:
            repaired.append(row.line_no)
        if line.kind not in ("track", "id", "blank", "heading"):
            missing(row, line.skip_reason or "no track")
        lines.append(line)
    if repaired:
        notes.append(f"{line_numbers(repaired)}: {REPAIRED}")
    return lines, notes


def _line(row: Row, found: Mapping[Role, str], cue: int | None) -> Line:
    artist, title = cell(row, found, "artist"), cell(row, found, "title")
    if re.fullmatch(r"[-:|\s]{3,}", row.raw):
        return Line(row.line_no, row.raw, "blank", "a dividing line")  # below the header of a Markdown table
    if not any(text_of(value) for value in row.cells.values()):
        return Line(row.line_no, row.raw, "blank", "an empty row")
    whole = cell(row, found, "line")
    if whole and not (artist and title):
        line = parse_line(repair_line(whole), row.line_no)
        cue = line.cue_seconds if line.cue_seconds is not None else cue
        return Line(row.line_no, row.raw, line.kind, line.skip_reason, cue, line.components)
    if not title:
        return Line(row.line_no, row.raw, "other", "no title", cue)
    version = cell(row, found, "version")
    if version and folded(version) in folded(title):
        version = ""  # the title names it already
    return line_from_fields(
        repair_line(artist),
        repair_line(title),
        raw=row.raw,
        line_no=row.line_no,
        cue_seconds=cue,
        version=repair_line(version) or None,
        label=repair_line(cell(row, found, "label")) or None,
        catalog_number=cell(row, found, "catalog_number") or None,
    )
