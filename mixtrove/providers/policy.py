"""A question to a provider, the answer to it, and how the provider is to be asked: values only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar

from mixtrove.providers.budget import Budget

T = TypeVar("T")

Kind = Literal["search", "track", "purchase", "token"]
"""What is asked; it decides how long the answer is fresh. A ``token`` is never cached."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one provider. Nothing in ``key``, ``path``, ``params`` or ``scope`` is secret."""

    provider: str
    kind: Kind
    key: str  # the normalised question; equal keys (of one kind and scope) are one cache entry
    path: str  # behind the base URL
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)  # several: the name is repeated
    method: Literal["GET", "POST"] = "GET"
    form: Mapping[str, str] | None = field(default=None, repr=False)  # may hold secrets, is kept nowhere
    json: Any = field(default=None, repr=False)  # a POST's body; may hold secrets, is kept nowhere
    scope: str = ""  # market, currency, account: what else makes the answer another one
    track_id: str | None = None  # the library track it is asked for
    base_url: str | None = None  # another base of the same provider's settings
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # of a sign-in; kept nowhere


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a provider said. ``value`` is None when it knows nothing (404)."""

    value: T | None
    fetched_at: datetime  # UTC
    cached: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came; it may hold secrets."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # names in any case
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an answer that is no answer means; a provider tells it from status, headers and body."""

    kind: Literal["quota", "server", "credentials", "request", "nothing"]
    why: str  # a sentence without any secret
    seconds: float | None = None  # how long to leave the provider alone; None: as its policy says


class Authorizer(Protocol):
    """How a provider's requests are signed."""

    def headers(self, budget: Budget) -> Mapping[str, str]:
        """The headers that carry the credentials; may ask for a token first."""

    def renew(self, refused: Mapping[str, str], budget: Budget) -> bool:
        """After a 401 to a request with these headers: whether there are other credentials to try now."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a provider is to be asked."""

    name: str
    base_url: str
    per_minute: float
    ttl: Mapping[Kind, float]  # seconds
    miss_ttl: float  # seconds
    ceiling: float | None  # seconds after which a body is deleted
    block: float = 60.0  # seconds to leave it alone after a quota refusal that names no time
    max_bytes: int = 5_000_000
    headers: Mapping[str, str] = field(default_factory=dict)
    authorizer: Authorizer | None = None
    refusal: Callable[[int, Mapping[str, str], bytes], Refusal | None] | None = None
    """What only this provider means by an answer (iTunes: 403 is a quota); None leaves it to the gateway."""
    credentials: str = ""
    """``fingerprint`` of what its settings say of credentials: other ones lift the block of refused ones.
    Empty: of the headers that the authorizer gives, which does where they never change."""


def fingerprint(*secrets: str) -> str:
    """What tells credentials apart without telling them: 64 bits of a SHA-256 of them, as hexadecimal."""
    return hashlib.sha256("\0".join(("mixtrove credentials", *secrets)).encode()).hexdigest()[:16]
