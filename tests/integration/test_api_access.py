"""REST: who may ask, from where, for what, how often; and that no token is written anywhere."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from mixtrove.api.app import create_app
from mixtrove.api.settings import ApiSettings, load_api_settings
from mixtrove.cli import main
from mixtrove.errors import BadInput
from mixtrove.library.api_tokens import create_token
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from tests.integration.api_scene import Served, served

SOMEWHERE = "01991f2e-8f3a-7c51-9f52-5a8d4be1c7aa"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "home", rate=500) as found:
        yield found


def addresses(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Every (method, address) of the API, with an id where one belongs."""
    found = []
    for path, operations in document["paths"].items():
        for name in ("tracklist_id", "track_id", "want_id", "job_id", "entry_id"):
            path = path.replace(f"{{{name}}}", SOMEWHERE)
        found += [(method.upper(), path.replace("{version}", "1")) for method in operations]
    return found


def ask_from(
    client: str, home: Path, requests: list[tuple[str, str, dict[str, str]]]
) -> list[httpx.Response]:
    """The answers to requests that come from this address."""
    app = create_app(Settings(home=home), ApiSettings())

    async def run() -> list[httpx.Response]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app, client=(client, 4711))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                return [
                    await http.request(method, path, headers=headers) for method, path, headers in requests
                ]

    return asyncio.run(run())


@pytest.mark.parametrize("client", ["203.0.113.7", "192.168.1.20", "2001:db8::1", "not an address"])
def test_from_elsewhere_without_a_token_there_is_nothing_but_401(tmp_path: Path, client: str) -> None:
    document = create_app(Settings(home=tmp_path), ApiSettings()).openapi()
    everything = addresses(document)
    assert len(everything) > 35
    odd = [("GET", "/"), ("GET", "/docs"), ("GET", "/api/v1/openapi.json"), ("BREW", "/api/v1/health")]
    answers = ask_from(client, tmp_path, [(method, path, {}) for method, path in everything + odd])
    assert {one.status_code for one in answers} == {401}
    assert {one.headers["WWW-Authenticate"] for one in answers} == {'Bearer realm="mixtrove"'}
    assert {one.json()["title"] for one in answers} == {"A token is needed"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "192.168.1.20:8000"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "["},
        {"Host": "[::1"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"Via": "1.1 proxy"},
    ],
)
def test_this_machine_is_not_taken_at_its_word_when_something_speaks_against_it(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    plain, odd = ask_from(
        "127.0.0.1", tmp_path, [("GET", "/api/v1/health", {}), ("GET", "/api/v1/health", headers)]
    )
    assert (plain.status_code, odd.status_code) == (200, 401)


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_needs_no_token(tmp_path: Path, client: str) -> None:
    [answer] = ask_from(client, tmp_path, [("GET", "/api/v1/want-list", {})])
    assert answer.status_code == 200


def test_a_token_opens_what_its_scope_allows(api: Served) -> None:
    read, edit, admin = (
        {"Authorization": f"Bearer {api.token('someone', scope)}"} for scope in ("read", "edit", "admin")
    )
    http = api.client.http
    mix = http.post("/api/v1/tracklists", json={"text": "A - B"}, headers=edit).json()["tracklist_id"]
    path = f"/api/v1/tracklists/{mix}"
    assert http.get(path, headers=read).status_code == 200
    refused = http.post("/api/v1/tracklists", json={"text": "A - C"}, headers=read)
    assert (refused.status_code, "scope edit" in refused.json()["detail"]) == (403, True)
    assert http.delete(path, headers=edit).status_code == 403
    assert http.delete(path, headers=admin).status_code == 204


def test_wrong_tokens_are_refused_also_on_this_machine(api: Served) -> None:
    for given in ("Bearer nope", "Bearer", "Basic YTpi", "Bearer \x80", "mxt_x", f"bearer  {'x' * 5000}"):
        answer = api.get("/health", headers={"Authorization": given.encode("latin-1")})
        assert answer.status_code == 401, given


def test_a_token_is_made_listed_and_revoked_by_command(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(api.settings.home))
    made = CliRunner().invoke(main, ["token", "create", "phone", "--user", "ana", "--scope", "read"])
    secret = made.stdout.strip()
    assert secret.startswith("mxt_")
    headers = {"Authorization": f"Bearer {secret}"}
    assert api.get("/want-list", headers=headers).status_code == 200
    listed = CliRunner().invoke(main, ["token", "list"]).stdout
    assert "phone" in listed
    assert secret not in listed
    assert secret.encode() not in (api.settings.home / "mixtrove.db").read_bytes()
    token_id = listed.splitlines()[-1].split()[0]
    assert CliRunner().invoke(main, ["token", "revoke", token_id]).stdout == "revoked 1\n"
    assert CliRunner().invoke(main, ["token", "list"]).stdout.startswith("no token yet")
    with served(api.settings.home) as fresh:
        assert fresh.get("/want-list", headers=headers).status_code == 401
    ended = CliRunner().invoke(main, ["token", "create", "x", "--days", "0"])
    assert ended.exit_code == 2


def test_tokens_of_the_environment_serve_containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "a-long-enough-secret-1"
    with served(tmp_path / "home", tokens=f"radio:read:{secret} ana:edit:another-long-secret-2") as api:
        headers = {"Authorization": f"Bearer {secret}"}
        assert api.get("/tracklists", headers=headers).status_code == 200
        assert api.post("/tracklists", json={"text": "A - B"}, headers=headers).status_code == 403
    for wrong in ("radio:read:short", "radio:all:a-long-enough-secret-1", "nonsense"):
        monkeypatch.setenv("MIXTROVE_API_TOKENS", wrong)
        with pytest.raises(BadInput, match="token 1 is not user:scope:token"):
            load_api_settings().given_tokens()


def test_a_server_that_others_reach_does_not_start_without_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))
    done = CliRunner().invoke(main, ["serve", "--host", "0.0.0.0", "--port", "0"])
    assert done.exit_code == 2
    assert "can be reached by others, and there is no token" in done.stderr
    store = Store.open(Settings(home=tmp_path))
    with store.write() as tx:
        create_token(tx, "dj", name="old", scopes=["read"], expires_at=tx.now + timedelta(microseconds=1))
    store.close()
    assert CliRunner().invoke(main, ["serve", "--host", "0.0.0.0", "--port", "0"]).exit_code == 2
    assert CliRunner().invoke(main, ["token", "list"]).stdout.startswith("no token yet")
    assert "old" in CliRunner().invoke(main, ["token", "list", "--revoked"]).stdout


