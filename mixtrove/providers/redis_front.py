"""Answers in Redis, in front of the table, under the keys that the specification names.

``search:{api}:{query_hash}`` is a string; ``track:{track_id}:metadata`` and ``track:{track_id}:purchase`` are
hashes with a field ``{provider}:{hash}`` for each question that was asked for a track. A hash ends with the
first of its fields that does, so that none outlives its time (fields of their own time need Redis 7.4).
Redis may be away: then nothing is found here, and the table answers.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from mixtrove.providers.cache import Kept, Key
from mixtrove.providers.redis_server import connect, name_of

AWAY = 30.0
"""Seconds for which a server that did not answer is not asked again."""

_log = logging.getLogger(__name__)


class RedisFront:
    """See ``cache.Front``."""

    def __init__(self, url: str) -> None:
        """The server at this URL; see ``redis_server.connect``."""
        self._name = name_of(url)
        self._redis = connect(url)
        self._away_until = 0.0

    def get(self, key: Key, track_id: str | None) -> Kept | None:
        """What it has."""
        name, field = _place(key, track_id)
        text = self._asked(lambda: self._redis.hget(name, field) if field else self._redis.get(name))
        if text is None:
            return None
        try:
            kept = json.loads(text)
            return Kept(
                datetime.fromisoformat(kept["fetched_at"]), kept["found"], kept["payload"], kept["track_id"]
            )
        except (ValueError, LookupError, TypeError):  # another program's, or another mixtrove's
            return None

    def put(self, key: Key, kept: Kept, seconds: float) -> None:
        """Keep it for so many seconds; of a track's questions only what was found."""
        name, field = _place(key, kept.track_id)
        milliseconds = round(min(seconds, 1e9) * 1000)
        if milliseconds <= 0 or (field and not kept.found):
            return self.drop([(key, kept.track_id)])
        text = json.dumps(
            {
                "fetched_at": kept.fetched_at.isoformat(),
                "found": kept.found,
                "payload": kept.payload,
                "track_id": kept.track_id,
            }
        )
        if not field:
            self._asked(lambda: self._redis.set(name, text, px=milliseconds))
            return None

        def add() -> None:
            with self._redis.pipeline() as pipeline:
                pipeline.hset(name, field, text)
                pipeline.pexpire(name, milliseconds, nx=True)
                pipeline.pexpire(name, milliseconds, lt=True)
                pipeline.execute()

        self._asked(add)
        return None

    def drop(self, keys: Sequence[tuple[Key, str | None]]) -> None:
        """Forget these."""

        def remove() -> None:
            with self._redis.pipeline(transaction=False) as pipeline:
                for key, track_id in keys:
                    name, field = _place(key, track_id)
                    if field:
                        pipeline.hdel(name, field)
                    else:
                        pipeline.delete(name)
                pipeline.execute()

        if keys:
            self._asked(remove)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _asked(self, ask: Callable[[], Any]) -> Any:
        import redis

        if time.monotonic() < self._away_until:
            return None
        try:
            return ask()
        except (redis.RedisError, OSError) as error:
            self._away_until = time.monotonic() + AWAY
            _log.warning(
                "the Redis server %s does not answer (%s): answers come from the table alone for %.0f s",
                self._name, type(error).__name__, AWAY,
            )  # fmt: skip
            return None


def _place(key: Key, track_id: str | None) -> tuple[str, str | None]:
    """The name of the key, and of the field where it is a hash."""
    asked = hashlib.sha256(f"{key.scope}\0{key.key_hash}".encode("utf-8", "surrogatepass")).hexdigest()
    if key.kind == "search":
        return f"search:{key.provider}:{asked}", None
    track = track_id or f"{key.provider}:{key.key_hash}"
    what = {"track": "metadata"}.get(key.kind, key.kind)
    return f"track:{track}:{what}", f"{key.provider}:{asked}"
