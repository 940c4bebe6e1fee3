"""Downloading the canonical dump from a real server that breaks off, changes its mind or serves rubbish."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from mixtrove.catalogue import download as module
from mixtrove.catalogue.download import Checksum, Downloaded, checksum_in, download_dump
from mixtrove.cli import main
from mixtrove.errors import BadInput, MixtroveError, StoreUnavailable
from mixtrove.locking import locked

OLD, NEW = "musicbrainz-canonical-dump-20260817-080003", "musicbrainz-canonical-dump-20260903-080003"
FILE = f"{NEW}.tar.zst"
DATA = bytes(pa.compress(os.urandom(3_000_000), codec="zstd", asbytes=True))
SHA256 = hashlib.sha256(DATA).hexdigest()


@dataclass
class Site:
    """What the server has, and how it behaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    tag: str | None = '"v1"'
    breaks: list[int] = field(default_factory=list)  # after so many bytes of the dump, by request
    answers: list[int] = field(default_factory=list)  # codes instead of an answer, by request
    stalls: bool = False  # stops in the middle of the dump
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # (path, Range)
    agents: set[str] = field(default_factory=set)
    url: str = ""

    def asked_for_the_dump(self) -> list[str | None]:
        return [wanted for path, wanted in self.asked if path.endswith(".tar.zst")]


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()
    listing = "".join(
        f'<a href="{name}/">{name}/</a>\n' for name in ("../", OLD, NEW, "other-20270101-000000")
    )
    state.files = {
        "/pub/": f"<html><pre>{listing}</pre></html>".encode(),
        f"/pub/{NEW}/{FILE}": DATA,
        f"/pub/{NEW}/{FILE}.sha256": f"{SHA256}  {FILE}\n".encode(),
        f"/pub/{OLD}/{OLD}.tar.zst": b"old",
        f"/pub/{OLD}/MD5SUMS": f"{hashlib.md5(b'old').hexdigest()} *{OLD}.tar.zst\n".encode(),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            state.asked.append((self.path, wanted))
            state.agents.add(self.headers["User-Agent"])
            if state.answers and (code := state.answers.pop(0)):
                self.send_response(code)
                self.send_header("Retry-After", "7")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            data = state.files.get(self.path)
            if data is None:
                self.send_error(404)
                return
            start = 0
            if wanted and state.ranges and self.headers.get("If-Range") == state.tag:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start and start >= len(data):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            if state.tag:
                self.send_header("ETag", state.tag)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            rest = data[start:]
            if self.path.endswith(".tar.zst"):
                if state.breaks:
                    rest = rest[: state.breaks.pop(0)]
                if state.stalls:
                    self.wfile.write(rest[:1_500_000])
                    self.wfile.flush()
                    time.sleep(60)
            self.wfile.write(rest)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a killed client
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/pub/"
    yield state
    server.shutdown()
    server.socket.close()


def fetch(site: Site, out: Path, **options: Any) -> tuple[Downloaded, list[float]]:
    pauses: list[float] = []
    return download_dump(site.url, out, pause=pauses.append, **options), pauses


def test_the_newest_dump_arrives_whole_and_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    found, _ = fetch(site, tmp_path, progress=lambda *at: told.append(at))
    checksum = Checksum("sha256", SHA256)
    assert found == Downloaded(tmp_path / FILE, len(DATA), checksum, already=False)
    assert found.path.read_bytes() == DATA
    assert ("downloading", len(DATA), len(DATA)) in told
    assert told[-1] == ("checking its sha256", len(DATA), len(DATA))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".{FILE}.lock", FILE]
    [agent] = site.agents
    assert agent.startswith("mixtrove/")
    again, _ = fetch(site, tmp_path)
    assert again == Downloaded(tmp_path / FILE, len(DATA), checksum, already=True)
    assert site.asked_for_the_dump() == [None]


def test_a_dump_of_a_date_is_fetched_to_a_file_of_any_name(site: Site, tmp_path: Path) -> None:
    found, _ = fetch(site, tmp_path / "old.zst", date="20260817")
    assert found.path.read_bytes() == b"old"
    assert found.checksum is not None
    assert found.checksum.method == "md5"
    with pytest.raises(BadInput, match=r"no dump of 20260101; .* has 20260817, 20260903$"):
        fetch(site, tmp_path, date="20260101")
    with pytest.raises(BadInput, match="YYYYMMDD"):
        fetch(site, tmp_path, date="yesterday")


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (f"{'A' * 64}  {FILE}\n", "a" * 64),
        (f"{'b' * 64}  other.zst\n{'a' * 64} *./{FILE}\n", "a" * 64),
        ("a" * 64, "a" * 64),
        (f"{'a' * 64}  other.zst\n", None),
        (f"{'a' * 32}  {FILE}\n", None),
        ("<html>", None),
    ],
)
def test_a_checksum_is_found_in_any_of_the_usual_lists(listed: str, expected: str | None) -> None:
    found = checksum_in(listed, FILE, "sha256")
    assert found == (None if expected is None else Checksum("sha256", expected))


