"""What correcting tracks needs: former names, pairs, versions for edits, decisions about tracks"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What this step changes."""
    op.create_table(
        "track_identity",
        sa.Column("identity_key", sa.Text(), nullable=False),
        sa.Column("disambiguator", sa.Text(), server_default="", nullable=False),
        sa.Column("library_track_id", sa.String(length=36), nullable=False),
        sa.Column("artist", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("remix", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_track_identity_library_track_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("identity_key", "disambiguator", name=op.f("pk_track_identity")),
        comment="What a track was also called, before a merge or an edit: who finds that finds this track.",
    )
    op.create_index(
        op.f("ix_track_identity_library_track_id"), "track_identity", ["library_track_id"], unique=False
    )
    op.create_table(
        "track_pair",
        sa.Column("left_id", sa.String(length=36), nullable=False),
        sa.Column("right_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column(
            "score", sa.Float(), server_default="0", nullable=False, comment="MATCHING §5, [0, 1]"
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("left_id < right_id", name=op.f("ck_track_pair_order")),
        sa.CheckConstraint("kind IN ('unsure', 'conflict', 'apart')", name=op.f("ck_track_pair_kind")),
        *(
            sa.ForeignKeyConstraint(
                [side], ["library_track.id"], name=op.f(f"fk_track_pair_{side}"), ondelete="CASCADE"
            )
            for side in ("left_id", "right_id")
        ),
        sa.PrimaryKeyConstraint("left_id", "right_id", name=op.f("pk_track_pair")),
        comment="Two tracks that may be one (unsure), that share an id and are not alike (conflict), or that a "
        "person keeps apart.",
    )
    op.create_index(op.f("ix_track_pair_right_id"), "track_pair", ["right_id"], unique=False)
    with op.batch_alter_table("library_track", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "version",
                sa.Integer(),
                server_default="1",
                nullable=False,
                comment="counts the changes of what is not derived, for edits",
            )
        )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.alter_column(
            "line_key",
            existing_type=sa.Text(),
            nullable=True,
            comment="of a decision about a line; null: about a track",
        )
        batch_op.alter_column(
            "kind",
            existing_type=sa.String(length=16),
            comment="of a line: assign, reject, is_id, unreleased, not_a_track; of a track: edit, merge, apart",
            existing_comment="assign, reject, is_id or not_a_track",
        )
        batch_op.create_table_comment(
            "What a person decided about a line or a track; replayed in every run, never overwritten.",
            existing_comment="What a person decided about a line; replayed in every run, never overwritten.",
        )
        batch_op.add_column(
            sa.Column(
                "batch_id",
                sa.String(length=36),
                nullable=True,
                comment="decisions of one command; they are undone together",
            )
        )
        batch_op.create_index(batch_op.f("ix_correction_batch_id"), ["batch_id"], unique=False)
    with op.batch_alter_table("merge_log", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("by", sa.Text(), server_default="run", nullable=False, comment="a user, or run")
        )
    with op.batch_alter_table("track_discovery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_track_discovery_library_track_id"))
        batch_op.create_index(
            batch_op.f("ix_track_discovery_library_track_id_discovery_date"),
            ["library_track_id", "discovery_date"],
            unique=False,
        )
    _isrcs_as_ids()


def downgrade() -> None:
    """Back to the step before."""
    with op.batch_alter_table("track_discovery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_track_discovery_library_track_id_discovery_date"))
        batch_op.create_index(
            batch_op.f("ix_track_discovery_library_track_id"), ["library_track_id"], unique=False
        )
    op.execute("DELETE FROM external_id WHERE provider = 'isrc'")
    with op.batch_alter_table("merge_log", schema=None) as batch_op:
        batch_op.drop_column("by")
    op.execute("DELETE FROM correction WHERE line_key IS NULL")
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_batch_id"))
        batch_op.drop_column("batch_id")
        batch_op.alter_column("line_key", existing_type=sa.Text(), nullable=False)
    with op.batch_alter_table("library_track", schema=None) as batch_op:
        batch_op.drop_column("version")
    op.drop_table("track_pair")
    op.drop_table("track_identity")


def _isrcs_as_ids() -> None:
    """The ISRCs of the tracks that are there, as ids: a track is found by them."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, isrcs FROM library_track ORDER BY id")).all()
    found: dict[str, str] = {}
    for row in rows:
        isrcs = json.loads(row.isrcs) if isinstance(row.isrcs, str) else row.isrcs
        for isrc in isrcs or ():
            found.setdefault(isrc, row.id)
    if not found:
        return
    revision = connection.execute(
        sa.text("UPDATE counter SET value = value + 1 WHERE name = 'revision' RETURNING value")
    ).scalar_one()
    connection.execute(
        sa.text(
            "INSERT INTO external_id (provider, external_id, library_track_id, revision) "
            "VALUES ('isrc', :isrc, :track, :revision) ON CONFLICT DO NOTHING"
        ),
        [{"isrc": isrc, "track": track, "revision": revision} for isrc, track in found.items()],
    )
