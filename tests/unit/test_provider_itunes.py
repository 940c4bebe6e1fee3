"""iTunes: queries, mixed cuts, prices that are none, and addresses that are not its own."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mixtrove.matching import Credit
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderBusy
from mixtrove.providers.itunes import ITunes
from mixtrove.providers.recording import Offer
from tests.provider_server import answer
from tests.unit.provider_scene import params_of, scene

PAGE = "https://music.apple.com/gb/album/harbour/7?i=1&uo=4"


def song(**fields: Any) -> dict[str, Any]:
    return {
        "wrapperType": "track", "kind": "song", "trackId": 1, "artistName": "Ada Quill",
        "trackName": "Harbour", "collectionName": "Harbour - EP", "collectionId": 7, "trackViewUrl": PAGE,
        "previewUrl": "https://audio-ssl.itunes.apple.com/x/1.m4a", "trackPrice": 0.99, "currency": "GBP",
        "releaseDate": "2012-05-29T12:00:00Z", "trackTimeMillis": 225965, "primaryGenreName": "Dance",
        **fields,
    }  # fmt: skip


def test_a_search_reads_past_newlines_and_puts_mixed_cuts_last(tmp_path: Path) -> None:
    album = {"wrapperType": "collection", "collectionId": 7}
    video = song(kind="music-video", trackId=4)
    body = {"results": [song(trackId=2, trackName="Harbour (Mixed)"), album, video, song()]}
    reply = answer(body=b"\n\n\n" + json.dumps(body).encode(), Content_Type="text/javascript; charset=utf-8")
    with scene(ITunes, tmp_path, reply, country="GB") as (provider, server):
        found = provider.search(Credit.parse("Ada Quill", "Harbour (Extended Mix)"), budget=Budget())
    assert [one.id for one in found.recordings] == ["1", "2"]
    assert params_of(server.asked[0]) == {
        "term": ["Ada Quill Harbour"], "media": ["music"], "entity": ["song"], "limit": ["50"],
        "country": ["GB"],
    }  # fmt: skip
    one = found.recordings[0]
    assert (one.credit.duration, one.release_date, one.genre) == (225.965, "2012-05-29", "Dance")
    assert one.extra == {"preview_url": "https://audio-ssl.itunes.apple.com/x/1.m4a"}
    assert one.offers == (Offer("itunes", PAGE, price=Decimal("0.99"), currency="GBP"),)


@pytest.mark.parametrize("fields", [{"trackPrice": -1.0}, {"trackPrice": None}, {"currency": None}])
def test_what_is_not_sold_singly_is_no_offer(tmp_path: Path, fields: dict[str, Any]) -> None:
    with scene(ITunes, tmp_path, {"results": [song(**fields)]}) as (provider, _):
        (one,) = provider.by_id(["1"], budget=Budget()).recordings
        assert one.url == PAGE
        assert provider.offers(one, budget=Budget()) == ()


@pytest.mark.parametrize(
    "address",
    ["http://music.apple.com/x", "https://music.apple.com.example.org/x", "https://me@music.apple.com/x",
     "https://music.apple.com:8443/x", "javascript:alert(1)", "https://music.apple.com/\"><script>", "/x"],
)  # fmt: skip
def test_addresses_that_are_not_its_own_are_dropped(tmp_path: Path, address: str) -> None:
    body = {"results": [song(trackViewUrl=address, previewUrl=address)]}
    with scene(ITunes, tmp_path, body) as (provider, _):
        (one,) = provider.by_id(["1"], budget=Budget()).recordings
    assert (one.url, one.offers, one.extra) == (None, (), {})


def test_ids_are_asked_in_batches_of_150(tmp_path: Path) -> None:
    with scene(ITunes, tmp_path, {"results": [song()]}) as (provider, server):
        found = provider.by_id([str(number) for number in range(1, 200)], budget=Budget())
    assert [len(params_of(asked)["id"][0].split(",")) for asked in server.asked] == [150, 49]
    assert [one.id for one in found.recordings] == ["1"]


def test_403_with_nothing_in_it_is_a_quota(tmp_path: Path) -> None:
    with (
        scene(ITunes, tmp_path, answer(403, b"", Content_Type="text/html")) as (provider, _),
        pytest.raises(ProviderBusy) as busy,
    ):
        provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget())
    assert 60 < busy.value.retry_in <= 75
