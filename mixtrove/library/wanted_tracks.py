"""Which library track a person means who names it to want it.

The identified track of that name; else the provisional one of a line that says the same, so that the want
goes where the line goes; else a new one. Not here: the want (``wants.py``).
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library.credits import shown
from mixtrove.library.store import Transaction
from mixtrove.library.track_identity import PROVISIONAL_PREFIX, ids_of_names
from mixtrove.library.tracks import find_or_create_track
from mixtrove.matching import Credit, identity_key, line_key


def wanted_track(tx: Transaction, credit: Credit) -> str:
    """The id of the track that is meant, made when there is none. Raises as ``names_of``."""
    names = names_of(credit)
    known = tracks_named(tx.connection, names)
    return next((known[name] for name in names if name in known), "") or find_or_create_track(tx, credit)


def names_of(credit: Credit) -> tuple[str, str]:
    """The identity keys under which the track of a credit may be in the library, the better first.

    Raises:
        BadInput: it is a placeholder (``ID``), which names no track.
    """
    if credit.unknown:
        raise BadInput(f"{shown(credit)} names no track: give an artist and a title, or the id of a track")
    return identity_key(credit), PROVISIONAL_PREFIX + line_key(credit)


def tracks_named(connection: sa.Connection, names: Iterable[str]) -> dict[str, str]:
    """By identity key, the track that has it or had it; of several with one name the first."""
    found: dict[str, str] = {}
    for name, disambiguator, track_id in ids_of_names(connection, names):
        if not disambiguator:
            found.setdefault(name, track_id)
    return found
