"""What every provider's answers have in common: a question, a reply, and the tokens that it gave out."""

from __future__ import annotations

import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs

from mixtrove.providers.simulator.numbers import seed_of
from mixtrove.providers.simulator.search import Hits, Mask, SearchIndex
from mixtrove.providers.simulator.songs import Song, Songs

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it arrived; ``path`` is behind the provider's base URL."""

    method: str
    path: str
    params: Mapping[str, list[str]]
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""

    def one(self, name: str, default: str = "") -> str:
        """The last value of a parameter."""
        values = self.params.get(name)
        return values[-1] if values else default

    def number(self, name: str, default: int) -> int | None:
        """A parameter as a whole number; None when it is something else."""
        text = self.one(name)
        if not text:
            return default
        return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form in the body."""
        return {name: values[-1] for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()}

    @property
    def json(self) -> dict[str, Any]:
        """The object in the body; empty when it is no JSON object."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def bearer(self) -> str:
        """The token behind ``Bearer``."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    status: int
    body: bytes
    type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A value as JSON."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, JSON, headers or {})


def html_reply(status: int, title: str) -> Reply:
    """A page for people where a program expected JSON."""
    body = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Reply(status, body.encode(), HTML)


class Tokens:
    """The access tokens of one provider that are good, safe to share between threads."""

    def __init__(self, name: str) -> None:
        """None yet; tokens are named after ``name`` and numbered."""
        self._name = name
        self._lock = threading.Lock()
        self._given = 0
        self._good: set[str] = set()

    def new(self) -> str:
        """One more."""
        with self._lock:
            self._given += 1
            token = f"{self._name}-{self._given}"
            self._good.add(token)
            return token

    def add(self, token: str) -> None:
        """One that was agreed before."""
        with self._lock:
            self._good.add(token)

    def good(self, token: str) -> bool:
        """Whether it is accepted."""
        with self._lock:
            return token in self._good

    def revoke(self, token: str) -> bool:
        """Take it back; False when it was not good."""
        with self._lock:
            if token not in self._good:
                return False
            self._good.remove(token)
            return True


class Answers(ABC):
    """One provider's API. Safe to share between threads."""

    name: ClassVar[str]
    tokens: Tokens | None = None

    def __init__(self, songs: Songs, index: SearchIndex, mask: Mask | None = None) -> None:
        """It knows the songs that ``mask`` allows."""
        self.songs = songs
        self.index = index
        self.mask = mask

    @abstractmethod
    def answer(self, question: Question) -> Reply:
        """What it says."""

    @abstractmethod
    def refusal(self) -> Reply:
        """What it says to who is over the quota, without a Retry-After."""

    @abstractmethod
    def trouble(self, status: int) -> Reply:
        """A 500, 502 or 503 of its own."""

    def allowance(self, question: Question) -> int | None:
        """The requests in a window for who asks so; None: as its quota says."""
        return None

    def usage_headers(self, question: Question, limit: int, used: int) -> Mapping[str, str]:
        """Headers that tell how much of the quota is used."""
        return {}

    def expire(self, question: Question) -> Reply | None:
        """Let the token of this request expire, and say so; None where there are no tokens."""
        if self.tokens is None or not self.tokens.revoke(question.bearer):
            return None
        return self.answer(question)

    def known(self, songs: list[Song]) -> list[Song]:
        """Those of the songs that it knows."""
        return [song for song in songs if self.mask is None or self.mask[song.row]]

    def songs_of(self, hits: Hits, limit: int, offset: int = 0) -> list[Song]:
        """The best hits that it knows, best first."""
        rows = hits.within(self.mask).best(limit, offset).rows
        return [self.songs.all[row] for row in rows.tolist()]


def routed(routes: tuple[tuple[str, str, Callable[..., Reply]], ...], question: Question) -> Reply | None:
    """The reply of the first route (method, pattern of the path, what answers it) that fits."""
    for method, pattern, reply in routes:
        if method == question.method and (found := re.fullmatch(pattern, question.path)):
            return reply(question, *found.groups())
    return None


def artist_seed(name: str) -> int:
    """The seed of an artist, a label or another name."""
    return seed_of(f"name\n{name.lower()}")


def slug(text: str) -> str:
    """A text as a part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "-"
