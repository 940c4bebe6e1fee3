"""MusicBrainz, web service 2: open data about recordings, releases and labels.

Sources: musicbrainz-server 11cd769 (2026-07-24) and mb-solr 06e907e (2026-06-24) for queries, limits and
errors; musicbrainz.org/doc/MusicBrainz_API/Rate_Limiting for the rate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field as Named
from pydantic import StringConstraints
from pydantic_settings import SettingsConfigDict

from mixtrove.matching.version import parse_version
from mixtrove.providers.budget import Budget
from mixtrove.providers.credits import credit_of
from mixtrove.providers.gateway import Kind, Refusal
from mixtrove.providers.payload import Joint, Payload, Several, Text, isrc, release_date, seconds, year_of
from mixtrove.providers.provider import Provider, ProviderSettings, only, slices, together
from mixtrove.providers.question import Question, plain_words
from mixtrove.providers.recording import Found, Json, Recording, Terms

ROWS = 50
"""Rows of a search. 100 is the most; above it the service silently gives 25."""
_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')
_NONE = frozenset(("[none]", "[no label]", "none"))
_KINDS = {"Single": 0, "EP": 0, "Album": 1}
_MID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Mbid = Annotated[str, StringConstraints(pattern=f"^{_MID.pattern}$")]


class MusicBrainzSettings(ProviderSettings):
    """``MIXTROVE_MUSICBRAINZ_…``; no credentials. A mirror of one's own is another ``BASE_URL``."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_MUSICBRAINZ_")

    base_url: str = "https://musicbrainz.org"
    per_minute: float = Named(default=50, gt=0, le=100_000)


class _Artist(Payload):
    name: Text


class _Credited(Payload):
    name: Text | None = None
    joinphrase: Joint | None = None
    artist: _Artist


class _Group(Payload):
    primary_type: str | None = Named(default=None, alias="primary-type")
    secondary_types: Several[str] = Named(default=[], alias="secondary-types")


class _Release(Payload):
    id: Mbid
    title: Text
    status: str | None = None
    date: str | None = None
    group: _Group | None = Named(default=None, alias="release-group")

    @property
    def rank(self) -> tuple[bool, bool, int, str]:
        """What to look at first: official ones, no compilations, singles before albums, the earliest."""
        kind = self.group or _Group()
        return (
            self.status != "Official",
            bool(kind.secondary_types),
            _KINDS.get(kind.primary_type or "", 2),
            self.date or "9999",
        )


class _Tag(Payload):
    name: Text
    count: int = 0


class _Recording(Payload):
    id: Mbid
    title: Text
    length: int | None = None
    video: bool | None = None
    disambiguation: Text | None = None
    credited: Several[_Credited] = Named(default=[], alias="artist-credit")
    first_release: str | None = Named(default=None, alias="first-release-date")
    releases: Several[_Release] = Named(default=[])
    isrcs: Several[str] = Named(default=[])
    tags: Several[_Tag] = Named(default=[])


class _Rows(Payload):
    recordings: list[_Recording]


class _Label(Payload):
    id: Mbid
    name: Text


class _LabelInfo(Payload):
    number: Text | None = Named(default=None, alias="catalog-number")
    label: _Label | None = None


class _Labels(Payload):
    date: str | None = None
    info: Several[_LabelInfo] = Named(alias="label-info")


class _Linked(Payload):
    id: Mbid


class _Relation(Payload):
    recording: _Linked | None = None


class _Url(Payload):
    resource: str
    relations: Several[_Relation] = Named(default=[])


class _Urls(Payload):
    urls: list[_Url]


