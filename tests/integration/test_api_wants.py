"""REST: the want list of a user, its edits side by side, its files, the basket; and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from mixtrove.client import ApiProblem, Client
from tests.integration.api_scene import Served, served

UNKNOWN = "01991f2e-8f3a-7c51-9f52-5a8d4be1c7aa"


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Served]:
    with served(tmp_path / "home", database_url) as found:
        found.discovered()
        yield found


def tracks(api: Served) -> dict[str, str]:
    return {one.title: one.id for one in api.client.tracks()}


def test_a_want_is_added_changed_bought_and_removed(api: Served) -> None:
    ids = tracks(api)
    new = api.post("/want-list", json={"track_id": ids["Opus"], "priority": 4, "notes": "12 inch"})
    assert (new.status_code, new.headers["ETag"]) == (201, '"1"')
    want = new.json()
    again = api.post("/want-list", json={"track_id": ids["Opus"], "priority": 2})
    assert (again.status_code, again.json()["priority"], again.json()["id"]) == (200, 4, want["id"])
    assert (want["title"], want["version"], want["want_version"]) == ("Opus", "Four Tet Remix", 1)

    bought = api.client.set_want(
        want["id"], status="purchased", purchase_price="1.99", currency="eur", store="Bandcamp",
        purchase_date="2026-05-01",
    )  # fmt: skip
    assert (str(bought.purchase_price), bought.currency, bought.status) == ("1.99", "EUR", "purchased")
    assert bought.purchased_at is not None
    assert bought.purchased_at.date().isoformat() == "2026-05-01"
    at = api.client.set_want(want["id"], purchase_date="2026-05-01T10:00:00").purchased_at
    assert at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert api.client.track(ids["Opus"]).want_id == want["id"]
    assert [one.id for one in api.client.wants(status="purchased")] == [want["id"]]
    assert list(api.client.wants(status="wanted")) == []
    api.client.remove_want(want["id"])
    assert api.get(f"/want-list/{want['id']}").status_code == 404


def test_values_that_a_want_cannot_have_are_refused(api: Served) -> None:
    want = api.client.add_want(tracks(api)["Go"])
    path = f"/api/v1/want-list/{want.id}"
    for body in (
        {},
        {"priority": 9},
        {"priority": None},
        {"status": "stolen"},
        {"purchase_price": "1.99"},
        {"status": "purchased", "currency": "euro"},
        {"status": "purchased", "purchase_date": "2999-01-01"},
        {"status": "purchased", "purchase_date": "0001-01-01T00:00:01+14:00"},
        {"status": "purchased", "purchase_date": "1899-12-31"},
        {"cut": "long"},
        {"notes": "a\0b"},
        {"source_tracklist_id": "x"},
        {"source_tracklist_id": UNKNOWN},
    ):
        answer = api.client.http.put(path, json=body)
        assert answer.status_code in (404, 422), body
        assert answer.json()["detail"]
    assert api.client.want(want.id) == want
    assert api.post("/want-list", json={"track_id": UNKNOWN}).status_code == 404
    assert api.post("/want-list", json={"track_id": want.library_track_id, "user": "x"}).status_code == 422


def test_many_wants_are_changed_together_or_not_at_all(api: Served) -> None:
    ids = tracks(api)
    first = api.client.add_want(ids["Opus"])
    done = api.client.change_wants(
        add=[{"track_id": ids["Go"], "priority": 5}], set=[{"id": first.id, "status": "unavailable"}]
    )
    assert ([one.title for one in done.added], [one.status for one in done.set]) == (["Go"], ["unavailable"])
    with pytest.raises(ApiProblem):
        api.client.change_wants(set=[{"id": first.id, "priority": 1}], remove=[UNKNOWN])
    with pytest.raises(ApiProblem) as stale:
        api.client.change_wants(
            set=[{"id": first.id, "priority": 1, "want_version": 1}], remove=[done.added[0].id]
        )
    assert stale.value.status == 412
    assert [(one.title, one.priority) for one in api.client.wants()] == [("Go", 5), ("Opus", 3)]
    assert api.client.change_wants(remove=[first.id]).removed == [first.id]
    assert api.post("/want-list/bulk", json={}).status_code == 422


def test_the_list_is_filtered_paged_and_exported(api: Served) -> None:
    ids = tracks(api)
    for title, priority in (("Go", 2), ("Opus", 5), ("Never Heard", 2)):
        api.client.add_want(ids[title], priority=priority)
    assert [one.title for one in api.client.wants(limit=1)] == ["Opus", "Go", "Never Heard"]
    assert [one.title for one in api.client.wants(priority=3)] == ["Opus"]
    assert list(api.client.wants(added_after="2100-01-01")) == []
    assert api.get("/want-list?total=true&limit=2").json()["total"] == 3
    assert [one.title for one in api.client.wants(search="prydz")] == ["Opus"]
    lines = b"".join(api.client.export_wants("txt", priority=3)).decode().splitlines()
    assert len(lines) == 1
    assert "Opus (Four Tet Remix)" in lines[0]
    basket = api.client.basket()
    assert [one.title for one in basket.missing] == ["Opus", "Go", "Never Heard"]
    assert api.get("/want-list/basket?store=nowhere").status_code == 422


def test_fifty_parallel_edits_of_one_want_lose_none(api: Served) -> None:
    want = api.client.add_want(tracks(api)["Go"], notes="")

    refusals: list[int] = []

    def add_a_sign(_: int) -> None:
        with Client(api.address) as client:
            while True:
                there = client.want(want.id)
                try:
                    client.set_want(want.id, if_version=there.want_version, notes=(there.notes or "") + "x")
                except ApiProblem as stale:
                    refusals.append(stale.status)
                else:
                    return

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(add_a_sign, range(50)))
    assert set(refusals) <= {412}
    assert api.client.want(want.id).notes == "x" * 50
    assert api.client.want(want.id).want_version == 51


def test_fifty_identical_posts_with_one_key_are_one_want(api: Served) -> None:
    ids = tracks(api)
    body = {"track_id": ids["Opus"], "priority": 3}

    def post(_: int) -> tuple[int, bytes]:
        with Client(api.address) as client:
            answer = client.request("POST", "/want-list", json=body, headers={"Idempotency-Key": "8f14-one"})
            return answer.status_code, answer.content

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(post, range(50)))
    assert [status for status, _ in answers] == [201]
    assert len(list(api.client.wants())) == 1
    other = api.post("/want-list", json={"track_id": ids["Go"]}, headers={"Idempotency-Key": "8f14-one"})
    assert (other.status_code, "stands for another request" in other.json()["detail"]) == (422, True)
    again = api.post("/want-list", json=body, headers={"Idempotency-Key": "8f14-one"})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["ETag"] == '"1"'
    assert api.post("/want-list", json=body, headers={"Idempotency-Key": "k" * 256}).status_code == 400


def test_a_file_that_is_sent_again_with_its_key_is_the_same_request(api: Served) -> None:
    key = {"Idempotency-Key": "file-1"}

    def post(boundary: str, words: bytes, more: str = "") -> httpx.Response:
        body = (
            b"--%b\r\nContent-Disposition: form-data; name=file; filename=m.txt\r\n\r\n%b\r\n--%b--\r\n"
        ) % (boundary.encode(), words, boundary.encode())
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}{more}"}
        return api.post("/tracklists", content=body, headers={**key, **kind})

    first = post("aaaa1111", b"X - Y")
    again = post("bbbb2222", b"X - Y", "; charset=utf-8")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert post("aaaa1111", b"X - Z").status_code == 422


def test_a_refusal_that_may_pass_is_not_kept_with_a_key(api: Served) -> None:
    body = {"track_id": tracks(api)["Go"]}
    reader = api.as_user("dj", "read")
    key = {"Idempotency-Key": "k-2"}
    with pytest.raises(ApiProblem) as refused:
        reader.request("POST", "/want-list", json=body, headers=key)
    assert refused.value.status == 403
    assert api.post("/want-list", json=body, headers=key).status_code == 201
    missing = {"track_id": UNKNOWN}
    first = api.post("/want-list", json=missing, headers={"Idempotency-Key": "k-3"})
    second = api.post("/want-list", json=missing, headers={"Idempotency-Key": "k-3"})
    assert (first.status_code, second.status_code, second.headers["Idempotency-Replayed"]) == (
        404,
        404,
        "true",
    )


def test_nobody_sees_or_changes_the_wants_of_another(api: Served) -> None:
    named = tracks(api)
    mine = api.client.add_want(named["Opus"], notes="secret")
    other = api.as_user("other", "admin")
    theirs = other.add_want(named["Go"])

    assert [one.id for one in other.wants()] == [theirs.id]
    assert other.track(named["Opus"]).want_id is None
    assert [one.title for one in other.tracks(wanted=True)] == ["Go"]
    assert "Opus" not in b"".join(other.export_wants("json")).decode()
    assert [one.title for one in other.basket().missing] == ["Go"]
    for attempt in (
        lambda: other.want(mine.id),
        lambda: other.set_want(mine.id, priority=1),
        lambda: other.remove_want(mine.id),
        lambda: other.change_wants(remove=[mine.id]),
        lambda: other.change_wants(set=[{"id": mine.id, "priority": 1}]),
    ):
        with pytest.raises(ApiProblem) as refused:
            attempt()
        assert refused.value.status == 404
    document = api.get("/openapi.json").json()
    ids = {
        "track_id": mine.library_track_id, "tracklist_id": next(api.client.tracklists()).id,
        "entry_id": UNKNOWN, "job_id": UNKNOWN, "version": "1",
    }  # fmt: skip
    seen = 0
    for path, operations in document["paths"].items():
        for method in operations:
            about_mine = "{want_id}" in path
            if method != "get" and not about_mine:
                continue
            address = path.format(want_id=mine.id, **ids)
            body = {"priority": 1} if method == "put" else None
            answer = other.http.request(method, address, json=body)
            assert not about_mine or answer.status_code == 404, (method, path)
            assert mine.id not in answer.text.replace(f"'{mine.id}'", ""), (method, path)
            assert "secret" not in answer.text, (method, path)
            seen += 1
    assert seen > 22
    key = {"Idempotency-Key": "same"}
    ours = api.post("/want-list", json={"track_id": named["Never Heard"]}, headers=key).json()
    assert other.request("POST", "/want-list", json={"track_id": named["Opus"]}, headers=key).json() != ours
    assert api.client.want(mine.id) == mine