def test_a_token_that_asks_too_often_is_told_when_to_go_on(tmp_path: Path) -> None:
    with served(tmp_path / "home", rate=3) as api:
        headers = {"Authorization": f"Bearer {api.token('eager')}"}
        answers = [api.get("/health", headers=headers) for _ in range(5)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        other = {"Authorization": f"Bearer {api.token('other')}"}
        assert api.get("/health", headers=other).status_code == 200
        assert {api.get("/health").status_code for _ in range(5)} == {200}


def test_tokens_of_the_environment_are_counted_one_by_one(tmp_path: Path) -> None:
    secrets = ("a-long-enough-secret-1", "another-long-secret-2")
    with served(tmp_path / "home", rate=2, tokens=" ".join(f"radio:read:{one}" for one in secrets)) as api:
        for secret in secrets:
            headers = {"Authorization": f"Bearer {secret}"}
            assert [api.get("/health", headers=headers).status_code for _ in range(3)] == [200, 200, 429]


def test_no_token_is_written_to_a_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    given = "a-long-enough-secret-1"
    with (
        caplog.at_level(logging.DEBUG),
        served(tmp_path / "home", rate=9, tokens=f"radio:read:{given}") as api,
    ):
        mix = api.client.import_tracklist("A - B").tracklist_id
        [job] = api.client.discover_tracks(mix, wait=0).jobs
        with sqlite3.connect(api.settings.home / "mixtrove.db") as connection:
            connection.execute("UPDATE discovery_job SET positions = 'nonsense'")
        connection.close()
        secrets = [api.token("dj", "read"), given]
        for secret in secrets:
            headers = {"Authorization": f"Bearer {secret}"}
            answers = [
                api.get("/want-list", headers=headers),
                api.get("/nothing", headers=headers),
                api.get(f"/jobs/{job.id}", headers=headers),
                api.get("/health", headers={"Authorization": f"Bearer {secret}x"}),
                api.get("/health", headers={"Authorization": f"Basic {secret}"}),
                api.post("/want-list", json={}, headers={**headers, "Idempotency-Key": "k"}),
                *(api.get("/health", headers=headers) for _ in range(9)),
            ]
            assert {200, 401, 403, 404, 429, 500} == {one.status_code for one in answers}
            assert not any(secret in one.text or secret in str(one.headers) for one in answers)
    assert "fault" in caplog.text
    ours = "\n".join(
        one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))
    )
    assert not any(secret in ours for secret in secrets)
