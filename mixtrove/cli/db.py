"""``mixtrove db``: look after the operational store."""

from __future__ import annotations

import click


@click.group()
def db() -> None:
    """Look after the operational store.

    \b
    For example:
      mixtrove db upgrade
    """


@db.command()
def upgrade() -> None:
    """Create the store, or bring an older one to this version's schema.

    Every command does this by itself; use it to do it at a time of your choosing.

    \b
    For example:
      mixtrove db upgrade
      MIXTROVE_DATABASE_URL=postgresql://me@host/mixtrove mixtrove db upgrade
    """
    from mixtrove.library.store import HEAD, Store
    from mixtrove.settings import load_settings

    store = Store.open(load_settings())
    click.echo(f"the store {store.name} has schema {HEAD}")
    store.close()
