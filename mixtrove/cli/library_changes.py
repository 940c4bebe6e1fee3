"""``mixtrove library edit``, ``merge`` and what goes with them: what people change about tracks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mixtrove.cli.completion import track_ids
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, FOLLOW, confirm, print_json, print_table, refuse_to_ask, say_rest
from mixtrove.cli.progress import progress_bar
from mixtrove.errors import BadInput

if TYPE_CHECKING:
    from mixtrove.library.track_pairs import TrackPair

_TAKEN_BACK = "`mixtrove corrections undo --last` takes it back."


@click.command()
@click.argument("id_", metavar="ID", shell_complete=track_ids)
@click.option("--artist")
@click.option("--title")
@click.option("--version", "remix", help="The version, such as 'Four Tet Remix'.")
@click.option("--label")
@click.option("--catalog-number")
@click.option("--release-date", help="YYYY, YYYY-MM or YYYY-MM-DD.")
@click.option("--genre")
@click.option("--bpm", help="Beats a minute, 20 to 400.")
@click.option("--key", help="Am, A minor or 8A.")
@click.option("--duration", help="Seconds.")
@click.option("--if-version", type=int, help="Only if nobody changed it since this version (`show --json`).")
@AS_JSON
def edit(id_: str, if_version: int | None, as_json: bool, **given: Any) -> None:
    """Correct a track; an empty text clears a field. No run changes what is set or cleared here.

    \b
    For example:
      mixtrove library edit 3fa9c1d2 --label Text --release-date 2015
    """
    from mixtrove.library.track_corrections import edit_track, track_row

    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise BadInput("nothing to change: name a field, see --help")
    with opened_store() as (store, settings), store.write() as tx:
        row = track_row(tx.connection, find_one(tx.connection, id_))
        version = edit_track(tx, row["id"], changes, by=settings.user, expected_version=if_version)
    if as_json:
        print_json({"id": row["id"], "version": version, "changed": version != row["version"]})
        return
    if version == row["version"]:
        click.echo("nothing to change: a person set it so already")
        return
    click.echo(f"changed. {_TAKEN_BACK}\n{FOLLOW}")


@click.command()
@click.argument("kept", metavar="KEEP")
@click.argument("merged", metavar="ID", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
def merge(kept: str, merged: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Make the tracks ID part of the track KEEP: they are one from now on, in every later run.

    Plays, wants, links, ids and decisions of all of them are kept. Two versions of a track are never one.

    \b
    For example:
      mixtrove library merge 3fa9c1d2 8be01f44
    """
    from mixtrove.library.track_corrections import check_merge, merge_by_person

    with opened_store() as (store, settings):
        with store.read() as connection:
            ids = [find_one(connection, text) for text in (kept, *merged)]
            names = _names(connection, ids)
            unlike = [check_merge(connection, ids[0], one) for one in ids[1:]]
        if as_json:
            refuse_to_ask(yes=yes)
        else:
            for name, why in zip(names[1:], unlike, strict=True):
                click.echo(f"{name}\n  becomes part of {names[0]}" + (f" ({why})" if why else ""))
        if not yes:
            confirm("merge?")
        with store.write() as tx:
            for one in ids[1:]:
                merge_by_person(tx, kept=ids[0], merged=one, by=settings.user)
    if as_json:
        print_json({"kept": ids[0], "merged": ids[1:]})
        return
    click.echo(f"{names[0]} is one track now. {_TAKEN_BACK}\n{FOLLOW}")


@click.command()
@click.argument("id_", metavar="ID", shell_complete=track_ids)
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
def unmerge(id_: str, yes: bool, as_json: bool) -> None:
    """Take back the last merge of a track: two tracks again, as they were, and no run merges them.

    ID is the track that is left, or the one that went. Also merges that runs made are taken back like this.

    \b
    For example:
      mixtrove library unmerge 3fa9c1d2
    """
    from mixtrove.library.lookup import find_value, short_id
    from mixtrove.library.merging import last_merge, merged_ids
    from mixtrove.library.track_corrections import unmerge_by_person

    with opened_store() as (store, settings):
        with store.read() as connection:
            track_id = find_value(
                connection, merged_ids(), id_, what="merged track", seen_in="mixtrove library merges"
            )
            last = last_merge(connection, track_id)
        was = last["before"]["track"]
        name = f"{was['artist']} - {was['title']}" + (f" ({was['remix']})" if was["remix"] else "")
        if as_json:
            refuse_to_ask(yes=yes)
        if not yes:
            confirm(f"give {name} back ({last['reason']}, {last['merged_at']:%Y-%m-%d})?")
        with store.write() as tx:
            kept, gone = unmerge_by_person(tx, track_id, by=settings.user)
    if as_json:
        print_json({"kept": kept, "given_back": gone})
        return
    click.echo(f"{name} is a track of its own again, {short_id(gone)} beside {short_id(kept)}")
    click.echo("They are kept apart from now on: no run makes them one, `mixtrove library merge` does.")


