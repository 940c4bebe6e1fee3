"""The Beatport API v4: BPM, key, genre, label, catalogue number, ISRC and price of dance music.

Sources: beets-beatport4 1.4.0 and beatportdl 878d3f6 (2026-06-30) for endpoints and shapes, measurements of
August 2026 for filters. There are no public keys: the user gives an account or a token, see
``beatport_account.py``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import Field as Named
from pydantic_settings import SettingsConfigDict

from mixtrove.providers.beatport_account import Account, AccountSettings
from mixtrove.providers.budget import Budget
from mixtrove.providers.credits import credit_of
from mixtrove.providers.gateway import Authorizer, Kind, Refusal
from mixtrove.providers.payload import (
    Id,
    Payload,
    Several,
    Text,
    currency,
    is_number,
    isrc,
    link,
    price,
    release_date,
    seconds,
    year_of,
)
from mixtrove.providers.provider import Provider, offers_of, only, slices, together
from mixtrove.providers.question import Question
from mixtrove.providers.recording import Field, Found, Json, Offer, Recording, Terms

ROWS = 25
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,200}")


class BeatportSettings(AccountSettings):
    """``MIXTROVE_BEATPORT_…``."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_BEATPORT_")

    base_url: str = "https://api.beatport.com"
    per_minute: float = Named(default=60, gt=0, le=100_000)


class _Named(Payload):
    id: Id | None = None
    name: Text | None = None


class _Price(Payload):
    code: str | None = None
    value: float | None = None


class _Image(Payload):
    uri: str | None = None


class _Release(Payload):
    id: Id
    name: Text
    label: _Named | None = None
    image: _Image | None = None


class _Track(Payload):
    id: Id
    name: Text
    mix_name: Text | None = None
    slug: str | None = None
    artists: Several[_Named] = Named(default=[])
    remixers: Several[_Named] = Named(default=[])
    bpm: int | float | None = None
    key: _Named | None = None
    genre: _Named | None = None
    sub_genre: _Named | None = None
    isrc: str | None = None
    catalog_number: Text | None = None
    length_ms: int | None = None
    publish_date: str | None = None
    new_release_date: str | None = None
    price: _Price | None = None
    release: _Release | None = None
    sample_url: str | None = None


class _Search(Payload):
    tracks: list[_Track]


class _Page(Payload):
    results: list[_Track]


class Beatport(Provider):
    """Tracks by text, by ISRC (40 a request) and by id (one a request)."""

    name = "beatport"
    title = "Beatport"
    sells = True
    settings_class = BeatportSettings
    settings: BeatportSettings
    gives = frozenset(
        ("name", "label", "catalog_number", "release_date", "genre", "sub_genre", "bpm", "key", "duration",
         "isrc", "credits", "artwork_url")
    )  # fmt: skip
    expected = 0.75
    isrc_batch = 40
    terms = Terms(
        attribution="Data and links from Beatport",
        attribution_url="https://www.beatport.com",
        ceiling=timedelta(days=7),
        kept=frozenset(
            ("name", "label", "catalog_number", "release_date", "genre", "sub_genre", "bpm", "key",
             "duration", "isrc", "credits")
        ),
        warehouse=frozenset(("name", "label", "catalog_number", "release_date")),
    )  # fmt: skip

    def missing(self) -> str | None:
        """A token, or what gets one."""
        if self.settings.any_credentials:
            return None
        return (
            "it has no public keys: set MIXTROVE_BEATPORT_TOKEN, or MIXTROVE_BEATPORT_CLIENT_ID with "
            "MIXTROVE_BEATPORT_USERNAME and MIXTROVE_BEATPORT_PASSWORD (or MIXTROVE_BEATPORT_REFRESH_TOKEN), "
            "as Beatport gave them to you"
        )

    @property
    def credentials(self) -> str:
        """Of everything that is set; tokens change by themselves."""
        return self.settings.fingerprint

    def authorizer(self) -> Authorizer:
        """The user's account."""
        return Account(self.gateway, self.settings, self.home)

    @staticmethod
    def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """Which of its refusals need a person."""
        if status in (400, 401) and (b"invalid_client" in body or b"invalid_grant" in body):
            return Refusal("credentials", "it does not accept this client or this refresh token")
        if status == 403 and b'"detail"' in body:
            return Refusal("credentials", "this account may not ask its catalogue")
        return None

    def find(self, asked: Question, *, budget: Budget, track_id: str | None = None) -> Found:
        """Tracks with these words; only words are sent, signs make the search fail."""
        params = {"q": asked.words, "type": "tracks", "per_page": str(ROWS)}
        return self._tracks("search", asked.key, "/v4/catalog/search/", params, _searched, budget, track_id)

    def by_isrc(self, isrcs: Sequence[str], *, budget: Budget) -> Found:
        """40 ISRCs a request, exactly these; several releases of one recording are several rows."""
        wanted = sorted({code for text in isrcs if (code := isrc(text))})
        answer = together(
            self._tracks(
                "search", f"isrc {' '.join(some)}", "/v4/catalog/tracks/",
                {"isrc": ",".join(some), "per_page": "100"}, _listed, budget,
            )
            for some in slices(wanted, self.isrc_batch)
        )  # fmt: skip
        return only(answer, lambda one: not set(wanted).isdisjoint(one.isrcs))

    def by_id(self, ids: Sequence[str], *, budget: Budget) -> Found:
        """One request an id."""
        return together(
            self._tracks("track", f"id {one}", f"/v4/catalog/tracks/{one}/", {}, _single, budget)
            for one in dict.fromkeys(ids)
            if is_number(one)
        )

    def offers(
        self, recording: Recording, *, budget: Budget, track_id: str | None = None
    ) -> tuple[Offer, ...]:
        """The price now, in the currency of the account."""
        if not is_number(recording.id):
            return ()
        path = f"/v4/catalog/tracks/{recording.id}/"
        answer = self._tracks("purchase", f"id {recording.id}", path, {}, _single, budget, track_id)
        return offers_of(answer, recording.id)

    def _tracks(
        self, kind: Kind, key: str, path: str, params: Mapping[str, str], read: Any, budget: Budget,
        track_id: str | None = None,
    ) -> Found:  # fmt: skip
        scope = hashlib.sha256((self.settings.username or "").encode()).hexdigest()[:12]
        return self.recordings(kind, key, path, params, read, budget=budget, track_id=track_id, scope=scope)


