"""What a run of identification decided, written down: entries, plays, candidates, tracks.

Here: which entries are to be looked up, and writing decisions in small atomic chunks, so that a run may be
killed at any moment and started again. Deciding is ``mixtrove.identify``; decisions of people are
``corrections.py``.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import islice
from typing import Any, Literal

import sqlalchemy as sa

from mixtrove import collector
from mixtrove.database.bulk import among, insert_rows, update_rows
from mixtrove.errors import BadInput
from mixtrove.library import credits, schema
from mixtrove.library.credits import credit_of_entry
from mixtrove.library.deletion import chunks, delete_rows
from mixtrove.library.derived import refresh_derived, remove_orphans
from mixtrove.library.facts import Facts, learn
from mixtrove.library.merging import merge_if_unheard
from mixtrove.library.outbox import emit
from mixtrove.library.store import PAUSE, Store, Transaction, new_id, upsert
from mixtrove.library.track_identity import PROVISIONAL_PREFIX, current_ids
from mixtrove.library.tracks import ExternalId, Tracks, find_or_create_track
from mixtrove.matching import Credit, identity_key

CHUNK = 100
"""Entries in one transaction, with a pause after it: how long an edit waits for them is measured in
``benchmarks/editors.py``."""

TO_SEARCH = ("pending", "provisional")
"""The statuses of entries that a catalogue is asked about, in this order."""

_entry = schema.tracklist_entry
_discovery = schema.track_discovery
_candidate = schema.entry_candidate
_READ = [
    _entry.c[name]
    for name in (
        "id", "tracklist_id", "position", "component", "artists", "featured", "title", "version", "label",
        "catalog_number", "line_key", "status", "skip_reason", "catalogue", "revision",
    )
]  # fmt: skip
PENDING = _entry.c.status == "pending"
"""Whether an entry waits for its decision."""

_PREFIXED = re.compile(r"([a-z][a-z0-9_]{1,31}):(.+)", re.DOTALL)


def external_id_of(source: str, candidate_id: str) -> tuple[str, str]:
    """(provider, id) of a candidate: ``spotify:4uL`` is an id of spotify, a bare one of its source."""
    prefixed = _PREFIXED.fullmatch(candidate_id)
    return (prefixed[1], prefixed[2]) if prefixed else (source, candidate_id)


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """A recording as a catalogue or a provider spells it."""

    source: str  # "catalogue" or the provider
    candidate_id: str  # as the source has it; "musicbrainz:…" names the database it is an id of
    credit: Credit
    url: str | None = None
    facts: Facts | None = None  # what a provider says beside that

    @property
    def external_id(self) -> ExternalId:
        """The id with the database it belongs to: the prefix of the id, else the source."""
        provider, number = external_id_of(self.source, self.candidate_id)
        return ExternalId(provider, number, cut=self.credit.cut, url=self.url)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that was offered for an entry, and how it compared."""

    source: str  # "library", "catalogue" or a provider
    candidate_id: str
    credit: Credit
    score: float  # MATCHING §5, [0, 1]
    confidence: float  # [0, 1]
    decision: Literal["same", "unsure", "different"]
    reasons: tuple[str, ...] = ()
    url: str | None = None
    facts: Mapping[str, Any] | None = None  # what a provider says beside that, as JSON


@dataclass(frozen=True, slots=True)
class EntryDecision:
    """What an entry is. ``track`` is needed for ``identified`` and ignored for the others."""

    entry_id: str
    status: Literal["identified", "provisional", "skipped"]
    track: str | TrackRecord | None = None  # a library track's id, or a recording to add
    confidence: float = 0.0  # [0, 1]
    method: Literal["manual", "library", "catalogue", "api", "fingerprint"] = "catalogue"
    sources: tuple[str, ...] = ()
    facts: tuple[Facts, ...] = ()  # what providers say of the track, the most trusted first
    reasons: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()  # best first
    catalogue: str | None = None  # id of the catalogue it was compared with
    skip_reason: str | None = None
    revision: int | None = None  # of the entry when it was read; a decision about an older one is stale


@dataclass(frozen=True, slots=True)
class WriteSummary:
    """What writing decisions did."""

    identified: int = 0
    provisional: int = 0
    skipped: int = 0
    stale: int = 0  # entries that are gone or that a person decided meanwhile
    tracks_added: int = 0
    provisional_added: int = 0  # of these


