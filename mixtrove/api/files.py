"""Files as answers, written while they are read: any length in the memory of a piece."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterator
from threading import Lock
from typing import Any

from fastapi.responses import StreamingResponse

from mixtrove.api.context import Caller
from mixtrove.api.problems import Refused

PIECE = 32_768
"""Bytes that are sent at a time: single lines would cost more to hand over than to write."""

AT_A_TIME, OF_ONE = 6, 2
"""Files that are sent at the same time, and of these to one token: each holds a connection to the store."""

_lock = Lock()
_taken: Counter[str | None] = Counter()  # places by token

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
    "m3u8": "application/vnd.apple.mpegurl",
}

DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            kind.partition(";")[0]: {"schema": {} if form == "json" else {"type": "string"}}
            for form, kind in TYPES.items()
        },
    }
}
"""What the OpenAPI document says of such an answer."""


class _Place:
    """One of the places for files that are sent; free again when nobody holds it any more."""

    def __init__(self, token_id: str | None) -> None:
        with _lock:
            if _taken[token_id] >= OF_ONE:
                raise Refused(
                    429, f"{OF_ONE} files are being sent to you already: read them, then ask again",
                    headers={"Retry-After": "5"},
                )  # fmt: skip
            if _taken.total() >= AT_A_TIME:
                raise Refused(
                    503, f"{AT_A_TIME} files are being sent already: ask again", headers={"Retry-After": "5"}
                )
            _taken[token_id] += 1
        weakref.finalize(self, _leave, token_id)


def _leave(token_id: str | None) -> None:
    with _lock:
        _taken[token_id] -= 1
        if not _taken[token_id]:
            del _taken[token_id]


def file_answer(pieces: Iterator[str], form: str, name: str, by: Caller) -> StreamingResponse:
    """A file of this form, to be saved under this name.

    Raises:
        Refused: too many are being sent, to all or to this one.
    """
    return StreamingResponse(
        _joined(pieces, _Place(by.token_id)),
        media_type=TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )


def _joined(pieces: Iterator[str], place: _Place) -> Iterator[bytes]:
    """The pieces as bytes, larger; ``place`` is held until all are read or nobody wants more."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece.encode()
        if len(waiting) >= PIECE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)
    del place
