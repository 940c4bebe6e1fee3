"""Tracklists as people see them: listed, shown, corrected, deleted, given back as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput, NotFound
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_entry, shown
from mixtrove.library.deletion import chunks, delete_rows, detach, ids_where
from mixtrove.library.entries import delete_entries
from mixtrove.library.jobs import end_with_tracklist
from mixtrove.library.store import Transaction
from mixtrove.library.tracklists import METADATA, mix_key
from mixtrove.storable import why_no_day

_tracklist = schema.tracklist
_entry = schema.tracklist_entry
_discovery = schema.track_discovery
_track = schema.library_track


@dataclass(frozen=True, slots=True)
class TracklistSummary:
    """A tracklist with the number of its entries in each status."""

    id: str
    title: str | None
    dj: str | None
    played_on: date | None
    source: str | None
    source_url: str | None
    format: str
    version: int
    imported_at: datetime
    pending: int
    identified: int
    provisional: int
    skipped: int

    @property
    def entries(self) -> int:
        """All entries: components of lines that stand for something played."""
        return self.pending + self.identified + self.provisional + self.skipped


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """One entry and the play it is, when it was looked up."""

    id: str
    position: int
    component: int
    line_no: int
    cue_seconds: int | None
    raw_line: str
    credit: str
    status: str
    skip_reason: str | None
    library_track_id: str | None
    track: str | None  # as it is called in the library
    new: bool  # the track was heard nowhere before this tracklist
    confidence: float | None
    method: str | None
    reasons: tuple[str, ...]


def list_tracklists(
    connection: sa.Connection, *, dj: str | None = None, after: str | None = None, limit: int | None = None
) -> list[TracklistSummary]:
    """Tracklists, the last imported first; ``dj`` is a part of the name, ``after`` the last id of a page."""
    some = sa.select(_tracklist.c.id).where(*_of_dj(dj)).order_by(_tracklist.c.id.desc()).limit(limit)
    if after is not None:
        some = some.where(_tracklist.c.id < after)
    ids = connection.execute(some).scalars().all()
    found = {
        row["id"]: _summary(row)
        for part in chunks(ids)
        for row in connection.execute(_summaries(part)).mappings()
    }
    return [found[one] for one in ids]


def count_tracklists(connection: sa.Connection, *, dj: str | None = None) -> int:
    """How many tracklists these are; see ``list_tracklists``."""
    query = sa.select(sa.func.count()).select_from(_tracklist).where(*_of_dj(dj))
    return connection.execute(query).scalar_one()


def _of_dj(dj: str | None) -> list[sa.ColumnElement[bool]]:
    return [_tracklist.c.dj.icontains(dj, autoescape=True)] if dj else []


def get_tracklist(connection: sa.Connection, tracklist_id: str) -> tuple[TracklistSummary, list[EntryRecord]]:
    """A tracklist and its entries, in order.

    Raises:
        BadInput: there is none with this id.
    """
    row = connection.execute(_summaries([tracklist_id])).mappings().first()
    if row is None:
        raise NotFound("tracklist", tracklist_id, seen_in="mixtrove tracklist list")
    entries = connection.execute(
        sa.select(
            _entry,
            _discovery.c.library_track_id,
            _discovery.c.confidence,
            _discovery.c.identification_method,
            _discovery.c.reasons,
            _track.c.artist.label("track_artist"),
            _track.c.title.label("track_title"),
            _track.c.remix.label("track_remix"),
            _track.c.discovered_from,
        )
        .select_from(
            _entry.outerjoin(_discovery, _discovery.c.entry_id == _entry.c.id).outerjoin(
                _track, _track.c.id == _discovery.c.library_track_id
            )
        )
        .where(_entry.c.tracklist_id == tracklist_id)
        .order_by(_entry.c.position, _entry.c.component)
    ).mappings()
    return _summary(row), [_entry_record(entry) for entry in entries]


def new_tracks(entries: Iterable[EntryRecord]) -> tuple[int, int]:
    """(identified, provisional) tracks that entered the library with a tracklist."""
    new = {one.library_track_id: one.status for one in entries if one.new}
    provisional = sum(status == "provisional" for status in new.values())
    return len(new) - provisional, provisional


def tracklist_revision(connection: sa.Connection, tracklist_id: str) -> int:
    """The number of the last write that changed a tracklist, its lines or what they were found to be."""
    of_lines = sa.select(sa.func.max(_entry.c.revision)).where(_entry.c.tracklist_id == tracklist_id)
    of_plays = (
        sa.select(sa.func.max(_discovery.c.revision))
        .join(_entry, _entry.c.id == _discovery.c.entry_id)
        .where(_entry.c.tracklist_id == tracklist_id)
    )
    own = sa.select(_tracklist.c.revision).where(_tracklist.c.id == tracklist_id)
    row = connection.execute(
        sa.select(own.scalar_subquery(), of_lines.scalar_subquery(), of_plays.scalar_subquery())
    ).one()
    return max(int(number or 0) for number in row)


def edit_tracklist(tx: Transaction, tracklist_id: str, changes: Mapping[str, Any]) -> None:
    """Set title, dj, played_on, source or source_url; later imports keep what was set here.

    Raises:
        BadInput: no such tracklist, no such field, no day on which it can have been played, or another
            tracklist is this mix already.
    """
    unknown = sorted(set(changes) - set(METADATA))
    if unknown:
        raise BadInput(f"a tracklist has no field {unknown[0]!r}: there are {', '.join(METADATA)}")
    if (day := changes.get("played_on")) and (why := why_no_day(day)):
        raise BadInput(f"date {why}: give the day on which it was played")
    row = tx.connection.execute(
        sa.select(_tracklist).where(_tracklist.c.id == tracklist_id)
    ).mappings().first()  # fmt: skip
    if row is None:
        raise NotFound("tracklist", tracklist_id, seen_in="mixtrove tracklist list")
    values: dict[str, Any] = {name: value or None for name, value in changes.items()}
    if all(row[name] == value for name, value in values.items()):
        return
    values["mix_key"] = mix_key({**row, **values})
    for name in ("mix_key", "source_url"):
        taken = (
            values.get(name)
            and tx.connection.execute(
                sa.select(_tracklist.c.id).where(
                    _tracklist.c[name] == values[name], _tracklist.c.id != tracklist_id
                )
            ).scalar()
        )
        if taken:
            raise BadInput(
                f"tracklist {taken} is this mix already (the same "
                f"{'DJ, title and date' if name == 'mix_key' else 'source URL'}): "
                "delete one of the two"
            )
    edited = sorted({*(row["edited"] or ()), *changes})
    tx.connection.execute(
        sa.update(_tracklist)
        .where(_tracklist.c.id == tracklist_id)
        .values(**values, edited=edited, updated_at=tx.now, revision=tx.revision)
    )


def delete_tracklist(tx: Transaction, tracklist_id: str) -> int:
    """Delete a tracklist, its entries and its plays; returns how many entries it had.

    Tracks stay in the library, except provisional ones that were heard nowhere else and that nobody wants.

    Raises:
        BadInput: there is none with this id.
    """
    end_with_tracklist(tx, tracklist_id)
    entries = ids_where(tx, _entry, "tracklist_id", [tracklist_id])
    delete_entries(tx, entries)
    detach(tx, schema.want, "source_tracklist_id", [tracklist_id])
    if delete_rows(tx, _tracklist, [tracklist_id]) == 0:
        raise NotFound("tracklist", tracklist_id, seen_in="mixtrove tracklist list")
    return len(entries)


def export_tracklist(connection: sa.Connection, tracklist_id: str, version: int | None = None) -> str:
    """The raw lines of a version, by default the newest: what was imported, a line each.

    Raises:
        BadInput: no such tracklist or version.
    """
    _, _, lines = version_lines(connection, tracklist_id, version)
    return "".join(f"{line}\n" for line in lines)


def version_lines(
    connection: sa.Connection, tracklist_id: str, version: int | None = None
) -> tuple[datetime, tuple[str, ...], tuple[str, ...]]:
    """(when it was imported, what changed, the raw lines) of a version, by default the newest.

    Raises:
        NotFound: no such tracklist or version.
    """
    versions = schema.tracklist_version
    query = sa.select(versions).where(versions.c.tracklist_id == tracklist_id)
    if version is not None:
        query = query.where(versions.c.version == version)
    row = connection.execute(query.order_by(versions.c.version.desc()).limit(1)).first()
    if row is None:
        which = f"version {version} of tracklist" if version is not None else "tracklist"
        raise NotFound(which, tracklist_id, seen_in="mixtrove tracklist show")
    return row.imported_at, tuple(row.changes), tuple(row.lines)


def list_versions(
    connection: sa.Connection, tracklist_id: str
) -> list[tuple[int, datetime, tuple[str, ...]]]:
    """(version, when it was imported, what changed), the first version first."""
    versions = schema.tracklist_version
    rows = connection.execute(
        sa.select(versions.c.version, versions.c.imported_at, versions.c.changes)
        .where(versions.c.tracklist_id == tracklist_id)
        .order_by(versions.c.version)
    )
    return [(row.version, row.imported_at, tuple(row.changes)) for row in rows]


def _summaries(ids: Sequence[str]) -> sa.Select[Any]:
    counts = (
        sa.select(
            _entry.c.tracklist_id,
            *(
                sa.func.sum(sa.case((_entry.c.status == status, 1), else_=0)).label(status)
                for status in schema.ENTRY_STATUSES
            ),
        )
        .where(_entry.c.tracklist_id.in_(ids))
        .group_by(_entry.c.tracklist_id)
        .subquery()
    )
    return (
        sa.select(
            _tracklist,
            *(sa.func.coalesce(counts.c[status], 0).label(f"n_{status}") for status in schema.ENTRY_STATUSES),
        )
        .outerjoin(counts, counts.c.tracklist_id == _tracklist.c.id)
        .where(_tracklist.c.id.in_(ids))
    )


def _summary(row: sa.RowMapping) -> TracklistSummary:
    fields = ("id", *METADATA, "format", "version", "imported_at")
    values: dict[str, Any] = {name: row[name] for name in fields}
    values |= {status: int(row[f"n_{status}"]) for status in schema.ENTRY_STATUSES}
    return TracklistSummary(**values)


def _entry_record(row: sa.RowMapping) -> EntryRecord:
    return EntryRecord(
        id=row["id"],
        position=row["position"],
        component=row["component"],
        line_no=row["line_no"],
        cue_seconds=row["cue_seconds"],
        raw_line=row["raw_line"],
        credit=shown(credit_of_entry(row)),
        status=row["status"],
        skip_reason=row["skip_reason"],
        library_track_id=row["library_track_id"],
        track=track_name(row),
        new=row["discovered_from"] == row["tracklist_id"],
        confidence=row["confidence"],
        method=row["identification_method"],
        reasons=tuple(row["reasons"] or ()),
    )


def track_name(row: sa.RowMapping) -> str | None:
    """The library track of a play for people, of the columns ``track_artist``, ``_title``, ``_remix``."""
    if row["track_title"] is None:
        return None
    remix = f" ({row['track_remix']})" if row["track_remix"] else ""
    return f"{row['track_artist']} - {row['track_title']}{remix}"
