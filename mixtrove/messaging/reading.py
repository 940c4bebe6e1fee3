"""A message's bytes to a request, or to the sentence why not. Nothing is asked of a store or a server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pydantic_core
from pydantic import ValidationError

from mixtrove.errors import BadInput
from mixtrove.messaging.schemas import INCOMING, DiscoveryRequested
from mixtrove.tracklists import read_tracklist
from mixtrove.tracklists.model import Tracklist

LARGEST = 10 * 1024 * 1024
"""Bytes of a message."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was understood."""

    id: str  # of the message
    digest: str  # of what it asks for, however that was written
    asked: DiscoveryRequested
    tracklist: Tracklist | None  # the one that came along


def read_request(body: bytes) -> Request:
    """The request in a message.

    Raises:
        BadInput: it is none that can be done; the sentence says why and what to do.
    """
    if len(body) > LARGEST:
        raise BadInput(
            f"it has {len(body):,} bytes, and {LARGEST:,} is the most: import so long a tracklist and ask by "
            "tracklist_id"
        )
    given = _object(body)
    models = _of_type(given)
    try:
        message = models.model_validate_json(body)
    except ValidationError as error:
        raise BadInput(_first(error)) from None
    asked = message.data
    tracklist = None
    if asked.tracklist is not None:
        tracklist = _tracklist(asked)
    digest = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
    return Request(message.id, digest, asked, tracklist)


def envelope_id(body: bytes) -> str | None:
    """The id that a message gives itself, whether it is understood or not; None: it gives none."""
    if len(body) > LARGEST:
        return None
    try:
        found = _object(body).get("id")
    except BadInput:
        return None
    return found if isinstance(found, str) else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = pydantic_core.from_json(body)
    except ValueError as error:
        raise BadInput(f"it is not JSON ({error}): send an object in UTF-8") from None
    if not isinstance(found, dict):
        raise BadInput("it is JSON and no object: see docs/messages")
    return found


def _of_type(given: dict[str, Any]) -> Any:
    """The model of a message's type and version."""
    kind, version = given.get("type"), given.get("version")
    versions = INCOMING.get(kind) if isinstance(kind, str) else None
    if versions is None:
        raise BadInput(f"its type is {_short(kind)}, and {' and '.join(INCOMING)} is what is taken here")
    if type(version) is not int:
        raise BadInput(f"its version is {_short(version)}: it is a number, {max(versions)} today")
    if version in versions:
        return versions[version]
    if version > max(versions):
        raise BadInput(
            f"it is {kind} version {version}, and this mixtrove reads up to {max(versions)}: upgrade it, "
            "then `mixtrove dead-letters retry`"
        )
    raise BadInput(f"there is no {kind} version {version}: {max(versions)} is the newest")


def _tracklist(asked: DiscoveryRequested) -> Tracklist:
    given = asked.tracklist
    assert given is not None
    found = read_tracklist(
        given.text.encode(),
        name="the tracklist",
        format=given.format,
        dj=given.dj or None,
        title=given.title or None,
        played_on=given.played_on,
        source=given.source or None,
        source_url=given.source_url or None,
    )
    lines = {line.position for line in found.entries}
    if not lines:
        raise BadInput(
            f"no line of the tracklist is a track ({len(found.lines):,} read); a track is written "
            "Artist - Title"
        )
    absent = sorted(set(asked.positions) - lines)
    if absent:
        raise BadInput(
            f"the tracklist has no line at position {absent[0]}: its positions are 1 to {len(lines)}"
        )
    return found


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, with its place; values are not repeated."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    why = first["msg"].removeprefix("Value error, ")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where or 'data'}: {why}{more}; docs/messages has the schema"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
