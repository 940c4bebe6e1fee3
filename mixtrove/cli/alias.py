"""``mixtrove alias``: what artists are also called."""

from __future__ import annotations

import click

from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, print_table


@click.group()
def alias() -> None:
    """Tell mixtrove what artists are also called, so that a line with the one name finds the other.

    Common aliases come with mixtrove (ATCQ is A Tribe Called Quest). A correction that only calls an artist
    differently adds one by itself, and takes it away when it is taken back.

    \b
    For example:
      mixtrove alias add "Floating Points" "Sam Shepherd"
      mixtrove alias list
    """


@alias.command("list")
@AS_JSON
def list_(as_json: bool) -> None:
    """List the aliases that people gave, here or by a correction.

    \b
    For example:
      mixtrove alias list
    """
    from mixtrove.library.aliases import given_aliases

    with opened_store() as (store, _), store.read() as connection:
        found = given_aliases(connection)
    print_table(
        ("name", "alias", "source", "by", "at"),
        [(one.name, one.alias, one.source, one.by, one.at) for one in found],
        json=as_json,
        empty="nobody gave an alias yet",
    )


@alias.command()
@click.argument("name")
@click.argument("other")
def add(name: str, other: str) -> None:
    """NAME and OTHER are one artist. It holds both ways, for every line that nobody decided.

    \b
    For example:
      mixtrove alias add "Floating Points" "Sam Shepherd"
    """
    from mixtrove.library.aliases import add_alias

    with opened_store() as (store, settings), store.write() as tx:
        due = add_alias(tx, name, other, by=settings.user)
    if due is None:
        click.echo(f"{name} = {other} is known already")
        return
    click.echo(f"{name} = {other}: {_looked_up(due)}")


@alias.command()
@click.argument("name")
@click.argument("other")
def remove(name: str, other: str) -> None:
    """Forget that NAME and OTHER are one artist. What people decided stays.

    \b
    For example:
      mixtrove alias remove "Floating Points" "Sam Shepherd"
    """
    from mixtrove.library.aliases import remove_alias

    with opened_store() as (store, _), store.write() as tx:
        due = remove_alias(tx, name, other)
    click.echo(f"{name} = {other} is forgotten: {_looked_up(due)}")


def _looked_up(due: int) -> str:
    lines = "line is" if due == 1 else "lines are"
    return f"{due:,} {lines} looked up again by the next `mixtrove discover`"
