"""Finding the rows that a person means: by id or its end, by words, by a name however it is spelled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from mixtrove.errors import BadInput, NotFound
from mixtrove.library import schema
from mixtrove.library.track_identity import current_id
from mixtrove.matching import Credit, normal_form
from mixtrove.tracklists.line import parse_line

_ID = re.compile(r"[0-9a-f-]{4,36}")
_WHOLE = 36  # letters of an id


def short_id(row_id: str) -> str:
    """The end of an id, as lists show it: the beginning is a time and much the same for all."""
    return row_id[-8:]


def find_id(connection: sa.Connection, table: sa.Table, text: str, *, what: str, seen_in: str) -> str:
    """The id of the row whose id is, or ends with, ``text``.

    Args:
        connection: an open connection.
        table: where to look.
        text: an id or at least four characters of its end.
        what: the word for such a row in a sentence (``tracklist``).
        seen_in: the command that shows the ids.

    Raises:
        BadInput: no row or several rows.
    """
    return find_value(connection, table.c.id, text, what=what, seen_in=seen_in)


def find_value(
    connection: sa.Connection, column: sa.ColumnElement[str], text: str, *, what: str, seen_in: str
) -> str:
    """The id in a column that is, or ends with, ``text``; see ``find_id``."""
    wanted = text.strip().lower()
    found: list[str] = []
    if _ID.fullmatch(wanted):
        same = column == wanted if len(wanted) == _WHOLE else column.endswith(wanted)
        found = list(connection.execute(sa.select(column).distinct().where(same).limit(2)).scalars())
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(f"several ids end with {text!r}: give more of the {what}'s id")
    raise NotFound(what, text, seen_in=seen_in)


def find_track_id(connection: sa.Connection, text: str) -> str:
    """The id of the track that a person means; one that was merged stands for the track it is part of now.

    Raises:
        BadInput: no track or several tracks.
    """
    seen = {"what": "track", "seen_in": "mixtrove library list"}
    log = schema.merge_log
    try:
        return find_id(connection, schema.library_track, text, **seen)
    except BadInput as error:
        try:
            merged = find_value(connection, log.c.merged_id, text, **seen)
        except BadInput:
            raise error from None
        now = current_id(connection, merged)
        if now is None:
            raise
        return now


def find_track(connection: sa.Connection, text: str) -> str | Credit:
    """The library track that ``text`` is the id of, or the credit that it spells.

    Raises:
        BadInput: it is neither an id nor "Artist - Title".
    """
    components = parse_line(text).components
    if components and not components[0].is_id and components[0].credit.artists:
        return components[0].credit
    if _ID.fullmatch(text.strip().lower()):
        return find_track_id(connection, text)
    raise BadInput(f'{text!r} is no track: write its id or "Artist - Title (Version)"')


def contains_words(columns: Iterable[sa.ColumnElement[Any]], words: str) -> sa.ColumnElement[bool]:
    """Whether every word occurs in one of the columns, whatever the case."""
    named = tuple(columns)
    return sa.and_(
        sa.true(),
        *(sa.or_(*(column.icontains(word, autoescape=True) for column in named)) for word in words.split()),
    )


def spellings(connection: sa.Connection, column: sa.Column[Any], names: Iterable[str]) -> list[str]:
    """The values of a column that have the normal form of one of the names."""
    wanted = {normal_form(name) for name in names}
    found = connection.execute(sa.select(column).distinct()).scalars()
    return [one for one in found if one and normal_form(one) in wanted]
