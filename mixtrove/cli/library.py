"""``mixtrove library``: the tracks that were found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mixtrove.cli.library_changes import apart, duplicates, edit, merge, merges, unmerge
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import print_json, print_table, write_text


@click.group()
def library() -> None:
    """See and change the tracks that were found.

    \b
    For example:
      mixtrove library list four tet
      mixtrove library show 3fa9c1d2
    """


@library.command("list")
@choosing_tracks
@click.option(
    "--sort",
    "order",
    type=click.Choice(ORDERS),
    default="heard",
    show_default=True,
    help="The most heard, by artist and title, or the last to enter the library, first.",
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.option("--after", metavar="CURSOR", help="Go on behind a page; --json says with what, on stderr.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def list_(order: Order, limit: int, after: str | None, as_json: bool, **chosen: Any) -> None:
    """List tracks; WORDS occur in artist, title, version or label.

    What is compared is what is shown, whoever said it. Of two options both must hold.

    \b
    For example:
      mixtrove library list four tet --identified
      mixtrove library list --mixes-with 8A --bpm 124-128 --not-owned
      mixtrove library list --heard 3 --dj "ben ufo" --sort newest
    """
    from mixtrove.library.lookup import short_id
    from mixtrove.library.musical_key import shown_key
    from mixtrove.library.track_search import find_tracks

    with opened_store() as (store, settings), store.read() as connection:
        which = chosen_tracks(connection, settings.user, chosen)
        page = find_tracks(connection, which, order=order, after=after, limit=limit)
    if as_json:
        print_json([_record(one) for one in page.tracks])
        if page.after:
            click.echo(f"{len(page.tracks):,} of {page.total:,} tracks: --after {page.after}", err=True)
        return
    print_table(
        ("id", "artist", "title", "version", "label", "bpm", "key", "heard", "last_seen", "provisional"),
        [
            (
                short_id(one.id), one.artist, one.title, one.remix, one.label, one.bpm, shown_key(one.key),
                one.discovery_count, one.last_seen and one.last_seen.date(), one.provisional or None,
            )
            for one in page.tracks
        ],
        empty="no track: `mixtrove discover` finds those of your tracklists"
        if which == TrackFilter()
        else "no track is like that",
    )  # fmt: skip
    say_rest(len(page.tracks), page.total, "tracks")


@library.command()
@click.argument("id_")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def show(id_: str, as_json: bool) -> None:
    """Show a track and every mix it was heard in.

    \b
    For example:
      mixtrove library show 3fa9c1d2
    """
    from dataclasses import asdict

    from mixtrove.library.track_records import get_track
    from mixtrove.providers.registry import attributions

    with opened_store() as (store, _), store.read() as connection:
        found = get_track(connection, _find(connection, id_))
    if as_json:
        print_json(asdict(found))
        return
    facts = [(name, value) for name, value in asdict(found.track).items() if value not in (None, [])]
    facts += [(provider, number) for provider, number in found.external_ids]
    print_table(("field", "value"), [*facts, ("owned files", found.owned)])
    click.echo()
    if found.attributes:
        rows = [
            (one.name, one.value, one.provider, one.fetched_at, one.expires_at) for one in found.attributes
        ]
        print_table(("said_of_it", "value", "provider", "as_of", "kept_until"), rows)
        for sentence in attributions({one.provider for one in found.attributes}):
            click.echo(sentence)
        click.echo()
    print_table(
        ("dj", "mix", "played_on", "line", "written", "confidence", "method"),
        [
            (one.dj, one.mix, one.played_on, one.position, one.raw_line, one.confidence, one.method)
            for one in found.plays
        ],
        empty="heard nowhere",
    )


@library.command()
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; by default stdout.")
def export(form: str, out: Path | None) -> None:
    """Write the whole library as CSV or JSON.

    \b
    For example:
      mixtrove library export --out library.csv
    """
    from mixtrove.cli.output import as_json_text
    from mixtrove.library.spreadsheet import to_csv
    from mixtrove.library.track_records import EXPORT_COLUMNS, list_tracks

    with opened_store() as (store, _), store.read() as connection:
        found = list_tracks(connection)
    rows = [[getattr(one, name) for name in EXPORT_COLUMNS] for one in found]
    if form == "json":
        text = as_json_text([dict(zip(EXPORT_COLUMNS, row, strict=True)) for row in rows]) + "\n"
    else:
        text = to_csv(EXPORT_COLUMNS, rows)
    write_text(text, out)


def _find(connection: Any, text: str) -> str:
    from mixtrove.library import schema
    from mixtrove.library.lookup import find_id

    return find_id(connection, schema.library_track, text, what="track", seen_in="mixtrove library list")


for _command in (edit, merge, unmerge, merges, apart, duplicates):
    library.add_command(_command)
