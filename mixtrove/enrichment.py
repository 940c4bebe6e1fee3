"""Filling in what is known of tracks: label, date, genre, bpm, key, ISRC, links to buy (DESIGN §6, step 6).

``enrich_tracks`` asks providers about identified tracks that lack something a provider could know, the most
heard first, and each provider once. Not here: asking about lines (``mixtrove.online``), what may be kept and
what may cross from one recording to another (``mixtrove.library.facts``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mixtrove.database.opening import insert
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track
from mixtrove.library.deletion import chunks
from mixtrove.library.facts import OF_THE_RECORDING, Facts, Link, learn, same_length, write_links
from mixtrove.library.store import Store
from mixtrove.library.watch import as_text, pause
from mixtrove.matching import Credit
from mixtrove.matching.choice import Candidate, decide
from mixtrove.matching.verdict import RULE, Rule
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderFailure, ProviderRefused
from mixtrove.providers.gateway import REFUSED_FOR
from mixtrove.providers.provider import Provider
from mixtrove.providers.recording import Field, Found, Offer, Recording, Terms

WANTED: tuple[Field, ...] = ("label", "release_date", "genre", "bpm", "key", "isrc")
"""The fields that are worth a request, each a column of a library track."""

BATCH = 100
"""Tracks in a run unless told otherwise (the specification's limit for a job)."""

WORKERS = 5
"""Tracks that are asked about at a time."""

_track = schema.library_track
_done = schema.track_enrichment
_external = schema.external_id
_attribute = schema.track_attribute
_COLUMN: Mapping[str, str] = {"isrc": "isrcs"}  # the column of a field, where it has another name

Progress = Callable[[int, int], None]  # (done, of), in tracks


@dataclass(frozen=True, slots=True)
class EnrichSummary:
    """What filling in did."""

    tracks: int = 0  # asked about
    filled: int = 0  # … that know more now
    later: int = 0  # … for which a provider could not answer and is asked again


def candidate_of(recording: Recording, terms: Terms, fetched_at: datetime) -> Candidate:
    """A provider's recording as something to decide on, with the facts that its terms let us keep."""
    return Candidate(
        recording.id, recording.credit, source=recording.provider, url=recording.url,
        facts=facts_of(recording, terms, fetched_at).written(),
    )  # fmt: skip


def facts_of(recording: Recording, terms: Terms, fetched_at: datetime) -> Facts:
    """What a provider says of a recording, divided by what its terms allow.

    What may enter the warehouse goes into the library's columns. The rest is an attribute: for good where it
    may be kept, else until the provider's ceiling.
    """
    credit = recording.credit
    isrcs = list(recording.isrcs) or ([credit.isrc] if credit.isrc else [])
    said: dict[Field, Any] = {
        "label": credit.label,
        "catalog_number": credit.catalog_number,
        "release_date": recording.release_date or (f"{credit.year:04d}" if credit.year else None),
        "genre": recording.genre,
        "bpm": recording.bpm,
        "key": recording.key,
        "duration": credit.duration,
        "isrc": isrcs or None,
    }
    details = {(f"{name}_details" if name in said else name): name for name in recording.extra}
    until = None if terms.ceiling is None else fetched_at + terms.ceiling
    columns = {_column(name): value for name, value in said.items() if value and name in terms.warehouse}
    attributes = {
        _column(name): (value, None if name in terms.kept else until)
        for name, value in said.items()
        if value and name not in terms.warehouse
    }
    attributes |= {
        name: (recording.extra[of], None if of in terms.kept else until) for name, of in details.items()
    }
    return Facts(
        provider=recording.provider,
        external_id=recording.id,
        url=recording.url,
        cut=credit.cut,
        duration=credit.duration,
        fetched_at=fetched_at,
        named="name" in terms.warehouse,
        columns=columns,
        attributes=attributes,
        links=tuple(link_of(one, fetched_at + terms.offers_for) for one in recording.offers),
        keep_until=None if "name" in terms.kept else until,
    )


def link_of(offer: Offer, until: datetime) -> Link:
    """An offer as it is kept: its price is shown until then."""
    return Link(offer.store, offer.url, offer.kind, offer.price, offer.currency, offer.cut, until)


def enrich_tracks(
    store: Store,
    providers: Mapping[str, Provider],
    *,
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
        limit: at most so many tracks.
        workers: tracks that are asked about at a time.
        rule: what counts as the same recording.
        progress: is told how many tracks of how many are done.
    """
    ready = {name: one for name, one in providers.items() if one.off() is None and one.gives}
    tracks = _due(store, ready, limit)
    known = _by_own_ids(ready, tracks)
    total = EnrichSummary(tracks=len(tracks))
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="enrich") as pool:
        asked = pool.map(lambda track: _ask(track, ready, known.get(track.id, {}), rule), tracks)
        for at, (track, answer) in enumerate(zip(tracks, asked, strict=True), 1):
            more = _write(store, track, answer)
            total = EnrichSummary(total.tracks, total.filled + more, total.later + bool(answer.later))
            if progress:
                progress(at, len(tracks))
    return total


def refresh_offers(
    store: Store,
    providers: Mapping[str, Provider],
    track_ids: Iterable[str],
    progress: Progress | None = None,
) -> int:
    """Ask the providers that have these tracks what they cost now; returns how many links were written.

    A provider that cannot answer keeps the link without a newer price.
    """
    ready = {name: one for name, one in providers.items() if one.off() is None}
    wanted = list(track_ids)
    with store.read() as connection:
        tracks = _tracks(connection, _track.c.id.in_(wanted))
    written = 0
    for at, track in enumerate(tracks, 1):
        links: list[tuple[Link, datetime]] = []
        for name, number in track.own_ids.items():
            if name not in ready:
                continue
            provider, budget = ready[name], Budget()
            try:
                found = provider.by_id([number], budget=budget)
                for one in found.recordings[:1]:
                    for offer in provider.offers(one, budget=budget, track_id=track.id):
                        said = offer.said_at or found.fetched_at
                        links.append((link_of(offer, said + provider.terms.offers_for), said))
            except ProviderFailure:
                continue  # said by `mixtrove doctor`; the link stays
        with store.write() as tx:
            if _is_there(tx.connection, track.id):
                write_links(tx, track.id, links)
                written += len(links)
        if progress:
            progress(at, len(tracks))
    return written


@dataclass(frozen=True, slots=True)
class _Track:
    id: str
    credit: Credit
    known: frozenset[str]  # columns and attributes that have a value
    own_ids: Mapping[str, str]  # by provider
    asked: frozenset[str]


@dataclass(slots=True)
class _Answer:
    facts: list[Facts] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    later: list[float] = field(default_factory=list)  # seconds until a provider may be asked again


def _column(name: str) -> str:
    return _COLUMN.get(name, name)


def _due(store: Store, ready: Mapping[str, Provider], limit: int | None) -> list[_Track]:
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
    with store.read() as connection:
        return _tracks(connection, ~_track.c.provisional & rested & sa.or_(*conditions), limit)


def _is_there(connection: sa.Connection, track_id: str) -> bool:
    """Whether a track was neither merged nor deleted meanwhile."""
    return connection.execute(sa.select(_track.c.id).where(_track.c.id == track_id)).first() is not None


def _lacks(wanted: Field) -> sa.ColumnElement[bool]:
    name = _column(wanted)
    column = _track.c[name]
    empty = sa.cast(column, sa.Text) == "[]" if wanted == "isrc" else column.is_(None)
    said = sa.exists().where(_attribute.c.library_track_id == _track.c.id, _attribute.c.name == name)
    return empty & ~said


def _gives(provider: Provider) -> frozenset[Field]:
    """What of a provider's answers may stay in the library."""
    return provider.gives & (provider.terms.kept | provider.terms.warehouse)


def _tracks(
    connection: sa.Connection, which: sa.ColumnElement[bool], limit: int | None = None
) -> list[_Track]:
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
        _Track(
            row["id"],
            credit_of_track(row),
            frozenset(_column(name) for name in WANTED if row[_column(name)]) | said.get(row["id"], set()),
            ids.get(row["id"], {}),
            frozenset((row["asked"] or "").split()),
        )
        for row in rows
    ]


def _by_own_ids(ready: Mapping[str, Provider], tracks: Sequence[_Track]) -> dict[str, dict[str, Found]]:
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
            except ProviderFailure:
                break  # each track is asked about on its own, or waits
            said = {one.id: one for one in answer.recordings}
            for number in wanted[at : at + provider.id_batch]:
                mine = (said[number],) if number in said else ()
                found.setdefault(ids[number], {})[name] = replace(answer, recordings=mine)
    return found


def _lacking(known: frozenset[str] | set[str], provider: Provider) -> set[Field]:
    return {name for name in WANTED if name in _gives(provider) and _column(name) not in known}


def _ask(
    track: _Track,
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
    track: _Track,
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
        recording = _same(track, found.recordings, rule)
    if recording is None:
        return None
    fetched_at = found.fetched_at
    facts = facts_of(recording, provider.terms, fetched_at)
    if _lacking(have | _said(facts), provider):
        recording = provider.details(recording, budget=budget, track_id=track.id)
        facts = facts_of(recording, provider.terms, fetched_at)
    return facts


def _same(track: _Track, recordings: Sequence[Recording], rule: Rule) -> Recording | None:
    """The recording that is this very track, with certainty."""
    offered = [Candidate(str(at), one.credit) for at, one in enumerate(recordings)]
    outcome = decide(track.credit, offered, rule=rule)
    return recordings[int(outcome.ranked[0].candidate.id)] if outcome.choice == "accept" else None


def _write(store: Store, track: _Track, answer: _Answer) -> bool:
    """Keep what was said of a track; whether it knows more now."""
    with store.write() as tx:
        if not _is_there(tx.connection, track.id) or not (answer.asked or answer.later):
            return False  # or nobody could be asked
        learned = learn(tx, track.id, answer.facts) if answer.facts else set()
        wait = min(answer.later, default=None)
        statement = insert(tx.connection, _done).values(
            library_track_id=track.id,
            asked=as_text(track.asked | answer.asked),
            asked_at=tx.now,
            next_at=None if wait is None else tx.now + max(pause(wait, 1), timedelta(minutes=10)),
        )
        new = statement.excluded
        tx.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["library_track_id"],
                set_={name: new[name] for name in ("asked", "asked_at", "next_at")},
            )
        )
        return bool({_column(name) for name in WANTED} & learned - track.known)
