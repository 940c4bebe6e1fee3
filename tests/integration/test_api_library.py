"""REST: library tracks and all that is known of them, edits, merges, links, exports; the review queue."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Unpack

import pytest

from mixtrove.api.shapes.asked import TrackListAsked
from mixtrove.client import ApiProblem
from tests.integration.api_scene import MIX, Served, served

UNKNOWN = "01991f2e-8f3a-7c51-9f52-5a8d4be1c7aa"


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Served]:
    with served(tmp_path / "home", database_url) as found:
        found.discovered(MIX, dj="Four Tet", title="Printworks", played_on="2019-03-02")
        yield found


def test_tracks_are_found_by_what_is_known_of_them(api: Served) -> None:
    def titles(**which: Unpack[TrackListAsked]) -> list[str]:
        return [one.title for one in api.client.tracks(**{**which, "order": "artist"})]

    assert titles() == ["Opus", "Go", "Never Heard"]
    assert titles(words="prydz") == titles(artist="eric") == titles(label="pryda") == ["Opus"]
    assert titles(title="four tet") == ["Opus"]
    assert titles(provisional=True) == ["Never Heard"]
    assert titles(dj="four tet", limit=1) == titles()
    assert titles(discovered_after="2100-01-01") == []
    assert titles(wanted=True) == titles(genre="x") == titles(bpm_from=120) == titles(key=["8A", "Am"]) == []
    counted = api.get("/library/tracks?limit=1&total=true").json()
    assert (counted["total"], len(counted["items"])) == (3, 1)
    assert api.get("/library/tracks?bpm_from=130&bpm_to=120").status_code == 422
    assert "is no key" in api.get("/library/tracks?key=H9").json()["detail"]
    assert "query.artst" in api.get("/library/tracks?artst=x").json()["detail"]


def test_a_track_has_its_ids_its_sources_and_every_mix_with_its_neighbours(api: Served) -> None:
    [go] = api.client.tracks(title="go", provisional=False)
    found = api.client.track(go.id)
    assert [(one.provider, one.id) for one in found.external_ids] == [("catalogue", "x:3")]
    assert (found.context.mixes, found.context.djs) == (1, 1)
    [play] = found.context.plays
    assert [one.name for one in play.before] == ["Eric Prydz - Opus (Four Tet Remix)"]
    assert play.mix == "Printworks"
    assert found.want_id is None
    with pytest.raises(ApiProblem, match="there is no track"):
        api.client.track(UNKNOWN)


def test_an_edit_is_made_for_the_version_that_was_read(api: Served) -> None:
    [go] = api.client.tracks(title="go", provisional=False)
    edited = api.client.edit_track(go.id, if_version=go.track_version, genre="Techno", key="8A", bpm=128)
    assert (edited.genre, edited.camelot, edited.bpm) == ("Techno", "8A", 128)
    assert edited.sources["genre"] == ["person"]
    with pytest.raises(ApiProblem) as stale:
        api.client.edit_track(go.id, if_version=go.track_version, genre="House")
    assert stale.value.status == 412
    assert stale.value.headers["ETag"] == f'"{edited.track_version}"'
    assert stale.value.problem.model_extra is not None
    assert stale.value.problem.model_extra["there"] == {"genre": "Techno"}
    assert api.client.edit_track(go.id, genre=None).genre is None
    path = f"/api/v1/library/tracks/{go.id}"
    for body in (
        {},
        {"bpm": 4000},
        {"heard": 9},
        {"title": ""},
        {"key": "H9"},
        {"release_date": "2026-02-31"},
    ):
        assert api.client.http.patch(path, json=body).status_code == 422, body
    wrong = api.client.http.patch(path, json={"genre": "x"}, headers={"If-Match": "seven"})
    assert wrong.status_code == 412


def test_a_person_says_what_an_unknown_track_is(api: Served) -> None:
    api.discovered("1. Nobody - Never Heard\n2. A - B", dj="Other")
    [unknown] = [one for one in api.client.tracks(provisional=True) if one.artist == "Nobody"]
    done = api.client.identify_track(
        unknown.id, "Somebody", "Heard (Live Mix)", {"beatport": "123", "discogs": "9:1"}
    )
    assert done.entries == 2
    found = api.client.track(done.library_track_id)
    assert (found.track.artist, found.track.title, found.track.version) == ("Somebody", "Heard", "Live Mix")
    assert found.track.heard == 2
    assert {(one.provider, one.id) for one in found.external_ids} == {("beatport", "123"), ("discogs", "9:1")}

    [go] = api.client.tracks(title="go", provisional=False)
    renamed = api.client.identify_track(go.id, "Moby", "Go (Woodtick Mix)")
    assert renamed.library_track_id == go.id
    assert api.client.track(go.id).track.version == "Woodtick Mix"
    assert api.post(f"/library/tracks/{go.id}/identify", json={"artist": "A"}).status_code == 422


def test_two_tracks_become_one_and_two_again(api: Served) -> None:
    api.discovered("1. Ten Walls - Walking with Elephants", dj="Other")
    [kept] = api.client.tracks(title="go", provisional=False)
    [one] = api.client.tracks(artist="ten walls")
    other = one.id
    assert api.client.merge_tracks(kept.id, [other]).kept == kept.id
    assert api.client.track(other).track.id == kept.id
    assert {api.client.unmerge_track(kept.id).given_back} == {other}
    assert api.client.track(other).track.id == other
    assert api.post(f"/library/tracks/{kept.id}/merge", json={"merged": [kept.id]}).status_code == 422
    assert api.post(f"/library/tracks/{kept.id}/unmerge").status_code == 422
    assert api.post(f"/library/tracks/{UNKNOWN}/unmerge").status_code == 404


def test_a_track_has_places_to_look_for_it(api: Served) -> None:
    [go] = api.client.tracks(title="go", provisional=False)
    places = api.client.purchase_links(go.id)
    assert {one.kind for one in places.places} == {"search"}
    assert all(one.url.startswith("https://") for one in places.places)
    assert api.client.purchase_links(go.id, refresh=True).failed == {}


def test_the_library_is_exported_as_it_is_listed(api: Served) -> None:
    text = b"".join(api.client.export_library("csv", order="artist")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["title"] for row in rows] == ["Opus", "Go", "Never Heard"]
    lines = b"".join(api.client.export_library("txt", genre="none")).decode()
    assert lines == ""
    answer = api.get("/library/export?format=m3u8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="library.m3u8"'
    assert answer.text.startswith("#EXTM3U")
    assert api.get("/library/export?format=exe").status_code == 422


CURSORS = {
    "/want-list": [1, 1, "2026-01-01T00:00:00+00:00", "x"],
    "/review": [1, "x"],
    "/tracklists": ["x"],
    "/library/tracks?order=heard": ["heard", 1, "a", "b", "x"],
    "/library/tracks?order=artist": ["artist", "a", "b", "x"],
    "/library/tracks?order=newest": ["newest", "x"],
}
NO_TEXT = ["\ud800", "a\0b", None, 1.5]
NO_NUMBER = [10**30, -(2**63) - 1, True, "1"]
NO_TIME = ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00", "yesterday"]


def test_a_cursor_that_somebody_edited_begins_no_page(api: Served) -> None:
    for path, values in CURSORS.items():

        def ask(cursor: list[object], path: str = path) -> int:
            text = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
            answer = api.get(f"{path}{'&' if '?' in path else '?'}after={text}")
            assert answer.headers["Content-Type"] != "text/plain; charset=utf-8"
            return answer.status_code

        assert ask([*values]) == 200, path
        assert ask([*values, "more"]) == ask([*values[:-1]]) == ask([]) == 404
        for place, value in enumerate(values):
            wrong: list[object] = [*(NO_NUMBER if value == 1 else NO_TEXT)]
            wrong += NO_TIME if "T00" in str(value) else []
            for other in wrong:
                assert ask([*values[:place], other, *values[place + 1 :]]) == 404, (path, place, other)


def test_lines_that_wait_are_decided_one_by_one_and_together(api: Served) -> None:
    mix = api.discovered("1. A - One\n2. B - Two\n3. C - Three\n4. D - Four", dj="Other")
    lines = {one.credit: one.id for one in api.client.tracklist(mix).lines}
    waiting = list(api.client.review(tracklist_id=mix))
    assert {one.id for one in waiting} == set(lines.values())
    assert len(list(api.client.review(limit=1))) == api.get("/review?total=true").json()["total"] == 5

    done = api.client.decide(lines["A - One"], "assign", track="Moby - Go")
    assert (done.kind, done.entries) == ("assign", 1)
    both = api.client.decide_all(
        [
            {"id": lines["B - Two"], "decision": "is_id"},
            {"id": lines["C - Three"], "decision": "unreleased"},
        ]
    )
    assert [one.kind for one in both] == ["is_id", "unreleased"]
    assert [one.id for one in api.client.review(tracklist_id=mix)] == [lines["D - Four"]]
    assert [one.id for one in api.client.review(unreleased=True)] == [lines["C - Three"]]
    assert api.client.decide(lines["A - One"], "undo").kind == "undo"

    line = f"/review/{lines['D - Four']}"
    assert api.get(line).json()["line"] == "4. D - Four"
    for given in (
        {"decision": "accept"},
        {"decision": "accept", "track": "x"},
        {"decision": "maybe"},
        {"decision": "undo"},
        {"decision": "assign", "track": "https://example.org/x"},
    ):
        assert api.post(line, json=given).status_code == 422, given
    assert api.post(f"/review/{UNKNOWN}", json={"decision": "reject"}).status_code == 404
    twice = [{"id": lines["D - Four"], "decision": "reject"}] * 2
    assert api.post("/review/bulk", json={"decisions": twice}).status_code == 422
    assert lines["D - Four"] in [one.id for one in api.client.review(tracklist_id=mix)]


def test_an_id_that_another_track_has_is_refused_and_nothing_is_changed(api: Served) -> None:
    [go] = api.client.tracks(title="go", provisional=False)
    [opus] = api.client.tracks(title="opus")
    [unknown] = api.client.tracks(provisional=True)
    api.client.identify_track(go.id, "Moby", "Go", {"beatport": "555"})
    for track, name in ((opus, "Opus (Live Mix)"), (unknown, "Heard")):
        path = f"/library/tracks/{track.id}/identify"
        body = {"artist": "Somebody", "title": name, "external_ids": {"discogs": "9", "beatport": "555"}}
        refused = api.post(path, json=body)
        assert refused.status_code == 409
        assert f"beatport 555 is the id of track {go.id} (Moby - Go)" in refused.json()["detail"]
        assert api.client.track(track.id).track.artist == track.artist
        assert api.post(path, json={**body, "external_ids": {"beatport": ""}}).status_code == 422
    assert ("discogs", "9") not in {(one.provider, one.id) for one in api.client.track(opus.id).external_ids}
    [own] = [one.id for one in api.client.track(go.id).external_ids if one.provider == "beatport"]
    assert own == "555"


def test_a_version_that_is_not_there_any_more_stops_every_edit(api: Served) -> None:
    api.discovered("1. Ten Walls - Walking with Elephants", dj="Other")
    tracks = {one.title: one for one in api.client.tracks()}
    go, unknown, walls = tracks["Go"], tracks["Never Heard"], tracks["Walking with Elephants"]
    named = {"artist": "A", "title": "B"}
    for path, body in (
        (f"/library/tracks/{go.id}/identify", named),
        (f"/library/tracks/{unknown.id}/identify", named),
        (f"/library/tracks/{go.id}/merge", {"merged": [walls.id]}),
        (f"/library/tracks/{go.id}/unmerge", None),
    ):
        for given in ('"999"', 'W/"1"', "abc"):
            assert api.post(path, json=body, headers={"If-Match": given}).status_code == 412, (path, given)
    assert {one.title: one for one in api.client.tracks()} == tracks
    merge = f"/library/tracks/{go.id}/merge"
    current = {"If-Match": f'"{go.track_version}"'}
    assert api.post(merge, json={"merged": [walls.id]}, headers=current).status_code == 200
    [waiting] = api.client.review()
    ignored = api.post(f"/review/{waiting.id}", json={"decision": "reject"}, headers={"If-Match": '"1"'})
    assert (ignored.status_code, "is not looked at here" in ignored.json()["detail"]) == (400, True)
    assert [one.id for one in api.client.review()] == [waiting.id]
    assert api.post(f"/library/tracks/{go.id}/unmerge", json={"to": "x"}).status_code == 400


def test_several_decisions_are_all_made_or_none(api: Served) -> None:
    mix = api.discovered("1. A - One\n2. B - Two", dj="Other")
    lines = {one.credit: one.id for one in api.client.tracklist(mix).lines}
    decided = api.client.decide(lines["A - One"], "is_id")
    assert decided.kind == "is_id"
    refused = api.post(
        "/review/bulk",
        json={
            "decisions": [
                {"id": lines["B - Two"], "decision": "reject"},
                {"id": lines["A - One"], "decision": "is_id"},
            ]
        },
    )
    assert refused.status_code == 422
    assert 'POST /api/v1/review/{id} with {"decision": "undo"} takes that back' in refused.json()["detail"]
    assert "`mixtrove" not in refused.json()["detail"]
    assert [one.id for one in api.client.review(tracklist_id=mix)] == [lines["B - Two"]]
