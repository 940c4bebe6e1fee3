"""Cursors: the last item of a page, written so that clients need not know what it is.

Whoever has one may have changed it: what is read from it can be compared with what a database keeps.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mixtrove.errors import NotFound
from mixtrove.storable import UNSTORABLE

_MOST = 2**63 - 1  # what a database takes for a whole number


def write(values: Sequence[Any]) -> str:
    """The cursor of these values: texts, whole numbers and times."""
    texts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode()


def read(text: str, kinds: Sequence[type], *, page: str = "page") -> list[Any]:
    """The values of a cursor.

    Args:
        text: the cursor.
        kinds: of its values: ``str``, ``int`` or ``datetime`` (in UTC).
        page: what it begins, for the error.

    Raises:
        NotFound: it is none of this list.
    """
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode()))
        if not isinstance(found, list):
            raise ValueError
        return [_value(one, kind) for one, kind in zip(found, kinds, strict=True)]
    except (ValueError, OverflowError) as error:
        raise NotFound(f"{page} behind", text, why="begin with the first page") from error


def _value(given: object, kind: type) -> Any:
    """The value that a cursor has; ``ValueError`` or ``OverflowError`` when it is none of this kind."""
    if type(given) is not (str if kind is datetime else kind):
        raise ValueError
    if isinstance(given, int) and abs(given) > _MOST:
        raise ValueError
    if isinstance(given, str) and UNSTORABLE.search(given):
        raise ValueError
    if kind is not datetime:
        return given
    moment = datetime.fromisoformat(str(given))
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)
