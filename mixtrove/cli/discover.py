"""``mixtrove discover``: identify what is due, then bring wants and warehouse up to date."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict

import click

from mixtrove.cli.given import TEXT


@click.command()
@click.option(
    "--tracklist", "tracklist_id", type=TEXT, help="Only this tracklist (its id, or the end of it)."
)
@click.option("--offline", is_flag=True, help="Ask nobody: corrections, library and catalogue only.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many entries.")
@click.option("--no-refresh", is_flag=True, help="Leave want list and warehouse as they are.")
@click.option("--search-only", is_flag=True, help="Only ask the catalogue; a later run decides.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
def discover(
    tracklist_id: str | None,
    offline: bool,
    limit: int | None,
    no_refresh: bool,
    search_only: bool,
    as_json: bool,
) -> None:
    """Find the exact track behind every line that was not looked up yet.

    Corrections come first, then the library and the offline catalogue, then the online providers that are
    ready (`mixtrove providers list`). What is certain joins the library, what is close waits in the review
    queue, what nobody knows is watched: looked up again when the catalogue changes, and at the providers
    after 1, 2, 4 … 32 days. It may be stopped at any moment and run again; nothing is counted twice, and
    what is identified is never asked about again.

    A long backlog can be shared: start `discover --search-only` several times, on one machine or, with
    Postgres, on several. Each asks the catalogue about entries that no other has. Then `discover` decides.

    \b
    For example:
      mixtrove discover
      mixtrove discover --tracklist 8c41f0aa --no-refresh
      mixtrove discover --search-only
    """
    from mixtrove.cli.opened import opened_store
    from mixtrove.cli.output import print_json
    from mixtrove.cli.progress import progress_bar
    from mixtrove.discovery import BUILD_ONE, online_if_usable, search
    from mixtrove.discovery import discover as run

    only = None
    with opened_store() as (store, settings):
        if tracklist_id is not None:
            from mixtrove.library import schema
            from mixtrove.library.discoveries import Lines
            from mixtrove.library.lookup import find_id

            with store.read() as connection:
                found_id = find_id(
                    connection, schema.tracklist, tracklist_id, what="tracklist",
                    seen_in="mixtrove tracklist list",
                )  # fmt: skip
            only = Lines(found_id)
        with progress_bar("starting") as bar:

            def progress(step: str, at: int, of: int) -> None:
                bar.update(at, of or None, step)

            if search_only:
                found = search(store, settings, only=only, limit=limit, progress=progress)
            else:
                with nullcontext((None, "")) if offline else online_if_usable(settings) as (online, why):
                    done = run(
                        store, settings, online=online, trouble=why, only=only, limit=limit,
                        refresh=not no_refresh, progress=progress,
                    )  # fmt: skip
    if search_only:
        if as_json:
            print_json(None if found is None else asdict(found))
        elif found is None:
            click.echo(f"There is no catalogue yet, so nothing was searched; {BUILD_ONE}")
        else:
            click.echo(
                f"{found.searched:,} entries searched, {found.offered:,} have something close; "
                "`mixtrove discover` decides."
            )
        return
    if as_json:
        print_json(done.as_dict())
        return
    for sentence in done.sentences():
        click.echo(sentence)