def test_a_line_that_breaks_is_taken_up_where_it_broke(site: Site, tmp_path: Path) -> None:
    site.breaks = [1_000_000, 0, 500_000]
    found, pauses = fetch(site, tmp_path)
    assert found.path.read_bytes() == DATA
    assert site.asked_for_the_dump() == [None, "bytes=1000000-", "bytes=1000000-", "bytes=1500000-"]
    assert pauses == [1, 2, 1]


def test_a_server_that_is_busy_is_asked_again_when_it_says(site: Site, tmp_path: Path) -> None:
    site.answers = [503, 0, 0, 429]
    found, pauses = fetch(site, tmp_path)
    assert found.path.read_bytes() == DATA
    assert pauses == [7, 7]


def test_a_server_that_stays_down_is_left_alone_after_a_few_attempts(site: Site, tmp_path: Path) -> None:
    site.answers = [500] * 100
    with pytest.raises(MixtroveError, match=r"answers 500 .*\(6 attempts\); try again later$"):
        fetch(site, tmp_path)
    assert len(site.asked) == 6


def test_what_has_arrived_is_kept_when_the_line_stays_dead(site: Site, tmp_path: Path) -> None:
    site.breaks = [1_000_000] + [0] * 5
    with pytest.raises(MixtroveError, match=r"1,000,000 bytes are kept and the next call goes on$"):
        fetch(site, tmp_path)
    found, _ = fetch(site, tmp_path)
    assert found.path.read_bytes() == DATA
    assert site.asked_for_the_dump()[-1] == "bytes=1000000-"


@pytest.mark.parametrize("change", ["no ranges", "another file", "another file, no mark", "a broken note"])
def test_what_cannot_go_on_starts_over(site: Site, tmp_path: Path, change: str) -> None:
    site.breaks = [1_000_000] + [0] * 5
    with pytest.raises(MixtroveError):
        fetch(site, tmp_path)
    data = DATA
    if change == "no ranges":
        site.ranges = False
    elif change == "a broken note":
        (tmp_path / f"{FILE}.part.json").write_text("{")
    else:
        data = site.files[f"/pub/{NEW}/{FILE}"] = DATA[::-1] + b"more"
        site.files[f"/pub/{NEW}/{FILE}.sha256"] = hashlib.sha256(data).hexdigest().encode()
        site.tag = '"v2"' if change == "another file" else None
    found, _ = fetch(site, tmp_path)
    assert found.path.read_bytes() == data


def test_a_server_that_gives_the_rest_of_another_version_is_not_believed(site: Site, tmp_path: Path) -> None:
    """It ignores If-Range: the mark is the same, the size is not."""
    site.breaks = [1_000_000] + [0] * 5
    with pytest.raises(MixtroveError):
        fetch(site, tmp_path)
    data = site.files[f"/pub/{NEW}/{FILE}"] = DATA[::-1] + b"more"
    site.files[f"/pub/{NEW}/{FILE}.sha256"] = hashlib.sha256(data).hexdigest().encode()
    found, pauses = fetch(site, tmp_path)
    assert found.path.read_bytes() == data
    assert pauses == [1]


def test_a_download_that_was_killed_before_its_check_is_only_checked(site: Site, tmp_path: Path) -> None:
    def stop(what: str, done: int, of: int | None) -> None:
        if what != "downloading":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(site, tmp_path, progress=stop)
    assert not (tmp_path / FILE).exists()
    found, _ = fetch(site, tmp_path)
    assert found.path.read_bytes() == DATA
    assert len(site.asked_for_the_dump()) == 1


def test_a_file_that_arrived_broken_is_removed(site: Site, tmp_path: Path) -> None:
    site.files[f"/pub/{NEW}/{FILE}.sha256"] = b"0" * 64
    with pytest.raises(MixtroveError, match=r"instead of 0{64}; it was removed, fetch it again"):
        fetch(site, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f".{FILE}.lock"]


