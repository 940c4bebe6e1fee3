"""The part of Lucene's language that MusicBrainz is asked in: fields, phrases, AND, OR, NOT, brackets."""

from __future__ import annotations

import re
from collections.abc import Callable

from mixtrove.providers.simulator.search import Hits

Look = Callable[[str | None, str], Hits]
"""Finds the rows for a field (None: any) and a text."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<phrase>"(?:[^"\\]|\\.)*")(?:~\d*)?(?:\^[\d.]+)?
      | (?P<field>[A-Za-z]+):(?=\S)
      | (?P<and>AND\b|&&) | (?P<or>OR\b|\|\|) | (?P<not>NOT\b|!(?=\S)|-(?=\S)) | (?P<must>\+(?=\S))
      | (?P<open>\() | (?P<close>\))(?:\^[\d.]+)?
      | (?P<term>(?:[^\s"\\()\[\]{}:^~/!+&|*?-]|\\.|(?<=\S)[-+&|!*?])+)(?:~[\d.]*)?(?:\^[\d.]+)?
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")


class BadQuery(ValueError):
    """The query does not follow the language."""


def search(query: str, look: Look) -> Hits:
    """The rows that a query finds.

    Raises:
        BadQuery: brackets or quotes are not closed, or a special sign is not escaped.
    """
    reading = _Reading(query, look)
    hits = reading.alternatives(None)
    if reading.kind is not None:
        raise BadQuery(f"unexpected {reading.text!r}")
    return hits


class _Reading:
    def __init__(self, query: str, look: Look) -> None:
        self._query, self._look, self._at = query.rstrip(), look, 0
        self.kind: str | None = None
        self.text = ""
        self._next()

    def _next(self) -> None:
        if self._at >= len(self._query):
            self.kind = None
            return
        found = _TOKEN.match(self._query, self._at)
        if found is None:
            raise BadQuery(f"cannot read {self._query[self._at :]!r}")
        self._at, self.kind = found.end(), found.lastgroup
        self.text = found[self.kind or 0]

    def alternatives(self, field: str | None) -> Hits:
        hits = self._together(field)
        while self.kind not in (None, "close"):
            if self.kind == "or":
                self._next()
            hits = hits.either(self._together(field))  # words beside each other: any of them
        return hits

    def _together(self, field: str | None) -> Hits:
        hits = self._one(field)
        while self.kind == "and":
            self._next()
            if self.kind == "not":
                self._next()
                hits = hits.without(self._one(field))
            else:
                hits = hits.both(self._one(field))
        return hits

    def _one(self, field: str | None) -> Hits:
        kind, text = self.kind, self.text
        if kind not in ("phrase", "term", "field", "open", "must"):
            raise BadQuery(f"unexpected {text!r}" if kind else "the query ends too soon")
        self._next()
        if kind == "must":
            return self._one(field)
        if kind == "field":
            return self._one(text.lower())
        if kind == "open":
            hits = self.alternatives(field)
            if self.kind != "close":
                raise BadQuery("a bracket is not closed")
            self._next()
            return hits
        return self._look(field, _ESCAPED.sub(r"\1", text[1:-1] if kind == "phrase" else text))
