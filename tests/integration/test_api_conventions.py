"""REST: sizes and slowness, headers, compression, problems, figures, statistics and their cache."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixtrove.api.openapi import written
from mixtrove.api.shapes.review import Decided
from mixtrove.api.shapes.tracklists import Imported, JobState
from mixtrove.api.shapes.wants import Want
from tests.integration.api_scene import Served, served

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "home", max_body=2_000, body_seconds=0.5) as found:
        yield found


def test_the_openapi_document_is_the_one_that_is_committed() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == written(), "run `make openapi`"


def test_every_operation_says_what_it_does_and_which_problems_it_answers() -> None:
    document = json.loads(written())
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert {"401", "403", "422", "429", "500"} <= set(operation["responses"]), (method, path)


def test_answers_that_matter_have_an_example_that_is_one() -> None:
    for shape in (Imported, JobState, Want, Decided):
        [example] = shape.model_json_schema()["examples"]
        found = shape.model_validate(example, by_alias=False, by_name=True)
        assert json.loads(found.model_dump_json()) == example
        [shown] = json.loads(written())["components"]["schemas"][shape.__name__]["examples"]
        assert shown == {name: value for name, value in example.items() if value is not None}


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: Served) -> None:
    text = {"Content-Type": "text/plain"}
    told = api.post("/tracklists", content="A - B\n" * 1_000, headers=text)
    assert (told.status_code, "MIXTROVE_API_MAX_BODY" in told.json()["detail"]) == (413, True)
    untold = api.post("/tracklists", content=iter([b"A - B\n"] * 1_000), headers=text)
    assert untold.status_code == 413
    assert list(api.client.tracklists()) == []


def test_a_body_that_drips_is_given_up(api: Served) -> None:
    port = int(api.address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            b"POST /api/v1/tracklists HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
            b"Content-Length: 500\r\n\r\nA - "
        )
        begin = time.monotonic()
        connection.settimeout(10)
        answer = connection.recv(4_096)
        assert answer.startswith(b"HTTP/1.1 408")
        assert time.monotonic() - begin < 5


def test_broken_requests_are_answered_with_a_problem(api: Served) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("PUT", "/health", 405),
        ("GET", "/library/tracks?limit=0", 422),
        ("GET", "/library/tracks?limit=1e9", 422),
        ("GET", "/library/tracks?words=%00", 422),
        ("GET", "/library/tracks?after=%22%27--", 404),
        ("GET", "/library/tracks?after=W10=", 404),
        ("GET", "/want-list?after=WzEsMSwieCIsInkiXQ==", 404),
    ):
        answer = api.client.http.request(method, f"/api/v1{path}")
        assert answer.status_code == status, path
        problem = answer.json()
        assert problem["status"] == status
        assert problem["type"].startswith("urn:mixtrove:problem:")
        assert len(problem["detail"]) > 10
    untyped = api.post("/want-list", content=b'{"track_id": "x"}')
    assert (untyped.status_code, "send Content-Type: application/json" in untyped.json()["detail"]) == (
        415, True,
    )  # fmt: skip
    form = api.post("/review/bulk", data={"decisions": "x"})
    assert (form.status_code, "x-www-form-urlencoded" in form.json()["detail"]) == (415, True)
    allowed = api.client.http.put("/api/v1/health").headers["Allow"]
    assert "GET" in allowed


def test_every_answer_has_the_headers_that_browsers_are_told_by(api: Served) -> None:
    for path in ("/health", "/nothing", "/want-list"):
        headers = api.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Server" not in headers
        assert "Access-Control-Allow-Origin" not in headers


def test_a_fault_of_ours_is_a_problem_with_a_number_that_the_log_has(
    api: Served, caplog: pytest.LogCaptureFixture
) -> None:
    mix = api.client.import_tracklist("A - B").tracklist_id
    [job] = api.client.discover_tracks(mix, wait=0).jobs
    with sqlite3.connect(api.settings.home / "mixtrove.db") as connection:
        connection.execute("UPDATE discovery_job SET positions = 'nonsense'")
    connection.close()
    answer = api.get(f"/jobs/{job.id}")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json()["title"] == "Something went wrong here"
    assert f"fault {answer.json()['fault']} at GET /api/v1/jobs/{job.id}" in caplog.text
    assert 'route="/jobs/{job_id}",status="500"' in api.get("/metrics").text


def test_long_answers_are_compressed_when_asked(api: Served) -> None:
    answer = api.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in api.get("/openapi.json", headers={"Accept-Encoding": "identity"}).headers


def test_pages_of_named_origins_may_ask(tmp_path: Path) -> None:
    with served(tmp_path / "home", origins=("https://radio.example",)) as api:
        asked = api.client.http.options(
            "/api/v1/tracklists",
            headers={"Origin": "https://radio.example", "Access-Control-Request-Method": "POST"},
        )
        assert asked.headers["Access-Control-Allow-Origin"] == "https://radio.example"
        other = api.client.http.options(
            "/api/v1/tracklists",
            headers={"Origin": "https://other.example", "Access-Control-Request-Method": "POST"},
        )
        assert "Access-Control-Allow-Origin" not in other.headers
        asked = api.client.http.options(
            "/api/v1/discovery/statistics",
            headers={
                "Origin": "https://radio.example", "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "If-None-Match",
            },
        )  # fmt: skip
        assert asked.status_code == 200
        seen = api.get("/health", headers={"Origin": "https://radio.example"}).headers
        assert "Idempotency-Replayed" in seen["Access-Control-Expose-Headers"]


def test_statistics_are_kept_until_the_next_is_published(tmp_path: Path) -> None:
    with served(tmp_path / "home") as api:
        nothing = api.get("/discovery/statistics")
        assert (nothing.status_code, "nothing is published yet" in nothing.json()["detail"]) == (503, True)
        api.discovered(dj="Four Tet", played_on="2019-03-02")
        first = api.get("/discovery/statistics?basis=played")
        assert first.json()["periods"][0]["identified"] == 2
        assert first.json()["built_at"].endswith("Z")
        held = api.get("/discovery/statistics?basis=played", headers={"If-None-Match": first.headers["ETag"]})
        assert (held.status_code, held.content) == (304, b"")
        api.discovered("1. Moby - Go", dj="Other", played_on="2019-03-09")
        second = api.get(
            "/discovery/statistics?basis=played", headers={"If-None-Match": first.headers["ETag"]}
        )
        assert (second.status_code, second.json()["periods"][0]["identified"]) == (200, 3)
        weekly = api.client.statistics("weekly", "played", start="2019-03-04", end="2019-03-10")
        assert [str(one.period_start) for one in weekly.periods] == ["2019-03-04"]
        assert api.get("/discovery/statistics?start=2020-01-02&end=2020-01-01").status_code == 422
        assert api.get("/discovery/statistics?period=yearly").status_code == 422
        assert "no start and no end" in api.get("/discovery/statistics?end=0001-01-01").json()["detail"]
        anything = api.get("/discovery/statistics?basis=played", headers={"If-None-Match": "*"})
        assert anything.status_code == 304
        api.discovered("1. Moby - Porcelain", dj="Before", played_on="2019-01-20")
        trends = api.client.trends(min_mixes=2, kind="track")
        assert [(one.name, one.recent) for one in trends.trends] == [("Moby - Go", 2)]
        assert [one.stretch for one in trends.pace] == ["recent", "before"]


@pytest.mark.redis
def test_statistics_are_shared_by_servers_through_redis(tmp_path: Path, redis_url: str) -> None:
    import redis

    from mixtrove.api.statistics_cache import StatisticsCache
    from mixtrove.warehouse.read import published

    with served(tmp_path / "home") as api:
        api.discovered()
        path = api.settings.warehouse_path
    version = published(path)
    assert version is not None
    with redis.Redis.from_url(redis_url) as server:
        one, other = StatisticsCache(path, server), StatisticsCache(path, server)
        body, tag = one.get("all-time:None:x", version, lambda: b"computed once")
        assert other.get("all-time:None:x", version, lambda: b"computed again") == (body, tag)
        keys = list(server.scan_iter(f"stats:all-time:None:x:{version.built_at.isoformat()}*"))
        assert len(keys) == 1
        assert 0 < server.ttl(keys[0]) <= 900
        server.delete(*keys)
    with redis.Redis(host="127.0.0.1", port=1) as dead:
        assert StatisticsCache(path, dead).get("n", version, lambda: b"all the same")[0] == b"all the same"


def test_figures_for_prometheus_are_by_route(api: Served) -> None:
    api.get("/tracklists/01991f2e-8f3a-7c51-9f52-5a8d4be1c7aa")
    text = api.get("/metrics").text
    assert 'mixtrove_api_requests_total{method="GET",route="/tracklists/{tracklist_id}",status="404"}' in text
    assert "mixtrove_jobs_waiting 0.0" in text
    assert api.client.ready().status == "ok"
    assert {one.name for one in api.client.providers()} >= {"musicbrainz", "discogs", "spotify", "beatport"}
