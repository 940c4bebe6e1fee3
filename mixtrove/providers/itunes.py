"""The iTunes Search API: whether a track is sold at Apple's store, for how much, with a preview. No key.

Sources: performance-partners.apple.com/search-api for fields and the limit of "approximately 20 calls per
minute"; the 403 that means it, from clients' reports of 2025 and 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import Field as Named
from pydantic_settings import SettingsConfigDict

from mixtrove.providers.budget import Budget
from mixtrove.providers.credits import credit_of
from mixtrove.providers.gateway import Kind, Refusal
from mixtrove.providers.payload import (
    Id,
    Payload,
    Text,
    currency,
    is_number,
    link,
    price,
    release_date,
    seconds,
    year_of,
)
from mixtrove.providers.provider import Provider, ProviderSettings, offers_of, only, slices, together
from mixtrove.providers.question import Question
from mixtrove.providers.recording import Field, Found, Offer, Recording, Terms

ROWS = 50
_MIXED = re.compile(r"[(\[](?:mixed|\w+ mixed|dj mix)[)\]]\s*$", re.IGNORECASE)


class ITunesSettings(ProviderSettings):
    """``MIXTROVE_ITUNES_…``; no credentials."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_ITUNES_")

    base_url: str = "https://itunes.apple.com"
    per_minute: float = Named(default=15, gt=0, le=100_000)
    country: str = Named(default="US", pattern="^[A-Z]{2}$")
    """The storefront whose ids, prices and currency are given; two letters of ISO 3166."""


class _Row(Payload):
    """Songs, and the albums, videos and artists that some questions bring with them."""

    wrapper: str = Named(alias="wrapperType")
    kind: str | None = None


class _Song(Payload):
    id: Id = Named(alias="trackId")
    artist: Text = Named(alias="artistName")
    title: Text = Named(alias="trackName")
    album: Text | None = Named(default=None, alias="collectionName")
    album_id: Id | None = Named(default=None, alias="collectionId")
    url: str | None = Named(default=None, alias="trackViewUrl")
    preview: str | None = Named(default=None, alias="previewUrl")
    artwork: str | None = Named(default=None, alias="artworkUrl100")
    price: float | None = Named(default=None, alias="trackPrice")
    currency: str | None = None
    released: str | None = Named(default=None, alias="releaseDate")
    milliseconds: int | None = Named(default=None, alias="trackTimeMillis")
    genre: Text | None = Named(default=None, alias="primaryGenreName")


class _Songs(Payload):
    results: list[dict[str, Any]]


class ITunes(Provider):
    """Songs of one storefront by text and by id."""

    name = "itunes"
    title = "iTunes"
    sells = True
    settings_class = ITunesSettings
    settings: ITunesSettings
    gives = frozenset(("name", "release_date", "duration", "genre", "preview_url", "artwork_url"))
    expected = 0.4
    block = 75.0
    id_batch = 150
    terms = Terms(
        attribution="Provided courtesy of iTunes",
        attribution_url="https://music.apple.com",
        ceiling=timedelta(hours=24),
        kept=frozenset(("name", "release_date", "duration")),
    )

    @staticmethod
    def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """403 with nothing in it is its way to say "too many"."""
        if status == 403:
            return Refusal("quota", "more requests than it allows (about 20 a minute)")
        return None

    def find(self, asked: Question, *, budget: Budget, track_id: str | None = None) -> Found:
        """Songs with these words; those that are cuts of a continuous mix come last."""
        params = {
            "term": asked.words, "media": "music", "entity": "song", "limit": str(ROWS),
            "country": self.settings.country,
        }  # fmt: skip
        return self._songs("search", asked.key, "/search", params, budget, track_id)

    def by_id(self, ids: Sequence[str], *, budget: Budget) -> Found:
        """150 ids a request; more than 200 were answered with 502."""
        wanted = sorted(set(filter(is_number, ids)), key=int)
        parts = [
            self._songs(
                "track", f"id {' '.join(some)}", "/lookup",
                {"id": ",".join(some), "entity": "song", "country": self.settings.country}, budget,
            )
            for some in slices(wanted, self.id_batch)
        ]  # fmt: skip
        return only(together(parts), lambda one: one.id in wanted)

    def offers(
        self, recording: Recording, *, budget: Budget, track_id: str | None = None
    ) -> tuple[Offer, ...]:
        """What the storefront says now; empty when it sells it no more or never by itself."""
        answer = self._songs(
            "purchase", f"id {recording.id}", "/lookup",
            {"id": recording.id, "entity": "song", "country": self.settings.country}, budget, track_id,
        )  # fmt: skip
        return offers_of(answer, recording.id)

    def _songs(
        self, kind: Kind, key: str, path: str, params: Mapping[str, str], budget: Budget,
        track_id: str | None = None,
    ) -> Found:  # fmt: skip
        scope = self.settings.country
        return self.recordings(
            kind, key, path, params, _recordings, budget=budget, track_id=track_id, scope=scope
        )


def _recordings(body: Any) -> tuple[Recording, ...]:
    songs = []
    for row in _Songs.model_validate(body).results:
        what = _Row.model_validate(row)
        if what.wrapper == "track" and what.kind == "song":
            songs.append(_Song.model_validate(row))
    songs.sort(key=lambda one: bool(_MIXED.search(one.title)))
    return tuple(map(_recording, songs))


def _recording(song: _Song) -> Recording:
    date = release_date(song.released)
    url = link(song.url, "music.apple.com", "itunes.apple.com")
    extra: dict[Field, str | None] = {
        "preview_url": link(song.preview, "itunes.apple.com", "mzstatic.com"),
        "artwork_url": link(song.artwork, "mzstatic.com"),
    }
    return Recording(
        provider="itunes",
        id=str(song.id),
        credit=credit_of(
            song.artist, song.title, album=song.album, duration=seconds(song.milliseconds), year=year_of(date)
        ),
        url=url,
        release_date=date,
        genre=song.genre or None,
        release_id=str(song.album_id) if song.album_id is not None else None,
        offers=_offers(song, url),
        extra={field: value for field, value in extra.items() if value},
    )


def _offers(song: _Song, url: str | None) -> tuple[Offer, ...]:
    """None without a price: the song is then sold with its album only, or only streamed."""
    amount, code = price(song.price), currency(song.currency)
    if url is None or amount is None or code is None:
        return ()
    return (Offer("itunes", url, price=amount, currency=code),)
