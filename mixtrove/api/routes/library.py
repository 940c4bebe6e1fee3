"""``/library``: the tracks that were found, edits and merges, where to buy them, the library as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from mixtrove.api.attribution import attributions
from mixtrove.api.context import By, Context, Shared
from mixtrove.api.editing import Expected, tag
from mixtrove.api.files import DOCUMENTED, file_answer
from mixtrove.api.paging import page
from mixtrove.api.paths import PathId
from mixtrove.api.shapes.common import Page, names_of
from mixtrove.api.shapes.tracks import (
    AttributeSaid,
    ExternalId,
    Identified,
    IdentifyGiven,
    Merged,
    MergeGiven,
    PlacesToBuy,
    PlaceToBuy,
    SetContext,
    Track,
    TrackDetails,
    TrackEdit,
    TrackExportGiven,
    TrackListGiven,
    TracksGiven,
    Unmerged,
)
from mixtrove.errors import BadInput
from mixtrove.library.exports import export_tracks
from mixtrove.library.facts import expire
from mixtrove.library.lookup import find_track_id
from mixtrove.library.musical_key import parse_key
from mixtrove.library.naming import identify_track
from mixtrove.library.purchase_links import Link, links_of
from mixtrove.library.set_context import set_context
from mixtrove.library.track_corrections import (
    check_version,
    edit_track,
    merge_by_person,
    track_row,
    unmerge_by_person,
)
from mixtrove.library.track_filter import TrackFilter
from mixtrove.library.track_records import get_track
from mixtrove.library.track_search import find_tracks
from mixtrove.library.want_records import want_of_track
from mixtrove.matching import Credit

router = APIRouter(prefix="/library", tags=["library"])


@router.get("/tracks", response_model=Page[Track])
def list_(
    request: Request, response: Response, shared: Shared, by: By, given: Annotated[TrackListGiven, Query()]
) -> Page[Any]:
    """Tracks; of several conditions all hold."""
    with shared.reading() as connection:
        found = find_tracks(
            connection, _filter(given, by.user), order=given.order, after=given.after, limit=given.limit,
            count=given.total,
        )  # fmt: skip
    tracks = [Track.model_validate(one) for one in found.tracks]
    return page(request, response, tracks, found.after, found.total)


@router.get("/tracks/{track_id:uuid}", response_model=TrackDetails)
def show(track_id: PathId, response: Response, shared: Shared, by: By) -> TrackDetails:
    """Everything that is known of a track, who says so, and every mix it was heard in."""
    with shared.reading() as connection:
        found = get_track(connection, find_track_id(connection, track_id))
        context = set_context(connection, found.track.id)
        want_id = want_of_track(connection, found.track.id, by.user)
    tag(response, found.track.version)
    return TrackDetails(
        track=Track.model_validate(found.track),
        external_ids=[ExternalId(provider=name, id=number) for name, number in found.external_ids],
        attributes=[AttributeSaid.model_validate(one) for one in found.attributes],
        attributions=attributions({one.provider for one in found.attributes}),
        owned=found.owned,
        want_id=want_id,
        context=SetContext.model_validate(context),
    )


@router.patch("/tracks/{track_id:uuid}", response_model=Track)
def edit(
    track_id: PathId, given: TrackEdit, response: Response, shared: Shared, by: By, expected: Expected
) -> Track:
    """Correct a track. No run changes what is set or cleared here; `POST /review` decides what a line is."""
    changes = {"remix" if name == "version" else name: value for name, value in names_of(given).items()}
    with shared.store.write() as tx:
        version = edit_track(
            tx, find_track_id(tx.connection, track_id), changes, by=by.user, expected_version=expected
        )
        found = get_track(tx.connection, find_track_id(tx.connection, track_id))
    tag(response, version)
    return Track.model_validate(found.track)


@router.post("/tracks/{track_id:uuid}/identify", response_model=Identified)
def identify(
    track_id: PathId, given: IdentifyGiven, shared: Shared, by: By, expected: Expected
) -> Identified:
    """Say what a track is: a line that nobody identified, in all mixes, or one that has the wrong name.

    A track that is in the library under this name already takes the lines over.
    """
    credit = Credit.parse(given.artist, given.title)
    with shared.store.write() as tx:
        found = find_track_id(tx.connection, track_id)
        track, entries = identify_track(
            tx, found, credit, given.external_ids, by=by.user, expected_version=expected
        )
    return Identified(library_track_id=track, entries=entries)


@router.post("/tracks/{track_id:uuid}/merge", response_model=Merged)
def merge(track_id: PathId, given: MergeGiven, shared: Shared, by: By, expected: Expected) -> Merged:
    """Make other tracks part of this one. Two versions of a track are never one."""
    with shared.store.write() as tx:
        kept = find_track_id(tx.connection, track_id)
        check_version(track_row(tx.connection, kept), expected, {})
        others = [find_track_id(tx.connection, one) for one in dict.fromkeys(given.merged)]
        for one in others:
            merge_by_person(tx, kept=kept, merged=one, by=by.user)
    return Merged(kept=kept, merged=others)


@router.post("/tracks/{track_id:uuid}/unmerge", response_model=Unmerged)
def unmerge(track_id: PathId, shared: Shared, by: By, expected: Expected) -> Unmerged:
    """Take the last merge of a track back, by the id of the track that is left or of the one that went."""
    with shared.store.write() as tx:
        there = find_track_id(tx.connection, track_id)
        check_version(track_row(tx.connection, there), expected, {})
        kept, gone = unmerge_by_person(tx, track_id, by=by.user)
    return Unmerged(kept=kept, given_back=gone)


@router.get("/tracks/{track_id:uuid}/purchase-links", response_model=PlacesToBuy)
def purchase_links(track_id: PathId, shared: Shared) -> PlacesToBuy:
    """Where a track can be bought, as was said last, and where to look for it."""
    with shared.reading() as connection:
        found = find_track_id(connection, track_id)
    return _places(shared, found)


@router.post("/tracks/{track_id:uuid}/refresh-purchase-links", response_model=PlacesToBuy)
def refresh_purchase_links(track_id: PathId, shared: Shared) -> PlacesToBuy:
    """Ask every shop that is ready what a track costs now."""
    from mixtrove.discovery import opened_online
    from mixtrove.shopping import ask_shops

    with shared.reading() as connection:
        found = find_track_id(connection, track_id)
    with opened_online(shared.settings) as online:
        asked = ask_shops(shared.store, online.providers, [found], rule=shared.settings.rule)
    return _places(shared, found, dict(asked.failed))


@router.get("/export", response_class=StreamingResponse, responses=DOCUMENTED)
def export(shared: Shared, by: By, given: Annotated[TrackExportGiven, Query()]) -> StreamingResponse:
    """The library, or the tracks that are chosen, as a file."""
    which = _filter(given, by.user)

    def pieces() -> Iterator[str]:
        with shared.reading() as connection:
            yield from export_tracks(
                connection, given.format, which, order=given.order, attributions=attributions
            )

    return file_answer(pieces(), given.format, "library", by)


def place(link: Link, said: datetime | None) -> PlaceToBuy:
    """A link as it is answered."""
    return PlaceToBuy(
        store=link.store,
        kind=link.kind,
        url=link.url,
        price=link.price,
        currency=link.currency,
        cut=link.cut,
        price_until=link.expires_at,
        as_of=said,
        attribution=" ".join(attributions({link.store})) if link.kind == "offer" else None,
    )


def _places(shared: Context, track_id: str, failed: dict[str, str] | None = None) -> PlacesToBuy:
    from mixtrove.shopping import places_of

    expire(shared.store)
    with shared.reading() as connection:
        track = get_track(connection, track_id).track
        links = links_of(connection, [track_id]).get(track_id, [])
    named = f"{track.title} ({track.remix})" if track.remix else track.title
    found = places_of(Credit.parse(track.artist, named), None, links)
    return PlacesToBuy(
        library_track_id=track_id, places=[place(link, said) for link, said in found], failed=failed or {}
    )


def _filter(given: TracksGiven, user: str) -> TrackFilter:
    keys = {text: parse_key(text) for text in given.key}
    for text, key in keys.items():
        if key is None:
            raise BadInput(f"{text!r} is no key: write Am, 'A minor', 8A or 1m")
    if given.bpm_from is not None and given.bpm_to is not None and given.bpm_to < given.bpm_from:
        raise BadInput(f"bpm_to {given.bpm_to:g} is less than bpm_from {given.bpm_from:g}: swap the two")
    return TrackFilter(
        words=given.words,
        artist=given.artist or None,
        title=given.title or None,
        label=given.label or None,
        genre=given.genre or None,
        dj=given.dj or None,
        discovered_after=given.discovered_after,
        discovered_before=given.discovered_before,
        bpm_from=given.bpm_from,
        bpm_to=given.bpm_to,
        keys=frozenset(key for key in keys.values() if key is not None),
        heard=given.heard,
        provisional=given.provisional,
        tracklist_id=given.tracklist_id,
        new_in=given.new_in,
        owned=given.owned,
        wanted_by=user if given.wanted else None,
    )
