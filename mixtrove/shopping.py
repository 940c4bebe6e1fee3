"""Where tracks can be bought, and for how much: what shops said, what they say now, searches where none did.

Not here: filling in tracks (``mixtrove.enrichment``), keeping links (``mixtrove.library.purchase_links``),
what to buy where (``mixtrove.library.basket``), addresses of searches (``mixtrove.providers.store_links``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

import sqlalchemy as sa

from mixtrove.enrichment import Known, same_recording, tracks_by_id
from mixtrove.errors import StoreUnavailable
from mixtrove.library import schema
from mixtrove.library.credits import credit_of_track
from mixtrove.library.cuts import Said, best_first
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import CHUNK
from mixtrove.library.facts import Facts, learn
from mixtrove.library.offer_watch import note_asked
from mixtrove.library.purchase_links import Link, keep_searches, with_other_searches, write_links
from mixtrove.library.store import PAUSE, Store
from mixtrove.library.track_identity import track_exists
from mixtrove.library.want_records import WantRecord
from mixtrove.matching import Credit
from mixtrove.matching.verdict import RULE, Rule
from mixtrove.provider_facts import UNREADABLE, facts_of, link_of
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderFailure
from mixtrove.providers.provider import Provider
from mixtrove.providers.recording import Found, Offer, Recording
from mixtrove.providers.store_links import search_links

WORKERS = 5
"""Tracks that are asked about at a time."""

Progress = Callable[[int, int], None]  # (done, of), in tracks


@dataclass(frozen=True, slots=True)
class ShopSummary:
    """What asking the shops did."""

    tracks: int
    links: int  # places to buy that were written, with or without a price
    failed: Mapping[str, str] = field(default_factory=dict)  # shop → why it did not answer


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """What bringing the links of wants up to date did."""

    tracks: int  # that somebody wants and nobody of them has bought
    changed: int  # searches that were added or taken away


@dataclass(slots=True)
class _Answer:
    facts: list[Facts] = field(default_factory=list)  # of recordings whose id was not known
    links: list[tuple[Link, datetime]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def ask_shops(
    store: Store,
    providers: Mapping[str, Provider],
    track_ids: Iterable[str],
    *,
    rule: Rule = RULE,
    workers: int = WORKERS,
    progress: Progress | None = None,
) -> ShopSummary:
    """Ask every shop that is ready what these tracks cost now, and keep what they say.

    A shop whose id of a track is not known is searched; what it has is noted. A shop that cannot answer keeps
    its link, without a newer price.

    Args:
        store: the store of the library.
        providers: by name; those that are off or sell nothing are left out.
        track_ids: identified tracks; provisional ones are left out, nobody knows what they are.
        rule: what counts as the same recording.
        workers: tracks that are asked about at a time.
        progress: is told how many tracks of how many are done.
    """
    shops = {name: one for name, one in providers.items() if one.sells and one.off() is None}
    with store.read() as connection:
        tracks = tracks_by_id(connection, track_ids) if shops else []
    links, failed = 0, dict[str, str]()
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="shop") as pool:
        asked = pool.map(lambda track: _ask(track, shops, rule), tracks)
        for at, (track, answer) in enumerate(zip(tracks, asked, strict=True), 1):
            failed |= answer.failed
            with store.write() as tx:
                if track_exists(tx.connection, track.id):  # else merged or deleted meanwhile
                    learn(tx, track.id, answer.facts)
                    write_links(tx, track.id, answer.links)
                    note_asked(tx, track.id, offered=bool(answer.links), answered=not answer.failed)
                    links += len(answer.links)
            if progress:
                progress(at, len(tracks))
    return ShopSummary(len(tracks), links, failed)


def places(want: WantRecord, links: Sequence[Said]) -> list[tuple[Link, datetime | None]]:
    """Where a want can be bought: see ``places_of``."""
    title = f"{want.title} ({want.remix})" if want.remix else want.title
    return places_of(Credit.parse(want.artist, title), want.cut, links)


def places_of(credit: Credit, cut: str | None, links: Sequence[Said]) -> list[tuple[Link, datetime | None]]:
    """Where a track can be bought: offers, the cut that suits first, then a search in every other store.

    Args:
        credit: the track.
        cut: the one that is wanted; None: any.
        links: of the track, each with the time at which its store said so. Searches among them are made anew:
            the track may have another name by now.
    """
    offers = best_first((one for one in links if one[0].kind == "offer"), cut)
    at = {link.store for link, _ in offers}
    return [*offers, *((link, None) for link in _searches(credit) if link.store not in at)]


def refresh_searches(store: Store) -> LinkSummary:
    """Bring the stored searches up to date with the want lists of all users; nobody is asked.

    Every track that somebody still wants has a search in every store, under the name that it has now; others
    have none. Doing it again changes nothing.
    """
    want, link = schema.want, schema.purchase_link
    with store.read() as connection:
        open_wants = sa.select(want.c.library_track_id).where(want.c.status != "purchased")
        wanted = set(connection.execute(open_wants).scalars())
        searched = set(
            connection.execute(
                sa.select(link.c.library_track_id).where(link.c.kind == "search").distinct()
            ).scalars()
        )
        other: set[str] = set()
        for some in chunks(wanted | searched):
            other |= with_other_searches(connection, _searches_of(connection, some, wanted))
    changed, due = 0, iter(sorted(other))
    while batch := list(islice(due, CHUNK)):
        with store.write() as tx:
            changed += keep_searches(tx, _searches_of(tx.connection, batch, wanted))
        time.sleep(PAUSE)
    return LinkSummary(len(wanted), changed)


def _searches_of(
    connection: sa.Connection, track_ids: Sequence[str], wanted: Collection[str]
) -> dict[str, tuple[Link, ...]]:
    """By track that is there, the searches it is to have: none for what nobody wants."""
    track = schema.library_track
    rows = connection.execute(sa.select(track).where(track.c.id.in_(track_ids))).mappings()
    return {row["id"]: _searches(credit_of_track(row)) if row["id"] in wanted else () for row in rows}


def _searches(credit: Credit) -> tuple[Link, ...]:
    return tuple(Link(one.store, one.url, "search") for one in search_links(credit))


def _ask(track: Known, shops: Mapping[str, Provider], rule: Rule) -> _Answer:
    answer, budget = _Answer(), Budget()
    for name, shop in shops.items():
        try:
            found, recording = _at(shop, track, budget, rule)
            if recording is None:
                continue
            offers: tuple[Offer, ...] = ()
            if found is not None:
                answer.facts.append(facts_of(recording, shop.terms, found.fetched_at))
                offers = recording.offers if not found.cached else ()  # what was said a moment ago
            for offer in offers or shop.offers(recording, budget=budget, track_id=track.id):
                said = offer.said_at or datetime.now(UTC)
                answer.links.append((link_of(offer, said + shop.terms.offers_for), said))
        except ProviderFailure as failure:
            answer.failed[name] = failure.why
        except StoreUnavailable as error:
            answer.failed[name] = str(error)
        except UNREADABLE as error:
            answer.failed[name] = f"its answer cannot be read ({type(error).__name__})"
    return answer


def _at(shop: Provider, track: Known, budget: Budget, rule: Rule) -> tuple[Found | None, Recording | None]:
    """The track as a shop has it: by the id that is known, else searched for, with the answer to that."""
    own = track.own_ids.get(shop.name)
    if own is not None:
        return None, Recording(shop.name, own, track.credit, release_id=own.partition(":")[0])
    found = shop.search(track.credit, budget=budget, track_id=track.id)
    return found, same_recording(track, found.recordings, rule)