@dataclass(frozen=True, slots=True)
class EntryToIdentify:
    """An entry a run has to look up."""

    entry_id: str
    tracklist_id: str
    position: int
    component: int
    line_key: str  # its corrections are filed under this
    credit: Credit
    is_id: bool
    raw_line: str
    status: str = field(default="pending")
    catalogue: str | None = None  # the catalogue it was last compared with
    revision: int = 0  # of the row that was read


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one tracklist, for a run that looks at nothing else."""

    tracklist_id: str
    positions: frozenset[int] = frozenset()  # from 1; empty: all

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """Whether an entry is one of these."""
        held = _entry.c.tracklist_id == self.tracklist_id
        return held & _entry.c.position.in_(sorted(self.positions)) if self.positions else held


def due_for(catalogue_id: str) -> sa.ColumnElement[bool]:
    """Whether a catalogue is to be asked about an entry: open, and not compared with this catalogue yet."""
    return _entry.c.status.in_(TO_SEARCH) & _entry.c.catalogue.is_distinct_from(catalogue_id)


def entries_to_identify(
    connection: sa.Connection,
    catalogue_id: str | None,
    *,
    only: Lines | None = None,
    after: str = "",
    limit: int | None = None,
) -> Iterator[EntryToIdentify]:
    """Entries that are pending, or provisional and not compared with this catalogue yet.

    Order: by id, which is the order in which the lines came; the same on every run.

    Args:
        connection: an open connection.
        catalogue_id: the catalogue of this run; None when there is none: then only pending ones.
        only: only these lines.
        after: only entries behind this one, which was the last of the part before.
        limit: at most so many.
    """
    due = PENDING
    if catalogue_id is not None:
        due = due | (_entry.c.status == "provisional") & _entry.c.catalogue.is_distinct_from(catalogue_id)
    query = sa.select(_entry).where(due, _entry.c.id > after).order_by(_entry.c.id).limit(limit)
    if only is not None:
        query = query.where(only.condition)
    rows = connection.execution_options(yield_per=5000).execute(query)
    return map(entry_of_row, rows.mappings())


def entry_of_row(row: sa.RowMapping) -> EntryToIdentify:
    """An entry as a run sees it, from all columns of its row."""
    return EntryToIdentify(
        entry_id=row["id"],
        tracklist_id=row["tracklist_id"],
        position=row["position"],
        component=row["component"],
        line_key=row["line_key"],
        credit=credit_of_entry(row),
        is_id=row["is_id"],
        raw_line=row["raw_line"],
        status=row["status"],
        catalogue=row["catalogue"],
        revision=row["revision"],
    )


def count_entries(
    connection: sa.Connection, which: sa.ColumnElement[bool], *, only: Lines | None = None
) -> int:
    """How many entries there are of these."""
    query = sa.select(sa.func.count()).select_from(_entry).where(which)
    if only is not None:
        query = query.where(only.condition)
    return int(connection.execute(query).scalar_one())


@collector.rarely()
def write_decisions(store: Store, decisions: Iterable[EntryDecision]) -> WriteSummary:
    """Write decisions, a chunk of at most 100 entries in a transaction; what is equal already stays as it is.

    An entry that a person decided is left to that decision.

    Raises:
        BadInput: a decision is identified and names no track, or an entry is decided twice in a chunk.
        StoreUnavailable: the chunks before are kept, this one is not.
    """
    total = WriteSummary()
    remaining = iter(decisions)
    while some := list(islice(remaining, CHUNK)):
        store.recount()
        with store.write() as tx:
            done = write_chunk(tx, some)
        total = WriteSummary(
            *(
                getattr(total, name) + getattr(done, name)
                for name in (field.name for field in fields(WriteSummary))
            )
        )
        time.sleep(PAUSE)
    return total


def write_chunk(
    tx: Transaction, decisions: Sequence[EntryDecision], *, by_person: bool = False
) -> WriteSummary:
    """Write decisions inside the caller's transaction; see ``write_decisions``.

    ``by_person``: these are a person's corrections and replace whatever was decided before.
    """
    if len({one.entry_id for one in decisions}) != len(decisions):
        raise BadInput("one entry was decided twice in a chunk: decide each entry once")
    entries = _rows(tx, _READ, _entry.c.id, [one.entry_id for one in decisions])
    plays = {
        play["entry_id"]: play for play in _rows(tx, _discovery.c, _discovery.c.entry_id, entries).values()
    }
    named = current_ids(tx.connection, [one.track for one in decisions if isinstance(one.track, str)])
    tracks = _tracks_of(tx, entries, decisions)
    counts: dict[str, int] = defaultdict(int)
    written: list[EntryDecision] = []
    new_plays: list[dict[str, Any]] = []
    unplayed: list[str] = []
    relinked: dict[str, str] = {}
    left: set[str] = set()  # tracks that had a play of an entry
    for one in decisions:
        entry, play = entries.get(one.entry_id), plays.get(one.entry_id)
        gone = isinstance(one.track, str) and one.track not in named
        if entry is None or gone or not (by_person or _may_change(entry, play, one)):
            counts["stale"] += 1
            continue
        counts[one.status] += 1
        written.append(one)
        before = play["library_track_id"] if play is not None else None
        if before is not None:
            left.add(before)
        if one.status == "skipped":
            unplayed += [play["id"]] if play is not None else []
            continue
        track_id = _track_of(tracks, entry, one, named)
        if one.facts and one.status == "identified":
            tracks.write()
            learn(tx, track_id, one.facts)
            tracks.forget()
        if before is not None and before != track_id and one.status == "identified":
            relinked[before] = track_id
        new_plays.append(_play_row(tx, entry, one, track_id, play))
    tracks.write()
    delete_rows(tx, _discovery, unplayed)
    _write_entries(tx, entries, written)
    _write_plays(tx, {play["id"]: play for play in plays.values()}, new_plays)
    _write_candidates(tx, written)
    for provisional, identified in sorted(relinked.items()):
        absorb(tx, provisional, identified)
    played = {row["library_track_id"] for row in new_plays}
    refresh_derived(tx, left | played)
    remove_orphans(tx, left - played)
    return WriteSummary(**counts, tracks_added=tracks.added, provisional_added=tracks.provisional_added)


def absorb(tx: Transaction, provisional: str, identified: str) -> None:
    """What nobody knew has a name now: merge its provisional track when no play is left on it, and tell."""
    if not merge_if_unheard(
        tx, provisional=provisional, identified=identified, reason="the line was identified"
    ):
        return
    track = schema.library_track
    row = tx.connection.execute(sa.select(track).where(track.c.id == identified)).one()
    payload = {
        "track_id": identified, "provisional_id": provisional,
        "artist": row.artist, "title": row.title, "version": row.remix,
    }  # fmt: skip
    emit(tx, "track.identified", identified, payload)


def _may_change(entry: sa.RowMapping, play: sa.RowMapping | None, one: EntryDecision) -> bool:
    """A run leaves alone what a person decided, and what changed since the run read it."""
    if one.revision is not None and one.revision != entry["revision"]:
        return False
    if one.method == "manual" or entry["status"] == "pending":
        return True
    if entry["status"] == "skipped":
        return one.status == "skipped"
    return play is None or play["identification_method"] != "manual"


def _rows(
    tx: Transaction, columns: Iterable[sa.Column[Any]], key: sa.Column[Any], values: Iterable[str]
) -> dict[str, sa.RowMapping]:
    """The rows whose ``key`` is one of ``values``, by their id."""
    query = sa.select(*columns)
    found: dict[str, sa.RowMapping] = {}
    for some in chunks(values):
        rows = (
            tx.connection.execute(query.where(among(tx.connection.dialect.name, key, some))).mappings().all()
        )
        found |= {row["id"]: row for row in rows}
    return found


def _tracks_of(
    tx: Transaction, entries: Mapping[str, sa.RowMapping], decisions: Iterable[EntryDecision]
) -> Tracks:
    """The tracks that these decisions may be about, read in a few statements."""
    names: list[str] = []
    ids: list[ExternalId] = []
    for one in decisions:
        if one.status == "provisional" and one.entry_id in entries:
            names.append(PROVISIONAL_PREFIX + entries[one.entry_id]["line_key"])
        elif one.status == "identified" and isinstance(one.track, TrackRecord):
            names.append(identity_key(one.track.credit))
            ids.append(one.track.external_id)
    tracks = Tracks(tx)
    tracks.look_up(names, ids)
    return tracks


def _track_of(tracks: Tracks, entry: sa.RowMapping, one: EntryDecision, named: Mapping[str, str]) -> str:
    """The track of a decision; ``named`` says what tracks that were merged meanwhile are now."""
    if one.status == "provisional":
        return tracks.provisional(credit_of_entry(entry), entry["line_key"])
    if one.track is None:
        raise BadInput(f"entry {one.entry_id} is identified and no track is named: name the track")
    if isinstance(one.track, str):
        return named[one.track]
    return tracks.find_or_create(one.track.credit, (one.track.external_id,))


def recorded_track(tx: Transaction, record: TrackRecord) -> str:
    """The id of the library track that a recording is, made when there is none, with what is known of it."""
    track_id = find_or_create_track(tx, record.credit, external_ids=(record.external_id,))
    if record.facts is not None:
        learn(tx, track_id, (record.facts,))
    return track_id


def record_of(credit: Credit, url: str | None, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """A recording as it is kept with an entry it was offered for; ``credits.read`` gives its credit back."""
    record = credits.written(credit)
    if url:
        record["url"] = url
    if facts:
        record["facts"] = dict(facts)
    return record


def expiry_of(facts: Mapping[str, Any] | None) -> datetime | None:
    """Until when a candidate may be kept."""
    until = facts.get("keep_until") if facts else None
    return datetime.fromisoformat(until) if until else None


def _write_entries(
    tx: Transaction, entries: Mapping[str, sa.RowMapping], decisions: Sequence[EntryDecision]
) -> None:
    changed = []
    for one in decisions:
        reason = (one.skip_reason or "; ".join(one.reasons)) if one.status == "skipped" else None
        values = {"status": one.status, "skip_reason": reason, "catalogue": one.catalogue}
        if any(entries[one.entry_id][name] != value for name, value in values.items()):
            changed.append({"id": one.entry_id, **values, "revision": tx.revision})
    update_rows(tx.connection, _entry, changed)


def _play_row(
    tx: Transaction,
    entry: sa.RowMapping,
    one: EntryDecision,
    track_id: str,
    play: sa.RowMapping | None,
) -> dict[str, Any]:
    known_since = play["identified_at"] if play is not None else None
    return {
        "id": play["id"] if play is not None else new_id(),
        "tracklist_id": entry["tracklist_id"],
        "track_position": entry["position"],
        "component": entry["component"],
        "entry_id": entry["id"],
        "library_track_id": track_id,
        "discovery_date": play["discovery_date"] if play is not None else tx.now,
        "identified_at": (known_since or tx.now) if one.status == "identified" else None,
        "confidence": one.confidence,
        "identification_method": one.method,
        "metadata_sources": list(one.sources),
        "reasons": list(one.reasons),
    }


def _write_plays(tx: Transaction, plays: Mapping[str, sa.RowMapping], rows: Sequence[dict[str, Any]]) -> None:
    changed = [
        row
        for row in rows
        if row["id"] not in plays or any(plays[row["id"]][name] != value for name, value in row.items())
    ]
    new = [{**row, "revision": tx.revision} for row in changed if row["id"] not in plays]
    insert_rows(tx.connection, _discovery, new)
    upsert(tx, _discovery, [row for row in changed if row["id"] in plays], on=("entry_id",))


def _write_candidates(tx: Transaction, decisions: Sequence[EntryDecision]) -> None:
    present: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for some in chunks(one.entry_id for one in decisions):
        rows = tx.connection.execute(
            sa.select(_candidate)
            .where(among(tx.connection.dialect.name, _candidate.c.entry_id, some))
            .order_by(_candidate.c.entry_id, _candidate.c.rank)
        ).mappings()
        for row in rows:
            present[row["entry_id"]].append(dict(row))
    wanted = {one.entry_id: _candidate_rows(one) for one in decisions}
    changed = [entry_id for entry_id, rows in wanted.items() if present[entry_id] != rows]
    for some in chunks(entry_id for entry_id in changed if present[entry_id]):
        tx.connection.execute(
            sa.delete(_candidate).where(among(tx.connection.dialect.name, _candidate.c.entry_id, some))
        )
    insert_rows(tx.connection, _candidate, [row for entry_id in changed for row in wanted[entry_id]])


def _candidate_rows(one: EntryDecision) -> list[dict[str, Any]]:
    return [
        {
            "entry_id": one.entry_id,
            "rank": rank,
            "source": offered.source,
            "candidate_id": offered.candidate_id,
            "record": record_of(offered.credit, offered.url, offered.facts),
            "score": offered.score,
            "confidence": offered.confidence,
            "decision": offered.decision,
            "reasons": list(offered.reasons),
            "expires_at": expiry_of(offered.facts),
        }
        for rank, offered in enumerate(one.candidates, 1)
    ]
