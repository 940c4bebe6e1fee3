"""Beatport: rows as credits, and signing in once for all processes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mixtrove.matching import Credit
from mixtrove.providers.beatport import Beatport
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderRefused
from mixtrove.providers.opening import open_gateway
from mixtrove.providers.recording import Offer
from mixtrove.providers.simulator import simulate
from mixtrove.settings import Settings
from tests.provider_server import answer
from tests.unit.provider_scene import params_of, path_of, scene

HARBOUR = Credit.parse("Ada Quill", "Harbour (Kestrel Remix)")
GRANTED = {"access_token": "new", "expires_in": 36000, "refresh_token": "next"}


def track(**fields: Any) -> dict[str, Any]:
    return {
        "id": 19364247, "name": "Harbour", "mix_name": "Kestrel Remix", "slug": "harbour",
        "artists": [{"id": 1, "name": "Ada Quill"}, {"id": 2, "name": "Mo"}], "remixers": [], "bpm": 67,
        "key": {"id": 5, "name": "C Minor"}, "genre": {"id": 89, "name": "Afro House"},
        "sub_genre": {"id": 1, "name": "Downtempo"}, "isrc": "GB7NR2431602", "catalog_number": "NQ7",
        "length_ms": 422195, "publish_date": "2024-08-30", "price": {"code": "GBP", "value": 1.59},
        "release": {"id": 4, "name": "Harbour", "label": {"id": 9, "name": "North Quay"}}, **fields,
    }  # fmt: skip


def test_a_row_becomes_a_recording(tmp_path: Path) -> None:
    with scene(Beatport, tmp_path, {"tracks": [track()]}, token="t") as (provider, server):
        (one,) = provider.search(
            Credit.parse("Ada Quill & Mo", "Harbour (Kestrel Remix)"), budget=Budget()
        ).recordings
    assert path_of(server.asked[0]) == "/v4/catalog/search/"
    assert params_of(server.asked[0]) == {
        "q": ["Ada Quill Mo Harbour Kestrel remix"], "type": ["tracks"], "per_page": ["25"]
    }  # fmt: skip
    assert server.asked[0].headers["Authorization"] == "Bearer t"
    assert (one.credit.artists, one.credit.full_title) == (("Ada Quill", "Mo"), "Harbour (Kestrel Remix)")
    assert (one.credit.label, one.credit.catalog_number, one.credit.duration) == (
        "North Quay",
        "NQ7",
        422.195,
    )
    assert (one.bpm, one.key, one.genre, one.isrcs) == (67.0, "C Minor", "Afro House", ("GB7NR2431602",))
    assert one.extra == {"sub_genre": "Downtempo", "label": {"id": 9, "name": "North Quay"}}
    page = "https://www.beatport.com/track/harbour/19364247"
    assert one.offers == (Offer("beatport", page, price=Decimal("1.59"), currency="GBP"),)


@pytest.mark.parametrize(
    ("mix", "remixers", "title", "cut"),
    [
        ("Original Mix", [], "Harbour", None),
        ("Extended Mix", [], "Harbour (Extended Mix)", "extended"),
        ("Remix", [{"id": 3, "name": "Kestrel"}], "Harbour (Kestrel Remix)", None),
        ("Original Mix", [{"id": 3, "name": "Kestrel"}], "Harbour", None),
        (None, None, "Harbour", None),
    ],
)
def test_the_mix_name_says_which_version(
    tmp_path: Path, mix: str | None, remixers: Any, title: str, cut: str | None
) -> None:
    body = track(mix_name=mix, remixers=remixers, key=None, bpm=None, sub_genre=None, slug="../odd slug")
    with scene(Beatport, tmp_path, body, token="t") as (provider, _):
        (one,) = provider.by_id(["19364247"], budget=Budget()).recordings
    assert (one.credit.full_title, one.credit.cut, one.offers[0].cut) == (title, cut, cut)
    assert (one.key, one.bpm) == (None, None)
    assert one.url == "https://www.beatport.com/track/-/19364247"


def test_isrcs_are_asked_forty_at_a_time(tmp_path: Path) -> None:
    codes = [f"GB7NR24{number:05}" for number in range(50)]
    body = {"results": [track(), track(id=2, isrc=codes[1])]}
    with scene(Beatport, tmp_path, body, token="t") as (provider, server):
        found = provider.by_isrc(codes, budget=Budget())
    assert [len(params_of(asked)["isrc"][0].split(",")) for asked in server.asked] == [40, 10]
    assert [one.id for one in found.recordings] == ["2"]


def test_a_refresh_token_is_used_once_and_its_successor_kept_for_the_user_alone(tmp_path: Path) -> None:
    body = {"tracks": [track()]}
    given = {"client_id": "me", "refresh_token": "first"}
    with scene(Beatport, tmp_path, GRANTED, body, **given) as (provider, server):
        provider.search(HARBOUR, budget=Budget())
        assert b"refresh_token=first" in server.asked[0].body
        other = Beatport(provider.gateway, provider.settings, home=tmp_path)  # as another process has it
        other.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget())
    assert [path_of(asked) for asked in server.asked] == [
        "/v4/auth/o/token/", "/v4/catalog/search/", "/v4/catalog/search/"
    ]  # fmt: skip
    kept = tmp_path / "secrets" / "beatport.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["refresh_token"] == "next"


def test_a_damaged_file_of_tokens_is_written_anew(tmp_path: Path) -> None:
    kept = tmp_path / "secrets" / "beatport.json"
    kept.parent.mkdir()
    kept.write_text('{"for": 1, "acc')
    with scene(Beatport, tmp_path, GRANTED, {"tracks": []}, client_id="me", refresh_token="first") as (
        one,
        _,
    ):
        one.search(HARBOUR, budget=Budget())
    assert json.loads(kept.read_text())["access_token"] == "new"


def test_a_refused_account_is_not_tried_again_and_again(tmp_path: Path) -> None:
    account = {"client_id": "me", "username": "selector", "password": "hush"}
    with scene(Beatport, tmp_path, answer(body=b'{"detail": "Invalid"}'), **account) as (provider, server):
        for _ in range(3):
            with pytest.raises(ProviderRefused, match="MIXTROVE_BEATPORT_PASSWORD") as refused:
                provider.search(HARBOUR, budget=Budget())
            assert "hush" not in str(refused.value)
    assert [path_of(asked) for asked in server.asked] == ["/v4/auth/login/"]


ASK = """
import sys
from pathlib import Path
from mixtrove.matching import Credit
from mixtrove.providers.beatport import Beatport
from mixtrove.providers.budget import Budget
from mixtrove.providers.opening import open_gateway
from mixtrove.settings import Settings