class MusicBrainz(Provider):
    """Recordings by text, ISRC, id and the addresses of other services; labels by release."""

    name = "musicbrainz"
    title = "MusicBrainz"
    settings_class = MusicBrainzSettings
    gives = frozenset(("name", "release_date", "duration", "isrc", "label", "catalog_number"))
    expected = 0.25
    block = 5.0
    isrc_batch = 50
    id_batch = 100
    terms = Terms(
        attribution="Data from MusicBrainz (CC0)",
        attribution_url="https://musicbrainz.org",
        ceiling=timedelta(days=30),
        kept=frozenset(("name", "release_date", "duration", "isrc", "label", "catalog_number")),
        warehouse=frozenset(("name", "release_date", "duration", "isrc", "label", "catalog_number")),
    )

    @staticmethod
    def refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        """503 is either our rate or their load; it never means that nothing is known."""
        if status == 503 and b"allowable rate limit" in body:
            return Refusal("quota", "more requests from this address than it allows (1 a second on average)")
        if status == 503:
            return Refusal("server", "it is busy")
        return None

    def find(self, asked: Question, *, budget: Budget, track_id: str | None = None) -> Found:
        """Recordings of this title by one of the artists; the asked version comes first among them."""
        return self._rows(asked.key, query_of(asked), ROWS, budget, track_id)

    def by_isrc(self, isrcs: Sequence[str], *, budget: Budget) -> Found:
        """50 ISRCs a request; each may belong to several recordings."""
        wanted = sorted({code for text in isrcs if (code := isrc(text))})
        parts = [
            self._rows(f"isrc {' '.join(some)}", f"isrc:({' OR '.join(some)})", 100, budget)
            for some in slices(wanted, self.isrc_batch)
        ]
        return only(together(parts), lambda one: not set(wanted).isdisjoint(one.isrcs))

    def by_id(self, ids: Sequence[str], *, budget: Budget) -> Found:
        """100 MBIDs a request; one that was merged away is not found."""
        wanted = sorted({one.lower() for one in ids if _MID.fullmatch(one.lower())})
        parts = [
            self._rows(f"rid {' '.join(some)}", f"rid:({' OR '.join(some)})", 100, budget, kind="track")
            for some in slices(wanted, self.id_batch)
        ]
        return only(together(parts), lambda one: one.id in wanted)

    def by_url(self, urls: Sequence[str], *, budget: Budget) -> dict[str, tuple[str, ...]]:
        """The ids of the recordings that pages of other services (Beatport, Discogs …) show; 100 a request.

        Only those are in the answer that MusicBrainz links; few recordings have such links.
        """
        linked: dict[str, tuple[str, ...]] = {}
        for some in slices(sorted(set(urls)), 100):
            answer = self.ask(
                "track", f"url {' '.join(some)}", "/ws/2/url",
                {"resource": some, "inc": "recording-rels", "fmt": "json"}, _urls, budget=budget,
            )  # fmt: skip
            for url in answer.value or ():
                ids = dict.fromkeys(one.recording.id for one in url.relations if one.recording)
                if ids and url.resource in some:
                    linked[url.resource] = tuple(ids)
        return linked

    def details(self, recording: Recording, *, budget: Budget, track_id: str | None = None) -> Recording:
        """Label and catalogue number of its release, which no search says; one request a release."""
        if recording.release_id is None or recording.credit.label:
            return recording
        answer = self.ask(
            "track", f"release {recording.release_id}", f"/ws/2/release/{recording.release_id}",
            {"inc": "labels", "fmt": "json"}, _Labels.model_validate, budget=budget, track_id=track_id,
        )  # fmt: skip
        named = (
            [one for one in answer.value.info if one.label and one.label.name not in _NONE]
            if answer.value
            else []
        )
        if not named:
            return recording
        number = next((one.number for one in named if one.number and one.number not in _NONE), None)
        labels = [one.label for one in named if one.label]
        credit = replace(recording.credit, label=labels[0].name, catalog_number=number)
        said: list[Json] = [{"id": label.id, "name": label.name} for label in labels]
        return replace(recording, credit=credit, extra={**recording.extra, "label": said})

    def _rows(
        self, key: str, query: str, limit: int, budget: Budget, track_id: str | None = None,
        kind: Kind = "search",
    ) -> Found:  # fmt: skip
        params = {"query": query, "limit": str(limit), "fmt": "json"}
        return self.recordings(
            kind, key, "/ws/2/recording", params, _recordings, budget=budget, track_id=track_id
        )


def query_of(asked: Question) -> str:
    """A question as a Lucene query: the title and one of the artists have to be there.

    The version's words only bring rows forward, because the title alone meets their clause: MusicBrainz has
    them in the title or in the disambiguation, and people write them otherwise. Without them the rows of a
    title with many versions would be cut off before the asked one. Every operator is written, since the
    parser's default is not documented.
    """
    title = f'"{escaped(asked.title)}"'
    artists = " OR ".join(f'"{escaped(name)}"' for name in asked.artists)
    query = f"recording:{title} AND artist:({artists})"
    if words := plain_words(asked.version).lower().split():
        either = " OR ".join(map(escaped, words))
        query += f" AND (recording:({title} OR {either}) OR comment:({either}))"
    return query


def escaped(text: str) -> str:
    """The text with what Lucene reads as operators made plain; ``/`` starts a pattern there."""
    return _SPECIAL.sub(r"\\\1", text)


def _recordings(body: Any) -> tuple[Recording, ...]:
    return tuple(_recording(row) for row in _Rows.model_validate(body).recordings if not row.video)


def _recording(row: _Recording) -> Recording:
    release = min(row.releases, key=lambda one: one.rank, default=None)
    date = release_date(row.first_release)
    isrcs = tuple(dict.fromkeys(code for text in row.isrcs if (code := isrc(text))))
    title = row.title
    if row.disambiguation and parse_version(row.disambiguation):
        title = f"{title} ({row.disambiguation})"
    tag = max(row.tags, key=lambda one: one.count, default=None)
    return Recording(
        provider="musicbrainz",
        id=row.id,
        credit=credit_of(
            "".join(f"{one.name or one.artist.name}{one.joinphrase or ''}" for one in row.credited),
            title,
            album=release.title if release else None,
            duration=seconds(row.length),
            isrc=isrcs[0] if len(isrcs) == 1 else None,
            year=year_of(date),
        ),
        url=f"https://musicbrainz.org/recording/{row.id}",
        release_date=date,
        genre=tag.name if tag and tag.count > 0 else None,
        isrcs=isrcs,
        release_id=release.id if release else None,
    )


def _urls(body: Any) -> list[_Url]:
    """One address gives its own object, several a list of them."""
    if isinstance(body, dict) and "urls" not in body:
        return [_Url.model_validate(body)]
    return _Urls.model_validate(body).urls
