"""Filling in what is known of tracks: label, date, genre, bpm, key, ISRC, links to buy (DESIGN §6, step 6).

``enrich_tracks`` asks providers about identified tracks that lack something a provider could know, the most
heard first, and each provider once. Not here: asking about lines (``mixtrove.online``), what may be kept and
what may cross from one recording to another (``mixtrove.library.facts``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.errors import StoreUnavailable
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import Lines
from mixtrove.library.facts import Facts, learn
from mixtrove.library.store import Store
from mixtrove.library.track_columns import OF_THE_RECORDING, same_length
from mixtrove.library.track_identity import track_exists
from mixtrove.library.watch import as_text
from mixtrove.logs import carried, fields
from mixtrove.matching import Credit
from mixtrove.matching.choice import Candidate, decide
from mixtrove.matching.verdict import RULE, Rule
from mixtrove.provider_facts import LATER, UNREADABLE, column_of, facts_of
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderFailure, ProviderRefused
from mixtrove.providers.gateway import REFUSED_FOR
from mixtrove.providers.provider import Provider
from mixtrove.providers.recording import Field, Found, Recording

WANTED: tuple[Field, ...] = ("label", "release_date", "genre", "bpm", "key", "isrc")
"""The fields that are worth a request, each a column of a library track."""

BATCH = 100
"""Tracks in a run unless told otherwise (the specification's limit for a job)."""

WORKERS = 5
"""Tracks that are asked about at a time."""

REST = timedelta(hours=6)
"""After which a track is asked about again when a provider could not answer: nobody waits for it."""

_log = logging.getLogger(__name__)
_track = schema.library_track
_done = schema.track_enrichment
_external = schema.external_id
_attribute = schema.track_attribute

Progress = Callable[[int, int], None]  # (done, of), in tracks


@dataclass(frozen=True, slots=True)
class EnrichSummary:
    """What filling in did."""

    tracks: int = 0  # asked about
    filled: int = 0  # … that know more now
    later: int = 0  # … for which a provider could not answer and is asked again
    trouble: str = ""  # why it ended early: where quotas and answers are kept cannot be used


def enrich_tracks(
    store: Store,
    providers: Mapping[str, Provider],
    *,
    only: Lines | None = None,
    limit: int | None = BATCH,
    workers: int = WORKERS,
    rule: Rule = RULE,
    progress: Progress | None = None,
) -> EnrichSummary:
    """Ask providers about identified tracks that lack something they could know.

    May be killed at any moment and run again: each track is written when its answers are there.

    Args:
        store: the store of the library.
        providers: those to ask, by name; those that are off are left out.
        only: only tracks that were heard in these lines.
        limit: at most so many tracks.
        workers: tracks that are asked about at a time.
        rule: what counts as the same recording.
        progress: is told how many tracks of how many are done.
    """
    ready = {name: one for name, one in providers.items() if one.off() is None and one.gives}
    tracks = _due(store, ready, only, limit)
    known = _by_own_ids(ready, tracks)
    total = EnrichSummary(tracks=len(tracks))
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="enrich") as pool:
        ask = carried(lambda track: _ask(track, ready, known.get(track.id, {}), rule))
        asked = pool.map(ask, tracks)
        for at, (track, answer) in enumerate(zip(tracks, asked, strict=True), 1):
            if answer.trouble:
                total = replace(total, trouble=answer.trouble)
                continue  # it is due again
            more = _write(store, track, answer)
            total = replace(total, filled=total.filled + more, later=total.later + bool(answer.later))
            if progress:
                progress(at, len(tracks))
    return total


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a library track."""

    id: str
    credit: Credit
    known: AbstractSet[str]  # columns and attributes that have a value
    own_ids: Mapping[str, str]  # by provider
    asked: frozenset[str]


@dataclass(slots=True)
class _Answer:
    facts: list[Facts] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    later: list[float] = field(default_factory=list)  # seconds until a provider may be asked again
    trouble: str = ""


def _due(store: Store, ready: Mapping[str, Provider], only: Lines | None, limit: int | None) -> list[Known]:
    """The tracks that lack something a provider could know that was not asked yet, the most heard first."""
    now = datetime.now(UTC)
    conditions = []
    for name, provider in ready.items():
        lacking = [_lacks(wanted) for wanted in WANTED if wanted in _gives(provider)]
        unasked = _done.c.library_track_id.is_(None) | ~_done.c.asked.contains(f" {name} ")
        conditions.append(sa.or_(sa.false(), *lacking) & unasked)
    if not conditions:
        return []
    rested = _done.c.next_at.is_(None) | (_done.c.next_at <= now)
    if only is not None:
        play, entry = schema.track_discovery, schema.tracklist_entry
        heard = sa.select(play.c.library_track_id).join(entry, entry.c.id == play.c.entry_id)
        rested &= _track.c.id.in_(heard.where(only.condition))
    with store.read() as connection:
        return _tracks(connection, ~_track.c.provisional & rested & sa.or_(*conditions), limit)


def _lacks(wanted: Field) -> sa.ColumnElement[bool]:
    name = column_of(wanted)
    column = _track.c[name]
    empty = sa.cast(column, sa.Text) == "[]" if wanted == "isrc" else column.is_(None)
    said = sa.exists().where(_attribute.c.library_track_id == _track.c.id, _attribute.c.name == name)
    return empty & ~said


def _gives(provider: Provider) -> frozenset[Field]:
    """What of a provider's answers may stay in the library."""
    return provider.gives & (provider.terms.kept | provider.terms.warehouse)


