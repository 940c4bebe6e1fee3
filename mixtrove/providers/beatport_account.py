"""Signing in to Beatport: a token that the user pasted, or one that a refresh token or the account gives.

Refresh tokens are used up by using them, so what they gave is kept in
``$MIXTROVE_HOME/secrets/beatport.json`` (for the user alone, mode 0600) and renewed by one process at a
time. The way of the sign-in is that of beets-beatport4 1.4.0, seen working in August 2026. No client id is
shipped: Beatport gives them to people.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import Field as Named
from pydantic import SecretStr, ValidationError

from mixtrove.durable import to_disk
from mixtrove.errors import StoreUnavailable
from mixtrove.locking import locked
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderBusy, ProviderDown, ProviderRefused
from mixtrove.providers.gateway import Authorizer, Gateway, Reply, Request, fingerprint
from mixtrove.providers.payload import Payload
from mixtrove.providers.provider import ProviderSettings
from mixtrove.providers.turns import Turns

EARLY = 120.0
"""Seconds before its end at which a token is renewed."""
WAIT = 20.0
"""Seconds to wait for another process that renews it, less than a track may take."""
REFUSED_FOR = 900.0
"""Seconds for which a process does not sign in again after a refusal."""
PASTED_FOR = 10 * 3600.0
"""Seconds for which a pasted token is tried: Beatport's live ten hours."""
_SESSION = re.compile(r"\bsessionid=([^;,\s]+)")


class AccountSettings(ProviderSettings):
    """The credentials among Beatport's settings; any one way is enough."""

    token: SecretStr | None = None
    """An access token, pasted."""
    refresh_token: SecretStr | None = None
    """With ``client_id``: gets access tokens."""
    client_id: str | None = None
    username: str | None = None
    password: SecretStr | None = None
    """With ``client_id`` and ``username``: signs in."""
    redirect_uri: str = "https://api.beatport.com/v4/auth/o/post-message/"
    """What is registered for the client; nothing is asked there."""

    @property
    def any_credentials(self) -> bool:
        """Whether there is one way to get in."""
        return bool(self.token or (self.client_id and self.refresh_token) or self.can_sign_in)

    @property
    def can_sign_in(self) -> bool:
        """Whether the account's password can be used."""
        return bool(self.client_id and self.username and self.password)

    @property
    def fingerprint(self) -> str:
        """Of all credentials: what is kept for others is not used when they change."""
        secrets = (_plain(one) for one in (self.token, self.refresh_token, self.password))
        return fingerprint(*(part or "" for part in (self.client_id, self.username, *secrets)))


class _Granted(Payload):
    access_token: str = Named(min_length=1, repr=False)
    refresh_token: str | None = Named(default=None, repr=False)
    expires_in: float = Named(gt=0)


@dataclass(frozen=True, slots=True, repr=False)
class _Tokens:
    """What is kept. Its repr says nothing."""

    access: str
    refresh: str | None
    until: float  # seconds since 1970

    def __repr__(self) -> str:
        return "_Tokens(…)"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}


