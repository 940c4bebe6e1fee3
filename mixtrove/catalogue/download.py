"""Fetching MusicBrainz's canonical dump: gigabytes that have to arrive whole, however often the line breaks.

The server lists folders ``musicbrainz-canonical-dump-YYYYMMDD-HHMMSS/`` with a ``….tar.zst`` of that name in
each and checksums beside it. What has arrived is kept as ``NAME.part``, and ``NAME.part.json`` says of which
version of the file it is, so that the next call goes on. Here: the server and the disk. Not here: what is in
the dump (``sources.py``), nor what people see (``cli/catalogue.py``).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, TypeVar

import httpx

from mixtrove.durable import to_disk
from mixtrove.errors import BadInput, MixtroveError
from mixtrove.locking import locked

PAUSES = (1, 2, 5, 10, 30)
"""Seconds before each further attempt, while nothing arrives in between."""
MOST_FAILURES = 50  # of one download, also when something arrived between them
MOST_ASKED_FOR = 120  # seconds that the server may ask us to wait (Retry-After)
TIMEOUT = httpx.Timeout(60, connect=15)
BLOCK = 1 << 20
MOST_TEXT = 4 << 20  # bytes of a list
NO_BEGINNING = (httpx.codes.PARTIAL_CONTENT, httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE)
DIGITS = {"sha256": 64, "md5": 32}  # of the checksum, the better one first

_FOLDER = re.compile(r"""href=["'][^"']*?(musicbrainz-canonical-dump-(\d{8})-\d{6})/?["']""")

Progress = Callable[[str, int, int | None], None]  # (what, bytes done, of)
_T = TypeVar("_T")


class Checksum(NamedTuple):
    """What the bytes of a file must sum up to."""

    method: str  # a key of DIGITS
    digits: str


@dataclass(frozen=True)
class Downloaded:
    """A dump that is on this disk. ``checksum`` is what it was found to have; None when not checked."""

    path: Path
    size: int
    checksum: Checksum | None
    already: bool  # nothing was fetched: it was there


def download_dump(
    base_url: str,
    out: Path,
    *,
    date: str | None = None,
    unchecked: bool = False,
    progress: Progress | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Downloaded:
    """Fetch the newest canonical dump, or the one of ``date`` (YYYYMMDD), to ``out``, a file or a folder.

    It goes on where an earlier call was interrupted. The file has its name only when it is whole and its
    checksum is right; ``unchecked`` does without one.

    Raises:
        BadInput: no such dump, no checksum, or another file has its name.
        StoreUnavailable: another process is downloading it.
        MixtroveError: the server or the disk does not let us; what has arrived is kept.
    """
    if date is not None and not re.fullmatch(r"\d{8}", date):
        raise BadInput(f"{date!r} is no date of a dump; write it as YYYYMMDD, e.g. 20260903")
    report = progress or (lambda what, done, of: None)
    base_url = base_url.rstrip("/") + "/"
    with _Server(base_url, pause) as server:
        name = _choose(base_url, server.text(base_url), date)
        url = f"{base_url}{name}/{name}.tar.zst"
        target = out / f"{name}.tar.zst" if out.is_dir() else out
        expected = None if unchecked else _checksum_of(server, url)
        if expected is None and not unchecked:
            raise BadInput(
                f"{url}: the server has no checksum for it, so nobody would see a broken file; "
                "take it all the same with --no-checksum"
            )
        lock = target.with_name(f".{target.name}.lock")
        try:
            with locked(lock, wait=0, doing=f"{target} is being downloaded"):
                return _bring(server, url, target, expected, report)
        except OSError as error:
            raise MixtroveError(
                f"{target} cannot be written ({error.strerror}); what has arrived is kept: make room or "
                "choose another --out, and run it again"
            ) from error


def _choose(url: str, listing: str, date: str | None) -> str:
    """The folder of the newest dump, or of ``date``, in the server's list."""
    found: dict[str, str] = dict(_FOLDER.findall(listing))
    if not found:
        raise BadInput(
            f"{url} lists no folder musicbrainz-canonical-dump-…; check MIXTROVE_MUSICBRAINZ_DUMPS_URL"
        )
    names = sorted(name for name, day in found.items() if date in (None, day))
    if not names:
        raise BadInput(f"there is no dump of {date}; {url} has {', '.join(sorted(set(found.values())))}")
    return names[-1]


