"""The one way out: every request to every provider goes through ``Gateway.ask`` (DESIGN §7).

Here: the order of things: the cache, a slot, the request, what its reply means, again or not. Not here: each
of them (``cache.py``, ``limiter.py`` and ``slots.py``, ``transport.py``, ``meaning.py``, ``use.py``), and
opening them all (``opening.py``).
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from mixtrove.logs import fields
from mixtrove.providers.budget import Budget
from mixtrove.providers.cache import Cache, Kept, Key
from mixtrove.providers.failures import ProviderBusy, ProviderDown, ProviderRefused
from mixtrove.providers.limiter import SharedLimiter, refusal_of
from mixtrove.providers.meaning import NoAnswer, decoded, meaning
from mixtrove.providers.policy import (
    Answer,
    Authorizer,
    Kind,
    Policy,
    Refusal,
    Reply,
    Request,
    fingerprint,
)
from mixtrove.providers.slots import Slots, blocked
from mixtrove.providers.state import State, state_of
from mixtrove.providers.transport import Transport, Unanswered, Unsendable
from mixtrove.providers.use import Counters, Use

__all__ = [
    "Answer",
    "Authorizer",
    "Gateway",
    "Kind",
    "Policy",
    "Refusal",
    "Reply",
    "Request",
    "State",
    "fingerprint",
]

T = TypeVar("T")

CALL = 12.0
"""Seconds for one call with all its attempts: a provider that hangs leaves a track time for others."""

ATTEMPTS = 4
BACKOFF, BACKOFF_AT_MOST = 0.5, 8.0
"""Seconds before the second attempt, at most, doubled each time after; and at most (full jitter)."""

CREDENTIALS_BLOCK = 900.0
"""Seconds to leave a provider alone that does not accept the credentials."""

DOWN_FOR = 60.0
"""Seconds after which asking a provider again makes sense that failed for no known time."""

REFUSED_FOR = 86_400.0
"""… that does not accept this one request."""

PRIOR = 50
"""Requests that what is expected of a provider counts like, beside what was measured."""

UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading a body of no sense can end in: then it is no answer."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Line:
    """A provider that is known, and the way to it."""

    policy: Policy
    limiter: SharedLimiter
    transport: Transport


@dataclass(slots=True)
class _Read:
    """What was read of a reply."""

    value: Any
    payload: Any = None
    found: bool = True


@dataclass(slots=True)
class _InFlight:
    lock: threading.Lock = field(default_factory=threading.Lock)
    callers: int = 0


class Gateway:
    """Asks providers. One a process, made after the process was started (spawn); its threads share it."""

    def __init__(
        self,
        slots: Slots,
        cache: Cache,
        counters: Counters,
        *,
        user_agent: str,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        """See ``opening.open_gateway``, which makes one from the settings."""
        self._slots = slots
        self._cache = cache
        self._counters = counters
        self._user_agent = user_agent
        self._lines: dict[str, _Line] = {}
        self._in_flight: dict[Key, _InFlight] = {}
        self._lock = threading.Lock()
        self._lately: dict[str, Use] | None = None  # what was counted before this process, for ``yields``
        self._on_close = on_close

    def register(self, policy: Policy) -> None:
        """Make a provider known; a second time replaces the first."""

        def count(waited: float) -> None:
            self._counters.add(policy.name, "requests")
            self._counters.add(policy.name, "waited", waited)

        limiter = SharedLimiter(policy.name, self._slots, policy.per_minute, on_slot=count)
        limiter.credentials = policy.credentials
        line = _Line(policy, limiter, Transport(policy, limiter, self._user_agent))
        with self._lock:
            before, self._lines[policy.name] = self._lines.get(policy.name), line
        if before is not None:
            before.transport.close()

    def ask(self, request: Request, read: Callable[[Any], T], *, budget: Budget) -> Answer[T]:
        """The answer to a request: from the cache while fresh, else from the provider.

        The same question of two threads at once is one request. Waiting to be admitted costs no budget.

        Args:
            request: what is asked.
            read: makes the value from the decoded JSON body; a ``ValueError`` (pydantic's is one) means that
                the body is no answer, None that nothing was found. It is called on cached bodies as well.
            budget: the seconds that may be spent.

        Raises:
            ProviderBusy: its quota or a block does not allow a request within reach.
            ProviderDown: no usable answer after retries; a kept answer is served instead where there is one.
            ProviderRefused: the credentials or the request are not accepted.
            StoreUnavailable: slots or answers cannot be kept.
        """
        with fields(provider=request.provider):
            return self._ask(self._line(request.provider), request, read, budget)

    def _ask(self, line: _Line, request: Request, read: Callable[[Any], T], budget: Budget) -> Answer[T]:
        if request.kind == "token":
            return Answer(self._call(line, request, budget, _reader(read)).value, self._cache.now())
        key = Key.of(request)
        with self._alone(key):
            kept = self._cache.get(key, request.track_id, line.policy)
            if kept is not None and kept.fresh(line.policy, request.kind, self._cache.now()):
                answer = _served(kept, read)
                if answer is not None:
                    self._count(request.provider, "cache_hits")
                    return answer
            try:
                got = self._call(line, request, budget, _reader(read))
            except (ProviderBusy, ProviderDown):
                answer = None
                if kept is not None and kept.usable(line.policy, self._cache.now()):
                    answer = _served(kept, read, stale=True)
                if answer is None:
                    raise
                self._count(request.provider, "stale")
                return answer
            fetched_at = self._cache.put(key, request, line.policy, got.payload, found=got.found)
        self._count(request.provider, "answered" if got.found else "misses")
        return Answer(got.value, fetched_at)

    def exchange(self, request: Request, *, budget: Budget) -> Reply:
        """The bare reply to a request of kind ``token``: within the quota, unsigned, redirects not followed.

        Raises:
            ProviderBusy: its quota or a block does not allow a request within reach.
            ProviderDown: no reply.
            ProviderRefused: the request cannot be sent.
        """
        line = self._line(request.provider)
        line.limiter.admit()
        with budget.spending(CALL) as end:
            try:
                return line.transport.send(request, {}, end)
            except Unanswered as error:
                why = str(error)
                self._counters.add(request.provider, "failures")
                self._slots.fail(request.provider, why)
            except Unsendable as error:
                raise ProviderRefused(request.provider, str(error), REFUSED_FOR) from None
        raise ProviderDown(request.provider, why, DOWN_FOR)

    def identified(self, provider: str, lines: int) -> None:
        """So many lines were identified by answers of this provider."""
        self._counters.add(provider, "found_lines", lines)

    def yields(self, provider: str, expected: float) -> float:
        """Lines identified per request in the last 30 days; ``expected`` counts like 50 requests."""
        with self._lock:
            if self._lately is None:
                self._lately = self._counters.since(self._cache.now().date() - timedelta(days=30))
        use = self._lately.get(provider, Use())
        return (use.found_lines + expected * PRIOR) / (use.requests + PRIOR)

    def summary(self) -> dict[str, Use]:
        """What this process asked, by provider."""
        return self._counters.summary()

    def states(self) -> dict[str, State]:
        """How every registered provider is just now, for all processes; see ``State``."""
        today = self.today()
        return {name: state_of(*self._slots.look(name), today[name]) for name in sorted(self._lines)}

    def today(self) -> dict[str, Use]:
        """What all processes asked of every registered provider today (UTC)."""
        self.flush()
        counted = self._counters.of(self._cache.now().date())
        found = {}
        for name in sorted(self._lines):
            slot, now = self._slots.look(name)
            found[name] = counted.get(name, Use())
            found[name].requests = slot.requests if slot.day == now // 86_400_000_000 else 0
        return found

    def answers(self) -> int:
        """How many questions were answered so far; the rows of ``provider_result``."""
        return self._cache.rows()

    def expire(self) -> int:
        """Delete what the providers' terms end; see ``Cache.expire``."""
        return self._cache.expire()

    def unblock(self, provider: str) -> None:
        """Let a provider be asked again now, although it told us to wait, failed or refused us."""
        self._slots.lift(provider)

    def forget(
        self, *, track: str | None = None, provider: str | None = None, kind: Kind | None = None
    ) -> int:
        """Forget kept answers; see ``Cache.forget``."""
        return self._cache.forget(track=track, provider=provider, kind=kind)

    def flush(self) -> None:
        """Write what was counted."""
        today = self._cache.now().date()
        day = (today - datetime(1970, 1, 1, tzinfo=UTC).date()).days
        taken = {}
        for name in list(self._lines):
            slot, _ = self._slots.look(name)
            taken[name] = slot.requests if slot.day == day else 0
        self._counters.flush(today, taken)

    def close(self) -> None:
        """Write what was counted and close all connections."""
        try:
            self.flush()
        finally:
            for line in self._lines.values():
                line.transport.close()
            self._on_close()

    def _line(self, provider: str) -> _Line:
        try:
            return self._lines[provider]
        except KeyError:
            raise LookupError(f"nobody registered the provider {provider!r}") from None

    def _count(self, provider: str, what: Any) -> None:
        self._counters.add(provider, what)
        if self._counters.due:
            self.flush()

    @contextmanager
    def _alone(self, key: Key) -> Iterator[None]:
        """One thread at a time for one question: the others find its answer in the cache."""
        with self._lock:
            entry = self._in_flight.setdefault(key, _InFlight())
            entry.callers += 1
        try:
            with entry.lock:
                yield
        finally:
            with self._lock:
                entry.callers -= 1
                if not entry.callers:
                    del self._in_flight[key]

    def _call(self, line: _Line, request: Request, budget: Budget, read: Callable[[Reply], _Read]) -> _Read:
        """One question to the provider, with as many attempts as its deadline allows."""
        name = line.policy.name
        self._signed_out(line)
        headers = self._signed(line, request, budget)
        if budget.left <= 0:
            raise ProviderBusy(name, "the time for this track is used up", DOWN_FOR)
        line.limiter.admit()
        renewed, attempt = False, 1
        with budget.spending(CALL) as end:
            while True:
                got = self._attempt(line, request, headers, end, read)
                if isinstance(got, _Read):
                    if line.limiter.troubled or attempt > 1:
                        self._slots.succeed(name)
                    return got
                if got.kind == "credentials" and not renewed:
                    renewed = True
                    if self._renewed(line, request, headers, budget):
                        headers = self._signed(line, request, budget)
                        continue
                self._tell(line, got)
                wait = random.uniform(0, min(BACKOFF_AT_MOST, BACKOFF * 2 ** (attempt - 1)))
                wait = max(wait, got.seconds or 0.0)
                if attempt == ATTEMPTS or time.monotonic() + wait >= end:
                    raise self._gave_up(name, got)
                time.sleep(wait)
                attempt += 1

    def _attempt(
        self,
        line: _Line,
        request: Request,
        headers: Mapping[str, str],
        end: float,
        read: Callable[[Reply], _Read],
    ) -> _Read | Refusal:
        try:
            reply = line.transport.send(request, headers, end)
            refusal = meaning(reply, line.policy, self._cache.now())
            if refusal is None:
                return read(reply)
        except Unanswered as error:
            return Refusal("server", str(error))
        except Unsendable as error:
            return Refusal("request", str(error))
        except NoAnswer as error:
            return Refusal("server", str(error))
        return _Read(None, found=False) if refusal.kind == "nothing" else refusal

    def _tell(self, line: _Line, refusal: Refusal) -> None:
        """Tell all processes what a refusal means for them; raise when it ends this call."""
        name, why = line.policy.name, refusal.why
        self._counters.add(name, "failures" if refusal.kind == "server" else "refused")
        _log.info("%s: %s", name, why)
        if refusal.kind == "request":
            if line.limiter.troubled:
                self._slots.succeed(name)  # it works
            raise ProviderRefused(name, why, REFUSED_FOR)
        if refusal.kind == "credentials":
            seconds = CREDENTIALS_BLOCK if refusal.seconds is None else refusal.seconds
            self._slots.block(name, "credentials", why, seconds, line.limiter.credentials)
            raise ProviderRefused(name, why, seconds)
        if refusal.kind == "quota" and refusal.seconds is None:
            self._slots.refuse(name, why, line.policy.block)
            return
        if refusal.kind == "server":
            self._slots.fail(name, why)
        if refusal.seconds is not None:
            self._slots.block(name, "quota", why, refusal.seconds)

    def _gave_up(self, name: str, refusal: Refusal) -> ProviderBusy | ProviderDown:
        slot, now = self._slots.look(name)
        block = blocked(slot, now)
        if block is not None and block.by != "credentials":
            return refusal_of(name, block)  # type: ignore[return-value]
        if refusal.kind == "quota":
            return ProviderBusy(name, refusal.why, DOWN_FOR)
        return ProviderDown(name, refusal.why, DOWN_FOR)

    def _signed(self, line: _Line, request: Request, budget: Budget) -> Mapping[str, str]:
        if request.kind == "token" or line.policy.authorizer is None:
            return {}
        with self._shared_refusal(line):
            headers = line.policy.authorizer.headers(budget)
        if not line.policy.credentials:
            line.limiter.credentials = fingerprint(*(f"{name}: {headers[name]}" for name in sorted(headers)))
        return headers

    def _renewed(self, line: _Line, request: Request, headers: Mapping[str, str], budget: Budget) -> bool:
        authorizer = line.policy.authorizer
        with self._shared_refusal(line):
            return request.kind != "token" and authorizer is not None and authorizer.renew(headers, budget)

    def _signed_out(self, line: _Line) -> None:
        """Raise while these very credentials are refused: signing in again and again locks accounts."""
        slot, now = self._slots.look(line.policy.name)
        block = blocked(slot, now)
        if block and block.by == "credentials" and slot.blocked_for == line.limiter.credentials:
            raise refusal_of(line.policy.name, block)

    @contextmanager
    def _shared_refusal(self, line: _Line) -> Iterator[None]:
        """What an authorizer is refused, all processes know."""
        try:
            yield
        except ProviderRefused as refused:
            name, why = line.policy.name, refused.why
            seconds = min(refused.retry_in, CREDENTIALS_BLOCK)  # it says nothing about the question
            self._slots.block(name, "credentials", why, seconds, line.limiter.credentials)
            raise ProviderRefused(name, why, seconds) from None


def _reader(read: Callable[[Any], T]) -> Callable[[Reply], _Read]:
    def of(reply: Reply) -> _Read:
        payload = decoded(reply)
        try:
            value = read(payload)
        except UNREADABLE:
            raise NoAnswer("its answer is not what its API describes") from None
        return _Read(value, payload, found=value is not None)

    return of


def _served(kept: Kept, read: Callable[[Any], T], *, stale: bool = False) -> Answer[T] | None:
    """A kept answer; None when it cannot be read any more, by a newer program."""
    if not kept.found:
        return Answer(None, kept.fetched_at, cached=True, stale=stale)
    try:
        value = read(json.loads(kept.payload or "null"))
    except UNREADABLE:
        return None
    return Answer(value, kept.fetched_at, cached=True, stale=stale)
