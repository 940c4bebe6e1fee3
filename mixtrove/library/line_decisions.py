"""A person decides what lines are: filed as a correction and applied at once to every mix.

Not here: what a run reads of it (``corrections.py``), decisions about tracks (``track_corrections.py``),
taking back (``undoing.py``), how the queue is shown (``review_queue.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput, NotFound
from mixtrove.library import credits, schema
from mixtrove.library.aliases import alias_of_correction
from mixtrove.library.correction_records import CorrectionRecord, holding_decision
from mixtrove.library.corrections import BY_NAME, Kind, LineCorrection, corrections_for
from mixtrove.library.deletion import chunks
from mixtrove.library.derived import remove_orphans
from mixtrove.library.discoveries import (
    CHUNK,
    Candidate,
    EntryDecision,
    TrackRecord,
    recorded_track,
    write_chunk,
)
from mixtrove.library.entries import UNKNOWN_TRACK, wholly_unknown
from mixtrove.library.giving_way import part, set_aside, take_in
from mixtrove.library.lookup import short_id
from mixtrove.library.review_queue import candidates_of
from mixtrove.library.store import Store, Transaction, new_id, write_in_turns
from mixtrove.library.track_identity import current_id, track_named
from mixtrove.library.tracks import find_or_create_track
from mixtrove.matching import Credit, identity_key

_correction = schema.correction
_entry = schema.tracklist_entry


@dataclass(frozen=True, slots=True)
class CorrectionResult:
    """What a correction did."""

    correction_id: str
    line_key: str
    kind: str
    entries: int  # entries in all mixes that say the same
    library_track_id: str | None
    wanted_unheard: tuple[str, ...] = ()  # open wants for what the line was, and that is heard nowhere now


@dataclass(frozen=True, slots=True)
class LineDecision:
    """What a person says about a line, named by its key or by an entry of it."""

    kind: Kind
    line_key: str | None = None
    entry_id: str | None = None
    track: str | Credit | TrackRecord | None = None  # for assign: an id, or what to find or add


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
        kind: ``assign`` (it is this track), ``reject`` (it is none of what was offered), ``is_id`` (nobody
            knows), ``unreleased`` (not out yet: providers are asked again until it is), ``not_a_track``.
        by: who decided.
        line_key: the line, or
        entry_id: an entry of it.
        track: for ``assign``: a library track's id, or a credit or record to find or add.

    Raises:
        BadInput: no such entry or track, ``assign`` without a track, or just this was decided before.
    """
    [done] = decide_many(store, [LineDecision(kind, line_key, entry_id, track)], by=by)
    return done


def decide_many(
    store: Store,
    decisions: Sequence[LineDecision],
    *,
    by: str,
    progress: Callable[[int, int], None] | None = None,
) -> list[CorrectionResult]:
    """File several decisions; they can be taken back together. See ``decide``.

    All are looked at before the first is filed: one that cannot be used stops them all.

    Args:
        store: the store.
        decisions: about different lines.
        by: who decided.
        progress: is told how many of how many are done.

    Raises:
        BadInput: one cannot be used; nothing was filed, or, when it could be used a moment ago, those before
            it: the text says how many and how to take them back.
    """
    with store.read() as connection:
        keys = _looked_at(connection, decisions)
    batch_id = new_id() if len(decisions) > 1 else None
    done: list[CorrectionResult] = []

    def file(tx: Transaction, one: tuple[str, LineDecision]) -> CorrectionResult:
        return file_decision(tx, one[1].kind, one[0], by=by, track=one[1].track, batch_id=batch_id)

    try:
        for some in write_in_turns(store, zip(keys, decisions, strict=True), file):
            done += some
            if progress:
                progress(len(done), len(decisions))
    except BadInput as error:  # what was looked at is gone meanwhile
        if not done:
            raise
        raise BadInput(
            f"{error}; {len(done)} of {len(decisions)} were decided before that: `mixtrove corrections undo "
            f"--together {batch_id}` takes them back"
        ) from error
    return done


def decide_together(tx: Transaction, decisions: Sequence[LineDecision], *, by: str) -> list[CorrectionResult]:
    """File several decisions in the caller's transaction: all or none. For many see ``decide_many``.

    Raises:
        BadInput: one cannot be used.
    """
    keys = _looked_at(tx.connection, decisions)
    batch_id = new_id() if len(decisions) > 1 else None
    return [
        file_decision(tx, one.kind, key, by=by, track=one.track, batch_id=batch_id)
        for key, one in zip(keys, decisions, strict=True)
    ]


