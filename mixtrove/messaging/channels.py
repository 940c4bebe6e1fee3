"""Where notifications go: the addresses that people set, and sending one message to one of them.

Here: ``MIXTROVE_NOTIFY_…``, names that show no secret, and the library that knows a hundred services
(apprise, imported when something is sent). Not here: what is said (``digests.py``) and when
(``notifications.py``).
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args
from urllib.parse import unquote

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mixtrove.errors import BadInput, MixtroveError
from mixtrove.settings import from_environment

if TYPE_CHECKING:
    from types import ModuleType

    from mixtrove.messaging.digests import Message

Event = Literal["discoveries", "wants", "available", "known", "providers", "runs"]
"""What one may be told of."""

EVENTS: tuple[Event, ...] = get_args(Event)

PATIENCE = 40.0
"""Seconds that one message may take: a look of a sensor has 60."""

READ = 20.0
"""Seconds to wait for an answer unless the address says ``rto=…``. Apprise gives up after 4, and what a slow
service took after that would be sent again."""

_VARIABLE = "MIXTROVE_NOTIFY_URLS"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_ANSWERED = re.compile(r"error=(\d{3})")


def _events(given: object) -> object:
    if not isinstance(given, str):
        return given
    words = given.replace(",", " ").split()
    for word in words:
        if word not in EVENTS:
            raise ValueError(f"{word!r} is none of {', '.join(EVENTS)}")
    return tuple(words) or EVENTS


def _quiet(given: object) -> object:
    if not isinstance(given, str):
        return given
    found = _CLOCK.fullmatch(given.strip())
    try:
        if found is None:
            raise ValueError
        hour, minute, until_hour, until_minute = map(int, found.groups())
        return time(hour, minute), time(until_hour, until_minute)
    except ValueError:
        raise ValueError("write it like 22:00-08:00") from None


class NotifySettings(BaseSettings):
    """How people are told. Every field can be given as ``MIXTROVE_NOTIFY_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="MIXTROVE_NOTIFY_", env_ignore_empty=True, frozen=True)

    urls: SecretStr = SecretStr("")
    """Addresses as apprise writes them, with spaces or line ends between them."""
    events: Annotated[tuple[Event, ...], NoDecode, BeforeValidator(_events)] = EVENTS
    """What is told; everything unless said otherwise."""
    quiet: Annotated[tuple[time, time] | None, NoDecode, BeforeValidator(_quiet)] = None
    """From when to when nothing is sent, in this machine's time: ``22:00-08:00``."""
    run_failures: int = Field(default=3, ge=1, le=100)
    """How many runs of a job in a row must fail to be told."""


def notify_settings() -> NotifySettings:
    """The settings of this process's environment; see ``from_environment``."""
    return from_environment(NotifySettings)


@dataclass(frozen=True, slots=True)
class Channel:
    """One address."""

    key: str  # a fingerprint of the address: the same for as long as nothing in it changes
    name: str  # for people, without its secrets
    markdown: bool  # whether it shows Markdown
    longest: int  # characters of a message, title included
    url: str = field(repr=False)


def open_channels(settings: NotifySettings) -> list[Channel]:
    """The channels of these settings, each address once. Nothing is sent.

    Raises:
        BadInput: an address is none; the text says which, without its secrets.
        MixtroveError: the library that sends is not installed.
    """
    urls = list(dict.fromkeys(settings.urls.get_secret_value().split()))
    return [_channel(number, url) for number, url in enumerate(urls, 1)]


def send(channel: Channel, message: Message) -> str:
    """Send a message; returns why that failed, in a sentence without secrets, or nothing.

    A failure does not mean that nobody got it: a service may take a message and then fail to say so.
    """
    apprise = _apprise()
    sender = apprise.Apprise(asset=_asset(apprise))
    service: Any = apprise.Apprise.instantiate(channel.url, asset=sender.asset)
    if "rto=" not in channel.url:
        service.socket_read_timeout = READ
    sender.add(service)
    result = sender.notify(
        body=message.markdown if channel.markdown else message.text,
        title=message.title,
        notify_type=message.tone,
        body_format="markdown" if channel.markdown else "text",
        timeout=PATIENCE,
    )
    if result:
        return ""
    said = " ".join(entry.message for entry in result.logs())
    answered = _ANSWERED.search(said)
    if answered is not None:
        return f"the service answered {answered[1]}"
    if result.status == apprise.AppriseResultStatus.TIMEOUT:
        return f"the service did not answer within {PATIENCE:.0f} s"
    return "the service cannot be reached, or refused the message"


def _channel(number: int, url: str) -> Channel:
    apprise = _apprise()
    service: Any = apprise.Apprise.instantiate(url, asset=_asset(apprise))
    if service is None:
        scheme = url.partition("://")[0] if "://" in url else ""
        named = f" ({scheme}://…)" if re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]{0,31}", scheme) else ""
        raise BadInput(
            f"{_VARIABLE}: address {number}{named} is none that apprise understands: write it as "
            "https://appriseit.com/services says, with spaces between addresses"
        )
    return Channel(
        key=hashlib.sha256(url.encode()).hexdigest()[:32],
        name=shown_address(service.url(privacy=True)),
        markdown=_takes_markdown(apprise, service, url),
        longest=service.body_maxlen,
        url=url,
    )


def _takes_markdown(apprise: ModuleType, service: Any, url: str) -> bool:
    """Whether Markdown is shown as such; what leads to a program gets plain text unless it says so."""
    if "format=" not in url and url.partition("://")[0].rstrip("s") in ("json", "xml", "form"):
        return False
    wanted = apprise.NotifyFormat.MARKDOWN
    return bool(service.resolve_format(wanted) in (wanted, apprise.NotifyFormat.HTML))


def shown_address(address: str) -> str:
    """An address for people; apprise has masked what it knows to be secret.

    Paths and names may be secret, too (a webhook's path, a topic that only its readers know): all that is not
    an e-mail address or the name of a room is cut down to its ends.
    """
    scheme, _, rest = address.partition("?")[0].partition("://")
    place, *path = rest.rstrip("/").split("/")
    login, at, host = place.rpartition("@")
    parts = [f"{_login(login)}{at}{_host(host)}", *map(_short, path)]
    return f"{scheme}://{'/'.join(part for part in parts if part)}"


def _login(login: str) -> str:
    name, colon, _ = login.partition(":")
    return f"{name}:****" if colon else _short(login)


def _host(host: str) -> str:
    name, _, port = host.partition(":")
    known = "." in name or name == "localhost"
    return host if known or _is_address(name) else _short(name) + (f":{port}" if port else "")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _short(part: str) -> str:
    plain = unquote(part)
    if not plain or "@" in plain or plain.startswith("#") or "..." in plain or plain == "****":
        return plain
    return f"{plain[0]}…{plain[-1]}" if len(plain) > 3 else "…"


def _apprise() -> ModuleType:
    try:
        import apprise
    except ImportError as error:
        raise MixtroveError(
            f"{_VARIABLE} is set and the library that sends is not installed: "
            "pip install 'mixtrove[notifications]'"
        ) from error
    logging.getLogger("apprise").propagate = False  # what it logs may hold an address
    return apprise


def _asset(apprise: ModuleType) -> Any:
    return apprise.AppriseAsset(app_id="mixtrove", app_desc="mixtrove", app_url="", async_mode=False)


def names_of(channels: Sequence[Channel]) -> str:
    """The channels in a sentence."""
    return ", ".join(channel.name for channel in channels)
