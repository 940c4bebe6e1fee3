"""The Spotify Web API as it is for an app in Development Mode: ids, links and ISRCs, ten rows a search.

Sources: developer.spotify.com (changes of February, March and July 2026, OpenAPI a336958). Audio features,
previews, popularity, labels and batches are closed to such apps; ``docs/providers.md`` names substitutes.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field as Named
from pydantic import SecretStr, StringConstraints, field_validator
from pydantic_settings import SettingsConfigDict

from mixtrove.providers.budget import Budget
from mixtrove.providers.credits import credit_of
from mixtrove.providers.failures import ProviderRefused
from mixtrove.providers.gateway import Authorizer, Gateway, Refusal, Request, fingerprint
from mixtrove.providers.payload import Payload, Several, Text, isrc, release_date, seconds, year_of
from mixtrove.providers.provider import Provider, ProviderSettings, an_address, only, together
from mixtrove.providers.question import Question, plain_words
from mixtrove.providers.recording import Found, Recording, Terms
from mixtrove.providers.turns import Turns

ROWS = 10
"""The most rows of a search since February 2026; more is an error."""
EARLY = 60.0
"""Seconds before its end at which a token is renewed, so that none runs out on its way."""
_ID = re.compile("[0-9A-Za-z]{1,64}")
Read = Callable[[Any], tuple[Recording, ...]]
_KINDS = {"album": 0, "single": 1, "compilation": 3}


class SpotifySettings(ProviderSettings):
    """``MIXTROVE_SPOTIFY_…``: an app of one's own, whose owner has Premium."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_SPOTIFY_")

    base_url: str = "https://api.spotify.com"
    accounts_url: str = "https://accounts.spotify.com"
    """Where tokens are given."""
    per_minute: float = Named(default=180, gt=0, le=100_000)
    client_id: str | None = None
    client_secret: SecretStr | None = None
    market: str | None = Named(default=None, pattern="^[A-Z]{2}$")
    """Two letters of ISO 3166: only what is playable there."""

    @field_validator("accounts_url")
    @classmethod
    def _another_address(cls, value: str) -> str:
        return an_address(value)


class _Artist(Payload):
    name: Text


class _Album(Payload):
    id: str
    name: Text
    album_type: str | None = None
    release_date: str | None = None


class _ExternalIds(Payload):
    isrc: str | None = None


class _Track(Payload):
    id: Annotated[str, StringConstraints(pattern=f"^{_ID.pattern}$")]
    name: Text
    artists: list[_Artist]
    album: _Album | None = None
    duration_ms: int | None = None
    external_ids: _ExternalIds | None = None


class _Page(Payload):
    items: Several[_Track | None]


class _Search(Payload):
    tracks: _Page


class _Token(Payload):
    access_token: str = Named(min_length=1, repr=False)
    expires_in: float = Named(gt=0)


