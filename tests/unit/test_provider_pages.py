"""Which recording an address or an id names."""

from __future__ import annotations

import pytest

from mixtrove.errors import BadInput
from mixtrove.providers.pages import recording_at

MBID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"https://musicbrainz.org/recording/{MBID}", ("musicbrainz", MBID)),
        ("https://www.beatport.com/track/glue/9234567", ("beatport", "9234567")),
        ("https://www.beatport.com/de/track/-/9234567?utm=x", ("beatport", "9234567")),
        ("https://open.spotify.com/track/2aJDlirz6v2a4HREki98cP?si=1", ("spotify", "2aJDlirz6v2a4HREki98cP")),
        (
            "https://open.spotify.com/intl-de/track/2aJDlirz6v2a4HREki98cP",
            ("spotify", "2aJDlirz6v2a4HREki98cP"),
        ),
        ("https://music.apple.com/gb/album/glue/1440/?i=1441", ("itunes", "1441")),
        ("https://music.apple.com/us/song/glue/1441", ("itunes", "1441")),
        (
            "https://feelmybicep.bandcamp.com/track/glue?from=x",
            ("bandcamp", "https://feelmybicep.bandcamp.com/track/glue"),
        ),
        ("www.traxsource.com/track/4567/glue", ("traxsource", "4567")),
        ("https://www.junodownload.com/products/bicep-glue/3512345-02/", ("juno", "3512345-02")),
        ("beatport:9234567", ("beatport", "9234567")),
        ("isrc:gb-aye-06-01498", ("isrc", "GBAYE0601498")),
        ("discogs:123:A1", ("discogs", "123:A1")),
        ("Bicep - Glue", None),
        ("0192f3a4", None),
        ("Artist: Title", None),
    ],
)
def test_an_address_names_one_recording(text: str, found: tuple[str, str] | None) -> None:
    assert recording_at(text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://example.org/track/1", "is no page of a track at a place we know"),
        ("https://beatport.com.evil.example/track/glue/1", "is no page of a track at a place we know"),
        ("https://www.discogs.com/release/123-Glue", r"is not the page of one recording \(a release"),
        ("https://www.beatport.com/release/glue/12", "is not the page of one recording"),
        ("http://[::1", "is no address"),
        ("beatport:glue", "'glue' is no id of beatport"),
        ("isrc:123", "'123' is no id of isrc"),
    ],
)
def test_what_names_none_is_said_with_the_remedy(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        recording_at(text)
