"""The OpenAPI document: what FastAPI makes of the routes, with the problems that every address may answer.

``python -m mixtrove.api.openapi FILE`` writes it. ``docs/openapi.json`` is that file; a test compares them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from mixtrove.api.problems import KINDS, MEDIA_TYPE
from mixtrove.api.shapes.common import Problem
from mixtrove.api.shapes.tracklists import TracklistGiven

DESCRIPTION = """The tracks in DJ mixes become a library, a shopping list and a picture of what you discover.

Lists come page by page: `next` and the header `Link` have the address of the next page. What was read with
an `ETag` can be changed with `If-Match`, so that nobody's change is lost. A `POST` with an `Idempotency-Key`
may be sent again. Errors are problem details (RFC 9457) whose `detail` says what to do."""

_EVERYWHERE = (400, 401, 403, 404, 408, 413, 422, 429, 500, 503)
_EDITS = (409, 412)
_WITH_BODY = (415,)


def described(app: FastAPI) -> dict[str, Any]:
    """The document of an application; made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
        )
        _add_schemas(document, Problem, TracklistGiven)
        for address in document["paths"].values():
            for method, operation in address.items():
                _never_null(operation)
                _add_problems(operation, method)
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        app.openapi_schema = document
    return app.openapi_schema


def _add_schemas(document: dict[str, Any], *shapes: Any) -> None:
    schemas = document["components"]["schemas"]
    for shape in shapes:
        found = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(found.pop("$defs", {}))
        schemas[shape.__name__] = found


def _never_null(operation: dict[str, Any]) -> None:
    """An address and a header have no way to say null: leaving a parameter out is that."""
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        choices = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
        if len(choices) == 1:
            del schema["anyOf"]
            schema.update(choices[0])


def _add_problems(operation: dict[str, Any], method: str) -> None:
    statuses: tuple[int, ...] = _EVERYWHERE
    if method != "get":
        statuses += _EDITS + (_WITH_BODY if "requestBody" in operation else ())
    for status in statuses:
        answer = operation["responses"].setdefault(str(status), {"description": KINDS[status][1]})
        if status == 422:
            answer["content"] = {}
        content = answer.setdefault("content", {})
        content[MEDIA_TYPE] = {"schema": {"$ref": "#/components/schemas/Problem"}}
        answer["description"] = answer["description"].replace("Validation Error", KINDS[status][1])
    if method == "post":
        operation.setdefault("parameters", []).append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "sent again with the same key, the request is done once and answered the same",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )


def written() -> str:
    """The document as the file has it."""
    from mixtrove.api.app import create_app
    from mixtrove.api.settings import ApiSettings
    from mixtrove.settings import Settings

    return json.dumps(create_app(Settings(), ApiSettings()).openapi(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(written(), encoding="utf-8")