class _AppToken(Authorizer):
    """A token for the app itself, in memory only; one request for it, however many threads need one."""

    def __init__(
        self, gateway: Gateway, settings: SpotifySettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._gateway = gateway
        self._settings = settings
        self._clock = clock
        self._turns = Turns("spotify", clock)
        self._header = ""
        self._until = 0.0

    def headers(self, budget: Budget) -> Mapping[str, str]:
        """The token, got first where that is due."""
        self._turns.take(
            budget, lambda: not self._header or self._clock() >= self._until, lambda: self._ask(budget)
        )
        return {"Authorization": self._header}

    def renew(self, refused: Mapping[str, str], budget: Budget) -> bool:
        """A new token, unless another thread was faster."""
        self._turns.take(
            budget, lambda: refused.get("Authorization") == self._header, lambda: self._ask(budget)
        )
        return True

    def _ask(self, budget: Budget) -> None:
        secret = self._settings.client_secret
        if not self._settings.client_id or secret is None:
            raise ProviderRefused("spotify", "there are no credentials", 24 * 3600)
        pair = f"{self._settings.client_id}:{secret.get_secret_value()}".encode()
        request = Request(
            "spotify", "token", "app token", "/api/token", method="POST",
            form={"grant_type": "client_credentials"}, base_url=self._settings.accounts_url,
            headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
        )  # fmt: skip
        token = self._gateway.ask(request, _Token.model_validate, budget=budget).value
        if token is None:
            raise ProviderRefused("spotify", "it gives no tokens at the address that is set", 3600)
        self._header = f"Bearer {token.access_token}"
        self._until = self._clock() + token.expires_in - EARLY


class Spotify(Provider):
    """Tracks by text, by ISRC (one a request) and by id (one a request)."""

    name = "spotify"
    title = "Spotify"
    settings_class = SpotifySettings
    settings: SpotifySettings
    gives = frozenset(("name", "release_date", "duration", "isrc"))
    expected = 0.5
    isrc_batch = 1
    terms = Terms(
        attribution="Content from Spotify",
        attribution_url="https://open.spotify.com",
        ceiling=timedelta(hours=24),
    )

    def missing(self) -> str | None:
        """Without an app of one's own there is no access."""
        if self.settings.client_id and self.settings.client_secret:
            return None
        return (
            "it needs an app of your own: make one at https://developer.spotify.com/dashboard (its owner "
            "needs Premium) and set MIXTROVE_SPOTIFY_CLIENT_ID and MIXTROVE_SPOTIFY_CLIENT_SECRET"
        )

    @property
    def credentials(self) -> str:
        """Of the app; its tokens change by themselves."""
        secret = self.settings.client_secret
        return fingerprint(self.settings.client_id or "", secret.get_secret_value() if secret else "")

    def authorizer(self) -> Authorizer:
        """A token by client credentials."""
        return _AppToken(self.gateway, self.settings)

    @staticmethod
    def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """Which of its refusals need a person."""
        if status == 400 and b"invalid_client" in body:
            return Refusal(
                "credentials",
                "it does not know this app; check MIXTROVE_SPOTIFY_CLIENT_ID and "
                "MIXTROVE_SPOTIFY_CLIENT_SECRET",
            )
        if status == 403 and b"premium" in body.lower():
            return Refusal("credentials", "the owner of the app needs an active Premium subscription")
        if status == 403:
            return Refusal("credentials", "it does not allow this app to ask so")
        return None

    def find(self, asked: Question, *, budget: Budget, track_id: str | None = None) -> Found:
        """Ten tracks; the version's words are part of the title there (``Opus - Four Tet Remix``)."""
        title = plain_words(f"{asked.title} {asked.version}")
        artist = plain_words(" ".join(asked.artists[:2]))
        return self._search(asked.key, f"track:{title} artist:{artist}", _rows, budget, track_id)

    def by_isrc(self, isrcs: Sequence[str], *, budget: Budget) -> Found:
        """One request an ISRC; a row for each release, albums first, the earliest first."""
        wanted = dict.fromkeys(code for text in isrcs if (code := isrc(text)))
        answer = together(
            self._search(f"isrc {code}", f"isrc:{code}", _by_release, budget) for code in wanted
        )
        return only(answer, lambda one: any(code in wanted for code in one.isrcs))

    def by_id(self, ids: Sequence[str], *, budget: Budget) -> Found:
        """One request an id: there is no batch any more."""
        wanted = [one for one in dict.fromkeys(ids) if _ID.fullmatch(one)]
        return together(
            self.recordings(
                "track",
                f"id {one}",
                f"/v1/tracks/{one}",
                self._market,
                _one,
                budget=budget,
                scope=self._scope,
            )
            for one in wanted
        )

    @property
    def _scope(self) -> str:
        return self.settings.market or ""

    @property
    def _market(self) -> dict[str, str]:
        return {"market": self.settings.market} if self.settings.market else {}

    def _search(self, key: str, query: str, read: Read, budget: Budget, track_id: str | None = None) -> Found:
        params = {"q": query, "type": "track", "limit": str(ROWS), **self._market}
        return self.recordings(
                "search", key, "/v1/search", params, read, budget=budget, track_id=track_id,
                scope=self._scope,
            )  # fmt: skip


def _tracks(body: Any) -> list[_Track]:
    """The rows themselves: ``total`` is 0 for some searches that have rows."""
    return [one for one in _Search.model_validate(body).tracks.items if one is not None]


def _rows(body: Any) -> tuple[Recording, ...]:
    return tuple(map(_recording, _tracks(body)))


def _by_release(body: Any) -> tuple[Recording, ...]:
    return tuple(map(_recording, sorted(_tracks(body), key=lambda one: _rank(one.album))))


def _rank(album: _Album | None) -> tuple[int, str]:
    if album is None:
        return 3, "9999"
    return _KINDS.get(album.album_type or "", 2), album.release_date or "9999"


def _one(body: Any) -> tuple[Recording, ...]:
    return (_recording(_Track.model_validate(body)),)


def _recording(track: _Track) -> Recording:
    album = track.album
    date = release_date(album.release_date) if album else None
    code = isrc(track.external_ids.isrc) if track.external_ids else None
    return Recording(
        provider="spotify",
        id=track.id,
        credit=credit_of(
            ", ".join(one.name for one in track.artists), track.name, album=album.name if album else None,
            duration=seconds(track.duration_ms), isrc=code, year=year_of(date),
        ),
        url=f"https://open.spotify.com/track/{track.id}",
        release_date=date,
        isrcs=(code,) if code else (),
        release_id=album.id if album else None,
    )  # fmt: skip
