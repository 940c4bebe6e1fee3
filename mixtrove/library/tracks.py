"""Library tracks: one row a version of a track, found or made.

``Tracks`` looks up many at once and writes them together. Everything here works inside a transaction of the
caller. What is derived from plays is ``derived.py``, which track a name stands for ``track_identity.py``,
merging ``merging.py``; lists and single tracks are ``track_records.py``, edits by a person
``track_corrections.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mixtrove.database.bulk import among, insert_rows
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track, shown_artist, version_of_track
from mixtrove.library.deletion import chunks
from mixtrove.library.store import Transaction, new_id, upsert
from mixtrove.library.track_columns import COLUMNS, empty_columns, set_by_people, write_columns
from mixtrove.library.track_identity import PROVISIONAL_PREFIX, ids_of_names
from mixtrove.library.track_pairs import alike, note_shared_id
from mixtrove.matching import Credit, identity_key, line_key

_track = schema.library_track
_known = schema.external_id


@dataclass(frozen=True, slots=True)
class ExternalId:
    """The id of a recording at a provider or in a catalogue."""

    provider: str
    external_id: str
    cut: str | None = None  # original, extended or radio; None when unknown
    url: str | None = None


ISRC = "isrc"
"""The provider of a recording's ISRC: one belongs to one track, like every other id."""


