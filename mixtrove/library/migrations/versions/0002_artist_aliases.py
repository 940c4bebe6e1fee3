"""What people said artists are also called"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this step changes."""
    op.create_table(
        "artist_alias",
        sa.Column(
            "name_key", sa.Text(), nullable=False, comment="the smaller of both names' normal forms"
        ),
        sa.Column("alias_key", sa.Text(), nullable=False),
        sa.Column(
            "name",
            sa.Text(),
            nullable=False,
            comment="as it was given; the pair holds both ways",
        ),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False, comment="person or correction"),
        sa.Column(
            "correction_id",
            sa.String(length=36),
            nullable=True,
            comment="the correction that it follows from",
        ),
        sa.PrimaryKeyConstraint("name_key", "alias_key", name=op.f("pk_artist_alias")),
        comment="What people said artists are also called.",
    )
    with op.batch_alter_table("artist_alias", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_artist_alias_correction_id"), ["correction_id"], unique=False
        )


def downgrade() -> None:
    """Back to the step before."""
    op.drop_table("artist_alias")
