"""What the REST API needs: who works on a job, tokens, requests that may be repeated"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """What this step changes."""
    with op.batch_alter_table("discovery_job") as job:
        job.add_column(
            sa.Column("asked_by", sa.Text(), server_default="", nullable=False, comment="a user")
        )
        job.add_column(sa.Column("host", sa.Text(), nullable=True, comment="the machine of the worker"))
        job.add_column(sa.Column("pid", sa.Integer(), nullable=True, comment="its process there"))
        job.add_column(
            sa.Column(
                "until",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="from then on anybody may take it over",
            )
        )
    op.create_index(op.f("ix_discovery_job_status_id"), "discovery_job", ["status", "id"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column(
            "name", sa.String(length=100), nullable=False, comment="what it is for, in its owner's words"
        ),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the token, hexadecimal"
        ),
        sa.Column("scopes", _JSON, nullable=False, comment="read, edit, admin"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True, comment="to the hour"),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        comment="Who may use the REST API. The token itself is kept nowhere.",
    )
    op.create_index("uq_api_token_digest", "api_token", ["digest"], unique=True)
    op.create_index(op.f("ix_api_token_user"), "api_token", ["user"], unique=False)
    op.create_table(
        "idempotent_request",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column(
            "key", sa.String(length=255), nullable=False, comment="Idempotency-Key, as the client chose it"
        ),
        sa.Column(
            "fingerprint",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of method, address and body",
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status", sa.Integer(), nullable=True, comment="of the answer; null while there is none"
        ),
        sa.Column("headers", _JSON, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("user", "key", name=op.f("pk_idempotent_request")),
        comment="What was answered to requests that may be repeated, for a day.",
    )
    op.create_index(
        op.f("ix_idempotent_request_started_at"), "idempotent_request", ["started_at"], unique=False
    )


def downgrade() -> None:
    """Back to the step before."""
    op.drop_table("idempotent_request")
    op.drop_table("api_token")
    op.drop_index(op.f("ix_discovery_job_status_id"), table_name="discovery_job")
    with op.batch_alter_table("discovery_job") as job:
        for name in ("until", "pid", "host", "asked_by"):
            job.drop_column(name)
