"""Discogs: which release is looked at, and its tracks as credits."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mixtrove.matching import Credit
from mixtrove.providers.budget import Budget
from mixtrove.providers.discogs import Discogs
from mixtrove.providers.opening import open_gateway
from mixtrove.providers.recording import Offer
from mixtrove.settings import Settings
from tests.unit.provider_scene import params_of, path_of, scene

ROWS = {
    "results": [
        {"id": 1, "type": "release", "title": "Various - Club Hits"},
        {"id": 2, "type": "release", "title": "Ada Quill - Harbour"},
        {"id": 3, "type": "release", "title": "Ada Quill - Harbour (Kestrel Remixes)"},
        {"id": 4, "type": "master", "title": "Ada Quill - Harbour"},
    ]
}


def release(**fields: Any) -> dict[str, Any]:
    return {
        "id": 3, "title": "Harbour (Kestrel Remixes)", "released": "2016-05-00",
        "artists": [{"name": "Ada Quill (2)", "join": "&"}, {"name": "Mo*", "join": ""}],
        "labels": [{"id": 9, "name": "North Quay (3)", "catno": "NQ 7"}],
        "genres": ["Electronic"], "styles": ["Deep House", "Dub"],
        "tracklist": [
            {"type_": "heading", "title": "Side A", "position": ""},
            {"type_": "track", "position": "A1", "title": "Harbour", "duration": "7:02",
             "extraartists": [{"name": "Kestrel (4)", "role": "Remix"}]},
            {"type_": "track", "position": "B1", "title": "Harbour (Dub)", "duration": "",
             "artists": [{"name": "Persuader, The", "join": ""}],
             "extraartists": [{"name": "Kestrel (4)", "role": "Remix, Producer"}]},
        ],
        **fields,
    }  # fmt: skip


def test_the_release_that_names_the_version_is_looked_at(tmp_path: Path) -> None:
    with scene(Discogs, tmp_path, ROWS, release(), token="t") as (provider, server):
        found = provider.search(Credit.parse("Ada Quill & Mo", "Harbour (Kestrel Remix)"), budget=Budget())
    search, tracks = server.asked
    assert path_of(search) == "/database/search"
    assert params_of(search) == {
        "type": ["release"], "artist": ["Ada Quill"], "track": ["Harbour"], "per_page": ["25"]
    }  # fmt: skip
    assert search.headers["Authorization"] == "Discogs token=t"
    assert path_of(tracks) == "/releases/3"
    assert [(one.id, one.credit.full_title) for one in found.recordings] == [
        ("3:A1", "Harbour (Kestrel Remix)"), ("3:B1", "Harbour (Dub)")
    ]  # fmt: skip


def test_the_original_is_looked_for_on_the_release_of_its_name(tmp_path: Path) -> None:
    with scene(Discogs, tmp_path, ROWS, release(id=2), token="t") as (provider, server):
        provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget())
    assert path_of(server.asked[1]) == "/releases/2"


def test_versions_of_one_title_share_a_search_and_a_tracklist(tmp_path: Path) -> None:
    with scene(Discogs, tmp_path, ROWS, release(), token="t") as (provider, server):
        provider.search(Credit.parse("Ada Quill", "Harbour (Kestrel Remix)"), budget=Budget())
        again = provider.search(Credit.parse("Ada Quill", "Harbour (Kestrel Dub)"), budget=Budget())
    assert again.cached
    assert len(server.asked) == 2


def test_a_tracklist_becomes_recordings(tmp_path: Path) -> None:
    with scene(Discogs, tmp_path, release(), token="t") as (provider, _):
        one, other = provider.by_id(["3:A1", "3:B1"], budget=Budget()).recordings
    assert one.credit.artists == ("Ada Quill", "Mo")
    assert (one.credit.remixers, one.credit.duration) == (("Kestrel",), 422)
    assert (one.credit.label, one.credit.catalog_number) == ("North Quay", "NQ 7")
    assert (one.release_date, one.genre, one.release_id) == ("2016-05", "Deep House", "3")
    assert one.extra["credits"] == [{"name": "Kestrel", "role": "Remix"}]
    assert one.url == "https://www.discogs.com/release/3"
    assert (other.credit.artists, other.credit.version) == (("The Persuader",), "Dub")
    assert other.credit.duration is None


@pytest.mark.parametrize(
    ("stats", "offers"),
    [
        (
            {"lowest_price": {"value": 12.5, "currency": "GBP"}, "blocked_from_sale": False},
            (
                Offer(
                    "discogs", "https://www.discogs.com/sell/release/3", price=Decimal("12.5"), currency="GBP"
                ),
            ),
        ),
        ({"lowest_price": None, "num_for_sale": 0, "blocked_from_sale": False}, ()),
        ({"lowest_price": None, "num_for_sale": None, "blocked_from_sale": True}, ()),
    ],
)
def test_the_price_is_asked_in_the_currency_that_is_set(
    tmp_path: Path, stats: dict[str, Any], offers: tuple[Offer, ...]
) -> None:
    with scene(Discogs, tmp_path, release(), stats, token="t", currency="GBP") as (provider, server):
        one = provider.by_id(["3:A1"], budget=Budget()).recordings[0]
        assert provider.offers(one, budget=Budget()) == offers
    assert server.asked[1].path == "/marketplace/stats/3?curr_abbr=GBP"


@pytest.mark.parametrize(
    ("settings", "off", "per_minute"),
    [
        ({"token": "t"}, False, 60),
        ({}, True, 25),
        ({"enabled": True}, False, 25),
        ({"enabled": True, "per_minute": 40}, False, 40),
    ],
)
def test_without_a_token_it_is_off_unless_it_is_switched_on_and_slower(
    tmp_path: Path, settings: dict[str, Any], off: bool, per_minute: float
) -> None:
    gateway = open_gateway(Settings(home=tmp_path))
    provider = Discogs(gateway, Discogs.settings_class(**settings), contact="tests@example.org")
    gateway.close()
    assert (provider.off() is not None, provider.policy().per_minute) == (off, per_minute)
