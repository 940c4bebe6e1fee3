"""Which recording the page of a shop or database is of, from its address alone. Nothing is asked.

Addresses as the services write them (November 2026). Not here: pages that search (``store_links.py``).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from mixtrove.errors import BadInput

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PAGES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("musicbrainz", "musicbrainz.org", re.compile(rf"/recording/({_UUID})")),
    ("beatport", "beatport.com", re.compile(r"(?:/[a-z]{2})?/track/[^/]+/([0-9]+)")),
    ("spotify", "open.spotify.com", re.compile(r"(?:/intl-[a-z]{2})?/track/([0-9A-Za-z]{22})")),
    ("itunes", "music.apple.com", re.compile(r"/[a-z]{2}/song/(?:[^/]+/)?([0-9]+)")),
    ("traxsource", "traxsource.com", re.compile(r"/track/([0-9]+)")),
    ("juno", "junodownload.com", re.compile(r"/products/(?:[^/]+/)?([0-9]+-[0-9]+)")),
)
_FORMS = {
    "musicbrainz": re.compile(_UUID),
    "beatport": re.compile("[0-9]+"),
    "spotify": re.compile("[0-9A-Za-z]{22}"),
    "itunes": re.compile("[0-9]+"),
    "discogs": re.compile("[0-9]+:.+"),
    "bandcamp": re.compile(".+"),
    "traxsource": re.compile("[0-9]+"),
    "juno": re.compile("[0-9]+-[0-9]+"),
    "isrc": re.compile("[A-Z]{2}[A-Z0-9]{3}[0-9]{7}"),
}
_PREFIXED = re.compile(r"([a-z]+)[:/ ]\s*(\S+)", re.IGNORECASE)
_MANY = {"discogs.com": "release", "beatport.com": "release", "musicbrainz.org": "release"}
KNOWN = "MusicBrainz, Beatport, Spotify, Apple Music, Bandcamp, Discogs, Traxsource, Juno"


def recording_at(text: str) -> tuple[str, str] | None:
    """(provider, id) of the recording that an address or ``provider:id`` names; None when it is neither.

    >>> recording_at("https://www.beatport.com/track/opus/123")
    ('beatport', '123')

    Raises:
        BadInput: it is an address, and not of one recording at a place we know.
    """
    text = text.strip()
    if "://" not in text and not text.lower().startswith("www."):
        return _by_id(text)
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        host = (url.hostname or "").removeprefix("www.")
    except ValueError as error:
        raise BadInput(f"{text[:200]!r} is no address: {error}") from error
    for provider, place, path in _PAGES:
        if _is_at(host, place):
            if found := path.match(url.path):
                return provider, found[1]
            if provider == "itunes" and (number := parse_qs(url.query).get("i", [""])[0]).isdigit():
                return provider, number
            break
    if _is_at(host, "bandcamp.com") and url.path.startswith("/track/"):
        return "bandcamp", f"https://{host}{url.path.rstrip('/')}"
    for place, what in _MANY.items():
        if _is_at(host, place):
            raise BadInput(
                f"{text[:200]} is not the page of one recording (a {what} has several): paste the track's "
                'own page, or "Artist - Title (Version)"'
            )
    raise BadInput(
        f'{text[:200]} is no page of a track at a place we know ({KNOWN}): paste "Artist - Title (Version)" '
        "instead"
    )


def _by_id(text: str) -> tuple[str, str] | None:
    prefixed = _PREFIXED.fullmatch(text)
    if prefixed is None:
        return None
    provider, number = prefixed[1].lower(), prefixed[2]
    if provider == "isrc":
        number = number.upper().replace("-", "")
    form = _FORMS.get(provider)
    if form is None:
        return None
    if not form.fullmatch(number):
        raise BadInput(f"{number!r} is no id of {provider}: paste the address of the track's page instead")
    return provider, number


def _is_at(host: str, place: str) -> bool:
    return host == place or host.endswith(f".{place}")
