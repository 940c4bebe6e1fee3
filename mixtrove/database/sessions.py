"""Which processes of ours have a database on Postgres open: every session of ours says it in its name.

Here: the name, and who else is there. Not here: connections of other programs (Dagster's own, psql), which
say nothing of ours and are kept out by locks (``upkeep.moving.only_writer``).
"""

from __future__ import annotations

import os
import socket
from typing import Any

import sqlalchemy as sa

_NAMED = (
    "SELECT set_config('application_name', concat('mixtrove ', %s::text, ' ', "
    "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())), false)"
)
"""By the number of the schema: several stores may be in one database."""

_OTHERS = sa.text(
    "SELECT DISTINCT split_part(application_name, ' ', 2) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name <> current_setting('application_name') "
    "AND application_name LIKE "
    "concat('mixtrove % ', split_part(current_setting('application_name'), ' ', 3)) ORDER BY 1"
)


def name_session(connection: Any) -> None:
    """Name a new connection of psycopg by machine and process: ``mixtrove host:4711 2200``."""
    connection.execute(_NAMED, (f"{socket.gethostname()[:30]}:{os.getpid()}",))


def others(connection: sa.Connection) -> list[str]:
    """The other processes of ours that have a session with this store, as ``host:process``."""
    return list(connection.execute(_OTHERS).scalars())
