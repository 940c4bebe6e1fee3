"""``/want-list``: a user's own wants, and no other user's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from mixtrove.api.attribution import attributions
from mixtrove.api.context import By, Shared
from mixtrove.api.editing import Expected, tag
from mixtrove.api.files import DOCUMENTED, file_answer
from mixtrove.api.paging import page
from mixtrove.api.paths import PathId
from mixtrove.api.routes.library import place
from mixtrove.api.shapes.common import Page, names_of
from mixtrove.api.shapes.wants import (
    Basket,
    BasketGiven,
    Buy,
    Total,
    Want,
    WantEdit,
    WantExportGiven,
    WantGiven,
    WantsBulk,
    WantsChanged,
    WantsGiven,
)
from mixtrove.errors import NotFound
from mixtrove.library import cursors
from mixtrove.library.basket import fill_basket
from mixtrove.library.exports import export_wants
from mixtrove.library.facts import expire
from mixtrove.library.lookup import find_track_id
from mixtrove.library.purchase_links import Link, links_of
from mixtrove.library.want_records import (
    WantFilter,
    WantRecord,
    count_wants,
    get_wants,
    list_wants,
    place_of,
    want_of_track,
    want_owners,
)
from mixtrove.library.wants import Wish, add_wants, remove_wants, set_each, set_want

router = APIRouter(prefix="/want-list", tags=["want list"])

_STORED = {"purchase_date": "purchased_at"}


@router.get("", response_model=Page[Want])
def list_(
    request: Request, response: Response, shared: Shared, by: By, given: Annotated[WantsGiven, Query()]
) -> Page[Any]:
    """Your wants, the most wanted first, then the most heard."""
    which = WantFilter(
        status=given.status,
        min_priority=given.priority or 1,
        search=given.search,
        dj=given.dj or None,
        label=given.label or None,
        added_after=given.added_after,
    )
    after = None
    if given.after:
        priority, heard, added, want_id = cursors.read(given.after, [int, int, datetime, str])
        after = (priority, heard, added, want_id)
    with shared.reading() as connection:
        found = list_wants(connection, by.user, which, after=after, limit=given.limit + 1)
        total = count_wants(connection, by.user, which) if given.total else None
    some = found[: given.limit]
    more = cursors.write(place_of(some[-1])) if len(found) > given.limit else None
    return page(request, response, [Want.model_validate(one) for one in some], more, total)


@router.post(
    "", status_code=201, response_model=Want,
    responses={200: {"model": Want, "description": "It was on the list already"}},
)  # fmt: skip
def add(given: WantGiven, response: Response, shared: Shared, by: By) -> Want:
    """Put a track on your list. One that is on it keeps its want; a higher priority raises it."""
    with shared.store.write() as tx:
        wish = _wish(tx.connection, given)
        new = want_of_track(tx.connection, wish.track_id, by.user) is None
        [want_id] = add_wants(tx, by.user, [wish])
        found = Want.model_validate(get_wants(tx.connection, [want_id])[0])
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/api/v1/want-list/{want_id}"
    tag(response, found.want_version)
    return found


@router.post("/bulk", response_model=WantsChanged)
def bulk(given: WantsBulk, shared: Shared, by: By) -> WantsChanged:
    """Add, change and remove wants: all of it, or when one cannot be, none."""
    changes = {one.id: _changes(names_of(one)) for one in given.set}
    versions = {one.id: one.want_version for one in given.set if one.want_version is not None}
    with shared.store.write() as tx:
        _own(tx.connection, [*changes, *given.remove], by.user)
        added = add_wants(tx, by.user, [_wish(tx.connection, one) for one in given.add])
        set_each(tx, changes, by=by.user, versions=versions)
        remove_wants(tx, given.remove, by=by.user)
        left = [one for one in added if one not in given.remove]
        return WantsChanged(
            added=[Want.model_validate(one) for one in get_wants(tx.connection, left)],
            set=[Want.model_validate(one) for one in get_wants(tx.connection, list(changes))],
            removed=given.remove,
        )


@router.get("/export", response_class=StreamingResponse, responses=DOCUMENTED)
def export(shared: Shared, by: By, given: Annotated[WantExportGiven, Query()]) -> StreamingResponse:
    """Your list as a file. CSV and JSON can be imported again; a playlist names your own files and shops."""
    chosen = given.status or ("wanted" if given.format in ("txt", "m3u8") else "all")
    which = WantFilter(
        status=None if chosen == "all" else chosen,
        min_priority=given.priority or 1,
        added_after=given.added_after,
    )

    def pieces() -> Iterator[str]:
        with shared.reading() as connection:
            wants = list_wants(connection, by.user, which)
            yield from export_wants(connection, wants, given.format, attributions=attributions)

    return file_answer(pieces(), given.format, "want-list", by)


@router.get("/basket", response_model=Basket)
def basket(shared: Shared, by: By, given: Annotated[BasketGiven, Query()]) -> Basket:
    """The cheapest known offer of everything you want, what it comes to, and what nobody offers."""
    expire(shared.store)
    with shared.reading() as connection:
        wanted = list_wants(connection, by.user, WantFilter("wanted", given.priority or 1))
        links = links_of(connection, [one.library_track_id for one in wanted])
    currency = given.currency.upper() if given.currency else None
    found = fill_basket(wanted, links, now=datetime.now(UTC), stores=given.store, currency=currency)
    return Basket(
        items=[_buy(one.want, one.link, one.said_at) for one in found.items],
        totals=[Total.model_validate(one) for one in found.totals],
        unpriced=[_buy(want, link, said) for want, offers in found.unpriced for link, said in offers],
        missing=[Want.model_validate(one) for one in found.missing],
    )


@router.get("/{want_id:uuid}", response_model=Want)
def show(want_id: PathId, response: Response, shared: Shared, by: By) -> Want:
    """One of your wants."""
    with shared.reading() as connection:
        _own(connection, [want_id], by.user)
        found = Want.model_validate(get_wants(connection, [want_id])[0])
    tag(response, found.want_version)
    return found


@router.put("/{want_id:uuid}", response_model=Want)
def change(
    want_id: PathId, given: WantEdit, response: Response, shared: Shared, by: By, expected: Expected
) -> Want:
    """Set fields of a want; those that are not named stay as they are."""
    with shared.store.write() as tx:
        _own(tx.connection, [want_id], by.user)
        done = set_want(tx, want_id, _changes(names_of(given)), by=by.user, expected_version=expected)
    tag(response, done.version)
    return Want.model_validate(done)


@router.delete("/{want_id:uuid}", status_code=204)
def remove(want_id: PathId, shared: Shared, by: By, expected: Expected) -> None:
    """Take a want off the list for good: rules do not put it back, you may."""
    versions = None if expected is None else {want_id: expected}
    with shared.store.write() as tx:
        _own(tx.connection, [want_id], by.user)
        remove_wants(tx, [want_id], by=by.user, versions=versions)


def _own(connection: sa.Connection, want_ids: Collection[str], user: str) -> None:
    """Refuse wants that are not this user's, as if they were not there."""
    owners = want_owners(connection, want_ids)
    for want_id in want_ids:
        if owners.get(want_id) != user:
            raise NotFound("want", want_id, seen_in="mixtrove want list --all")


def _wish(connection: sa.Connection, given: WantGiven) -> Wish:
    return Wish(
        find_track_id(connection, given.track_id),
        priority=given.priority,
        cut=given.cut,
        notes=given.notes,
        source_tracklist_id=given.source_tracklist_id,
    )


def _changes(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _STORED.get(name, name): value for name, value in given.items() if name not in ("id", "want_version")
    }


def _buy(want: WantRecord, link: Link, said: datetime | None) -> Buy:
    return Buy(
        **place(link, said).model_dump(),
        want_id=want.id,
        library_track_id=want.library_track_id,
        artist=want.artist,
        title=f"{want.title} ({want.remix})" if want.remix else want.title,
        wanted_cut=want.cut,
    )
