"""Bytes to text: size, binaries and encodings.

Here: what is refused before anything is read, and which encoding the bytes are in. Not here: repairing text
that was already damaged when it was saved (``repair.py``) and what the text means (the format files).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mixtrove.errors import BadInput

MAX_BYTES = 20 * 1024 * 1024  # a tracklist is a few kB; 70,000 lines of real mixes are 4 MB
STDIN = "standard input"

_BOMS = (  # the longer ones first: the UTF-32 LE mark begins with the UTF-16 LE one
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (  # https://en.wikipedia.org/wiki/List_of_file_signatures
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"{\\rtf", "a rich text document"),
    (b"ID3", "an MP3 file"),
    (b"fLaC", "a FLAC file"),
    (b"OggS", "an Ogg file"),
    (b"RIFF", "a WAV or AVI file"),
    (b"FORM", "an AIFF file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and, when it was not plain UTF-8, a sentence about how it was read."""

    text: str
    note: str | None = None


def read_path(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file; the size is looked at first.

    Raises BadInput for a directory, a missing or unreadable file and one above ``limit`` bytes.
    """
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a directory; name a tracklist file inside it")
        size = path.stat().st_size
        if size > limit:
            raise _too_large(str(path), size, limit)
        with path.open("rb") as stream:
            return read_stream(stream, str(path), limit=limit)
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist; check the name and the folder") from None
    except PermissionError:
        raise BadInput(f"{path} may not be read; give yourself permission to read it") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error


def read_stream(stream: BinaryIO, name: str, *, limit: int = MAX_BYTES) -> bytes:
    """Everything in a stream; raises BadInput as soon as it is longer than ``limit`` bytes."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise _too_large(name, None, limit)
    return data


def decode(data: bytes, name: str, *, limit: int = MAX_BYTES) -> Decoded:
    """The text in ``data``: by its byte order mark, else UTF-16 by its NULs, else UTF-8, else Windows-1252.

    A file in which only some lines are UTF-8 (two pastes in one file) is read line by line.
    Raises BadInput when it is empty, too large or no text.
    """
    if len(data) > limit:
        raise _too_large(name, len(data), limit)
    if not data.strip(b" \t\r\n\x0b\x0c\x00"):
        raise BadInput(f"{name} is empty; it needs at least one line of a tracklist")
    kind = next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
    if kind is not None:
        raise _binary(name, f"it is {kind}")
    decoded = _by_mark(data, name) or _by_nuls(data, name)
    if decoded is None:
        try:
            decoded = Decoded(data.decode("utf-8"))
        except UnicodeDecodeError:
            decoded = _line_by_line(data)
    text = decoded.text
    if not text.strip():
        raise BadInput(f"{name} is empty; it needs at least one line of a tracklist")
    controls = len(_CONTROL.findall(text))
    if "\x00" in text or controls > max(2, len(text) // 200):
        raise _binary(name, "it is full of control characters")
    return decoded


def _by_mark(data: bytes, name: str) -> Decoded | None:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                if encoding == "utf-8-sig":
                    return _line_by_line(data[len(mark) :])
                raise _binary(name, f"it begins like {encoding.upper()} but is not") from None
            return Decoded(text, None if encoding == "utf-8-sig" else f"read as {encoding.upper()}")
    return None


def _by_nuls(data: bytes, name: str) -> Decoded | None:
    """UTF-16 without a mark: line ends and spaces leave NULs at every odd (LE) or every even (BE) place."""
    nuls = data.count(0)
    if not nuls:
        return None
    odd = data[1::2].count(0)
    encoding = "utf-16-le" if odd >= 0.95 * nuls else "utf-16-be" if odd <= 0.05 * nuls else None
    if encoding is None or len(data) % 2:
        raise _binary(name, "it holds NUL bytes")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\x00"
    if _CONTROL.search(text):
        raise _binary(name, "it holds NUL bytes")
    return Decoded(text, "read as UTF-16, which has no byte order mark here")


def _line_by_line(data: bytes) -> Decoded:
    import ftfy.bad_codecs  # noqa: F401  # registers sloppy-windows-1252: all 256 bytes have a meaning

    lines = data.split(b"\n")
    out: list[str] = []
    windows = other = 0
    for line in lines:
        try:
            out.append(line.decode("utf-8"))
            other += not line.isascii()
        except UnicodeDecodeError:
            out.append(line.decode("sloppy-windows-1252"))
            windows += 1
    mixed = f"{windows} lines read as Windows-1252, the others as UTF-8"
    return Decoded("\n".join(out), mixed if other else "read as Windows-1252")


def _too_large(name: str, size: int | None, limit: int) -> BadInput:
    megabytes = f"{size / 1e6:,.0f} MB" if size is not None else f"over {limit / 1e6:,.0f} MB"
    return BadInput(
        f"{name} is {megabytes}; a tracklist may have at most {limit // (1024 * 1024)} MB: "
        "split it, or check that it is the file you meant"
    )


def _binary(name: str, why: str) -> BadInput:
    return BadInput(f"{name} is not a text file ({why}); save the tracklist as plain text, CSV, CUE or JSON")
