"""Two library tracks become one, and two again: what points at the one that goes moves to the one that stays.

Used when a provisional track is identified, when tracks turn out to be one as they arrive or in the deep
pass, and when a person says so. Every merge is written to ``merge_log`` with everything it changed, so that
``unmerge_tracks`` gives back exactly that. Wants are ``merging_wants.py``. Not here: whether two tracks are
one (``track_pairs.py``, ``duplicates.py``), and what a person may merge (``track_corrections.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.deletion import chunks, delete_rows, ids_where, restore_rows
from mixtrove.library.derived import refresh_derived
from mixtrove.library.merging_wants import drop_removals, move_wants, return_removals, return_wants
from mixtrove.library.plain import plain, typed
from mixtrove.library.purchase_links import tell_available, without_offer
from mixtrove.library.store import Transaction, new_id
from mixtrove.library.track_columns import (
    COLUMNS,
    NAMED,
    OF_THE_RECORDING,
    PERSON,
    same_length,
    set_by_people,
    write_columns,
)
from mixtrove.library.track_decisions import renew_apart, renew_marks
from mixtrove.library.track_identity import forget_name, remember_name

RUN = "run"
"""Who merged when no person did."""

_track = schema.library_track
_pair = schema.track_pair
_log = schema.merge_log

_MOVED = (schema.track_discovery, schema.correction, schema.owned_track)
_KEYED: Mapping[str, tuple[str, ...]] = {
    "external_id": ("provider", "external_id"),
    "track_identity": ("identity_key", "disambiguator"),
    "purchase_link": ("store", "url"),
    "track_attribute": ("name", "provider"),
    "want_removal": ("user",),
    "track_enrichment": (),
}
"""Tables with at most one row a track and key: where the kept track has the same key, its own row stays."""


def merge_tracks(tx: Transaction, *, kept: str, merged: str, reason: str, by: str = RUN) -> str:
    """Merge the track ``merged`` into the track ``kept``: it is gone afterwards; returns the merge's id.

    Plays, corrections, owned files, ids, names, links and wants move; of two wants of one user the higher
    priority and the further status stay, and the events of both. What a person set holds for the kept track;
    columns that it lacks are filled from the other one, except between recordings of another length what
    holds for one of them only.
    """
    row = _row(tx, merged)
    waiting = without_offer(tx, kept, merged)
    filled = _fill(tx, _row(tx, kept), row)
    before = {
        "track": plain(row),
        "moved": {table.name: _move(tx, table, kept, merged) for table in _MOVED},
        "keyed": {name: _move_keyed(tx, name, kept, merged) for name in _KEYED},
        "pairs": _move_pairs(tx, kept, merged),
        "wants": move_wants(tx, kept, merged),
        "removals": drop_removals(tx, kept),
        "filled": filled,
    }
    merge_id = new_id()
    tx.connection.execute(
        sa.insert(_log),
        {
            "id": merge_id,
            "kept_id": kept,
            "merged_id": merged,
            "reason": reason,
            "by": by,
            "before": before,
            "merged_at": tx.now,
        },
    )
    delete_rows(tx, _track, [merged])
    if not row["provisional"]:
        remember_name(tx, row, kept)
    refresh_derived(tx, [kept])
    _touch(tx, kept)
    tell_available(tx, kept, waiting)
    return merge_id


def merge_if_unheard(tx: Transaction, *, provisional: str, identified: str, reason: str) -> str | None:
    """Merge a provisional track into the identified one when no play points at it; the merge's id, if any."""
    plays = schema.track_discovery
    heard = tx.connection.execute(
        sa.select(sa.literal(1)).where(plays.c.library_track_id == provisional).limit(1)
    ).scalar()
    is_provisional = tx.connection.execute(
        sa.select(_track.c.provisional).where(_track.c.id == provisional)
    ).scalar()
    if heard or not is_provisional or provisional == identified:
        return None
    return merge_tracks(tx, kept=identified, merged=provisional, reason=reason)


