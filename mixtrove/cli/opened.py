"""The store of this installation, opened for one command and closed after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixtrove.library.store import Store
    from mixtrove.settings import Settings


@contextmanager
def opened_store() -> Iterator[tuple[Store, Settings]]:
    """The store and the settings it was found by.

    Raises:
        BadInput: a setting cannot be used.
        StoreUnavailable: the store cannot be used.
    """
    from mixtrove.library.store import Store
    from mixtrove.settings import load_settings

    settings = load_settings()
    store = Store.open(settings)
    try:
        yield store, settings
    finally:
        store.close()
