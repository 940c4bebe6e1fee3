"""The operational store"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """What this step changes."""
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
        comment="One row, 'revision': the number of the last write transaction.",
    )
    op.create_table(
        "library_track",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("artist", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "remix", sa.Text(), nullable=True, comment="the version as text, null for the original"
        ),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("catalog_number", sa.Text(), nullable=True),
        sa.Column(
            "release_date",
            sa.String(length=10),
            nullable=True,
            comment="YYYY, YYYY-MM or YYYY-MM-DD",
        ),
        sa.Column("genre", sa.Text(), nullable=True),
        sa.Column("bpm", sa.Float(), nullable=True),
        sa.Column("key", sa.String(length=16), nullable=True),
        sa.Column("duration", sa.Float(), nullable=True, comment="seconds"),
        sa.Column("isrcs", JSON, nullable=False),
        sa.Column("identity_key", sa.Text(), nullable=False),
        sa.Column("disambiguator", sa.Text(), server_default="", nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column(
            "discovered_from",
            sa.String(length=36),
            nullable=True,
            comment="derived: tracklist of the first discovery",
        ),
        sa.Column(
            "discovery_count", sa.Integer(), server_default="0", nullable=False, comment="derived"
        ),
        sa.Column("first_discovered", sa.DateTime(timezone=True), nullable=True, comment="derived"),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True, comment="derived"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_track")),
        sa.UniqueConstraint(
            "identity_key",
            "disambiguator",
            name=op.f("uq_library_track_identity_key_disambiguator"),
        ),
        comment="One row a version of a track, with every mix it was heard in.",
    )
    with op.batch_alter_table("library_track", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_library_track_provisional"), ["provisional"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_library_track_revision"), ["revision"], unique=False)

    op.create_table(
        "merge_log",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kept_id", sa.String(length=36), nullable=False),
        sa.Column("merged_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", JSON, nullable=False, comment="what the merge changed, to undo it"),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_log")),
        comment="Every merge of two library tracks.",
    )
    with op.batch_alter_table("merge_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merge_log_kept_id"), ["kept_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merge_log_merged_id"), ["merged_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="events of one key leave in order"
        ),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        comment="Events to be published, at least once.",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tombstone",
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("row_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "row_id", name=op.f("pk_tombstone")),
        comment="Rows that were deleted, so that the warehouse can follow.",
    )
    with op.batch_alter_table("tombstone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tombstone_revision"), ["revision"], unique=False)

    op.create_table(
        "tracklist",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("dj", sa.Text(), nullable=True),
        sa.Column("played_on", sa.Date(), nullable=True),
        sa.Column(
            "source",
            sa.Text(),
            nullable=True,
            comment="where it came from: mixesdb, 1001tracklists, paste …",
        ),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("format", sa.String(length=16), nullable=False, comment="text, cue, csv or json"),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "mix_key",
            sa.Text(),
            nullable=True,
            comment="normal form of dj, title and played_on; null when one of them is unknown",
        ),
        sa.Column(
            "edited",
            JSON,
            nullable=True,
            comment="names of the fields a person set; an import keeps those",
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracklist")),
        comment="One mix's ordered list of what was played.",
    )
    with op.batch_alter_table("tracklist", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tracklist_content_hash"), ["content_hash"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_tracklist_revision"), ["revision"], unique=False)
        batch_op.create_index("uq_tracklist_mix_key", ["mix_key"], unique=True)
        batch_op.create_index("uq_tracklist_source_url", ["source_url"], unique=True)

    op.create_table(
        "correction",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("line_key", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="assign, reject, is_id or not_a_track",
        ),
        sa.Column("library_track_id", sa.String(length=36), nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_correction_library_track_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        comment="What a person decided about a line; replayed in every run, never overwritten.",
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_correction_library_track_id"), ["library_track_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_correction_line_key"), ["line_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_correction_revision"), ["revision"], unique=False)

    op.create_table(
        "discovery_job",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tracklist_id", sa.String(length=36), nullable=False),
        sa.Column("positions", JSON, nullable=False, comment="empty: all"),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("progress", sa.Float(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_discovery_job_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tracklist_id"],
            ["tracklist.id"],
            name=op.f("fk_discovery_job_tracklist_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovery_job")),
        comment="A request to discover the tracks of one tracklist.",
    )
    with op.batch_alter_table("discovery_job", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_discovery_job_tracklist_id"), ["tracklist_id"], unique=False
        )

    op.create_table(
        "external_id",
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("library_track_id", sa.String(length=36), nullable=False),
        sa.Column(
            "cut",
            sa.String(length=16),
            nullable=True,
            comment="original, extended or radio; null when unknown",
        ),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_external_id_library_track_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("provider", "external_id", name=op.f("pk_external_id")),
        comment="The ids of a track at providers and in catalogues; a pair belongs to one track.",
    )
    with op.batch_alter_table("external_id", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_external_id_library_track_id"), ["library_track_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_external_id_revision"), ["revision"], unique=False)

    op.create_table(
        "owned_track",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("artist", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("credit", JSON, nullable=False),
        sa.Column("identity_key", sa.Text(), server_default="", nullable=False),
        sa.Column("library_track_id", sa.String(length=36), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_owned_track_library_track_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owned_track")),
        sa.UniqueConstraint("source", "location", name=op.f("uq_owned_track_source_location")),
        comment="A file in the DJ's own collection.",
    )
    with op.batch_alter_table("owned_track", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_owned_track_identity_key"), ["identity_key"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_owned_track_library_track_id"), ["library_track_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_owned_track_revision"), ["revision"], unique=False)

    op.create_table(
        "purchase_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("library_track_id", sa.String(length=36), nullable=False),
        sa.Column("store", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("cut", sa.String(length=16), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('offer', 'search')", name=op.f("ck_purchase_link_kind")),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_purchase_link_library_track_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_link")),
        sa.UniqueConstraint(
            "library_track_id",
            "store",
            "url",
            name=op.f("uq_purchase_link_library_track_id_store_url"),
        ),
        comment="Where a track can be bought (offer) or looked for (search).",
    )
    with op.batch_alter_table("purchase_link", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_purchase_link_library_track_id"), ["library_track_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_purchase_link_revision"), ["revision"], unique=False)

    op.create_table(
        "track_attribute",
        sa.Column("library_track_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_track_attribute_library_track_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "library_track_id", "name", "provider", name=op.f("pk_track_attribute")
        ),
        comment="Where each enriched value came from.",
    )
    with op.batch_alter_table("track_attribute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_track_attribute_revision"), ["revision"], unique=False)

    op.create_table(
        "tracklist_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tracklist_id", sa.String(length=36), nullable=False),
        sa.Column(
            "position", sa.Integer(), nullable=False, comment="from 1, over lines that are entries"
        ),
        sa.Column("component", sa.Integer(), nullable=False, comment="from 1"),
        sa.Column("line_no", sa.Integer(), nullable=False, comment="from 1, in the source"),
        sa.Column("cue_seconds", sa.Integer(), nullable=True),
        sa.Column("raw_line", sa.Text(), nullable=False),
        sa.Column("artists", JSON, nullable=False),
        sa.Column("featured", JSON, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("mix_type", sa.String(length=32), nullable=True),
        sa.Column("cut", sa.String(length=16), nullable=True),
        sa.Column("remixers", JSON, nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("catalog_number", sa.Text(), nullable=True),
        sa.Column("is_id", sa.Boolean(), nullable=False),
        sa.Column("unreleased", sa.Boolean(), nullable=False),
        sa.Column("layered", sa.Boolean(), nullable=False),
        sa.Column("mashup", sa.Boolean(), nullable=False),
        sa.Column(
            "line_key",
            sa.Text(),
            nullable=False,
            comment="normal form of the credit; corrections are filed under it",
        ),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("skip_reason", sa.Text(), nullable=True),
        sa.Column(
            "catalogue",
            sa.Text(),
            nullable=True,
            comment="the catalogue this entry was last compared with",
        ),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'identified', 'provisional', 'skipped')",
            name=op.f("ck_tracklist_entry_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tracklist_id"],
            ["tracklist.id"],
            name=op.f("fk_tracklist_entry_tracklist_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracklist_entry")),
        sa.UniqueConstraint(
            "tracklist_id",
            "position",
            "component",
            name=op.f("uq_tracklist_entry_tracklist_id_position_component"),
        ),
        comment="One component of one line of a tracklist.",
    )
    with op.batch_alter_table("tracklist_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tracklist_entry_line_key"), ["line_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_tracklist_entry_revision"), ["revision"], unique=False)
        batch_op.create_index(batch_op.f("ix_tracklist_entry_status"), ["status"], unique=False)

    op.create_table(
        "tracklist_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tracklist_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lines", JSON, nullable=False, comment="the raw lines, in order"),
        sa.Column(
            "changes",
            JSON,
            nullable=False,
            comment="sentences: what differs from the version before",
        ),
        sa.ForeignKeyConstraint(
            ["tracklist_id"],
            ["tracklist.id"],
            name=op.f("fk_tracklist_version_tracklist_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracklist_version")),
        sa.UniqueConstraint(
            "tracklist_id", "version", name=op.f("uq_tracklist_version_tracklist_id_version")
        ),
        comment="Every version of a tracklist that was imported, readable for ever.",
    )
    op.create_table(
        "want",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("library_track_id", sa.String(length=36), nullable=False),
        sa.Column("cut", sa.String(length=16), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False, comment="1 to 5, 5 is most wanted"),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purchased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purchase_price", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("store", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("source_tracklist_id", sa.String(length=36), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('wanted', 'purchased', 'unavailable')", name=op.f("ck_want_status")
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_want_priority")),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_want_library_track_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_tracklist_id"],
            ["tracklist.id"],
            name=op.f("fk_want_source_tracklist_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_want")),
        sa.UniqueConstraint("user", "library_track_id", name=op.f("uq_want_user_library_track_id")),
        comment="The want list: at most one want a user and track.",
    )
    with op.batch_alter_table("want", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_want_library_track_id"), ["library_track_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_want_revision"), ["revision"], unique=False)

    op.create_table(
        "want_removal",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("library_track_id", sa.String(length=36), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_want_removal_library_track_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user", "library_track_id", name=op.f("pk_want_removal")),
        comment="What a person took off the list: a rule does not put it back, a person may.",
    )
    with op.batch_alter_table("want_removal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_want_removal_library_track_id"), ["library_track_id"], unique=False
        )

    op.create_table(
        "entry_candidate",
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, comment="from 1, best first"),
        sa.Column(
            "source",
            sa.String(length=16),
            nullable=False,
            comment="library, catalogue or a provider",
        ),
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column(
            "record",
            JSON,
            nullable=False,
            comment="artist, title, label … as the source spells them",
        ),
        sa.Column("score", sa.Float(), nullable=False, comment="MATCHING §5, [0, 1]"),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column(
            "decision", sa.String(length=16), nullable=False, comment="same, unsure or different"
        ),
        sa.Column("reasons", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["tracklist_entry.id"],
            name=op.f("fk_entry_candidate_entry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "rank", name=op.f("pk_entry_candidate")),
        comment="What was offered for an entry, for the decision and for the review queue.",
    )
    op.create_table(
        "retry_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "lease",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until when a worker holds it",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["tracklist_entry.id"],
            name=op.f("fk_retry_entry_entry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retry_entry")),
        sa.UniqueConstraint("provider", "entry_id", name=op.f("uq_retry_entry_provider_entry_id")),
        comment="What a provider could not answer yet.",
    )
    with op.batch_alter_table("retry_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retry_entry_next_at"), ["next_at"], unique=False)

    op.create_table(
        "track_discovery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tracklist_id", sa.String(length=36), nullable=False),
        sa.Column("track_position", sa.Integer(), nullable=False),
        sa.Column("component", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("library_track_id", sa.String(length=36), nullable=True),
        sa.Column("discovery_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("identification_method", sa.String(length=16), nullable=False),
        sa.Column("metadata_sources", JSON, nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "identification_method IN ('manual', 'library', 'catalogue', 'api', 'fingerprint')",
            name=op.f("ck_track_discovery_method"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["tracklist_entry.id"],
            name=op.f("fk_track_discovery_entry_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["library_track_id"],
            ["library_track.id"],
            name=op.f("fk_track_discovery_library_track_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["tracklist_id"],
            ["tracklist.id"],
            name=op.f("fk_track_discovery_tracklist_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track_discovery")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_track_discovery_entry_id")),
        sa.UniqueConstraint(
            "tracklist_id",
            "track_position",
            "component",
            name=op.f("uq_track_discovery_tracklist_id_track_position_component"),
        ),
        comment="One play: a component of an entry and the library track it is.",
    )
    with op.batch_alter_table("track_discovery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_track_discovery_library_track_id"), ["library_track_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_track_discovery_revision"), ["revision"], unique=False)

    op.create_table(
        "want_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("want_id", sa.String(length=36), nullable=False),
        sa.Column("old_status", sa.String(length=16), nullable=True),
        sa.Column("new_status", sa.String(length=16), nullable=False),
        sa.Column("old_priority", sa.Integer(), nullable=True),
        sa.Column("new_priority", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="a user, or rule:NAME"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["want_id"], ["want.id"], name=op.f("fk_want_event_want_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_want_event")),
        comment="Every change of a want's status or priority; conversion is computed from it.",
    )
    with op.batch_alter_table("want_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_want_event_revision"), ["revision"], unique=False)
        batch_op.create_index(batch_op.f("ix_want_event_want_id"), ["want_id"], unique=False)

    op.execute("INSERT INTO counter (name, value) VALUES ('revision', 0)")


def downgrade() -> None:
    """Back to the step before."""
    op.drop_table("want_event")
    op.drop_table("track_discovery")
    op.drop_table("retry_entry")
    op.drop_table("entry_candidate")
    op.drop_table("want_removal")
    op.drop_table("want")
    op.drop_table("tracklist_version")
    op.drop_table("tracklist_entry")
    op.drop_table("track_attribute")
    op.drop_table("purchase_link")
    op.drop_table("owned_track")
    op.drop_table("external_id")
    op.drop_table("discovery_job")
    op.drop_table("correction")
    op.drop_table("tracklist")
    op.drop_table("tombstone")
    op.drop_table("outbox")
    op.drop_table("merge_log")
    op.drop_table("library_track")
    op.drop_table("counter")
