"""What people decided about lines: filed under the line, applied at once to every mix, replayed in every run.

Not here: what a run decides (``discoveries.py``) and how the queue is shown (``review_queue.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import credits, schema
from mixtrove.library.aliases import alias_of_correction, forget_aliases_of
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import (
    CHUNK,
    EntryDecision,
    TrackRecord,
    external_id_of,
    write_chunk,
)
from mixtrove.library.entries import UNKNOWN_TRACK, wholly_unknown
from mixtrove.library.facts import learn
from mixtrove.library.store import Store, Transaction, new_id
from mixtrove.library.tracks import find_or_create_track
from mixtrove.matching import Credit

Kind = Literal["assign", "reject", "is_id", "not_a_track"]

_SKIPPED = {"is_id": "an ID nobody knows", "not_a_track": "not a track"}
_correction = schema.correction
_entry = schema.tracklist_entry


@dataclass(frozen=True, slots=True)
class LineCorrection:
    """All that people decided about one line: at most one decision, and what it is not."""

    line_key: str
    kind: Literal["assign", "is_id", "not_a_track"] | None  # None: only rejections
    library_track_id: str | None  # for assign
    decided_by: str | None
    rejected: frozenset[tuple[str, str]] = field(default=frozenset())  # (source, candidate id)

    def decision(self, entry_id: str, *, catalogue: str | None = None) -> EntryDecision | None:
        """The decision for an entry with this line; None when a run has to find one."""
        if self.kind is None:
            return None
        said = f"decided by {self.decided_by}"
        if self.kind == "assign":
            return EntryDecision(
                entry_id=entry_id,
                status="identified",
                track=self.library_track_id,
                confidence=1.0,
                method="manual",
                sources=("correction",),
                reasons=(said,),
                catalogue=catalogue,
            )
        return EntryDecision(
            entry_id=entry_id,
            status="skipped",
            method="manual",
            reasons=(said,),
            catalogue=catalogue,
            skip_reason=f"{_SKIPPED[self.kind]}, {said}",
        )


@dataclass(frozen=True, slots=True)
class CorrectionResult:
    """What a correction did."""

    correction_id: str
    line_key: str
    kind: str
    entries: int  # entries in all mixes that say the same
    library_track_id: str | None


def corrections_for(connection: sa.Connection, line_keys: Iterable[str]) -> dict[str, LineCorrection]:
    """The corrections that hold for these line keys; a key without one is absent."""
    found: dict[str, list[sa.RowMapping]] = {}
    for some in chunks(line_keys):
        rows = connection.execute(
            sa.select(_correction)
            .where(_correction.c.line_key.in_(some), _correction.c.undone_at.is_(None))
            .order_by(_correction.c.line_key, _correction.c.id)
        ).mappings()
        for row in rows:
            found.setdefault(row["line_key"], []).append(row)
    return {key: _combined(key, rows) for key, rows in found.items()}


def decide(
    store: Store,
    *,
    kind: Kind,
    by: str,
    line_key: str | None = None,
    entry_id: str | None = None,
    track: str | Credit | TrackRecord | None = None,
) -> CorrectionResult:
    """File a person's decision about a line and apply it to every entry that says the same.

    An assigned track that only calls one artist of the line differently makes the two names aliases.

    Args:
        store: the store.
        kind: ``assign`` (it is this track), ``reject`` (it is none of what was offered),
            ``is_id`` (nobody knows), ``not_a_track``.
        by: who decided.
        line_key: the line, or
        entry_id: an entry of it.
        track: for ``assign``: a library track's id, or a credit or record to find or add.

    Raises:
        BadInput: no such entry or track, or ``assign`` without a track.
    """
    with store.write() as tx:
        key = line_key or line_key_of(tx.connection, entry_id)
        track_id = _assigned(tx, track) if kind == "assign" else None
        payload: dict[str, Any] = {"replaced": _set_aside(tx, key)}
        if kind == "reject":
            payload["rejected"] = _offered(tx, key)
        correction_id = new_id()
        tx.connection.execute(
            sa.insert(_correction),
            {
                "id": correction_id,
                "line_key": key,
                "kind": kind,
                "library_track_id": track_id,
                "payload": payload,
                "decided_by": by,
                "decided_at": tx.now,
                "revision": tx.revision,
            },
        )
        entries = _apply(tx, key)
        if track_id is not None:
            alias_of_correction(tx, correction_id, key, track_id, by)
        return CorrectionResult(correction_id, key, kind, entries, track_id)


def undo(store: Store, *, correction_id: str | None = None, line_key: str | None = None) -> CorrectionResult:
    """Take back a correction, by default the last one of the line; the one it replaced holds again.

    Entries that nothing holds for any more are pending: the next run looks them up.

    Raises:
        BadInput: there is no such correction, or it was taken back already.
    """
    with store.write() as tx:
        query = sa.select(_correction).where(_correction.c.undone_at.is_(None))
        if correction_id is not None:
            query = query.where(_correction.c.id == correction_id)
        else:
            query = query.where(_correction.c.line_key == line_key)
        row = tx.connection.execute(query.order_by(_correction.c.id.desc()).limit(1)).mappings().first()
        if row is None:
            raise BadInput("there is no correction to take back: `mixtrove review list --decided` shows them")
        _set(tx, [row["id"]], undone_at=tx.now)
        _set(tx, row["payload"].get("replaced", []), undone_at=None)
        forget_aliases_of(tx, row["id"])
        entries = _apply(tx, row["line_key"])
        return CorrectionResult(row["id"], row["line_key"], row["kind"], entries, row["library_track_id"])


def rejected_tracks(
    connection: sa.Connection, corrections: Mapping[str, LineCorrection]
) -> dict[str, frozenset[str]]:
    """By line key, the library tracks that a person said the line is not, also as a recording elsewhere."""
    known = schema.external_id
    found: dict[str, frozenset[str]] = {}
    for key, correction in corrections.items():
        tracks = {number for source, number in correction.rejected if source == "library"}
        for source, number in correction.rejected:
            if source != "library":
                provider, own = external_id_of(source, number)
                tracks.update(
                    connection.execute(
                        sa.select(known.c.library_track_id).where(
                            known.c.provider == provider, known.c.external_id == own
                        )
                    ).scalars()
                )
        found[key] = frozenset(tracks)
    return found


def _combined(key: str, rows: Sequence[sa.RowMapping]) -> LineCorrection:
    rejected = frozenset(
        (one["source"], one["candidate_id"]) for row in rows for one in row["payload"].get("rejected", ())
    )
    last: Mapping[str, Any] | None = None
    for row in rows:
        last = row if row["kind"] != "reject" else last  # type: ignore[assignment]
    if last is None:
        return LineCorrection(key, None, None, None, rejected)
    return LineCorrection(key, last["kind"], last["library_track_id"], last["decided_by"], rejected)


def line_key_of(connection: sa.Connection, entry_id: str | None) -> str:
    """The line key that decisions about an entry are filed under.

    Raises:
        BadInput: there is no such entry.
    """
    key = connection.execute(sa.select(_entry.c.line_key).where(_entry.c.id == entry_id)).scalar()
    if key is None:
        raise BadInput(f"there is no entry {entry_id!r}: `mixtrove review list` shows them")
    return str(key)


def _assigned(tx: Transaction, track: str | Credit | TrackRecord | None) -> str:
    if isinstance(track, TrackRecord):
        track_id = find_or_create_track(tx, track.credit, external_ids=(track.external_id,))
        if track.facts is not None:
            learn(tx, track_id, (track.facts,))
        return track_id
    if isinstance(track, Credit):
        return find_or_create_track(tx, track)
    table = schema.library_track
    row = tx.connection.execute(
        sa.select(table).where(table.c.id == track)
    ).mappings().first()  # fmt: skip
    if row is None:
        raise BadInput(f"there is no track {track!r}: `mixtrove library list` shows them")
    if row["provisional"]:  # the person knows it to be right as it is written
        return find_or_create_track(tx, credits.credit_of_track(row))
    return str(row["id"])


def _set_aside(tx: Transaction, key: str) -> list[str]:
    """Earlier decisions about the line give way to a new one; rejections of candidates stay."""
    ids = list(
        tx.connection.execute(
            sa.select(_correction.c.id).where(
                _correction.c.line_key == key,
                _correction.c.kind != "reject",
                _correction.c.undone_at.is_(None),
            )
        ).scalars()
    )
    _set(tx, ids, undone_at=tx.now)
    return ids


def _set(tx: Transaction, ids: Sequence[str], **values: Any) -> None:
    if ids:
        tx.connection.execute(
            sa.update(_correction).where(_correction.c.id.in_(ids)).values(**values, revision=tx.revision)
        )


def _offered(tx: Transaction, key: str) -> list[dict[str, str]]:
    """Everything that was offered for the line so far, and the track it is linked to."""
    candidate, play = schema.entry_candidate, schema.track_discovery
    track = schema.library_track
    offered: set[tuple[str, str]] = {
        (row.source, row.candidate_id)
        for row in tx.connection.execute(
            sa.select(candidate.c.source, candidate.c.candidate_id)
            .join(_entry, _entry.c.id == candidate.c.entry_id)
            .where(_entry.c.line_key == key)
        )
    }
    linked = (
        sa.select(track.c.id)
        .join(play, play.c.library_track_id == track.c.id)
        .join(_entry, _entry.c.id == play.c.entry_id)
        .where(_entry.c.line_key == key, ~track.c.provisional)
    )
    ids = set(tx.connection.execute(linked).scalars())
    offered |= {("library", one) for one in ids}
    known = schema.external_id
    prefixed = tx.connection.execute(
        sa.select(known.c.provider, known.c.external_id).where(known.c.library_track_id.in_(ids))
    ).all()
    for provider, external in prefixed:
        own = external if provider == "catalogue" else f"{provider}:{external}"
        offered.add(("catalogue", own))
    return [{"source": source, "candidate_id": number} for source, number in sorted(offered)]


def _apply(tx: Transaction, key: str) -> int:
    """Bring every entry with this line key to what holds for it now; returns how many there are."""
    holds = corrections_for(tx.connection, [key]).get(key)
    rows = (
        tx.connection.execute(sa.select(_entry).where(_entry.c.line_key == key).order_by(_entry.c.id))
        .mappings()
        .all()
    )
    decisions = [_decision(holds, row) for row in rows]
    # a run that read these entries before must not write over what a person says now
    for some in chunks(row["id"] for row in rows):
        tx.connection.execute(sa.update(_entry).where(_entry.c.id.in_(some)).values(revision=tx.revision))
    for at in range(0, len(decisions), CHUNK):
        write_chunk(tx, decisions[at : at + CHUNK], by_person=True)
    if holds is None:  # to be looked up again
        open_again = [one.entry_id for one in decisions if one.status != "skipped"]
        for some in chunks(open_again):
            tx.connection.execute(
                sa.update(_entry)
                .where(_entry.c.id.in_(some))
                .values(status="pending", catalogue=None, revision=tx.revision)
            )
    return len(rows)


def _decision(holds: LineCorrection | None, row: sa.RowMapping) -> EntryDecision:
    fixed = holds.decision(row["id"], catalogue=row["catalogue"]) if holds else None
    if fixed is not None:
        return fixed
    if wholly_unknown(credits.credit_of_entry(row)):
        return EntryDecision(row["id"], "skipped", skip_reason=UNKNOWN_TRACK)
    reason = "what was offered was rejected" if holds else "a correction was taken back"
    return EntryDecision(
        entry_id=row["id"],
        status="provisional",
        method="library",
        reasons=(reason,),
        catalogue=row["catalogue"],
    )
