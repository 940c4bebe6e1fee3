"""``mixtrove owned``: what is in the collection already."""

from __future__ import annotations

from pathlib import Path

import click

from mixtrove.cli.opened import opened_store


@click.group()
def owned() -> None:
    """Tell mixtrove what you already have, so that it is not put on the want list.

    \b
    For example:
      mixtrove owned import collection.csv
    """


@owned.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(path: Path) -> None:
    """Read a CSV with the columns artist, title and any of version, label, catalog_number, location, source.

    The same file again changes nothing; tracks found later are linked when they come.

    \b
    For example:
      mixtrove owned import collection.csv
    """
    from mixtrove.library.owned import import_owned_csv

    with opened_store() as (store, _):
        done = import_owned_csv(store, path.read_bytes(), path.name)
    for sentence in done.skipped:
        click.echo(f"skipped: {sentence}", err=True)
    click.echo(f"{done.rows} owned, {done.added} of them new, {done.linked} linked to tracks of the library")
