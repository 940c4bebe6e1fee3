"""The Spotify Web API in Development Mode and its accounts service, for the stand-in (PROVIDERS §4)."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote_plus

from mixtrove.providers.simulator.answering import (
    Answers,
    Question,
    Reply,
    Tokens,
    artist_seed,
    json_reply,
    routed,
)
from mixtrove.providers.simulator.numbers import chance, drawn, id_of
from mixtrove.providers.simulator.search import NOTHING, Hits, exactly, words
from mixtrove.providers.simulator.songs import Song

CLIENT_ID = "simulated-client"
CLIENT_SECRET = "simulated-secret"

_BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID = r"([0-9A-Za-z]{22})"
_FILTER = re.compile(r'(track|artist|album|isrc|year|upc):(?:"([^"]*)"|(\S+(?:\s+(?!\w+:)\S+)*))')


def spotify_id(seed: int, word: str) -> str:
    """An id of 22 signs; the first 8 of them are the number that ``number_of`` gives back."""
    return _in_base_62(id_of(seed, word), 8) + _in_base_62(drawn(seed, word + " rest"), 11) + "sim"


def number_of(spotify_id: str) -> int:
    """The number within an id."""
    number = 0
    for sign in spotify_id[:8]:
        number = number * 62 + _BASE_62.index(sign)
    return number


def _in_base_62(number: int, signs: int) -> str:
    text = ""
    for _ in range(signs):
        number, digit = divmod(number, 62)
        text = _BASE_62[digit] + text
    return text


class Spotify(Answers):
    """Search, track and album; what is closed to new apps is closed here too."""

    name = "spotify"

    def __init__(self, *args: Any) -> None:
        """See ``Answers``."""
        super().__init__(*args)
        self.tokens: Tokens = Tokens("simulated-spotify-token")

    def answer(self, question: Question) -> Reply:
        if not question.bearer:
            return _error(401, "No token provided")
        if not self.tokens.good(question.bearer):
            return _error(401, "The access token expired")
        found = routed(
            (
                ("GET", r"/v1/search", self._search),
                ("GET", rf"/v1/tracks/{_ID}", self._track),
                ("GET", rf"/v1/albums/{_ID}", self._album),
                ("GET", rf"/v1/albums/{_ID}/tracks", self._album_tracks),
                ("GET", r"/v1/(?:tracks|albums|artists)/([^/]+)", self._bad_id),
                ("GET", r"/v1/(?:tracks|albums|artists|recommendations)", self._closed),
                ("GET", r"/v1/audio-(?:features|analysis)(?:/\w+)?", self._closed),
                ("GET", r"/v1/artists/\w+/(?:top-tracks|related-artists)", self._closed),
            ),
            question,
        )
        return found or _error(404, "Service not found")

    def refusal(self) -> Reply:
        return _error(429, "API rate limit exceeded")

    def trouble(self, status: int) -> Reply:
        return _error(status, {500: "Server error", 502: "Bad gateway.", 503: "Service unavailable"}[status])

    def _search(self, question: Question) -> Reply:
        query, limit, offset = question.one("q"), question.number("limit", 5), question.number("offset", 0)
        if not query:
            return _error(400, "No search query")
        if limit is None or not 1 <= limit <= 10:
            return _error(400, "Invalid limit")
        if offset is None or not 0 <= offset <= 1000:
            return _error(400, "Invalid offset")
        if question.one("type") != "track":
            return _error(
                400, "Missing parameter type" if not question.one("type") else "Bad search type field"
            )
        if question.one("market") == "from_token":
            return _error(400, "Invalid market code")
        hits, by_isrc = self._hits(query)
        hits = hits.within(self.mask)
        songs = self.songs_of(hits, limit, offset)
        total = 0 if by_isrc else min(len(hits.rows), 1000)  # 0 beside full items, as measured
        base = f"https://api.spotify.com/v1/search?query={quote_plus(query)}&type=track&limit={limit}"
        return json_reply(
            {
                "tracks": {
                    "href": f"{base}&offset={offset}",
                    "limit": limit,
                    "next": f"{base}&offset={offset + limit}" if total > offset + limit else None,
                    "offset": offset,
                    "previous": None,
                    "total": total,
                    "items": [self._row(song) for song in songs],
                }
            }
        )

    def _hits(self, query: str) -> tuple[Hits, bool]:
        filters = {
            found[1]: found[2] if found[2] is not None else found[3] for found in _FILTER.finditer(query)
        }
        rest = words(_FILTER.sub(" ", query))
        if "isrc" in filters:
            return exactly(self.songs.with_isrc(filters["isrc"].strip())), True
        hits: Hits | None = self.index.text.most(rest, 0.7) if rest else None
        for name, field in (
            ("track", self.index.title),
            ("artist", self.index.artist),
            ("album", self.index.release),
        ):
            if name in filters:
                found = field.most(words(filters[name]), 0.8)
                hits = found if hits is None else hits.both(found)
        return hits if hits is not None else NOTHING, False

    def _row(self, song: Song) -> dict[str, Any]:
        return {"album": self._album_of(song), **self._short(song), "external_ids": {"isrc": song.isrc}}

    def _short(self, song: Song) -> dict[str, Any]:
        title, version = song.parts
        id_ = spotify_id(song.seed, "spotify")
        return {
            "artists": [_artist(name) for name in song.artists],
            "disc_number": 1,
            "duration_ms": song.duration,
            "explicit": chance(song.seed, "explicit", 0.1),
            "external_urls": {"spotify": f"https://open.spotify.com/track/{id_}"},
            "href": f"https://api.spotify.com/v1/tracks/{id_}",
            "id": id_,
            "is_local": False,
            "is_playable": True,
            "name": f"{title} - {version}" if version else title,
            "preview_url": None,
            "track_number": 1,
            "type": "track",
            "uri": f"spotify:track:{id_}",
        }

    def _album_of(self, song: Song) -> dict[str, Any]:
        id_ = spotify_id(song.release_seed, "spotify.release")
        precision = "day" if chance(song.release_seed, "full date", 0.8) else "year"
        return {
            "album_type": "album" if song.album else "single",
            "artists": [_artist(name) for name in song.artists],
            "external_urls": {"spotify": f"https://open.spotify.com/album/{id_}"},
            "href": f"https://api.spotify.com/v1/albums/{id_}",
            "id": id_,
            "images": [{"url": f"https://i.scdn.co/image/{id_.lower()}", "width": 640, "height": 640}],
            "name": song.release_title,
            "release_date": song.date if precision == "day" else song.date[:4],
            "release_date_precision": precision,
            "total_tracks": len(self.songs.beside(song)),
            "type": "album",
            "uri": f"spotify:album:{id_}",
        }

    def _track(self, question: Question, id_: str) -> Reply:
        for song in self.known(self.songs.with_id("spotify", number_of(id_))):
            if spotify_id(song.seed, "spotify") == id_:
                return json_reply(self._row(song))
        return _error(404, "Resource not found")

    def _on_album(self, id_: str) -> list[Song]:
        songs = self.known(self.songs.on_release("spotify.release", number_of(id_)))
        return [song for song in songs if spotify_id(song.release_seed, "spotify.release") == id_]

    def _album(self, question: Question, id_: str) -> Reply:
        songs = self._on_album(id_)
        if not songs:
            return _error(404, "Resource not found")
        tracks = {"items": [self._short(song) for song in songs[:50]], "total": len(songs), "next": None}
        return json_reply({**self._album_of(songs[0]), "tracks": tracks})

    def _album_tracks(self, question: Question, id_: str) -> Reply:
        songs = self._on_album(id_)
        if not songs:
            return _error(404, "Resource not found")
        return json_reply(
            {"items": [self._short(song) for song in songs[:50]], "total": len(songs), "next": None}
        )

    def _closed(self, question: Question) -> Reply:
        return _error(403, "Forbidden")

    def _bad_id(self, question: Question, id_: str) -> Reply:
        return _error(400, "Invalid base62 id")


class SpotifyAccounts(Answers):
    """Gives out the tokens of ``Spotify``."""

    name = "spotify-accounts"

    def __init__(self, tokens: Tokens, *args: Any) -> None:
        """The tokens it gives out."""
        super().__init__(*args)
        self._given = tokens

    def answer(self, question: Question) -> Reply:
        if (question.method, question.path) != ("POST", "/api/token"):
            return json_reply({"error": "not_found"}, 404)
        pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = question.form
        in_form = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if question.headers.get("authorization") != f"Basic {pair}" and not in_form:
            return json_reply({"error": "invalid_client", "error_description": "Invalid client"}, 400)
        if form.get("grant_type") != "client_credentials":
            return json_reply({"error": "unsupported_grant_type"}, 400)
        return json_reply({"access_token": self._given.new(), "token_type": "Bearer", "expires_in": 3600})

    def refusal(self) -> Reply:
        return json_reply({"error": "rate_limited"}, 429)

    def trouble(self, status: int) -> Reply:
        return json_reply({"error": "server_error"}, status)


def _artist(name: str) -> dict[str, Any]:
    id_ = spotify_id(artist_seed(name), "spotify.artist")
    return {
        "external_urls": {"spotify": f"https://open.spotify.com/artist/{id_}"},
        "href": f"https://api.spotify.com/v1/artists/{id_}",
        "id": id_,
        "name": name,
        "type": "artist",
        "uri": f"spotify:artist:{id_}",
    }


def _error(status: int, message: str) -> Reply:
    return json_reply({"error": {"status": status, "message": message}}, status)
