"""The slots in Redis, for processes on many machines: the arithmetic of ``slots.py`` by the server's clock.

One script changes a row, so that nobody comes between; a test compares it with ``slots.py``.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from mixtrove.errors import StoreUnavailable
from mixtrove.providers.redis_server import connect, name_of, why
from mixtrove.providers.slots import (
    BLOCK_AT_MOST,
    BREAKER,
    LONGEST,
    OPEN_AT_MOST,
    OPEN_FOR,
    Block,
    BlockedBy,
    Reserved,
    Slot,
)

_SECOND = 1_000_000
_TEXTS = ("blocked_by", "blocked_why", "blocked_for")
_NAMES = tuple(Slot.__dataclass_fields__)

# KEYS[1]: the row. ARGV: what to do, and what that takes; all times in µs, which a double holds exactly.
_SCRIPT = f"""
local DAY, LONGEST = 86400000000, {round(LONGEST * _SECOND)}
local NAMES = {{{", ".join(repr(name) for name in _NAMES)}}}
local TEXTS = {{blocked_by = true, blocked_why = true, blocked_for = true}}
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local row, kept = {{}}, redis.call('HMGET', KEYS[1], unpack(NAMES))
for i, name in ipairs(NAMES) do
  row[name] = TEXTS[name] and (kept[i] or '') or tonumber(kept[i] or '0')
end

local function block(by, why, microseconds, credentials)
  local untl = now + math.min(math.max(0, microseconds), 366 * DAY)
  if by == 'quota' and row.blocked_until <= now then row.refusals = row.refusals + 1 end
  if by ~= 'quota' and row.failing_since == 0 then row.failing_since = now end
  if untl > row.blocked_until then
    row.blocked_until, row.blocked_by, row.blocked_why, row.blocked_for = untl, by, why, credentials
  end
end

local answer = {{}}
local change = ARGV[1]
if change == 'reserve' then
  local interval, far, credentials = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
  if row.blocked_by == 'credentials' and row.blocked_for ~= '' and credentials ~= ''
     and row.blocked_for ~= credentials then
    row.blocked_until, row.failing_since = 0, 0
    row.blocked_by, row.blocked_why, row.blocked_for = '', '', ''
  end
  row.tat = math.min(row.tat, now + LONGEST + interval)
  local at = math.max(now, row.tat, row.blocked_until)
  local blocked = row.blocked_until > now
  local troubled = row.failures > 0 or row.opened > 0 or row.refusals > 0 or row.blocked_until > 0
  local taken = at - now <= far and not (blocked and row.blocked_by ~= 'quota')
  answer = {{
    taken and 1 or 0, string.format('%.0f', at - now), troubled and 1 or 0,
    string.format('%.0f', math.max(0, row.blocked_until - now)), row.blocked_by, row.blocked_why
  }}
  if taken then
    local day = math.floor(now / DAY)
    row.requests = 1 + (row.day == day and row.requests or 0)
    row.tat, row.day = at + interval, day
  end
elseif change == 'block' then
  block(ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5])
elseif change == 'refuse' then
  if row.blocked_until <= now then
    local base = tonumber(ARGV[3])
    local grown = base * 2 ^ math.min(row.refusals, 30)
    block('quota', ARGV[2], math.max(base, math.min({round(BLOCK_AT_MOST * _SECOND)}, grown)), '')
  end
elseif change == 'fail' then
  if not (row.blocked_until > now and row.blocked_by == 'failing') then
    row.failures = row.failures + 1
    if row.failing_since == 0 then row.failing_since = now end
    if row.failures >= {BREAKER} then
      local open = {round(OPEN_FOR * _SECOND)} * 2 ^ math.min(row.opened, 30) * tonumber(ARGV[3])
      row.failures, row.opened = {BREAKER} - 1, row.opened + 1
      block('failing', ARGV[2], math.min({round(OPEN_AT_MOST * _SECOND)}, open), '')
    end
  end
