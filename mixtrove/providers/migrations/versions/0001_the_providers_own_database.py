"""The providers' own database"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this step changes."""
    op.create_table(
        "provider_result",
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="search, track or purchase"),
        sa.Column("scope", sa.Text(), nullable=False, comment="market, currency, account"),
        sa.Column("key_hash", sa.String(length=64), nullable=False, comment="SHA-256 of `key`"),
        sa.Column("key", sa.Text(), nullable=False, comment="the normalised question"),
        sa.Column(
            "track_id", sa.String(length=36), nullable=True, comment="the library track it was asked for"
        ),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=False, comment="by the TTL when it was fetched"
        ),
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the provider's terms end its payload",
        ),
        sa.Column("outcome", sa.String(length=8), nullable=False, comment="found or nothing"),
        sa.Column(
            "payload",
            sa.Text(),
            nullable=True,
            comment="the JSON body; null where nothing was found, or once deleted",
        ),
        sa.CheckConstraint("outcome IN ('found', 'nothing')", name=op.f("ck_provider_result_outcome")),
        sa.PrimaryKeyConstraint("provider", "kind", "scope", "key_hash", name=op.f("pk_provider_result")),
        comment="What a provider answered, the last time it was asked.",
    )
    with op.batch_alter_table("provider_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_result_deleted_at"), ["deleted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_provider_result_fetched_at"), ["fetched_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_provider_result_track_id"), ["track_id"], unique=False)

    op.create_table(
        "provider_use",
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="UTC"),
        sa.Column(
            "requests",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="slots taken, by all processes",
        ),
        sa.Column(
            "answered",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="answers from the provider with something in them",
        ),
        sa.Column(
            "misses",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="answers from the provider that it knows nothing",
        ),
        sa.Column(
            "cache_hits",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="answers without a request",
        ),
        sa.Column(
            "stale",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="kept answers served because the provider could not be asked",
        ),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False, comment="requests it failed"),
        sa.Column(
            "refused",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="requests it refused: quota, credentials, or the question",
        ),
        sa.Column(
            "found_lines",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="lines that its answers identified",
        ),
        sa.Column("waited", sa.Float(), server_default="0", nullable=False, comment="seconds, for slots"),
        sa.PrimaryKeyConstraint("provider", "day", name=op.f("pk_provider_use")),
        comment="What asking a provider cost, and what it brought, on a day.",
    )
    op.create_table(
        "slot",
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("tat", sa.BigInteger(), nullable=False, comment="the next free moment, µs since 1970"),
        sa.Column("blocked_until", sa.BigInteger(), nullable=False, comment="µs since 1970"),
        sa.Column(
            "blocked_by", sa.String(length=16), nullable=False, comment="quota, failing or credentials"
        ),
        sa.Column("blocked_why", sa.Text(), nullable=False, comment="a sentence"),
        sa.Column(
            "blocked_for", sa.String(length=16), nullable=False, comment="fingerprint of refused credentials"
        ),
        sa.Column("refusals", sa.Integer(), nullable=False, comment="by its quota, in a row"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("opened", sa.Integer(), nullable=False, comment="how often the breaker opened, in a row"),
        sa.Column("failing_since", sa.BigInteger(), nullable=False, comment="µs since 1970; 0: it works"),
        sa.Column("day", sa.Integer(), nullable=False, comment="of `requests`, days since 1970"),
        sa.Column("requests", sa.Integer(), nullable=False, comment="slots taken on this day"),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_slot")),
        comment="When a provider may be asked next, by whatever process.",
    )


def downgrade() -> None:
    """Back to the step before."""
    op.drop_table("slot")
    op.drop_table("provider_use")
    with op.batch_alter_table("provider_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_provider_result_track_id"))
        batch_op.drop_index(batch_op.f("ix_provider_result_fetched_at"))
        batch_op.drop_index(batch_op.f("ix_provider_result_deleted_at"))

    op.drop_table("provider_result")
