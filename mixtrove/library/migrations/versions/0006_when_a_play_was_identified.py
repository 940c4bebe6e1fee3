"""When a play was identified, beside when it was first seen"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COMMENT = "since when it is known what it is; null while that is not certain"


def upgrade() -> None:
    """What this step changes. Of what is there already nobody noted it: it counts as known from the start."""
    op.add_column(
        "track_discovery",
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=True, comment=_COMMENT),
    )
    op.execute(
        "UPDATE track_discovery SET identified_at = discovery_date WHERE entry_id IN "
        "(SELECT id FROM tracklist_entry WHERE status = 'identified')"
    )


def downgrade() -> None:
    """Back to the step before."""
    op.drop_column("track_discovery", "identified_at")
