"""The tables of the operational store, for SQLite and Postgres alike (DESIGN §5).

Here: names, types, keys. Not here: how rows are read or written (the other files of this package) and
how an older store becomes this one (``migrations/``).

Every table that the warehouse stages carries ``revision``: the number of the transaction that last wrote
the row (``Store.write`` hands it out, in commit order). A reader that remembers the highest revision it
saw reads exactly what changed since; rows that were deleted are named in ``tombstone``.
All times are UTC.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mixtrove.database.columns import NAMING, Json, UtcDateTime

metadata = sa.MetaData(naming_convention=NAMING)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(36), primary_key=True)  # UUIDv7, as text


def _revision() -> sa.Column[int]:
    return sa.Column("revision", sa.BigInteger, nullable=False, index=True)


def _ref(name: str, target: str, *, nullable: bool = False, **kw: Any) -> sa.Column[str]:
    ondelete = kw.pop("ondelete", "CASCADE")
    return sa.Column(name, sa.String(36), sa.ForeignKey(target, ondelete=ondelete), nullable=nullable, **kw)


ENTRY_STATUSES = ("pending", "identified", "provisional", "skipped")
METHODS = ("manual", "library", "catalogue", "api", "fingerprint")
WANT_STATUSES = ("wanted", "purchased", "unavailable")
JOB_STATUSES = ("queued", "running", "done", "failed", "cancelled")

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
    comment="One row, 'revision': the number of the last write transaction.",
)

tombstone = sa.Table(
    "tombstone",
    metadata,
    sa.Column("table_name", sa.String(64), primary_key=True),
    sa.Column("row_id", sa.String(36), primary_key=True),
    _revision(),
    comment="Rows that were deleted, so that the warehouse can follow.",
)

tracklist = sa.Table(
    "tracklist",
    metadata,
    _id(),
    sa.Column("title", sa.Text),
    sa.Column("dj", sa.Text),
    sa.Column("played_on", sa.Date),
    sa.Column("source", sa.Text, comment="where it came from: mixesdb, 1001tracklists, paste …"),
    sa.Column("source_url", sa.Text),
    sa.Column("format", sa.String(16), nullable=False, comment="text, cue, csv or json"),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column(
        "mix_key",
        sa.Text,
        comment="normal form of dj, title and played_on; null when one of them is unknown",
    ),
    sa.Column("edited", Json, comment="names of the fields a person set; an import keeps those"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("imported_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    _revision(),
    sa.Index(None, "content_hash"),
    sa.Index("uq_tracklist_source_url", "source_url", unique=True),
    sa.Index("uq_tracklist_mix_key", "mix_key", unique=True),
    comment="One mix's ordered list of what was played.",
)

tracklist_version = sa.Table(
    "tracklist_version",
    metadata,
    _id(),
    _ref("tracklist_id", "tracklist.id"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("imported_at", UtcDateTime, nullable=False),
    sa.Column("lines", Json, nullable=False, comment="the raw lines, in order"),
    sa.Column("changes", Json, nullable=False, comment="sentences: what differs from the version before"),
    sa.UniqueConstraint("tracklist_id", "version"),
    comment="Every version of a tracklist that was imported, readable for ever.",
)

library_track = sa.Table(
    "library_track",
    metadata,
    _id(),
    sa.Column("artist", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("remix", sa.Text, comment="the version as text, null for the original"),
    sa.Column("label", sa.Text),
    sa.Column("catalog_number", sa.Text),
    sa.Column("release_date", sa.String(10), comment="YYYY, YYYY-MM or YYYY-MM-DD"),
    sa.Column("genre", sa.Text),
    sa.Column("bpm", sa.Float),
    sa.Column("key", sa.String(16)),
    sa.Column("duration", sa.Float, comment="seconds"),
    sa.Column("isrcs", Json, nullable=False),
    sa.Column("identity_key", sa.Text, nullable=False),
    sa.Column("disambiguator", sa.Text, nullable=False, server_default=""),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("discovered_from", sa.String(36), comment="derived: tracklist of the first discovery"),
    sa.Column("discovery_count", sa.Integer, nullable=False, server_default="0", comment="derived"),
    sa.Column("first_discovered", UtcDateTime, comment="derived"),
    sa.Column("last_seen", UtcDateTime, comment="derived"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column(
        "version",
        sa.Integer,
        nullable=False,
        server_default="1",
        comment="counts the changes of what is not derived, for edits",
    ),
    _revision(),
    sa.UniqueConstraint("identity_key", "disambiguator"),
    sa.Index(None, "provisional"),
    sa.Index("ix_library_track_heard", sa.desc("discovery_count"), "artist", "title", "id"),
    sa.Index(None, "artist", "title", "id"),
    comment="One row a version of a track, with every mix it was heard in.",
)

track_identity = sa.Table(
    "track_identity",
    metadata,
    sa.Column("identity_key", sa.Text, primary_key=True),
    sa.Column("disambiguator", sa.Text, primary_key=True, server_default=""),
    _ref("library_track_id", "library_track.id", index=True),
    sa.Column("artist", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("remix", sa.Text),
    sa.Column("since", UtcDateTime, nullable=False),
    comment="What a track was also called, before a merge or an edit: who finds that finds this track.",
)

track_pair = sa.Table(
    "track_pair",
    metadata,
    _ref("left_id", "library_track.id", primary_key=True),
    _ref("right_id", "library_track.id", primary_key=True, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("score", sa.Float, nullable=False, server_default="0", comment="MATCHING §5, [0, 1]"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("found_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("left_id < right_id", name="order"),
    sa.CheckConstraint("kind IN ('unsure', 'conflict', 'apart')", name="kind"),
    comment="Two tracks that may be one (unsure), that share an id and are not alike (conflict), or that a "
    "person keeps apart.",
)

external_id = sa.Table(
    "external_id",
    metadata,
    sa.Column("provider", sa.String(32), primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    _ref("library_track_id", "library_track.id", index=True),
    sa.Column("cut", sa.String(16), comment="original, extended or radio; null when unknown"),
    sa.Column("url", sa.Text),
    _revision(),
    comment="The ids of a track at providers and in catalogues; a pair belongs to one track.",
)

track_attribute = sa.Table(
    "track_attribute",
    metadata,
    _ref("library_track_id", "library_track.id", primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("provider", sa.String(32), primary_key=True),
    sa.Column("value", Json),
    sa.Column("fetched_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime),
    _revision(),
    comment="Where each enriched value came from.",
)

tracklist_entry = sa.Table(
    "tracklist_entry",
    metadata,
    _id(),
    _ref("tracklist_id", "tracklist.id"),
    sa.Column("position", sa.Integer, nullable=False, comment="from 1, over lines that are entries"),
    sa.Column("component", sa.Integer, nullable=False, comment="from 1"),
    sa.Column("line_no", sa.Integer, nullable=False, comment="from 1, in the source"),
    sa.Column("cue_seconds", sa.Integer),
    sa.Column("raw_line", sa.Text, nullable=False),
    sa.Column("artists", Json, nullable=False),
    sa.Column("featured", Json, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("version", sa.Text),
    sa.Column("mix_type", sa.String(32)),
    sa.Column("cut", sa.String(16)),
    sa.Column("remixers", Json, nullable=False),
    sa.Column("label", sa.Text),
    sa.Column("catalog_number", sa.Text),
    sa.Column("is_id", sa.Boolean, nullable=False),
    sa.Column("unreleased", sa.Boolean, nullable=False),
    sa.Column("layered", sa.Boolean, nullable=False),
    sa.Column("mashup", sa.Boolean, nullable=False),
    sa.Column(
        "line_key",
        sa.Text,
        nullable=False,
        comment="normal form of the credit; corrections are filed under it",
    ),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("skip_reason", sa.Text),
    sa.Column("catalogue", sa.Text, comment="the catalogue this entry was last compared with"),
    _revision(),
    sa.UniqueConstraint("tracklist_id", "position", "component"),
    sa.CheckConstraint(f"status IN {ENTRY_STATUSES}", name="status"),
    sa.Index(None, "status", "id"),
    sa.Index(None, "line_key"),
    comment="One component of one line of a tracklist.",
)

search_batch = sa.Table(
    "search_batch",
    metadata,
    _id(),
    sa.Column("stage", sa.String(16), nullable=False, comment="catalogue or providers: who is asked"),
    sa.Column("host", sa.Text, nullable=False, comment="the machine of the worker"),
    sa.Column("pid", sa.Integer, nullable=False, comment="its process there"),
    sa.Column("claimed_at", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False, comment="from then on anybody may take it over"),
    comment="Entries that one worker asks about, until it has the answers.",
)

# No references: thousands of rows a batch that live for seconds, and never longer than their batch.
search_batch_entry = sa.Table(
    "search_batch_entry",
    metadata,
    sa.Column("entry_id", sa.String(36), primary_key=True),
    sa.Column("stage", sa.String(16), primary_key=True),
    sa.Column("batch_id", sa.String(36), nullable=False, index=True),
    comment="The entries of a batch; an entry is in one of a stage at most.",
)

entry_candidate = sa.Table(
    "entry_candidate",
    metadata,
    _ref("entry_id", "tracklist_entry.id", primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True, comment="from 1, best first"),
    sa.Column("source", sa.String(16), nullable=False, comment="library, catalogue or a provider"),
    sa.Column("candidate_id", sa.Text, nullable=False),
    sa.Column("record", Json, nullable=False, comment="artist, title, label … as the source spells them"),
    sa.Column("score", sa.Float, nullable=False, comment="MATCHING §5, [0, 1]"),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("decision", sa.String(16), nullable=False, comment="same, unsure or different"),
    sa.Column("reasons", Json, nullable=False),
    sa.Column("expires_at", UtcDateTime, index=True, comment="by the provider's terms; null: never"),
    comment="What was offered for an entry, for the decision and for the review queue.",
)

track_discovery = sa.Table(
    "track_discovery",
    metadata,
    _id(),
    _ref("tracklist_id", "tracklist.id"),
    sa.Column("track_position", sa.Integer, nullable=False),
    sa.Column("component", sa.Integer, nullable=False),
    _ref("entry_id", "tracklist_entry.id", unique=True),
    _ref("library_track_id", "library_track.id", nullable=True, ondelete="SET NULL"),
    sa.Column("discovery_date", UtcDateTime, nullable=False),
    sa.Column(
        "identified_at",
        UtcDateTime,
        comment="since when it is known what it is; null while that is not certain",
    ),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("identification_method", sa.String(16), nullable=False),
    sa.Column("metadata_sources", Json, nullable=False),
    sa.Column("reasons", Json, nullable=False),
    _revision(),
    sa.UniqueConstraint("tracklist_id", "track_position", "component"),
    sa.CheckConstraint(f"identification_method IN {METHODS}", name="method"),
    sa.Index(None, "library_track_id", "discovery_date"),
    comment="One play: a component of an entry and the library track it is.",
)

correction = sa.Table(
    "correction",
    metadata,
    _id(),
    sa.Column("line_key", sa.Text, comment="of a decision about a line; null: about a track"),
    sa.Column(
        "kind",
        sa.String(16),
        nullable=False,
        comment="of a line: assign, reject, is_id, unreleased, not_a_track; of a track: edit, merge, apart",
    ),
    _ref("library_track_id", "library_track.id", nullable=True, index=True),
    sa.Column("payload", Json, nullable=False),
    sa.Column(
        "batch_id", sa.String(36), index=True, comment="decisions of one command; they are undone together"
    ),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", UtcDateTime, nullable=False),
    sa.Column("undone_at", UtcDateTime),
    _revision(),
    sa.Index(None, "line_key"),
    comment="What a person decided about a line or a track; replayed in every run, never overwritten.",
)

artist_alias = sa.Table(
    "artist_alias",
    metadata,
    sa.Column("name_key", sa.Text, primary_key=True, comment="the smaller of both names' normal forms"),
    sa.Column("alias_key", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, comment="as it was given; the pair holds both ways"),
    sa.Column("alias", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("source", sa.String(16), nullable=False, comment="person or correction"),
    sa.Column("correction_id", sa.String(36), index=True, comment="the correction that it follows from"),
    comment="What people said artists are also called.",
)

merge_log = sa.Table(
    "merge_log",
    metadata,
    _id(),
    sa.Column("kept_id", sa.String(36), nullable=False, index=True),
    sa.Column("merged_id", sa.String(36), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False, server_default="run", comment="a user, or run"),
    sa.Column("before", Json, nullable=False, comment="what the merge changed, to undo it"),
    sa.Column("merged_at", UtcDateTime, nullable=False),
    sa.Column("undone_at", UtcDateTime),
    comment="Every merge of two library tracks.",
)

want = sa.Table(
    "want",
    metadata,
    _id(),
    sa.Column("user", sa.String(64), nullable=False),
    _ref("library_track_id", "library_track.id", index=True),
    sa.Column("cut", sa.String(16)),
    sa.Column("priority", sa.Integer, nullable=False, comment="1 to 5, 5 is most wanted"),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("added_at", UtcDateTime, nullable=False),
    sa.Column("purchased_at", UtcDateTime),
    sa.Column("purchase_price", sa.Numeric(10, 2)),
    sa.Column("currency", sa.String(3)),
    sa.Column("store", sa.Text),
    sa.Column("notes", sa.Text),
    _ref("source_tracklist_id", "tracklist.id", nullable=True, ondelete="SET NULL"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    _revision(),
    sa.UniqueConstraint("user", "library_track_id"),
    sa.CheckConstraint("priority BETWEEN 1 AND 5", name="priority"),
    sa.CheckConstraint(f"status IN {WANT_STATUSES}", name="status"),
    comment="The want list: at most one want a user and track.",
)

want_event = sa.Table(
    "want_event",
    metadata,
    _id(),
    _ref("want_id", "want.id", index=True),
    sa.Column("old_status", sa.String(16)),
    sa.Column("new_status", sa.String(16), nullable=False),
    sa.Column("old_priority", sa.Integer),
    sa.Column("new_priority", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False, comment="a user, or rule:NAME"),
    _revision(),
    comment="Every change of a want's status or priority; conversion is computed from it.",
)

want_removal = sa.Table(
    "want_removal",
    metadata,
    sa.Column("user", sa.String(64), primary_key=True),
    _ref("library_track_id", "library_track.id", primary_key=True, index=True),
    sa.Column("removed_at", UtcDateTime, nullable=False),
    comment="What a person took off the list: a rule does not put it back, a person may.",
)

purchase_link = sa.Table(
    "purchase_link",
    metadata,
    _id(),
    _ref("library_track_id", "library_track.id", index=True),
    sa.Column("store", sa.String(32), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("currency", sa.String(3)),
    sa.Column("cut", sa.String(16)),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("fetched_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, comment="when the price may no longer be shown; null: never"),
    _revision(),
    sa.UniqueConstraint("library_track_id", "store", "url"),
    sa.CheckConstraint("kind IN ('offer', 'search')", name="kind"),
    comment="Where a track can be bought (offer) or looked for (search).",
)

owned_track = sa.Table(
    "owned_track",
    metadata,
    _id(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("artist", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("credit", Json, nullable=False),
    sa.Column("identity_key", sa.Text, nullable=False, server_default="", index=True),
    _ref("library_track_id", "library_track.id", nullable=True, index=True, ondelete="SET NULL"),
    _revision(),
    sa.UniqueConstraint("source", "location"),
    comment="A file in the DJ's own collection.",
)

discovery_job = sa.Table(
    "discovery_job",
    metadata,
    _id(),
    _ref("tracklist_id", "tracklist.id", index=True),
    sa.Column("positions", Json, nullable=False, comment="empty: all"),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("progress", sa.Float, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False, server_default="", comment="a user"),
    sa.Column("host", sa.Text, comment="the machine of the worker"),
    sa.Column("pid", sa.Integer, comment="its process there"),
    sa.Column("until", UtcDateTime, comment="from then on anybody may take it over"),
    sa.Column("message_id", sa.String(200), index=True, comment="of the message that asked for it"),
    sa.Column("reply_key", sa.String(200), comment="what the sender of the message listens to"),
    sa.CheckConstraint(f"status IN {JOB_STATUSES}", name="status"),
    sa.Index(None, "status", "id"),
    comment="A request to discover the tracks of one tracklist.",
)

received_message = sa.Table(
    "received_message",
    metadata,
    sa.Column("id", sa.String(200), primary_key=True, comment="as its sender chose it"),
    sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of what it asks for, hexadecimal"),
    sa.Column("received_at", UtcDateTime, nullable=False, index=True),
    comment="Messages whose jobs are written down: one that comes again is not done again.",
)

api_token = sa.Table(
    "api_token",
    metadata,
    _id(),
    sa.Column("user", sa.String(64), nullable=False, index=True),
    sa.Column("name", sa.String(100), nullable=False, comment="what it is for, in its owner's words"),
    sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the token, hexadecimal"),
    sa.Column("scopes", Json, nullable=False, comment="read, edit, admin"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("used_at", UtcDateTime, comment="to the hour"),
    sa.Column("revoked_at", UtcDateTime),
    sa.Index("uq_api_token_digest", "digest", unique=True),
    comment="Who may use the REST API. The token itself is kept nowhere.",
)

idempotent_request = sa.Table(
    "idempotent_request",
    metadata,
    sa.Column("user", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True, comment="Idempotency-Key, as the client chose it"),
    sa.Column("fingerprint", sa.String(64), nullable=False, comment="SHA-256 of method, address and body"),
    sa.Column("started_at", UtcDateTime, nullable=False, index=True),
    sa.Column("status", sa.Integer, comment="of the answer; null while there is none"),
    sa.Column("headers", Json),
    sa.Column("body", sa.LargeBinary),
    comment="What was answered to requests that may be repeated, for a day.",
)

retry_entry = sa.Table(
    "retry_entry",
    metadata,
    _id(),
    sa.Column("provider", sa.String(32), nullable=False),
    _ref("entry_id", "tracklist_entry.id"),
    sa.Column("next_at", UtcDateTime, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("provider", "entry_id"),
    sa.Index(None, "entry_id"),
    comment="What a provider could not answer yet.",
)

line_watch = sa.Table(
    "line_watch",
    metadata,
    sa.Column("line_key", sa.Text, primary_key=True),
    sa.Column("asked", sa.Text, nullable=False, comment="providers that were asked: ' discogs itunes '"),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False, comment="when all of them are asked again"),
    sa.Column("times", sa.Integer, nullable=False, comment="how often they were"),
    comment="Lines that providers were asked about; what is undecided is asked again, ever more seldom.",
)

track_enrichment = sa.Table(
    "track_enrichment",
    metadata,
    _ref("library_track_id", "library_track.id", primary_key=True),
    sa.Column("asked", sa.Text, nullable=False, comment="providers that were asked: ' discogs itunes '"),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("next_at", UtcDateTime, comment="when those that gave no answer are asked again"),
    comment="Tracks that providers were asked to fill in.",
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("event", sa.String(64), nullable=False),
    sa.Column("key", sa.String(64), nullable=False, comment="events of one key leave in order"),
    sa.Column("payload", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("published_at", UtcDateTime),
    sa.Index(None, "published_at", "id"),
    sqlite_autoincrement=True,
    comment="Events to be published, at least once.",
)

offer_watch = sa.Table(
    "offer_watch",
    metadata,
    sa.Column("library_track_id", sa.String(36), primary_key=True),
    sa.Column("asked_at", UtcDateTime, comment="when shops were asked last"),
    sa.Column("next_at", UtcDateTime, comment="when they are asked again; null: now"),
    sa.Column("times", sa.Integer, nullable=False, comment="how often in a row nobody had an offer"),
    sa.Column(
        "marks",
        Json,
        nullable=False,
        comment="cut and currency → what a price must not be above to be told as cheaper",
    ),
    comment="Tracks that somebody wants: when shops are asked again, and which price would be news. "
    "A row may outlive its track.",
)

notification = sa.Table(
    "notification",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("channel", sa.String(32), nullable=False, comment="fingerprint of its address"),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("thing", sa.String(128), nullable=False, comment="what it is about; told once a channel"),
    sa.Column("about", sa.String(36), comment="id of the track, want or entry"),
    sa.Column("payload", Json, nullable=False),
    sa.Column("happened_at", UtcDateTime, nullable=False),
    sa.Column("message_id", sa.String(36), index=True, comment="the message that carries it, once begun"),
    sa.Column("sent_at", UtcDateTime, comment="null: it waits, or its message was begun and not finished"),
    sa.UniqueConstraint("channel", "kind", "thing"),
    sa.Index(None, "channel", "sent_at"),
    sqlite_autoincrement=True,
    comment="What a channel is told: a thing once.",
)

notification_channel = sa.Table(
    "notification_channel",
    metadata,
    sa.Column("channel", sa.String(32), primary_key=True, comment="fingerprint of its address"),
    sa.Column("name", sa.Text, nullable=False, comment="the address without its secrets"),
    sa.Column("host", sa.Text, comment="the machine of who sends to it now"),
    sa.Column("pid", sa.Integer, comment="its process there"),
    sa.Column("claimed_at", UtcDateTime),
    sa.Column("until", UtcDateTime, comment="from then on anybody may send to it"),
    sa.Column("failures", sa.Integer, nullable=False, comment="in a row"),
    sa.Column("next_at", UtcDateTime, comment="when it is tried again"),
    sa.Column("why", sa.Text, nullable=False, comment="a sentence: why the last try failed"),
    sa.Column("sent_at", UtcDateTime, comment="when it took a message last"),
    comment="Where messages go: one sender at a time.",
)

notification_cursor = sa.Table(
    "notification_cursor",
    metadata,
    sa.Column("source", sa.String(32), primary_key=True, comment="outbox or plays"),
    sa.Column("value", sa.BigInteger, nullable=False, comment="the id, or revision, that was read last"),
    sa.Column("since", UtcDateTime, nullable=False, comment="what was known before is no news"),
    comment="How far notifications have read what happened.",
)