class Account(Authorizer):
    """Tokens of one account, shared by all threads and, through the home, by all processes."""

    def __init__(
        self,
        gateway: Gateway,
        settings: AccountSettings,
        home: Path | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keeps what it gets in ``home``/secrets; without a home only in memory."""
        self._gateway = gateway
        self._settings = settings
        self._file = home / "secrets" / "beatport.json" if home else None
        self._clock = clock
        self._turns = Turns("beatport")
        self._tokens: _Tokens | None = None
        self._refused: tuple[float, ProviderRefused] | None = None

    def headers(self, budget: Budget) -> Mapping[str, str]:
        """The token, got or renewed first where that is due."""

        def get() -> None:
            self._tokens = self._usable(self._kept()) or self._renewed(None, budget)

        self._turns.take(budget, lambda: self._usable(self._tokens) is None, get)
        assert self._tokens is not None
        return self._tokens.headers

    def renew(self, refused: Mapping[str, str], budget: Budget) -> bool:
        """Whether there is another token now; the refused one is not used again."""

        def due() -> bool:
            now = self._tokens
            return now is None or now.headers["Authorization"] == refused.get("Authorization")

        def get() -> None:
            self._tokens = self._renewed(self._tokens, budget)

        refresh = self._settings.refresh_token or (self._tokens and self._tokens.refresh)
        if due() and not refresh and not self._settings.can_sign_in:
            return False
        self._turns.take(budget, due, get)
        return True

    def _usable(self, tokens: _Tokens | None) -> _Tokens | None:
        return tokens if tokens is not None and self._clock() < tokens.until - EARLY else None

    def _renewed(self, refused: _Tokens | None, budget: Budget) -> _Tokens:
        """New tokens; after a refusal nothing is tried for a while, because accounts are locked for that."""
        if self._refused is not None and self._clock() < self._refused[0]:
            raise self._refused[1]
        try:
            return self._shared(refused, budget)
        except ProviderRefused as error:
            self._refused = (self._clock() + REFUSED_FOR, error)
            raise

    def _shared(self, refused: _Tokens | None, budget: Budget) -> _Tokens:
        """The tokens that another process got meanwhile, else new ones, kept before they are used."""
        if self._file is None:
            return self._granted(refused, budget)
        try:
            with locked(
                self._file.with_suffix(".lock"),
                wait=min(WAIT, budget.left),
                doing="Beatport's token is renewed",
            ):
                kept = self._kept()
                usable = self._usable(kept)
                if usable is not None and (refused is None or usable.access != refused.access):
                    return usable
                tokens = self._granted(kept or refused, budget)
                self._keep(tokens)
                return tokens
        except StoreUnavailable as error:
            raise ProviderBusy("beatport", f"its token could not be renewed: {error}", 5) from error

    def _granted(self, known: _Tokens | None, budget: Budget) -> _Tokens:
        """By the refresh token that is known, the one that is set, or the password, in this order."""
        settings = self._settings
        if known is None and settings.token is not None:
            return _Tokens(
                settings.token.get_secret_value(), _plain(settings.refresh_token), self._clock() + PASTED_FOR
            )
        refused: ProviderRefused | None = None
        ways = dict.fromkeys((known.refresh if known else None, _plain(settings.refresh_token)))
        for token in ways:
            if token and settings.client_id:
                try:
                    return self._token({"grant_type": "refresh_token", "refresh_token": token}, budget)
                except ProviderRefused as error:
                    refused = error
        if settings.can_sign_in:
            return self._token({"grant_type": "authorization_code", "code": self._code(budget)}, budget)
        raise refused or ProviderRefused(
            "beatport", "its token has run out; paste a new one in MIXTROVE_BEATPORT_TOKEN", REFUSED_FOR
        )

    def _token(self, fields: Mapping[str, str], budget: Budget) -> _Tokens:
        form = {"client_id": self._settings.client_id or "", **fields}
        if fields["grant_type"] == "authorization_code":
            form["redirect_uri"] = self._settings.redirect_uri
        request = Request("beatport", "token", "token", "/v4/auth/o/token/", method="POST", form=form)
        reply = self._asked(request, budget)
        if reply.status != 200:
            raise ProviderRefused(
                "beatport",
                "it does not accept the refresh token or the client; check MIXTROVE_BEATPORT_CLIENT_ID and "
                "MIXTROVE_BEATPORT_REFRESH_TOKEN",
                REFUSED_FOR,
            )
        try:
            granted = _Granted.model_validate(json.loads(reply.body))
        except ValueError:  # said without its text, which quotes the body
            raise ProviderDown("beatport", "what it gave instead of a token cannot be read", 60) from None
        refresh = granted.refresh_token or fields.get("refresh_token")
        return _Tokens(granted.access_token, refresh, self._clock() + granted.expires_in)

    def _code(self, budget: Budget) -> str:
        """Sign in with name and password; the code is in an address that is read and not followed."""
        password = _plain(self._settings.password)
        login = Request(
            "beatport", "token", "sign in", "/v4/auth/login/", method="POST",
            json={"username": self._settings.username, "password": password},
        )  # fmt: skip
        reply = self._asked(login, budget)
        session = _SESSION.search(_header(reply.headers, "set-cookie"))
        known = b'"username"' in reply.body or b'"email"' in reply.body
        if (
            reply.status >= 400 or session is None or not known
        ):  # a body without them is a failure even with 200
            raise ProviderRefused(
                "beatport",
                "it does not accept this account; check MIXTROVE_BEATPORT_USERNAME and "
                "MIXTROVE_BEATPORT_PASSWORD",
                REFUSED_FOR,
            )
        authorize = Request(
            "beatport", "token", "authorize", "/v4/auth/o/authorize/",
            {
                "response_type": "code", "client_id": self._settings.client_id or "",
                "redirect_uri": self._settings.redirect_uri,
            },
            headers={"Cookie": f"sessionid={session[1]}"},
        )  # fmt: skip
        location = _header(self._asked(authorize, budget).headers, "location")
        codes = parse_qs(urlsplit(location).query).get("code")
        if not codes:
            raise ProviderRefused(
                "beatport", "it gives this client no code; check MIXTROVE_BEATPORT_CLIENT_ID", REFUSED_FOR
            )
        return codes[0]

    def _asked(self, request: Request, budget: Budget) -> Reply:
        """A reply that says yes or no; neither to a quota nor to a failure of theirs."""
        reply = self._gateway.exchange(request, budget=budget)
        if reply.status == 429:
            raise ProviderBusy("beatport", "signing in was asked too often", 60)
        if reply.status >= 500:
            raise ProviderDown("beatport", f"signing in was answered with status {reply.status}", 60)
        return reply

    def _kept(self) -> _Tokens | None:
        """What was kept for these credentials; None when there is nothing that can be read."""
        if self._file is None:
            return None
        try:
            stored: Any = json.loads(self._file.read_text(encoding="utf-8"))
            if stored["for"] != self._settings.fingerprint:
                return None
            granted = _Granted.model_validate({**stored, "expires_in": 1})
            return _Tokens(granted.access_token, granted.refresh_token, float(stored["until"]))
        except FileNotFoundError:
            return None
        except (OSError, KeyError, TypeError, ValueError, ValidationError):
            return None  # damaged: it is written anew

    def _keep(self, tokens: _Tokens) -> None:
        if self._file is None:
            return
        text = json.dumps(
            {"for": self._settings.fingerprint, "access_token": tokens.access,
             "refresh_token": tokens.refresh, "until": tokens.until}
        )  # fmt: skip
        new = self._file.with_suffix(f".{os.getpid()}.new")
        try:
            with suppress(OSError):
                self._file.parent.chmod(0o700)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._file)
            to_disk(self._file.parent)
        except OSError as error:
            raise StoreUnavailable(
                f"{self._file} cannot be written ({error.strerror}); choose a folder you may write to "
                "(MIXTROVE_HOME is the home of all)"
            ) from error


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
