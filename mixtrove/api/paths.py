"""Parts of addresses: ids and numbers.

An address whose id is none is not there at all (404): its route takes UUIDs only, ``{track_id:uuid}``.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BeforeValidator

_EXAMPLE = "01991f2e-8f3a-7c51-9f52-5a8d4be1c7aa"
_AS_TEXT = BeforeValidator(str)  # the route gives a UUID, the store has texts

PathId = Annotated[str, _AS_TEXT, Path(json_schema_extra={"format": "uuid"}, examples=[_EXAMPLE])]
VersionNumber = Annotated[int, Path(ge=1, le=1_000_000)]
