"""Discogs: releases with their tracklists, labels, catalogue numbers and remixers; the lowest price.

Sources: discogs.com/developers for the limits, python3-discogs-client 2.10 and discogs-sdk 0.8.1 for
shapes, measurements of August 2026 for prices. Discogs knows releases, not recordings: a recording's id here
is ``release:position`` (``352665:A1``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import Field as Named
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from mixtrove.matching import Credit, normal_form
from mixtrove.providers.budget import Budget
from mixtrove.providers.credits import credit_of, plain_name
from mixtrove.providers.gateway import Authorizer, Refusal
from mixtrove.providers.payload import (
    Id,
    Joint,
    Payload,
    Several,
    Text,
    currency,
    is_number,
    price,
    release_date,
    year_of,
)
from mixtrove.providers.provider import Provider, ProviderSettings, only, together
from mixtrove.providers.question import Question, plain_words
from mixtrove.providers.recording import Found, Json, Offer, Recording, Terms

ROWS = 25
WITHOUT_TOKEN = 25.0
"""Requests a minute that Discogs allows to who shows no token."""
CURRENCIES = "USD|GBP|EUR|CAD|AUD|JPY|CHF|MXN|BRL|NZD|SEK|ZAR"
"""What ``curr_abbr`` accepts."""
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d\d)")
_ID = re.compile(r"(\d{1,15}):([0-9A-Za-z./ -]{1,20})")
_POSITION = re.compile(r"[0-9A-Za-z./ -]{1,20}")
_NO_LABEL = "not on label"
_JOINS = {"": ", ", ",": ", "}
_REMIXED = re.compile(r"\b(?:remix|remixed by|re-?edit|edited by)\b", re.IGNORECASE)


class DiscogsSettings(ProviderSettings):
    """``MIXTROVE_DISCOGS_…``."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_DISCOGS_")

    base_url: str = "https://api.discogs.com"
    per_minute: float = Named(default=60, gt=0, le=100_000)
    """With a token; without one 25, unless it is set."""
    token: SecretStr | None = None
    currency: str = Named(default="EUR", pattern=f"^(?:{CURRENCIES})$")
    """In which prices are asked."""


class _Row(Payload):
    id: Id
    title: Text
    type: str = "release"


class _Rows(Payload):
    results: list[_Row]


class _Person(Payload):
    name: Text
    join: Joint | None = None
    role: Text | None = None


class _Track(Payload):
    position: Text = ""
    kind: str = Named(default="track", alias="type_")
    title: Text
    duration: str | None = None
    artists: Several[_Person] = Named(default=[])
    others: Several[_Person] = Named(default=[], alias="extraartists")


class _Label(Payload):
    id: Id | None = None
    name: Text
    number: Text | None = Named(default=None, alias="catno")


class _Release(Payload):
    id: Id
    title: Text
    artists: Several[_Person] = Named(default=[])
    labels: Several[_Label] = Named(default=[])
    genres: Several[Text] = Named(default=[])
    styles: Several[Text] = Named(default=[])
    released: str | None = None
    tracklist: list[_Track]


class _Money(Payload):
    value: float
    currency: str


class _Stats(Payload):
    lowest_price: _Money | None  # always there, null when there is no copy
    blocked: bool | None = Named(default=None, alias="blocked_from_sale")


