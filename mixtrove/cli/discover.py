"""``mixtrove discover``: identify what is due, then bring wants and warehouse up to date."""

from __future__ import annotations

import click


@click.command()
@click.option("--tracklist", "tracklist_id", help="Only this tracklist (its id, or the end of it).")
@click.option("--offline", is_flag=True, help="Ask nobody: corrections, library and catalogue only.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many entries.")
@click.option("--no-refresh", is_flag=True, help="Leave want list and warehouse as they are.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
def discover(
    tracklist_id: str | None, offline: bool, limit: int | None, no_refresh: bool, as_json: bool
) -> None:
    """Find the exact track behind every line that was not looked up yet.

    Corrections come first, then the library and the offline catalogue. What is certain joins the
    library, what is close waits in the review queue, what nobody knows is kept and looked up again when
    the catalogue changes. It may be stopped at any moment and run again; nothing is counted twice.
    Providers are not asked yet, so every run is an offline one.

    \b
    For example:
      mixtrove discover
      mixtrove discover --tracklist 8c41f0aa --no-refresh
    """
    from mixtrove.cli.opened import opened_store
    from mixtrove.cli.output import print_json
    from mixtrove.cli.progress import progress_bar
    from mixtrove.discovery import discover as run

    with opened_store() as (store, settings):
        if tracklist_id is not None:
            from mixtrove.library import schema
            from mixtrove.library.lookup import find_id

            with store.read() as connection:
                tracklist_id = find_id(
                    connection, schema.tracklist, tracklist_id, what="tracklist",
                    seen_in="mixtrove tracklist list",
                )  # fmt: skip
        with progress_bar("starting") as bar:
            done = run(
                store, settings, tracklist_id=tracklist_id, limit=limit, refresh=not no_refresh,
                progress=lambda step, at, of: bar.update(at, of or None, step),
            )  # fmt: skip
    if as_json:
        print_json(done.as_dict())
        return
    for sentence in done.sentences():
        click.echo(sentence)