@dataclass(frozen=True, slots=True)
class MergeRecord:
    """A merge of two identified tracks."""

    id: str
    kept_id: str
    kept: str | None  # as people read it now; None when it was merged itself since
    merged_id: str
    merged: str
    reason: str
    by: str
    merged_at: datetime
    undone_at: datetime | None


def list_merges(
    connection: sa.Connection, *, undone: bool = False, limit: int | None = None
) -> list[MergeRecord]:
    """Merges, the last first; what became of the provisional tracks of lines is not among them."""
    query = (
        sa.select(_log, _track.c.artist, _track.c.title, _track.c.remix)
        .outerjoin(_track, _track.c.id == _log.c.kept_id)
        .where(~_log.c.before["track"]["provisional"].as_boolean())
        .order_by(_log.c.id.desc())
        .limit(limit)
    )
    if not undone:
        query = query.where(_log.c.undone_at.is_(None))
    return [
        MergeRecord(
            row["id"], row["kept_id"], _shown(row) if row["title"] else None, row["merged_id"],
            _shown(row["before"]["track"]), row["reason"], row["by"], row["merged_at"], row["undone_at"],
        )
        for row in connection.execute(query).mappings()
    ]  # fmt: skip


def merged_ids() -> sa.ColumnElement[str]:
    """The column of ids of tracks that went in a merge or that something went into."""
    both = sa.union(sa.select(_log.c.kept_id), sa.select(_log.c.merged_id)).subquery()
    return both.c.kept_id


def last_merge(connection: sa.Connection, track_id: str) -> sa.RowMapping:
    """The merge that a track went in, or the last one into a track that is there.

    Raises:
        BadInput: there is none that holds, or the track it went into is gone itself.
    """
    for column in (_log.c.merged_id, _log.c.kept_id):
        rows = connection.execute(
            sa.select(_log).where(column == track_id, _log.c.undone_at.is_(None)).order_by(_log.c.id.desc())
        ).mappings()
        for row in rows:
            if not row["before"]["track"]["provisional"]:
                return row
    lines = connection.execute(
        sa.select(_log.c.id).where(_log.c.kept_id == track_id, _log.c.undone_at.is_(None)).limit(1)
    ).first()
    if lines is not None:
        raise BadInput(
            f"nothing was merged into track {track_id} but lines that nobody had identified: take those "
            f"decisions back, `mixtrove corrections list --track {track_id[-8:]}` shows them"
        )
    raise BadInput(f"nothing was merged into track {track_id}: `mixtrove library merges` shows what was")


def unmerge_tracks(tx: Transaction, merge_id: str) -> tuple[str, str]:
    """Take a merge back; returns (kept, merged), two tracks again.

    What moved moves back, what was dropped or filled is as it was before. What people or runs changed since,
    stays on the track it was changed on.

    Raises:
        BadInput: it was taken back already, the kept track was merged itself since, or a track has its name.
    """
    row = tx.connection.execute(sa.select(_log).where(_log.c.id == merge_id)).mappings().one()
    kept, merged, before = row["kept_id"], row["merged_id"], row["before"]
    if row["undone_at"] is not None:
        raise BadInput(f"this merge was taken back already, track {merged} is there")
    if tx.connection.execute(sa.select(_track.c.id).where(_track.c.id == kept)).first() is None:
        raise BadInput(
            f"track {kept} was merged into another one since: take that back first, with "
            f"`mixtrove library unmerge {kept}`"
        )
    track = typed(_track, before["track"])
    namesake = tx.connection.execute(
        sa.select(_track.c.id).where(
            _track.c.identity_key == track["identity_key"], _track.c.disambiguator == track["disambiguator"]
        )
    ).scalar()
    if namesake is not None:
        raise BadInput(
            f"track {namesake} is called what {merged} was called: give it another name first, with "
            f"`mixtrove library edit {namesake}`"
        )
    forget_name(tx, track["identity_key"], track["disambiguator"])
    track["version"] += 1
    restore_rows(tx, _track, [track])
    for table in _MOVED:
        _move_back(tx, table, before["moved"][table.name], kept, merged)
    for name, rows in before["keyed"].items():
        _return_keyed(tx, schema.metadata.tables[name], rows, kept, merged)
    _return_pairs(tx, before["pairs"], kept, merged)
    return_wants(tx, before["wants"], kept, merged)
    return_removals(tx, before["removals"], kept)
    _unfill(tx, _row(tx, kept), before["filled"])
    tx.connection.execute(sa.update(_log).where(_log.c.id == merge_id).values(undone_at=tx.now))
    renew_apart(tx)
    renew_marks(tx, [kept, merged])
    refresh_derived(tx, [kept, merged])
    _touch(tx, kept)
    return kept, merged


