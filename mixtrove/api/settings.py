"""How the REST server is set: ``MIXTROVE_API_…``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mixtrove.errors import BadInput
from mixtrove.library.api_tokens import SCOPES, Scope
from mixtrove.settings import from_environment

SHORTEST_TOKEN = 20
"""Signs of a token of the environment at least: nobody may guess it."""


class ApiSettings(BaseSettings):
    """Settings of the server. Every field can be given as ``MIXTROVE_API_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_API_", env_ignore_empty=True, frozen=True)

    tokens: SecretStr | None = None
    """Tokens beside those of ``mixtrove token``, for containers: ``user:scope:token``; spaces between."""
    rate: int = Field(default=3_000, ge=1, le=10_000_000)
    """Requests a minute that one token may make."""
    max_body: int = Field(default=10 << 20, ge=1_024, le=1 << 30)
    """Bytes of a request's body at most."""
    body_seconds: float = Field(default=30.0, gt=0, le=3_600)
    """Seconds within which a request's body must have arrived."""
    origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Web pages of other origins that may ask (CORS); none by default. Several with spaces."""

    @field_validator("origins", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return tuple(given.split()) if isinstance(given, str) else given

    def given_tokens(self) -> dict[str, tuple[str, Scope]]:
        """By token, the user and what it is for.

        Raises:
            BadInput: the variable is not of that form.
        """
        found: dict[str, tuple[str, Scope]] = {}
        for part in (self.tokens.get_secret_value() if self.tokens else "").split():
            user, _, rest = part.partition(":")
            scope, _, secret = rest.partition(":")
            known = next((one for one in SCOPES if one == scope), None)
            if not user or known is None or len(secret) < SHORTEST_TOKEN:
                raise BadInput(
                    f"MIXTROVE_API_TOKENS: token {len(found) + 1} is not user:scope:token with a scope of "
                    f"{', '.join(SCOPES)} and at least {SHORTEST_TOKEN} signs in the token"
                )
            found[secret] = (user, known)
        return found


def load_api_settings() -> ApiSettings:
    """The settings of this process's environment; see ``from_environment``."""
    return from_environment(ApiSettings)
