"""Secrets in a text, hidden: passwords in URLs, tokens, and the values of variables that hold secrets.

Here: which variables those are, and what a secret looks like. Not here: logging (``logs.py``). Errors of ours
name no secret in the first place; this is for what other libraries say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote, unquote

HIDDEN = "***"

SHORTEST = 6
"""Signs of a value that is looked for: shorter ones are parts of words."""

_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|COOKIE")
_WHOLE_URLS = re.compile(r"NOTIF|APPRISE|WEBHOOK")  # every part of such an address may be a key
_OURS = re.compile(r"(MIXTROVE|DAGSTER|POSTGRES|PG|REDIS|RABBITMQ|AMQP)")

_IN_URL = re.compile(
    r"(?P<before>[a-z][a-z0-9+.-]*://[^\s/?#:@'\"]*:)(?P<secret>[^\s/?#'\"]*)(?=@)", re.IGNORECASE
)
_SENT = re.compile(
    r"(?P<before>\b(?:Bearer|Basic|Discogs token=)\s*)(?P<secret>(?=\S*\d)[\w.~+/=-]{8,})", re.IGNORECASE
)
_NAMED = re.compile(
    r"(?P<before>\b(?:\w+_token|\w+_secret|api_?key|token|secret|password)(?:=|[\"']\s*:\s*[\"']))"
    r"(?P<secret>[^\s\"'&,;)}]+)",
    re.IGNORECASE,
)
_OWN_TOKEN = re.compile(r"(?P<before>\bmxt_)(?P<secret>[\w-]{8,})")
_PATTERNS = (_IN_URL, _SENT, _NAMED, _OWN_TOKEN)


def secrets_of(environment: Mapping[str, str]) -> frozenset[str]:
    """The secrets among these variables, in every form in which they may turn up."""
    found: set[str] = set()
    for name, value in environment.items():
        if not _OURS.match(name) or not value:
            continue
        if _WHOLE_URLS.search(name):
            found.update(part for url in value.split() for part in re.split(r"[/?&=:@,]+", url)[1:])
        elif _SECRET.search(name):
            found.add(value)
            found.update(value.split())
            found.update(part.split(":", 2)[2] for part in value.split() if part.count(":") >= 2)
        found.update(one["secret"] for one in _IN_URL.finditer(value))
    found |= {unquote(one) for one in found} | {quote(one, safe="") for one in found}
    return frozenset(one for one in found if len(one) >= SHORTEST and not _is_machine(one))


def _is_machine(part: str) -> bool:
    """Whether a part of an address is the number of a machine, or this machine."""
    try:
        ip_address(part)
    except ValueError:
        return part == "localhost"
    return True


def hide(text: str, secrets: frozenset[str] = frozenset()) -> str:
    """The text with ``***`` in the place of every secret.

    Args:
        text: what is to be said.
        secrets: values that are hidden wherever they stand.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    return text
