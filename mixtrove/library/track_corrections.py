"""What people decide about tracks: edits, merges, and that two tracks are not one.

Each is a correction like those about lines: it is kept, shown, taken back (``undoing.py``) and replayed in
another library (``correction_files.py``). Runs fill only what is empty and no person set. Not here: merging
itself (``merging.py``), what machines find (``track_pairs.py``, ``duplicates.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.errors import BadInput, NotFound, StaleEdit
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track, shown
from mixtrove.library.line_decisions import file_decision
from mixtrove.library.merging import last_merge, merge_tracks, unmerge_tracks
from mixtrove.library.musical_key import parse_key
from mixtrove.library.store import Transaction, new_id
from mixtrove.library.track_columns import NAMED, set_by_people, write_columns
from mixtrove.library.track_decisions import pairs_apart, renew_marks
from mixtrove.library.track_identity import (
    PROVISIONAL_PREFIX,
    current_id,
    forget_name,
    remember_name,
    track_named,
)
from mixtrove.library.track_pairs import forget_pair, is_apart, note_pair
from mixtrove.library.track_references import reference
from mixtrove.matching import identity_key

EDITABLE = (
    "artist", "title", "remix", "label", "catalog_number", "release_date", "genre", "bpm", "key",
    "duration",
)  # fmt: skip
"""The columns that a person may set; an empty value clears one."""

LONGEST = 500
"""Letters of a text that is set."""

ONE_TRACK = 0.5
"""The version gate below which two tracks are two versions and never one (MATCHING §4, §6)."""

_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_RANGES = {"bpm": (20.0, 400.0), "duration": (1.0, 86_400.0)}  # beats a minute, seconds

_track = schema.library_track
_correction = schema.correction
_known = schema.external_id


def edit_track(
    tx: Transaction,
    track_id: str,
    changes: Mapping[str, Any],
    *,
    by: str,
    expected_version: int | None = None,
    batch_id: str | None = None,
    correction_id: str | None = None,
    at: datetime | None = None,
) -> int:
    """Set fields of a track; returns its version afterwards. Runs never change what was set or cleared here.

    A value that is there already is a person's from now on; one that a person set already changes nothing.

    Args:
        tx: the transaction.
        track_id: a track; one that was merged stands for what it is now.
        changes: any of ``EDITABLE``; an empty value clears a field.
        by: who.
        expected_version: refuse when the track was changed since this version was read.
        batch_id: of decisions that belong together.
        correction_id: when the decision has an id already.
        at: when it was decided; now when None.

    Raises:
        BadInput: no such track or field, a value that cannot be, another track has this name, or a name for
            a line that nobody identified.
        StaleEdit: the track has another version.
    """
    row = track_row(tx.connection, track_id)
    values = {name: _checked(name, value) for name, value in changes.items()}
    check_version(row, expected_version, values)
    theirs = set_by_people(tx.connection, [row["id"]]).get(row["id"], set())
    changed = {name: value for name, value in values.items() if row[name] != value or name not in theirs}
    if correction_id is not None:  # from another library: it holds, whatever is here already
        changed = values
    if not changed:
        return int(row["version"])
    ref = reference(tx.connection, row)
    known = None
    if not changed.keys().isdisjoint(NAMED):
        if row["provisional"]:
            raise BadInput(
                f"track {row['id']} is a line that nobody identified: say what it is, with `mixtrove review "
                'assign LINE "Artist - Title"`'
            )
        known = _rename(tx, row, changed)
    write_columns(tx, row["id"], changed)
    version = int(row["version"]) + 1
    _file(
        tx, "edit", row["id"], by, correction_id=correction_id, at=at, batch_id=batch_id,
        id=row["id"], version=version, track=ref, known=known,
        changes={name: [row[name], value] for name, value in changed.items() if name in EDITABLE},
    )  # fmt: skip
    renew_marks(tx, [row["id"]])
    return version


def check_version(row: sa.RowMapping, expected: int | None, values: Mapping[str, Any]) -> None:
    """Refuse to give a track these values when it was changed since that version was read.

    Raises:
        StaleEdit: it has another version.
    """
    if expected is not None and expected != row["version"]:
        raise StaleEdit(
            f"track {row['id']}", expected=expected, found=row["version"],
            given=values, there={name: row[name] for name in values},
        )  # fmt: skip


def merge_by_person(
    tx: Transaction,
    *,
    kept: str,
    merged: str,
    by: str,
    batch_id: str | None = None,
    correction_id: str | None = None,
    at: datetime | None = None,
) -> str:
    """A person says that two tracks are one: ``merged`` becomes part of ``kept``.

    A provisional track stands for a line: merging it is to assign its line. Returns the kept track's id.

    Raises:
        BadInput: no such tracks, they are one already, or they are two versions.
    """
    check_merge(tx.connection, kept, merged)
    stays, goes = track_row(tx.connection, kept), track_row(tx.connection, merged)
    if goes["provisional"]:
        key = goes["identity_key"].removeprefix(PROVISIONAL_PREFIX)
        file_decision(
            tx, "assign", key, by=by, track=stays["id"], batch_id=batch_id, correction_id=correction_id, at=at
        )
        return str(stays["id"])
    refs = {"kept": reference(tx.connection, stays), "merged": reference(tx.connection, goes)}
    _set_apart_aside(tx, stays["id"], goes["id"])
    merge_id = merge_tracks(tx, kept=stays["id"], merged=goes["id"], reason=f"merged by {by}", by=by)
    file_merge(tx, merge_id, refs=refs, by=by, batch_id=batch_id, correction_id=correction_id, at=at)
    return str(stays["id"])


def check_merge(connection: sa.Connection, kept: str, merged: str) -> str:
    """Whether a person may make two tracks one; returns what does not agree, empty when all does.

    Raises:
        BadInput: no such tracks, they are one already, or they are two versions.
    """
    stays, goes = track_row(connection, kept), track_row(connection, merged)
    if stays["id"] == goes["id"]:
        same = kept == merged
        raise BadInput(
            f"track {kept} cannot be merged with itself: name two tracks"
            if same
            else f"tracks {kept} and {merged} are one already"
        )
    if stays["provisional"]:
        raise BadInput(
            f"track {stays['id']} is not identified: merge it into the other one, or say first what it is, "
            "with `mixtrove review assign`"
        )
    if goes["provisional"] and credit_of_track(goes).unknown:
        return ""  # an ID: the person knows what it is
    return refuse_versions(stays, goes)


def file_merge(
    tx: Transaction,
    merge_id: str,
    *,
    refs: Mapping[str, Any],
    by: str,
    batch_id: str | None = None,
    correction_id: str | None = None,
    at: datetime | None = None,
) -> None:
    """File that a person says of a merge that it is right; ``refs``: ``kept`` and ``merged`` before it."""
    log = schema.merge_log
    kept = tx.connection.execute(sa.select(log.c.kept_id).where(log.c.id == merge_id)).scalar_one()
    _file(
        tx, "merge", kept, by, correction_id=correction_id, at=at, batch_id=batch_id, merge_id=merge_id,
        **refs,
    )  # fmt: skip


def unmerge_by_person(tx: Transaction, track_id: str, *, by: str) -> tuple[str, str]:
    """A person says that the last merge of a track was wrong; returns (kept, merged), two tracks again.

    The two are kept apart from then on: no run merges them.

    Args:
        tx: the transaction.
        track_id: the track that is left, or the one that went.
        by: who.

    Raises:
        BadInput: nothing was merged, it was taken back already, or the kept track was merged itself since.
    """
    return take_merge_back(tx, last_merge(tx.connection, track_id)["id"], by=by)


def take_merge_back(tx: Transaction, merge_id: str, *, by: str) -> tuple[str, str]:
    """A person says that this merge was wrong; see ``unmerge_by_person``."""
    kept, merged = unmerge_tracks(tx, merge_id)
    tx.connection.execute(
        sa.update(_correction)
        .where(
            _correction.c.kind == "merge",
            _correction.c.library_track_id.in_([kept, merged]),
            _correction.c.undone_at.is_(None),
            _correction.c.payload["merge_id"].as_string() == merge_id,
        )
        .values(undone_at=tx.now, revision=tx.revision)
    )
    keep_apart(tx, kept, merged, by=by)
    return kept, merged


def keep_apart(
    tx: Transaction,
    first: str,
    second: str,
    *,
    by: str,
    batch_id: str | None = None,
    correction_id: str | None = None,
    at: datetime | None = None,
) -> bool:
    """A person says that two tracks are not one: they are neither merged nor reported again.

    False when that was known already.

    Raises:
        BadInput: no such tracks, they are one, or one stands for a line that nobody identified.
    """
    rows = [track_row(tx.connection, one) for one in (first, second)]
    if rows[0]["id"] == rows[1]["id"]:
        raise BadInput(f"track {first} is one track: name two, or take the merge back")
    for row in rows:
        if row["provisional"]:
            raise BadInput(
                f"track {row['id']} is a line that nobody identified: say what it is not, with `mixtrove "
                "review reject`"
            )
    if is_apart(tx.connection, rows[0]["id"], rows[1]["id"]):
        return False
    note_pair(tx, rows[0]["id"], rows[1]["id"], "apart", 0.0, f"kept apart by {by}")
    _file(
        tx, "apart", rows[0]["id"], by, correction_id=correction_id, at=at, batch_id=batch_id,
        tracks=[reference(tx.connection, row) for row in rows], ids=[row["id"] for row in rows],
    )  # fmt: skip
    return True


def _set_apart_aside(tx: Transaction, first: str, second: str) -> None:
    """Two tracks that were kept apart are one, a person says now."""
    pair = min(first, second), max(first, second)
    ids = [row["id"] for ends, row in pairs_apart(tx.connection) if ends == pair]
    if ids:
        tx.connection.execute(
            sa.update(_correction)
            .where(_correction.c.id.in_(ids))
            .values(undone_at=tx.now, revision=tx.revision)
        )
    forget_pair(tx, first, second)


def track_row(connection: sa.Connection, track_id: str) -> sa.RowMapping:
    """The row of a track; one that was merged stands for what it is now.

    Raises:
        BadInput: there is none with this id.
    """
    now = current_id(connection, track_id)
    if now is None:
        raise NotFound("track", track_id, seen_in="mixtrove library list")
    return connection.execute(sa.select(_track).where(_track.c.id == now)).mappings().one()


def refuse_versions(one: sa.RowMapping, other: sa.RowMapping) -> str:
    """Two versions of a track are never one; returns what does not agree otherwise, empty when all does.

    Raises:
        BadInput: these are two versions.
    """
    left, right = credit_of_track(one), credit_of_track(other)
    from mixtrove.matching import compare  # compiled code: loaded by who compares

    found = compare(left, right)
    if left.unknown or right.unknown:
        raise BadInput(
            f"{shown(left)} and {shown(right)} are not known well enough to be one (artist or title is "
            "unknown): name them first, with `mixtrove library edit`"
        )
    if found.gate < ONE_TRACK:
        raise BadInput(
            f"{shown(left)} and {shown(right)} are two versions ({found.reasons[0]}) and stay two tracks: if "
            "a name is wrong, correct it first with `mixtrove library edit`"
        )
    return "" if found.decision == "same" else "; ".join(found.reasons)


def _rename(tx: Transaction, row: sa.RowMapping, changed: dict[str, Any]) -> dict[str, Any] | None:
    """Give a track another identity; it is still found by the one it had, unless that is another version.

    Returns what it was called when it had the new one before; None when it had not.
    """
    whole: Any = {**row, **changed}
    new = credit_of_track(whole)
    key = identity_key(new)
    if key == row["identity_key"]:
        return None
    twin = track_named(tx.connection, key, row["disambiguator"])
    if twin is not None and twin["id"] != row["id"]:
        raise BadInput(
            f"track {twin['id']} is this one already: make them one with "
            f"`mixtrove library merge {twin['id'][-8:]} {row['id'][-8:]}`"
        )
    from mixtrove.matching import compare

    if compare(credit_of_track(row), new).gate >= ONE_TRACK:
        remember_name(tx, row, row["id"])
    known = forget_name(tx, key, row["disambiguator"])
    changed["identity_key"] = key
    return known


def _checked(name: str, value: Any) -> Any:
    if name not in EDITABLE:
        raise BadInput(f"a track has no field {name!r} to set: there are {', '.join(EDITABLE)}")
    if isinstance(value, str):
        value = " ".join("".join(one if one.isprintable() else " " for one in value).split())
        if len(value) > LONGEST:
            raise BadInput(f"{name} {value[:40]!r}… is longer than {LONGEST} letters: give less")
    if value in (None, ""):
        if name in ("artist", "title"):
            raise BadInput(f"a track needs its {name}: give a text")
        return None
    if name in _RANGES:
        low, high = _RANGES[name]
        try:
            value = float(value)
        except (TypeError, ValueError):
            value = -1.0
        if not low <= value <= high:
            raise BadInput(f"{name} must be a number from {low:g} to {high:g}")
        return value
    if not isinstance(value, str):
        raise BadInput(f"{name} {value!r} is no text")
    if name == "key" and parse_key(value) is None:
        raise BadInput(f"key {value!r} is no musical key such as Am, A minor or 8A")
    if name == "release_date" and not _is_date(value):
        raise BadInput(f"release_date {value!r} is none of YYYY, YYYY-MM and YYYY-MM-DD")
    return value


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:  # such as 2026-02-31
        return False
    return True


def _file(
    tx: Transaction,
    kind: Literal["edit", "merge", "apart"],
    track_id: str,
    by: str,
    *,
    correction_id: str | None,
    at: datetime | None,
    batch_id: str | None,
    **payload: str | int | Sequence[Any] | Mapping[str, Any] | None,
) -> None:
    tx.connection.execute(
        sa.insert(_correction),
        {
            "id": correction_id or new_id(),
            "line_key": None,
            "kind": kind,
            "library_track_id": track_id,
            "payload": payload,
            "batch_id": batch_id,
            "decided_by": by,
            "decided_at": at or tx.now,
            "revision": tx.revision,
        },
    )
