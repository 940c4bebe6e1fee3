"""``mixtrove want offers`` and ``basket``: where to buy, for how much, and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from mixtrove.cli.given import TEXT
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, print_json
from mixtrove.cli.progress import progress_bar
from mixtrove.cli.want_selection import find_want, named
from mixtrove.errors import BadInput

if TYPE_CHECKING:
    from mixtrove.library.basket import Basket
    from mixtrove.library.cuts import Said
    from mixtrove.library.purchase_links import Link
    from mixtrove.library.store import Store
    from mixtrove.library.want_records import WantRecord
    from mixtrove.settings import Settings

_REFRESH = click.option(
    "--refresh", is_flag=True, help="Ask every shop that is ready for today's prices first."
)


_SEARCHED = 10  # wants without an offer whose searches a page of text shows


@click.command()
@click.argument("ids", nargs=-1)
@_REFRESH
@click.option("--searches/--no-searches", default=True, help="Also links that search shops.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="So many wants.")
@AS_JSON
def offers(ids: tuple[str, ...], refresh: bool, searches: bool, limit: int, as_json: bool) -> None:
    """Show where wanted tracks can be bought, and for how much; by default the most wanted.

    The cut that is wanted comes first, else the original or extended before the radio edit. A price is shown
    for as long as its shop allows (Discogs six hours, others two) and asked for anew with --refresh. A search
    is only that: nobody knows whether the shop has the track. What nobody identified yet has searches only.

    \b
    For example:
      mixtrove want offers --refresh
      mixtrove want offers 3fa9c1d2 --no-searches
    """
    from mixtrove.library.want_records import WantFilter, get_wants, list_wants
    from mixtrove.shopping import places

    with opened_store() as (store, settings):
        with store.read() as connection:
            wanted = (
                get_wants(connection, [find_want(connection, one, settings.user) for one in ids])
                if ids
                else list_wants(connection, settings.user, WantFilter(status="wanted"), limit=limit)
            )
        links, failed = _links(store, settings, wanted, refresh=refresh)
    now = datetime.now(UTC)
    found = [(one, places(one, links.get(one.library_track_id, []))) for one in wanted]
    if not searches:
        found = [(one, [place for place in at if place[0].kind == "offer"]) for one, at in found]
    if as_json:
        print_json([_place(one, link, said, now) for one, at in found for link, said in at])
    else:
        _print_offers(found, now)
    _say_failed(failed)


@click.command()
@click.option(
    "--store", "stores", type=TEXT, metavar="SHOP", multiple=True, help="Only this shop; may be repeated."
)
@click.option("--min-priority", type=click.IntRange(1, 5), default=1, help="Only from this priority on.")
@click.option("--currency", type=TEXT, help="Only offers in this one, such as EUR.")
@_REFRESH
@AS_JSON
def basket(
    stores: tuple[str, ...], min_priority: int, currency: str | None, refresh: bool, as_json: bool
) -> None:
    """Show the cheapest known offer of everything that is wanted, what it comes to, and what nobody offers.

    A cut that was asked for is bought as that cut or not at all. Amounts of two currencies are never added.

    \b
    For example:
      mixtrove want basket
      mixtrove want basket --store beatport --min-priority 4 --refresh
    """
    from mixtrove.library.basket import fill_basket
    from mixtrove.library.want_records import WantFilter, list_wants
    from mixtrove.library.want_values import checked
    from mixtrove.providers.store_links import SEARCHES

    for shop in stores:
        if shop not in SEARCHES:
            raise BadInput(f"there is no shop {shop!r}: there are {', '.join(sorted(SEARCHES))}")
    code = checked({"currency": currency})["currency"]
    with opened_store() as (store, settings):
        with store.read() as connection:
            wanted = list_wants(connection, settings.user, WantFilter("wanted", min_priority))
        links, failed = _links(store, settings, wanted, refresh=refresh)
    now = datetime.now(UTC)
    found = fill_basket(wanted, links, now=now, stores=stores, currency=code)
    if as_json:
        print_json(_basket_json(found, stores, now))
    else:
        _print_basket(found, stores, code, now)
    _say_failed(failed)


def _links(
    store: Store, settings: Settings, wanted: Sequence[WantRecord], *, refresh: bool
) -> tuple[dict[str, list[Said]], dict[str, str]]:
    """By track, where it can be bought; and by shop, why it did not answer."""
    from mixtrove.discovery import opened_online
    from mixtrove.library.facts import expire
    from mixtrove.library.purchase_links import links_of
    from mixtrove.shopping import ask_shops

    tracks = [one.library_track_id for one in wanted]
    failed: dict[str, str] = {}
    if refresh:
        with opened_online(settings) as online, progress_bar("asking shops") as bar:
            failed |= ask_shops(
                store, online.providers, tracks, rule=settings.rule,
                progress=lambda done, of: bar.update(done, of, "asking shops"),
            ).failed  # fmt: skip
    expire(store)
    with store.read() as connection:
        return links_of(connection, tracks), failed


def _say_failed(failed: dict[str, str]) -> None:
    for shop, why in failed.items():
        click.echo(f"{shop} did not answer: {why}", err=True)


def _print_offers(
    found: Sequence[tuple[WantRecord, Sequence[tuple[Link, datetime | None]]]], now: datetime
) -> None:
    if not found:
        click.echo("nothing is wanted")
    for want, at in found:
        click.echo(f"{named(want)}, priority {want.priority}")
        for link, said in at:
            what = "search" if link.kind == "search" else _price(link)
            more = ", ".join(part for part in (link.cut, said and f"{_age(now - said)} ago") if part)
            click.echo(f"  {what:>11}  {link.store:<10}  {f'{more}: ' if more else ''}{link.url}")
        if not at:
            click.echo("  no offer is known: --refresh asks the shops")
    _attribute({link.store for _, at in found for link, _ in at if link.kind == "offer"})


def _print_basket(found: Basket, stores: Sequence[str], currency: str | None, now: datetime) -> None:
    if not (found.items or found.unpriced or found.missing):
        click.echo("nothing is wanted")
        return
    for total in found.totals:
        of = f"{total.tracks:,} {'track' if total.tracks == 1 else 'tracks'}"
        click.secho(f"{total.store}: {of}, {total.amount:,} {total.currency}", bold=True)
        for one in found.items:
            if (one.link.store, one.link.currency) == (total.store, total.currency):
                cut = f" ({one.link.cut})" if one.link.cut else ""
                click.echo(f"  {_price(one.link):>11}  {named(one.want)}")
                click.echo(f"               {one.link.url}{cut}, {_age(now - one.said_at)} ago")
    if found.unpriced:
        within = f" in {currency}" if currency else ""
        click.secho(
            f"no price{within} is known now: {len(found.unpriced):,} (--refresh asks the shops)", bold=True
        )
        for want, offers in found.unpriced:
            click.echo(f"  {named(want)}")
            for link, _ in offers:
                click.echo(f"    {link.store}: {link.url}")
    if found.missing:
        click.secho(f"no offer is known: {len(found.missing):,} (searches only)", bold=True)
        for want in found.missing[:_SEARCHED]:
            click.echo(f"  {named(want)}")
            for link in _searches(want, stores):
                click.echo(f"    search {link.store}: {link.url}")
        for want in found.missing[_SEARCHED:]:
            click.echo(f"  {named(want)}")
        if len(found.missing) > _SEARCHED:
            click.echo("  `mixtrove want offers ID` has the searches of these, --json those of all")
    offered = [one.link.store for one in found.items]
    _attribute({*offered, *(link.store for _, offers in found.unpriced for link, _ in offers)})


def _basket_json(found: Basket, stores: Sequence[str], now: datetime) -> dict[str, Any]:
    return {
        "items": [_place(one.want, one.link, one.said_at, now) for one in found.items],
        "totals": [asdict(one) for one in found.totals],
        "unpriced": [
            _place(want, link, said, now) for want, offers in found.unpriced for link, said in offers
        ],
        "missing": [
            _place(want, link, None, now) for want in found.missing for link in _searches(want, stores)
        ],
    }


def _place(want: WantRecord, link: Link, said: datetime | None, now: datetime) -> dict[str, Any]:
    """One place to buy or look for a want, as JSON."""
    from mixtrove.providers.registry import attributions

    return {
        "want_id": want.id,
        "track_id": want.library_track_id,
        "artist": want.artist,
        "title": f"{want.title} ({want.remix})" if want.remix else want.title,
        "wanted_cut": want.cut,
        "store": link.store,
        "kind": link.kind,
        "price": link.price,
        "currency": link.currency,
        "cut": link.cut,
        "price_until": link.expires_at,
        "as_of": said,
        "age_seconds": None if said is None else round((now - said).total_seconds()),
        "url": link.url,
        "attribution": " ".join(attributions({link.store})) if link.kind == "offer" else None,
    }


def _searches(want: WantRecord, stores: Sequence[str]) -> list[Link]:
    from mixtrove.shopping import places

    return [link for link, _ in places(want, ()) if not stores or link.store in stores]


def _attribute(stores: set[str]) -> None:
    from mixtrove.providers.registry import attributions

    for sentence in attributions(stores):
        click.echo(sentence)


def _price(link: Link) -> str:
    return "no price" if link.price is None else f"{link.price} {link.currency or ''}".rstrip()


def _age(age: timedelta) -> str:
    """How long ago, in the largest fitting unit."""
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
