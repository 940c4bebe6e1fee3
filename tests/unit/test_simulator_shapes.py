"""What the stand-in answers, against facts of the real bodies and of the documentation."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from mixtrove.providers.simulator import QUOTAS, Simulator, simulate

ROWS = [
    {"id": "1", "artist": "Meera, Tripolism", "title": "Stikk (Kollektiv Remix)", "label": "Crosstown Rebels",
     "catalog_number": "CRM316", "isrc": "GB7NR2431602", "year": "2024", "duration": "7:02"},
    {"id": "2", "artist": "Meera, Tripolism", "title": "Stikk"},
    {"id": "3", "artist": "Meera", "title": "Another Stikk"},
    {"id": "4", "artist": "Håkan Lidbo", "title": "Rörelse / AC/DC", "album": "Sånger"},
    *({"id": f"n{at}", "artist": f"Band {at}", "title": "Night"} for at in range(120)),
]  # fmt: skip
BLANK = (
    "You submitted a blank search query. You must include a non-blank 'query=' parameter with your search."
)
AGENT = {"User-Agent": "test/1.0 ( https://example.org )"}


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with simulate(ROWS, quotas=dict.fromkeys(QUOTAS), other_versions=0) as running:
        yield running


def get(
    server: Simulator, path: str, *, headers: dict[str, str] | None = None, **params: Any
) -> requests.Response:
    return requests.get(
        server.url + path, params=params, headers=AGENT | (headers or {}), timeout=5, allow_redirects=False
    )


def search_musicbrainz(server: Simulator, query: str, **params: Any) -> dict[str, Any]:
    answer = get(server, "/musicbrainz/ws/2/recording", query=query, fmt="json", **params)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def test_musicbrainz_scores_the_best_row_100_however_bad(server: Simulator) -> None:
    found = search_musicbrainz(server, "recording:stikk")
    assert found["recordings"][0]["score"] == 100
    assert [row["title"] for row in found["recordings"]] == [
        "Stikk", "Another Stikk", "Stikk (Kollektiv Remix)",
    ]  # fmt: skip
    assert found["count"] == 3
    assert found["offset"] == 0


def test_musicbrainz_takes_limits_up_to_100_and_makes_25_of_larger_ones(server: Simulator) -> None:
    counts = [
        len(search_musicbrainz(server, "night", limit=limit)["recordings"]) for limit in (1, 100, 101, 0)
    ]
    assert counts == [1, 100, 25, 25]


def test_musicbrainz_understands_its_query_language(server: Simulator) -> None:
    def titles(query: str) -> set[str]:
        return {row["title"] for row in search_musicbrainz(server, query)["recordings"]}

    assert titles('recording:"Stikk" AND artist:"Meera, Tripolism"') == {"Stikk", "Stikk (Kollektiv Remix)"}
    batch = '(recording:"another stikk" AND artist:Meera) OR (recording:"Rorelse" AND artist:"Hakan")'
    assert titles(batch) == {"Another Stikk", "Rörelse / AC/DC"}
    assert titles(r"recording:AC\/DC") == {"Rörelse / AC/DC"}
    assert titles("isrc:(GB7NR2431602 OR USUM71703861)") == {"Stikk (Kollektiv Remix)"}
    assert titles("artist:meera AND NOT recording:another") == {"Stikk", "Stikk (Kollektiv Remix)"}
    assert titles("recording:stikk AND artist:nobody") == set()


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", BLANK),
        ('recording:"Stikk', "Search server could not complete query: Bad request"),
        ("recording:(Stikk", "Search server could not complete query: Bad request"),
        ("recording:AC/DC", "Search server could not complete query: Bad request"),
    ],
)  # fmt: skip
def test_musicbrainz_refuses_a_query_it_cannot_read(server: Simulator, query: str, error: str) -> None:
    answer = get(server, "/musicbrainz/ws/2/recording", query=query)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": error, "help": "For usage, please see: https://musicbrainz.org/development/mmd",
    }  # fmt: skip


def test_musicbrainz_looks_up_what_its_search_names(server: Simulator) -> None:
    row = search_musicbrainz(server, "isrc:GB7NR2431602")["recordings"][0]
    assert row["length"] == 422_000
    assert row["artist-credit"][0]["joinphrase"] == ", "
    by_id = search_musicbrainz(server, f"rid:({row['id']} OR 00000000-0000-4000-a000-000000000000)")
    assert [one["id"] for one in by_id["recordings"]] == [row["id"]]
    by_isrc = get(server, "/musicbrainz/ws/2/isrc/GB7NR2431602", inc="isrcs").json()
    assert [one["id"] for one in by_isrc["recordings"]] == [row["id"]]
    assert (
        get(server, f"/musicbrainz/ws/2/recording/{row['id']}").json()["title"] == "Stikk (Kollektiv Remix)"
    )
    release = get(server, f"/musicbrainz/ws/2/release/{row['releases'][0]['id']}", inc="labels").json()
    assert release["label-info"][0]["catalog-number"] == "CRM316"
    assert release["label-info"][0]["label"]["name"] == "Crosstown Rebels"
    assert get(server, "/musicbrainz/ws/2/isrc/XX").json()["error"] == "Invalid isrc."
    assert get(server, "/musicbrainz/ws/2/isrc/USUM71703861").status_code == 404


def test_musicbrainz_looks_up_to_100_addresses_at_once(server: Simulator) -> None:
    resources = [f"https://www.beatport.com/track/x/{number}" for number in range(101)]
    assert get(server, "/musicbrainz/ws/2/url", resource=resources).status_code == 400
    answer = get(server, "/musicbrainz/ws/2/url", resource=resources[:100])
    assert answer.json() == {"url-count": 0, "url-offset": 0, "urls": []}
    token = {"Authorization": "Bearer " + server.environment()["MIXTROVE_BEATPORT_TOKEN"]}
    rows = get(server, "/beatport/v4/catalog/search/", headers=token, q="night", per_page=100).json()[
        "tracks"
    ]
    sold = [f"https://www.beatport.com/track/{row['slug']}/{row['id']}" for row in rows]
    found = get(server, "/musicbrainz/ws/2/url", resource=sold, inc="recording-rels").json()
    assert 10 <= found["url-count"] <= 40
    assert {url["relations"][0]["recording"]["title"] for url in found["urls"]} == {"Night"}
    assert {url["resource"] for url in found["urls"]} <= set(sold)


def test_discogs_needs_a_token_to_search_and_a_user_agent_for_anything(server: Simulator) -> None:
    token = {"Authorization": "Discogs token=" + server.environment()["MIXTROVE_DISCOGS_TOKEN"]}
    without = get(server, "/discogs/database/search", q="stikk")
    assert (without.status_code, without.json()) == (
        401, {"message": "You must authenticate to access this resource."},
    )  # fmt: skip
    nobody = get(server, "/discogs/database/search", headers={"User-Agent": ""}, q="stikk")
    assert (nobody.status_code, nobody.headers["Content-Type"]) == (403, "text/html; charset=utf-8")

    row = get(server, "/discogs/database/search", headers=token, q="tripolism stikk", per_page=250).json()
    assert row["pagination"]["per_page"] == 100
    assert [one["title"] for one in row["results"]] == ["Meera, Tripolism - Stikk"]
    number = row["results"][0]["id"]
    release = get(server, f"/discogs/releases/{number}")
    assert [track["title"] for track in release.json()["tracklist"]] == ["Stikk (Kollektiv Remix)", "Stikk"]
    assert release.json()["tracklist"][0]["extraartists"][0]["name"] == "Kollektiv"
    assert release.headers.keys() >= {
        "X-Discogs-Ratelimit", "X-Discogs-Ratelimit-Used", "X-Discogs-Ratelimit-Remaining",
    }  # fmt: skip
    stats = get(server, f"/discogs/marketplace/stats/{number}", curr_abbr="EUR").json()
    assert stats.keys() == {"num_for_sale", "lowest_price", "blocked_from_sale"}
    label = release.json()["labels"][0]
    assert get(server, f"/discogs/labels/{label['id']}").json()["name"] == "Crosstown Rebels"
    assert get(server, "/discogs/releases/1").json() == {"message": "Release not found."}


def spotify_token(server: Simulator) -> dict[str, str]:
    given = server.environment()
    pair = f"{given['MIXTROVE_SPOTIFY_CLIENT_ID']}:{given['MIXTROVE_SPOTIFY_CLIENT_SECRET']}"
    answer = requests.post(
        given["MIXTROVE_SPOTIFY_ACCOUNTS_URL"] + "/api/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()},
        timeout=5,
    ).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    return {"Authorization": f"Bearer {answer['access_token']}"}


def test_spotify_is_as_new_apps_have_it(server: Simulator) -> None:
    token = spotify_token(server)
    found = get(server, "/spotify/v1/search", headers=token, q="isrc:GB7NR2431602", type="track").json()[
        "tracks"
    ]
    assert (found["total"], found["limit"]) == (0, 5)
    (row,) = found["items"]
    assert row["name"] == "Stikk - Kollektiv Remix"
    assert row["external_ids"] == {"isrc": "GB7NR2431602"}
    assert row["preview_url"] is None
    assert "popularity" not in row
    assert get(server, f"/spotify/v1/tracks/{row['id']}", headers=token).json()["id"] == row["id"]
    text = get(
        server, "/spotify/v1/search", headers=token, q='track:"stikk" artist:"meera"', type="track"
    ).json()
    assert text["tracks"]["total"] == 3

    refused = get(server, "/spotify/v1/search", headers=token, q="x", type="track", limit=50)
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": {"status": 400, "message": "Invalid limit"}},
    )
    assert get(server, "/spotify/v1/audio-features/" + row["id"], headers=token).status_code == 403
    assert get(server, "/spotify/v1/tracks", headers=token, ids=row["id"]).status_code == 403
    assert get(server, "/spotify/v1/search", q="x", type="track").status_code == 401
    wrong = requests.post(server.base_url("spotify-accounts") + "/api/token", auth=("a", "b"), timeout=5)
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")


def test_beatport_splits_the_mix_name_off_and_filters_by_isrc(server: Simulator) -> None:
    token = {"Authorization": "Bearer " + server.environment()["MIXTROVE_BEATPORT_TOKEN"]}
    found = get(
        server, "/beatport/v4/catalog/search/", headers=token, q="meera tripolism stikk", type="tracks"
    ).json()
    assert [(row["name"], row["mix_name"]) for row in found["tracks"]] == [
        ("Stikk", "Original Mix"), ("Stikk", "Kollektiv Remix"), ("Another Stikk", "Original Mix"),
    ]  # fmt: skip
    listed = get(
        server, "/beatport/v4/catalog/tracks/", headers=token, isrc="GB7NR2431602,USUM71703861"
    ).json()
    assert (listed["count"], listed["page"], listed["next"]) == (1, "1/1", None)
    (row,) = listed["results"]
    assert row["length"] == "7:02"
    assert row["catalog_number"] == "CRM316"
    assert row["release"]["label"]["name"] == "Crosstown Rebels"
    assert row["price"].keys() == {"code", "symbol", "value", "display"}
    assert get(server, f"/beatport/v4/catalog/tracks/{row['id']}/", headers=token).json() == row
    missing = get(server, "/beatport/v4/catalog/tracks/1/", headers=token)
    assert (missing.status_code, missing.json()) == (404, {"detail": "Not found."})
    assert get(server, "/beatport/v4/catalog/tracks/", isrc="X").status_code == 401


def test_beatport_signs_in_by_a_code_and_its_refresh_token_rotates(server: Simulator) -> None:
    given, session = server.environment(), requests.Session()
    base = given["MIXTROVE_BEATPORT_BASE_URL"] + "/v4"
    client = {"client_id": given["MIXTROVE_BEATPORT_CLIENT_ID"]}
    wrong = session.post(f"{base}/auth/login/", json={"username": "x", "password": "y"}, timeout=5)
    assert (wrong.status_code, "username" in wrong.json()) == (200, False)
    right = {
        "username": given["MIXTROVE_BEATPORT_USERNAME"], "password": given["MIXTROVE_BEATPORT_PASSWORD"],
    }  # fmt: skip
    assert session.post(f"{base}/auth/login/", json=right, timeout=5).json()["username"] == right["username"]
    asked = client | {"response_type": "code", "redirect_uri": f"{base}/auth/o/post-message/"}
    sent_on = session.get(f"{base}/auth/o/authorize/", params=asked, allow_redirects=False, timeout=5)
    assert sent_on.status_code == 302
    code = sent_on.headers["Location"].partition("?code=")[2]
    bought = client | {"grant_type": "authorization_code", "code": code}
    token = session.post(f"{base}/auth/o/token/", params=bought, timeout=5).json()
    assert (token["expires_in"], token["scope"]) == (36000, "app:docs user:dj")
    renewal = client | {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    renewed = session.post(f"{base}/auth/o/token/", data=renewal, timeout=5).json()
    assert renewed["refresh_token"] != token["refresh_token"]
    assert session.post(f"{base}/auth/o/token/", data=renewal, timeout=5).json() == {"error": "invalid_grant"}
    mine = get(
        server, "/beatport/v4/my/account", headers={"Authorization": f"Bearer {renewed['access_token']}"}
    )
    assert mine.json()["username"] == right["username"]
    session.close()


def test_itunes_starts_with_newlines_and_knows_no_isrc(server: Simulator) -> None:
    answer = get(server, "/itunes/search", term="meera tripolism stikk", media="music", entity="song")
    assert answer.text.startswith("\n\n\n{")
    names = [row["trackName"] for row in answer.json()["results"]]
    assert "Stikk (Kollektiv Remix)" in names
    row = answer.json()["results"][names.index("Stikk (Kollektiv Remix)")]
    assert row["trackTimeMillis"] == 422_000
    assert row["trackViewUrl"].endswith(f"/{row['collectionId']}?i={row['trackId']}&uo=4")
    assert get(server, "/itunes/lookup", id=f"{row['trackId']},1").json()["results"] == [row]
    assert get(server, "/itunes/search", isrc="GB7NR2431602").json() == {"resultCount": 0, "results": []}


def test_bandcamp_completes_and_tells_the_price_of_a_track(server: Simulator) -> None:
    asked = {"search_text": "meera another stikk", "search_filter": "t", "full_page": False, "fan_id": None}
    path = "/api/bcsearch_public_api/1/autocomplete_elastic"
    found = requests.post(server.base_url("bandcamp") + path, json=asked, timeout=5).json()
    (row,) = found["auto"]["results"]
    assert row["type"] == "t"
    assert row["item_url_path"].startswith(row["item_url_root"] + "/track/")
    details = get(
        server, "/bandcamp/api/mobile/24/tralbum_details", tralbum_id=row["id"], tralbum_type="t"
    ).json()
    assert (details["id"], details["currency"]) == (row["id"], "GBP")
    nothing = get(server, "/bandcamp/api/mobile/24/tralbum_details", tralbum_id=1, tralbum_type="t")
    assert (nothing.status_code, nothing.json()["error_type"]) == (200, "tralbum_not_found")


def test_two_servers_say_the_same_and_coverage_leaves_a_share_out() -> None:
    def ids(**settings: Any) -> list[str]:
        with simulate(ROWS, **settings) as one:
            return [row["id"] for row in search_musicbrainz(one, "night", limit=100)["recordings"]]

    everything = ids()
    assert everything == ids()
    some = ids(coverage={"musicbrainz": 0.3}, other_versions=0)
    assert 20 <= len(some) <= 55
    assert some == ids(coverage={"musicbrainz": 0.3}, other_versions=0)


def test_originals_have_wrong_versions_beside_them() -> None:
    with simulate([{"id": "2", "artist": "Meera", "title": "Stikk"}], other_versions=1) as server:
        titles = [row["title"] for row in search_musicbrainz(server, "stikk")["recordings"]]
    assert len(titles) == 2
    assert titles[0] == "Stikk"
    assert titles[1].endswith(" Remix)")
