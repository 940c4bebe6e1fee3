"""What people are told, and when shops are asked again about what they want"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """What this step changes."""
    op.create_table(
        "offer_watch",
        sa.Column("library_track_id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", _TIME, nullable=True, comment="when shops were asked last"),
        sa.Column("next_at", _TIME, nullable=True, comment="when they are asked again; null: now"),
        sa.Column(
            "times", sa.Integer(), nullable=False, comment="how often in a row nobody had an offer"
        ),
        sa.Column(
            "marks",
            _JSON,
            nullable=False,
            comment="cut and currency → what a price must not be above to be told as cheaper",
        ),
        sa.PrimaryKeyConstraint("library_track_id", name=op.f("pk_offer_watch")),
        comment="Tracks that somebody wants: when shops are asked again, and which price would be news. "
        "A row may outlive its track.",
    )
    op.create_table(
        "notification",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("channel", sa.String(length=32), nullable=False, comment="fingerprint of its address"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column(
            "thing", sa.String(length=128), nullable=False, comment="what it is about; told once a channel"
        ),
        sa.Column("about", sa.String(length=36), nullable=True, comment="id of the track, want or entry"),
        sa.Column("payload", _JSON, nullable=False),
        sa.Column("happened_at", _TIME, nullable=False),
        sa.Column(
            "message_id",
            sa.String(length=36),
            nullable=True,
            comment="the message that carries it, once begun",
        ),
        sa.Column(
            "sent_at",
            _TIME,
            nullable=True,
            comment="null: it waits, or its message was begun and not finished",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("channel", "kind", "thing", name=op.f("uq_notification_channel_kind_thing")),
        comment="What a channel is told: a thing once.",
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_notification_channel_sent_at"), "notification", ["channel", "sent_at"], unique=False
    )
    op.create_index(op.f("ix_notification_message_id"), "notification", ["message_id"], unique=False)
    op.create_table(
        "notification_channel",
        sa.Column("channel", sa.String(length=32), nullable=False, comment="fingerprint of its address"),
        sa.Column("name", sa.Text(), nullable=False, comment="the address without its secrets"),
        sa.Column("host", sa.Text(), nullable=True, comment="the machine of who sends to it now"),
        sa.Column("pid", sa.Integer(), nullable=True, comment="its process there"),
        sa.Column("claimed_at", _TIME, nullable=True),
        sa.Column("until", _TIME, nullable=True, comment="from then on anybody may send to it"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("next_at", _TIME, nullable=True, comment="when it is tried again"),
        sa.Column("why", sa.Text(), nullable=False, comment="a sentence: why the last try failed"),
        sa.Column("sent_at", _TIME, nullable=True, comment="when it took a message last"),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_notification_channel")),
        comment="Where messages go: one sender at a time.",
    )
    op.create_table(
        "notification_cursor",
        sa.Column("source", sa.String(length=32), nullable=False, comment="outbox or plays"),
        sa.Column(
            "value", sa.BigInteger(), nullable=False, comment="the id, or revision, that was read last"
        ),
        sa.Column("since", _TIME, nullable=False, comment="what was known before is no news"),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_notification_cursor")),
        comment="How far notifications have read what happened.",
    )


def downgrade() -> None:
    """Back to the step before."""
    for name in ("notification_cursor", "notification_channel", "notification", "offer_watch"):
        op.drop_table(name)
