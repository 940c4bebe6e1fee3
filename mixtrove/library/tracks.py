"""Library tracks: one row a version of a track, found or made.

Everything here works inside a transaction of the caller. What is derived from plays is ``derived.py``, which
track a name stands for ``track_identity.py``, merging ``merging.py``; lists and single tracks are
``track_records.py``, edits by a person ``track_corrections.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track, shown_artist, version_of_track
from mixtrove.library.store import Transaction, new_id, upsert
from mixtrove.library.track_columns import fill_columns
from mixtrove.library.track_identity import track_named
from mixtrove.library.track_pairs import alike, note_shared_id
from mixtrove.matching import Credit, identity_key, line_key

PROVISIONAL_PREFIX = "line:"
"""Before the line key in the identity key of a provisional track: it can never equal a real one."""

_track = schema.library_track


@dataclass(frozen=True, slots=True)
class ExternalId:
    """The id of a recording at a provider or in a catalogue."""

    provider: str
    external_id: str
    cut: str | None = None  # original, extended or radio; None when unknown
    url: str | None = None


ISRC = "isrc"
"""The provider of a recording's ISRC: one belongs to one track, like every other id."""


def find_or_create_track(
    tx: Transaction,
    credit: Credit,
    *,
    external_ids: Sequence[ExternalId] = (),
    disambiguator: str = "",
    release_date: str | None = None,
    genre: str | None = None,
    bpm: float | None = None,
    key: str | None = None,
) -> str:
    """The id of the library track that this credit is; made when there is none.

    A track that has one of the ids (or the ISRC) is the one, if its text agrees; else the track with the same
    identity key, now or before a merge or an edit. A shared id with another text is kept for people to see.
    Columns that are empty are filled, others stay as they are; new external ids are added.

    Args:
        tx: the transaction.
        credit: who, what and which version.
        external_ids: ids of this recording; one that another track has stays there.
        disambiguator: tells two tracks with the same identity apart (two different ``Untitled``).
        release_date: YYYY, YYYY-MM or YYYY-MM-DD; the credit's year when it is None.
        genre: as the source spells it.
        bpm: beats a minute.
        key: musical key, as the source spells it.
    """
    ids = [*external_ids, *isrc_ids([credit.isrc] if credit.isrc else ())]
    found = _by_external_id(tx, credit, ids) or track_named(
        tx.connection, identity_key(credit), disambiguator
    )
    values = {
        "label": credit.label,
        "catalog_number": credit.catalog_number,
        "release_date": release_date or (f"{credit.year:04d}" if credit.year else None),
        "genre": genre,
        "bpm": bpm,
        "key": key,
        "duration": credit.duration,
        "isrcs": [credit.isrc] if credit.isrc else [],
    }
    if found is None:
        track_id = _create(tx, credit, identity_key(credit), disambiguator, False, values)
    else:
        track_id = found["id"]
        fill_columns(tx, found, values)
    add_external_ids(tx, track_id, ids)
    return track_id


def provisional_track(tx: Transaction, credit: Credit, *, filed_under: str | None = None) -> str:
    """The id of the provisional track of a line nobody could identify yet; made when there is none.

    Args:
        tx: the transaction.
        credit: what the line says.
        filed_under: the line key of the entry; the credit's own when None.
    """
    identity = PROVISIONAL_PREFIX + (filed_under or line_key(credit))
    found = track_named(tx.connection, identity)
    if found is not None:
        return str(found["id"])
    values: dict[str, Any] = {
        "label": credit.label,
        "catalog_number": credit.catalog_number,
        "isrcs": [],
    }
    return _create(tx, credit, identity, "", True, values)


def _create(
    tx: Transaction,
    credit: Credit,
    identity: str,
    disambiguator: str,
    provisional: bool,
    values: dict[str, Any],
) -> str:
    track_id = new_id()
    tx.connection.execute(
        sa.insert(_track),
        {
            "id": track_id,
            "artist": shown_artist(credit),
            "title": credit.title or "ID",
            "remix": credit.version if provisional else version_of_track(credit),
            "identity_key": identity,
            "disambiguator": disambiguator,
            "provisional": provisional,
            "created_at": tx.now,
            "updated_at": tx.now,
            "revision": tx.revision,
            **values,
        },
    )
    return track_id


def _by_external_id(tx: Transaction, credit: Credit, ids: Sequence[ExternalId]) -> sa.RowMapping | None:
    """The first track that has one of the ids and whose text agrees; by an ISRC only if it is the same."""
    known = schema.external_id
    for one in ids:
        row = (
            tx.connection.execute(
                sa.select(_track)
                .join(known, known.c.library_track_id == _track.c.id)
                .where(known.c.provider == one.provider, known.c.external_id == one.external_id)
            )
            .mappings()
            .one_or_none()
        )
        if row is None:
            continue
        named = track_named(tx.connection, identity_key(credit))
        if named is not None and named["id"] == row["id"]:
            return row
        decision, _, _ = alike(credit_of_track(row), credit)
        if decision == "same" or (decision == "unsure" and one.provider != ISRC):
            return row
    return None


def isrc_ids(isrcs: Iterable[str]) -> list[ExternalId]:
    """ISRCs as ids."""
    return [ExternalId(ISRC, one) for one in isrcs]


def add_external_ids(tx: Transaction, track_id: str, ids: Sequence[ExternalId]) -> None:
    """Note the ids of a track. One that another track has stays there: the two are one track, or disagree."""
    known = schema.external_id
    for one in ids:
        owner = tx.connection.execute(
            sa.select(known.c.library_track_id, known.c.cut, known.c.url).where(
                known.c.provider == one.provider, known.c.external_id == one.external_id
            )
        ).one_or_none()
        if owner is not None and owner.library_track_id != track_id:
            name = "ISRC" if one.provider == ISRC else f"the id of {one.provider}"
            note_shared_id(tx, owner.library_track_id, track_id, f"{name} {one.external_id}")
            continue
        row = {
            "provider": one.provider,
            "external_id": one.external_id,
            "library_track_id": track_id,
            "cut": one.cut or (owner.cut if owner else None),
            "url": one.url or (owner.url if owner else None),
        }
        if owner is None or (owner.cut, owner.url) != (row["cut"], row["url"]):
            upsert(tx, known, [row], on=("provider", "external_id"))
