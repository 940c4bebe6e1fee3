"""The Discogs API as the stand-in speaks it (PROVIDERS §3)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from mixtrove.providers.simulator.answering import (
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
from mixtrove.providers.simulator.quotas import DISCOGS_WITHOUT_TOKEN
from mixtrove.providers.simulator.search import Hits, exactly, words
from mixtrove.providers.simulator.songs import Song

TOKEN = "simulated-discogs-token"

_RATES = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "CAD": 1.37, "AUD": 1.52, "JPY": 155.0, "CHF": 0.88}


class Discogs(Answers):
    """Search, release, price and label."""

    name = "discogs"

    def __init__(self, *args: Any) -> None:
        """See ``Answers``."""
        super().__init__(*args)
        self._shown: dict[int, Song] = {}  # labels that were shown, to find them without a look at all songs

    def answer(self, question: Question) -> Reply:
        if not question.headers.get("user-agent", "").strip():
            return html_reply(403, "Attention Required! | Cloudflare")
        claim = question.headers.get("authorization", "")
        if claim and not _signed(question):
            return _error(401, "Invalid consumer token. Please register an app before making requests.")
        found = routed(
            (
                ("GET", r"/database/search", self._search),
                ("GET", r"/releases/(\d{1,15})", self._release),
                ("GET", r"/marketplace/stats/(\d{1,15})", self._stats),
                ("GET", r"/labels/(\d{1,15})", self._label),
            ),
            question,
        )
        return found or _error(404, "The requested resource was not found.")

    def refusal(self) -> Reply:
        return _error(429, "You are making requests too quickly.")

    def trouble(self, status: int) -> Reply:
        if status == 500:
            return _error(500, "An internal server error occurred. (Malformed query?)")
        return html_reply(status, {502: "502 Bad Gateway", 503: "503 Service Unavailable"}[status])

    def allowance(self, question: Question) -> int | None:
        # The tier that is claimed counts, even with a bad token.
        return None if question.headers.get("authorization") else DISCOGS_WITHOUT_TOKEN

    def usage_headers(self, question: Question, limit: int, used: int) -> Mapping[str, str]:
        used = max(0, used - 1)  # it lags by one
        return {
            "X-Discogs-Ratelimit": str(limit),
            "X-Discogs-Ratelimit-Used": str(used),
            "X-Discogs-Ratelimit-Remaining": str(max(0, limit - used)),
        }

    def _search(self, question: Question) -> Reply:
        if not _signed(question):
            return _error(401, "You must authenticate to access this resource.")
        per_page, page = question.number("per_page", 50), question.number("page", 1)
        per_page = max(1, min(100, per_page or 50))  # clamped without a word
        page = max(1, page or 1)
        if question.one("type", "release") != "release":
            return json_reply({"pagination": _pages(1, per_page, 0), "results": []})
        hits = self._hits(question)
        songs = self.songs_of(hits, 400) if hits is not None else []
        label, catno = question.one("label"), question.one("catno")
        if label:
            songs = [song for song in songs if set(words(label)) <= set(words(song.label))]
        if catno:
            songs = [song for song in songs if _plain(catno) == _plain(song.catalog_number)]
        releases = list({song.release_seed: song for song in songs}.values())
        shown = releases[(page - 1) * per_page : page * per_page]
        return json_reply(
            {
                "pagination": _pages(page, per_page, len(releases)),
                "results": [self._row(song) for song in shown],
            }
        )

    def _hits(self, question: Question) -> Hits | None:
        parts = [
            field.every(words(text))
            for field, text in (
                (self.index.text, question.one("q") or question.one("query")),
                (self.index.artist, question.one("artist") or question.one("anv")),
                (self.index.title, question.one("track")),
                (self.index.release, question.one("release_title")),
            )
            if text
        ]
        if question.one("title"):
            parts.append(self.index.text.every(words(question.one("title").replace(" - ", " "))))
        if not parts:
            return self._of_label(question) if question.one("label") or question.one("catno") else None
        hits = parts[0]
        for part in parts[1:]:
            hits = hits.both(part)
        return hits

    def _of_label(self, question: Question) -> Hits:
        catno, label = _plain(question.one("catno")), set(words(question.one("label")))
        if catno:
            return exactly(self.songs.all[row] for row in self._catalogue_numbers.get(catno, ()))
        return exactly(song for song in self.songs.all if label <= set(words(song.label)))

    @cached_property
    def _catalogue_numbers(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for song in self.songs.all:
            found.setdefault(_plain(song.catalog_number), []).append(song.row)
        return found

    @cached_property
    def _labels(self) -> dict[int, Song]:
        return {id_of(artist_seed(song.label), "discogs.label"): song for song in self.songs.all}

    def _row(self, song: Song) -> dict[str, Any]:
        number = id_of(song.release_seed, "discogs.release")
        row: dict[str, Any] = {
            "country": "UK",
            "genre": ["Electronic"],
            "format": ["Vinyl", '12"', "33 ⅓ RPM"],
            "style": [song.genre.split(" (")[0].split(" / ")[0]],
            "id": number,
            "label": [song.label, song.label, f"{song.label} Distribution"],
            "type": "release",
            "barcode": [f"{song.catalog_number} A", f"{song.catalog_number} B"],
            "user_data": {"in_wantlist": False, "in_collection": False},
            "master_id": 0,
            "master_url": None,
            "uri": f"/release/{number}-{slug(song.artist)}-{slug(song.release_title)}",
            "catno": song.catalog_number,
            "title": f"{song.artist} - {song.release_title}",
            "thumb": "",
            "cover_image": "",
            "resource_url": f"https://api.discogs.com/releases/{number}",
            "community": {"want": below(song.release_seed, "want", 500), "have": 1},
            "format_quantity": 1,
            "formats": [{"name": "Vinyl", "qty": "1", "descriptions": ['12"', "33 ⅓ RPM"]}],
        }
        if chance(song.release_seed, "discogs year", 0.9):
            row["year"] = song.date[:4]
        return row

    def _songs_on(self, number: str) -> list[Song]:
        songs = self.songs.on_release("discogs.release", int(number))
        return songs if self.known(songs) else []

    def _release(self, question: Question, number: str) -> Reply:
        songs = self._songs_on(number)
        if not songs:
            return _error(404, "Release not found.")
        song = songs[0]
        label_id = id_of(artist_seed(song.label), "discogs.label")
        self._shown[label_id] = song
        return json_reply(
            {
                "id": int(number),
                "status": "Accepted",
                "title": song.release_title,
                "year": int(song.date[:4]),
                "artists": [_artist(name) for name in song.artists],
                "artists_sort": song.artist,
                "labels": [
                    {
                        "catno": song.catalog_number,
                        "entity_type": "1",
                        "entity_type_name": "Label",
                        "id": label_id,
                        "name": song.label,
                        "resource_url": f"https://api.discogs.com/labels/{label_id}",
                    }
                ],
                "companies": [],
                "formats": [{"name": "Vinyl", "qty": "1", "descriptions": ['12"']}],
                "country": "UK",
                "genres": ["Electronic"],
                "styles": [song.genre.split(" (")[0].split(" / ")[0]],
                "released": song.date if chance(song.release_seed, "full date", 0.8) else song.date[:4],
                "master_id": 0,
                "num_for_sale": self._for_sale(song),
                "lowest_price": self._price(song) if self._for_sale(song) else None,  # no currency, as there
                "tracklist": [
                    _track(other, f"{'AB'[at % 2]}{at // 2 + 1}") for at, other in enumerate(songs)
                ],
                "extraartists": [
                    {**_artist("Rashad Becker"), "role": "Mastered By"},
                    {**_artist(song.artists[0]), "role": "Written-By, Producer"},
                ],
                "identifiers": [],
                "images": [],
                "videos": [],
                "uri": f"https://www.discogs.com/release/{number}",
                "resource_url": f"https://api.discogs.com/releases/{number}",
                "data_quality": "Correct",
            }
        )

    def _stats(self, question: Question, number: str) -> Reply:
        songs = self._songs_on(number)
        if not songs:
            return _error(404, "Release not found.")
        if chance(songs[0].release_seed, "blocked", 0.02):
            return json_reply({"num_for_sale": None, "lowest_price": None, "blocked_from_sale": True})
        currency = question.one("curr_abbr", "USD").upper()
        if currency not in _RATES:
            return _error(422, "curr_abbr is invalid.")
        count = self._for_sale(songs[0])
        price = {"value": round(self._price(songs[0]) * _RATES[currency], 2), "currency": currency}
        return json_reply(
            {"num_for_sale": count, "lowest_price": price if count else None, "blocked_from_sale": False}
        )

    def _for_sale(self, song: Song) -> int:
        return max(0, below(song.release_seed, "for sale", 60) - 10)

    def _price(self, song: Song) -> float:
        return 1.5 + below(song.release_seed, "discogs price", 4000) / 100

    def _label(self, question: Question, number: str) -> Reply:
        song = self._shown.get(int(number)) or self._labels.get(int(number))
        if song is None:
            return _error(404, "Label not found.")
        return json_reply(
            {
                "id": int(number),
                "name": song.label,
                "profile": f"Label of {song.artist} and others.",
                "contact_info": "",
                "urls": [f"https://{slug(song.label)}.example/"],
                "sublabels": [],
                "data_quality": "Correct",
                "uri": f"https://www.discogs.com/label/{number}-{slug(song.label)}",
                "releases_url": f"https://api.discogs.com/labels/{number}/releases",
                "resource_url": f"https://api.discogs.com/labels/{number}",
            }
        )


def _signed(question: Question) -> bool:
    claim = question.headers.get("authorization", "")
    return claim == f"Discogs token={TOKEN}" or question.one("token") == TOKEN


def _plain(catalog_number: str) -> str:
    return "".join(sign for sign in catalog_number.upper() if sign.isalnum())


def _artist(name: str) -> dict[str, Any]:
    number = id_of(artist_seed(name), "discogs.artist")
    return {
        "anv": "", "id": number, "join": "", "name": name, "role": "", "tracks": "",
        "resource_url": f"https://api.discogs.com/artists/{number}",
    }  # fmt: skip


def _track(song: Song, position: str) -> dict[str, Any]:
    seconds = song.duration // 1000
    track: dict[str, Any] = {
        "position": position,
        "type_": "track",
        "title": song.with_brackets,
        "duration": f"{seconds // 60}:{seconds % 60:02}",
    }
    if song.remixer:
        track["extraartists"] = [{**_artist(song.remixer), "role": "Remix"}]
    return track


def _pages(page: int, per_page: int, items: int) -> dict[str, Any]:
    pages = max(1, -(-items // per_page))
    base = f"https://api.discogs.com/database/search?per_page={per_page}"
    urls = {} if page >= pages else {"next": f"{base}&page={page + 1}", "last": f"{base}&page={pages}"}
    return {"page": page, "pages": pages, "per_page": per_page, "items": items, "urls": urls}


def _error(status: int, message: str) -> Reply:
    return json_reply({"message": message}, status)