@click.command()
@click.option("--undone", is_flag=True, help="Also those that were taken back.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@AS_JSON
def merges(undone: bool, limit: int, as_json: bool) -> None:
    """List the merges of tracks, by people and by runs, the last first.

    \b
    For example:
      mixtrove library merges
    """
    from dataclasses import asdict

    from mixtrove.library.lookup import short_id
    from mixtrove.library.merging import list_merges

    with opened_store() as (store, _), store.read() as connection:
        found = list_merges(connection, undone=undone, limit=limit + 1)
    if as_json:
        print_json([asdict(one) for one in found[:limit]])
        return
    print_table(
        ("kept_id", "track", "took_in_id", "took_in", "why", "by", "at", "taken_back"),
        [
            (
                short_id(one.kept_id), one.kept, short_id(one.merged_id), one.merged, one.reason, one.by,
                one.merged_at, one.undone_at,
            )
            for one in found[:limit]
        ],
        empty="nothing was merged yet",
    )  # fmt: skip
    if len(found) > limit:
        click.echo("there are more: --limit shows them")


@click.command()
@click.argument("first", metavar="ID")
@click.argument("second", metavar="ID")
def apart(first: str, second: str) -> None:
    """Two tracks are not one: they are neither merged nor shown as a pair again.

    \b
    For example:
      mixtrove library apart 3fa9c1d2 8be01f44
    """
    from mixtrove.library.track_corrections import keep_apart

    with opened_store() as (store, settings), store.write() as tx:
        ids = [find_one(tx.connection, text) for text in (first, second)]
        keep_apart(tx, ids[0], ids[1], by=settings.user)
    click.echo(f"kept apart. {_TAKEN_BACK}")


@click.command()
@click.option("--find", is_flag=True, help="Look through the whole library first and merge what is certain.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@AS_JSON
def duplicates(find: bool, limit: int, as_json: bool) -> None:
    """List pairs of tracks that may be one, and pairs that share an id and are not alike.

    `mixtrove library merge` makes a pair one, `mixtrove library apart` says that it is two.

    \b
    For example:
      mixtrove library duplicates --find
    """
    from dataclasses import asdict

    from mixtrove.library.lookup import short_id
    from mixtrove.library.track_pairs import count_pairs, list_pairs

    with opened_store() as (store, settings):
        if find:
            from mixtrove.deep_pass import merge_duplicates

            with progress_bar("looking through the library", numbers="share") as bar:
                done = merge_duplicates(
                    store,
                    rule=settings.rule,
                    progress=lambda what, at, of: bar.update(at, of, what),
                )
            click.echo(
                f"{done.tracks:,} tracks looked through: {done.merged:,} merged into others, {done.unsure:,} "
                f"pairs may be one, {done.conflicts:,} share an ISRC and are not alike",
                err=as_json,
            )
            if done.merged:
                click.echo("`mixtrove library merges` lists what was merged.", err=as_json)
        with store.read() as connection:
            found: Sequence[TrackPair] = list_pairs(connection, limit=limit)
            everything = count_pairs(connection)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    print_table(
        ("kind", "score", "id", "track", "other_id", "other", "why"),
        [
            (
                one.kind, one.score, short_id(one.left_id), one.left, short_id(one.right_id), one.right,
                one.reason,
            )
            for one in found
        ],
        empty="no pair to look at",
    )  # fmt: skip
    say_rest(len(found), everything, "pairs")


def find_one(connection: Any, text: str) -> str:
    """The id of the track that a person means."""
    from mixtrove.library.lookup import find_track_id

    return find_track_id(connection, text)


def _names(connection: Any, ids: Sequence[str]) -> list[str]:
    from mixtrove.library.credits import credit_of_track, shown
    from mixtrove.library.track_corrections import track_row

    return [shown(credit_of_track(track_row(connection, one))) for one in ids]
