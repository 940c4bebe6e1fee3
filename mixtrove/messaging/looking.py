"""One look at everything that people may want to be told: what happened, and how the providers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mixtrove.discovery import online_if_usable
from mixtrove.messaging.channels import Channel, NotifySettings
from mixtrove.messaging.noting import anything_new, note_library
from mixtrove.messaging.outages import changes, note_conditions, of_providers, open_outages

if TYPE_CHECKING:
    from mixtrove.library.store import Store
    from mixtrove.settings import Settings


def look(
    store: Store,
    settings: Settings,
    channels: Sequence[Channel],
    chosen: NotifySettings,
    *,
    providers: bool = True,
) -> None:
    """Note what is news; ``providers``: also how they are. Nothing is sent, and no provider is asked."""
    keys = [one.key for one in channels]
    with store.read() as connection:
        new = anything_new(connection)
    if new:
        note_library(store, keys, chosen.events, settings.user)
    if providers and "providers" in chosen.events:
        with online_if_usable(settings) as (online, _):
            conditions = of_providers(online.states()) if online is not None else []
        with store.read() as connection:
            news = any(
                changes(conditions, open_outages(connection, key, "provider"), "provider") for key in keys
            )
        if news:
            with store.write() as tx:
                note_conditions(tx, keys, "provider", conditions)
