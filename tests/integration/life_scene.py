"""A small world for random sequences of the library's life: few artists, few titles, every kind of line.

Small, so that a few random steps meet: spellings of one track, versions of one title, ids that two recordings
share rightly and wrongly, lines that nobody can know. Here is also how rows are read and put beside each
other; what must hold of them is ``life_rules.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from mixtrove.asking import readings_of_entry
from mixtrove.deciding import Decider
from mixtrove.identify import match_entries
from mixtrove.library import schema
from mixtrove.library.aliases import known_aliases
from mixtrove.library.corrections import corrections_for, rejected_tracks
from mixtrove.library.discoveries import EntryDecision, TrackRecord, entries_to_identify
from mixtrove.library.facts import Facts, Link
from mixtrove.library.index import LibraryIndex
from mixtrove.library.offers import offer_rows, read_offers, write_offers
from mixtrove.library.rules import WantRule
from mixtrove.library.store import Store
from mixtrove.matching import Credit
from mixtrove.matching.choice import Candidate
from mixtrove.matching.readings import Asked, decide_lines
from mixtrove.matching.verdict import RULE

Row = Mapping[str, Any]
Rows = dict[str, dict[tuple[Any, ...], Row]]  # by table, by primary key

MIXES: tuple[dict[str, Any], ...] = (
    {"dj": "One", "title": "Rinse", "played_on": date(2026, 5, 1)},
    {"dj": "Two", "title": "Boiler Room", "source_url": "https://example.org/two"},
    {"dj": "Three", "title": "Fabric", "played_on": date(2026, 6, 1)},
)

LINES = (
    "Bicep - Glue", "BICEP - Glue (Original Mix)", "Bicp - Gleu", "Bicep - Glue (Hammer Remix)",
    "Floorplan - Never Grow Old", "Floor Plan - Never Grow Olde", "Eric Prydz - Opus",
    "Eric Prydz - Opus (Four Tet Remix)", "ID - ID", "Bicep - ID", "ID (Four Tet) - Opus", "Intro",
    "Bicep - Glue vs. Eric Prydz - Opus", "w/ Floorplan - Never Grow Old", "Bicep - Glue (Unreleased)",
)  # fmt: skip

_ISRC = ("GBAYE0601498", "USQY51234567")


def _recording(number: str, artist: str, title: str, **more: Any) -> TrackRecord:
    return TrackRecord("catalogue", number, Credit.parse(artist, title, **more))


RECORDINGS = (
    _recording("musicbrainz:1", "Bicep", "Glue", label="Ninja Tune", isrc=_ISRC[0], duration=269.0),
    _recording("musicbrainz:2", "BICEP", "Glue (Original Mix)", isrc=_ISRC[0]),
    _recording("discogs:3", "Bicep", "Glue (Hammer Remix)", isrc=_ISRC[0]),  # an ISRC that is wrong
    _recording("musicbrainz:4", "Eric Prydz", "Opus", year=2015),
    _recording("musicbrainz:5", "Eric Prydz", "Opus (Four Tet Remix)", label="Pryda"),
    _recording("musicbrainz:6", "Floorplan", "Never Grow Old", isrc=_ISRC[1]),
    _recording("musicbrainz:7", "Floor Plan", "Never Grow Olde", isrc=_ISRC[1], duration=401.0),
    _recording("discogs:8", "Bicp", "Gleu"),
)
CATALOGUES = {"first": RECORDINGS[3:6], "second": RECORDINGS, "third": RECORDINGS[:3]}
"""What catalogues know, by their ids."""

FACTS = tuple(
    Facts(
        provider, number, f"https://example.org/{provider}/{number}", None, None,
        datetime(2026, 11, 1, tzinfo=UTC), True, columns=columns,
        links=(Link(provider, f"https://example.org/{provider}/{number}", "offer"),),
    )
    for provider, number, columns in (
        ("beatport", "10", {"genre": "House", "bpm": 130.0, "isrcs": [_ISRC[0]]}),
        ("beatport", "11", {"genre": "Techno", "key": "A minor"}),
        ("itunes", "12", {"genre": "Electronic", "release_date": "2017-09-01", "isrcs": [_ISRC[1]]}),
    )
)  # fmt: skip

RULES = (
    WantRule("heard often", min_mixes=2),
    WantRule("by one", min_mixes=1, djs=("One",), not_owned=False, priority=4, include_provisional=True),
)

OWNED = (
    b"artist,title,location\nBicep,Glue,/music/glue.aiff\n",
    b"artist,title,location\nFloor Plan,Never Grow Olde,/music/olde.aiff\n",
    b"artist,title,location\nEric Prydz,Opus (Four Tet Remix),/music/opus.aiff\nBicp,Gleu,/music/g.aiff\n",
)

EDITS: tuple[dict[str, Any], ...] = (
    {"genre": "Breaks"}, {"genre": ""}, {"label": "White", "bpm": "128"}, {"title": "Glue!"},
    {"artist": "Bicep"}, {"title": "Never Grow Old"}, {"remix": "Hammer Remix"}, {"remix": ""},
    {"key": "8A", "genre": "House"},
)  # fmt: skip


_TABLES = [
    (
        table.name,
        sa.select(table),
        [column.name for column in table.c],
        [list(table.c).index(key) for key in table.primary_key],
    )
    for table in schema.metadata.sorted_tables
]


def read_rows(store: Store) -> Rows:
    """Every row of every table, of one moment."""
    with store.read() as connection:
        return {
            name: {
                tuple(row[at] for at in key): dict(zip(columns, row, strict=True))
                for row in connection.execute(query).all()
            }
            for name, query, columns, key in _TABLES
        }


def empty(store: Store) -> None:
    """Delete everything, as it is in a new library."""
    with store.write() as tx:
        for table in reversed(schema.metadata.sorted_tables):
            if table is not schema.counter:
                tx.connection.execute(sa.delete(table))
        tx.connection.execute(sa.update(schema.counter).values(value=0))


def search(store: Store, catalogue: str) -> None:
    """Offer every entry that is due what a catalogue knows."""
    recordings = {one.candidate_id: one for one in CATALOGUES[catalogue]}
    index = LibraryIndex()
    for number, one in recordings.items():
        index.add(number, one.credit)

    def find(asked: Sequence[Asked]) -> list[list[Candidate]]:
        return [
            [Candidate(one.id, recordings[one.id].credit) for one in index.candidates(credit)]
            for _, credit in asked
        ]

    with store.read() as connection:
        due = list(entries_to_identify(connection, catalogue))
        aliases = known_aliases(connection)
    found = decide_lines([readings_of_entry(one) for one in due], find, aliases=aliases)
    offers = [offer_rows(outcome.ranked) for outcome in found]
    write_offers(store, zip(due, offers, strict=True), catalogue)


def discover(store: Store, catalogue: str) -> None:
    """One run: search a catalogue, then decide."""
    search(store, catalogue)
    match_entries(store)


def decided_now(store: Store) -> list[EntryDecision]:
    """What a run decides that reads now; it has not written yet."""
    index = LibraryIndex()
    with store.read() as connection:
        due = list(entries_to_identify(connection, None))
        index.refresh(connection)
        offers = read_offers(connection, [one.entry_id for one in due])
        corrections = corrections_for(connection, {one.line_key for one in due})
        rejected = rejected_tracks(connection, corrections)
        aliases = known_aliases(connection)
    return Decider(index, corrections, rejected, aliases, RULE).decide(due, offers)


def current(rows: Rows, track_id: str) -> str | None:
    """The track that an id stands for now, through all merges that hold."""
    merges = {
        one["merged_id"]: one["kept_id"]
        for one in sorted(rows["merge_log"].values(), key=lambda one: str(one["id"]))
        if one["undone_at"] is None
    }
    seen: str | None = track_id
    while seen is not None and (seen,) not in rows["library_track"]:
        seen = merges.get(seen)
    return seen


def named(rows: Rows, track_id: str | None) -> tuple[str, str, str | None] | None:
    """What a track is called."""
    if track_id is None:
        return None
    row = rows["library_track"][track_id,]
    return row["artist"], row["title"], row["remix"]


def holding(rows: Rows, *kinds: str) -> list[Row]:
    """The corrections that hold, of these kinds or of all, the first one first."""
    return [
        one
        for one in sorted(rows["correction"].values(), key=lambda one: str(one["id"]))
        if one["undone_at"] is None and (not kinds or one["kind"] in kinds)
    ]


_COUNTS_CHANGES = ("revision", "updated_at", "version", "since")


def differences(
    before: Rows, now: Rows, *, without: Sequence[str] = ()
) -> dict[str, tuple[set[str], set[str]]]:
    """By table, the rows that went and that came, without what only counts changes or remembers them."""
    found = {}
    for name in before.keys() - {"counter", "tombstone", "merge_log", "outbox", *without}:
        left, right = (
            {
                str({key: value for key, value in row.items() if key not in _COUNTS_CHANGES})
                for row in rows[name].values()
            }
            for rows in (before, now)
        )
        if left != right:
            found[name] = (left - right, right - left)
    return found
