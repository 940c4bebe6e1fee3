"""A gateway as the settings say: where slots, answers and counts are kept."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from mixtrove import __version__
from mixtrove.providers.cache import Cache
from mixtrove.providers.gateway import Gateway
from mixtrove.providers.redis_front import RedisFront
from mixtrove.providers.redis_slots import RedisSlots
from mixtrove.providers.slots import Slots, SqliteSlots
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
        BadInput: a URL is none.
        StoreUnavailable: a database or the Redis server cannot be used.
    """
    with ExitStack() as opened:
        slots: Slots
        front = None
        results = open_results(settings)
        if results is not None:
            opened.callback(results.close)
        if results is None or settings.redis_url is None:
            file = open_slots(settings)
            opened.callback(file.close)
            slots = SqliteSlots(file)
            results = results or file
        if settings.redis_url is not None:
            url = settings.redis_url.get_secret_value()
            slots, front = RedisSlots(url), RedisFront(url)
            opened.callback(slots.close)
            opened.callback(front.close)
        return Gateway(
            slots,
            Cache(results, front),
            Counters(results),
            user_agent=user_agent(contact or settings.contact),
            on_close=opened.pop_all().close,
        )


def user_agent(contact: str | None) -> str:
    """Who asks, as MusicBrainz wants to be told: ``mixtrove/0.1.0 ( contact )``."""
    return f"mixtrove/{__version__} ( {contact} )" if contact else f"mixtrove/{__version__}"
