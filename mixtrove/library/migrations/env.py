"""Alembic's entry: runs the chain on the connection that its configuration holds.

For a developer's ``alembic`` command the connection is passed the same way (see docs/data-model.md).
"""

from __future__ import annotations

from mixtrove.database.migrating import run
from mixtrove.library.store import CHAIN

run(CHAIN)
