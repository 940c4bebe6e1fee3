"""The tables of the providers' own database: slots, answers, and what asking cost. All times are UTC.

Here: names, types, keys. Not here: how they are read and written (``slots.py``, ``cache.py``, ``use.py``).
With the operational store on Postgres, ``provider_result`` and ``provider_use`` are there, and the slots
in the SQLite file or in Redis.
"""

from __future__ import annotations

import sqlalchemy as sa

from mixtrove.database.columns import NAMING, UtcDateTime

metadata = sa.MetaData(naming_convention=NAMING)

slot = sa.Table(
    "slot",
    metadata,
    sa.Column("provider", sa.String(32), primary_key=True),
    sa.Column("tat", sa.BigInteger, nullable=False, comment="the next free moment, µs since 1970"),
    sa.Column("blocked_until", sa.BigInteger, nullable=False, comment="µs since 1970"),
    sa.Column("blocked_by", sa.String(16), nullable=False, comment="quota, failing or credentials"),
    sa.Column("blocked_why", sa.Text, nullable=False, comment="a sentence"),
    sa.Column("blocked_for", sa.String(16), nullable=False, comment="fingerprint of refused credentials"),
    sa.Column("refusals", sa.Integer, nullable=False, comment="by its quota, in a row"),
    sa.Column("failures", sa.Integer, nullable=False, comment="in a row"),
    sa.Column("opened", sa.Integer, nullable=False, comment="how often the breaker opened, in a row"),
    sa.Column("failing_since", sa.BigInteger, nullable=False, comment="µs since 1970; 0: it works"),
    sa.Column("day", sa.Integer, nullable=False, comment="of `requests`, days since 1970"),
    sa.Column("requests", sa.Integer, nullable=False, comment="slots taken on this day"),
    comment="When a provider may be asked next, by whatever process.",
)

provider_result = sa.Table(
    "provider_result",
    metadata,
    sa.Column("provider", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True, comment="search, track or purchase"),
    sa.Column("scope", sa.Text, primary_key=True, comment="market, currency, account"),
    sa.Column("key_hash", sa.String(64), primary_key=True, comment="SHA-256 of `key`"),
    sa.Column("key", sa.Text, nullable=False, comment="the normalised question"),
    sa.Column("track_id", sa.String(36), index=True, comment="the library track it was asked for"),
    sa.Column("fetched_at", UtcDateTime, nullable=False, index=True),
    sa.Column("expires_at", UtcDateTime, nullable=False, comment="by the TTL when it was fetched"),
    sa.Column("deleted_at", UtcDateTime, index=True, comment="when the provider's terms end its payload"),
    sa.Column("outcome", sa.String(8), nullable=False, comment="found or nothing"),
    sa.Column("payload", sa.Text, comment="the JSON body; null where nothing was found, or once deleted"),
    sa.CheckConstraint("outcome IN ('found', 'nothing')", name="outcome"),
    comment="What a provider answered, the last time it was asked.",
)

_COUNTERS = {
    "requests": "slots taken, by all processes",
    "answered": "answers from the provider with something in them",
    "misses": "answers from the provider that it knows nothing",
    "cache_hits": "answers without a request",
    "stale": "kept answers served because the provider could not be asked",
    "failures": "requests it failed",
    "refused": "requests it refused: quota, credentials, or the question",
    "found_lines": "lines that its answers identified",
}

provider_use = sa.Table(
    "provider_use",
    metadata,
    sa.Column("provider", sa.String(32), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True, comment="UTC"),
    *(
        sa.Column(name, sa.Integer, nullable=False, server_default="0", comment=comment)
        for name, comment in _COUNTERS.items()
    ),
    sa.Column("waited", sa.Float, nullable=False, server_default="0", comment="seconds, for slots"),
    comment="What asking a provider cost, and what it brought, on a day.",
)
