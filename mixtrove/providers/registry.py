"""All providers, and opening them with the settings of this process's environment."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from mixtrove.providers.bandcamp import Bandcamp
from mixtrove.providers.beatport import Beatport
from mixtrove.providers.discogs import Discogs
from mixtrove.providers.gateway import Gateway
from mixtrove.providers.itunes import ITunes
from mixtrove.providers.musicbrainz import MusicBrainz
from mixtrove.providers.provider import Provider, ProviderSettings
from mixtrove.providers.spotify import Spotify
from mixtrove.settings import from_environment

PROVIDERS: tuple[type[Provider], ...] = (MusicBrainz, Beatport, Spotify, Discogs, ITunes, Bandcamp)
"""In the order in which they are listed."""


def open_providers(
    gateway: Gateway, *, contact: str | None = None, home: Path | None = None
) -> dict[str, Provider]:
    """Every provider by its name, set as the environment says (``MIXTROVE_<PROVIDER>_…``).

    Those that are off are among them: ``Provider.off`` says why. Nothing is asked.

    Args:
        gateway: the one way out, where they make themselves known.
        contact: an address or a URL of who asks (``MIXTROVE_CONTACT``); real services need it.
        home: where a refresh token is kept; None keeps it in memory.

    Raises:
        BadInput: a variable has a value that cannot be used; the text names it.
    """
    return {
        provider.name: provider(gateway, provider_settings(provider), contact=contact, home=home)
        for provider in PROVIDERS
    }


def provider_settings(provider: type[Provider]) -> ProviderSettings:
    """One provider's settings of this process's environment. Raises as ``open_providers`` does."""
    return from_environment(provider.settings_class)


def attributions(names: Collection[str]) -> list[str]:
    """What has to be said beside data and offers of these providers, with a link; a sentence each."""
    return [
        f"{provider.terms.attribution} {provider.terms.attribution_url}"
        for provider in PROVIDERS
        if provider.name in names
    ]
