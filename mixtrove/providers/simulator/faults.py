"""What goes wrong, and when: chosen by a rate and a seed, or asked for one by one.

Only the choice, and what it does to a reply. What a fault does to the connection is in ``server.py``.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal, get_args

from mixtrove.providers.simulator.answering import HTML, Answers, Question, Reply, html_reply
from mixtrove.providers.simulator.musicbrainz import MusicBrainz
from mixtrove.providers.simulator.numbers import drawn, seed_of

FaultKind = Literal[
    "timeout", "drip", "reset", "half", "html", "types", "missing", "server", "busy", "quota", "quota-date",
    "quota-day", "quota-bare", "token", "huge", "redirect", "hang",
]  # fmt: skip
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

TRANSIENT: tuple[FaultKind, ...] = (
    "timeout", "drip", "reset", "half", "html", "types", "missing", "server", "quota", "token",
)  # fmt: skip
"""What a provider recovers from within seconds."""

_WITH_TOKENS = frozenset(("spotify", "beatport"))
_NEEDED = frozenset(
    (
        "id",
        "title",
        "name",
        "trackId",
        "trackName",
        "artistName",
        "access_token",
        "lowest_price",
        "label-info",
    )
)
"""Fields without which an answer is none."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Which share of the requests goes wrong, and how.

    The same request at the same attempt always meets the same fault, in whatever order requests arrive; its
    next attempt may succeed, unless ``persist``. ``hang`` concerns every request of the named providers.
    """

    rate: float = 0.2
    kinds: Sequence[FaultKind] = TRANSIENT
    seed: int = 1
    providers: Sequence[str] | None = None  # None: all
    persist: bool = False
    retry_after: int = 1  # seconds, for ``quota`` and ``quota-date``
    drip: float = 0.25  # seconds a byte
    megabytes: int = 20  # of ``huge``

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ValueError: a rate that is no share, an unknown kind, or ``hang`` without providers.
        """
        if not 0 <= self.rate <= 1:
            raise ValueError(f"a rate of {self.rate} is no share; give 0 to 1")
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown:
            raise ValueError(f"unknown fault {unknown[0]!r}; there are {', '.join(KINDS)}")
        if "hang" in self.kinds and self.providers is None:
            raise ValueError("a hanging provider has to be named: providers=('musicbrainz',)")


class FaultPlan:
    """The faults of a server, safe to share between threads."""

    def __init__(self) -> None:
        """No faults yet."""
        self._lock = threading.Lock()
        self._faults: Faults | None = None
        self._attempts: Counter[int] = Counter()
        self._asked: dict[str, deque[FaultKind]] = {}

    @property
    def faults(self) -> Faults | None:
        """What goes wrong by chance."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults | None) -> None:
        with self._lock:
            self._faults = faults
            self._attempts.clear()

    @property
    def settings(self) -> Faults:
        """The faults, or the defaults, for what a fault needs to know."""
        return self._faults or Faults(0.0)

    def fail(self, provider: str, kind: FaultKind, times: int) -> None:
        """Let the next requests to a provider go wrong."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; there are {', '.join(KINDS)}")
        with self._lock:
            self._asked.setdefault(provider, deque()).extend([kind] * times)

    def clear(self) -> None:
        """Forget what was asked for one by one."""
        with self._lock:
            self._asked.clear()

    def choose(self, provider: str, question: Question) -> FaultKind | None:
        """What this request meets; None: nothing."""
        with self._lock:
            if asked := self._asked.get(provider):
                return asked.popleft()
            faults = self._faults
            if faults is None or (faults.providers is not None and provider not in faults.providers):
                return None
            if "hang" in faults.kinds:
                return "hang"
            request = seed_of(
                f"{provider}\n{question.method} {question.path}\n{sorted(question.params.items())}"
            )
            request ^= seed_of(question.body.decode("latin-1"))
            attempt = 0 if faults.persist else self._attempts[request]
            self._attempts[request] += 1
        word = f"fault {faults.seed} {attempt}"
        if drawn(request, word) >= faults.rate * 2.0**64:
            return None
        kinds = [kind for kind in faults.kinds if _happens(kind, provider)]
        return kinds[drawn(request, word + " kind") % len(kinds)] if kinds else None


def _happens(kind: FaultKind, provider: str) -> bool:
    if kind == "token":
        return provider in _WITH_TOKENS
    return kind != "busy" or provider == "musicbrainz"


def instead(kind: FaultKind, answers: Answers, question: Question, faults: Faults, url: str) -> Reply | None:
    """The reply that a fault gives without an answer; None when it spoils the answer, or the connection."""
    match kind:
        case "html":
            return html_reply(200, "We will be right back")
        case "server":
            return answers.trouble((500, 502, 503)[drawn(seed_of(str(question)), "status") % 3])
        case "busy":
            return answers.busy() if isinstance(answers, MusicBrainz) else answers.trouble(503)
        case "quota":
            return _later(answers, str(faults.retry_after))
        case "quota-date":
            at = datetime.now(UTC) + timedelta(seconds=faults.retry_after + 1)  # a date has no fractions
            return _later(answers, format_datetime(at, usegmt=True))
        case "quota-day":
            return _later(answers, "86400")
        case "quota-bare":
            return answers.refusal()
        case "token":
            return answers.expire(question)
        case "redirect":
            return Reply(302, b"", HTML, {"Location": f"{url}/elsewhere{question.path}"})
    return None


def _later(answers: Answers, retry_after: str) -> Reply:
    refusal = answers.refusal()
    return Reply(refusal.status, refusal.body, refusal.type, {**refusal.headers, "Retry-After": retry_after})


def spoiled(kind: Literal["types", "missing"], reply: Reply) -> Reply:
    """The reply with wrong types, or without what is needed. What is no JSON stays."""
    try:
        value = json.loads(reply.body)
    except ValueError:
        return reply
    value = _mistyped(value) if kind == "types" else _lacking(value)
    return Reply(reply.status, json.dumps(value).encode(), reply.type, reply.headers)


def _mistyped(value: Any) -> Any:
    match value:
        case dict():
            return {name: _mistyped(inner) for name, inner in value.items()}
        case list():
            return [_mistyped(inner) for inner in value] if value else "none"
        case str():
            return len(value)
        case bool() | None:
            return value
        case _:
            return "n/a"


def _lacking(value: Any) -> Any:
    def without(inner: Any, names: Mapping[str, Any] | frozenset[str]) -> Any:
        if isinstance(inner, dict):
            return {name: without(one, names) for name, one in inner.items() if name not in names}
        return [without(one, names) for one in inner] if isinstance(inner, list) else inner

    less = without(value, _NEEDED)
    if less == value and isinstance(value, dict):  # an answer without rows: not even the list is there
        less = {name: inner for name, inner in value.items() if not isinstance(inner, dict | list)}
    return less
