"""The one way out: every request to every provider goes through ``Gateway.ask`` (DESIGN §7)."""

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
    """One question to one provider. Nothing in ``key``, ``path`` or ``params`` is secret."""

    provider: str
    kind: Kind
    key: str  # the normalised question; equal keys (of one kind and scope) are one cache entry
    path: str  # behind the base URL
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)  # several: the name is repeated
    method: Literal["GET", "POST"] = "GET"
    form: Mapping[str, str] | None = None  # a POST's fields; may hold secrets, is kept nowhere
    json: Any = None  # a POST's body; may hold secrets, is kept nowhere
    scope: str = ""  # market, currency, account: what else makes the answer another one
    track_id: str | None = None  # the library track it is asked for
    base_url: str | None = None  # another base of the same provider's settings
    headers: Mapping[str, str] = field(default_factory=dict)  # of a sign-in; may be secret, kept nowhere


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a provider said. ``value`` is None when it knows nothing (404)."""

    value: T | None
    fetched_at: datetime  # UTC
    cached: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came, for a sign-in that is told in headers."""

    status: int
    headers: Mapping[str, str]
    body: bytes


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


def fingerprint(*secrets: str) -> str:
    """What tells credentials apart without telling them: 64 bits of a SHA-256 of them, as hexadecimal."""
    return hashlib.sha256("\0".join(("mixtrove credentials", *secrets)).encode()).hexdigest()[:16]


class Gateway(Protocol):
    """See ``docs/architecture.md``; the implementation replaces this protocol."""

    def register(self, policy: Policy) -> None:
        """Make a provider known; a second time replaces the first."""

    def ask(self, request: Request, read: Callable[[Any], T], *, budget: Budget) -> Answer[T]:
        """The answer to a request: from the cache while fresh, else from the provider.

        Args:
            request: what is asked.
            read: makes the value from the decoded JSON body; a ``ValueError`` (pydantic's is one) means that
                the body is no answer. It is called on cached bodies as well.
            budget: the seconds that may be spent.

        Raises:
            ProviderBusy: its quota or a block does not allow a request within reach.
            ProviderDown: no usable answer after retries; a kept answer is served instead where there is one.
            ProviderRefused: the credentials or the request are not accepted.
        """

    def exchange(self, request: Request, *, budget: Budget) -> Reply:
        """The bare reply to a request of kind ``token``: within the quota, unsigned, redirects not followed.

        Raises:
            ProviderBusy: its quota or a block does not allow a request within reach.
            ProviderDown: no reply.
        """
