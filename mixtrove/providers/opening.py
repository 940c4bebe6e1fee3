"""A gateway as the settings say: where slots, answers and counts are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixtrove import __version__
from mixtrove.providers.cache import Cache
from mixtrove.providers.gateway import Gateway
from mixtrove.providers.slots import SqliteSlots
from mixtrove.providers.store import open_results, open_slots
from mixtrove.providers.use import Counters

if TYPE_CHECKING:
    from mixtrove.settings import Settings


def open_gateway(settings: Settings, *, contact: str | None = None) -> Gateway:
    """A gateway for this process; close it.

    Open it in the process that uses it: connections do not survive a fork (``spawn`` does not fork).

    Args:
        settings: where things are.
        contact: who asks, an e-mail address or a URL, for the User-Agent; by default that of the settings.

    Raises:
        StoreUnavailable: a database or the Redis server cannot be used.
    """
    slots = open_slots(settings)
    results = open_results(settings)
    gateway = Gateway(
        SqliteSlots(slots),
        Cache(results or slots),
        Counters(results or slots),
        user_agent=user_agent(contact or settings.contact),
    )
    gateway.on_close += [database.close for database in (slots, results) if database is not None]
    return gateway


def user_agent(contact: str | None) -> str:
    """Who asks, as MusicBrainz wants to be told: ``mixtrove/0.1.0 ( contact )``."""
    return f"mixtrove/{__version__} ( {contact} )" if contact else f"mixtrove/{__version__}"