def test_another_file_of_that_name_is_left_alone(site: Site, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"mine")
    with pytest.raises(
        BadInput, match=r"is there but is not the file of .*; delete it or name another --out"
    ):
        fetch(site, tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"mine"


def test_a_dump_without_checksum_is_taken_only_when_asked(site: Site, tmp_path: Path) -> None:
    del site.files[f"/pub/{NEW}/{FILE}.sha256"]
    with pytest.raises(BadInput, match=r"no checksum .* --no-checksum"):
        fetch(site, tmp_path)
    found, _ = fetch(site, tmp_path, unchecked=True)
    assert found.checksum is None
    assert found.path.read_bytes() == DATA
    assert fetch(site, tmp_path, unchecked=True)[0].already


def test_two_at_once_are_one_too_many(site: Site, tmp_path: Path) -> None:
    with (
        locked(tmp_path / f".{FILE}.lock", wait=0, doing=""),
        pytest.raises(StoreUnavailable, match=rf"{FILE} is being downloaded by process {os.getpid()}"),
    ):
        fetch(site, tmp_path)


def test_a_server_without_dumps_is_said_to_be_one(site: Site, tmp_path: Path) -> None:
    site.files["/pub/"] = b"\x00 not a list"
    with pytest.raises(BadInput, match=r"lists no folder .* check MIXTROVE_MUSICBRAINZ_DUMPS_URL"):
        fetch(site, tmp_path)
    site.files["/pub/"] = b"x" * 5_000_000
    with pytest.raises(BadInput, match="is no list of dumps"):
        fetch(site, tmp_path)
    del site.files["/pub/"]
    with pytest.raises(MixtroveError, match="answers 404 Not Found"):
        fetch(site, tmp_path)
    for url in ("ftp://server/", "/local/folder", ""):
        with pytest.raises(BadInput, match="must begin with https://"):
            download_dump(url, tmp_path)


def test_a_dump_that_is_listed_before_it_is_there(site: Site, tmp_path: Path) -> None:
    del site.files[f"/pub/{NEW}/{FILE}"]
    with pytest.raises(MixtroveError, match=r"404 Not Found; .* older dump with --date"):
        fetch(site, tmp_path)


def test_a_full_disk_is_said_before_and_while_it_fills(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(module.shutil, "disk_usage", lambda _: full)
        with pytest.raises(MixtroveError, match=r"0.0 GB free and 0.0 GB are still to come; make room"):
            fetch(site, tmp_path)

    def refuse(what: str, done: int, of: int | None) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(MixtroveError, match=r"No space left on device.*; what has arrived is kept"):
        fetch(site, tmp_path, progress=refuse)


def test_the_command_says_where_the_file_is_and_what_comes_next(site: Site, tmp_path: Path) -> None:
    environment = {"MIXTROVE_HOME": str(tmp_path / "my home"), "MIXTROVE_MUSICBRAINZ_DUMPS_URL": site.url}
    run = CliRunner().invoke(main, ["catalogue", "download", "musicbrainz"], env=environment)
    path = tmp_path / "my home" / "catalogues" / "downloads" / FILE
    assert run.output == f"{path}: 3.0 MB, its sha256 is right; now: mixtrove catalogue build '{path}'\n"
    assert run.exit_code == 0
    run = CliRunner().invoke(main, ["catalogue", "download", "musicbrainz"], env=environment)
    assert run.output.startswith(f"{path}: was there already, 3.0 MB, its sha256 is right; now: ")
    out = f"{tmp_path / 'made'}{os.sep}"
    run = CliRunner().invoke(main, ["catalogue", "download", "musicbrainz", "--out", out], env=environment)
    assert (tmp_path / "made" / FILE).read_bytes() == DATA
    site.answers = [403]
    run = CliRunner().invoke(main, ["catalogue", "download", "musicbrainz"], env=environment)
    assert run.exit_code == 1
    assert "403 Forbidden" in run.output


def test_a_killed_command_goes_on(site: Site, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mixtrove",
        "catalogue",
        "download",
        "musicbrainz",
        "--out",
        str(tmp_path),
    ]
    environment = {**os.environ, "MIXTROVE_MUSICBRAINZ_DUMPS_URL": site.url}
    site.stalls = True
    part = tmp_path / f"{FILE}.part"
    with subprocess.Popen(command, env=environment) as killed:
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    site.stalls = False
    have = part.stat().st_size
    assert have
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / FILE).read_bytes() == DATA
    assert site.asked_for_the_dump() == [None, f"bytes={have}-"]
