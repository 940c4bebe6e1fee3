"""The connection to Redis, and its sentence when it cannot be used. Not here: what is kept there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from mixtrove.errors import BadInput

VARIABLE = "MIXTROVE_REDIS_URL"

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


def why(error: Exception) -> str:
    """Why the server cannot be used, with the remedy, as the end of a sentence that begins with its name."""
    import redis

    text = str(error)
    if isinstance(error, redis.ReadOnlyError):
        return f"is a replica, which is read-only: name the primary server in {VARIABLE}"
    if isinstance(error, redis.OutOfMemoryError) or "OOM" in text:
        return "is full: raise its maxmemory, or give it less to keep"
    if isinstance(error, redis.exceptions.NoPermissionError):
        return "lets this user in and not work: allow GET, SET, DEL, H*, EVALSHA, TIME, PERSIST and INFO"
    if isinstance(error, redis.AuthenticationError) or "NOAUTH" in text or "WRONGPASS" in text:
        return f"refuses the password: correct user and password in {VARIABLE}"
    if isinstance(error, redis.BusyLoadingError):
        return "is still loading its data: wait a moment and try again"
    if isinstance(error, redis.TimeoutError):
        return f"does not answer in time: look after the server, or correct {VARIABLE}"
    if isinstance(error, redis.ConnectionError | OSError):
        return f"cannot be reached: start the server, or correct {VARIABLE}"
    return f"does not do its work ({type(error).__name__}): look at its log"