def file_decision(
    tx: Transaction,
    kind: Kind,
    line_key: str,
    *,
    by: str,
    track: str | Credit | TrackRecord | None = None,
    batch_id: str | None = None,
    correction_id: str | None = None,
    at: datetime | None = None,
    rejected: Sequence[Mapping[str, str]] = (),
) -> CorrectionResult:
    """File one decision in the caller's transaction and apply it; see ``decide``.

    Args:
        tx: the transaction.
        kind: what was decided.
        line_key: about which line.
        by: who decided.
        track: for ``assign``.
        batch_id: of decisions that belong together.
        correction_id: when it has one already.
        at: when it was decided; now when None.
        rejected: what the line is not, beside what was offered here.
    """
    was = _linked(tx.connection, line_key)
    track_id = _assigned(tx, track) if kind == "assign" else None
    payload: dict[str, Any] = {"replaced": set_aside(tx, line_key)}
    if kind in ("reject", "unreleased"):
        offered = [*_offered(tx, line_key), *rejected]
        payload["rejected"] = [
            dict(one) for one in {tuple(sorted(one.items())): one for one in offered}.values()
        ]
    correction_id = correction_id or new_id()
    tx.connection.execute(
        sa.insert(_correction),
        {
            "id": correction_id,
            "line_key": line_key,
            "kind": kind,
            "library_track_id": track_id,
            "payload": payload,
            "batch_id": batch_id,
            "decided_by": by,
            "decided_at": at or tx.now,
            "revision": tx.revision,
        },
    )
    entries = apply_to_line(tx, line_key)
    if track_id is not None:
        alias_of_correction(tx, correction_id, line_key, track_id, by)
    unheard = _wanted_unheard(tx, was - {track_id})
    return CorrectionResult(correction_id, line_key, kind, entries, track_id, unheard)


def line_key_of(connection: sa.Connection, entry_id: str | None) -> str:
    """The line key that decisions about an entry are filed under.

    Raises:
        BadInput: there is no such entry.
    """
    key = connection.execute(sa.select(_entry.c.line_key).where(_entry.c.id == entry_id)).scalar()
    if key is None:
        raise NotFound("entry", entry_id, seen_in="mixtrove review list")
    return str(key)


def refuse_decided(connection: sa.Connection, line_key: str) -> None:
    """Refuse to accept a candidate for a line that a person said something else, or the same, of before.

    Raises:
        BadInput: it is decided; the text says as what, and how to take that back.
    """
    holds = holding_decision(connection, line_key)
    if holds is not None and holds.kind != "reject":
        raise _decided_already(connection, line_key, holds)


def _looked_at(connection: sa.Connection, decisions: Sequence[LineDecision]) -> list[str]:
    """The line keys of decisions that can all be used; ``BadInput`` when one cannot."""
    keys = [one.line_key or line_key_of(connection, one.entry_id) for one in decisions]
    for one in decisions:
        if one.kind == "assign":
            _check_track(connection, one.track)
    for key, one in zip(keys, decisions, strict=True):
        _refuse_again(connection, key, one)
    if len(set(keys)) < len(keys):
        raise BadInput(
            "one line is decided twice: several of the ids stand for the same line, name each once"
        )
    return keys


def _refuse_again(connection: sa.Connection, key: str, one: LineDecision) -> None:
    holds = holding_decision(connection, key)
    if holds is None or holds.kind != one.kind:
        return
    if one.kind == "assign" and not _is_track(connection, one.track, str(holds.library_track_id)):
        return
    if one.kind == "reject" and (_linked(connection, key) or _candidates(connection, key)):
        return  # there is something new to be rejected
    raise _decided_already(connection, key, holds)


def _decided_already(connection: sa.Connection, key: str, holds: CorrectionRecord) -> BadInput:
    entry_id = connection.execute(
        sa.select(sa.func.min(_entry.c.id)).where(_entry.c.line_key == key)
    ).scalar()
    back = (
        f"corrections undo {short_id(holds.id)}" if entry_id is None else f"review undo {short_id(entry_id)}"
    )
    line = " ".join((holds.about or "this line").split())
    return BadInput(
        f"{line!r} is decided already: it {holds.what}, says {holds.decided_by}; `mixtrove {back}` takes "
        "that back"
    )


def _is_track(connection: sa.Connection, track: str | Credit | TrackRecord | None, track_id: str) -> bool:
    """Whether what a person names is this library track."""
    if isinstance(track, Credit):
        found = track_named(connection, identity_key(track))
        return found is not None and found["id"] == track_id
    if isinstance(track, TrackRecord):
        known, own = schema.external_id, track.external_id
        there = sa.select(known.c.library_track_id).where(
            known.c.provider == own.provider, known.c.external_id == own.external_id
        )
        return connection.execute(there).scalar() == track_id
    return track is not None and current_id(connection, track) == track_id


