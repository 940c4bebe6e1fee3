"""Which library tracks are meant: filters, and what they are in SQL.

Lists, exports and every other caller ask with the same ``TrackFilter``. What a filter compares is what is
shown (``track_records.py``): the column, else what a provider says of the track. Not here: orders and pages
(``track_search.py``).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.musical_key import MusicalKey, spellings
from mixtrove.library.track_columns import PERSON
from mixtrove.library.track_identity import PROVISIONAL_PREFIX
from mixtrove.library.track_records import is_live
from mixtrove.matching import normal_form

_track = schema.library_track
_attribute = schema.track_attribute
_discovery = schema.track_discovery
_tracklist = schema.tracklist
_WRITTEN = sa.cast(_attribute.c.value, sa.Text)
_Condition = sa.ColumnElement[bool]
_SPECIAL = re.compile(r"[%_/]")  # in a LIKE


@dataclass(frozen=True, slots=True)
class TrackFilter:
    """Which tracks are meant; all of them by default. Every field that is set must hold.

    Texts are parts of a name, in any case. Names that are spelled with marks are also found without them.
    """

    words: str = ""  # each occurs in artist, title, version or label
    artist: str | None = None
    title: str | None = None  # or version
    label: str | None = None
    genre: str | None = None
    discovered_after: date | None = None  # entered the library on this day or later, UTC
    discovered_before: date | None = None  # or before this day
    bpm_from: float | None = None
    bpm_to: float | None = None
    keys: frozenset[MusicalKey] = frozenset()  # one of these; empty: any or none
    heard: int = 0  # at least so many plays
    provisional: bool | None = None
    dj: str | None = None  # played by somebody with this in the name
    tracklist_id: str | None = None  # heard there
    new_in: str | None = None  # a tracklist: heard there before anywhere else
    owned: bool | None = None  # a file of the collection is this track
    wanted_by: str | None = None  # a user: on their want list, not bought

    @property
    def names_a_text(self) -> bool:
        """Whether tracks are looked for by a part of a name."""
        return any((self.words, self.artist, self.title, self.label, self.genre, self.dj))


def conditions(connection: sa.Connection, which: TrackFilter) -> list[sa.ColumnElement[bool]]:
    """What must hold of a row of ``library_track``; nothing for all of them."""
    said = _Said(connection)
    found = [_named(said, word) for word in which.words.split()]
    if which.artist:
        spelled = _spelled(which.artist, behind="%|", before="|%|%")
        found.append(said.contains(_track.c.artist, which.artist) | spelled)
    if which.title:
        found.append(
            said.contains(_track.c.title, which.title)
            | said.contains(_track.c.remix, which.title)
            | _spelled(which.title, before="|%|%|%")
        )
    found += [
        said.is_part(name, text) for name, text in (("label", which.label), ("genre", which.genre)) if text
    ]
    if which.keys:
        found.append(said.is_one_of("key", spellings(which.keys)))
    if which.bpm_from is not None or which.bpm_to is not None:
        found.append(said.is_between("bpm", which.bpm_from or 1.0, which.bpm_to or math.inf))
    if which.discovered_after is not None:
        found.append(_track.c.first_discovered >= _midnight(which.discovered_after))
    if which.discovered_before is not None:
        found.append(_track.c.first_discovered < _midnight(which.discovered_before))
    if which.heard:
        found.append(_track.c.discovery_count >= which.heard)
    if which.provisional is not None:
        found.append(_track.c.provisional if which.provisional else ~_track.c.provisional)
    return [*found, *_related(said, which)]


def _related(said: _Said, which: TrackFilter) -> Iterator[_Condition]:
    """What other tables say: plays, files, wants."""
    plays = sa.select(_discovery.c.library_track_id).where(_discovery.c.library_track_id.is_not(None))
    if which.dj:
        mixes = plays.join(_tracklist, _tracklist.c.id == _discovery.c.tracklist_id)
        yield _track.c.id.in_(mixes.where(said.contains(_tracklist.c.dj, which.dj)))
    for tracklist_id in (which.tracklist_id, which.new_in):
        if tracklist_id is not None:
            yield _track.c.id.in_(plays.where(_discovery.c.tracklist_id == tracklist_id))
    if which.new_in is not None:
        yield _track.c.discovered_from == which.new_in
    if which.owned is not None:
        owned = sa.exists().where(schema.owned_track.c.library_track_id == _track.c.id)
        yield owned if which.owned else ~owned
    if which.wanted_by is not None:
        want = schema.want
        yield sa.exists().where(
            want.c.library_track_id == _track.c.id,
            want.c.user == which.wanted_by,
            want.c.status != "purchased",
        )


def _named(said: _Said, word: str) -> _Condition:
    columns = (_track.c.artist, _track.c.title, _track.c.remix)
    return sa.or_(
        *(said.contains(column, word) for column in columns),
        said.contains(_track.c.label, word),  # who names a label lets the library keep it in the column
        _spelled(word),
    )


class _Said:
    """Conditions on what is shown of a track: its column, else what the first provider by name says.

    What a person emptied is shown empty, and what a provider's terms let nobody show any longer is not shown.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._postgres = connection.dialect.name == "postgresql"
        self._now = datetime.now(UTC)

    def contains(self, value: sa.ColumnElement[Any], text: str) -> _Condition:
        """Whether the text is a part, in any case. SQLite's LIKE knows no case of ASCII by itself."""
        if self._postgres:
            held: _Condition = value.icontains(text, autoescape=True)
        else:
            held = value.contains(text, autoescape=True)
        return held

    def is_part(self, name: str, text: str) -> _Condition:
        """Whether the text is a part of what is shown."""
        in_json = self._stored(text)[1:-1]
        return self._shown(name, self.contains(_track.c[name], text), self.contains(_WRITTEN, in_json))

    def is_one_of(self, name: str, texts: Sequence[str]) -> _Condition:
        """Whether the text that is shown is one of these."""
        return self._shown(name, _track.c[name].in_(texts), _WRITTEN.in_(map(self._stored, texts)))

    def is_between(self, name: str, low: float, high: float) -> _Condition:
        """Whether the number that is shown is one of these."""
        number = sa.cast(_WRITTEN, sa.Float)
        if self._postgres:
            is_number = sa.func.jsonb_typeof(_attribute.c.value) == "number"
            number = sa.cast(sa.case((is_number, _WRITTEN), else_=None), sa.Float)
        return self._shown(name, _track.c[name].between(low, high), number.between(low, high))

    def _stored(self, text: str) -> str:
        """A text as the database has it in JSON: comparing that is faster than reading JSON."""
        return json.dumps(text, ensure_ascii=not self._postgres)

    def _shown(self, name: str, of_column: _Condition, of_attribute: _Condition) -> _Condition:
        other = _attribute.alias()
        better = sa.exists().where(
            other.c.library_track_id == _attribute.c.library_track_id,
            other.c.name == name,
            (other.c.provider < _attribute.c.provider) | (other.c.provider == PERSON),
            is_live(self._now, other),
        )
        said = sa.select(_attribute.c.library_track_id).where(
            _attribute.c.name == name, is_live(self._now), of_attribute, ~better
        )
        return of_column | (_track.c[name].is_(None) & _track.c.id.in_(said))


def _spelled(text: str, *, behind: str = "", before: str = "") -> _Condition:
    """Whether every word of the text's normal form is in the identity key, between other parts of it.

    The key is ``title|artists|remixers|kind`` without marks and case, titles without spaces too.
    """
    whole = _track.c.identity_key
    own = sa.case((_track.c.provisional, sa.func.substr(whole, len(PROVISIONAL_PREFIX) + 1)), else_=whole)
    words = [_SPECIAL.sub(r"/\g<0>", word) for word in normal_form(text).split()]
    if not words:
        return sa.false()
    return sa.and_(
        *(
            (own if word in PROVISIONAL_PREFIX else whole).like(f"{behind}%{word}%{before}", escape="/")
            for word in words
        )
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
