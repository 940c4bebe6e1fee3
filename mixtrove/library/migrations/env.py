"""Alembic's entry: runs the chain on the connection that ``upgrade_to_head`` opened.

For a developer's ``alembic`` command the connection is passed the same way (see docs/data-model.md).
"""

from __future__ import annotations

from typing import Any

from alembic import context

from mixtrove.library.schema import metadata
from mixtrove.library.store import VERSION_TABLE


def _ours(_object: Any, name: str | None, kind: str, reflected: bool, _compare_to: Any) -> bool:
    """Other programs' tables in the same database are none of our business."""
    return not (kind == "table" and reflected and name not in metadata.tables)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    transactional_ddl=True,  # also on SQLite: our BEGIN IMMEDIATE holds it all together
    include_object=_ours,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