def _checksum_of(server: _Server, url: str) -> Checksum | None:
    folder, _, name = url.rpartition("/")
    for method in DIGITS:
        for beside in (f"{name}.{method}", f"{method.upper()}SUMS"):
            listed = server.text_if_there(f"{folder}/{beside}")
            if listed is not None and (found := checksum_in(listed, name, method)) is not None:
                return found
    return None


def checksum_in(listed: str, name: str, method: str) -> Checksum | None:
    """The checksum of the file ``name`` in a list of ``HEX  NAME`` lines; a line may be ``HEX`` alone."""
    for line in listed.splitlines():
        digits, _, file = line.strip().partition(" ")
        if re.fullmatch(rf"[0-9a-fA-F]{{{DIGITS[method]}}}", digits):
            of = file.strip().lstrip("*").rpartition("/")[2]
            if of in ("", name):
                return Checksum(method, digits.lower())
    return None


def _bring(
    server: _Server, url: str, target: Path, expected: Checksum | None, report: Progress
) -> Downloaded:
    if target.exists():
        if expected is not None and _digits(target, expected.method, report) != expected.digits:
            raise BadInput(
                f"{target} is there but is not the file of {url}: its {expected.method} is another; "
                "delete it or name another --out"
            )
        return Downloaded(target, target.stat().st_size, expected, already=True)
    part = _Part(target)
    server.fetch(url, part, report)
    if expected is not None:
        found = _digits(part.path, expected.method, report)
        if found != expected.digits:
            part.remove()
            raise MixtroveError(
                f"{url} arrived broken: its {expected.method} is {found} instead of {expected.digits}; "
                "it was removed, fetch it again"
            )
    size = part.size()
    part.publish(target)
    return Downloaded(target, size, expected, already=False)


def _digits(path: Path, method: str, report: Progress) -> str:
    digest = hashlib.new(method, usedforsecurity=False)
    of, done = path.stat().st_size, 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            done += len(block)
            report(f"checking its {method}", done, of)
    return digest.hexdigest()


@dataclass(frozen=True)
class _Version:
    """Which version of a file its part is of."""

    url: str
    mark: str | None  # strong ETag or Last-Modified; what If-Range takes (RFC 9110 §13.1.5)
    size: int | None  # of the whole file

    @classmethod
    def of(cls, url: str, response: httpx.Response) -> _Version:
        tag = response.headers.get("ETag", "")
        mark = tag if tag.startswith('"') else response.headers.get("Last-Modified")
        if response.status_code == httpx.codes.PARTIAL_CONTENT:
            _, size = _range_in(response)
        else:
            length = response.headers.get("Content-Length", "")
            size = int(length) if length.isdecimal() else None
        return cls(url, mark, size)


class _Part:
    """The part of a file that has arrived, and beside it of which version it is."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def version(self) -> _Version | None:
        try:
            return _Version(**json.loads(self._note.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None  # killed while it was written

    def start(self, of: _Version) -> None:
        """Begin anew with this version."""
        self.path.write_bytes(b"")  # before the note: never is there a note on bytes of another version
        self._note.write_text(json.dumps(asdict(of)), encoding="utf-8")

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def publish(self, target: Path) -> None:
        with self.path.open("rb+") as stream:
            os.fsync(stream.fileno())
        self.path.replace(target)
        to_disk(target.parent)
        self._note.unlink(missing_ok=True)


class _Busy(Exception):
    """The server could not answer now, and perhaps said when it can."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"the server answers {response.status_code} {response.reason_phrase}")
        asked = response.headers.get("Retry-After", "")
        self.wait = min(int(asked), MOST_ASKED_FOR) if asked.isdecimal() else 0


class _Gone(MixtroveError):
    """There is nothing at this address."""


