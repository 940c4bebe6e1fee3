"""A real round trip to the Redis server: what is wrong with it, and what to do.

Here: the questions that ``mixtrove doctor`` asks once. Not here: how slots and answers are kept there.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixtrove.errors import StoreUnavailable
from mixtrove.providers.redis_server import VARIABLE, connect, name_of, why

OLDEST = (7, 0)
"""The oldest version that is supported: ``PEXPIRE`` with NX and LT came with it."""

PREFIX = "doctor:"
LASTS = 10
"""Seconds that the key of a check lives when its process dies."""

NEARLY_FULL = 0.95


@dataclass(frozen=True, slots=True)
class Answered:
    """A server that can be used."""

    version: str
    milliseconds: float  # of SET and GET
    memory: str  # used of how much, and what it drops when that is used up


def check_redis(url: str) -> Answered:
    """Write a key that expires, read it, delete it, and look at what the server is.

    Raises:
        BadInput: the URL is none.
        StoreUnavailable: a sentence with the remedy.
    """
    import redis

    name = name_of(url)
    server = connect(url)
    try:
        told = server.info()
        if trouble := unsuitable(told):
            raise StoreUnavailable(f"{name} {trouble}")
        milliseconds = _round_trip(server, name)
    except (redis.RedisError, OSError) as error:
        raise StoreUnavailable(f"{name} {why(error)}") from None  # its text may quote the URL
    finally:
        server.close()
    return Answered(str(told["redis_version"]), milliseconds, _memory(told))


def unsuitable(told: Mapping[str, Any]) -> str | None:
    """Why a server cannot keep quotas, with the remedy; None when it can.

    Args:
        told: what ``INFO`` says.
    """
    version = str(told.get("redis_version", "0"))
    if _numbers(version) < OLDEST:
        return f"is Redis {version}: install {'.'.join(map(str, OLDEST))} or newer"
    if told.get("role") == "slave":
        return f"is a replica, which is read-only: name the primary server in {VARIABLE}"
    limit, policy = int(told.get("maxmemory", 0)), str(told.get("maxmemory_policy", "noeviction"))
    if limit and policy.startswith("allkeys-"):
        return (
            f"drops any key when its memory is full (maxmemory-policy {policy}), also the providers' "
            "quotas: CONFIG SET maxmemory-policy volatile-lru, which drops kept answers only"
        )
    if limit and policy == "noeviction" and int(told.get("used_memory", 0)) >= NEARLY_FULL * limit:
        return f"is full ({_memory(told)}): raise maxmemory, or give it less to keep"
    return None


def _round_trip(server: Any, name: str) -> float:
    key, word = f"{PREFIX}{uuid.uuid4().hex}", uuid.uuid4().hex
    started = time.perf_counter()
    server.set(key, word, ex=LASTS, nx=True)
    back = server.get(key)
    milliseconds = (time.perf_counter() - started) * 1000
    server.delete(key)
    if back is None or back.decode() != word:
        raise StoreUnavailable(f"{name} forgot a key that was just written: look at its log")
    return milliseconds


def _memory(told: Mapping[str, Any]) -> str:
    used, limit = int(told.get("used_memory", 0)), int(told.get("maxmemory", 0))
    of = f"of {limit >> 20:,} MB used" if limit else "MB used, no limit set"
    return f"{used >> 20:,} {of}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
