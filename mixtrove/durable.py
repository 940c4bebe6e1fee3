"""Bringing files and folders to the disk, so that a power cut does not undo what was said to be done."""

from __future__ import annotations

import os
from pathlib import Path


def to_disk(path: Path) -> None:
    """Write what the operating system holds of a file, or of the names in a folder, to the disk.

    Windows has no such call for folders, and none for files that are not open for writing.
    """
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
