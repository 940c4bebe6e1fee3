"""Answers computed from the published warehouse, kept for as long as it is the published one (DESIGN §7).

At most 15 minutes, in this process, and in Redis where one is set, under ``stats:{period}:{date}:…``. A key
has the version that was published, so that a new one shows at once.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis import Redis

    from mixtrove.warehouse.read import Published

KEPT = 900
"""Seconds that an answer is kept (the specification)."""

MOST = 500
"""Answers in this process's memory."""


class StatisticsCache:
    """Answers by what was asked and the version it was asked of. Safe to share between threads."""

    def __init__(self, warehouse: Path, redis: Redis | None = None) -> None:
        """Nothing is kept yet; ``redis`` is shared with other processes."""
        self._warehouse = warehouse
        self._redis = redis
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._version: tuple[object, Published | None] = (None, None)

    def version(self) -> Published | None:
        """What is published now; None when nothing is. Read once for each file that is published."""
        try:
            found = self._warehouse.stat()
            sign: object = (found.st_ino, found.st_mtime_ns, found.st_size)
        except OSError:
            return None
        if self._version[0] != sign:
            from mixtrove.warehouse.read import published

            self._version = (sign, published(self._warehouse))
        return self._version[1]

    def get(self, name: str, version: Published, compute: Callable[[], bytes]) -> tuple[bytes, str]:
        """The answer of this name, computed when it is not kept, and the entity tag that it has.

        Args:
            name: what was asked: ``{period}:{date}`` and the rest.
            version: what it is asked of.
            compute: makes the answer.
        """
        key = f"stats:{name}:{version.built_at.isoformat()}:{version.source_revision}"
        tag = hashlib.sha256(key.encode()).hexdigest()[:16]
        now = time.monotonic()
        with self._lock:
            known = self._kept.get(key)
            if known is not None and now - known[0] < KEPT:
                self._kept.move_to_end(key)
                return known[1], tag
        body = self._of_redis(key)
        if body is None:
            body = compute()
            self._to_redis(key, body)
        with self._lock:
            self._kept[key] = (now, body)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return body, tag

    def _of_redis(self, key: str) -> bytes | None:
        if self._redis is None:
            return None
        from redis import RedisError

        try:
            found: Any = self._redis.get(key)
        except RedisError:  # an answer can be computed without it
            return None
        return bytes(found) if found is not None else None

    def _to_redis(self, key: str, body: bytes) -> None:
        if self._redis is None:
            return
        from redis import RedisError

        try:
            self._redis.set(key, body, ex=KEPT)
        except RedisError:
            return
