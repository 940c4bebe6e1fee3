"""Settings of providers, links to searches of shops, and how far a body is trusted."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mixtrove.errors import BadInput
from mixtrove.matching import Credit
from mixtrove.providers import payload
from mixtrove.providers.opening import open_gateway
from mixtrove.providers.registry import PROVIDERS, open_providers
from mixtrove.providers.store_links import SEARCHES, search_links
from mixtrove.settings import Settings


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MIXTROVE_SPOTIFY_PER_MINUTE", "many", "MIXTROVE_SPOTIFY_PER_MINUTE is set to 'many'"),
        ("MIXTROVE_DISCOGS_CURRENCY", "XXX", "MIXTROVE_DISCOGS_CURRENCY is set to 'XXX'"),
        ("MIXTROVE_ITUNES_BASE_URL", "ftp://x", "it must be an address such as https://api.example.org"),
        (
            "MIXTROVE_BEATPORT_BASE_URL",
            "https://me:hush@x.org",
            "MIXTROVE_BEATPORT_BASE_URL is set to something",
        ),
    ],
)
def test_a_wrong_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    gateway = open_gateway(Settings(home=tmp_path))
    with pytest.raises(BadInput) as bad:
        open_providers(gateway)
    gateway.close()
    assert said in str(bad.value)
    assert "hush" not in str(bad.value)


def test_real_services_need_a_contact_and_others_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = open_gateway(Settings(home=tmp_path))
    assert "MIXTROVE_CONTACT" in (open_providers(gateway)["musicbrainz"].off() or "")
    assert open_providers(gateway, contact="me@example.org")["musicbrainz"].off() is None
    monkeypatch.setenv("MIXTROVE_MUSICBRAINZ_BASE_URL", "http://127.0.0.1:5000/")
    assert open_providers(gateway)["musicbrainz"].off() is None
    gateway.close()


@pytest.mark.parametrize(
    ("name", "per_minute"),
    [
        ("musicbrainz", 50),
        ("beatport", 60),
        ("spotify", 180),
        ("discogs", 60),
        ("itunes", 15),
        ("bandcamp", 20),
    ],
)
def test_limits_are_those_of_the_providers(name: str, per_minute: float) -> None:
    kind = next(provider for provider in PROVIDERS if provider.name == name)
    assert kind.settings_class().per_minute == per_minute


def test_search_links_are_searches_with_words_alone() -> None:
    links = search_links(Credit.parse("Ada & Mo", "C/D? & more (Kestrel Remix)"))
    assert {link.store: link.url for link in links}["traxsource"] == (
        "https://www.traxsource.com/search/tracks?term=Ada+Mo+C+D+more+Kestrel+remix"
    )
    assert [link.store for link in links] == list(SEARCHES)
    assert {(link.kind, link.price, link.currency) for link in links} == {("search", None, None)}
    assert search_links(Credit.parse("ID", "ID")) == ()


@pytest.mark.parametrize(
    ("read", "given", "kept"),
    [
        (payload.isrc, "gb-aye-06-01498", "GBAYE0601498"),
        (payload.isrc, "GBAYE060149", None),
        (payload.release_date, "1994-00-00", "1994"),
        (payload.release_date, "1994-13-01", "1994"),
        (payload.release_date, "2012-05-29T12:00:00Z", "2012-05-29"),
        (payload.release_date, "soon", None),
        (payload.price, -1, None),
        (payload.price, float("inf"), None),
        (payload.price, 0.99, Decimal("0.99")),
        (payload.currency, "eur", None),
        (payload.clean, "a\x00b\nc\u202ed\ud800", "a b cd"),
        (payload.clean, "x" * 9000, "x" * 500),
        (payload.is_number, "٣", False),
    ],
)
def test_what_a_body_says_is_checked(read: Any, given: Any, kept: Any) -> None:
    assert read(given) == kept


def test_every_setting_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "providers.md").read_text(encoding="utf-8")
    for provider in PROVIDERS:
        for field in provider.settings_class.model_fields:
            assert f"_{field.upper()}`" in text, f"{provider.name} {field}"
