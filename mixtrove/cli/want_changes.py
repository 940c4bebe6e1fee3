"""``mixtrove want set`` and ``remove``: one want, or all of a kind."""

from __future__ import annotations

from typing import Any

import click

from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, FOLLOW, print_json
from mixtrove.cli.want_selection import (
    STATUS,
    Selection,
    confirmed,
    find_tracklist,
    named,
    number,
    of_a_kind,
    want_json,
)
from mixtrove.errors import BadInput

PRIORITY = click.option("--priority", type=click.IntRange(1, 5), help="1 to 5, 5 is most wanted.")
CUT = click.option("--cut", type=click.Choice(["original", "extended", "radio"]), help="Only this cut.")
_YES = click.option("--yes", is_flag=True, help="Do not ask.")
_IF_VERSION = click.option(
    "--if-version", type=int, metavar="N", help="Only if nobody changed it since this version (`want show`)."
)


@click.command("set")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@PRIORITY
@click.option("--status", type=STATUS)
@CUT
@click.option("--any-cut", is_flag=True, help="Any cut will do.")
@click.option("--notes", help="An empty text clears them.")
@click.option("--from", "tracklist", metavar="TRACKLIST", help="The mix it was heard in.")
@click.option("--bought-on", metavar="YYYY-MM-DD", help="When it was bought; by default now.")
@click.option("--price", "purchase_price", help="What was paid, such as 1.99 or 1,99.")
@click.option("--currency", help="Three letters, such as EUR.")
@click.option("--store", help="Where it was bought.")
@_IF_VERSION
@of_a_kind("--with-status")
@_YES
@AS_JSON
def set_(ids: tuple[str, ...], if_version: int | None, yes: bool, as_json: bool, **given: Any) -> None:
    """Change wants: those with these ids, or all of a kind. All of them, or when one cannot be, none.

    What a kind comes to is shown before it is changed.

    \b
    For example:
      mixtrove want set 3fa9c1d2 --status purchased --price 1.99 --currency EUR --store Bandcamp
      mixtrove want set --dj "Ben UFO" --label Hessle --priority 5
    """
    from mixtrove.library.wants import set_wants

    chosen = Selection.of(ids, given)
    changes = _changes(given)
    if if_version is not None and len(ids) != 1:
        raise BadInput("--if-version is of one want: name its id alone")
    with opened_store() as (store, settings):
        question = f"set {', '.join(f'{name} {value}' for name, value in changes.items())} of {{}}"
        found, versions = confirmed(store, chosen, settings.user, question, yes=yes)
        with store.write() as tx:
            if tracklist := changes.get("source_tracklist_id"):
                changes["source_tracklist_id"] = find_tracklist(tx.connection, tracklist)
            if if_version is not None:
                versions = {found[0]: if_version}
            done = set_wants(tx, found, changes, by=settings.user, versions=versions)
    if as_json:
        print_json([want_json(one) for one in done])
    elif len(done) == 1:
        click.echo(f"{done[0].status}, priority {done[0].priority}: {named(done[0])}\n{FOLLOW}")
    else:
        click.echo(f"changed {number(len(done))}" + (f"\n{FOLLOW}" if done else ""))


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@_IF_VERSION
@of_a_kind("--with-status")
@_YES
@AS_JSON
def remove(ids: tuple[str, ...], if_version: int | None, yes: bool, as_json: bool, **kind: Any) -> None:
    """Take wants off the list for good: rules do not put them back. All of them, or none.

    What a kind comes to is shown before it is removed. What was bought is forgotten with it.

    \b
    For example:
      mixtrove want remove 3fa9c1d2
      mixtrove want remove --label "Trance Classics"
    """
    from mixtrove.library.wants import remove_wants

    chosen = Selection.of(ids, kind)
    if if_version is not None and len(ids) != 1:
        raise BadInput("--if-version is of one want: name its id alone")
    with opened_store() as (store, settings):
        found, versions = confirmed(store, chosen, settings.user, "remove {}", yes=yes)
        if if_version is not None:
            versions = {found[0]: if_version}
        with store.write() as tx:
            removed = remove_wants(tx, found, by=settings.user, versions=versions)
    if as_json:
        print_json({"removed": found})
    else:
        click.echo(f"removed {removed}" + (f"\n{FOLLOW}" if removed else ""))


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    """What is to be set, by field."""
    names = {"tracklist": "source_tracklist_id", "bought_on": "purchased_at"}
    any_cut = given.pop("any_cut")
    changes = {names.get(name, name): value for name, value in given.items() if value is not None}
    if any_cut:
        if "cut" in changes:
            raise BadInput("--cut and --any-cut say two things: give one of them")
        changes["cut"] = None
    if not changes:
        raise BadInput("nothing to change: name a field, such as --priority 5 or --status purchased")
    return changes
