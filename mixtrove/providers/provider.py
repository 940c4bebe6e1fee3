"""What every provider is, and how it is set. One file a provider beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field as SettingsField
from pydantic_settings import BaseSettings, SettingsConfigDict

from mixtrove.matching import Credit
from mixtrove.providers.budget import Budget
from mixtrove.providers.gateway import Gateway
from mixtrove.providers.recording import Field, Found, Offer, Recording, Terms


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


class Provider(ABC):
    """An online music database or shop. Safe to share between threads."""

    name: ClassVar[str]  # as in settings, tables and ids: "musicbrainz"
    title: ClassVar[str]  # for people: "MusicBrainz"
    terms: ClassVar[Terms]
    gives: ClassVar[frozenset[Field]]  # fields that it usually knows of a recording it has
    searches: ClassVar[bool] = True  # whether lines can be looked up; else it has links only
    expected: ClassVar[float]
    """Share of lines of club mixes that one search here identifies, before we have figures of our own."""
    many_by_id: ClassVar[bool] = False  # whether ``by_id`` asks about many ids in one request

    def __init__(self, gateway: Gateway, settings: ProviderSettings) -> None:
        """Every request goes through ``gateway``."""
        self.gateway = gateway
        self.settings = settings

    @abstractmethod
    def off(self) -> str | None:
        """Why it cannot be asked (a sentence with the remedy); None when it is ready."""

    @abstractmethod
    def search(self, credit: Credit, *, budget: Budget, track_id: str | None = None) -> Found:
        """Recordings that could be this one, one request.

        Args:
            credit: what is looked for.
            budget: the seconds that are left.
            track_id: the library track it is asked for, so that its answers can be forgotten with it.

        Raises:
            ProviderFailure: there is no answer.
        """

    def yields(self) -> float:
        """Expected answers per request: what was measured here, ``expected`` before there is enough."""
        return self.gateway.yields(self.name, self.expected)

    def identified(self) -> None:
        """An answer from here decided a line: counted for ``yields`` and for people."""
        self.gateway.identified(self.name)

    def by_isrc(self, isrcs: Sequence[str], *, budget: Budget) -> Found:
        """The recordings with these ISRCs, as few requests as the provider allows; empty where it cannot."""
        raise NotImplementedError

    def by_id(self, ids: Sequence[str], *, budget: Budget) -> Found:
        """The recordings with these ids of its own, as few requests as the provider allows."""
        raise NotImplementedError

    def details(self, recording: Recording, *, budget: Budget, track_id: str | None = None) -> Recording:
        """The recording with what only a further request says; the same where there is nothing more."""
        return recording

    def offers(
        self, recording: Recording, *, budget: Budget, track_id: str | None = None
    ) -> tuple[Offer, ...]:
        """Where it can be bought just now, with price and currency where the provider says them."""
        return recording.offers