class Tracks:
    """The tracks of one transaction: what is asked about is read once, what is new is kept until ``write``.

    In between nothing else may write tracks or their ids; ``forget`` lets it.
    """

    def __init__(self, tx: Transaction) -> None:
        """Nothing is read yet."""
        self._tx = tx
        self.added = 0
        self.provisional_added = 0  # of these
        self.forget()

    def forget(self) -> None:
        """Read everything anew from now on; what was not written yet is gone."""
        self._names: dict[str, dict[str, str]] = {}  # identity key → disambiguator → track
        self._owners: dict[tuple[str, str], Mapping[Any, Any] | None] = {}  # external id → its row
        self._rows: dict[str, Mapping[Any, Any]] = {}  # tracks as they are by now
        self._by_people: dict[str, set[str]] = {}  # columns of the tracks that were asked about
        self._new: dict[str, dict[str, Any]] = {}
        self._filled: dict[str, dict[str, Any]] = defaultdict(dict)
        self._new_ids: dict[tuple[str, str], dict[str, Any]] = {}
        self._shared: list[tuple[str, str, str]] = []

    def look_up(self, names: Iterable[str], ids: Iterable[ExternalId]) -> None:
        """Read in a few statements what there is under these identity keys and ids."""
        new = {name for name in names if name not in self._names}
        asked: dict[str, set[str]] = defaultdict(set)
        for one in ids:
            if (one.provider, one.external_id) not in self._owners:
                asked[one.provider].add(one.external_id)
        if not new and not asked:
            return
        connection = self._tx.connection
        self._names |= {name: {} for name in new}
        for name, disambiguator, track_id in ids_of_names(connection, new):
            self._names[name].setdefault(disambiguator, track_id)
        tracks = {one for name in new for one in self._names[name].values()}
        for provider, numbers in asked.items():
            self._owners |= {(provider, number): None for number in numbers}
            for some in chunks(numbers):
                rows = connection.execute(
                    sa.select(_known).where(
                        _known.c.provider == provider,
                        among(connection.dialect.name, _known.c.external_id, some),
                    )
                ).mappings()
                for row in rows:
                    self._owners[provider, row["external_id"]] = row
                    tracks.add(row["library_track_id"])
        for some in chunks(tracks - self._rows.keys()):
            rows = connection.execute(
                sa.select(_track).where(among(connection.dialect.name, _track.c.id, some))
            ).mappings()
            self._rows |= {row["id"]: row for row in rows}

    def find_or_create(
        self,
        credit: Credit,
        ids: Sequence[ExternalId] = (),
        *,
        disambiguator: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> str:
        """See ``find_or_create_track``; ``values`` are columns beside those that the credit tells."""
        ids = [*ids, *isrc_ids([credit.isrc] if credit.isrc else ())]
        identity = identity_key(credit)
        self.look_up([identity], ids)
        track_id = self._by_external_id(credit, identity, ids) or self._names[identity].get(disambiguator)
        said = {
            "label": credit.label,
            "catalog_number": credit.catalog_number,
            "release_date": f"{credit.year:04d}" if credit.year else None,
            "duration": credit.duration,
            "isrcs": [credit.isrc] if credit.isrc else [],
            **{name: value for name, value in (values or {}).items() if value},
        }
        if track_id is None:
            track_id = self._create(credit, identity, disambiguator, False, said)
        else:
            self._fill(track_id, said)
        self.add_ids(track_id, ids)
        return track_id

    def provisional(self, credit: Credit, filed_under: str) -> str:
        """See ``provisional_track``."""
        identity = PROVISIONAL_PREFIX + filed_under
        self.look_up([identity], ())
        said = {"label": credit.label, "catalog_number": credit.catalog_number}
        return self._names[identity].get("") or self._create(credit, identity, "", True, said)

    def add_ids(self, track_id: str, ids: Sequence[ExternalId]) -> None:
        """See ``add_external_ids``."""
        self.look_up((), ids)
        for one in ids:
            place = one.provider, one.external_id
            owner = self._owners[place]
            if owner is not None and owner["library_track_id"] != track_id:
                name = "ISRC" if one.provider == ISRC else f"the id of {one.provider}"
                self._shared.append((owner["library_track_id"], track_id, f"{name} {one.external_id}"))
                continue
            row = {
                "provider": one.provider,
                "external_id": one.external_id,
                "library_track_id": track_id,
                "cut": one.cut or (owner["cut"] if owner else None),
                "url": one.url or (owner["url"] if owner else None),
            }
            if owner is None or (owner["cut"], owner["url"]) != (row["cut"], row["url"]):
                self._owners[place] = self._new_ids[place] = row

    def write(self) -> None:
        """Write what is new."""
        insert_rows(self._tx.connection, _track, list(self._new.values()))
        for track_id, values in self._filled.items():
            write_columns(self._tx, track_id, values)
        upsert(self._tx, _known, list(self._new_ids.values()), on=("provider", "external_id"))
        for first, second, shared in self._shared:
            note_shared_id(self._tx, first, second, shared)
        self.added += len(self._new)
        self.provisional_added += sum(row["provisional"] for row in self._new.values())
        for written in (self._new, self._filled, self._new_ids, self._shared):
            written.clear()

    def _by_external_id(self, credit: Credit, identity: str, ids: Sequence[ExternalId]) -> str | None:
        """The first track that has one of the ids and agrees in its text; by an ISRC only the same."""
        for one in ids:
            owner = self._owners[one.provider, one.external_id]
            if owner is None:
                continue
            track_id = str(owner["library_track_id"])
            if self._names[identity].get("") == track_id:
                return track_id
            decision, _, _ = alike(credit_of_track(self._rows[track_id]), credit)
            if decision == "same" or (decision == "unsure" and one.provider != ISRC):
                return track_id
        return None

    def _fill(self, track_id: str, values: Mapping[str, Any]) -> None:
        empty = empty_columns(self._rows[track_id], values)
        if not empty:
            return
        if track_id not in self._by_people:
            asked = self._rows.keys() - self._by_people.keys()
            found = set_by_people(self._tx.connection, asked)
            self._by_people |= {one: found.get(one, set()) for one in asked}
        empty = {name: value for name, value in empty.items() if name not in self._by_people[track_id]}
        if track_id in self._new:
            self._new[track_id].update(empty)
        elif empty:
            self._filled[track_id].update(empty)
            self._rows[track_id] = {**self._rows[track_id], **empty}

    def _create(
        self, credit: Credit, identity: str, disambiguator: str, provisional: bool, values: dict[str, Any]
    ) -> str:
        track_id = new_id()
        self._new[track_id] = self._rows[track_id] = {
            **dict.fromkeys(COLUMNS),
            "isrcs": [],
            **values,
            "id": track_id,
            "artist": shown_artist(credit),
            "title": credit.title or "ID",
            "remix": credit.version if provisional else version_of_track(credit),
            "identity_key": identity,
            "disambiguator": disambiguator,
            "provisional": provisional,
            "created_at": self._tx.now,
            "updated_at": self._tx.now,
            "revision": self._tx.revision,
        }
        self._names[identity][disambiguator] = track_id
        return track_id


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
    tracks = Tracks(tx)
    values = {"release_date": release_date, "genre": genre, "bpm": bpm, "key": key}
    track_id = tracks.find_or_create(credit, external_ids, disambiguator=disambiguator, values=values)
    tracks.write()
    return track_id


def provisional_track(tx: Transaction, credit: Credit, *, filed_under: str | None = None) -> str:
    """The id of the provisional track of a line nobody could identify yet; made when there is none.

    Args:
        tx: the transaction.
        credit: what the line says.
        filed_under: the line key of the entry; the credit's own when None.
    """
    tracks = Tracks(tx)
    track_id = tracks.provisional(credit, filed_under or line_key(credit))
    tracks.write()
    return track_id


def isrc_ids(isrcs: Iterable[str]) -> list[ExternalId]:
    """ISRCs as ids."""
    return [ExternalId(ISRC, one) for one in isrcs]


def add_external_ids(tx: Transaction, track_id: str, ids: Sequence[ExternalId]) -> None:
    """Note the ids of a track. One that another track has stays there: the two are one track, or disagree."""
    tracks = Tracks(tx)
    tracks.add_ids(track_id, ids)
    tracks.write()
