"""A provider's client with the real gateway, before a loopback server that answers with the bodies given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from mixtrove.providers.opening import open_gateway
from mixtrove.providers.provider import Provider
from mixtrove.settings import Settings
from tests.provider_server import Asked, Respond, Server, answer, serving

P = TypeVar("P", bound=Provider)


@contextmanager
def scene(kind: type[P], home: Path, *bodies: Any, **settings: Any) -> Iterator[tuple[P, Server]]:
    """The client and the server; ``bodies`` are used up in order, the last one stays."""
    answers: list[Respond] = [
        body if callable(body) else answer(body=json.dumps(body).encode()) for body in bodies
    ]
    with serving(*answers) as server:
        gateway = open_gateway(Settings(home=home), contact="tests@example.org")
        given = {"base_url": server.url, "per_minute": 100_000, **settings}
        if "accounts_url" in kind.settings_class.model_fields:
            given["accounts_url"] = server.url
        try:
            yield kind(gateway, kind.settings_class(**given), home=home), server
        finally:
            gateway.close()


def path_of(asked: Asked) -> str:
    return urlsplit(asked.path).path


def params_of(asked: Asked) -> dict[str, list[str]]:
    return parse_qs(urlsplit(asked.path).query, keep_blank_values=True)
