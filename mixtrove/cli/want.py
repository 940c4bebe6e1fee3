"""``mixtrove want``: the shopping list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import print_table, write_text
from mixtrove.cli.progress import progress_bar

if TYPE_CHECKING:
    from mixtrove.library.exports import Form
    from mixtrove.library.facts import Link
    from mixtrove.library.wants import WantRecord

_PRIORITY = click.option("--priority", type=click.IntRange(1, 5), help="1 to 5, 5 is most wanted.")
_CUT = click.option("--cut", type=click.Choice(["original", "extended", "radio"]), help="Only this cut.")
_Row = tuple[object, ...]
_STATUS = click.Choice(["wanted", "purchased", "unavailable"])


@click.group()
def want() -> None:
    """Keep the shopping list.

    \b
    For example:
      mixtrove want list
      mixtrove want add "Eric Prydz - Opus (Four Tet Remix)" --priority 5
    """


@want.command()
@click.argument("track")
@_PRIORITY
@_CUT
@click.option("--notes")
def add(track: str, priority: int | None, cut: str | None, notes: str | None) -> None:
    """Put TRACK on the list: the id of a library track, or "Artist - Title (Version)".

    A track that is on the list already keeps the higher priority.

    \b
    For example:
      mixtrove want add "Eric Prydz - Opus (Four Tet Remix)" --priority 5
      mixtrove want add 3fa9c1d2
    """
    from mixtrove.library.lookup import find_track
    from mixtrove.library.tracks import find_or_create_track
    from mixtrove.library.wants import add_want, get_want

    with opened_store() as (store, settings), store.write() as tx:
        named = find_track(tx.connection, track)
        track_id = named if isinstance(named, str) else find_or_create_track(tx, named)
        want_id = add_want(tx, settings.user, track_id, priority=priority, cut=cut, notes=notes)
        found = get_want(tx.connection, want_id)
    click.echo(f"{found.status}, priority {found.priority}: {_named(found)}")


@want.command("list")
@click.option("--status", type=_STATUS, default="wanted", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Whatever the status.")
@click.option("--min-priority", type=click.IntRange(1, 5), default=1)
@click.option("--limit", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def list_(status: str, everything: bool, min_priority: int, limit: int | None, as_json: bool) -> None:
    """List wants, the most wanted first, then the most heard.

    \b
    For example:
      mixtrove want list --min-priority 4
    """
    from mixtrove.library.lookup import short_id
    from mixtrove.library.wants import list_wants

    with opened_store() as (store, settings), store.read() as connection:
        found = list_wants(
            connection,
            settings.user,
            status=None if everything else status,
            min_priority=min_priority,
            limit=limit,
        )
    columns = ("id", "priority", "artist", "title", "version", "label", "heard", "owned", "status", "notes")
    rows = [
        (
            one.id if as_json else short_id(one.id), one.priority, one.artist, one.title, one.remix,
            one.label, one.heard, one.owned if as_json else one.owned or None, one.status, one.notes,
        )
        for one in found
    ]  # fmt: skip
    print_table(columns, rows, json=as_json, empty="nothing is wanted")


@want.command()
@click.argument("ids", nargs=-1)
@click.option("--refresh", is_flag=True, help="Ask every shop that is ready for today's prices first.")
@click.option("--searches/--no-searches", default=True, help="Also links that search shops.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="So many wants.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def offers(ids: tuple[str, ...], refresh: bool, searches: bool, limit: int, as_json: bool) -> None:
    """Show where wanted tracks can be bought, and for how much; by default the most wanted.

    A price is shown for as long as its shop allows (Discogs six hours, others two) and asked for anew with
    --refresh. A search is only that: nobody knows whether the shop has the track. What nobody identified yet
    has searches only.

    \b
    For example:
      mixtrove want offers --refresh
      mixtrove want offers 3fa9c1d2 --no-searches
    """
    from mixtrove.discovery import opened_online
    from mixtrove.library.facts import expire, links_of
    from mixtrove.library.wants import get_want, list_wants
    from mixtrove.providers.registry import attributions
    from mixtrove.shopping import ask_shops

    failed: dict[str, str] = {}
    with opened_store() as (store, settings):
        with store.read() as connection:
            wanted = (
                [get_want(connection, _find(connection, one)) for one in ids]
                if ids
                else list_wants(connection, settings.user, status="wanted", limit=limit)
            )
        tracks = [one.library_track_id for one in wanted]
        if refresh:
            with opened_online(settings) as online, progress_bar("asking shops") as bar:
                failed |= ask_shops(
                    store, online.providers, tracks, rule=settings.rule,
                    progress=lambda done, of: bar.update(done, of, "asking shops"),
                ).failed  # fmt: skip
        expire(store)
        with store.read() as connection:
            links = links_of(connection, tracks)
    rows = [row for one in wanted for row in _offers(one, links.get(one.library_track_id, []), searches)]
    if as_json:
        print_table(_OFFER_COLUMNS, rows, json=True)
    else:
        shown = [(*row[2:8], row[10], row[11]) for row in rows]
        print_table((*_OFFER_COLUMNS[2:8], *_OFFER_COLUMNS[10:12]), shown, empty="nothing is wanted")
        for sentence in attributions({str(row[4]) for row in rows if row[5] == "offer"}):
            click.echo(sentence)
    for shop, why in failed.items():
        click.echo(f"{shop} did not answer: {why}", err=True)


_OFFER_COLUMNS = (
    "want_id", "track_id", "artist", "title", "store", "kind", "price", "currency", "cut",
    "price_until", "as_of", "url", "attribution",
)  # fmt: skip


def _offers(one: WantRecord, links: Sequence[tuple[Link, datetime]], searches: bool) -> Iterator[_Row]:
    """The rows of one want: what was offered, then searches; one without a link when there is nothing."""
    from mixtrove.matching import Credit
    from mixtrove.providers.registry import attributions
    from mixtrove.providers.store_links import search_links

    title = f"{one.title} ({one.remix})" if one.remix else one.title
    head = (one.id, one.library_track_id, one.artist, title)
    for link, said in links:
        yield (
            *head, link.store, link.kind, link.price, link.currency, link.cut, link.expires_at, said,
            link.url, " ".join(attributions({link.store})),
        )  # fmt: skip
    found = search_links(Credit.parse(one.artist, title)) if searches else ()
    known = {link.store for link, _ in links}
    more = [link for link in found if link.store not in known]
    for search in more:
        yield (*head, search.store, search.kind, None, None, None, None, None, search.url, None)
    if not links and not more:
        yield (*head, *(None,) * 9)


@want.command("set")
@click.argument("id_")
@_PRIORITY
@click.option("--status", type=_STATUS)
@_CUT
@click.option("--notes")
@click.option("--price", "purchase_price", help="What was paid, such as 1.99 or 1,99.")
@click.option("--currency", help="Three letters, such as EUR.")
@click.option("--store", help="Where it was bought.")
def set_(id_: str, **given: Any) -> None:
    """Change a want.

    \b
    For example:
      mixtrove want set 3fa9c1d2 --status purchased --price 1.99 --currency EUR --store Bandcamp
    """
    from mixtrove.library.wants import set_want

    changes = {name: value for name, value in given.items() if value is not None}
    with opened_store() as (store, settings), store.write() as tx:
        found = set_want(tx, _find(tx.connection, id_), changes, by=settings.user)
    click.echo(f"{found.status}, priority {found.priority}: {_named(found)}")


@want.command()
@click.argument("ids", nargs=-1, required=True)
def remove(ids: tuple[str, ...]) -> None:
    """Take wants off the list for good: rules do not put them back.

    \b
    For example:
      mixtrove want remove 3fa9c1d2
    """
    from mixtrove.library.wants import remove_want

    with opened_store() as (store, settings), store.write() as tx:
        for text in ids:
            remove_want(tx, _find(tx.connection, text), by=settings.user)
    click.echo(f"removed {len(ids)}")


@want.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "txt", "m3u8"]),
    default="csv",
    show_default=True,
    help="For spreadsheets, programs, people or players.",
)
@click.option(
    "--status",
    type=click.Choice(["all", "wanted", "purchased", "unavailable"]),
    help="Only these. By default all; of txt and m3u8, lists to take along, only what is wanted.",
)
@click.option("--min-priority", type=click.IntRange(1, 5), default=1, help="Only what is wanted so much.")
@click.option("--added-after", type=click.DateTime(["%Y-%m-%d"]), help="Only since this day, YYYY-MM-DD.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; by default stdout.")
def export(
    form: Form, status: str | None, min_priority: int, added_after: datetime | None, out: Path | None
) -> None:
    """Write the list as CSV, JSON, plain lines or a playlist. CSV and JSON can be imported again.

    A playlist (m3u8) names your own file of a track, else where it can be bought.

    \b
    For example:
      mixtrove want export --format txt
      mixtrove want export --status purchased --out bought.csv
    """
    from mixtrove.library.exports import export_wants
    from mixtrove.library.wants import list_wants
    from mixtrove.providers.registry import attributions

    chosen = status or ("wanted" if form in ("txt", "m3u8") else "all")
    with opened_store() as (store, settings), store.read() as connection:
        wants = list_wants(
            connection,
            settings.user,
            status=None if chosen == "all" else chosen,
            min_priority=min_priority,
            added_after=added_after and added_after.date(),
        )
        write_text(export_wants(connection, wants, form, attributions=attributions), out)


@want.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(path: Path) -> None:
    """Read a CSV with the columns artist, title and any of version, label, priority, status, notes.

    \b
    For example:
      mixtrove want import wishes.csv
    """
    from mixtrove.library.want_files import import_wants_csv

    with opened_store() as (store, settings):
        done = import_wants_csv(store, path.read_bytes(), path.name, user=settings.user)
    for sentence in done.skipped:
        click.echo(f"skipped: {sentence}", err=True)
    click.echo(f"{done.rows} read, {done.added} of them new on the list")


def _find(connection: Any, text: str) -> str:
    from mixtrove.library import schema
    from mixtrove.library.lookup import find_id

    return find_id(connection, schema.want, text, what="want", seen_in="mixtrove want list --all")


def _named(found: Any) -> str:
    return f"{found.artist} - {found.title}" + (f" ({found.remix})" if found.remix else "")
