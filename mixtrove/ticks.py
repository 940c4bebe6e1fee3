"""When each sensor of Dagster last looked, as a file in the home: what watches it needs no Dagster.

Dagster keeps the ticks in tables of its own. The sensor ``sensor_ticks`` writes this file from them; the API
reads it. Not here: the sensors (``sensors``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mixtrove.errors import StoreUnavailable

if TYPE_CHECKING:
    from mixtrove.settings import Settings


def ticks_path(settings: Settings) -> Path:
    """The file."""
    return settings.dagster_home / "ticks.json"


def write_ticks(settings: Settings, ticks: Mapping[str, float]) -> None:
    """Replace the file.

    Args:
        settings: of this installation.
        ticks: sensor → when it last looked, seconds since 1970.

    Raises:
        StoreUnavailable: it cannot be written.
    """
    path = ticks_path(settings)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(dict(sorted(ticks.items()))), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise StoreUnavailable(
            f"{path} cannot be written: {error.strerror}; give this user the right to write to its folder"
        ) from error


def read_ticks(settings: Settings) -> dict[str, float]:
    """Sensor → when it last looked, seconds since 1970; empty where Dagster never ran.

    Raises:
        StoreUnavailable: the file cannot be read.
    """
    path = ticks_path(settings)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): float(at) for name, at in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise StoreUnavailable(f"{path} cannot be read: delete it, the sensors write it again") from error
