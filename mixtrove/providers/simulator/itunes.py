"""The iTunes Search API as the stand-in speaks it (PROVIDERS §6)."""

from __future__ import annotations

from typing import Any

from mixtrove.providers.simulator.answering import (
    HTML,
    Answers,
    Question,
    Reply,
    artist_seed,
    html_reply,
    json_reply,
    routed,
    slug,
)
from mixtrove.providers.simulator.numbers import below, chance, id_of
from mixtrove.providers.simulator.search import Hits, words
from mixtrove.providers.simulator.songs import Song

_STORES = {
    "US": ("USA", "USD", 1.0), "GB": ("GBR", "GBP", 0.79), "DE": ("DEU", "EUR", 1.0),
    "FR": ("FRA", "EUR", 1.0), "NL": ("NLD", "EUR", 1.0),
}  # fmt: skip
_MIXED = "itunes.mixed"


class ITunes(Answers):
    """Search and look-up. There is no ISRC, neither to ask for nor in the answers."""

    name = "itunes"

    def answer(self, question: Question) -> Reply:
        found = routed((("GET", r"/search", self._search), ("GET", r"/lookup", self._lookup)), question)
        return found or html_reply(404, "Not Found")

    def refusal(self) -> Reply:
        return Reply(403, b"", HTML)

    def trouble(self, status: int) -> Reply:
        return html_reply(status, "Service Unavailable")

    def _search(self, question: Question) -> Reply:
        limit = question.number("limit", 50)
        limit = max(1, min(200, limit or 50))
        store = question.one("country", "US").upper()
        if store not in _STORES:
            return json_reply(
                {"errorMessage": "Invalid value(s) for key(s): [country]", "queryParameters": {}}, 400
            )
        asked = words(question.one("term"))
        field = {"songTerm": self.index.title, "artistTerm": self.index.artist}.get(
            question.one("attribute"), self.index.text
        )
        hits: Hits = field.every(asked)
        rows: list[dict[str, Any]] = []
        for song in self.songs_of(hits, limit):
            if _has_mixed(song):
                rows.append(_row(song, store, mixed=True))  # continuous mixes outrank the originals
            rows.append(_row(song, store))
        return _results(rows[:limit])

    def _lookup(self, question: Question) -> Reply:
        ids = [text for text in question.one("id").split(",") if text]
        if len(ids) > 450:
            return html_reply(502, "502 Bad Gateway")
        store = question.one("country", "US").upper()
        rows: list[dict[str, Any]] = []
        for text in ids:
            if not text.isdecimal() or len(text) > 15:
                continue
            number = int(text)
            rows += [_row(song, store) for song in self.known(self.songs.with_id("itunes", number))]
            rows += [
                _row(song, store, mixed=True)
                for song in self.known(self.songs.with_id(_MIXED, number))
                if _has_mixed(song)
            ]
            songs = self.known(self.songs.on_release("itunes.release", number))
            if songs:
                rows.append(_collection(songs[0], store, len(songs)))
                if question.one("entity") == "song":
                    rows += [_row(song, store) for song in songs]
        return _results(rows)


def _has_mixed(song: Song) -> bool:
    return chance(song.seed, "mixed", 0.15)


def _results(rows: list[dict[str, Any]]) -> Reply:
    reply = json_reply({"resultCount": len(rows), "results": rows})
    return Reply(200, b"\n\n\n" + reply.body, "text/javascript; charset=utf-8")


def _row(song: Song, store: str, *, mixed: bool = False) -> dict[str, Any]:
    country, currency, rate = _STORES.get(store, _STORES["US"])
    name = song.with_brackets
    collection = song.release_title + ("" if song.album else " - Single")
    collection_id = id_of(song.release_seed, "itunes.release")
    track_id = id_of(song.seed, _MIXED if mixed else "itunes")
    if mixed:
        name, collection = f"{name} (Mixed)", f"{song.genre.split(' (')[0]} Sessions (DJ Mix)"
        collection_id = id_of(artist_seed(collection), "itunes.mix")
    link = f"https://music.apple.com/{store.lower()}/album/{slug(collection)}/{collection_id}"
    row: dict[str, Any] = {
        "wrapperType": "track",
        "kind": "song",
        "artistId": id_of(artist_seed(song.artist), "itunes.artist"),
        "collectionId": collection_id,
        "trackId": track_id,
        "artistName": song.artist,
        "collectionName": collection,
        "trackName": name,
        "collectionCensoredName": collection,
        "trackCensoredName": name,
        "collectionViewUrl": f"{link}?i={track_id}&uo=4",
        "trackViewUrl": f"{link}?i={track_id}&uo=4",
        "previewUrl": f"https://audio-ssl.itunes.apple.com/itunes-assets/sim/{track_id}.plus.aac.p.m4a",
        "artworkUrl100": f"https://is1-ssl.mzstatic.com/image/thumb/sim/{collection_id}/100x100bb.jpg",
        "collectionPrice": round(9.99 * rate, 2),
        "releaseDate": f"{song.date}T12:00:00Z",
        "collectionExplicitness": "notExplicit",
        "trackExplicitness": "notExplicit",
        "discCount": 1,
        "discNumber": 1,
        "trackCount": 1,
        "trackNumber": 1,
        "trackTimeMillis": song.duration // 2 if mixed else song.duration,
        "country": country,
        "currency": currency,
        "primaryGenreName": "Dance" if below(song.seed, "itunes genre", 3) else "Electronic",
        "isStreamable": True,
    }
    match below(song.seed, "itunes price", 20):
        case 0:
            pass  # not sold singly: no price …
        case 1:
            row["trackPrice"] = -1.0  # … or this
        case other:
            row["trackPrice"] = round((0.99 if other < 8 else 1.29) * rate, 2)
    return row


def _collection(song: Song, store: str, count: int) -> dict[str, Any]:
    row = _row(song, store)
    return {
        "wrapperType": "collection",
        "collectionType": "Album",
        **{name: row[name] for name in row if name.startswith(("collection", "artist", "artwork"))},
        "trackCount": count,
        "country": row["country"],
        "currency": row["currency"],
        "releaseDate": row["releaseDate"],
        "primaryGenreName": row["primaryGenreName"],
    }
