"""What tools ask Bandcamp, as the stand-in speaks it (PROVIDERS §8)."""

from __future__ import annotations

from datetime import UTC, datetime
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
from mixtrove.providers.simulator.search import words
from mixtrove.providers.simulator.songs import Song

_ROWS = 12


class Bandcamp(Answers):
    """Autocompletion and the details of a track."""

    name = "bandcamp"

    def answer(self, question: Question) -> Reply:
        found = routed(
            (
                ("POST", r"/api/bcsearch_public_api/1/autocomplete_elastic", self._autocomplete),
                ("GET", r"/api/mobile/24/tralbum_details", self._details),
            ),
            question,
        )
        return found or _special("unknown_endpoint", "no such function")

    def refusal(self) -> Reply:
        return html_reply(403, "Client Challenge")

    def trouble(self, status: int) -> Reply:
        return html_reply(status, "Sorry, that something isn’t here")

    def _autocomplete(self, question: Question) -> Reply:
        asked = question.json
        if not isinstance(asked.get("search_text"), str):
            return _special("bad_arguments", "search_text is required")
        results: list[dict[str, Any]] = []
        if asked.get("search_filter", "") in ("", "t"):
            songs = self.songs_of(self.index.text.most(words(asked["search_text"]), 0.7), _ROWS)
            results = [_row(song) for song in songs]
        return json_reply(
            {
                "auto": {"results": results, "stat_params_for_tag": "", "time_ms": 9},
                "tag": {"matches": [], "count": 0, "time_ms": 1},
                "genre": {},
            }
        )

    def _details(self, question: Question) -> Reply:
        number = question.one("tralbum_id")
        known = number.isdecimal() and len(number) <= 15
        songs = self.known(self.songs.with_id("bandcamp", int(number))) if known else []
        if question.one("tralbum_type", "t") != "t" or not songs:
            return _special("tralbum_not_found", "no such tralbum")
        song = songs[0]
        row = _row(song)
        free = chance(song.seed, "bandcamp free", 0.1)
        date = datetime.fromisoformat(song.date).replace(tzinfo=UTC)
        return json_reply(
            {
                "id": row["id"],
                "type": "t",
                "title": row["name"],
                "bandcamp_url": row["item_url_path"],
                "art_id": row["art_id"],
                "band": {"band_id": row["band_id"], "name": row["band_name"]},
                "tralbum_artist": song.artist,
                "currency": "GBP",
                "price": None if free else 1.0 + below(song.seed, "bandcamp price", 3) * 0.5,
                "is_set_price": False,
                "is_purchasable": not free,
                "free_download": free,
                "release_date": int(date.timestamp()),
                "label": song.label,
                "label_id": None,
                "album_id": row["album_id"],
                "album_title": row["album_name"],
                "tracks": [
                    {
                        "track_id": row["id"],
                        "title": row["name"],
                        "duration": song.duration / 1000,
                        "band_name": row["band_name"],
                    }
                ],
                "tags": [],
            }
        )


def _row(song: Song) -> dict[str, Any]:
    by_label = chance(song.release_seed, "on the label's page", 0.3)
    name = f"{song.artist} - {song.title}" if by_label else song.title  # labels write it so
    page = f"https://{slug(song.label if by_label else song.artist).replace('-', '')}.bandcamp.com"
    art = id_of(song.release_seed, "bandcamp.art")
    return {
        "type": "t",
        "id": id_of(song.seed, "bandcamp"),
        "art_id": art,
        "img_id": None,
        "name": name,
        "band_id": id_of(artist_seed(song.label if by_label else song.artist), "bandcamp.band"),
        "band_name": song.label if by_label else song.artist,
        "album_name": song.release_title,
        "item_url_root": page,
        "item_url_path": f"{page}/track/{slug(name)}",
        "img": f"https://f4.bcbits.com/img/{art}_3.jpg",
        "album_id": id_of(song.release_seed, "bandcamp.release"),
        "stat_params": f"search_item_id={id_of(song.seed, 'bandcamp')}&search_item_type=t",
    }


def _special(error_type: str, message: str) -> Reply:
    return json_reply({"__api_special__": "exception", "error_type": error_type, "error_message": message})
