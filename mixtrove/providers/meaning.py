"""What a reply means: an answer, nothing, or a refusal of some kind. Functions from values to values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from mixtrove.providers.policy import Policy, Refusal, Reply

_SECONDS = re.compile(r"\d{1,12}(\.\d{1,9})?")
LONGEST_WAIT = 48 * 3600.0
"""Seconds that a ``Retry-After`` is believed at most. Real bans were up to a day; an epoch time or
milliseconds in this header are known mistakes, and would mean years."""

_LONGEST_NUMBER = 18
"""Digits of an integer in a body; ids have fewer, and more is no length, no date and no id."""

_ABOUT_THE_QUESTION = (400, 414, 422)
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class NoAnswer(ValueError):
    """A body that is no JSON; the text says why and quotes nothing of it."""


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that ``Retry-After`` asks for, from 0 to ``LONGEST_WAIT``; None where nothing is readable.

    A date is taken by the server's own ``Date``, whatever our clock says (RFC 9110 §10.2.3).
    """
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_WAIT)
    moment = _date(text)
    if moment is None:
        return None
    seconds = (moment - (_date(headers.get("Date", "")) or now)).total_seconds()
    return max(0.0, min(seconds, LONGEST_WAIT))


def meaning(reply: Reply, policy: Policy, now: datetime) -> Refusal | None:
    """Why a reply is no answer; None when it is one. What the policy says goes first."""
    named = retry_after(reply.headers, now)
    refusal = None
    if policy.refusal is not None:
        refusal = policy.refusal(reply.status, reply.headers, reply.body)
    refusal = refusal or _usual(reply.status)
    if refusal is None or refusal.seconds is not None or refusal.kind not in ("quota", "server"):
        return refusal
    return Refusal(refusal.kind, refusal.why, named)


def decoded(reply: Reply) -> Any:
    """The JSON of a body.

    Raises:
        NoAnswer: it is something else, or half of one.
    """
    kind = reply.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind.endswith("html"):
        raise NoAnswer("it answered with a web page instead of JSON")
    try:
        payload = json.loads(reply.body, parse_constant=_refuse_constant, parse_int=_integer)
        return _whole(payload) if _ESCAPED_SURROGATE.search(reply.body) else payload
    except (ValueError, RecursionError):
        raise NoAnswer("its answer is not JSON, or only a part of it") from None


def _usual(status: int) -> Refusal | None:
    if 200 <= status < 300:
        return None
    if status in (404, 410):
        return Refusal("nothing", "it knows nothing of that")
    if status == 429:
        return Refusal("quota", "it was asked too often (status 429)")
    if status == 401:
        return Refusal("credentials", "it does not accept the credentials (status 401); check its settings")
    if status == 403:  # aimed at who asks, whatever is asked: a guard, a ban
        return Refusal("quota", "it refuses this address for now (status 403)")
    if status == 408 or status >= 500:
        return Refusal("server", f"it failed with status {status}")
    if 300 <= status < 400:  # maintenance, a portal or a wrong address: no question is to blame
        return Refusal("server", f"it sends elsewhere (status {status}); check the address in its settings")
    if status in _ABOUT_THE_QUESTION:
        return Refusal("request", f"it does not accept the request (status {status})")
    return Refusal("server", f"it refuses with status {status}; check the address in its settings")


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("a number without sense")
    return int(text)


def _whole(value: Any) -> Any:
    """The value with lone halves of surrogate pairs replaced: nothing can store or send them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(one) for name, one in value.items()}
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
