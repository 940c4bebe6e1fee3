"""``mixtrove want``: the shopping list. Changes, buying and rules are in ``want_….py`` beside this file."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, print_json, print_table, write_text
from mixtrove.cli.want_buying import basket, offers
from mixtrove.cli.want_changes import CUT, PRIORITY, remove, set_
from mixtrove.cli.want_rules import refresh, rules
from mixtrove.cli.want_selection import Selection, find_tracklist, find_want, named, of_a_kind, want_json
from mixtrove.errors import BadInput

if TYPE_CHECKING:
    from mixtrove.library.exports import Form
    from mixtrove.library.want_imports import WantImport


@click.group()
def want() -> None:
    """Keep the shopping list.

    \b
    For example:
      mixtrove want list
      mixtrove want add "Eric Prydz - Opus (Four Tet Remix)" --priority 5
      mixtrove want basket
    """


for _command in (set_, remove, offers, basket, rules, refresh):
    want.add_command(_command)


@want.command()
@click.argument("tracks", metavar="TRACK...", nargs=-1, required=True)
@click.option("--link", metavar="PAGE", help="Its page in a shop or database, or provider:id; of one TRACK.")
@PRIORITY
@CUT
@click.option("--notes")
@click.option(
    "--from", "tracklist", metavar="TRACKLIST", help="The mix it was heard in; by default the first."
)
@AS_JSON
def add(
    tracks: tuple[str, ...],
    link: str | None,
    priority: int | None,
    cut: str | None,
    notes: str | None,
    tracklist: str | None,
    as_json: bool,
) -> None:
    """Put tracks on the list, all of them or, when one cannot be, none.

    TRACK is the id of a library track, "Artist - Title (Version)", or the address of its page in a shop. A
    track that is on the list already keeps its want: a higher priority raises it, nothing else changes.

    \b
    For example:
      mixtrove want add "Eric Prydz - Opus (Four Tet Remix)" --priority 5
      mixtrove want add 3fa9c1d2 8be01f44 --from 7c20a9b1
    """
    from mixtrove.discovery import opened_providers
    from mixtrove.library.discoveries import TrackRecord, recorded_track
    from mixtrove.library.want_records import get_wants
    from mixtrove.library.wanted_tracks import wanted_track
    from mixtrove.library.wants import Wish, add_wants
    from mixtrove.matching import Credit
    from mixtrove.pasted import linked, pasted_track

    if link and len(tracks) != 1:
        raise BadInput(f"--link is the page of one track, but {len(tracks)} were named; add them one by one")
    with opened_store() as (store, settings):
        found = [pasted_track(store, None, text, lambda: opened_providers(settings)) for text in tracks]
        if link:
            found = [linked(found[0], link)]
        with store.write() as tx:
            source = tracklist and find_tracklist(tx.connection, tracklist)
            ids = [
                wanted_track(tx, one)
                if isinstance(one, Credit)
                else recorded_track(tx, one)
                if isinstance(one, TrackRecord)
                else one
                for one in found
            ]
            wishes = [
                Wish(one, priority=priority, cut=cut, notes=notes, source_tracklist_id=source) for one in ids
            ]
            added = get_wants(tx.connection, add_wants(tx, settings.user, wishes))
    if as_json:
        print_json([want_json(one) for one in added])
        return
    for one in added:
        click.echo(f"{one.status}, priority {one.priority}: {named(one)}")


@want.command("list")
@of_a_kind("--status")
@click.option("--limit", type=click.IntRange(1))
@AS_JSON
def list_(limit: int | None, as_json: bool, **options: Any) -> None:
    """List wants, the most wanted first, then the most heard.

    \b
    For example:
      mixtrove want list --min-priority 4
      mixtrove want list --dj "Ben UFO" --all
    """
    from mixtrove.library.lookup import short_id

    with opened_store() as (store, settings), store.read() as connection:
        found = Selection(**options).find(connection, settings.user, limit)
    if as_json:
        print_json([want_json(one) for one in found])
        return
    columns = ("id", "priority", "artist", "title", "version", "label", "heard", "owned", "status", "notes")
    rows = [
        (
            short_id(one.id), one.priority, one.artist, one.title, one.remix, one.label, one.heard,
            one.owned or None, one.status, one.notes,
        )
        for one in found
    ]  # fmt: skip
    print_table(columns, rows, empty="nothing is wanted")


@want.command()
@click.argument("id_", metavar="ID")
@AS_JSON
def show(id_: str, as_json: bool) -> None:
    """Show a want with its version, where it is from and what became of it.

    \b
    For example:
      mixtrove want show 3fa9c1d2
    """
    from mixtrove.library.want_records import get_want, mix_of, want_history

    with opened_store() as (store, settings), store.read() as connection:
        found = get_want(connection, find_want(connection, id_, settings.user))
        history = want_history(connection, found.id)
        mix = mix_of(connection, found)
    if as_json:
        print_json({**want_json(found), "mix": mix, "history": [asdict(one) for one in history]})
        return
    values = {**want_json(found), "from": mix}
    del values["source_tracklist_id"]
    print_table(("field", "value"), [(name, value) for name, value in values.items() if value is not None])
    click.echo()
    print_table(
        ("at", "by", "status", "priority"),
        [
            (one.at, one.by, _step(one.old_status, one.new_status), _step(one.old_priority, one.new_priority))
            for one in history
        ],
    )


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
    from mixtrove.library.want_records import WantFilter, list_wants
    from mixtrove.providers.registry import attributions

    chosen = status or ("wanted" if form in ("txt", "m3u8") else "all")
    with opened_store() as (store, settings), store.read() as connection:
        wants = list_wants(
            connection,
            settings.user,
            WantFilter(
                status=None if chosen == "all" else chosen,
                min_priority=min_priority,
                added_after=added_after and added_after.date(),
            ),
        )
        write_text(export_wants(connection, wants, form, attributions=attributions), out)


@want.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@AS_JSON
def import_(path: Path, dry_run: bool, as_json: bool) -> None:
    """Read wants from a CSV with a header or a JSON array, such as `want export` writes.

    A row needs artist and title; version, label, catalog_number, cut, priority, status, added_at,
    purchased_at, purchase_price, currency, store and notes may be there. What is on the list already is only
    raised. Rows that cannot be used are named with the reason, the others are taken; the exit code is 2 then.

    \b
    For example:
      mixtrove want import wishes.csv --dry-run
      mixtrove want import wants.json
    """
    from mixtrove.library.want_imports import import_wants

    with opened_store() as (store, settings):
        done = import_wants(store, path.read_bytes(), path.name, user=settings.user, dry_run=dry_run)
    if as_json:
        print_json({**asdict(done), "dry_run": dry_run})
    else:
        for one in done.refused:
            click.echo(f"refused: {one.sentence}", err=True)
        click.echo(_imported(done, dry_run=dry_run))
    if done.refused:
        click.get_current_context().exit(2)


def _imported(done: WantImport, *, dry_run: bool) -> str:
    parts = [
        f"{done.added:,} added",
        f"{done.raised:,} raised",
        f"{done.unchanged:,} there already",
    ]
    refused = f", {len(done.refused):,} refused" if done.refused else ""
    return f"{done.rows:,} rows{refused}: {', '.join(parts)}" + ("; nothing was changed" if dry_run else "")


def _step(old: object, new: object) -> object:
    return new if old is None or old == new else f"{old} → {new}"
