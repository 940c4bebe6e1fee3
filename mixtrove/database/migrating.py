"""How an older or empty database becomes the one its tables describe.

Every chain serves SQLite and Postgres. The whole upgrade is one transaction under the database's write
lock, so two processes may start it at once and a kill leaves the database as it was.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory

from mixtrove.database.opening import DEFAULT_BUSY_TIMEOUT, Chain, make_engine
from mixtrove.errors import StoreUnavailable

_ADVISORY_LOCK = 0x6D69_7874  # "mixt": any number nobody else in the database uses


def configuration(chain: Chain, connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration of a chain, on an open connection when one is given."""
    config = Config()
    config.set_main_option("script_location", str(chain.scripts))
    config.attributes["connection"] = connection
    return config


def run(chain: Chain) -> None:
    """What the chain's ``env.py`` does: run it on the connection of its configuration."""

    connection: sa.Connection = context.config.attributes["connection"]
    untold = _with_direction(chain.metadata) if connection.dialect.name == "sqlite" else frozenset()

    def ours(_object: Any, name: str | None, kind: str, reflected: bool, _compare_to: Any) -> bool:
        """Other programs' tables, and other chains', in the same database are none of its business."""
        if kind == "index":
            return name not in untold
        return not (kind == "table" and reflected and name not in chain.metadata.tables)

    context.configure(
        connection=connection,
        target_metadata=chain.metadata,
        version_table=chain.version_table,
        render_as_batch=True,
        transactional_ddl=True,  # also on SQLite: our BEGIN IMMEDIATE holds it all together
        include_object=ours,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _with_direction(metadata: sa.MetaData) -> frozenset[str]:
    """Indexes that descend in a column: SQLite does not tell, so they would never be as they should."""
    return frozenset(
        str(index.name)
        for table in metadata.tables.values()
        for index in table.indexes
        if not all(isinstance(one, sa.Column) for one in index.expressions)
    )


def upgrade_to_head(chain: Chain, url: sa.URL, *, name: str) -> None:
    """Migrate the database at ``url``; ``name`` is what sentences call it.

    Raises:
        StoreUnavailable: the schema is newer than this program, or the database holds tables of
            ours that mixtrove did not make.
    """
    # Foreign keys are off: rebuilding a table in SQLite drops it, which would cascade.
    engine = make_engine(url, DEFAULT_BUSY_TIMEOUT, foreign_keys=False)
    try:
        with (
            engine.connect().execution_options(mixtrove_write=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            if _current(chain, connection, name) != chain.head:
                command.upgrade(configuration(chain, connection), chain.head)
                _check_foreign_keys(connection, name)
    finally:
        engine.dispose()


def refuse_newer(chain: Chain, version: str, name: str) -> None:
    """Refuse a schema that this program does not know.

    Raises:
        StoreUnavailable: ``version`` is none of the chain's migrations.
    """
    scripts = ScriptDirectory.from_config(configuration(chain))
    if version not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreUnavailable(
            f"the store {name} was written by a newer mixtrove (schema {version}; this one knows "
            f"up to {chain.head}): install the newer version; nothing was changed"
        )


def _current(chain: Chain, connection: sa.Connection, name: str) -> str | None:
    inspector = sa.inspect(connection)
    if not inspector.has_table(chain.version_table):
        strangers = sorted(set(chain.metadata.tables) & set(inspector.get_table_names()))
        if strangers:
            raise StoreUnavailable(
                f"the database {name} already has a table {strangers[0]!r} that mixtrove did not "
                "make: set MIXTROVE_DATABASE_URL to another database"
            )
        return None
    version = sa.table(chain.version_table, sa.column("version_num"))
    found = connection.execute(sa.select(version.c.version_num)).scalar()
    if found is None:
        return None
    refuse_newer(chain, found, name)
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
