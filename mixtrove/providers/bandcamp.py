"""Bandcamp: a link to its search; looking things up there only for who has been allowed to and says so.

Bandcamp has no public API, and its terms bar programs without consent. So it is off unless
``MIXTROVE_BANDCAMP_ENABLED=true``; then its site's own completion and track details are asked, as
bandcamp-public-openapi 6414825 (2025-07-27) describes them. Without it ``store_links.py`` has the search.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field as Named
from pydantic_settings import SettingsConfigDict

from mixtrove.matching import Credit, normal_form
from mixtrove.matching.version import parse_version
from mixtrove.providers.budget import Budget
from mixtrove.providers.credits import credit_of
from mixtrove.providers.gateway import Answer, Kind, Refusal
from mixtrove.providers.payload import Id, Payload, Text, currency, link, price, year_of
from mixtrove.providers.provider import Provider, ProviderSettings, together
from mixtrove.providers.question import Question
from mixtrove.providers.recording import Found, Offer, Recording, Terms

_ID = re.compile(r"\d{1,15}:\d{1,15}")
_LAST_DAY = 4_102_444_800  # 2100-01-01; a later date is none


class BandcampSettings(ProviderSettings):
    """``MIXTROVE_BANDCAMP_…``."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_BANDCAMP_")

    enabled: bool = False
    """Whether it is looked up: only with Bandcamp's consent."""
    base_url: str = "https://bandcamp.com"
    per_minute: float = Named(default=20, gt=0, le=100_000)


class _Row(Payload):
    type: str
    id: Id
    name: Text
    band_id: Id
    band_name: Text
    album_name: Text | None = None
    album_id: Id | None = None
    url: str | None = Named(default=None, alias="item_url_path")


class _Results(Payload):
    results: list[_Row]


class _Completion(Payload):
    auto: _Results


class _Band(Payload):
    name: Text


class _Details(Payload):
    title: Text
    artist: Text | None = Named(default=None, alias="tralbum_artist")
    band: _Band | None = None
    album: Text | None = Named(default=None, alias="album_title")
    label: Text | None = None
    released: float | None = Named(default=None, alias="release_date")
    url: str | None = Named(default=None, alias="bandcamp_url")
    price: float | None = None
    currency: str | None = None
    purchasable: bool | None = Named(default=None, alias="is_purchasable")


class Bandcamp(Provider):
    """Tracks by text; price and label of one track. An id here is ``band:track``."""

    name = "bandcamp"
    title = "Bandcamp"
    sells = True
    settings_class = BandcampSettings
    gives = frozenset(("name", "label", "release_date"))
    expected = 0.2
    block = 900.0
    terms = Terms(attribution="Bandcamp", attribution_url="https://bandcamp.com", ceiling=timedelta(hours=24))

    def off(self) -> str | None:
        """Off by default, and why."""
        if not self.settings.enabled:
            return (
                "its terms bar programs that have no consent, so only links to its search are given; "
                "set MIXTROVE_BANDCAMP_ENABLED=true if you have it"
            )
        return super().off()

    @staticmethod
    def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """Errors of the API come with status 200."""
        if status == 200 and b'"__api_special__"' in body[:2000]:
            if b"not_found" in body[:2000]:
                return Refusal("nothing", "it has no such track")
            return Refusal("server", "it answers with an error of its own")
        return None

    def find(self, asked: Question, *, budget: Budget, track_id: str | None = None) -> Found:
        """Tracks that its site would propose for these words; without prices."""
        body = {"search_text": asked.words, "search_filter": "t", "full_page": False, "fan_id": None}
        return self.recordings(
                "search", asked.key, "/api/bcsearch_public_api/1/autocomplete_elastic", {}, _rows,
                budget=budget, track_id=track_id, json=body,
            )  # fmt: skip

    def by_id(self, ids: Sequence[str], *, budget: Budget) -> Found:
        """One request a track."""
        parts = []
        for one in dict.fromkeys(ids):
            if _ID.fullmatch(one):
                answer = self._track(one, "track", budget)
                known = () if answer.value is None else (_recording(one, answer.value),)
                parts.append(Found(known, answer.fetched_at, answer.cached, answer.stale))
        return together(parts)

    def details(self, recording: Recording, *, budget: Budget, track_id: str | None = None) -> Recording:
        """Label, release date and price, which no search says."""
        if not _ID.fullmatch(recording.id):
            return recording
        answer = self._track(recording.id, "track", budget, track_id)
        if answer.value is None:
            return recording
        more = _recording(recording.id, answer.value)
        credit = replace(recording.credit, label=more.credit.label, year=more.credit.year)
        return replace(
            recording, credit=credit, release_date=more.release_date, url=recording.url or more.url,
            offers=more.offers,
        )  # fmt: skip

    def offers(
        self, recording: Recording, *, budget: Budget, track_id: str | None = None
    ) -> tuple[Offer, ...]:
        """The price now; none where it is free, named by the buyer or not said: Bandcamp does not tell."""
        if not _ID.fullmatch(recording.id):
            return ()
        answer = self._track(recording.id, "purchase", budget, track_id)
        offers = () if answer.value is None else _offers(answer.value)
        return tuple(replace(one, said_at=answer.fetched_at) for one in offers)

    def _track(self, one: str, kind: Kind, budget: Budget, track_id: str | None = None) -> Answer[_Details]:
        band, _, track = one.partition(":")
        params = {"band_id": band, "tralbum_id": track, "tralbum_type": "t"}
        return self.ask(
            kind, f"track {one}", "/api/mobile/24/tralbum_details", params, _Details.model_validate,
            budget=budget, track_id=track_id,
        )  # fmt: skip


def _rows(body: Any) -> tuple[Recording, ...]:
    return tuple(
        Recording(
            provider="bandcamp",
            id=f"{row.band_id}:{row.id}",
            credit=_credit(row),
            url=link(row.url, "bandcamp.com"),
            release_id=str(row.album_id) if row.album_id else None,
        )
        for row in _Completion.model_validate(body).auto.results
        if row.type == "t"
    )


def _credit(row: _Row) -> Credit:
    """Labels write ``Artist - Title`` on their pages; what is behind the dash may as well be a version."""
    artist, dash, title = row.name.partition(" - ")
    if dash and artist and parse_version(title.partition(" (")[0]) is None:
        label = row.band_name if normal_form(row.band_name) != normal_form(artist) else None
        return credit_of(artist, title, label=label, album=row.album_name)
    return credit_of(row.band_name, row.name, album=row.album_name)


def _recording(one: str, details: _Details) -> Recording:
    date = None
    if details.released is not None and 0 < details.released < _LAST_DAY:
        date = datetime.fromtimestamp(details.released, UTC).date().isoformat()
    artist = details.artist or (details.band.name if details.band else "")
    title = details.title
    if normal_form(title.partition(" - ")[0]) == normal_form(artist):
        title = title.partition(" - ")[2] or title
    return Recording(
        provider="bandcamp",
        id=one,
        credit=credit_of(artist, title, label=details.label, album=details.album, year=year_of(date)),
        url=link(details.url, "bandcamp.com"),
        release_date=date,
        offers=_offers(details),
    )


def _offers(details: _Details) -> tuple[Offer, ...]:
    url = link(details.url, "bandcamp.com")
    if url is None or not details.purchasable:
        return ()
    amount, code = price(details.price), currency(details.currency)
    if amount is None or code is None:
        return (Offer("bandcamp", url),)
    return (Offer("bandcamp", url, price=amount, currency=code),)
