"""Corrections as a file: every decision that holds, one JSON object a line, and back into any library.

Tracks are named by what they are called and by their ids elsewhere, so that a library that never saw them can
follow: replayed on an empty one, before or after the same tracklists came in, they give the same decisions.
Decisions about tracks are replayed first, in their order, then other names of artists, then lines.

A line without artist or title has no name of its own: it is the line at this place of this mix, and its
tracklist has to be there first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.aliases import add_alias
from mixtrove.library.corrections import BY_NAME
from mixtrove.library.entries import OF_ENTRY
from mixtrove.library.line_decisions import file_decision
from mixtrove.library.merging import merge_tracks, unmerge_tracks
from mixtrove.library.store import Store, Transaction
from mixtrove.library.track_columns import NAMED
from mixtrove.library.track_corrections import edit_track, file_merge, keep_apart, merge_by_person
from mixtrove.library.track_identity import current_ids, track_named
from mixtrove.library.track_references import (
    Edit,
    key_at,
    place_of,
    reference,
    reference_then,
    renamed,
    track_of,
)

FORM = 1
"""The number of this form of file, in every line."""

LONGEST = 36
"""Letters of an id; of the name of a person too."""

_LINE_KINDS = ("assign", "reject", "is_id", "unreleased", "not_a_track")
_SHARE = 500
"""Decisions that are read at a time."""

_correction = schema.correction
_track = schema.library_track
_alias = schema.artist_alias


@dataclass(frozen=True, slots=True)
class CorrectionImport:
    """What an import of corrections did."""

    read: int
    taken: int
    known: int  # were here already
    refused: tuple[str, ...]  # sentences: those that could not be followed


def export_corrections(connection: sa.Connection) -> Iterator[str]:
    """The decisions that hold, a line of JSON each: about tracks, then names of artists, then lines.

    Read as they are taken; only the edits of tracks are kept in memory.
    """
    edits: dict[str, list[Edit]] = {}
    for row in _holding(connection, _correction.c.kind == "edit"):
        edits.setdefault(row["payload"]["id"], []).append((row["id"], row["payload"]["changes"]))
    for row in _holding(connection, _correction.c.line_key.is_(None)):
        yield _line({**_head(row), **_about_track(connection, row, edits)})
    for one in connection.execute(
        sa.select(_alias).where(_alias.c.source == "person").order_by(_alias.c.at, _alias.c.name)
    ):
        names = {"kind": "alias", "name": one.name, "alias": one.alias}
        yield _line({**names, "by": one.by, "at": one.at.isoformat()})
    for row in _holding(connection, _correction.c.line_key.is_not(None)):
        yield _line({**_head(row), **_about_line(connection, row)})


def _holding(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Iterator[sa.RowMapping]:
    """The decisions that hold and are meant, the first one first, a part at a time."""
    query = sa.select(_correction).where(_correction.c.undone_at.is_(None), which).order_by(_correction.c.id)
    return iter(connection.execute(query.execution_options(yield_per=_SHARE)).mappings())


def import_corrections(store: Store, data: bytes, name: str) -> CorrectionImport:
    """Follow the decisions of a file; what is here already stays as it is. All in one transaction.

    Args:
        store: the store.
        data: the bytes of the file.
        name: its name, for messages.

    Raises:
        BadInput: it is no such file; nothing was taken over.
    """
    decisions = list(_read(data, name))
    taken = known = 0
    refused: list[str] = []
    with store.write() as tx:
        here = {
            row.id: row.undone_at
            for row in tx.connection.execute(sa.select(_correction.c.id, _correction.c.undone_at))
        }
        for place, one in decisions:
            if one.get("id") in here:
                undone_at = here[one["id"]]
                known += 1
                if undone_at is not None:
                    refused.append(f"{place}: it was taken back here on {undone_at:%Y-%m-%d}: decide anew")
                continue
            _ = tx.revision  # outside the savepoint: what is rolled back must not take the number along
            try:
                with tx.connection.begin_nested():
                    new = _follow(tx, one)
            except BadInput as error:
                refused.append(f"{place}: {error}")
                continue
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise BadInput(
                    f"{place}: no decision as `mixtrove corrections export` writes it ({error!r}); nothing "
                    "was taken over"
                ) from error
            taken, known = taken + new, known + (not new)
    return CorrectionImport(len(decisions), taken, known, tuple(refused))


def _follow(tx: Transaction, one: Mapping[str, Any]) -> bool:
    """Follow one decision; false when it was here already."""
    kind, by, at = one["kind"], _short(one["by"]), datetime.fromisoformat(one["at"])
    if at.tzinfo is None:
        raise ValueError(f"{one['at']} has no time zone")
    if kind == "alias":
        return add_alias(tx, one["name"], one["alias"], by=by, at=at) is not None
    given: Any = {"by": by, "at": at, "correction_id": _short(one["id"]), "batch_id": one.get("batch_id")}
    if kind == "edit":
        track_id = _edited(tx, one)
        edit_track(tx, track_id, {name: new for name, (_, new) in one["changes"].items()}, **given)
    elif kind == "merge":
        return _merged(tx, one, given)
    elif kind == "apart":
        return _kept_apart(tx, one, given)
    elif kind in _LINE_KINDS:
        track = track_of(tx, one["track"]) if kind == "assign" else None
        key = one["line_key"] if "line_key" in one else key_at(tx, one["place"])
        _refuse_older(tx, kind, key, at)
        file_decision(tx, kind, key, track=track, rejected=one.get("rejected", ()), **given)
        if "alias" in one:
            add_alias(tx, *one["alias"], by=by, correction_id=given["correction_id"])
    else:
        raise BadInput(f"{kind!r} is no kind of decision that this version of mixtrove knows")
    return True


def _refuse_older(tx: Transaction, kind: str, line_key: str, at: datetime) -> None:
    """What a person decided here later holds."""
    later = tx.connection.execute(
        sa.select(_correction.c.decided_by, _correction.c.decided_at)
        .where(
            _correction.c.line_key == line_key,
            _correction.c.kind != "reject",
            _correction.c.undone_at.is_(None),
            _correction.c.decided_at > at,
        )
        .limit(1)
    ).first()
    if later is not None and kind != "reject":
        raise BadInput(
            f"{later.decided_by} decided about this line later, on {later.decided_at:%Y-%m-%d}: that holds"
        )


def _short(text: str) -> str:
    if not 0 < len(text) <= LONGEST:
        raise ValueError(f"{text[:50]!r} is no id or name")
    return text


def _edited(tx: Transaction, one: Mapping[str, Any]) -> str:
    """The track of an edit: by its name before, else by the name that the edit gives it, else added.

    A track that has that name here already is the same one: the person says that it is called so.
    """
    ref = one["track"]
    names = {name: new for name, (_, new) in one["changes"].items() if name in NAMED}
    twin = None
    if names:
        after = renamed(ref, names)["identity_key"]
        twin = track_named(tx.connection, after, ref["disambiguator"])
        if twin is not None and track_named(tx.connection, ref["identity_key"], ref["disambiguator"]) is None:
            return str(twin["id"])
    track_id = track_of(tx, ref)
    if twin is not None and twin["id"] != track_id:
        merge_tracks(tx, kept=track_id, merged=twin["id"], reason="called the same by a person")
    return track_id


def _merged(tx: Transaction, one: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Follow a merge; what are one already, whatever found that, are from now on because a person says so."""
    kept, merged = (track_of(tx, one[end]) for end in ("kept", "merged"))
    if kept != merged:
        merge_by_person(tx, kept=kept, merged=merged, **given)
        return True
    merge_id = _merge_of(tx, one["kept"], one["merged"], kept)
    if merge_id is not None:
        file_merge(tx, merge_id, refs={end: one[end] for end in ("kept", "merged")}, **given)
    return merge_id is not None


