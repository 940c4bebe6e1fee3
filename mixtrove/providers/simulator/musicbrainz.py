"""MusicBrainz ws/2 as the stand-in speaks it (PROVIDERS §1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from mixtrove.providers.simulator import spotify
from mixtrove.providers.simulator.answering import (
    Answers,
    Question,
    Reply,
    artist_seed,
    json_reply,
    routed,
    slug,
)
from mixtrove.providers.simulator.lucene import BadQuery, search
from mixtrove.providers.simulator.numbers import ID_BITS, chance, drawn, id_of
from mixtrove.providers.simulator.search import Hits, exactly, words
from mixtrove.providers.simulator.songs import Song, credited

_HELP = "For usage, please see: https://musicbrainz.org/development/mmd"
_PURCHASE = ("purchase for download", "92777657-504c-4acb-bd33-51a201bd57e1")
_RELEASE_PURCHASE = ("purchase for download", "98e08c20-8402-4163-8970-53504bb6a1e4")
_STREAMING = ("free streaming", "7e41ef12-a124-4324-afdb-fdbae687a89c")
_MBID = r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_RESOURCES: tuple[tuple[re.Pattern[str], str, Callable[[str], int]], ...] = (
    (re.compile(r"https?://(?:www\.)?beatport\.com/(?:\w\w/)?track/[^/]*/(\d{1,15})"), "beatport", int),
    (re.compile(r"https?://(?:music|itunes)\.apple\.com/.*[?&]i=(\d{1,15})"), "itunes", int),
    (re.compile(r"https?://music\.apple\.com/\w\w/song/(?:[^/]+/)?(\d{1,15})"), "itunes", int),
    (re.compile(r"https?://open\.spotify\.com/track/([0-9A-Za-z]{22})"), "spotify", spotify.number_of),
)
_RELEASE_RESOURCES = (
    (re.compile(r"https?://(?:www\.)?discogs\.com/release/(\d{1,15})"), "discogs.release"),
    (re.compile(r"https?://(?:www\.)?beatport\.com/(?:\w\w/)?release/[^/]*/(\d{1,15})"), "beatport.release"),
)
_DIGITS = ID_BITS // 4


def mbid(seed: int, word: str) -> str:
    """An MBID; ``number_of`` is the way back."""
    rest = f"{drawn(seed, word + ' rest'):016x}{drawn(seed, word + ' more'):016x}"
    digits = f"{id_of(seed, word):0{_DIGITS}x}{rest}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def number_of(mbid: str) -> int:
    """The id within an MBID."""
    return int(mbid.replace("-", "")[:_DIGITS], 16)


class MusicBrainz(Answers):
    """Search, ISRC, recording, release and URL look-up."""

    name = "musicbrainz"

    def answer(self, question: Question) -> Reply:
        found = routed(
            (
                ("GET", r"/ws/2/recording/?", self._search),
                ("GET", r"/ws/2/isrc/([^/]*)", self._isrc),
                ("GET", rf"/ws/2/recording/{_MBID}", self._recording),
                ("GET", rf"/ws/2/release/{_MBID}", self._release),
                ("GET", r"/ws/2/(?:recording|release)/([^/]+)", self._bad_mbid),
                ("GET", r"/ws/2/url/?", self._urls),
            ),
            question,
        )
        return found or _error(404, "Not Found")

    def refusal(self) -> Reply:
        return json_reply(
            {
                "error": "Your requests are exceeding the allowable rate limit. Please see "
                "http://wiki.musicbrainz.org/XMLWebService for more information."
            },
            503,
        )

    def busy(self) -> Reply:
        """Everybody is asked to wait."""
        return json_reply(
            {"error": "The MusicBrainz web server is currently busy. Please try again later."}, 503
        )

    def trouble(self, status: int) -> Reply:
        return self.busy() if status == 503 else _error(status, "Internal Server Error")

    def _search(self, question: Question) -> Reply:
        query = question.one("query")
        if not query.strip():
            return _error(
                400,
                "You submitted a blank search query. You must include a non-blank 'query=' parameter "
                "with your search.",
            )
        limit, offset = question.number("limit", 25), question.number("offset", 0)
        if limit is None or not 1 <= limit <= 100:
            limit = 25  # not clamped: WebService.pm
        offset = max(0, offset or 0)
        try:
            hits = search(query, self._look).within(self.mask)
        except (BadQuery, RecursionError):  # a thousand brackets in one another
            return _error(400, "Search server could not complete query: Bad request")
        best = hits.best(limit, offset)
        highest = float(hits.scores.max()) if len(hits.scores) else 1.0
        recordings = [
            {"id": mbid(song.seed, "musicbrainz"), "score": int(100 * score / highest)} | self._row(song)
            for song, score in zip(
                (self.songs.all[row] for row in best.rows.tolist()), best.scores.tolist(), strict=True
            )
        ]
        return json_reply(
            {
                "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "count": len(hits.rows),
                "offset": offset,
                "recordings": recordings,
            }
        )

    def _look(self, field: str | None, text: str) -> Hits:
        match field:
            case "recording" | "recordingaccent":
                return self.index.title.every(words(text))
            case "artist" | "artistname" | "creditname" | "alias":
                return self.index.artist.every(words(text))
            case "release" | "releaseaccent":
                return self.index.release.every(words(text))
            case "isrc":
                return exactly(song for song in self.songs.with_isrc(text) if _has_isrc(song))
            case "rid":
                return exactly(self._with_mbid(text) if re.fullmatch(_MBID, text) else ())
            case None:
                return self.index.text.every(words(text))
            case _:  # status, video, country and the like say nothing here
                rows = np.arange(len(self.songs), dtype=np.int32)
                return Hits(rows, np.full(len(rows), 0.01, np.float32))

    def _with_mbid(self, wanted: str) -> list[Song]:
        found = self.songs.with_id("musicbrainz", number_of(wanted))
        return self.known([song for song in found if mbid(song.seed, "musicbrainz") == wanted])

    def _row(self, song: Song) -> dict[str, Any]:
        row: dict[str, Any] = {"title": song.with_brackets}
        if chance(song.seed, "musicbrainz length", 0.95):
            row["length"] = song.duration
        row["video"] = None
        row["artist-credit"] = _artist_credit(song)
        row["first-release-date"] = song.date if chance(song.seed, "full date", 0.8) else song.date[:4]
        row["releases"] = [self._release_row(song)]
        if _has_isrc(song):
            row["isrcs"] = [song.isrc]
        if chance(song.seed, "tags", 0.3):
            row["tags"] = [{"count": 1, "name": song.genre.split(" (")[0].lower()}]
        return row

    def _release_row(self, song: Song) -> dict[str, Any]:
        beside = self.songs.beside(song)
        number = next((at for at, other in enumerate(beside, start=1) if other.row == song.row), 1)
        return {
            "id": mbid(song.release_seed, "musicbrainz.release"),
            "title": song.release_title,
            "status": "Official",
            "status-id": "4e304316-386d-3409-af2e-78857eec5cfe",
            "artist-credit": _artist_credit(song),
            "release-group": {
                "id": mbid(song.release_seed, "musicbrainz.group"),
                "title": song.release_title,
                "primary-type": "Album" if song.album else "Single",
                "secondary-types": [],
            },
            "date": song.date,
            "country": "XW",
            "track-count": len(beside),
            "media": [
                {
                    "position": 1,
                    "format": "Digital Media",
                    "track": [
                        {
                            "id": mbid(song.seed, "musicbrainz.track"),
                            "number": str(number),
                            "title": song.with_brackets,
                            "length": song.duration,
                        }
                    ],
                    "track-count": len(beside),
                    "track-offset": number - 1,
                }
            ],
        }

    def _looked_up(self, song: Song, inc: set[str]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": mbid(song.seed, "musicbrainz"),
            "title": song.with_brackets,
            "length": song.duration if chance(song.seed, "musicbrainz length", 0.95) else None,
            "disambiguation": "",
            "video": False,
            "first-release-date": song.date,
        }
        if "artist-credits" in inc or "artists" in inc:
            found["artist-credit"] = _artist_credit(song)
        if "isrcs" in inc:
            found["isrcs"] = [song.isrc] if _has_isrc(song) else []
        if "releases" in inc:
            row = self._release_row(song)
            if "release-groups" not in inc:
                del row["release-group"]
            found["releases"] = [row]
        if "tags" in inc:
            found["tags"] = self._row(song).get("tags", [])
        if "genres" in inc:
            found["genres"] = self._row(song).get("tags", [])
        if "url-rels" in inc:
            found["relations"] = self._relations(song)
        return found

    def _relations(self, song: Song) -> list[dict[str, Any]]:
        relations = []
        if chance(song.seed, "musicbrainz url", 0.05):  # near absent on recordings (PROVIDERS §1)
            resource = f"https://www.beatport.com/track/{slug(song.parts[0])}/{id_of(song.seed, 'beatport')}"
            relations.append(_url_relation(*_PURCHASE, resource))
        relations += [_url_relation(*_STREAMING, link) for link in song.links[:3]]
        return relations

    def _isrc(self, question: Question, isrc: str) -> Reply:
        if not re.fullmatch(r"[A-Za-z]{2}[A-Za-z0-9]{3}\d{7}", isrc):
            return _error(400, "Invalid isrc.")
        songs = [song for song in self.known(self.songs.with_isrc(isrc)) if _has_isrc(song)]
        if not songs:
            return _error(404, "Not Found")
        inc = _inc(question)
        return json_reply(
            {"isrc": isrc.upper(), "recordings": [self._looked_up(song, inc) for song in songs]}
        )

    def _recording(self, question: Question, wanted: str) -> Reply:
        songs = self._with_mbid(wanted)
        return json_reply(self._looked_up(songs[0], _inc(question))) if songs else _error(404, "Not Found")

    def _release(self, question: Question, wanted: str) -> Reply:
        songs = [
            song
            for song in self.songs.on_release("musicbrainz.release", number_of(wanted))
            if mbid(song.release_seed, "musicbrainz.release") == wanted
        ]
        if not self.known(songs):
            return _error(404, "Not Found")
        song, inc = songs[0], _inc(question)
        found: dict[str, Any] = {
            "id": wanted,
            "title": song.release_title,
            "status": "Official",
            "date": song.date,
            "country": "XW",
            "barcode": None,
            "disambiguation": "",
        }
        if "labels" in inc:
            found["label-info"] = [
                {
                    "catalog-number": song.catalog_number,
                    "label": {
                        "id": mbid(artist_seed(song.label), "musicbrainz.label"),
                        "name": song.label,
                        "sort-name": song.label,
                        "disambiguation": "",
                    },
                }
            ]
        if "artist-credits" in inc:
            found["artist-credit"] = _artist_credit(song)
        if "recordings" in inc:
            tracks = [
                {
                    "id": mbid(other.seed, "musicbrainz.track"),
                    "position": at,
                    "number": str(at),
                    "title": other.with_brackets,
                    "length": other.duration,
                    "recording": self._looked_up(other, inc - {"releases"}),
                }
                for at, other in enumerate(songs, start=1)
            ]
            found["media"] = [
                {"position": 1, "format": "Digital Media", "track-count": len(tracks), "tracks": tracks}
            ]
        if "url-rels" in inc:
            resource = f"https://www.discogs.com/release/{id_of(song.release_seed, 'discogs.release')}"
            number = id_of(song.release_seed, "beatport.release")
            shop = f"https://www.beatport.com/release/{slug(song.release_title)}/{number}"
            found["relations"] = [
                _url_relation("discogs", "4a78823c-1c53-4176-a5f3-58026c76f2bc", resource),
                _url_relation(*_RELEASE_PURCHASE, shop),
            ]
        return json_reply(found)

    def _bad_mbid(self, question: Question, _: str) -> Reply:
        return _error(400, "Invalid mbid.")

    def _urls(self, question: Question) -> Reply:
        resources = question.params.get("resource", [])
        if not resources:
            return _error(
                400, "The given parameters do not match any available query type for the url resource."
            )
        if len(resources) > 100:
            return _error(400, "A maximum of 100 resources can be looked up at once.")
        inc = _inc(question)
        found = [url for resource in dict.fromkeys(resources) if (url := self._url(resource, inc))]
        if len(resources) == 1:
            return json_reply(found[0]) if found else _error(404, "Not Found")
        return json_reply({"url-count": len(found), "url-offset": 0, "urls": found})

    def _url(self, resource: str, inc: set[str]) -> dict[str, Any] | None:
        songs = self.songs.with_link(resource)
        for pattern, word, number in _RESOURCES:
            if not songs and (match := pattern.match(resource)):
                songs = self.songs.with_id(word, number(match[1]))
        releases: list[Song] = []
        for pattern, word in _RELEASE_RESOURCES:
            if not songs and (match := pattern.match(resource)):
                releases = self.songs.on_release(word, int(match[1]))[:1]
        songs = [song for song in self.known(songs) if chance(song.seed, "musicbrainz url", 0.25)]
        releases = self.known(releases)
        if not songs and not releases:
            return None
        relations: list[dict[str, Any]] = []
        if "recording-rels" in inc:
            relations += [
                {
                    "type": _PURCHASE[0],
                    "type-id": _PURCHASE[1],
                    "target-type": "recording",
                    "direction": "backward",
                    "ended": False,
                    "recording": self._looked_up(song, {"artist-credits"} & inc),
                }
                for song in songs
            ]
        if "release-rels" in inc:
            relations += [
                {
                    "type": _RELEASE_PURCHASE[0],
                    "type-id": _RELEASE_PURCHASE[1],
                    "target-type": "release",
                    "direction": "backward",
                    "ended": False,
                    "release": {
                        "id": mbid(song.release_seed, "musicbrainz.release"),
                        "title": song.release_title,
                        "date": song.date,
                    },
                }
                for song in releases
            ]
        return {
            "id": mbid(artist_seed(resource), "musicbrainz.url"),
            "resource": resource,
            "relations": relations,
        }


def _inc(question: Question) -> set[str]:
    return set(re.split(r"[ +]+", question.one("inc")))


def _has_isrc(song: Song) -> bool:
    """MusicBrainz knows an ISRC for little more than half of what it has."""
    return bool(song.given_isrc) or chance(song.seed, "musicbrainz isrc", 0.6)


def _artist_credit(song: Song) -> list[dict[str, Any]]:
    parts = credited(song.artist)
    credit = []
    for at in range(0, len(parts), 2):
        name = parts[at]
        artist = {"id": mbid(artist_seed(name), "musicbrainz.artist"), "name": name, "sort-name": name}
        entry: dict[str, Any] = {"name": name, "artist": artist}
        if at + 1 < len(parts):
            entry["joinphrase"] = parts[at + 1]
        credit.append(entry)
    return credit


def _url_relation(type_: str, type_id: str, resource: str) -> dict[str, Any]:
    return {
        "type": type_,
        "type-id": type_id,
        "target-type": "url",
        "direction": "forward",
        "attributes": [],
        "ended": False,
        "url": {"id": mbid(artist_seed(resource), "musicbrainz.url"), "resource": resource},
    }


def _error(status: int, error: str) -> Reply:
    return json_reply({"error": error, "help": _HELP}, status)
