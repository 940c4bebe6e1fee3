"""Pages of the library are read in order, without sorting all of it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this step changes."""
    heard: list[str | sa.TextClause] = [sa.text("discovery_count DESC"), "artist", "title", "id"]
    op.create_index("ix_library_track_heard", "library_track", heard, unique=False)
    op.create_index(
        op.f("ix_library_track_artist_title_id"), "library_track", ["artist", "title", "id"], unique=False
    )


def downgrade() -> None:
    """Back to the step before."""
    op.drop_index(op.f("ix_library_track_artist_title_id"), table_name="library_track")
    op.drop_index("ix_library_track_heard", table_name="library_track")