home = Path(sys.argv[1])
gateway = open_gateway(Settings(home=home))
provider = Beatport(gateway, Beatport.settings_class(), home=home)
found = provider.search(Credit.parse("Ada Quill", "Harbour " + sys.argv[2]), budget=Budget())
gateway.close()
print(len(found.recordings))
"""


def test_four_processes_sign_in_once(tmp_path: Path) -> None:
    rows = [{"id": f"csv:{n}", "artist": "Ada Quill", "title": f"Harbour {n}"} for n in range(4)]
    open_gateway(Settings(home=tmp_path)).close()  # the database is there
    with simulate(rows, quotas={"beatport": None}, other_versions=0) as stand_in:
        given = {
            name: value for name, value in stand_in.environment().items() if not name.endswith("_TOKEN")
        } | {"MIXTROVE_BEATPORT_PER_MINUTE": "100000"}
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", ASK, str(tmp_path), str(number)], env={**os.environ, **given},
                stdout=subprocess.PIPE, text=True,
            )
            for number in range(4)
        ]  # fmt: skip
        said = [worker.communicate(timeout=60)[0] for worker in workers]
        paths = [received.path.partition("?")[0] for received in stand_in.received]
    assert all(int(text) >= 1 for text in said)
    assert paths.count("/v4/auth/login/") == 1
    assert paths.count("/v4/auth/o/token/") == 1
