"""Queries behind the checks of layer match: they return what is wrong, an empty list when nothing is."""

from __future__ import annotations

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.track_identity import current_ids

_entry = schema.tracklist_entry
_play = schema.track_discovery
_track = schema.library_track


def unaccounted(connection: sa.Connection) -> list[tuple[str, str, str]]:
    """Entries in no proper state: (entry id, line, what is wrong), by id."""
    decided = _entry.c.status.in_(("identified", "provisional"))
    wrong = sa.case(
        (decided & _play.c.id.is_(None), "decided without a discovery"),
        (
            (_entry.c.status == "identified") & _play.c.library_track_id.is_(None),
            "identified without a library track",
        ),
        ((_entry.c.status == "identified") & _track.c.provisional, "identified as a provisional track"),
        (
            (_entry.c.status == "skipped") & (sa.func.coalesce(_entry.c.skip_reason, "") == ""),
            "skipped without a reason",
        ),
        ((_entry.c.status == "skipped") & _play.c.id.is_not(None), "skipped with a discovery"),
    )
    rows = connection.execute(
        sa.select(_entry.c.id, _entry.c.raw_line, wrong.label("wrong"))
        .join(_play, _play.c.entry_id == _entry.c.id, isouter=True)
        .join(_track, _track.c.id == _play.c.library_track_id, isouter=True)
        .where(wrong.is_not(None))
        .order_by(_entry.c.id)
    )
    return [(row.id, row.raw_line, row.wrong) for row in rows]


def duplicates(connection: sa.Connection) -> list[tuple[str, str, int]]:
    """Identities that more than one library track has: (identity key, disambiguator, tracks)."""
    tracks = sa.func.count()
    rows = connection.execute(
        sa.select(_track.c.identity_key, _track.c.disambiguator, tracks.label("tracks"))
        .group_by(_track.c.identity_key, _track.c.disambiguator)
        .having(tracks > 1)
        .order_by(_track.c.identity_key)
    )
    return [(row.identity_key, row.disambiguator, row.tracks) for row in rows]


def miscounted(connection: sa.Connection) -> list[tuple[str, str, int, int]]:
    """Tracks whose stored count is not that of their discoveries: (artist, title, stored, counted)."""
    plays = (
        sa.select(sa.func.count())
        .where(_play.c.library_track_id == _track.c.id)
        .correlate(_track)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(_track.c.artist, _track.c.title, _track.c.discovery_count, plays.label("plays"))
        .where(_track.c.discovery_count != plays)
        .order_by(_track.c.id)
    )
    return [(row.artist, row.title, row.discovery_count, row.plays) for row in rows]


def names_of_two(connection: sa.Connection) -> list[tuple[str, str, str, str]]:
    """Names that stand for two tracks: (identity key, disambiguator, who has it, who had it).

    A track that was merged or renamed leaves its name to the one that is found under it from then on; when
    another track has that name itself, a run finds now the one and now the other.
    """
    name = schema.track_identity
    rows = connection.execute(
        sa.select(
            _track.c.identity_key, _track.c.disambiguator, _track.c.id, name.c.library_track_id.label("other")
        )
        .join(
            name,
            (name.c.identity_key == _track.c.identity_key) & (name.c.disambiguator == _track.c.disambiguator),
        )
        .where(name.c.library_track_id != _track.c.id)
        .order_by(_track.c.identity_key, _track.c.disambiguator)
    )
    return [(row.identity_key, row.disambiguator, row.id, row.other) for row in rows]


def merged_and_apart(connection: sa.Connection) -> list[tuple[str, str, str, str]]:
    """What people keep apart and is one track all the same: (track, first, second, who keeps them apart)."""
    correction = schema.correction
    said = connection.execute(
        sa.select(correction.c.payload, correction.c.decided_by)
        .where(correction.c.kind == "apart", correction.c.undone_at.is_(None))
        .order_by(correction.c.id)
    ).all()
    now = current_ids(connection, {one for row in said for one in row.payload["ids"]})
    return [
        (now[first], first, second, row.decided_by)
        for row in said
        for first, second in [row.payload["ids"]]
        if first in now and now[first] == now.get(second)
    ]
