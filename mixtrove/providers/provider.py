"""What every provider is, and how it is set. One file a provider beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from pydantic import Field as SettingsField
from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mixtrove.matching import Credit
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderOff
from mixtrove.providers.gateway import Answer, Authorizer, Gateway, Kind, Policy, Refusal, Request
from mixtrove.providers.question import Question, question
from mixtrove.providers.recording import Field, Found, Offer, Recording, Terms

T = TypeVar("T")

OFF_FOR = 24 * 3600.0
"""Seconds after which asking a provider that is off makes sense again: nothing changes by itself."""


class ProviderSettings(BaseSettings):
    """What can be set for every provider, as ``MIXTROVE_<PROVIDER>_<FIELD>``; each adds its credentials."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True)

    enabled: bool = True
    """Switches a provider off although its credentials are there."""
    base_url: str
    per_minute: float = SettingsField(gt=0, le=100_000)
    """Requests a minute, shared by all processes."""
    search_ttl: float = SettingsField(default=3600, ge=0)
    """Seconds for which an answer to a search is fresh."""
    track_ttl: float = SettingsField(default=24 * 3600, ge=0)
    """… what is said about a track"""
    purchase_ttl: float = SettingsField(default=2 * 3600, ge=0)
    """… prices and links to buy"""
    miss_ttl: float = SettingsField(default=900, ge=0)
    """… that nothing was found"""

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        return an_address(value)


def an_address(value: str) -> str:
    """The address of a service without a slash at its end; a ``ValueError`` when it is none."""
    parts = urlsplit(value)
    plain = value.isprintable() and not set(value) & set("@#? ")
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain or parts.port == 0:
        raise ValueError("it must be an address such as https://api.example.org, without a name or a query")
    return value.rstrip("/")


