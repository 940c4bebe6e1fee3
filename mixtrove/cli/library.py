"""``mixtrove library``: the tracks that were found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mixtrove.cli.completion import track_ids
from mixtrove.cli.library_changes import apart, duplicates, edit, merge, merges, unmerge
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, clock, print_json, print_table, say_rest, write_text
from mixtrove.cli.track_options import ORDERS, choosing_tracks, chosen_tracks

if TYPE_CHECKING:
    from mixtrove.library.exports import Form
    from mixtrove.library.set_context import Heard, SetContext
    from mixtrove.library.track_records import TrackDetails, TrackRow
    from mixtrove.library.track_search import Order


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
@AS_JSON
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
    from mixtrove.library.track_filter import TrackFilter
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
        spare=("last_seen", "provisional", "label", "bpm"),
        empty="no track: `mixtrove discover` finds those of your tracklists"
        if which == TrackFilter()
        else "no track is like that",
    )  # fmt: skip
    say_rest(len(page.tracks), page.total or 0, "tracks")


@library.command()
@click.argument("id_", metavar="ID", shell_complete=track_ids)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="So many plays.")
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
def show(id_: str, limit: int, as_json: bool) -> None:
    """Show a track: what is known of it and who says so, and every mix it was heard in with its neighbours.

    \b
    For example:
      mixtrove library show 3fa9c1d2
    """
    from dataclasses import asdict

    from mixtrove.library.set_context import set_context
    from mixtrove.library.track_records import get_track
    from mixtrove.providers.registry import attributions

    with opened_store() as (store, _), store.read() as connection:
        found = get_track(connection, _find(connection, id_))
        heard = set_context(connection, found.track.id)
    if as_json:
        print_json({**asdict(found), "track": _record(found.track), "heard": asdict(heard)})
        return
    _print_facts(found)
    click.echo()
    if found.attributes:
        rows = [
            (one.name, one.value, one.provider, one.fetched_at, one.expires_at) for one in found.attributes
        ]
        print_table(("said_of_it", "value", "provider", "as_of", "kept_until"), rows)
        for sentence in attributions({one.provider for one in found.attributes}):
            click.echo(sentence)
        click.echo()
    _print_heard(heard, limit)


def _print_facts(found: TrackDetails) -> None:
    """What is known, with who says so."""
    from mixtrove.library.musical_key import shown_key

    track = found.track
    record = _record(track)
    for name in ("id", "classical", "camelot", "sources", "heard", "track_version"):
        del record[name]
    record["key"] = shown_key(track.key)
    rows = [
        (name, value, ", ".join(track.sources.get("remix" if name == "version" else name, ())))
        for name, value in record.items()
        if value not in (None, [])
    ]
    rows = [("id", track.id, ""), *rows]
    rows += [(provider, number, "") for provider, number in found.external_ids]
    print_table(("field", "value", "from"), [*rows, ("owned files", found.owned, "")])


def _print_heard(heard: SetContext, limit: int) -> None:
    """Where it was heard, and what was around it."""
    from mixtrove.library.lookup import short_id

    if not heard.plays:
        click.echo("heard nowhere")
        return
    days = [str(day) for day in dict.fromkeys((heard.first_played, heard.last_played)) if day]
    played = f", played {' to '.join(days)}" if days else ""
    djs = f" by {heard.djs:,} {'DJ' if heard.djs == 1 else 'DJs'}" if heard.djs else ""
    mixes = "mix" if heard.mixes == 1 else "mixes"
    click.echo(f"heard in {heard.mixes:,} {mixes}{djs}{played}")
    if heard.often_beside:
        click.echo("most often beside:")
        for one in heard.often_beside:
            click.echo(f"  {one.mixes:,}  {short_id(one.library_track_id)}  {one.name}")
    click.echo()
    print_table(
        ("played_on", "dj", "mix", "line", "cue", "before", "together", "after", "confidence", "method"),
        [
            (
                one.played_on, one.dj, one.mix, one.position, clock(one.cue_seconds),
                _names(one.before), _names(one.together), _names(one.after),
                one.confidence, one.method,
            )
            for one in heard.plays[:limit]
        ],
        spare=("method", "confidence", "cue", "together", "line"),
    )  # fmt: skip
    say_rest(min(limit, len(heard.plays)), len(heard.plays), "plays")


def _names(beside: Sequence[Heard]) -> str:
    return " + ".join(one.name for one in beside)


@library.command()
@choosing_tracks
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "txt", "m3u8"]),
    default="csv",
    show_default=True,
    help="For spreadsheets, programs, people or players.",
)
@click.option("--sort", "order", type=click.Choice(ORDERS), default="heard", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; by default stdout.")
def export(form: Form, order: Order, out: Path | None, **chosen: Any) -> None:
    """Write the library, or the tracks that are chosen, to a file.

    A playlist (m3u8) names your own file of a track, else where it can be bought. What providers let nobody
    keep is left out.

    \b
    For example:
      mixtrove library export --out library.csv
      mixtrove library export --owned --bpm 124-128 --format m3u8 --out warm-up.m3u8
    """
    from mixtrove.cli.progress import progress_bar
    from mixtrove.library.exports import export_tracks
    from mixtrove.library.track_search import count_tracks
    from mixtrove.providers.registry import attributions

    with opened_store() as (store, settings), store.read() as connection:
        which = chosen_tracks(connection, settings.user, chosen)
        with progress_bar("writing", count_tracks(connection, which) if out else None) as bar:
            pieces = export_tracks(
                connection, form, which, order=order, attributions=attributions, progress=bar.update
            )
            write_text(pieces, out)


def _record(track: TrackRow) -> dict[str, Any]:
    """A track as JSON. ``version`` is the mix; ``track_version`` counts changes, for `edit --if-version`."""
    return {
        "id": track.id,
        "artist": track.artist,
        "title": track.title,
        "version": track.remix,
        "label": track.label,
        "catalog_number": track.catalog_number,
        "release_date": track.release_date,
        "genre": track.genre,
        "bpm": track.bpm,
        "key": track.key,
        "classical": track.classical,
        "camelot": track.camelot,
        "duration": track.duration,
        "isrcs": track.isrcs,
        "heard": track.discovery_count,
        "first_discovered": track.first_discovered,
        "last_seen": track.last_seen,
        "provisional": track.provisional,
        "sources": track.sources,
        "track_version": track.version,
    }


def _find(connection: Any, text: str) -> str:
    from mixtrove.library.lookup import find_track_id

    return find_track_id(connection, text)


for _command in (edit, merge, unmerge, merges, apart, duplicates):
    library.add_command(_command)