elseif change == 'unused' then
  if row.day == math.floor(now / DAY) and row.requests > 0 then row.requests = row.requests - 1 end
elseif change == 'succeed' or change == 'lift' then
  if change == 'lift' or row.blocked_until <= now then
    row.blocked_until, row.blocked_by, row.blocked_why, row.blocked_for = 0, '', '', ''
    row.refusals, row.failures, row.opened, row.failing_since = 0, 0, 0, 0
  end
end
local values = {{}}
for _, name in ipairs(NAMES) do
  values[#values + 1] = name
  values[#values + 1] = TEXTS[name] and row[name] or string.format('%.0f', row[name])
end
redis.call('HSET', KEYS[1], unpack(values))
redis.call('PERSIST', KEYS[1])
return answer
"""


class RedisSlots:
    """The rows in Redis: hashes ``slot:{provider}`` without a time to live: no ``volatile-*`` evicts them."""

    def __init__(self, url: str) -> None:
        """The server at this URL; it is asked once.

        Raises:
            BadInput: it is no URL of Redis.
            StoreUnavailable: it does not answer.
        """
        self._name = name_of(url)
        self._redis = connect(url)
        self._script = self._redis.register_script(_SCRIPT)  # loads itself again after a restart
        self._asked(self._redis.ping)

    def reserve(self, provider: str, interval: float, at_most: float, credentials: str) -> Reserved:
        """See ``Slots``."""
        far = round(min(at_most, LONGEST) * _SECOND)
        asked_at = time.monotonic()
        got = self._change(provider, "reserve", round(interval * _SECOND), far, credentials)
        on_its_way = (time.monotonic() - asked_at) / 2
        taken, wait, troubled, left = (int(number) for number in got[:4])
        block = Block(got[4].decode(), got[5].decode(), left / _SECOND) if left else None
        return Reserved(bool(taken), wait / _SECOND - on_its_way, block, bool(troubled))

    def block(self, provider: str, by: BlockedBy, why: str, seconds: float, credentials: str = "") -> None:
        """See ``Slots``."""
        self._change(provider, "block", by, why, round(min(seconds, 1e9) * _SECOND), credentials)

    def refuse(self, provider: str, why: str, base: float) -> None:
        """See ``Slots``."""
        self._change(provider, "refuse", why, round(base * _SECOND))

    def fail(self, provider: str, why: str) -> None:
        """See ``Slots``."""
        self._change(provider, "fail", why, f"{random.uniform(0.9, 1.1):.3f}")

    def succeed(self, provider: str) -> None:
        """See ``Slots``."""
        self._change(provider, "succeed")

    def unused(self, provider: str) -> None:
        """See ``Slots``."""
        self._change(provider, "unused")

    def lift(self, provider: str) -> None:
        """See ``Slots``."""
        self._change(provider, "lift")

    def look(self, provider: str) -> tuple[Slot, int]:
        """See ``Slots``."""

        def both() -> Any:
            with self._redis.pipeline() as pipeline:
                return pipeline.hmget(_key(provider), _NAMES).time().execute()

        kept, (seconds, microseconds) = self._asked(both)
        values: Any = {
            name: value.decode() if name in _TEXTS else int(value)
            for name, value in zip(_NAMES, kept, strict=True)
            if value is not None
        }
        return Slot(**values), seconds * _SECOND + microseconds

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _change(self, provider: str, *told: str | int) -> Any:
        return self._asked(lambda: self._script(keys=[_key(provider)], args=list(told)))

    def _asked(self, ask: Callable[[], Any]) -> Any:
        import redis

        try:
            return ask()
        except (redis.RedisError, OSError) as error:
            raise StoreUnavailable(
                f"the Redis server {self._name}, which keeps the providers' quotas, {why(error)}; without "
                "the variable quotas are kept in a file, for one machine"
            ) from error


def _key(provider: str) -> str:
    return f"slot:{provider}"
