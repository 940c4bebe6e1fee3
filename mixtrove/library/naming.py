"""A person says what a track is: the lines that nobody identified get its name, or a wrong name is put right.

Not here: deciding single lines (``line_decisions.py``), edits field by field (``track_corrections.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from mixtrove.errors import BadInput, MixtroveError
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track, shown, version_of_track
from mixtrove.library.discoveries import TrackRecord
from mixtrove.library.line_decisions import LineDecision, decide_together
from mixtrove.library.store import Transaction
from mixtrove.library.track_corrections import check_version, edit_track, track_row
from mixtrove.library.tracks import ExternalId, add_external_ids
from mixtrove.matching import Credit


def identify_track(
    tx: Transaction,
    track_id: str,
    credit: Credit,
    external_ids: Mapping[str, str],
    *,
    by: str,
    expected_version: int | None = None,
) -> tuple[str, int]:
    """Say what a track is; returns the track that it is now, and how many lines were decided.

    A provisional track is the lines that were filed as it: they are assigned what the person says, in all
    mixes. A track that was identified is called so from now on.

    Args:
        tx: the transaction; what is raised leaves nothing of this in it only when it is rolled back.
        track_id: the track.
        credit: what it is.
        external_ids: provider → id, known from now on.
        by: who says so.
        expected_version: refuse when the track was changed since this version was read.

    Raises:
        BadInput: no such track, nothing is left of it, or another one has this name.
        StaleEdit: the track has another version.
        MixtroveError: another track has one of the ids.
    """
    ids = [ExternalId(provider, number) for provider, number in sorted(external_ids.items())]
    row = track_row(tx.connection, track_id)
    named = {"artist": credit.artist, "title": credit.title, "remix": version_of_track(credit)}
    if not row["provisional"]:
        edit_track(tx, track_id, named, by=by, expected_version=expected_version)
        _add_ids(tx, track_id, ids)
        return track_id, 0
    check_version(row, expected_version, named)
    lines = _lines_of(tx.connection, track_id)
    if not lines:
        raise BadInput(
            f"track {track_id!r} is heard in no line that could be decided: want what it is instead"
        )
    what: Credit | TrackRecord = credit
    if ids:
        first = ids[0]
        what = TrackRecord(first.provider, f"{first.provider}:{first.external_id}", credit)
    done = decide_together(tx, [LineDecision("assign", line_key=key, track=what) for key in lines], by=by)
    found = str(done[0].library_track_id)
    _add_ids(tx, found, ids)
    return found, sum(one.entries for one in done)


def _add_ids(tx: Transaction, track_id: str, ids: Sequence[ExternalId]) -> None:
    """Note what a person says the ids of a track are, unless another has one of them."""
    add_external_ids(tx, track_id, ids)
    known, track = schema.external_id, schema.library_track
    for one in ids:
        owner = tx.connection.execute(
            sa.select(track)
            .join(known, known.c.library_track_id == track.c.id)
            .where(known.c.provider == one.provider, known.c.external_id == one.external_id)
        ).mappings().one()  # fmt: skip
        if owner["id"] != track_id:
            raise MixtroveError(
                f"{one.provider} {one.external_id} is the id of track {owner['id']} "
                f"({shown(credit_of_track(owner))}): merge the two, or leave the id out"
            )


def _lines_of(connection: sa.Connection, track_id: str) -> list[str]:
    """The line keys of the lines that are this track."""
    entry, play = schema.tracklist_entry, schema.track_discovery
    query = (
        sa.select(entry.c.line_key)
        .join(play, play.c.entry_id == entry.c.id)
        .where(play.c.library_track_id == track_id)
        .distinct()
        .order_by(entry.c.line_key)
    )
    return list(connection.execute(query).scalars())
