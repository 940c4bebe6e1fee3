"""The inbox: a folder that tracklists are dropped into, and what becomes of the files there.

Here: which files are there, their hashes, importing one and moving it to ``done/`` or, with a ``.txt`` that
says why, to ``failed/``. Not here: when to look (the sensor and the commands decide) and how a format is
read (``mixtrove.tracklists``).

A file is imported first and moved then: whoever is killed in between imports equal content again, which
changes nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mixtrove.errors import BadInput, StoreUnavailable
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.tracklists import read_tracklist
from mixtrove.tracklists.decoding import read_path

DONE = "done"
FAILED = "failed"

SETTLED_AFTER = 2.0
"""Seconds that a file must not have changed before it is read; it may still be copied (DESIGN §8)."""

PARTIAL = frozenset({".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart"})
"""Endings under which browsers and copying tools keep a file until it is whole; they rename it then."""

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file in the inbox. It is the same, unchanged file as long as all values are equal."""

    name: str  # relative to the inbox, with /; bytes that are no UTF-8 as \\xff
    size: int  # bytes
    modified_ns: int
    changed_ns: int  # also moves when the file is renamed, or its permissions change
    path: str = ""  # relative to the inbox, as the system has it; empty when it is ``name``

    def within(self, inbox: Path) -> Path:
        """Where the file is."""
        return inbox / (self.path or self.name)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file."""

    name: str
    outcome: Literal["new", "updated", "unchanged", "failed"]
    sentence: str  # what was imported, or why not
    entries: int = 0
    tracklist_id: str | None = None


def dropped_files(inbox: Path) -> list[Dropped]:
    """The files in the inbox and its folders, by name; without ``done``, ``failed``, hidden and partial ones.

    Raises:
        StoreUnavailable: the folder cannot be read.
    """
    try:
        return sorted(_walk(inbox, inbox), key=lambda file: file.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreUnavailable(
            f"the inbox {inbox} cannot be read: {error.strerror}; check the folder's permissions"
        ) from error


def settled(file: Dropped, now: float) -> bool:
    """Whether a file that is looked at only once has stopped growing, by its own time.

    Args:
        file: as ``dropped_files`` saw it.
        now: seconds since 1970; a time in the future (another machine's clock) counts as an old one.
    """
    return abs(now - file.modified_ns / 1e9) >= SETTLED_AFTER


def content_digest(inbox: Path, file: Dropped) -> str | None:
    """SHA-256 of a file, hexadecimal; None when it is gone or may not be read."""
    digest = hashlib.sha256()
    if file.within(inbox).is_symlink():
        return digest.hexdigest()  # it is refused, whatever it points to
    try:
        with file.within(inbox).open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def take(
    store: Store, inbox: Path, files: Sequence[Dropped], *, expected: Mapping[str, str] | None = None
) -> Iterator[Taken]:
    """Import files one by one and move each away; a file that cannot be imported does not stop the others.

    Args:
        store: where they are imported.
        inbox: the folder.
        files: some of ``dropped_files``.
        expected: name → SHA-256; a file with other content now is left where it is.

    Raises:
        StoreUnavailable: the store or the inbox cannot be used; files not yet taken stay.
    """
    for file in files:
        if expected is not None and content_digest(inbox, file) != expected.get(file.name):
            continue
        path = file.within(inbox)
        try:
            taken = _import(store, path, file.name)
        except BadInput as error:
            if not os.path.lexists(path):
                continue  # another run took it meanwhile
            taken = Taken(file.name, "failed", str(error))
        folder = FAILED if taken.outcome == "failed" else DONE
        try:
            moved = _move(path, inbox / folder / file.name)
            if moved is not None and taken.outcome == "failed":
                note = moved.with_name(f"{moved.name}.txt")
                note.write_text(f"{taken.sentence}\n", encoding="utf-8")
        except OSError as error:
            raise StoreUnavailable(
                f"{path} was read but cannot be moved to {folder}/: {error.strerror}; "
                "make the inbox writable, the next run goes on"
            ) from error
        yield taken


def _walk(folder: Path, inbox: Path) -> Iterator[Dropped]:
    for entry in os.scandir(folder):
        path = Path(entry.path)
        if entry.name.startswith(".") or (folder == inbox and entry.name in (DONE, FAILED)):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path, inbox)
        elif path.suffix.casefold() not in PARTIAL:
            try:
                stat = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # moved away since
                continue
            if entry.is_file() or entry.is_symlink():
                raw = path.relative_to(inbox).as_posix()
                name = os.fsencode(raw).decode("utf-8", "backslashreplace")
                own = raw if raw != name else ""
                yield Dropped(name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, own)


def _import(store: Store, path: Path, name: str) -> Taken:
    if path.is_symlink():
        raise BadInput(f"{name} is a link to another file: drop the tracklist itself")
    source = name.rpartition("/")[2]
    tracklist = read_tracklist(read_path(path), name=name, source=source)
    if not tracklist.entries:
        raise BadInput(
            f"{source}: no line is a track ({len(tracklist.lines)} lines read); "
            "a track is written Artist - Title"
        )
    result = import_tracklist(store, tracklist)
    mix = " - ".join(word for word in (tracklist.dj, tracklist.title) if word) or source
    return Taken(name, result.outcome, mix, result.entries, result.tracklist_id)


def _move(path: Path, target: Path) -> Path | None:
    """Move a file, beside another of that name when need be; where it is now, None when it was gone."""
    target.parent.mkdir(parents=True, exist_ok=True)
    free, number = target, 1
    while free.exists():
        number += 1
        free = target.with_name(f"{target.stem} ({number}){target.suffix}")
    try:
        path.rename(free)
    except FileNotFoundError:
        return None
    return free
