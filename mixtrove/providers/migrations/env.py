"""Alembic's entry: runs the chain on the connection that its configuration holds."""

from __future__ import annotations

from mixtrove.database.migrating import run
from mixtrove.providers.store import ProviderStore

run(ProviderStore.chain)