def _tracks(
    connection: sa.Connection, which: sa.ColumnElement[bool], limit: int | None = None
) -> list[Known]:
    rows = (
        connection.execute(
            sa.select(_track, _done.c.asked)
            .outerjoin(_done, _done.c.library_track_id == _track.c.id)
            .where(which)
            .order_by(_track.c.discovery_count.desc(), _track.c.id)
            .limit(limit)
        )
        .mappings()
        .all()
    )
    ids: dict[str, dict[str, str]] = {}
    said: dict[str, set[str]] = {}
    for some in chunks(row["id"] for row in rows):
        for one in connection.execute(
            sa.select(_attribute.c.library_track_id, _attribute.c.name).where(
                _attribute.c.library_track_id.in_(some)
            )
        ):
            said.setdefault(one.library_track_id, set()).add(one.name)
        for one in connection.execute(
            sa.select(_external)
            .where(_external.c.library_track_id.in_(some))
            .order_by(_external.c.external_id)
        ):
            ids.setdefault(one.library_track_id, {}).setdefault(one.provider, one.external_id)
    return [
        Known(
            row["id"],
            credit_of_track(row),
            frozenset(column_of(name) for name in WANTED if row[column_of(name)])
            | said.get(row["id"], set()),
            ids.get(row["id"], {}),
            frozenset((row["asked"] or "").split()),
        )
        for row in rows
    ]


def tracks_by_id(connection: sa.Connection, track_ids: Iterable[str]) -> list[Known]:
    """Identified tracks, the most heard first of each few hundred; provisional ones are left out."""
    return [
        one
        for some in chunks(track_ids)
        for one in _tracks(connection, ~_track.c.provisional & _track.c.id.in_(some))
    ]


def _by_own_ids(ready: Mapping[str, Provider], tracks: Sequence[Known]) -> dict[str, dict[str, Found]]:
    """What providers that answer about many ids in one request say, by track and provider."""
    found: dict[str, dict[str, Found]] = {}
    for name, provider in ready.items():
        ids = {
            track.own_ids[name]: track.id
            for track in tracks
            if name in track.own_ids and name not in track.asked and _lacking(track.known, provider)
        }
        if provider.id_batch < 2:
            continue
        wanted = sorted(ids)
        for at in range(0, len(wanted), provider.id_batch):
            try:
                answer = provider.by_id(wanted[at : at + provider.id_batch], budget=Budget())
            except (ProviderFailure, StoreUnavailable, *UNREADABLE):
                break  # each track is asked about on its own, or waits
            said = {one.id: one for one in answer.recordings}
            for number in wanted[at : at + provider.id_batch]:
                mine = (said[number],) if number in said else ()
                found.setdefault(ids[number], {})[name] = replace(answer, recordings=mine)
    return found