def _kept_apart(tx: Transaction, one: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Follow that two tracks are not one; what a run made one here are two again."""
    left, right = one["tracks"]
    first, second = track_of(tx, left), track_of(tx, right)
    if first == second and (merge_id := _merge_of(tx, left, right, first)) is not None:
        first, second = unmerge_tracks(tx, merge_id)
    return keep_apart(tx, first, second, **given)


def _merge_of(
    tx: Transaction, left: Mapping[str, Any], right: Mapping[str, Any], track_id: str
) -> str | None:
    """The merge into a track by which these two are one."""
    log = schema.merge_log
    names = [(ref["identity_key"], ref["disambiguator"]) for ref in (left, right)]
    for row in tx.connection.execute(
        sa.select(log).where(log.c.kept_id == track_id, log.c.undone_at.is_(None)).order_by(log.c.id.desc())
    ):
        track = row.before["track"]
        if (track["identity_key"], track["disambiguator"]) in names:
            return str(row.id)
    return None


def _head(row: sa.RowMapping) -> dict[str, Any]:
    head = {"kind": row["kind"], "id": row["id"], "by": row["decided_by"]}
    more = {"batch_id": row["batch_id"]} if row["batch_id"] else {}
    return {**head, "at": row["decided_at"].isoformat(), **more}


def _about_track(
    connection: sa.Connection, row: sa.RowMapping, edits: Mapping[str, Sequence[Edit]]
) -> dict[str, Any]:
    payload = row["payload"]

    def then(ref: Mapping[str, Any], track_id: str) -> dict[str, Any]:
        return reference_then(connection, ref, track_id, edits.get(track_id, ()), row["id"])

    if row["kind"] == "edit":
        return {"track": then(payload["track"], payload["id"]), "changes": payload["changes"]}
    if row["kind"] == "apart":
        return {"tracks": [then(*one) for one in zip(payload["tracks"], payload["ids"], strict=True)]}
    log = schema.merge_log
    merge = connection.execute(sa.select(log).where(log.c.id == payload["merge_id"])).one()
    return {"kept": then(payload["kept"], merge.kept_id), "merged": then(payload["merged"], merge.merged_id)}


def _about_line(connection: sa.Connection, row: sa.RowMapping) -> dict[str, Any]:
    said: dict[str, Any] = {}
    key = row["line_key"]
    if key.startswith(OF_ENTRY):
        said["place"] = place_of(connection, key.removeprefix(OF_ENTRY))
    else:
        said["line_key"] = key
    if row["kind"] == "assign":
        track = connection.execute(
            sa.select(_track).where(_track.c.id == row["library_track_id"])
        ).mappings().one()  # fmt: skip
        said["track"] = reference(connection, track)
        alias = sa.select(_alias.c.name, _alias.c.alias).where(_alias.c.correction_id == row["id"])
        for one in connection.execute(alias):
            said["alias"] = list(one)
    offered = row["payload"].get("rejected", ())
    rejected = [one for one in offered if one["source"] != "library"]
    tracks = current_ids(connection, [one["candidate_id"] for one in offered if one["source"] == "library"])
    query = sa.select(_track.c.identity_key).where(_track.c.id.in_(tracks.values()), ~_track.c.provisional)
    for key in connection.execute(query.order_by(_track.c.identity_key)).scalars():
        by_name = {"source": BY_NAME, "candidate_id": key}
        rejected += [] if by_name in rejected else [by_name]
    return said | ({"rejected": rejected} if rejected else {})


def _read(data: bytes, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, raw in enumerate(data.splitlines(), 1):
        if not raw.strip():
            continue
        place = f"{name}, line {number}"
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"{place}: no JSON ({error}); nothing was taken over") from error
        if not isinstance(value, dict) or value.get("form") != FORM or "kind" not in value:
            raise BadInput(
                f"{place}: no decision of form {FORM}, as `mixtrove corrections export` writes it; nothing "
                "was taken over"
            )
        yield place, value


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps({"form": FORM, **value}, ensure_ascii=False, sort_keys=True) + "\n"
