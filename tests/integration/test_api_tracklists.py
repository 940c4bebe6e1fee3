"""REST: bring tracklists in, see their versions, discover what was played, follow and cancel jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from mixtrove.client import ApiProblem
from mixtrove.library import jobs, schema
from mixtrove.library.jobs import claim, get_jobs
from mixtrove.library.store import Store
from tests.integration.api_scene import MIX, Served, served

UNKNOWN = "01991f2e-8f3a-7c51-9f52-5a8d4be1c7aa"


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Served]:
    with served(tmp_path / "home", database_url) as found:
        yield found


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "home") as found:
        yield found


def test_a_tracklist_comes_in_as_json_as_text_as_lines_and_as_a_file(on_sqlite: Served) -> None:
    api = on_sqlite
    new = api.client.import_tracklist(MIX, dj="Four Tet", title="Printworks", played_on="2019-03-02")
    assert (new.outcome, new.entries, new.unknown, new.dj) == ("new", 4, 1, "Four Tet")

    text = api.post(
        "/tracklists", content="A - One\nB - Two\n", headers={"Content-Type": "text/plain"},
        params={"dj": "Ben UFO", "played_on": "2020-01-01"},
    )  # fmt: skip
    assert (text.status_code, text.json()["dj"], text.json()["entries"]) == (201, "Ben UFO", 2)
    assert text.headers["Location"] == f"/api/v1/tracklists/{text.json()['tracklist_id']}"

    lines = api.post(
        "/tracklists",
        json={"tracks": [{"artist": "C", "title": "Three", "version": "D Remix", "cue": "1:00"}]},
    )
    found = api.client.tracklist(lines.json()["tracklist_id"])
    assert [(one.credit, one.cue_seconds) for one in found.lines] == [("C - Three (D Remix)", 60)]

    cue = "\n".join(
        (
            'PERFORMER "Moby"', 'TITLE "Set"', 'FILE "a.mp3" MP3', "  TRACK 01 AUDIO", '    TITLE "Go"',
            '    PERFORMER "Moby"', "    INDEX 01 00:00:00",
        )
    )  # fmt: skip
    form = api.post(
        "/tracklists", files={"file": ("m.txt", b"E - Five")}, data={"dj": "X", "played_on": "2020-01-02"}
    ).json()
    assert (form["dj"], form["played_on"]) == ("X", "2020-01-02")
    one = api.post(
        "/tracklists", content="Plain A - Plain B", headers={"Content-Type": "text/plain; charset=utf-8"}
    ).json()
    assert (one["title"], one["assumed"]) == (None, [])

    file = api.client.import_file(cue.encode(), "set.cue")
    assert (file.outcome, file.dj, file.entries) == ("new", "Moby", 1)


def test_the_same_mix_again_is_an_update_and_earlier_versions_stay_readable(on_sqlite: Served) -> None:
    client = on_sqlite.client
    named = {"dj": "Four Tet", "title": "Printworks", "played_on": "2019-03-02"}
    first = client.import_tracklist("A - One\nID - ID", **named)
    same = on_sqlite.post("/tracklists", json={"text": "A - One\nID - ID", **named})
    assert (same.status_code, same.json()["outcome"]) == (200, "unchanged")
    again = client.import_tracklist("A - One\nB - Two", **named)
    assert (again.outcome, again.tracklist_id) == ("updated", first.tracklist_id)
    details = client.tracklist(first.tracklist_id)
    assert [one.version for one in details.versions] == [1, 2]
    assert details.versions[1].changes == again.changes
    page = "https://example.org/mix"
    client.import_tracklist("C - Three", source_url=page, **{**named, "title": "Elsewhere"})
    kept = client.import_tracklist("C - Three\nD - Four", source_url=page)
    assert (kept.outcome, kept.dj, kept.title, str(kept.played_on)) == (
        "updated", "Four Tet", "Elsewhere", "2019-03-02",
    )  # fmt: skip
    assert client.tracklist_version(first.tracklist_id, 1).lines == ["A - One", "ID - ID"]
    with pytest.raises(ApiProblem, match="no version 7 of tracklist"):
        client.tracklist_version(first.tracklist_id, 7)


def test_what_is_no_tracklist_is_refused_and_nothing_is_stored(on_sqlite: Served) -> None:
    api = on_sqlite
    text = {"Content-Type": "text/plain"}
    refused = [
        (api.post("/tracklists", content="hello", headers=text), 422, "no line is a track"),
        (api.post("/tracklists", content=b"", headers=text), 422, "the body is empty"),
        (api.post("/tracklists", content=b"<a/>", headers={"Content-Type": "text/xml"}), 415, "text/xml"),
        (api.post("/tracklists", json={"text": MIX, "tracks": []}), 422, "body.tracks"),
        (api.post("/tracklists", json={"text": MIX, "djs": "x"}), 422, "body.djs"),
        (api.post("/tracklists", json={"text": "A - B\0"}), 422, "NUL"),
        (api.post("/tracklists", content=b"{", headers={"Content-Type": "application/json"}), 400, "JSON"),
        (api.post("/tracklists", files={"other": b"A - B"}), 422, "named file"),
        (api.post("/tracklists?dj=X", json={"text": MIX}), 422, "leave the query out"),
        (api.post("/tracklists?dj=X", files={"file": b"A - B"}, data={"dj": "Y"}), 422, "say it once"),
        (api.post("/tracklists", files={"file": b"A - B"}, data={"djs": "Y"}), 422, "body.djs"),
        (api.post("/tracklists", json={"text": MIX, "source_url": "javascript:alert(1)"}), 422, "source_url"),
        (
            api.post("/tracklists", json={"tracks": [{"artist": "A", "title": "B", "cue": "99:99:99:99"}]}),
            422,
            "cue",
        ),
        (api.post("/tracklists", json={"text": MIX, "played_on": "2019-02-30"}), 422, "played_on"),
        (api.post("/tracklists", json={"text": MIX, "played_on": "9999-12-31"}), 422, "in the future"),
        (api.post("/tracklists", json={"text": MIX, "played_on": "0001-01-01"}), 422, "before 1900"),
    ]
    for answer, status, words in refused:
        assert answer.status_code == status, answer.text
        assert words in answer.json()["detail"]
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert list(api.client.tracklists()) == []


def test_a_list_is_walked_page_by_page_while_it_grows(on_sqlite: Served) -> None:
    client = on_sqlite.client
    made = [client.import_tracklist(f"A - {n}", dj=f"DJ {n}").tracklist_id for n in range(5)]
    first = on_sqlite.get("/tracklists?limit=2&total=true")
    assert first.json()["total"] == 5
    assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
    client.import_tracklist("A - New", dj="DJ new")
    seen = [one.id for one in client.tracklists(limit=2)][1:]
    assert seen == made[::-1]
    rest = on_sqlite.client.http.get(first.json()["next"]).json()
    assert [one["id"] for one in rest["items"]] == made[2:0:-1]
    assert [one.dj for one in client.tracklists(dj="dj 3")] == ["DJ 3"]
    assert on_sqlite.get("/tracklists?after=nonsense").status_code == 404


def test_tracks_are_discovered_and_listed_when_the_worker_is_quick(api: Served) -> None:
    tracklist_id = api.client.import_tracklist(MIX, dj="Four Tet").tracklist_id
    later = api.client.discover_tracks(tracklist_id, wait=0)
    assert (later.done, [one.status for one in later.jobs]) == (False, ["queued"])
    api.work()
    done = api.client.discover_tracks(tracklist_id, [1, 3], wait=0)
    assert api.client.job(later.jobs[0].id).status == "done"
    assert [(one.position, one.status, one.track) for one in done.tracks] == [
        (1, "identified", "Eric Prydz - Opus (Four Tet Remix)"),
        (3, "provisional", "Nobody - Never Heard"),
    ]
    assert api.client.source(tracklist_id).new_identified == 2


def test_only_the_positions_that_were_asked_for_are_looked_up(api: Served) -> None:
    tracklist_id = api.client.import_tracklist(MIX).tracklist_id
    api.client.discover_tracks(tracklist_id, [2], wait=0)
    api.work()
    assert [one.status for one in api.client.tracklist(tracklist_id).lines] == [
        "pending",
        "identified",
        "pending",
        "skipped",
    ]
    for given in ({"positions": [9]}, {"positions": [0]}, {"process_all": False}, {"positions": "all"}):
        assert api.post(f"/tracklists/{tracklist_id}/discover-tracks", json=given).status_code == 422


def test_more_than_a_hundred_entries_become_several_jobs(on_sqlite: Served) -> None:
    text = "\n".join(f"{n}. Artist {n} - Title {n}" for n in range(1, 251))
    tracklist_id = on_sqlite.client.import_tracklist(text).tracklist_id
    asked = on_sqlite.client.discover_tracks(tracklist_id, wait=0)
    assert [len(one.positions) for one in asked.jobs] == [100, 100, 50]
    on_sqlite.work()
    assert {on_sqlite.client.job(one.id).status for one in asked.jobs} == {"done"}
    assert on_sqlite.client.tracklist(tracklist_id).pending == 0


def test_a_job_is_cancelled_before_and_while_it_is_worked_on(api: Served) -> None:
    tracklist_id = api.client.import_tracklist(MIX).tracklist_id
    [waiting] = api.client.discover_tracks(tracklist_id, wait=0).jobs
    assert api.client.cancel_job(waiting.id).status == "cancelled"
    api.work()
    assert api.client.tracklist(tracklist_id).pending == 3

    [taken] = api.client.discover_tracks(tracklist_id, wait=0).jobs
    store = Store.open(api.settings)
    claimed = claim(store)
    assert claimed is not None
    assert claimed.id == taken.id
    assert api.client.job(taken.id).status == "running"
    api.client.cancel_job(taken.id)
    with store.read() as connection:
        assert get_jobs(connection, [taken.id])[0].status == "cancelled"
    assert claim(store) is None
    store.close()
    assert api.client.cancel_job(taken.id).status == "cancelled"


def test_asking_again_is_answered_with_the_jobs_that_are_there(api: Served) -> None:
    tracklist_id = api.client.import_tracklist(MIX).tracklist_id
    first = api.client.discover_tracks(tracklist_id, wait=0).jobs
    assert api.client.discover_tracks(tracklist_id, wait=0).jobs == first
    assert api.client.discover_tracks(tracklist_id, [2], wait=0).jobs != first
    store = Store.open(api.settings)
    claimed = claim(store)
    assert claimed is not None
    assert [one.id for one in api.client.discover_tracks(tracklist_id, wait=0).jobs] == [claimed.id]
    with store.write() as tx:
        tx.connection.execute(
            sa.update(schema.tracklist).where(schema.tracklist.c.id == tracklist_id).values(updated_at=tx.now)
        )
    assert [one.id for one in api.client.discover_tracks(tracklist_id, wait=0).jobs] != [claimed.id]
    store.close()


def test_more_jobs_than_anybody_needs_do_not_wait(on_sqlite: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_WAITING", 2)
    tracklist_id = on_sqlite.client.import_tracklist(MIX).tracklist_id
    path = f"/tracklists/{tracklist_id}/discover-tracks"
    now = {"Prefer": "respond-async"}
    answers = [on_sqlite.post(path, json={"positions": [n]}, headers=now) for n in (1, 2, 3)]
    assert [one.status_code for one in answers] == [202, 202, 409]
    assert "2 is the most" in answers[2].json()["detail"]


def test_only_what_was_understood_of_a_preference_is_said_to_be_followed(on_sqlite: Served) -> None:
    tracklist_id = on_sqlite.client.import_tracklist(MIX).tracklist_id
    path = f"/tracklists/{tracklist_id}/discover-tracks"
    for given, applied in (("respond-async", "respond-async"), ("foo, wait=0", "wait=0")):
        answer = on_sqlite.post(path, headers={"Prefer": given})
        assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, applied)


def test_a_discovery_that_was_cancelled_is_not_taken_for_one_that_succeeded(on_sqlite: Served) -> None:
    tracklist_id = on_sqlite.client.import_tracklist(MIX).tracklist_id
    asked = on_sqlite.client.discover_tracks(tracklist_id, wait=0)
    assert (asked.done, asked.failed) == (False, False)

    def cancel_soon() -> None:
        time.sleep(0.3)
        on_sqlite.client.cancel_job(asked.jobs[0].id)

    thread = threading.Thread(target=cancel_soon)
    thread.start()
    answer = on_sqlite.post(f"/tracklists/{tracklist_id}/discover-tracks", headers={"Prefer": "wait=abc"})
    thread.join()
    assert (answer.status_code, answer.json()["done"], answer.json()["failed"]) == (200, True, True)
    assert "Preference-Applied" not in answer.headers


def test_a_tracklist_that_was_changed_is_not_deleted_with_an_old_tag(api: Served) -> None:
    tracklist_id = api.client.import_tracklist(MIX).tracklist_id
    path = f"/tracklists/{tracklist_id}"
    read = api.get(path).headers["ETag"]
    api.client.discover_tracks(tracklist_id, wait=0)
    api.work()
    now = api.get(path).headers["ETag"]
    assert now != read
    stale = api.client.http.delete(f"/api/v1{path}", headers={"If-Match": read})
    assert (stale.status_code, stale.headers["ETag"]) == (412, now)
    assert api.client.http.delete(f"/api/v1{path}", headers={"If-Match": now}).status_code == 204


def test_unknown_ids_are_not_found_wherever_they_stand(on_sqlite: Served) -> None:
    api = on_sqlite
    for path in (f"/tracklists/{UNKNOWN}", f"/jobs/{UNKNOWN}", f"/discovery/sources/{UNKNOWN}"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert "there is no" in answer.json()["detail"]
    assert api.post(f"/tracklists/{UNKNOWN}/discover-tracks").status_code == 404
    assert api.get("/tracklists/..%2f..%2fetc").status_code in (404, 422)
    assert api.get("/tracklists/1").status_code == 404


def test_a_tracklist_is_deleted_with_its_plays(api: Served) -> None:
    tracklist_id = api.discovered()
    [opus] = api.client.tracks(title="opus")
    assert opus.heard == 1
    api.client.delete_tracklist(tracklist_id)
    assert api.get(f"/tracklists/{tracklist_id}").status_code == 404
    assert api.client.track(opus.id).track.heard == 0
