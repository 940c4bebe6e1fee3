"""What goes wrong at the stand-in, seen from outside; and its quotas, in short windows."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from mixtrove.providers.simulator import QUOTAS, FaultKind, Faults, Quota, Simulator, simulate
from mixtrove.providers.simulator.quotas import Window

ROWS = [{"id": str(at), "artist": f"Artist {at}", "title": f"Title {at}"} for at in range(40)]
OVER_THE_LIMIT = (
    '{"error":"Your requests are exceeding the allowable rate limit. '
    'Please see http://wiki.musicbrainz.org/XMLWebService for more information."}'
)
MADE_AT = re.compile(r'"created":"[^"]*"')  # the second of an answer may change between two
AGENT = {"User-Agent": "test/1.0 ( https://example.org )"}


@pytest.fixture
def server() -> Iterator[Simulator]:
    with simulate(ROWS, quotas=dict.fromkeys(QUOTAS), other_versions=0) as running:
        yield running


def ask(
    server: Simulator, provider: str = "musicbrainz", number: int = 1, **settings: Any
) -> requests.Response:
    path, params = {
        "musicbrainz": ("/ws/2/recording", {"query": f'"title {number}"'}),
        "itunes": ("/search", {"term": f"title {number}"}),
        "discogs": ("/releases/1", {}),
        "bandcamp": ("/api/mobile/24/tralbum_details", {}),
        "beatport": ("/v4/my/account", {}),
        "spotify": ("/v1/search", {"q": f"title {number}", "type": "track"}),
    }[provider]
    settings.setdefault("timeout", 5)
    settings["headers"] = AGENT | settings.get("headers", {})
    return requests.get(server.base_url(provider) + path, params=params, allow_redirects=False, **settings)


@pytest.mark.parametrize(
    ("provider", "count", "status", "body"),
    [
        ("musicbrainz", 50, 503, OVER_THE_LIMIT),
        ("discogs", 25, 429, '{"message":"You are making requests too quickly."}'),  # without a token
        ("itunes", 20, 403, ""),
        ("beatport", 60, 429, '{"detail":"Request was throttled."}'),
        ("spotify", 90, 429, '{"error":{"status":429,"message":"API rate limit exceeded"}}'),
    ],
)  # fmt: skip
def test_every_provider_refuses_in_its_way_what_is_over_its_quota(
    provider: str, count: int, status: int, body: str
) -> None:
    with simulate(ROWS) as server, requests.Session():
        for _ in range(count):
            assert ask(server, provider).status_code not in (status, 429)
        refused = ask(server, provider)
        assert (refused.status_code, refused.text) == (status, body)
        assert server.most_in_window(provider) == count
        assert server.refused(provider) == 1


def test_a_window_moves() -> None:
    window = Window(Quota(2, 60.0), speed=20)  # 2 in 3 s
    assert [window.admits(now)[0] for now in (0.0, 1.0, 2.0, 2.9)] == [True, True, False, False]
    assert window.admits(2.5) == (False, 2, 0.5)
    assert [window.admits(now)[0] for now in (3.0, 3.1, 3.9, 4.0)] == [True, False, False, True]


def test_musicbrainz_refuses_everything_until_the_rate_drops() -> None:
    window = Window(Quota(2, 60.0, refused_count=True))
    assert [window.admits(now)[0] for now in (0.0, 1.0, 30.0, 50.0, 62.0, 80.0)] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert window.admits(123.0)[0]


def test_what_is_refused_over_http_fits_again_in_the_next_scaled_window() -> None:
    with simulate(ROWS, speed=40, quotas={"discogs": Quota(5, 20.0)}) as server:  # 5 in 0.5 s
        answers = [ask(server, "discogs") for _ in range(5)]
        assert [one.headers["X-Discogs-Ratelimit-Used"] for one in answers] == ["0", "1", "2", "3", "4"]
        assert {one.headers["X-Discogs-Ratelimit"] for one in answers} == {"5"}
        until = time.monotonic() + 10
        while len([one for one in server.received if one.admitted]) < 10 and time.monotonic() < until:
            ask(server, "discogs")
        times = [one.time for one in server.received if one.admitted]
        assert len(times) == 10
        assert all(later - earlier >= 0.5 for earlier, later in zip(times, times[5:], strict=False))
        assert server.most_in_window("discogs") == 5
        assert server.refused("discogs") == len(server.received) - 10


def test_a_request_that_does_not_answer_ends_when_the_server_closes(server: Simulator) -> None:
    server.fail("musicbrainz", "timeout")
    with pytest.raises(requests.ReadTimeout):
        ask(server, timeout=0.2)
    server.fail("musicbrainz", "timeout")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, server, timeout=60)
        while len(server.received) < 2:
            time.sleep(0.01)
        server.close()
        assert isinstance(waiting.exception(timeout=10), requests.ConnectionError)
    assert [(one.status, one.fault) for one in server.received] == [(0, "timeout"), (0, "timeout")]


def test_a_hanging_provider_costs_the_others_nothing(server: Simulator) -> None:
    server.faults = Faults(kinds=("hang",), providers=("itunes",))
    with pytest.raises(requests.ReadTimeout):
        ask(server, "itunes", timeout=0.2)
    assert ask(server, "musicbrainz").status_code == 200
    server.faults = None
    assert ask(server, "itunes").status_code == 200


def test_a_dripping_body_is_longer_than_the_pause_of_any_read(server: Simulator) -> None:
    server.faults = Faults(1.0, ("drip",), drip=0.05)
    with ask(server, timeout=1, stream=True) as answer:
        chunks = [answer.raw.read1(1024), answer.raw.read1(1024), answer.raw.read1(1024)]
    assert [len(chunk) for chunk in chunks] == [1, 1, 1]


def test_a_reset_is_a_reset(server: Simulator) -> None:
    server.fail("musicbrainz", "reset")
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=5) as connection:
        connection.sendall(b"GET /musicbrainz/ws/2/recording?query=x HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_half_a_json_breaks_off(server: Simulator) -> None:
    server.fail("musicbrainz", "half")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        ask(server)
    assert ask(server).status_code == 200


def test_garbage_has_status_200(server: Simulator) -> None:
    for kind in ("html", "types", "missing"):
        server.fail("musicbrainz", kind)
    html, types, missing = ask(server), ask(server), ask(server)
    assert [answer.status_code for answer in (html, types, missing)] == [200, 200, 200]
    assert html.text.startswith("<!DOCTYPE html>")
    assert types.json()["recordings"][0]["title"] == len("Title 1")
    assert types.json()["recordings"][0]["score"] == "n/a"
    assert missing.json()["recordings"][0].keys() & {"id", "title"} == set()


def test_an_answer_without_rows_is_spoiled_too(server: Simulator) -> None:
    for kind in ("types", "missing"):
        server.fail("musicbrainz", kind)
    assert ask(server, number=4711).json()["recordings"] == "none"
    assert "recordings" not in ask(server, number=4711).json()


def test_servers_have_errors_of_their_own(server: Simulator) -> None:
    server.faults = Faults(1.0, ("server",))
    assert {ask(server, number=number).status_code for number in range(20)} == {500, 502, 503}
    server.faults = None
    server.fail("musicbrainz", "busy")
    assert ask(server).json() == {
        "error": "The MusicBrainz web server is currently busy. Please try again later."
    }


@pytest.mark.parametrize(
    ("provider", "status"), [("musicbrainz", 503), ("spotify", 429), ("itunes", 403), ("discogs", 429)]
)
def test_quota_refusals_name_the_time_in_every_way(server: Simulator, provider: str, status: int) -> None:
    kinds: tuple[FaultKind, ...] = ("quota", "quota-date", "quota-day", "quota-bare")
    for kind in kinds:
        server.fail(provider, kind)
    seconds, date, day, bare = (ask(server, provider) for _ in kinds)
    assert {answer.status_code for answer in (seconds, date, day, bare)} == {status}
    assert seconds.headers["Retry-After"] == "1"
    assert -1 <= parsedate_to_datetime(date.headers["Retry-After"]).timestamp() - time.time() <= 3
    assert day.headers["Retry-After"] == "86400"
    assert "Retry-After" not in bare.headers


def test_a_token_that_expired_is_refused_until_it_is_renewed(server: Simulator) -> None:
    given = server.environment()
    pair = (given["MIXTROVE_SPOTIFY_CLIENT_ID"], given["MIXTROVE_SPOTIFY_CLIENT_SECRET"])

    def signed() -> dict[str, str]:
        url, form = (
            given["MIXTROVE_SPOTIFY_ACCOUNTS_URL"] + "/api/token",
            {"grant_type": "client_credentials"},
        )
        token = requests.post(url, data=form, auth=pair, timeout=5).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    old = signed()
    assert ask(server, "spotify", headers=old).status_code == 200
    server.fail("spotify", "token")
    expired = ask(server, "spotify", headers=old)
    assert (expired.status_code, expired.json()["error"]["message"]) == (401, "The access token expired")
    assert ask(server, "spotify", headers=old).status_code == 401
    assert ask(server, "spotify", headers=signed()).status_code == 200


def test_a_huge_body_is_huge_with_and_without_packing(server: Simulator) -> None:
    server.faults = Faults(1.0, ("huge",), megabytes=3)
    plain = ask(server, headers={"Accept-Encoding": "identity"})
    packed = ask(server)
    assert len(plain.content) == len(packed.content) == 3 * 2**20 + 14
    assert int(packed.headers["Content-Length"]) < 100_000
    assert json.loads(plain.content).keys() == {"padding"}


def test_a_redirect_leads_elsewhere_and_who_follows_it_is_seen(server: Simulator) -> None:
    server.fail("musicbrainz", "redirect")
    answer = ask(server)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{server.url}/elsewhere/ws/2/recording")
    assert requests.get(answer.headers["Location"], timeout=5).status_code == 404
    assert [one.provider for one in server.received] == ["musicbrainz", "elsewhere"]


def test_faults_depend_on_the_question_and_its_attempt_not_on_the_order(server: Simulator) -> None:
    def faults(numbers: list[int]) -> dict[int, list[str | None]]:
        server.faults = Faults(0.3, ("html", "busy", "server"), seed=7)
        server.forget()
        for number in numbers + numbers:
            ask(server, number=number)
        met: dict[int, list[str | None]] = {number: [] for number in sorted(numbers)}
        for number, one in zip(numbers + numbers, server.received, strict=True):
            met[number].append(one.fault)
        return met

    forwards = faults(list(range(40)))
    assert forwards == faults(list(range(39, -1, -1)))
    hit = [kinds for kinds in forwards.values() if kinds[0]]
    assert 6 <= len(hit) <= 20
    assert any(kinds[1] is None for kinds in hit)  # a retry may succeed


def test_persistent_faults_meet_every_attempt(server: Simulator) -> None:
    server.faults = Faults(0.3, ("html",), persist=True)
    for number in range(40):
        said = [MADE_AT.sub("", ask(server, number=number).text) for _ in range(2)]
        assert said[0] == said[1]
    first, again = server.received[::2], server.received[1::2]
    assert [one.fault for one in first] == [one.fault for one in again]
    assert {one.fault for one in first} == {"html", None}


@pytest.mark.parametrize(
    "wrong", [{"rate": 2}, {"kinds": ("flood",)}, {"kinds": ("hang",)}], ids=["rate", "kind", "hang"]
)
def test_faults_that_cannot_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"share|unknown|named"):
        Faults(**wrong)


def test_a_provider_that_is_none_is_refused(server: Simulator) -> None:
    with pytest.raises(ValueError, match="unknown provider 'napster'"):
        server.faults = Faults(providers=("napster",))
    with pytest.raises(ValueError, match="unknown provider 'napster'"):
        server.fail("napster", "html")
    with pytest.raises(ValueError, match="unknown provider 'napster'"):
        simulate(ROWS, quotas={"napster": None})


def test_other_processes_see_the_log_and_change_the_faults(server: Simulator) -> None:
    control = f"{server.url}/_control"
    asked = {"fail": {"provider": "itunes", "kind": "html", "times": 1}, "faults": {"rate": 0.0}}
    assert requests.post(control, json=asked, timeout=5).status_code == 200
    assert ask(server, "itunes").text.startswith("<!DOCTYPE html>")
    (one,) = requests.get(f"{server.url}/_log", params={"provider": "itunes"}, timeout=5).json()
    assert (one["path"], one["status"], one["fault"]) == ("/search?term=title+1", 200, "html")
    assert requests.get(control, timeout=5).json()["providers"]["itunes"]["received"] == 1
    wrong = requests.post(control, json={"faults": {"rate": 3}}, timeout=5)
    assert (wrong.status_code, wrong.json()) == (400, {"error": "a rate of 3 is no share; give 0 to 1"})
    assert requests.delete(f"{server.url}/_log", timeout=5).json() == {}
    assert server.received == []


def test_sixteen_clients_at_once_are_all_counted(server: Simulator) -> None:
    def client(first: int) -> set[int]:
        with requests.Session() as session:
            session.headers.update(AGENT)
            url = server.base_url("musicbrainz") + "/ws/2/recording"
            return {
                session.get(url, params={"query": f"title {number}"}, timeout=10).status_code
                for number in range(first, first + 10)
            }

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(client, range(16))) == [{200}] * 16
    assert len(server.received) == 160