def _lacking(known: AbstractSet[str], provider: Provider) -> set[Field]:
    return {name for name in WANTED if name in _gives(provider) and column_of(name) not in known}


def _ask(
    track: Known,
    ready: Mapping[str, Provider],
    known: Mapping[str, Found],
    rule: Rule,
) -> _Answer:
    """Go from provider to provider, the one that can fill most first, until nothing is lacking."""
    answer = _Answer()
    have = set(track.known)
    length = track.credit.duration  # else that of the first who says one, as `learn` has it
    budget = Budget()
    open_providers = {name: one for name, one in ready.items() if name not in track.asked}
    while open_providers:
        name = max(
            open_providers, key=lambda one: (len(_lacking(have, ready[one])), ready[one].yields(), one)
        )
        provider = open_providers.pop(name)
        if not _lacking(have, provider):
            break
        try:
            facts = _facts(track, provider, known.get(name), have, budget, rule)
        except StoreUnavailable as error:
            answer.trouble = str(error)
            break
        except UNREADABLE:
            with fields(provider=name):
                _log.warning("%s: its answer to %r cannot be read", name, track.credit, exc_info=True)
            answer.later.append(LATER)
            continue
        except ProviderFailure as failure:
            if isinstance(failure, ProviderRefused) and failure.retry_in >= REFUSED_FOR:
                answer.asked.add(name)  # it will never answer this question
            else:
                answer.later.append(failure.retry_in)
            continue
        answer.asked.add(name)
        if facts is not None:
            answer.facts.append(facts)
            length = length or facts.duration
            same = same_length(length, facts.duration)
            have |= {one for one in _said(facts) if same or one not in OF_THE_RECORDING}
    return answer


def _said(facts: Facts) -> set[str]:
    return {*facts.columns, *facts.attributes}


def _facts(
    track: Known,
    provider: Provider,
    known: Found | None,
    have: set[str],
    budget: Budget,
    rule: Rule,
) -> Facts | None:
    """What one provider says of a track; None when it does not have it.

    It is looked up by the provider's own id, and searched for where there is none or it was merged away.
    """
    own = track.own_ids.get(provider.name)
    found = known or (provider.by_id([own], budget=budget) if own else None)
    recording = found.recordings[0] if found and found.recordings else None
    if found is None or recording is None:
        found = provider.search(track.credit, budget=budget, track_id=track.id)
        recording = same_recording(track, found.recordings, rule)
    if recording is None:
        return None
    fetched_at = found.fetched_at
    facts = facts_of(recording, provider.terms, fetched_at)
    if _lacking(have | _said(facts), provider):
        recording = provider.details(recording, budget=budget, track_id=track.id)
        facts = facts_of(recording, provider.terms, fetched_at)
    return facts


def same_recording(track: Known, recordings: Sequence[Recording], rule: Rule) -> Recording | None:
    """The recording that is this very track, with certainty."""
    offered = [Candidate(str(at), one.credit) for at, one in enumerate(recordings)]
    outcome = decide(track.credit, offered, rule=rule)
    return recordings[int(outcome.ranked[0].candidate.id)] if outcome.choice == "accept" else None


def _write(store: Store, track: Known, answer: _Answer) -> bool:
    """Keep what was said of a track; whether it knows more now."""
    with store.write() as tx:
        if not track_exists(tx.connection, track.id) or not (answer.asked or answer.later):
            return False  # or nobody could be asked
        learned = learn(tx, track.id, answer.facts) if answer.facts else set()
        wait = min(answer.later, default=None)
        statement = insert(tx.connection, _done).values(
            library_track_id=track.id,
            asked=as_text(track.asked | answer.asked),
            asked_at=tx.now,
            next_at=None if wait is None else tx.now + max(timedelta(seconds=wait), REST),
        )
        new = statement.excluded
        tx.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["library_track_id"],
                set_={name: new[name] for name in ("asked", "asked_at", "next_at")},
            )
        )
        return bool({column_of(name) for name in WANTED} & learned - track.known)
