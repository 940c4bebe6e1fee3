"""Bandcamp: off by default, labels' pages, and prices that may mean anything."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mixtrove.matching import Credit
from mixtrove.providers.bandcamp import Bandcamp
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderOff
from mixtrove.providers.recording import Offer
from tests.unit.provider_scene import params_of, scene

PAGE = "https://northquay.bandcamp.com/track/harbour"


def rows(*names: tuple[str, str]) -> dict[str, Any]:
    return {
        "auto": {
            "results": [
                {
                    "type": "t",
                    "id": number,
                    "name": name,
                    "band_id": 5,
                    "band_name": band,
                    "item_url_path": PAGE,
                }
                for number, (band, name) in enumerate(names)
            ]
        }
    }


def test_it_is_off_by_default(tmp_path: Path) -> None:
    with (
        scene(Bandcamp, tmp_path, rows()) as (provider, server),
        pytest.raises(ProviderOff, match="MIXTROVE_BANDCAMP_ENABLED=true"),
    ):
        provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget())
    assert server.asked == []


def test_labels_write_the_artist_into_the_title(tmp_path: Path) -> None:
    body = rows(
        ("North Quay", "Ada Quill - Harbour (Kestrel Remix)"), ("Ada Quill", "Harbour - Kestrel Remix"),
        ("Ada Quill", "Ada Quill - Harbour"),
    )  # fmt: skip
    with scene(Bandcamp, tmp_path, body, enabled=True) as (provider, server):
        found = provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget())
    assert [(one.credit.artist, one.credit.full_title, one.credit.label) for one in found.recordings] == [
        ("Ada Quill", "Harbour (Kestrel Remix)", "North Quay"),
        ("Ada Quill", "Harbour (Kestrel Remix)", None),
        ("Ada Quill", "Harbour", None),
    ]  # fmt: skip
    assert json.loads(server.asked[0].body)["search_text"] == "Ada Quill Harbour"
    assert [one.id for one in found.recordings] == ["5:0", "5:1", "5:2"]


@pytest.mark.parametrize(
    ("said", "offers"),
    [
        ({"price": 1.5}, (Offer("bandcamp", PAGE, price=Decimal("1.5"), currency="GBP"),)),
        ({"price": None}, (Offer("bandcamp", PAGE),)),
        ({"price": 1.5, "is_purchasable": False}, ()),
        ({"price": 1.5, "bandcamp_url": "https://example.org/track/harbour"}, ()),
    ],
)
def test_a_price_without_a_number_is_not_said(
    tmp_path: Path, said: dict[str, Any], offers: tuple[Offer, ...]
) -> None:
    track = {"title": "Ada Quill - Harbour", "tralbum_artist": "Ada Quill", "label": "North Quay",
             "currency": "GBP", "is_purchasable": True, "bandcamp_url": PAGE, "release_date": 1604880000,
             **said}  # fmt: skip
    with scene(Bandcamp, tmp_path, track, enabled=True) as (provider, server):
        (one,) = provider.by_id(["5:1"], budget=Budget()).recordings
        assert provider.offers(one, budget=Budget()) == offers
    assert params_of(server.asked[0]) == {"band_id": ["5"], "tralbum_id": ["1"], "tralbum_type": ["t"]}
    assert (one.credit.title, one.credit.label, one.release_date) == ("Harbour", "North Quay", "2020-11-09")


def test_errors_with_status_200_are_none_or_nothing(tmp_path: Path) -> None:
    none = {"__api_special__": "exception", "error_type": "tralbum_not_found"}
    with scene(Bandcamp, tmp_path, none, enabled=True) as (provider, _):
        assert provider.by_id(["5:1"], budget=Budget()).recordings == ()
    refusal = Bandcamp.refusal(200, {}, b'{"__api_special__": "exception", "error_type": "bad"}')
    assert refusal is not None
    assert refusal.kind == "server"
