"""Batches of entries that workers ask the catalogue about; the order in which entries are taken"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this step changes."""
    op.create_table(
        "search_batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("host", sa.Text(), nullable=False, comment="the machine of the worker"),
        sa.Column("pid", sa.Integer(), nullable=False, comment="its process there"),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="from then on anybody may take it over",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_batch")),
        comment="Entries that one worker asks the catalogue about, until it has the answers.",
    )
    op.create_table(
        "search_batch_entry",
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_search_batch_entry")),
        comment="The entries of a batch; an entry is in one at most.",
    )
    with op.batch_alter_table("search_batch_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_search_batch_entry_batch_id"), ["batch_id"], unique=False)
    op.create_index(op.f("ix_tracklist_entry_status_id"), "tracklist_entry", ["status", "id"], unique=False)
    op.drop_index(op.f("ix_tracklist_entry_status"), table_name="tracklist_entry")


def downgrade() -> None:
    """Back to the step before."""
    op.create_index(op.f("ix_tracklist_entry_status"), "tracklist_entry", ["status"], unique=False)
    op.drop_index(op.f("ix_tracklist_entry_status_id"), table_name="tracklist_entry")
    op.drop_table("search_batch_entry")
    op.drop_table("search_batch")
