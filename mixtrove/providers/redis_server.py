"""The connection to Redis, and its sentence when it cannot be used. Not here: what is kept there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from mixtrove.errors import BadInput

TIMEOUT = 2.0
"""Seconds for one command."""


def connect(url: str) -> Any:
    """A client for the server at this URL; nothing is sent yet. Safe to share between threads.

    Raises:
        BadInput: it is no URL of Redis, or the package ``redis`` is not installed.
    """
    try:
        import redis
    except ImportError as error:
        raise BadInput(
            "MIXTROVE_REDIS_URL is set and the package redis is missing: install mixtrove[redis], or unset it"
        ) from error
    try:
        return redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
    except ValueError:
        pass  # its text may quote the password
    raise BadInput("MIXTROVE_REDIS_URL is no URL of Redis: use redis://user:password@host:port/number")


def name_of(url: str) -> str:
    """The server as a sentence may name it: without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
