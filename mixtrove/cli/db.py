"""``mixtrove db``: look after the operational store."""

from __future__ import annotations

import click


@click.group()
def db() -> None:
    """Look after the stores.

    \b
    For example:
      mixtrove db upgrade
    """


@db.command()
def upgrade() -> None:
    """Create the stores, or bring older ones to this version's schema.

    Every command does this by itself; use it to do it at a time of your choosing.

    \b
    For example:
      mixtrove db upgrade
      MIXTROVE_DATABASE_URL=postgresql://me@host/mixtrove mixtrove db upgrade
    """
    from mixtrove.library.store import HEAD, Store
    from mixtrove.providers.store import open_results, open_slots
    from mixtrove.settings import load_settings

    settings = load_settings()
    store = Store.open(settings)
    click.echo(f"the store {store.name} has schema {HEAD}")
    store.close()
    for providers in (open_slots(settings), open_results(settings)):
        if providers is not None:
            click.echo(f"the providers' store {providers.name} has schema {providers.chain.head}")
            providers.close()