def _touch(tx: Transaction, track_id: str) -> None:
    """Let whoever follows the tracks see that this one changed: it is called by other names now."""
    tx.connection.execute(sa.update(_track).where(_track.c.id == track_id).values(revision=tx.revision))


def _shown(row: Mapping[Any, Any]) -> str:
    return f"{row['artist']} - {row['title']}" + (f" ({row['remix']})" if row["remix"] else "")


def _row(tx: Transaction, track_id: str) -> sa.RowMapping:
    return tx.connection.execute(sa.select(_track).where(_track.c.id == track_id)).mappings().one()


def _move(tx: Transaction, table: sa.Table, kept: str, merged: str) -> list[str]:
    ids = ids_where(tx, table, "library_track_id", [merged])
    if ids:
        tx.connection.execute(
            sa.update(table)
            .where(table.c.library_track_id == merged)
            .values(library_track_id=kept, revision=tx.revision)
        )
    return ids


def _move_back(tx: Transaction, table: sa.Table, ids: Iterable[str], kept: str, merged: str) -> None:
    for some in chunks(ids):
        tx.connection.execute(
            sa.update(table)
            .where(table.c.id.in_(some), table.c.library_track_id == kept)
            .values(library_track_id=merged, revision=tx.revision)
        )


def _move_keyed(tx: Transaction, name: str, kept: str, merged: str) -> list[dict[str, Any]]:
    """Move the rows of a table with a key; returns all of the merged track's, and which were moved."""
    table, key = schema.metadata.tables[name], _KEYED[name]
    rows = tx.connection.execute(
        sa.select(table).where(table.c.library_track_id == merged)
    ).mappings().all()  # fmt: skip
    if not rows:
        return []
    taken = {
        tuple(row)
        for row in tx.connection.execute(
            sa.select(sa.literal(0), *(table.c[one] for one in key)).where(table.c.library_track_id == kept)
        )
    }
    found = []
    for row in rows:
        moves = (0, *(row[one] for one in key)) not in taken and not _says_its_name(name, row)
        found.append({"row": plain(row), "moved": moves})
        where = sa.and_(table.c.library_track_id == merged, *(table.c[one] == row[one] for one in key))
        if moves:
            values = {"library_track_id": kept} | ({"revision": tx.revision} if "revision" in table.c else {})
            tx.connection.execute(sa.update(table).where(where).values(**values))
        elif "id" in table.c:
            delete_rows(tx, table, [row["id"]])
        else:
            tx.connection.execute(sa.delete(table).where(where))
    return found


def _says_its_name(table: str, row: sa.RowMapping) -> bool:
    """Whether a person set the name of the track that goes: it is not that of the one that stays."""
    return table == "track_attribute" and row["provider"] == PERSON and row["name"] in NAMED


def _return_keyed(
    tx: Transaction, table: sa.Table, rows: Sequence[Mapping[str, Any]], kept: str, merged: str
) -> None:
    key = _KEYED[table.name]
    for one in rows:
        row = typed(table, one["row"])
        if one["moved"]:
            where = [table.c.library_track_id == kept, *(table.c[name] == row[name] for name in key)]
            values = {"library_track_id": merged} | (
                {"revision": tx.revision} if "revision" in table.c else {}
            )
            if tx.connection.execute(sa.update(table).where(*where).values(**values)).rowcount:
                continue
            if table.name in ("external_id", "track_identity"):
                continue  # another track has it now
        restore_rows(tx, table, [row])


