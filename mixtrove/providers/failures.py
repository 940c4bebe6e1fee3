"""Why a provider gave no answer. None of these means that a track is unknown to it."""

from __future__ import annotations

from mixtrove.errors import MixtroveError


class ProviderFailure(MixtroveError):
    """No answer from a provider. ``retry_in`` is in how many seconds asking again makes sense."""

    def __init__(self, provider: str, why: str, retry_in: float) -> None:
        """Say which provider, why (a sentence without any secret), and when to ask again (seconds)."""
        super().__init__(f"{provider}: {why}")
        self.provider = provider
        self.why = why
        self.retry_in = retry_in


class ProviderBusy(ProviderFailure):
    """Its quota is used up, or it told everybody to wait: nothing was asked, or the answer was "later"."""


class ProviderDown(ProviderFailure):
    """It did not answer in time, or with an error of its own, or with something that is no answer."""


class ProviderRefused(ProviderFailure):
    """It refuses us: credentials that are wrong or expired, or a request it does not accept."""


class ProviderOff(ProviderFailure):
    """It is not switched on: credentials are missing, or a setting says so."""
