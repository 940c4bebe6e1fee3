"""Spotify: the app's token, queries, and rows without what has been closed."""

from __future__ import annotations

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mixtrove.matching import Credit
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderFailure, ProviderRefused
from mixtrove.providers.spotify import Spotify
from tests.provider_server import answer
from tests.unit.provider_scene import params_of, path_of, scene

TOKEN = {"access_token": "opaque-1", "token_type": "Bearer", "expires_in": 3600}
APP = {"client_id": "app", "client_secret": "hush"}


def track(**fields: Any) -> dict[str, Any]:
    return {
        "id": "11dFghVXANMlKmJXsNCbNl", "name": "Harbour - Kestrel Remix",
        "artists": [{"name": "Ada Quill"}, {"name": "Kestrel"}], "duration_ms": 207959,
        "album": {"id": "a1", "name": "Harbour", "album_type": "single", "release_date": "2017-05"},
        "external_ids": {"isrc": "USUM71703861"}, "preview_url": None, **fields,
    }  # fmt: skip


def page(*tracks: Any) -> dict[str, Any]:
    return {"tracks": {"items": list(tracks), "total": 0}}


def test_a_search_is_signed_and_asks_for_ten_rows(tmp_path: Path) -> None:
    with scene(Spotify, tmp_path, TOKEN, page(track(), None), **APP, market="GB") as (provider, server):
        credit = Credit.parse("Ada Quill", 'Harbour: "One" (Kestrel Remix)')
        (one,) = provider.search(credit, budget=Budget()).recordings
    token, search = server.asked
    assert (path_of(token), token.body) == ("/api/token", b"grant_type=client_credentials")
    assert token.headers["Authorization"] == f"Basic {base64.b64encode(b'app:hush').decode()}"
    assert search.headers["Authorization"] == "Bearer opaque-1"
    assert params_of(search) == {
        "q": ["track:Harbour One Kestrel remix artist:Ada Quill"],
        "type": ["track"], "limit": ["10"], "market": ["GB"],
    }  # fmt: skip
    assert (one.credit.title, one.credit.remixers, one.isrcs) == ("Harbour", ("Kestrel",), ("USUM71703861",))
    assert (one.url, one.release_date) == (f"https://open.spotify.com/track/{one.id}", "2017-05")
    assert (one.bpm, one.key, one.extra) == (None, None, {})


def test_an_isrc_gives_the_album_before_the_single_before_the_compilation(tmp_path: Path) -> None:
    rows = [
        track(id=name, album={"id": name, "name": name, "album_type": kind, "release_date": date})
        for name, kind, date in [("c", "compilation", "2010"), ("s", "single", "2011"),
                                 ("late", "album", "2015"), ("early", "album", "2012")]
    ]  # fmt: skip
    odd = track(id="other", external_ids={"isrc": "USUM71703862"})
    with scene(Spotify, tmp_path, TOKEN, page(*rows, odd), **APP) as (provider, server):
        found = provider.by_isrc(["us-um7-17-03861"], budget=Budget())
    assert [one.id for one in found.recordings] == ["early", "late", "s", "c"]
    assert params_of(server.asked[1])["q"] == ["isrc:USUM71703861"]


def test_many_threads_share_one_token(tmp_path: Path) -> None:
    credits = [Credit.parse("Ada Quill", f"Harbour {number}") for number in range(8)]
    with (
        scene(Spotify, tmp_path, TOKEN, page(), **APP) as (provider, server),
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(lambda credit: provider.search(credit, budget=Budget()), credits))
    assert sum(path_of(asked) == "/api/token" for asked in server.asked) == 1


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ([answer(400, b'{"error": "invalid_client"}')], "MIXTROVE_SPOTIFY_CLIENT_SECRET"),
        (
            [TOKEN, answer(403, b"Active premium subscription required"), TOKEN, answer(403, b"premium")],
            "Premium",
        ),
    ],
)
def test_a_refusal_says_what_to_do(tmp_path: Path, replies: list[Any], why: str) -> None:
    with (
        scene(Spotify, tmp_path, *replies, **APP) as (provider, _),
        pytest.raises(ProviderRefused, match=why),
    ):
        provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget())


def test_who_waited_for_a_token_that_failed_does_not_try_again(tmp_path: Path) -> None:
    with scene(Spotify, tmp_path, answer(500), **APP) as (provider, server):
        come = threading.Barrier(5)

        def ask(number: int) -> str:
            come.wait()
            with pytest.raises(ProviderFailure) as caught:
                provider.search(Credit.parse("Ada Quill", f"Harbour {number}"), budget=Budget())
            return caught.value.why

        with ThreadPoolExecutor(5) as pool:
            whys = set(pool.map(ask, range(5)))
    assert whys == {"it failed with status 500"}
    assert [path_of(asked) for asked in server.asked] == ["/api/token"] * 4


def test_waiting_for_the_token_of_another_thread_is_time_that_the_track_spends(tmp_path: Path) -> None:
    asked, goes_on = threading.Event(), threading.Event()

    def slow(handler: Any) -> None:
        asked.set()
        goes_on.wait(10)
        answer(body=json.dumps(TOKEN).encode())(handler)

    with scene(Spotify, tmp_path, slow, page(track()), **APP) as (provider, _), ThreadPoolExecutor(1) as pool:
        first = pool.submit(provider.search, Credit.parse("Ada Quill", "Harbour"), budget=Budget())
        assert asked.wait(10)
        short = Budget(0.2)
        with pytest.raises(ProviderFailure, match="no token in the time for this track"):
            provider.search(Credit.parse("Ada Quill", "Lantern"), budget=short)
        goes_on.set()
        assert first.result().recordings
    assert short.left == 0
