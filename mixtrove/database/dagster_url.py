"""The variable that says where Dagster keeps its runs and events, and whether Dagster can use what it says.

Here: what both ``mixtrove doctor`` and the preparation of Dagster's folder ask. Not here: Dagster itself,
which nothing in this package knows.
"""

from __future__ import annotations

import importlib.util

import sqlalchemy as sa

from mixtrove.database.opening import database_url
from mixtrove.errors import BadInput

PG_URL = "DAGSTER_PG_URL"
"""Without it Dagster's records are beside its settings."""

_BEGINNING = "postgresql+psycopg2://"


def is_on_postgres(url: str | None) -> bool:
    """Whether Dagster is on Postgres; a URL that would fail at the first event is refused before it.

    Raises:
        BadInput: it does, or the package dagster-postgres is missing.
    """
    if not url:
        return False
    if not url.startswith(_BEGINNING):
        raise BadInput(
            f"{PG_URL} must begin with {_BEGINNING} (with a plain postgresql:// Dagster fails at "
            "its first event): write that before the rest of the URL"
        )
    if importlib.util.find_spec("dagster_postgres") is None:
        raise BadInput(f"{PG_URL} is set and the package is missing: install mixtrove[postgres], or unset it")
    return True


def records_url(url: str) -> sa.URL:
    """The database of Dagster's records, for our own driver.

    Raises:
        BadInput: see ``is_on_postgres``, or it is no URL at all.
    """
    is_on_postgres(url)
    return database_url(url.replace(_BEGINNING, "postgresql://", 1))
