"""The providers' own database: a SQLite file, apart from the library so that its writes delay no slot.

With the operational store on Postgres there are two: the file for the slots, Postgres for the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mixtrove.database.opening import Chain, Database, database_url, sqlite_url
from mixtrove.providers import schema

if TYPE_CHECKING:
    from mixtrove.settings import Settings

HEAD = "0001"
"""The newest migration; a test compares it with ``migrations/versions``."""

VERSION_TABLE = "mixtrove_providers_schema_version"
"""Own name: on Postgres the operational store's chain is in the same database."""


class ProviderStore(Database):
    """A database with the tables of ``schema.py``."""

    chain = Chain(Path(__file__).parent / "migrations", HEAD, VERSION_TABLE, schema.metadata)


def open_slots(settings: Settings, *, upgrade: bool = True) -> ProviderStore:
    """The SQLite file under the home; see ``Database.open_at``."""
    url = sqlite_url(settings.home / "providers.db")
    return ProviderStore.open_at(url, upgrade=upgrade, busy_timeout=settings.busy_timeout)


def open_results(settings: Settings, *, upgrade: bool = True) -> ProviderStore | None:
    """The database of answers and counters where it is not the slots' file; see ``Database.open_at``."""
    if settings.database_url is None:
        return None
    url = database_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return None
    return ProviderStore.open_at(url, upgrade=upgrade, busy_timeout=settings.busy_timeout)


def ever_asked(settings: Settings) -> bool:
    """Whether there is anything to be known of providers: nothing is made to find out."""
    if settings.database_url is not None and not settings.database_url.startswith("sqlite"):
        return True
    return (settings.home / "providers.db").exists()


def open_use(settings: Settings) -> ProviderStore | None:
    """The database of the counters, wherever it is; None while no provider was ever asked from this home.

    Raises:
        StoreUnavailable: see ``Database.open_at``.
    """
    shared = open_results(settings)
    if shared is not None or not (settings.home / "providers.db").exists():
        return shared
    return open_slots(settings)
