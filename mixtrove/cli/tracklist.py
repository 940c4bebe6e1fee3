"""``mixtrove tracklist``: see, correct, delete and export what was imported."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import click

from mixtrove.cli.completion import tracklist_ids
from mixtrove.cli.given import TEXT
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, FOLLOW, clock, confirm, print_json, print_table


@click.group()
def tracklist() -> None:
    """See and change imported tracklists.

    \b
    For example:
      mixtrove tracklist list --dj "ben ufo"
      mixtrove tracklist show 3fa9c1d2
    """


@tracklist.command("list")
@click.option("--dj", type=TEXT, help="Only mixes of DJs with this in their name.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@AS_JSON
def list_(dj: str | None, limit: int | None, as_json: bool) -> None:
    """List tracklists, the last imported first.

    \b
    For example:
      mixtrove tracklist list --limit 20
    """
    from mixtrove.library.lookup import short_id
    from mixtrove.library.tracklist_records import list_tracklists

    with opened_store() as (store, _), store.read() as connection:
        found = list_tracklists(connection, dj=dj, limit=limit)
    columns = (
        "id", "dj", "title", "played_on", "entries", "identified", "provisional", "pending", "skipped"
    )  # fmt: skip
    rows = [
        (
            one.id if as_json else short_id(one.id), one.dj, one.title, one.played_on, one.entries,
            one.identified, one.provisional, one.pending, one.skipped,
        )
        for one in found
    ]  # fmt: skip
    print_table(
        columns,
        rows,
        json=as_json,
        empty="no tracklist yet: `mixtrove import FILE` brings one",
        spare=("skipped", "pending", "entries", "provisional"),
    )


@tracklist.command()
@click.argument("id_", metavar="ID", shell_complete=tracklist_ids)
@click.option("--versions", is_flag=True, help="Every import of it and what changed.")
@click.option("--new", "only_new", is_flag=True, help="Only what was heard nowhere before.")
@AS_JSON
def show(id_: str, versions: bool, only_new: bool, as_json: bool) -> None:
    """Show a tracklist with what each line was found to be.

    `mixtrove review assign ID` and `reject ID` take the id of any line, also of one that was identified.

    \b
    For example:
      mixtrove tracklist show 3fa9c1d2
    """
    from dataclasses import asdict

    from mixtrove.library.lookup import short_id
    from mixtrove.library.tracklist_records import get_tracklist, list_versions, new_tracks

    with opened_store() as (store, _), store.read() as connection:
        tracklist_id = find_tracklist(connection, id_)
        summary, entries = get_tracklist(connection, tracklist_id)
        history = list_versions(connection, tracklist_id)
    if versions:
        columns = ("version", "imported_at", "changes")
        print_table(columns, [(n, at, "; ".join(changes)) for n, at, changes in history], json=as_json)
        return
    identified, provisional = new_tracks(entries)
    if only_new:
        entries = [one for one in entries if one.new]
    if as_json:
        new = {"new_identified": identified, "new_provisional": provisional}
        print_json({**asdict(summary), **new, "entries": [asdict(one) for one in entries]})
        return
    facts = (summary.dj, summary.title, summary.played_on, summary.source, summary.source_url)
    click.echo(" · ".join(str(fact) for fact in facts if fact) or "(a mix without a name)")
    print_table(
        ("id", "line", "cue", "written", "status", "new", "track", "confidence", "why"),
        [
            (
                short_id(one.id), one.position if one.component == 1 else None,
                clock(one.cue_seconds), one.credit, one.status, one.new or None,
                one.track if one.status != "pending" else None, one.confidence,
                one.skip_reason or "; ".join(one.reasons),
            )
            for one in entries
        ],
        empty="nothing was new in the library",
        spare=("confidence", "new", "why", "cue"),
    )  # fmt: skip
    click.echo(f"new in the library with it: {identified:,} tracks, and {provisional:,} provisional")


@tracklist.command()
@click.argument("id_", metavar="ID", shell_complete=tracklist_ids)
@click.option("--dj")
@click.option("--title")
@click.option("--date", "played_on", help="When it was played, YYYY-MM-DD.")
@click.option("--source", help="Where it came from.")
@click.option("--source-url")
def edit(id_: str, played_on: str | None, **given: str | None) -> None:
    """Correct what is known about a mix; an empty text clears a field. Later imports keep it.

    \b
    For example:
      mixtrove tracklist edit 3fa9c1d2 --dj "Ben UFO" --date 2026-05-01
    """
    from mixtrove.errors import BadInput
    from mixtrove.library.tracklist_records import edit_tracklist

    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if played_on is not None:
        try:
            changes["played_on"] = date.fromisoformat(played_on) if played_on else None
        except ValueError as error:
            raise BadInput(f"--date {played_on!r} is not a day such as 2026-05-01") from error
    with opened_store() as (store, _), store.write() as tx:
        edit_tracklist(tx, find_tracklist(tx.connection, id_), changes)
    click.echo(f"changed\n{FOLLOW}" if changes else "nothing to change: name a field, see --help")


@tracklist.command()
@click.argument("id_", metavar="ID", shell_complete=tracklist_ids)
@click.option(
    "--format",
    "form",
    type=click.Choice(["raw", "text", "cue"]),
    default="raw",
    show_default=True,
    help="The lines as they were imported; numbered lines with times and labels; a CUE sheet.",
)
@click.option("--identified", is_flag=True, help="With text and cue: under the names that were found.")
@click.option("--version", type=click.IntRange(1), help="With raw: an earlier version.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; by default stdout.")
def export(
    id_: str, form: Literal["raw", "text", "cue"], identified: bool, version: int | None, out: Path | None
) -> None:
    """Give a tracklist back as a file.

    A CUE sheet needs times; what is layered over a track without a time of its own is in that track's title.

    \b
    For example:
      mixtrove tracklist export 3fa9c1d2 --out mix.txt
      mixtrove tracklist export 3fa9c1d2 --format cue --identified --out mix.cue
    """
    from mixtrove.cli.output import write_text
    from mixtrove.errors import BadInput
    from mixtrove.library.tracklist_files import tracklist_file
    from mixtrove.library.tracklist_records import export_tracklist

    if form == "raw" and identified:
        raise BadInput("--format raw gives the lines as they were imported: use text or cue for --identified")
    if form != "raw" and version is not None:
        raise BadInput(f"--version goes with --format raw: only the newest version is written as {form}")
    with opened_store() as (store, _), store.read() as connection:
        tracklist_id = find_tracklist(connection, id_)
        if form == "raw":
            text = export_tracklist(connection, tracklist_id, version)
        else:
            text = tracklist_file(connection, tracklist_id, form, identified=identified)
    write_text(text, out)


@tracklist.command()
@click.argument("id_", metavar="ID", shell_complete=tracklist_ids)
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(id_: str, yes: bool) -> None:
    """Delete a tracklist and its plays. Tracks that were identified stay in the library.

    \b
    For example:
      mixtrove tracklist delete 3fa9c1d2
    """
    from mixtrove.library.tracklist_records import delete_tracklist, get_tracklist

    with opened_store() as (store, _):
        with store.read() as connection:
            tracklist_id = find_tracklist(connection, id_)
            summary, entries = get_tracklist(connection, tracklist_id)
        name = " - ".join(part for part in (summary.dj, summary.title) if part) or tracklist_id
        if not yes:
            confirm(f"delete {name} and its {len(entries)} entries?")
        with store.write() as tx:
            delete_tracklist(tx, tracklist_id)
    click.echo(f"deleted {name}\n{FOLLOW}")


def find_tracklist(connection: Any, text: str) -> str:
    """The id of the tracklist that a person means."""
    from mixtrove.library import schema
    from mixtrove.library.lookup import find_id

    return find_id(connection, schema.tracklist, text, what="tracklist", seen_in="mixtrove tracklist list")