def _linked(connection: sa.Connection, key: str) -> set[str]:
    """The identified tracks that a line is linked to."""
    play, track = schema.track_discovery, schema.library_track
    return set(
        connection.execute(
            sa.select(track.c.id)
            .join(play, play.c.library_track_id == track.c.id)
            .join(_entry, _entry.c.id == play.c.entry_id)
            .where(_entry.c.line_key == key, ~track.c.provisional)
        ).scalars()
    )


def _wanted_unheard(tx: Transaction, track_ids: Iterable[str]) -> tuple[str, ...]:
    """The open wants for those of these tracks that were heard nowhere (any more)."""
    want, track = schema.want, schema.library_track
    found: list[str] = []
    for some in chunks(track_ids):
        found += tx.connection.execute(
            sa.select(want.c.id)
            .join(track, track.c.id == want.c.library_track_id)
            .where(track.c.id.in_(some), track.c.discovery_count == 0, want.c.status == "wanted")
            .order_by(want.c.id)
        ).scalars()
    return tuple(found)


def apply_to_line(tx: Transaction, key: str) -> int:
    """Bring every entry with this line key to what holds for it now; returns how many there are."""
    holds = corrections_for(tx.connection, [key]).get(key)
    parted = part(tx, key)
    rows = (
        tx.connection.execute(sa.select(_entry).where(_entry.c.line_key == key).order_by(_entry.c.id))
        .mappings()
        .all()
    )
    if holds is not None and holds.kind in (None, "unreleased"):  # whatever was offered, it is not
        offered: Mapping[str, tuple[Candidate, ...]] = {}
    else:  # stays, for the day that this is taken back
        offered = candidates_of(tx.connection, [row["id"] for row in rows])
    decisions = [replace(_decision(holds, row), candidates=offered.get(row["id"], ())) for row in rows]
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
    if holds is not None and holds.library_track_id is not None:
        take_in(tx, key, holds.library_track_id)
    remove_orphans(tx, parted)
    return len(rows)


def _assigned(tx: Transaction, track: str | Credit | TrackRecord | None) -> str:
    if isinstance(track, TrackRecord):
        return recorded_track(tx, track)
    if isinstance(track, Credit):
        return find_or_create_track(tx, track)
    row = _check_track(tx.connection, track)
    if row["provisional"]:  # the person knows it to be right as it is written
        return find_or_create_track(tx, credits.credit_of_track(row))
    return str(row["id"])


def _check_track(connection: sa.Connection, track: object) -> Any:
    """The row of the library track that is meant, None for a recording to find or add."""
    if isinstance(track, Credit | TrackRecord):
        return None
    now = current_id(connection, track) if isinstance(track, str) else None
    if now is None:
        raise NotFound("track", track, seen_in="mixtrove library list")
    table = schema.library_track
    return connection.execute(sa.select(table).where(table.c.id == now)).mappings().one()


def _offered(tx: Transaction, key: str) -> list[dict[str, str]]:
    """Everything that was offered for the line so far, and the track it is linked to."""
    track = schema.library_track
    offered = _candidates(tx.connection, key)
    ids = _linked(tx.connection, key)
    offered |= {("library", one) for one in ids}
    offered |= {
        (BY_NAME, key)
        for key in tx.connection.execute(sa.select(track.c.identity_key).where(track.c.id.in_(ids))).scalars()
    }
    known = schema.external_id
    prefixed = tx.connection.execute(
        sa.select(known.c.provider, known.c.external_id).where(known.c.library_track_id.in_(ids))
    ).all()
    for provider, external in prefixed:
        own = external if provider == "catalogue" else f"{provider}:{external}"
        offered.add(("catalogue", own))
    return [{"source": source, "candidate_id": number} for source, number in sorted(offered)]


def _candidates(connection: sa.Connection, key: str) -> set[tuple[str, str]]:
    """(source, id) of what is offered for a line now."""
    candidate = schema.entry_candidate
    rows = connection.execute(
        sa.select(candidate.c.source, candidate.c.candidate_id)
        .join(_entry, _entry.c.id == candidate.c.entry_id)
        .where(_entry.c.line_key == key)
    )
    return {(row.source, row.candidate_id) for row in rows}


def _decision(holds: LineCorrection | None, row: sa.RowMapping) -> EntryDecision:
    fixed = holds.decision(row["id"], catalogue=row["catalogue"]) if holds else None
    if fixed is not None:
        return fixed
    if wholly_unknown(credits.credit_of_entry(row)):
        return EntryDecision(row["id"], "skipped", skip_reason=UNKNOWN_TRACK)
    reason = "what was decided was taken back: the next `mixtrove discover` looks it up again"
    if holds is not None:
        reason = "not released yet" if holds.kind == "unreleased" else "what was offered was rejected"
    return EntryDecision(
        entry_id=row["id"],
        status="provisional",
        method="library",
        reasons=(reason,),
        catalogue=row["catalogue"],
    )
