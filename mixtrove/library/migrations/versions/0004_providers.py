"""What asking providers needs: watched lines, filled-in tracks, candidates and prices that expire"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this step changes."""
    with op.batch_alter_table("entry_candidate", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "expires_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="by the provider's terms; null: never",
            )
        )
        batch_op.create_index(batch_op.f("ix_entry_candidate_expires_at"), ["expires_at"], unique=False)
    with op.batch_alter_table("purchase_link", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "expires_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="when the price may no longer be shown; null: never",
            )
        )
    with op.batch_alter_table("retry_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("why", sa.Text(), server_default="", nullable=False))
        batch_op.drop_column("lease")
        batch_op.create_index(batch_op.f("ix_retry_entry_entry_id"), ["entry_id"], unique=False)
    _batches(stage=True)
    op.create_table(
        "line_watch",
        sa.Column("line_key", sa.Text(), nullable=False),
        sa.Column(
            "asked", sa.Text(), nullable=False, comment="providers that were asked: ' discogs itunes '"
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "next_at", sa.DateTime(timezone=True), nullable=False, comment="when all of them are asked again"
        ),
        sa.Column("times", sa.Integer(), nullable=False, comment="how often they were"),
        sa.PrimaryKeyConstraint("line_key", name=op.f("pk_line_watch")),
        comment="Lines that providers were asked about; what is undecided is asked again, ever more seldom.",
    )
    op.create_table(
        "track_enrichment",
        sa.Column("library_track_id", sa.String(length=36), nullable=False),
        sa.Column(
            "asked", sa.Text(), nullable=False, comment="providers that were asked: ' discogs itunes '"
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when those that gave no answer are asked again",
        ),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_track_enrichment_library_track_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("library_track_id", name=op.f("pk_track_enrichment")),
        comment="Tracks that providers were asked to fill in.",
    )


def downgrade() -> None:
    """Back to the step before."""
    op.drop_table("track_enrichment")
    op.drop_table("line_watch")
    _batches(stage=False)
    with op.batch_alter_table("retry_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_retry_entry_entry_id"))
        batch_op.add_column(
            sa.Column(
                "lease", sa.DateTime(timezone=True), nullable=True, comment="until when a worker holds it"
            )
        )
        batch_op.drop_column("why")
    with op.batch_alter_table("purchase_link", schema=None) as batch_op:
        batch_op.drop_column("expires_at")
    with op.batch_alter_table("entry_candidate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_candidate_expires_at"))
        batch_op.drop_column("expires_at")


def _batches(*, stage: bool) -> None:
    """Both tables of batches anew; their rows live for seconds, and what they held is claimed again."""

    def of_stage(comment: str | None = None) -> list[sa.Column[str]]:
        column = sa.Column("stage", sa.String(length=16), nullable=False, comment=comment)
        return [column] if stage else []

    op.drop_table("search_batch_entry")
    op.drop_table("search_batch")
    op.create_table(
        "search_batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        *of_stage("catalogue or providers: who is asked"),
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
        comment=f"Entries that one worker asks {'' if stage else 'the catalogue '}about, until it has the answers.",
    )
    op.create_table(
        "search_batch_entry",
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        *of_stage(),
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint(
            "entry_id", *(["stage"] if stage else []), name=op.f("pk_search_batch_entry")
        ),
        comment=f"The entries of a batch; an entry is in one {'of a stage ' if stage else ''}at most.",
    )
    op.create_index(op.f("ix_search_batch_entry_batch_id"), "search_batch_entry", ["batch_id"], unique=False)
