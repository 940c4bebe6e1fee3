"""Opening a source as a stream of bytes: plain, gzip or zstd, and the MusicBrainz dump inside its tar.

What a file is, its first bytes say, not its name. Nothing is unpacked to disk or kept in memory. Not here:
what the bytes mean (``cells.py`` takes them apart, ``sources.py`` knows the columns).
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, cast

import pyarrow as pa

from mixtrove.errors import BadInput

DUMP_MEMBER = "canonical_musicbrainz_data.csv"
PACKED = {b"\x28\xb5\x2f\xfd": "zstd", b"\x1f\x8b": "gzip"}  # RFC 8878 §3.1.1, RFC 1952 §2.3.1
NOT_READ = {
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"PAR1": "Parquet",
}
TAR_MARK = slice(257, 262)  # of the first header, POSIX.1-1988
BLOCK = 1 << 20


class Opened(NamedTuple):
    """A source that is being read: its text as bytes, and the file they come from."""

    stream: io.BufferedReader
    file: io.BufferedReader[io.FileIO]

    def position(self) -> int:
        """Bytes of the file that are read."""
        return self.file.tell() if self.file.seekable() else 0


@contextmanager
def unpacked(path: Path) -> Iterator[Opened]:
    """The bytes of the CSV in ``path``.

    Raises:
        BadInput: there is no such file, it is a directory, or of a kind that is not read.
        OSError, tarfile.TarError: while reading: what is packed is broken or cut off.
    """
    if path.is_dir():
        raise BadInput(f"{path} is a directory; name the files in it")
    try:
        file = io.BufferedReader(path.open("rb", buffering=0), BLOCK)
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such file; check the name") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be opened ({error.strerror}); check its rights") from error
    with file:
        start = file.peek(512)
        for mark, name in NOT_READ.items():
            if start.startswith(mark):
                raise BadInput(f"{path}: is a {name} file; unpack it to CSV, .csv.gz or .csv.zst first")
        stream = cast("io.BufferedReader", file)
        for mark, codec in PACKED.items():
            if start.startswith(mark):
                inner = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), codec)
                stream = io.BufferedReader(inner, BLOCK)
        if stream.peek(512)[TAR_MARK] == b"ustar":
            stream = _dump_in(path, stream)
        yield Opened(stream, file)


def _dump_in(path: Path, stream: io.BufferedReader) -> io.BufferedReader:
    """The dump's CSV in a tar that is read once, from front to back."""
    others: list[str] = []
    archive = tarfile.open(fileobj=stream, mode="r|", bufsize=BLOCK)  # noqa: SIM115  read after we return
    for member in archive:
        if member.isfile() and member.name.endswith(DUMP_MEMBER):
            return cast("io.BufferedReader", archive.extractfile(member))
        others.append(member.name)
    names = ", ".join(others[:5]) or "nothing"
    raise BadInput(f"{path}: no {DUMP_MEMBER} in it, but {names}; fetch the canonical dump of MusicBrainz")
