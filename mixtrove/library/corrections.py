"""What people decided about lines, as a run reads it: filed under the line, replayed in every run.

Not here: deciding (``line_decisions.py``), decisions about tracks (``track_corrections.py``), taking back
(``undoing.py``), corrections as a file (``correction_files.py``), what a run decides (``discoveries.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import EntryDecision, external_id_of
from mixtrove.library.entries import NOT_A_TRACK
from mixtrove.library.track_identity import current_ids, names_of, track_named

Kind = Literal["assign", "reject", "is_id", "unreleased", "not_a_track"]
"""What a person says of a line."""

BY_NAME = "identity"
"""The source of a rejected track by its identity key: it holds in every library."""

_SKIPPED = {"is_id": "an ID nobody knows", "not_a_track": NOT_A_TRACK}
_correction = schema.correction


@dataclass(frozen=True, slots=True)
class LineCorrection:
    """All that people decided about one line: at most one decision, and what it is not."""

    line_key: str
    kind: Literal["assign", "is_id", "unreleased", "not_a_track"] | None  # None: only rejections
    library_track_id: str | None  # for assign
    decided_by: str | None
    rejected: frozenset[tuple[str, str]] = field(default=frozenset())  # (source, candidate id)

    def decision(self, entry_id: str, *, catalogue: str | None = None) -> EntryDecision | None:
        """The decision for an entry with this line; None when a run has to find one.

        What is unreleased is for a run to find, once it is out.
        """
        if self.kind is None or self.kind == "unreleased":
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


def rejected_tracks(
    connection: sa.Connection, corrections: Mapping[str, LineCorrection]
) -> dict[str, frozenset[str]]:
    """By line key, the library tracks that a person said the line is not, also as a recording elsewhere.

    They are told by their ids and by every identity key that would lead to them.
    """
    known = schema.external_id
    ids: dict[str, set[str]] = {}
    names: dict[str, set[str]] = {}
    for key, correction in corrections.items():
        own = current_ids(connection, (one for source, one in correction.rejected if source == "library"))
        tracks = set(own.values())
        for source, number in correction.rejected:
            if source == BY_NAME:
                names.setdefault(key, set()).add(number)
                named = track_named(connection, number)
                tracks |= {named["id"]} if named is not None else set()
            elif source != "library":
                provider, external = external_id_of(source, number)
                tracks.update(
                    connection.execute(
                        sa.select(known.c.library_track_id).where(
                            known.c.provider == provider, known.c.external_id == external
                        )
                    ).scalars()
                )
        ids[key] = tracks
    named_as = names_of(connection, {one for tracks in ids.values() for one in tracks})
    return {
        key: frozenset(
            {*tracks, *names.get(key, ()), *(name for one in tracks for name in named_as.get(one, ()))}
        )
        for key, tracks in ids.items()
    }


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