class Provider(ABC):
    """An online music database or shop. Safe to share between threads."""

    name: ClassVar[str]  # as in settings, tables and ids: "musicbrainz"
    title: ClassVar[str]  # for people: "MusicBrainz"
    terms: ClassVar[Terms]
    settings_class: ClassVar[type[ProviderSettings]]
    gives: ClassVar[frozenset[Field]]  # fields that it usually knows of a recording it has
    sells: ClassVar[bool] = False  # whether it says where a recording can be bought
    searches: ClassVar[bool] = True  # whether lines can be looked up; else it has links only
    expected: ClassVar[float]
    """Share of lines of club mixes that one search here identifies, before we have figures of our own."""
    block: ClassVar[float] = 60.0
    """Seconds to leave it alone after a quota refusal that names no time."""
    isrc_batch: ClassVar[int] = 0
    """How many ISRCs one request looks up; 0 where it cannot."""
    id_batch: ClassVar[int] = 1
    """How many of its own ids one request looks up."""

    def __init__(
        self,
        gateway: Gateway,
        settings: ProviderSettings,
        *,
        contact: str | None = None,
        home: Path | None = None,
    ) -> None:
        """Every request goes through ``gateway``, where the provider makes itself known.

        Args:
            gateway: the one way out.
            settings: of its own ``settings_class``.
            contact: an address or a URL of who asks, for the User-Agent; real services need it.
            home: where what must outlive the process is kept (a refresh token); None keeps nothing.
        """
        self.gateway = gateway
        self.settings = settings
        self.contact = contact
        self.home = home
        gateway.register(self.policy())

    def policy(self) -> Policy:
        """How the gateway is to ask it."""
        kept = None if self.terms.ceiling is None else self.terms.ceiling.total_seconds()
        return Policy(
            name=self.name,
            base_url=self.settings.base_url,
            per_minute=self.per_minute,
            ttl={
                "search": self.settings.search_ttl,
                "track": self.settings.track_ttl,
                "purchase": self.settings.purchase_ttl,
            },
            miss_ttl=self.settings.miss_ttl,
            ceiling=kept,
            block=self.block,
            authorizer=self.authorizer(),
            refusal=self.refusal,
            credentials=self.credentials,
        )

    @property
    def per_minute(self) -> float:
        """Requests a minute that its limit allows."""
        return self.settings.per_minute

    @property
    def credentials(self) -> str:
        """A fingerprint of the credentials that are set; empty where the signed headers never change."""
        return ""

    def authorizer(self) -> Authorizer | None:
        """What signs its requests; None where nothing does."""
        return None

    @staticmethod
    def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """What only this provider means by an answer; None leaves it to the gateway."""
        return None

    def off(self) -> str | None:
        """Why it cannot be asked (a sentence with the remedy); None when it is ready."""
        prefix = self.settings_class.model_config["env_prefix"]
        if not self.settings.enabled:
            return f"switched off; set {prefix}ENABLED=true to switch it on"
        if why := self.missing():
            return why
        if (
            self.contact is None
            and self.settings.base_url == self.settings_class.model_fields["base_url"].default
        ):
            return (
                "it has to be told whom to contact about our requests; set MIXTROVE_CONTACT to your e-mail "
                "address or the page of your project"
            )
        return None

    def missing(self) -> str | None:
        """Which credentials are missing (a sentence with the remedy); None when there are enough."""
        return None

    def search(self, credit: Credit, *, budget: Budget, track_id: str | None = None) -> Found:
        """Recordings that could be this one, one request (Discogs: a second one for a tracklist).

        Args:
            credit: what is looked for; nothing is asked about a placeholder (``ID``) or signs alone.
            budget: the seconds that are left.
            track_id: the library track it is asked for, so that its answers can be forgotten with it.

        Raises:
            ProviderFailure: there is no answer.
        """
        asked = question(credit)
        if credit.unknown or not asked.has_words:
            return together(())
        return self.find(asked, budget=budget, track_id=track_id)

    @abstractmethod
    def find(self, asked: Question, *, budget: Budget, track_id: str | None = None) -> Found:
        """What ``search`` does, for a credit as words to look for."""

    def yields(self) -> float:
        """Expected answers per request: what was measured here, ``expected`` before there is enough."""
        return self.gateway.yields(self.name, self.expected)

    def identified(self) -> None:
        """An answer from here decided a line: counted for ``yields`` and for people."""
        self.gateway.identified(self.name, 1)

    def by_isrc(self, isrcs: Sequence[str], *, budget: Budget) -> Found:
        """The recordings with these ISRCs, as few requests as the provider allows; empty where it cannot."""
        return together(())

    @abstractmethod
    def by_id(self, ids: Sequence[str], *, budget: Budget) -> Found:
        """The recordings with these ids of its own, as few requests as the provider allows."""

    def details(self, recording: Recording, *, budget: Budget, track_id: str | None = None) -> Recording:
        """The recording with what only a further request says; the same where there is nothing more."""
        return recording

    def offers(
        self, recording: Recording, *, budget: Budget, track_id: str | None = None
    ) -> tuple[Offer, ...]:
        """Where it can be bought just now, with price and currency where the provider says them."""
        return recording.offers

    def ask(
        self,
        kind: Kind,
        key: str,
        path: str,
        params: Mapping[str, str | Sequence[str]],
        read: Callable[[Any], T],
        *,
        budget: Budget,
        track_id: str | None = None,
        scope: str = "",
        json: Any = None,
    ) -> Answer[T]:
        """One question through the gateway; a POST where there is ``json``. Raises as ``Gateway.ask`` does.

        Raises:
            ProviderOff: it is not switched on.
        """
        if why := self.off():
            raise ProviderOff(self.name, why, OFF_FOR)
        request = Request(
            self.name, kind, key, path, params, "GET" if json is None else "POST", json=json, scope=scope,
            track_id=track_id,
        )  # fmt: skip
        return self.gateway.ask(request, read, budget=budget)

    def recordings(
        self,
        kind: Kind,
        key: str,
        path: str,
        params: Mapping[str, str | Sequence[str]],
        read: Callable[[Any], tuple[Recording, ...]],
        *,
        budget: Budget,
        track_id: str | None = None,
        scope: str = "",
        json: Any = None,
    ) -> Found:
        """The recordings that an answer describes; none is an answer that is kept for less long."""
        answer = self.ask(
            kind, key, path, params, lambda body: read(body) or None, budget=budget, track_id=track_id,
            scope=scope, json=json,
        )  # fmt: skip
        return Found(answer.value or (), answer.fetched_at, answer.cached, answer.stale)


def together(parts: Iterable[Found]) -> Found:
    """Several answers as one, as old as the oldest; no answer at all is an empty one without a request."""
    several = list(parts)
    return Found(
        tuple({one.id: one for part in several for one in part.recordings}.values()),
        min((part.fetched_at for part in several), default=datetime.now(UTC)),
        all(part.cached for part in several),
        any(part.stale for part in several),
    )


def only(answer: Found, wanted: Callable[[Recording], bool]) -> Found:
    """An answer without the recordings that were not asked for."""
    return replace(answer, recordings=tuple(one for one in answer.recordings if wanted(one)))


def offers_of(answer: Found, number: str) -> tuple[Offer, ...]:
    """Where an answer says that the recording with this id can be bought, each with the answer's time."""
    offers = next((one.offers for one in answer.recordings if one.id == number), ())
    return tuple(replace(one, said_at=answer.fetched_at) for one in offers)


def slices(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """The items, so many a request."""
    return (items[at : at + size] for at in range(0, len(items), size))
