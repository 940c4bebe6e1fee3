"""The catalogue's directory: one self-describing file beside one folder, replaced as a whole.

``catalogue.json`` says what is inside and names the folder of the current build; a new build writes a new
folder first and then replaces ``catalogue.json``, so that a reader has either the old catalogue or the new
one. Who has the old one open keeps it. A build that is killed leaves a folder that nothing names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from zlib import crc32

from mixtrove.catalogue.fingerprint import parser_fingerprint
from mixtrove.durable import to_disk
from mixtrove.errors import BadInput

FORMAT = 4
"""Version of files and tables, of the hashes and signatures in ``retrieval.py`` too; another one asks for a
rebuild, as does another ``parser_fingerprint``."""

DESCRIPTION = "catalogue.json"
_OF_A_BUILD = re.compile(r"recordings-\d+-[0-9a-f]{12,}$")


@dataclass(frozen=True, slots=True)
class CatalogueInfo:
    """What a catalogue is: read from ``catalogue.json``."""

    id: str  # of its content: equal content, equal id
    format: int
    parser: str  # ``parser_fingerprint`` of the mixtrove that built it
    folder: str  # name of the folder beside catalogue.json
    files: dict[str, int]  # the files in it and their sizes in bytes
    checksums: dict[str, int]  # CRC-32 of each; looked at by ``damaged_file``, not on every opening
    recordings: int
    rows_read: int
    rows_skipped: int
    rows_folded: int
    ids_shared: int  # ids that stand for several recordings
    shared_id: str | None  # one of them
    sources: tuple[str, ...]  # file names
    sources_hash: str  # of the bytes of the sources
    built_at: str  # UTC, ISO 8601
    seconds: float


def describe(directory: Path) -> CatalogueInfo:
    """What the catalogue in ``directory`` is.

    Raises:
        BadInput: there is none, or one of another format or parser; says what to do.
    """
    while True:
        info = _read(directory)
        wrong = _wrong_file(directory / info.folder, info)
        if wrong is None:
            return info
        if _read(directory).folder == info.folder:  # else it was replaced meanwhile
            raise BadInput(f"{directory / info.folder}/{wrong}; build the catalogue again")


def _read(directory: Path) -> CatalogueInfo:
    path = directory / DESCRIPTION
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(
            f"there is no catalogue in {directory}; build one: "
            f"mixtrove catalogue build --out {directory} SOURCE.csv"
        ) from error
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read ({error}); build the catalogue again") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        version = found.get("format") if isinstance(found, dict) else None
        raise BadInput(
            f"the catalogue in {directory} has format {version}, this mixtrove reads {FORMAT}; "
            f"build it again: mixtrove catalogue build --out {directory} SOURCE.csv"
        )
    if found.get("parser") != parser_fingerprint():
        raise BadInput(
            f"the catalogue in {directory} was built by a mixtrove that takes names and titles apart "
            f"otherwise; build it again: mixtrove catalogue build --out {directory} SOURCE.csv"
        )
    try:
        return CatalogueInfo(**{**found, "sources": tuple(found["sources"]), "files": dict(found["files"])})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"{path} lacks what it must say ({error}); build the catalogue again") from error


def _wrong_file(folder: Path, info: CatalogueInfo) -> str | None:
    """A file that is not as it was written, in words; None when all are."""
    there = sizes(folder)
    for name, size in info.files.items():
        if name not in there:
            return f"{name} is missing"
        if there[name] != size:
            return f"{name} has {there[name]:,} bytes instead of {size:,}"
    return None


def sizes(folder: Path) -> dict[str, int]:
    """The files of a folder and their sizes in bytes; none where there is no folder."""
    found = {}
    with suppress(FileNotFoundError):  # removed meanwhile, as a whole or one by one
        for path in sorted(folder.iterdir()):
            found[path.name] = path.stat().st_size
    return found


def checksums(folder: Path) -> dict[str, int]:
    """The CRC-32 of the files of a folder; about a second a gigabyte."""
    return {path.name: _checksum(path) for path in sorted(folder.glob("*"))}


def _checksum(path: Path) -> int:
    found = 0
    with path.open("rb") as stream:
        while block := stream.read(1 << 22):
            found = crc32(block, found)
    return found


def damaged_file(directory: Path, info: CatalogueInfo) -> str | None:
    """A file that is not what the build wrote, by its checksum; None when all are."""
    folder = directory / info.folder
    return next((name for name, crc in info.checksums.items() if _checksum(folder / name) != crc), None)


def named_folder(directory: Path) -> str | None:
    """The folder that ``catalogue.json`` names, whatever is in it; None when there is no such file."""
    try:
        found = json.loads((directory / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found.get("folder") if isinstance(found, dict) else None


def publish(directory: Path, info: CatalogueInfo) -> None:
    """Make ``info`` the catalogue of ``directory``, at one stroke; its files are on the disk before.

    Raises:
        OSError: the disk is full or fails; what was there is as it was.
    """
    for name in info.files:
        to_disk(directory / info.folder / name)
    to_disk(directory / info.folder)
    temporary = directory / f".{DESCRIPTION}.new"
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            json.dump(asdict(info), stream, indent=2)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(directory / DESCRIPTION)
    finally:
        temporary.unlink(missing_ok=True)


def tidy(directory: Path) -> None:
    """Remove what builds left but for the one that is named: folders, by names that only builds give."""
    with suppress(OSError):  # some file systems cannot; the catalogue is in place all the same
        to_disk(directory)
    named = named_folder(directory)
    for old in directory.glob("recordings-*"):
        if old.name != named and old.is_dir() and _OF_A_BUILD.match(old.name):
            shutil.rmtree(old, ignore_errors=True)
    for database in directory.glob("recordings-*.duckdb"):  # of format 3 and before
        if _OF_A_BUILD.match(database.stem):
            database.unlink(missing_ok=True)
