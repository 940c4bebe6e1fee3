"""A tracklist of the library as a file again: as text, or as a CUE sheet.

Here: from rows to a tracklist, with what the lines say or what they were found to be. How it is written is
``mixtrove.tracklists.writing``; the lines as they were imported, ``tracklist_records.export_tracklist``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Literal

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.credits import credit_of_entry, credit_of_track
from mixtrove.library.deletion import chunks
from mixtrove.library.tracklist_records import get_tracklist
from mixtrove.matching import Credit
from mixtrove.tracklists.model import Component, Line, Tracklist
from mixtrove.tracklists.writing import as_cue, as_text

Form = Literal["text", "cue"]

_WRITERS: Mapping[Form, Callable[[Tracklist], str]] = {"text": as_text, "cue": as_cue}
_entry = schema.tracklist_entry
_discovery = schema.track_discovery
_track = schema.library_track


def tracklist_file(
    connection: sa.Connection, tracklist_id: str, form: Form, *, identified: bool = False
) -> str:
    """The tracklist as the text of a file; with ``identified`` under the names that were found.

    Raises:
        BadInput: there is none with this id, or it has no times to make a CUE sheet of.
    """
    summary, _ = get_tracklist(connection, tracklist_id)
    tracklist = Tracklist(
        format="text",
        lines=tuple(_lines(connection, tracklist_id, identified=identified)),
        title=summary.title,
        dj=summary.dj,
        played_on=summary.played_on,
    )
    return _WRITERS[form](tracklist)


def _lines(connection: sa.Connection, tracklist_id: str, *, identified: bool) -> list[Line]:
    rows = (
        connection.execute(
            sa.select(_entry, _discovery.c.library_track_id)
            .outerjoin(_discovery, _discovery.c.entry_id == _entry.c.id)
            .where(_entry.c.tracklist_id == tracklist_id)
            .order_by(_entry.c.position, _entry.c.component)
        )
        .mappings()
        .all()
    )
    found = [row["library_track_id"] for row in rows if row["status"] == "identified"]
    names = _names(connection, found) if identified else {}
    lines = []
    for position, group in groupby(rows, key=lambda row: row["position"]):
        entries = list(group)
        first = entries[0]
        components = tuple(_component(row, names) for row in entries)
        is_id = all(one.is_id for one in components)
        lines.append(
            Line(
                first["line_no"], first["raw_line"], "id" if is_id else "track", None, first["cue_seconds"],
                components, position,
            )
        )  # fmt: skip
    return lines


def _names(connection: sa.Connection, track_ids: list[str]) -> dict[str, Credit]:
    names: dict[str, Credit] = {}
    for some in chunks(track_ids):
        rows = connection.execute(sa.select(_track).where(_track.c.id.in_(some))).mappings()
        names |= {row["id"]: credit_of_track(row) for row in rows}
    return names


def _component(row: sa.RowMapping, names: Mapping[str, Credit]) -> Component:
    credit = names.get(row["library_track_id"]) if row["status"] == "identified" else None
    return Component(
        component=row["component"],
        credit=credit or credit_of_entry(row),
        is_id=row["is_id"] and credit is None,
        unreleased=row["unreleased"],
        layered=row["layered"],
        mashup=row["mashup"],
    )
