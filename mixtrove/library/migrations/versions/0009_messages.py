"""What messages need: the ids of those received, whom a job answers, the outbox by what is published"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this step changes."""
    with op.batch_alter_table("discovery_job") as job:
        job.add_column(
            sa.Column(
                "message_id",
                sa.String(length=200),
                nullable=True,
                comment="of the message that asked for it",
            )
        )
        job.add_column(
            sa.Column(
                "reply_key",
                sa.String(length=200),
                nullable=True,
                comment="what the sender of the message listens to",
            )
        )
    op.create_index(op.f("ix_discovery_job_message_id"), "discovery_job", ["message_id"], unique=False)
    op.create_table(
        "received_message",
        sa.Column("id", sa.String(length=200), nullable=False, comment="as its sender chose it"),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of what it asks for, hexadecimal",
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_message")),
        comment="Messages whose jobs are written down: one that comes again is not done again.",
    )
    op.create_index(
        op.f("ix_received_message_received_at"), "received_message", ["received_at"], unique=False
    )
    op.create_index(op.f("ix_outbox_published_at_id"), "outbox", ["published_at", "id"], unique=False)


def downgrade() -> None:
    """Back to the step before."""
    op.drop_index(op.f("ix_outbox_published_at_id"), table_name="outbox")
    op.drop_table("received_message")
    op.drop_index(op.f("ix_discovery_job_message_id"), table_name="discovery_job")
    with op.batch_alter_table("discovery_job") as job:
        for name in ("reply_key", "message_id"):
            job.drop_column(name)
