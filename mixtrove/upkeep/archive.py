"""The file of a backup: a ``.tar.gz`` whose first member, ``manifest.json``, names and describes the others.

Here: writing it, reading it, and telling a damaged one. Not here: where its parts come from (``backup.py``)
and where they go (``restore.py``).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Literal

import pydantic_core
from pydantic import BaseModel, ConfigDict

from mixtrove.durable import to_disk
from mixtrove.errors import BadInput, StoreUnavailable

MANIFEST = "manifest.json"
STORE = "mixtrove.db"
PROVIDERS = "providers.db"
RULES = "rules.toml"
INBOX = "inbox"

ENDING = ".tar.gz"
FORMAT = 1

_BLOCK = 1 << 20
_MANIFEST_AT_MOST = 64 << 20  # bytes; an inbox of a million files stays below
_FAST_ENOUGH = 6  # of gzip: 9 takes three times as long for a hundredth less


class Part(BaseModel):
    """A file in the archive."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """What an archive holds."""

    model_config = ConfigDict(frozen=True)

    format: int
    made_at: datetime
    mixtrove: str  # the version that wrote it
    kept_in: Literal["sqlite", "postgresql"]  # where the store was; it is SQLite in the archive
    schemas: Mapping[str, str]  # file → its newest migration
    rows: Mapping[str, Mapping[str, int]]  # file → table → rows
    with_cache: bool  # whether providers' answers are in it
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """Rows of the operational store."""
        return sum(self.rows[STORE].values())


def part_of(folder: Path, name: str) -> Part:
    """The description of a file in a folder."""
    digest, size = hashlib.sha256(), 0
    with (folder / name).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return Part(name=name, size=size, sha256=digest.hexdigest())


def write_archive(out: Path, folder: Path, manifest: Manifest) -> None:
    """Write an archive of the files in ``folder``, read it again, and only then give it its name.

    Raises:
        StoreUnavailable: it cannot be written, or does not hold what was put in; ``out`` is as it was.
    """
    draft = out.with_name(f".{out.name}.partial")
    try:
        with unwritable(out):
            with draft.open("wb") as raw:
                draft.chmod(0o600)  # digests of tokens and somebody's shopping are in it
                with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=_FAST_ENOUGH) as tar:
                    text = manifest.model_dump_json(indent=2).encode()
                    _add(tar, MANIFEST, len(text), manifest.made_at, io.BytesIO(text))
                    for part in manifest.parts:
                        with (folder / part.name).open("rb") as file:
                            _add(tar, part.name, part.size, manifest.made_at, file)
            to_disk(draft)
        try:
            if read_archive(draft) != manifest:
                raise BadInput(f"{draft} names other files than were written")
        except BadInput as error:
            raise StoreUnavailable(
                f"the backup was not kept, its disk gives back other bytes than were written ({error}): "
                "write to another disk"
            ) from error
        with unwritable(out):
            draft.replace(out)
            to_disk(out.parent)
    finally:
        draft.unlink(missing_ok=True)


def read_archive(path: Path, into: Path | None = None) -> Manifest:
    """Read a whole archive, compare every file with its checksum, and put the files into a folder.

    Args:
        path: the archive.
        into: an empty folder; without it nothing is written.

    Raises:
        BadInput: it is no backup, damaged, incomplete, or of a newer format.
        StoreUnavailable: the folder cannot be written.
    """
    try:
        with gzip.open(path) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            manifest = _manifest(path, tar)
            expected = {part.name: part for part in manifest.parts}
            while (member := tar.next()) is not None:
                part = expected.pop(member.name, None)
                if part is None or not member.isfile() or member.size != part.size:
                    raise BadInput(f"{path} is damaged: {member.name!r} is not what its manifest says")
                file = tar.extractfile(member)
                assert file is not None
                _compare(path, part, file, into)
            if expected:
                raise BadInput(f"{path} is damaged: {min(expected)!r} is missing; take another backup")
            while plain.read(_BLOCK):  # to its end, where the checksum of everything is
                pass
            return manifest
    except FileNotFoundError as error:
        raise BadInput(f"there is no file {path}: name a backup that `mixtrove backup` wrote") from error
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BadInput(f"{path} is damaged, or no backup ({error}): take another one") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check its rights and its disk") from error


@contextmanager
def unwritable(path: Path) -> Iterator[None]:
    """Errors of writing beside ``path`` as a sentence.

    Raises:
        StoreUnavailable: any of them.
    """
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(
            f"{path} cannot be written: {error.strerror or error}; make room, or choose another folder"
        ) from error


def _add(tar: tarfile.TarFile, name: str, size: int, moment: datetime, file: IO[bytes]) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, moment.timestamp(), 0o600
    tar.addfile(member, file)


def _manifest(path: Path, tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isfile() or first.size > _MANIFEST_AT_MOST:
        raise BadInput(f"{path} is no backup of mixtrove: it does not begin with {MANIFEST}")
    file = tar.extractfile(first)
    assert file is not None
    text = file.read()
    try:
        told = pydantic_core.from_json(text)
        if told["format"] > FORMAT:  # its other fields may be others
            raise BadInput(
                f"{path} was written by mixtrove {told.get('mixtrove')}, in a form this version does not "
                "know: install that version"
            )
        manifest = Manifest.model_validate(told)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BadInput(f"{path} is damaged: its {MANIFEST} cannot be read; take another backup") from error
    for part in manifest.parts:
        place = PurePosixPath(part.name)
        known = part.name in (STORE, PROVIDERS, RULES) or place.parts[0] == INBOX
        if not known or place.is_absolute() or ".." in place.parts or "\\" in part.name or "\0" in part.name:
            raise BadInput(f"{path} is no backup of mixtrove: it names the file {part.name!r}")
    return manifest


def _compare(path: Path, part: Part, file: IO[bytes], into: Path | None) -> None:
    digest = hashlib.sha256()
    if into is None:
        while block := file.read(_BLOCK):
            digest.update(block)
    else:
        target = into / part.name
        with unwritable(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            out = target.open("xb")
        with out:
            while block := file.read(_BLOCK):
                digest.update(block)
                with unwritable(target):
                    out.write(block)
            with unwritable(target):
                out.flush()
    if digest.hexdigest() != part.sha256:
        raise BadInput(f"{path} is damaged: the checksum of {part.name!r} differs; take another backup")
