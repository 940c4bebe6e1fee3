"""What people said artists are also called: beside the table that comes with mixtrove, used in every run.

An alias is given by name, or follows from a correction that calls one artist of a line differently; then it
goes when the correction is taken back. It changes nothing that a person decided: only lines that are not
certain are looked up again. Not here: what an alias does to a line (``mixtrove.matching.aliases``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_entry, credit_of_track
from mixtrove.library.deletion import chunks
from mixtrove.library.store import Transaction
from mixtrove.matching.aliases import Aliases, name_key, other_name, worth_knowing
from mixtrove.matching.credit import Credit, is_unknown
from mixtrove.matching.openings import READ_AS

Source = Literal["person", "correction"]

LONGEST = 200  # letters of a name
_NOBODY = frozenset(("variousartists", "various", "va"))  # names that stand for no artist
_alias = schema.artist_alias
_entry = schema.tracklist_entry
_play = schema.track_discovery


@dataclass(frozen=True, slots=True)
class ArtistAlias:
    """Two names of one artist, as somebody gave them; they hold both ways."""

    name: str
    alias: str
    by: str
    at: datetime
    source: Source


def known_aliases(connection: sa.Connection) -> Aliases:
    """The aliases that come with mixtrove and those that people gave."""
    rows = connection.execute(sa.select(_alias.c.name, _alias.c.alias).order_by(_alias.c.at, _alias.c.name))
    return Aliases.built_in().with_pairs((row.name, row.alias) for row in rows)


def given_aliases(connection: sa.Connection) -> list[ArtistAlias]:
    """What people gave, by name."""
    rows = connection.execute(sa.select(_alias).order_by(sa.func.lower(_alias.c.name), _alias.c.alias))
    return [ArtistAlias(row.name, row.alias, row.by, row.at, row.source) for row in rows]


def add_alias(
    tx: Transaction,
    name: str,
    alias: str,
    *,
    by: str,
    correction_id: str | None = None,
    at: datetime | None = None,
) -> int | None:
    """Keep two names of one artist; what is known already stays as it is.

    Returns how many entries are to be looked up again, None when the pair was known.

    Raises:
        BadInput: a name is empty or a placeholder, or both are spellings of one name.
    """
    name, alias = (" ".join("".join(filter(str.isprintable, text)).split()) for text in (name, alias))
    for text in (name, alias):
        if len(text) > LONGEST:
            raise BadInput(f"{text[:40]!r}… is longer than {LONGEST} letters: no artist's name")
        if (
            not any(map(str.isalnum, text))
            or is_unknown(text)
            or not name_key(text)
            or name_key(text) in _NOBODY
        ):
            raise BadInput(f"{text!r} is no artist's name: give the names as records spell them")
    if name_key(name) == name_key(alias):
        raise BadInput(f"{name!r} and {alias!r} are one spelling already: no alias is needed")
    built_in = Aliases.built_in().readings(Credit((name,), "title"))
    if any(name_key(alias) == name_key(one.artists[0]) for one in built_in):
        return None
    key, alias_key = sorted((name_key(name), name_key(alias)))
    added = tx.connection.execute(
        insert(tx.connection, _alias)
        .values(
            name_key=key, alias_key=alias_key, name=name, alias=alias, by=by, at=at or tx.now,
            source="correction" if correction_id else "person", correction_id=correction_id,
        )
        .on_conflict_do_nothing()
        .returning(_alias.c.name_key)
    ).first()  # fmt: skip
    return _look_up_again(tx, (key, alias_key), rests_on_it=False) if added else None


def remove_alias(tx: Transaction, name: str, alias: str) -> int:
    """Forget two names; returns how many entries are to be looked up again.

    Raises:
        BadInput: nobody gave this pair.
    """
    keys = sorted((name_key(name), name_key(alias)))
    gone = tx.connection.execute(
        sa.delete(_alias).where(_alias.c.name_key == keys[0], _alias.c.alias_key == keys[1])
    )
    if not gone.rowcount:
        raise BadInput(f"nobody gave {name!r} = {alias!r}: `mixtrove alias list` shows what people gave")
    return _look_up_again(tx, keys, rests_on_it=True)


def alias_of_correction(tx: Transaction, correction_id: str, line_key: str, track_id: str, by: str) -> None:
    """Keep the alias that follows when a line was assigned to a track that calls one artist differently."""
    track = schema.library_track
    line = tx.connection.execute(
        sa.select(_entry).where(_entry.c.line_key == line_key).order_by(_entry.c.id).limit(1)
    ).mappings().first()  # fmt: skip
    row = tx.connection.execute(sa.select(track).where(track.c.id == track_id)).mappings().one()
    if line is None:
        return
    pair = other_name(credit_of_entry(line), credit_of_track(row))
    if pair is None or not _NOBODY.isdisjoint(map(name_key, pair)) or not worth_knowing(*pair):
        return
    add_alias(tx, *pair, by=by, correction_id=correction_id)


def forget_aliases_of(tx: Transaction, correction_id: str) -> None:
    """Take back what followed from a correction."""
    rows = tx.connection.execute(
        sa.delete(_alias)
        .where(_alias.c.correction_id == correction_id)
        .returning(_alias.c.name_key, _alias.c.alias_key)
    ).all()
    for row in rows:
        _look_up_again(tx, row, rests_on_it=True)


def _look_up_again(tx: Transaction, keys: Iterable[str], *, rests_on_it: bool) -> int:
    """Entries of an artist that no run is certain of are due again; with ``rests_on_it`` also those that a
    run identified by another reading."""
    wanted = set(keys)
    undecided = _entry.c.status == "provisional"
    if rests_on_it:
        undecided |= (_entry.c.status == "identified") & (_play.c.identification_method != "manual")
    rows = tx.connection.execute(
        sa.select(_entry.c.id, _entry.c.artists, _entry.c.status, _play.c.reasons)
        .outerjoin(_play, _play.c.entry_id == _entry.c.id)
        .where(undecided)
    )
    due = [
        row.id
        for row in rows
        if (row.status == "provisional" or any(one.startswith(READ_AS) for one in row.reasons or ()))
        and not wanted.isdisjoint(_names(row.artists))
    ]
    for some in chunks(due):
        tx.connection.execute(
            sa.update(_entry)
            .where(_entry.c.id.in_(some))
            .values(status="pending", catalogue=None, revision=tx.revision)
        )
    return len(due)


def _names(artists: list[str]) -> set[str]:
    return {*map(name_key, artists), "".join(map(name_key, artists))}
