"""Tokens of the REST API: who may use it, as which user and for what. Only their digests are kept.

Not here: how a request carries a token and what is refused (``mixtrove.api.access``).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.store import Store, Transaction, new_id
from mixtrove.library.want_values import text_or_none

Scope = Literal["read", "edit", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "edit", "admin")
"""What a token is for. The later ones allow what the earlier ones allow, too."""

PREFIX = "mxt_"
"""How tokens begin, so that scanners for secrets know them."""

_NOTED = timedelta(hours=1)  # the use of a token is written down no finer
_token = schema.api_token


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token."""

    id: str
    user: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None  # to the hour
    revoked_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether it may be used at this time."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def create_token(
    tx: Transaction,
    user: str,
    *,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Make a token; returns what is kept of it and the token itself, which is shown this once.

    Raises:
        BadInput: no user, no name, an unknown scope, or a time that is over.
    """
    named, whose = text_or_none(name), text_or_none(user)
    if not whose or len(whose) > 64:
        raise BadInput("a token needs a user of 1 to 64 signs: whose want list it is for")
    if not named or len(named) > 100:
        raise BadInput("a token needs a name of 1 to 100 signs: what it is for")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise BadInput(f"scopes are {', '.join(SCOPES)}, not {unknown[0] if unknown else 'none'}")
    if expires_at is not None and expires_at <= tx.now:
        raise BadInput(f"{expires_at:%Y-%m-%d %H:%M} is over: give a time to come")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = {
        "id": new_id(), "user": whose, "name": named, "digest": digest(secret),
        "scopes": [scope for scope in SCOPES if scope in scopes],
        "created_at": tx.now, "expires_at": expires_at,
    }  # fmt: skip
    tx.connection.execute(sa.insert(_token), row)
    return _read(
        tx.connection.execute(sa.select(_token).where(_token.c.id == row["id"])).mappings().one()
    ), secret


def list_tokens(connection: sa.Connection, *, revoked: bool = False) -> list[Token]:
    """The tokens by user and time, with ``revoked`` also those that hold no more: revoked or too old."""
    query = sa.select(_token).order_by(_token.c.user, _token.c.id)
    found = [_read(row) for row in connection.execute(query).mappings()]
    now = datetime.now(UTC)
    return found if revoked else [one for one in found if one.holds(now)]


def revoke_tokens(tx: Transaction, token_ids: Sequence[str]) -> int:
    """Let tokens hold no more; how many did until now."""
    done = tx.connection.execute(
        sa.update(_token)
        .where(_token.c.id.in_(token_ids), _token.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    return done.rowcount


def token_of(store: Store, secret: str, now: datetime) -> Token | None:
    """The token that this is, when it holds; None otherwise. That it was used is noted, to the hour."""
    with store.read() as connection:
        query = sa.select(_token).where(_token.c.digest == digest(secret))
        row = connection.execute(query).mappings().first()
    if row is None or not (token := _read(row)).holds(now):
        return None
    if token.used_at is None or now - token.used_at >= _NOTED:
        with store.write() as tx:
            hour = now.replace(minute=0, second=0, microsecond=0)
            tx.connection.execute(sa.update(_token).where(_token.c.id == token.id).values(used_at=hour))
    return token


def digest(secret: str) -> str:
    """SHA-256 of a token. It is random and long, so nobody guesses it from that."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(row: sa.RowMapping) -> Token:
    values = {field.name: row[field.name] for field in fields(Token)}
    return Token(**{**values, "scopes": tuple(row["scopes"])})