class _Signed(Authorizer):
    """The user's token, which does not run out."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def headers(self, budget: Budget) -> Mapping[str, str]:
        return {"Authorization": f"Discogs token={self._token.get_secret_value()}"}

    def renew(self, refused: Mapping[str, str], budget: Budget) -> bool:
        return False


class Discogs(Provider):
    """Tracks of the release that a search by artist and track finds first."""

    name = "discogs"
    title = "Discogs"
    sells = True
    settings_class = DiscogsSettings
    settings: DiscogsSettings
    gives = frozenset(
        ("name", "label", "catalog_number", "release_date", "genre", "sub_genre", "duration", "credits")
    )
    expected = 0.3
    terms = Terms(
        attribution="Data provided by Discogs. This application uses Discogs’ API but is not affiliated "
        "with, sponsored or endorsed by Discogs. ‘Discogs’ is a trademark of Zink Media, LLC.",
        attribution_url="https://www.discogs.com",
        ceiling=timedelta(hours=6),
        prices_passed_on=False,
        kept=frozenset(("name", "label", "catalog_number", "release_date", "genre", "duration", "credits")),
        warehouse=frozenset(
            ("name", "label", "catalog_number", "release_date", "genre", "duration", "credits")
        ),
    )

    @property
    def per_minute(self) -> float:
        """The setting; without a token no more than Discogs allows then, unless it is set."""
        if self.settings.token is None and "per_minute" not in self.settings.model_fields_set:
            return WITHOUT_TOKEN
        return self.settings.per_minute

    def missing(self) -> str | None:
        """Searches are documented to need a token; who insists may try without."""
        if self.settings.token or "enabled" in self.settings.model_fields_set:
            return None
        return (
            "it needs a token: make one at https://www.discogs.com/settings/developers and set "
            "MIXTROVE_DISCOGS_TOKEN (MIXTROVE_DISCOGS_ENABLED=true tries without one)"
        )

    def authorizer(self) -> Authorizer | None:
        """The token in a header, never in an address."""
        return _Signed(self.settings.token) if self.settings.token else None

    @staticmethod
    def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """401 is the token."""
        if status == 401:
            return Refusal("credentials", "it does not accept the token; check MIXTROVE_DISCOGS_TOKEN")
        return None

    def find(self, asked: Question, *, budget: Budget, track_id: str | None = None) -> Found:
        """The tracks of the release that looks most like it: a search, and its tracklist.

        A search says which releases have such a track, not how the track is called there: only the
        tracklist tells a remix from its original. It is asked only when there is a release.
        """
        params = {
            "type": "release", "artist": plain_words(asked.artists[0]), "track": plain_words(asked.title),
            "per_page": str(ROWS),
        }  # fmt: skip
        answer = self.ask(
            "search", asked.work, "/database/search", params, lambda body: _releases(body, asked) or None,
            budget=budget, track_id=track_id,
        )  # fmt: skip
        if not answer.value:
            return Found((), answer.fetched_at, answer.cached, answer.stale)
        tracks = self._tracks(answer.value[0], budget, track_id)
        return replace(
            tracks,
            recordings=tuple(sorted(tracks.recordings, key=lambda one: not _alike(one.credit, asked))),
            cached=tracks.cached and answer.cached,
            stale=tracks.stale or answer.stale,
        )

    def by_id(self, ids: Sequence[str], *, budget: Budget) -> Found:
        """One request a release."""
        wanted = [one for one in ids if _ID.fullmatch(one)]
        releases = dict.fromkeys(one.partition(":")[0] for one in wanted)
        return only(
            together(self._tracks(int(one), budget, None) for one in releases), lambda one: one.id in wanted
        )

    def offers(
        self, recording: Recording, *, budget: Budget, track_id: str | None = None
    ) -> tuple[Offer, ...]:
        """The lowest price of any copy of the release just now, records included; not one shop's offer."""
        release = recording.release_id
        if release is None or not is_number(release):
            return ()
        code = self.settings.currency
        answer = self.ask(
            "purchase", f"stats {release}", f"/marketplace/stats/{release}", {"curr_abbr": code},
            _Stats.model_validate, budget=budget, track_id=track_id, scope=code,
        )  # fmt: skip
        lowest = answer.value.lowest_price if answer.value and not answer.value.blocked else None
        if (
            lowest is None
            or (amount := price(lowest.value)) is None
            or not (said := currency(lowest.currency))
        ):
            return ()
        page = f"https://www.discogs.com/sell/release/{release}"
        return (Offer("discogs", page, price=amount, currency=said, said_at=answer.fetched_at),)

    def _tracks(self, release: int, budget: Budget, track_id: str | None) -> Found:
        return self.recordings(
            "track",
            f"release {release}",
            f"/releases/{release}",
            {},
            _recordings,
            budget=budget,
            track_id=track_id,
        )


def _releases(body: Any, asked: Question) -> tuple[int, ...]:
    """The releases of a search: those that name the version first, then those called like the track."""
    rows = [row for row in _Rows.model_validate(body).results if row.type == "release"]
    version = set(normal_form(asked.version).split()) - {"remix", "mix", "edit"}
    title = normal_form(asked.title)

    def rank(row: _Row) -> tuple[int, bool]:
        form = normal_form(row.title)
        return -len(version & set(form.split())), title not in form

    return tuple(row.id for row in sorted(rows, key=rank))


def _alike(credit: Credit, asked: Question) -> bool:
    return normal_form(credit.title) == normal_form(asked.title)


def _recordings(body: Any) -> tuple[Recording, ...]:
    release = _Release.model_validate(body)
    label = next((one for one in release.labels if not one.name.casefold().startswith(_NO_LABEL)), None)
    number = label.number if label and label.number and label.number.casefold() != "none" else None
    date = release_date(release.released)
    main = _names(release.artists)
    recordings = []
    for at, track in enumerate(release.tracklist, start=1):
        if track.kind != "track" or not track.title:
            continue
        artist = _names(track.artists) or main
        remixers = [plain_name(one.name) for one in track.others if _REMIXED.search(one.role or "")]
        people: list[Json] = [{"name": plain_name(one.name), "role": one.role or ""} for one in track.others]
        recordings.append(
            Recording(
                provider="discogs",
                id=f"{release.id}:{track.position if _POSITION.fullmatch(track.position) else at}",
                credit=credit_of(
                    artist, track.title, remixers=remixers,
                    label=plain_name(label.name) if label else None, catalog_number=number,
                    album=release.title, duration=_seconds(track.duration), year=year_of(date),
                ),
                url=f"https://www.discogs.com/release/{release.id}",
                release_date=date,
                genre=release.styles[0] if release.styles else next(iter(release.genres), None),
                release_id=str(release.id),
                extra={
                    **({"credits": people} if people else {}),
                    **({"label": {"id": label.id, "name": label.name}} if label else {}),
                    **({"sub_genre": [*release.styles]} if release.styles else {}),
                },
            )
        )  # fmt: skip
    return tuple(recordings)


def _names(people: Sequence[_Person]) -> str:
    """The artists as one text, joined as the release joins them."""
    text = ""
    for person in people:
        name, join = plain_name(person.name), (person.join or "").strip()
        text += f"{name}{_JOINS.get(join, f' {join} ')}"
    return text.strip(" ,")


def _seconds(clock: str | None) -> float | None:
    found = _CLOCK.fullmatch((clock or "").strip())
    if found is None:
        return None
    hours, minutes, rest = found.groups()
    return float(int(hours or 0) * 3600 + int(minutes) * 60 + int(rest)) or None