class _Server:
    """The server of the dumps, asked again a few times when it or the line breaks down."""

    def __init__(self, base_url: str, pause: Callable[[float], None]) -> None:
        if not re.match(r"https?://[^/]", base_url):
            raise BadInput(
                f"MIXTROVE_MUSICBRAINZ_DUMPS_URL is {base_url!r}; it must begin with https:// or http://"
            )
        self._pause = pause
        self._client = httpx.Client(
            headers={"User-Agent": f"mixtrove/{version('mixtrove')}", "Accept-Encoding": "identity"},
            timeout=TIMEOUT,
            follow_redirects=True,
        )

    def __enter__(self) -> _Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def text(self, url: str) -> str:
        """A small text at ``url``."""

        def attempt() -> str:
            text = b""
            with self._client.stream("GET", url) as response:
                _answered(url, response)
                for block in response.iter_bytes():
                    text += block
                    if len(text) > MOST_TEXT:
                        raise BadInput(f"{url} is no list of dumps; check MIXTROVE_MUSICBRAINZ_DUMPS_URL")
            return text.decode("utf-8", errors="replace")

        return self._patiently(url, attempt, lambda: 0)

    def text_if_there(self, url: str) -> str | None:
        """As ``text``; None where there is nothing."""
        try:
            return self.text(url)
        except _Gone:
            return None

    def fetch(self, url: str, part: _Part, report: Progress) -> None:
        """Bring ``part`` to its full size."""
        self._patiently(url, lambda: self._fetch_rest(url, part, report), part.size)

    def _fetch_rest(self, url: str, part: _Part, report: Progress) -> None:
        known = part.version()
        have = part.size() if known is not None and known.url == url and known.mark is not None else 0
        if known is not None and known.size is not None and have >= known.size:
            if have == known.size:
                return
            have = 0
        rest = {"Range": f"bytes={have}-", "If-Range": known.mark or ""} if known is not None and have else {}
        with self._client.stream("GET", url, headers=rest) as response:
            if known is not None and rest and not _is_rest(response, known, have):
                if response.status_code in NO_BEGINNING:
                    part.remove()
                    raise httpx.RemoteProtocolError("the file was changed meanwhile")
                have = 0
            _answered(url, response)
            of = _Version.of(url, response)
            if have == 0:
                part.start(of)
            _room_for(part.path, None if of.size is None else of.size - have)
            with part.path.open("ab") as stream:
                for block in response.iter_raw():
                    stream.write(block)
                    have += len(block)
                    report("downloading", have, of.size)
        if of.size is not None and have != of.size:
            raise httpx.RemoteProtocolError(f"{have:,} bytes came instead of {of.size:,}")

    def _patiently(self, url: str, attempt: Callable[[], _T], arrived: Callable[[], int]) -> _T:
        """``attempt``, again after a pause while the line or the server is at fault; with a bound."""
        in_a_row = failures = 0
        while True:
            before = arrived()
            try:
                return attempt()
            except (httpx.TransportError, _Busy) as error:
                failures += 1
                in_a_row = 1 if arrived() > before else in_a_row + 1
                if in_a_row > len(PAUSES) or failures > MOST_FAILURES:
                    kept = f"; {arrived():,} bytes are kept and the next call goes on" if arrived() else ""
                    raise MixtroveError(
                        f"{url}: {error or type(error).__name__} ({failures} attempts); try again later{kept}"
                    ) from error
                self._pause(max(PAUSES[in_a_row - 1], error.wait if isinstance(error, _Busy) else 0))
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise MixtroveError(f"{url}: {error}; check MIXTROVE_MUSICBRAINZ_DUMPS_URL") from error


def _answered(url: str, response: httpx.Response) -> None:
    code = response.status_code
    if code == httpx.codes.TOO_MANY_REQUESTS or code >= 500:
        raise _Busy(response)
    if code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
        raise _Gone(
            f"{url}: the server answers {code} {response.reason_phrase}; check "
            "MIXTROVE_MUSICBRAINZ_DUMPS_URL, or name an older dump with --date if this one is not there yet"
        )
    if not response.is_success:
        raise MixtroveError(
            f"{url}: the server answers {code} {response.reason_phrase}; check MIXTROVE_MUSICBRAINZ_DUMPS_URL"
        )


def _is_rest(response: httpx.Response, known: _Version, have: int) -> bool:
    """Whether an answer is what comes after the ``have`` bytes of the version that is known."""
    if response.status_code != httpx.codes.PARTIAL_CONTENT:
        return False
    start, size = _range_in(response)
    mark = _Version.of(known.url, response).mark
    return start == have and size == known.size and mark in (None, known.mark)


def _range_in(response: httpx.Response) -> tuple[int | None, int | None]:
    """The first byte and the size of the whole in ``Content-Range: bytes 5-9/10``."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", "").strip())
    return (int(found[1]), int(found[2])) if found else (None, None)


def _room_for(path: Path, needed: int | None) -> None:
    free = shutil.disk_usage(path.parent).free
    if needed is not None and needed > free:
        raise MixtroveError(
            f"{path.parent} has {free / 1e9:.1f} GB free and {needed / 1e9:.1f} GB are still to come; "
            "make room or choose another --out"
        )