def _move_pairs(tx: Transaction, kept: str, merged: str) -> list[dict[str, Any]]:
    """Let what is known of the merged track beside others hold for the kept one; returns the rows of both."""
    either = sa.or_(
        *(column == one for column in (_pair.c.left_id, _pair.c.right_id) for one in (kept, merged))
    )
    rows = tx.connection.execute(sa.select(_pair).where(either)).mappings().all()
    mine = [row for row in rows if merged in (row["left_id"], row["right_id"])]
    if not mine:
        return []
    new: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["kind"] != "apart"):  # what a person said holds first
        ends = {kept if one == merged else one for one in (row["left_id"], row["right_id"])}
        if len(ends) == 2:
            left, right = sorted(ends)
            new.setdefault((left, right), {**row, "left_id": left, "right_id": right})
    tx.connection.execute(sa.delete(_pair).where(either))
    if new:
        tx.connection.execute(sa.insert(_pair), list(new.values()))
    return [plain(row) for row in rows]


def _return_pairs(tx: Transaction, rows: Sequence[Mapping[str, Any]], kept: str, merged: str) -> None:
    """Give the pairs of both tracks back, those whose tracks are there; what was found since stays."""
    pairs = [typed(_pair, row) for row in rows]
    for row in pairs:
        if merged in (row["left_id"], row["right_id"]):
            left, right = sorted(kept if one == merged else one for one in (row["left_id"], row["right_id"]))
            moved = sa.and_(
                _pair.c.left_id == left, _pair.c.right_id == right, _pair.c.reason == row["reason"]
            )
            tx.connection.execute(sa.delete(_pair).where(moved, _pair.c.kind != "apart"))
    ends = {one for row in pairs for one in (row["left_id"], row["right_id"])}
    there: set[str] = set()
    for some in chunks(ends):
        there.update(tx.connection.execute(sa.select(_track.c.id).where(_track.c.id.in_(some))).scalars())
    for row in pairs:
        if {row["left_id"], row["right_id"]} <= there:
            where = (_pair.c.left_id == row["left_id"], _pair.c.right_id == row["right_id"])
            tx.connection.execute(sa.delete(_pair).where(*where, _pair.c.kind != "apart"))
            if tx.connection.execute(sa.select(_pair).where(*where)).first() is None:
                tx.connection.execute(sa.insert(_pair), row)


def _fill(tx: Transaction, kept: sa.RowMapping, merged: sa.RowMapping) -> dict[str, Any]:
    """Take over what the kept track lacks and what a person set; returns the columns with (before, after)."""
    people = set_by_people(tx.connection, [kept["id"], merged["id"]])
    said_here, said_there = people.get(kept["id"], set()), people.get(merged["id"], set())
    same = same_length(kept["duration"], merged["duration"])
    new: dict[str, Any] = {}
    for name in COLUMNS:
        value = merged[name]
        if name in said_here:
            continue
        if name in said_there:
            if kept[name] != value:
                new[name] = value
        elif merged["provisional"] or not value or (name in OF_THE_RECORDING and not same):
            continue
        elif name == "isrcs":
            if more := [one for one in value if one not in kept[name]]:
                new[name] = [*kept[name], *more]
        elif not kept[name]:
            new[name] = value
    if new:
        write_columns(tx, kept["id"], new)
    return {name: [kept[name], value] for name, value in new.items()}


def _unfill(tx: Transaction, kept: sa.RowMapping, filled: Mapping[str, Sequence[Any]]) -> None:
    old = {name: before for name, (before, after) in filled.items() if kept[name] == after}
    if old:
        write_columns(tx, kept["id"], old)
