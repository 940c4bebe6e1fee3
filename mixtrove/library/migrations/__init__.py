"""How an older or empty store becomes the one ``schema.py`` describes.

One Alembic chain for SQLite and Postgres. The whole upgrade is one transaction under the database's
write lock, so two processes may start it at once and a kill leaves the store as it was.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from mixtrove.errors import StoreUnavailable
from mixtrove.library import schema
from mixtrove.library.store import DEFAULT_BUSY_TIMEOUT, HEAD, VERSION_TABLE, _engine

_ADVISORY_LOCK = 0x6D69_7874  # "mixt": any number nobody else in the database uses


def configuration(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration of this chain, on an open connection when one is given."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade_to_head(url: sa.URL, *, name: str, revision: str = HEAD) -> str | None:
    """Migrate the store at ``url``; returns the version it had before, None for an empty one.

    Raises:
        StoreUnavailable: the schema is newer than this program, or the database holds tables of
            ours that mixtrove did not make.
    """
    # Foreign keys are off: rebuilding a table in SQLite drops it, which would cascade.
    engine = _engine(url, DEFAULT_BUSY_TIMEOUT, foreign_keys=False)
    try:
        with engine.connect().execution_options(mixtrove_write=True) as connection:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
                before = _current(connection, name)
                if before != revision:
                    command.upgrade(configuration(connection), revision)
                    _check_foreign_keys(connection, name)
            return before
    finally:
        engine.dispose()


def refuse_newer(version: str, name: str) -> None:
    """Refuse a schema that this program does not know.

    Raises:
        StoreUnavailable: ``version`` is none of our migrations.
    """
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if version not in known:
        raise StoreUnavailable(
            f"the store {name} was written by a newer mixtrove (schema {version}; this one knows "
            f"up to {HEAD}): install the newer version; nothing was changed"
        )


def _current(connection: sa.Connection, name: str) -> str | None:
    inspector = sa.inspect(connection)
    if not inspector.has_table(VERSION_TABLE):
        strangers = sorted(set(schema.metadata.tables) & set(inspector.get_table_names()))
        if strangers:
            raise StoreUnavailable(
                f"the database {name} already has a table {strangers[0]!r} that mixtrove did not "
                "make: set MIXTROVE_DATABASE_URL to another database"
            )
        return None
    version = sa.table(VERSION_TABLE, sa.column("version_num"))
    found = connection.execute(sa.select(version.c.version_num)).scalar()
    if found is None:
        return None
    refuse_newer(found, name)
    return str(found)


def _check_foreign_keys(connection: sa.Connection, name: str) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise StoreUnavailable(
            f"the store {name} was not migrated: a row of {broken[0]!r} refers to a missing row of "
            f"{broken[2]!r}; restore it from a backup"
        )