def _searched(body: Any) -> tuple[Recording, ...]:
    return tuple(map(_recording, _Search.model_validate(body).tracks))


def _listed(body: Any) -> tuple[Recording, ...]:
    return tuple(map(_recording, _Page.model_validate(body).results))


def _single(body: Any) -> tuple[Recording, ...]:
    return (_recording(_Track.model_validate(body)),)


def _recording(track: _Track) -> Recording:
    release = track.release
    label = release.label if release else None
    date = release_date(track.publish_date) or release_date(track.new_release_date)
    code = isrc(track.isrc)
    url = f"https://www.beatport.com/track/{_slug(track.slug)}/{track.id}"
    remixers = [one.name for one in track.remixers if one.name]
    credit = credit_of(
        ", ".join(one.name for one in track.artists if one.name), track.name, mix=track.mix_name,
        remixers=remixers, label=_name(label), catalog_number=track.catalog_number or None,
        album=release.name if release else None, duration=seconds(track.length_ms), isrc=code,
        year=year_of(date),
    )  # fmt: skip
    extra: dict[Field, Json] = {
        "sub_genre": _name(track.sub_genre),
        "artwork_url": link(release.image.uri, "beatport.com") if release and release.image else None,
        "label": {"id": label.id, "name": label.name} if label and label.id is not None else None,
        "credits": [{"name": name, "role": "Remix"} for name in remixers] or None,
    }
    return Recording(
        provider="beatport",
        id=str(track.id),
        credit=credit,
        url=url,
        release_date=date,
        genre=_name(track.genre),
        bpm=float(track.bpm) if track.bpm is not None and 0 < track.bpm < 1000 else None,
        key=_name(track.key),
        isrcs=(code,) if code else (),
        release_id=str(release.id) if release else None,
        offers=_offers(track, url, credit.cut),
        extra={field: value for field, value in extra.items() if value is not None},
    )  # fmt: skip


def _name(part: _Named | None) -> str | None:
    return (part.name or None) if part else None


def _slug(text: str | None) -> str:
    """The readable part of an address; Beatport takes any word there."""
    return text if text and _SLUG.fullmatch(text) else "-"


def _offers(track: _Track, url: str, cut: str | None) -> tuple[Offer, ...]:
    said = track.price
    amount, code = (price(said.value), currency(said.code)) if said else (None, None)
    if amount is None or code is None:
        return ()
    return (Offer("beatport", url, price=amount, currency=code, cut=cut),)
