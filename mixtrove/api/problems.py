"""What went wrong, as RFC 9457 problem details: one form for every error, with its cause and remedy."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pydantic_core
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from mixtrove.errors import BadInput, MixtroveError, NotFound, StaleEdit, StoreUnavailable

MEDIA_TYPE = "application/problem+json"

KINDS: Mapping[int, tuple[str, str]] = {
    400: ("malformed", "The request cannot be read"),
    401: ("no-token", "A token is needed"),
    403: ("not-allowed", "The token does not allow this"),
    404: ("not-found", "There is no such thing"),
    405: ("no-such-method", "This address does not take this method"),
    408: ("too-slow", "The request took too long to arrive"),
    409: ("conflict", "Something stands against this"),
    412: ("changed-meanwhile", "It was changed since it was read"),
    413: ("too-large", "The request is too large"),
    415: ("no-such-type", "This type of content is not understood"),
    422: ("refused", "The request cannot be used"),
    429: ("too-many", "Too many requests"),
    500: ("fault", "Something went wrong here"),
    503: ("unavailable", "It cannot be done now"),
}
"""By status: the end of the problem's type, ``urn:mixtrove:problem:…``, and its title."""

_SHOWN_IN = {
    "track": "GET /api/v1/library/tracks",
    "tracklist": "GET /api/v1/tracklists",
    "entry": "GET /api/v1/review or /api/v1/tracklists/{id}",
    "want": "GET /api/v1/want-list",
}
"""Where the things are listed that a request may have meant."""

_INSTEAD = [
    (re.compile(rf"`mixtrove {command}(?: [^`]*)?`"), address)
    for command, address in (
        ("review undo", 'POST /api/v1/review/{id} with {"decision": "undo"}'),
        ("review assign", 'POST /api/v1/review/{id} with {"decision": "assign", "track": "Artist - Title"}'),
        ("review list", "GET /api/v1/review"),
        ("library edit", "PATCH /api/v1/library/tracks/{id}"),
        ("library merge", "POST /api/v1/library/tracks/{id}/merge"),
        ("library unmerge", "POST /api/v1/library/tracks/{id}/unmerge"),
        ("library list", "GET /api/v1/library/tracks"),
        ("want remove", "DELETE /api/v1/want-list/{id}"),
        ("want list", "GET /api/v1/want-list"),
        ("tracklist list", "GET /api/v1/tracklists"),
    )
]
"""What a client does where a sentence names a command; one that is not here is for the server's machine."""

_log = logging.getLogger(__name__)


class Refused(Exception):
    """A request that is not done."""

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        """The status, a sentence with cause and remedy, headers, further members of the problem."""
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, dict(headers or {}), more

    def response(self) -> Response:
        """The same as an answer."""
        kind, title = KINDS.get(self.status) or ("other", HTTPStatus(self.status).phrase)
        body = {
            "type": f"urn:mixtrove:problem:{kind}",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        return Response(pydantic_core.to_json(body), self.status, headers=self.headers, media_type=MEDIA_TYPE)


def handle_errors(app: FastAPI) -> None:
    """Let an application answer every error with a problem; faults are for ``limits.SecureHeaders``."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(MixtroveError, _ours)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _of_http)


def refusal(error: MixtroveError) -> Refused:
    """An error of ours as a refusal."""
    if isinstance(error, StaleEdit):
        sentence = str(error)
        if error.expected < 0:
            sentence = (
                "If-Match has no ETag of an answer of this API: send the one that was read, as "
                f'"{error.found}"'
            )
        return Refused(
            412, sentence, headers={"ETag": f'"{error.found}"'},
            version=error.found, yours=error.given, there=error.there,
        )  # fmt: skip
    if isinstance(error, NotFound):
        seen = _SHOWN_IN.get(error.what)
        why = error.why or (f"{seen} lists them" if seen else "")
        return Refused(404, f"there is no {error.what} {error.given!r}" + (f": {why}" if why else ""))
    if isinstance(error, BadInput):
        return Refused(422, _over_http(str(error)))
    if isinstance(error, StoreUnavailable):
        return Refused(503, str(error), headers={"Retry-After": "5"})
    return Refused(409, _over_http(str(error)))


def _over_http(sentence: str) -> str:
    """A sentence with the addresses that do what the commands in it do."""
    for command, address in _INSTEAD:
        sentence = command.sub(address, sentence)
    return sentence


async def _refused(_: Request, error: Any) -> Response:
    response: Response = error.response()
    return response


async def _ours(_: Request, error: Any) -> Response:
    return refusal(error).response()


async def _not_understood(request: Request, error: Any) -> Response:
    found = error.errors()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.endswith("json") and any(
        one["loc"] == ("body",) and one["type"] != "missing" for one in found
    ):
        what = kind or "a body without Content-Type"
        return Refused(415, f"{what} is not read here: send Content-Type: application/json").response()
    malformed = any(one["type"] == "json_invalid" for one in found)
    places = [{"where": ".".join(map(str, one["loc"])), "why": one["msg"]} for one in found[:20]]
    first = places[0]
    detail = f"{first['where']}: {first['why']}" + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")
    return Refused(400 if malformed else 422, detail, errors=places).response()


async def _of_http(request: Request, error: Any) -> Response:
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    sentences = {
        404: f"there is nothing at {request.url.path}: GET /api/v1/openapi.json lists what there is",
        405: f"{request.method} is not taken here: {headers.get('Allow', 'another')} is",
        400: "the body cannot be read: send what the Content-Type says",
    }
    detail = sentences.get(error.status_code, str(error.detail))
    return Refused(error.status_code, detail, headers=headers).response()


def _methods(request: Request) -> list[str]:
    """The methods that an address takes: Starlette names those of its first route only."""
    for address, operations in request.app.openapi()["paths"].items():
        pattern, _, _ = compile_path(address.replace("_id}", "_id:uuid}"))
        if pattern.match(request.url.path):
            return sorted(method.upper() for method in operations)
    return []


def fault(method: str, path: str, error: Exception) -> Response:
    """A fault of ours as an answer; the log has what happened, under the same number."""
    number = secrets.token_hex(4)
    _log.error("fault %s at %s %s", number, method, path, exc_info=error)
    return Refused(500, f"the log of the server has the cause, as fault {number}", fault=number).response()
