"""Edits that lose nobody's change: entity tags from versions, ``If-Match`` (RFC 9110 §13)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute

from mixtrove.api.limits import BODY
from mixtrove.api.problems import Refused

NO_VERSION = -1
"""What an ETag stands for that no answer of ours has: nothing is of this version, so that it is refused."""

_TAG = re.compile(r'"([0-9]{1,18})"')


async def _expected(
    if_match: Annotated[
        str | None,
        Header(description='only if nobody changed it since: the ETag of the answer that was read, as "3"'),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    return NO_VERSION if found is None else int(found[1])


Expected = Annotated[int | None, Depends(_expected)]
"""The version that an edit is made for; None: whatever is there."""


async def nothing_passed_over(request: Request) -> None:
    """A dependency of all handlers: refuses an ``If-Match`` and a body where neither is looked at."""
    route = request.scope.get("route")
    if request.method == "GET" or not isinstance(route, APIRoute):
        return
    if "if-match" in request.headers and not _reads_if_match(route):
        raise Refused(
            400, "If-Match is not looked at here: leave it out; the addresses that answer an ETag take it"
        )
    takes_a_body = route.body_field is not None or "requestBody" in (route.openapi_extra or {})
    if request.scope[BODY] and not takes_a_body:
        raise Refused(400, "this address takes no body: leave it out")


def _reads_if_match(route: APIRoute) -> bool:
    return any(one.call is _expected for one in route.dependant.dependencies)


def tag(response: Response, version: int) -> None:
    """Let an answer say which version it is of."""
    response.headers["ETag"] = f'"{version}"'
