"""What every provider's client has to do, against the stand-in server through the real gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mixtrove.matching import Credit, compare
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderBusy, ProviderDown, ProviderOff, ProviderRefused
from mixtrove.providers.gateway import Gateway
from mixtrove.providers.opening import open_gateway
from mixtrove.providers.provider import Provider
from mixtrove.providers.registry import PROVIDERS, open_providers
from mixtrove.providers.simulator import Faults, Simulator, simulate
from mixtrove.settings import Settings

NAMES = [provider.name for provider in PROVIDERS]
UNLIMITED = dict.fromkeys(NAMES)
ROWS = [
    {"id": f"csv:{number}", "artist": artist, "title": title}
    for number, (artist, title) in enumerate(
        [
            ("Ada Quill", "Harbour"),
            ("Ada Quill", "Harbour (Kestrel Remix)"),
            ("Ada Quill", "Harbour (Mira Holt Remix)"),
            ("Ada Quill", "Harbour (Kestrel Dub)"),
            *(("Ada Quill", f"Harbour (Number {number} Remix)") for number in range(30)),
            ("Björk & Öst", "Jóga Ñandú"),
            ("The Sons", 'Who\'s "AC/DC"? (Part 2)'),
        ]
    )
]
HOSTS = {
    "musicbrainz": "musicbrainz.org",
    "discogs": "discogs.com",
    "spotify": "open.spotify.com",
    "beatport": "beatport.com",
    "itunes": "music.apple.com",
    "bandcamp": "bandcamp.com",
}
KNOWN = Credit.parse("Ada Quill", "Harbour (Kestrel Remix)")


@pytest.fixture
def stand_in() -> Iterator[Simulator]:
    with simulate(ROWS, quotas=UNLIMITED, other_versions=0) as simulator:
        yield simulator


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    gateway = open_gateway(Settings(home=tmp_path), contact="tests@example.org")
    yield gateway
    gateway.close()


@pytest.fixture
def environment(stand_in: Simulator, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in stand_in.environment().items():
        monkeypatch.setenv(name, value)
    for name in NAMES:
        monkeypatch.setenv(f"MIXTROVE_{name.upper()}_PER_MINUTE", "100000")
    monkeypatch.setenv("MIXTROVE_BANDCAMP_ENABLED", "true")
    return monkeypatch


@pytest.fixture(params=NAMES)
def provider(
    request: pytest.FixtureRequest, gateway: Gateway, environment: pytest.MonkeyPatch, tmp_path: Path
) -> Provider:
    return open_providers(gateway, home=tmp_path)[request.param]


def asked(stand_in: Simulator, provider: Provider) -> int:
    return sum(received.provider == provider.name for received in stand_in.received)


def test_a_search_brings_the_exact_version_among_others(provider: Provider) -> None:
    found = provider.search(KNOWN, budget=Budget())
    same = [one for one in found.recordings if compare(KNOWN, one.credit).decision == "same"]
    assert [(one.credit.artists, one.credit.full_title) for one in same] == [
        (("Ada Quill",), "Harbour (Kestrel Remix)")
    ]
    assert not found.cached
    assert same[0].provider == provider.name


def test_the_original_is_found_though_there_are_many_versions(provider: Provider) -> None:
    original = Credit.parse("Ada Quill", "Harbour (Original Mix)")
    found = provider.search(original, budget=Budget())
    titles = [
        one.credit.full_title for one in found.recordings if compare(original, one.credit).decision == "same"
    ]
    assert titles == ["Harbour"]


def test_nothing_found_is_an_empty_answer_that_is_kept(provider: Provider, stand_in: Simulator) -> None:
    nobody = Credit.parse("Nobody At All", "Nothing To See")
    assert provider.search(nobody, budget=Budget()).recordings == ()
    before = asked(stand_in, provider)
    again = provider.search(nobody, budget=Budget())
    assert (again.recordings, again.cached) == ((), True)
    assert asked(stand_in, provider) == before


def test_what_is_not_found_is_kept_for_less_long(
    environment: pytest.MonkeyPatch, gateway: Gateway, stand_in: Simulator
) -> None:
    for name in NAMES:
        environment.setenv(f"MIXTROVE_{name.upper()}_MISS_TTL", "0")
    for provider in open_providers(gateway).values():
        nobody = Credit.parse("Nobody At All", "Nothing To See")
        provider.search(nobody, budget=Budget())
        before = asked(stand_in, provider)
        assert not provider.search(nobody, budget=Budget()).cached
        assert asked(stand_in, provider) == before + 1


@pytest.mark.parametrize(
    ("artist", "title"),
    [
        ("ADA QUILL", "harbour [kestrel remix]"),
        ("Ada Quill", "Harbour - Kestrel Rmx"),
        ("Ada  Quill feat. Somebody", "Harbour (Kestrel Extended Remix)"),
    ],
)
def test_equal_questions_spelled_otherwise_are_one_request(
    provider: Provider, stand_in: Simulator, artist: str, title: str
) -> None:
    first = provider.search(KNOWN, budget=Budget())
    before = asked(stand_in, provider)
    second = provider.search(Credit.parse(artist, title), budget=Budget())
    assert second.cached
    assert [one.id for one in second.recordings] == [one.id for one in first.recordings]
    assert asked(stand_in, provider) == before


def test_a_placeholder_is_not_asked(provider: Provider, stand_in: Simulator) -> None:
    assert provider.search(Credit.parse("ID", "ID"), budget=Budget()).recordings == ()
    assert asked(stand_in, provider) == 0


@pytest.mark.parametrize(
    ("artist", "title", "expected"),
    [
        ("Björk & Öst", "Jóga Ñandú", "Jóga Ñandú"),
        ("The Sons", 'Who\'s "AC/DC"? (Part 2)', 'Who\'s "AC/DC"? (Part 2)'),
        ("+-&&||!(){}[]^\"~*?:\\/ AND OR NOT", "title:* OR \\", None),
        ("x" * 500, "y! " * 170, None),
        ("Ada \u202eQuill\x00", "Har\nbour\ud800", None),
        ("!!!", "???!", None),
        ("track:Ada", "artist:\"Harbour\" OR isrc:GBAYE0601498", None),
    ],
)  # fmt: skip
def test_any_text_is_a_safe_question(
    provider: Provider, stand_in: Simulator, artist: str, title: str, expected: str | None
) -> None:
    found = provider.search(Credit.parse(artist, title), budget=Budget())
    assert {received.status for received in stand_in.received} <= {200}
    if expected is not None:
        assert expected in [one.credit.full_title for one in found.recordings]


@pytest.mark.parametrize("fault", ["types", "half", "html", "missing"])
def test_a_body_that_is_no_answer_is_a_failure_and_not_kept(
    provider: Provider, stand_in: Simulator, fault: str
) -> None:
    provider.search(Credit.parse("Warm", "Up"), budget=Budget())  # tokens are there
    stand_in.faults = Faults(rate=1, kinds=(fault,), providers=(provider.name,), persist=True)  # type: ignore[arg-type]
    with pytest.raises(ProviderDown):
        provider.search(KNOWN, budget=Budget(0.3))
    stand_in.faults = None
    found = provider.search(KNOWN, budget=Budget())
    assert not found.cached
    assert "Harbour (Kestrel Remix)" in [one.credit.full_title for one in found.recordings]


@pytest.mark.parametrize("name", ["spotify", "beatport"])
def test_a_token_that_ended_is_renewed_once(
    environment: pytest.MonkeyPatch, gateway: Gateway, stand_in: Simulator, tmp_path: Path, name: str
) -> None:
    provider = open_providers(gateway, home=tmp_path)[name]
    provider.search(Credit.parse("Warm", "Up"), budget=Budget())
    stand_in.forget()
    stand_in.fail(name, "token")  # type: ignore[arg-type]
    assert provider.search(KNOWN, budget=Budget()).recordings
    tokens = [received for received in stand_in.received if "token" in received.path]
    assert [received.status for received in tokens] == [200]
    assert [received.status for received in stand_in.received if "search" in received.path] == [401, 200]


def test_a_quota_says_when_to_come_again(provider: Provider, stand_in: Simulator) -> None:
    stand_in.fail(provider.name, "quota-day")
    with pytest.raises(ProviderBusy) as busy:
        provider.search(KNOWN, budget=Budget())
    assert 86_000 < busy.value.retry_in <= 86_400
    before = asked(stand_in, provider)
    with pytest.raises(ProviderBusy):
        provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget())
    assert asked(stand_in, provider) == before


def test_without_settings_every_provider_is_off_and_says_what_to_do(
    gateway: Gateway, stand_in: Simulator
) -> None:
    for provider in open_providers(gateway).values():
        why = provider.off()
        assert why is not None
        assert "set MIXTROVE_" in why
        with pytest.raises(ProviderOff, match="MIXTROVE_"):
            provider.search(KNOWN, budget=Budget())
    assert stand_in.received == []


def test_switched_off_is_off_whatever_the_credentials(
    environment: pytest.MonkeyPatch, gateway: Gateway
) -> None:
    for name in NAMES:
        environment.setenv(f"MIXTROVE_{name.upper()}_ENABLED", "false")
    for name, provider in open_providers(gateway).items():
        assert f"MIXTROVE_{name.upper()}_ENABLED=true" in (provider.off() or "")


@pytest.mark.parametrize("name", ["spotify", "beatport", "discogs"])
def test_no_secret_is_in_what_is_said_or_kept(
    environment: pytest.MonkeyPatch,
    gateway: Gateway,
    tmp_path: Path,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    for variable in ("SPOTIFY_CLIENT_SECRET", "DISCOGS_TOKEN", "BEATPORT_TOKEN", "BEATPORT_REFRESH_TOKEN"):
        environment.setenv(f"MIXTROVE_{variable}", "hush-hush-1")
    environment.setenv("MIXTROVE_BEATPORT_PASSWORD", "hush-hush-2")
    provider = open_providers(gateway)[name]
    with pytest.raises(ProviderRefused) as refused:
        provider.search(KNOWN, budget=Budget())
    gateway.flush()
    said = [
        str(refused.value),
        repr(refused.value),
        repr(provider.settings),
        repr(provider.policy()),
        caplog.text,
    ]
    assert "MIXTROVE_" in said[0]
    kept = [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not [text for text in (*said, *kept) if "hush-hush" in text]


def test_ids_and_links_are_well_formed_and_lead_back(provider: Provider) -> None:
    found = provider.search(KNOWN, budget=Budget())
    wanted = next(one for one in found.recordings if one.credit.full_title == "Harbour (Kestrel Remix)")
    assert len({one.id for one in found.recordings}) == len(found.recordings)
    for one in found.recordings:
        assert re.fullmatch(r"[\w:.-]{1,80}", one.id)
        assert one.url is not None
        parts = urlsplit(one.url)
        assert parts.scheme == "https"
        assert f".{parts.hostname}".endswith(f".{HOSTS[provider.name]}")
    again = provider.by_id([wanted.id], budget=Budget())
    assert [(one.id, one.credit.full_title) for one in again.recordings] == [
        (wanted.id, wanted.credit.full_title)
    ]


def test_ids_that_are_none_are_not_asked(provider: Provider, stand_in: Simulator) -> None:
    odd = ["", "../../secret", "1/2", "a b", "\u0661", "1" * 300, "<script>"]
    assert provider.by_id(odd, budget=Budget()).recordings == ()
    assert asked(stand_in, provider) == 0


def test_isrcs_find_their_recordings_where_they_can(provider: Provider) -> None:
    codes = {code for one in provider.search(KNOWN, budget=Budget()).recordings for code in one.isrcs}
    found = provider.by_isrc(["no isrc", *sorted(codes)[:5]], budget=Budget())
    assert bool(found.recordings) == bool(provider.isrc_batch)
    assert {code for one in found.recordings for code in one.isrcs} == (
        set(sorted(codes)[:5]) if provider.isrc_batch else set()
    )


def test_offers_have_a_currency_with_every_price(provider: Provider) -> None:
    versions = provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget())
    offers = [
        offer
        for one in versions.recordings[:8]
        for offer in provider.offers(provider.details(one, budget=Budget()), budget=Budget())
    ]
    assert bool(offers) == (provider.name not in ("musicbrainz", "spotify"))
    for offer in offers:
        assert offer.kind == "offer"
        assert f".{urlsplit(offer.url).hostname}".endswith(f".{HOSTS[provider.name]}")
        assert (offer.price is None) == (offer.currency is None)
        assert offer.currency is None or re.fullmatch("[A-Z]{3}", offer.currency)


@pytest.mark.parametrize("kind", PROVIDERS)
def test_terms_are_declared(kind: type[Provider]) -> None:
    terms = kind.terms
    assert terms.attribution
    assert terms.attribution_url.startswith("https://")
    assert terms.warehouse <= terms.kept
    assert not terms.kept & {"preview_url", "artwork_url", "popularity"}
    assert terms.ceiling is not None
    assert 0 < kind.expected < 1
