"""Beatport's API v4 with its sign-in, as the stand-in speaks it (PROVIDERS §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlencode

from mixtrove.providers.simulator.answering import (
    Answers,
    Question,
    Reply,
    Tokens,
    artist_seed,
    json_reply,
    routed,
    slug,
)
from mixtrove.providers.simulator.numbers import below, chance, id_of
from mixtrove.providers.simulator.search import Hits, exactly, words
from mixtrove.providers.simulator.songs import KEYS, Song

TOKEN = "simulated-beatport-token"
REFRESH_TOKEN = "simulated-beatport-refresh-token"
CLIENT_ID = "simulated-beatport-client"
USERNAME = "selector"
PASSWORD = "simulated-password"

_HALF_TIME = 0.08
"""The share of tracks whose bpm is half of what is heard."""


class Beatport(Answers):
    """Catalogue and sign-in; everything but the sign-in needs a bearer token."""

    name = "beatport"

    def __init__(self, *args: Any) -> None:
        """See ``Answers``."""
        super().__init__(*args)
        self.tokens: Tokens = Tokens("simulated-beatport-access")
        self.tokens.add(TOKEN)
        self._refresh = Tokens("simulated-beatport-refresh")
        self._refresh.add(REFRESH_TOKEN)
        self._codes = Tokens("simulated-code")
        self._sessions = Tokens("simulated-session")

    def answer(self, question: Question) -> Reply:
        signing_in = routed(
            (
                ("POST", r"/v4/auth/login/", self._login),
                ("GET", r"/v4/auth/o/authorize/", self._authorize),
                ("POST", r"/v4/auth/o/token/", self._token),
            ),
            question,
        )
        if signing_in is not None:
            return signing_in
        if not question.bearer:
            return _detail(401, "Authentication credentials were not provided.")
        if not self.tokens.good(question.bearer):
            return _detail(401, "Token has expired or is not valid.")
        found = routed(
            (
                ("GET", r"/v4/my/account/?", self._account),
                ("GET", r"/v4/catalog/search/?", self._search),
                ("GET", r"/v4/catalog/tracks/?", self._tracks),
                ("GET", r"/v4/catalog/tracks/store/([^/]+)/?", self._store),
                ("GET", r"/v4/catalog/tracks/(\d{1,15})/?", self._track),
                ("GET", r"/v4/catalog/tracks/([^/]+)/?", self._bad_id),
                ("GET", r"/v4/catalog/releases/(\d{1,15})/?", self._release),
                ("GET", r"/v4/catalog/releases/(\d{1,15})/tracks/?", self._release_tracks),
            ),
            question,
        )
        return found or _detail(404, "Not found.")

    def refusal(self) -> Reply:
        return _detail(429, "Request was throttled.")

    def trouble(self, status: int) -> Reply:
        return _detail(status, "A server error occurred.")

    def _login(self, question: Question) -> Reply:
        given = question.json
        if (given.get("username"), given.get("password")) != (USERNAME, PASSWORD):
            return json_reply({"detail": "Invalid credentials."})  # 200 without a username is a failure
        cookie = f"sessionid={self._sessions.new()}; HttpOnly; Path=/"
        return json_reply(
            {"id": 1, "username": USERNAME, "email": "selector@example.org"}, headers={"Set-Cookie": cookie}
        )

    def _authorize(self, question: Question) -> Reply:
        try:
            session = SimpleCookie(question.headers.get("cookie", "")).get("sessionid")
        except CookieError:
            session = None
        if question.one("client_id") != CLIENT_ID or question.one("response_type") != "code":
            return json_reply({"error": "invalid_request"}, 400)
        if session is None or not self._sessions.good(session.value):
            return Reply(302, b"", headers={"Location": "/beatport/v4/auth/login/"})
        target = question.one("redirect_uri", "/v4/auth/o/post-message/")
        return Reply(302, b"", headers={"Location": f"{target}?{urlencode({'code': self._codes.new()})}"})

    def _token(self, question: Question) -> Reply:
        given = {name: values[-1] for name, values in question.params.items()} | question.form
        if given.get("client_id") != CLIENT_ID:
            return json_reply({"error": "invalid_client"}, 401)
        match given.get("grant_type"):
            case "authorization_code":
                good = self._codes.revoke(given.get("code", ""))
            case "refresh_token":
                good = self._refresh.revoke(given.get("refresh_token", ""))  # it rotates
            case "password":
                return json_reply({"error": "unauthorized_client"}, 400)
            case _:
                return json_reply({"error": "unsupported_grant_type"}, 400)
        if not good:
            return json_reply({"error": "invalid_grant"}, 400)
        return json_reply(
            {
                "access_token": self.tokens.new(),
                "expires_in": 36000,
                "token_type": "Bearer",
                "scope": "app:docs user:dj",
                "refresh_token": self._refresh.new(),
            }
        )

    def _account(self, question: Question) -> Reply:
        return json_reply({"id": 1, "username": USERNAME, "first_name": "S", "last_name": "Elector"})

    def _search(self, question: Question) -> Reply:
        asked = words(question.one("q"))
        if not asked:
            return json_reply({"q": ["This field is required."]}, 400)
        if question.one("q").count("(") > 1:
            asked = []  # more than one pair of brackets finds nothing
        per_page, page = _paging(question)
        songs = self.songs_of(self.index.text.most(asked, 0.6), per_page, (page - 1) * per_page)
        kind = question.one("type")
        releases = list({song.release_seed: song for song in songs}.values())
        return json_reply(
            {
                "tracks": [self._row(song) for song in songs] if kind in ("", "tracks") else [],
                "releases": [_release(song) for song in releases] if kind in ("", "releases") else [],
                "artists": [],
                "charts": [],
                "labels": [],
                "playlists": [],
            }
        )

    def _tracks(self, question: Question) -> Reply:
        hits = self._filtered(question)
        if hits is None:
            return json_reply({"filters": ["Give a filter."]}, 400)
        hits = hits.within(self.mask)
        per_page, page = _paging(question)
        kept: list[tuple[str, Callable[[Song], str]]] = [
            ("mix_name", lambda song: song.parts[1] or "Original Mix"),
            ("label_name", lambda song: song.label),
            ("catalog_number", lambda song: song.catalog_number),
        ]
        asked = [(words(question.one(name)), said) for name, said in kept if question.one(name)]
        if asked:
            songs = [
                song
                for song in self.songs_of(hits, 500)
                if all(set(wanted) <= set(words(said(song))) for wanted, said in asked)
            ]
            count = len(songs)
            songs = songs[(page - 1) * per_page : page * per_page]
        else:
            count = len(hits.rows)
            songs = self.songs_of(hits, per_page, (page - 1) * per_page)
        return json_reply(_page([self._row(song) for song in songs], count, page, per_page))

    def _filtered(self, question: Question) -> Hits | None:
        if isrcs := question.one("isrc"):
            return exactly(song for isrc in isrcs.split(",") for song in self._with_isrc(isrc.strip()))
        hits: Hits | None = None
        for name, field in (("artist_name", self.index.artist), ("name", self.index.title)):
            if text := question.one(name):
                found = field.every(words(text))
                hits = found if hits is None else hits.both(found)
        return hits

    def _with_isrc(self, isrc: str) -> list[Song]:
        songs = self.songs.with_isrc(isrc) + self.songs.with_isrc(isrc, word="isrc.beatport")
        return self.known([song for song in songs if song.beatport_isrc == isrc.upper()])

    def _store(self, question: Question, isrc: str) -> Reply:
        songs = self._with_isrc(isrc)
        return json_reply(self._row(songs[0])) if songs else _detail(404, "Not found.")

    def _track(self, question: Question, number: str) -> Reply:
        songs = self.known(self.songs.with_id("beatport", int(number)))
        return json_reply(self._row(songs[0])) if songs else _detail(404, "Not found.")

    def _bad_id(self, question: Question, _: str) -> Reply:
        return json_reply({"id": ["Enter a number."]}, 400)

    def _release(self, question: Question, number: str) -> Reply:
        songs = self.known(self.songs.on_release("beatport.release", int(number)))
        return json_reply(_release(songs[0])) if songs else _detail(404, "Not found.")

    def _release_tracks(self, question: Question, number: str) -> Reply:
        songs = self.known(self.songs.on_release("beatport.release", int(number)))
        per_page, page = _paging(question)
        shown = [self._row(song) for song in songs[(page - 1) * per_page : page * per_page]]
        for row in shown:
            del row["number"]
        return json_reply(_page(shown, len(songs), page, per_page))

    def _row(self, song: Song) -> dict[str, Any]:
        title, version = song.parts
        key = KEYS.index(song.key)
        name, camelot_number, camelot_letter = song.key
        letter, _, chord = name.partition(" ")
        bpm = song.bpm // 2 if chance(song.seed, "half time", _HALF_TIME) else song.bpm
        price = 1.29 + below(song.seed, "beatport price", 3) * 0.4
        seconds = song.duration // 1000
        number = id_of(song.seed, "beatport")
        return {
            "id": number,
            "name": title,
            "mix_name": version or "Original Mix",
            "slug": slug(title),
            "artists": [_named(artist, "beatport.artist") for artist in song.artists],
            "remixers": [_named(song.remixer, "beatport.artist")]
            if song.remixer and chance(song.seed, "remixers", 0.5)  # sparse: mix_name is what counts
            else [],
            "bpm": None if chance(song.seed, "no bpm", 0.02) else bpm,
            "key": None
            if chance(song.seed, "no key", 0.02)
            else {
                "id": key + 1,
                "name": name,
                "letter": letter[0],
                "is_sharp": letter.endswith("#"),
                "is_flat": letter.endswith("b"),
                "chord_type": {"id": 1 if chord == "Minor" else 2, "name": chord},
                "camelot_number": camelot_number,
                "camelot_letter": camelot_letter,
            },
            "genre": _named(song.genre, "beatport.genre"),
            "sub_genre": None,
            "isrc": song.beatport_isrc,
            "catalog_number": song.catalog_number,
            "length": f"{seconds // 60}:{seconds % 60:02}",
            "length_ms": song.duration,
            "publish_date": song.date,
            "new_release_date": song.date,
            "price": {"code": "USD", "symbol": "$", "value": round(price, 2), "display": f"${price:.2f}"},
            "release": _short_release(song),
            "exclusive": False,
            "sample_url": f"https://geo-samples.beatport.com/track/{number}.LOFI.mp3",
            "is_available_for_streaming": True,
            "number": 1,
        }


def _short_release(song: Song) -> dict[str, Any]:
    return {
        "id": id_of(song.release_seed, "beatport.release"),
        "name": song.release_title,
        "slug": slug(song.release_title),
        "label": _named(song.label, "beatport.label"),
        "image": {
            "uri": "https://geo-media.beatport.com/image_size/500x500/sim.jpg",
            "dynamic_uri": "https://geo-media.beatport.com/image_size/{w}x{h}/sim.jpg",
        },
    }


def _release(song: Song) -> dict[str, Any]:
    return {
        **_short_release(song),
        "artists": [_named(artist, "beatport.artist") for artist in song.artists],
        "catalog_number": song.catalog_number,
        "publish_date": song.date,
        "new_release_date": song.date,
    }


def _named(name: str, word: str) -> dict[str, Any]:
    return {"id": id_of(artist_seed(name), word), "name": name, "slug": slug(name)}


def _paging(question: Question) -> tuple[int, int]:
    per_page, page = question.number("per_page", 10), question.number("page", 1)
    return max(1, min(100, per_page or 10)), max(1, page or 1)


def _page(rows: list[dict[str, Any]], count: int, page: int, per_page: int) -> Mapping[str, Any]:
    pages = max(1, -(-count // per_page))
    following = f"api.beatport.com/v4/catalog/tracks/?page={page + 1}" if page < pages else None
    return {
        "next": following,
        "previous": None,
        "count": count,
        "page": f"{page}/{pages}",
        "per_page": per_page,
        "results": rows,
    }


def _detail(status: int, detail: str) -> Reply:
    return json_reply({"detail": detail}, status)
