"""Lists, single tracks and tracklists, and files of them, as a person runs the commands."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import struct
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from tests.integration.decided_scene import import_and_decide

Run = Callable[..., Result]
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

FIRST = ("[00:00] Eric Prydz - Opus (Four Tet Remix) [Pryda]", "[08:00] Burial - Archangel", "w/ A - One")
SECOND = ("Burial - Archangel", "B - Two")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))

    def invoke(*args: str, **options: Any) -> Result:
        return CliRunner().invoke(main, args, **options)

    return invoke


@pytest.fixture
def mixes(run: Run, make_tracklist: Callable[..., Any]) -> tuple[str, str]:
    """Two mixes with Archangel in both; B - Two is provisional."""
    store = Store.open(Settings())
    first = import_and_decide(
        store, make_tracklist(*FIRST, dj="Ben UFO", title="Rinse", played_on=date(2024, 5, 1))
    )
    second = import_and_decide(store, make_tracklist(*SECOND, dj="Mary", title="NTS"), provisional={"Two"})
    store.close()
    return first, second


def listed(run: Run, *options: str) -> list[str]:
    done = run("library", "list", "--json", *options)
    assert done.exit_code == 0, done.output
    return [one["title"] for one in json.loads(done.stdout)]


def test_a_library_is_searched(run: Run, mixes: tuple[str, str]) -> None:
    first, second = mixes
    assert listed(run, "four", "tet") == ["Opus"]
    assert listed(run, "--dj", "mary", "--identified") == ["Archangel"]
    assert listed(run, "--new-in", second[-8:]) == ["Two"]
    assert listed(run, "--tracklist", first, "--sort", "artist") == ["One", "Archangel", "Opus"]
    assert listed(run, "--heard", "2") == ["Archangel"]
    track = json.loads(run("library", "list", "opus", "--json").stdout)[0]["id"]
    assert run("library", "edit", track, "--key", "Am", "--bpm", "126").exit_code == 0
    assert listed(run, "--key", "1m") == listed(run, "--mixes-with", "9A") == ["Opus"]
    assert listed(run, "--mixes-with", "9A", "--move", "same") == []
    assert listed(run, "--bpm", "126") == listed(run, "--bpm", "120-126") == listed(run, "--bpm", "-130")
    assert listed(run, "--bpm", "127-") == []
    [opus] = json.loads(run("library", "list", "opus", "--json").stdout)
    assert (opus["version"], opus["key"], opus["classical"], opus["camelot"]) == (
        "Four Tet Remix", "Am", "A minor", "8A",
    )  # fmt: skip
    assert opus["sources"] == {"bpm": ["person"], "key": ["person"]}
    assert run("library", "list", "nobody").stdout == "no track is like that\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--key", "H#"), "'H#' is no key: write Am, 'A minor', 8A or 1m"),
        (("--bpm", "fast"), "--bpm 'fast' is no range: write 124-128, 124-, -128 or 126"),
        (("--bpm", "-"), "--bpm '-' is no range: write 124-128, 124-, -128 or 126"),
        (("--bpm", "128-124"), "--bpm '128-124' ends before it begins: swap the two"),
        (("--move", "up"), "--move says how --mixes-with is meant: name a key with --mixes-with"),
        (("--tracklist", "nope"), "there is no tracklist 'nope': `mixtrove tracklist list` shows them"),
        (("--after", "x"), "there is no page in the order 'heard' behind 'x': begin with the first page"),
    ],
)
def test_a_wrong_option_is_one_sentence(run: Run, options: tuple[str, ...], sentence: str) -> None:
    done = run("library", "list", *options)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"mixtrove: {sentence}\n")


def test_a_list_says_that_there_is_more_and_goes_on(run: Run, mixes: tuple[str, str]) -> None:
    assert (
        run("library", "list", "--limit", "3").stdout.splitlines()[-1] == "3 of 4 tracks: --limit shows more"
    )
    first = run("library", "list", "--limit", "3", "--json")
    said, _, cursor = first.stderr.strip().rpartition(" ")
    assert said == "3 of 4 tracks: --after"
    assert len(json.loads(first.stdout)) == 3
    rest = run("library", "list", "--after", cursor, "--json")
    assert [one["title"] for one in json.loads(rest.stdout)] == ["Opus"]
    assert rest.stderr == ""


def test_a_track_is_shown_with_its_sets_and_sources(run: Run, mixes: tuple[str, str]) -> None:
    [track] = json.loads(run("library", "list", "archangel", "--json").stdout)
    run("library", "edit", track["id"], "--label", "Hyperdub")
    text = run("library", "show", track["id"]).stdout
    assert "heard in 2 mixes by 2 DJs, played 2024-05-01\n" in text
    assert ["label", "Hyperdub", "person"] in [line.split() for line in text.splitlines()]
    shown = json.loads(run("library", "show", track["id"], "--json").stdout)
    assert (shown["track"]["title"], shown["track"]["sources"]) == ("Archangel", {"label": ["person"]})
    [play, other] = shown["heard"]["plays"]
    assert (play["dj"], play["cue_seconds"], other["dj"]) == ("Ben UFO", 480, "Mary")
    assert [one["name"] for one in play["before"]] == ["Eric Prydz - Opus (Four Tet Remix)"]
    assert [one["name"] for one in play["together"]] == ["A - One"]
    assert [one["name"] for one in other["after"]] == ["B - Two"]
    assert [one["name"] for one in shown["heard"]["often_beside"]] == [
        "A - One", "B - Two", "Eric Prydz - Opus (Four Tet Remix)",
    ]  # fmt: skip


def test_a_tracklist_says_what_was_new_with_it(run: Run, mixes: tuple[str, str]) -> None:
    assert run("tracklist", "show", mixes[0]).stdout.splitlines()[-1] == (
        "new in the library with it: 3 tracks, and 0 provisional"
    )
    shown = json.loads(run("tracklist", "show", mixes[1], "--new", "--json").stdout)
    assert (shown["new_identified"], shown["new_provisional"]) == (0, 1)
    assert [one["credit"] for one in shown["entries"]] == ["B - Two"]


def test_a_tracklist_comes_back_as_text_and_as_cue(run: Run, mixes: tuple[str, str], tmp_path: Path) -> None:
    assert run("tracklist", "export", mixes[0]).stdout == "".join(f"{line}\n" for line in FIRST)
    assert run("tracklist", "export", mixes[0], "--format", "text").stdout == (
        "DJ: Ben UFO\nTitle: Rinse\nDate: 2024-05-01\n\nTracklist:\n"
        "1. [0:00] Eric Prydz - Opus (Four Tet Remix) [Pryda]\n"
        "2. [8:00] Burial - Archangel\n"
        "3. w/ A - One\n"
    )
    [track] = json.loads(run("library", "list", "archangel", "--json").stdout)
    run("library", "edit", track["id"], "--label", "Hyperdub")
    target = tmp_path / "mix.cue"
    assert (
        run(
            "tracklist", "export", mixes[0], "--format", "cue", "--identified", "--out", str(target)
        ).exit_code
        == 0
    )
    assert (
        '    TITLE "Burial - Archangel [Hyperdub] w/ A - One"\n    INDEX 01 08:00:00\n' in target.read_text()
    )
    for options, sentence in (
        (("--identified",), "--format raw gives the lines as they were imported: use text or cue for"),
        (("--format", "cue", "--version", "1"), "--version goes with --format raw: only the newest version"),
    ):
        done = run("tracklist", "export", mixes[0], *options)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"mixtrove: {sentence}")
    without = run("tracklist", "export", mixes[1], "--format", "cue")
    assert (without.exit_code, without.stderr.count("\n")) == (2, 1)
    assert "has no times" in without.stderr


def test_chosen_tracks_are_exported(run: Run, mixes: tuple[str, str], tmp_path: Path) -> None:
    text = run("library", "export", "--identified", "--dj", "mary").stdout
    assert [row["title"] for row in csv.DictReader(io.StringIO(text))] == ["Archangel"]
    target = tmp_path / "sub" / "out.json"
    done = run("library", "export", "--format", "json", "--out", str(target))
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "cannot be written: No such file or directory" in done.stderr
    target.parent.mkdir()
    assert run("library", "export", "--format", "json", "--out", str(target)).exit_code == 0
    assert [one["title"] for one in json.loads(target.read_text())] == ["Archangel", "One", "Two", "Opus"]
    assert run("library", "export", "opus", "--format", "m3u8").stdout == (
        "#EXTM3U\n#PLAYLIST:mixtrove library\n# Eric Prydz - Opus (Four Tet Remix): no file and no link\n"
    )


def test_chosen_wants_are_exported(run: Run, mixes: tuple[str, str]) -> None:
    for name, priority in (("Eric Prydz - Opus (Four Tet Remix)", "5"), ("Burial - Archangel", "2")):
        assert run("want", "add", name, "--priority", priority).exit_code == 0
    assert run("want", "export", "--format", "txt", "--min-priority", "3").stdout == (
        "Eric Prydz - Opus (Four Tet Remix) [Pryda]\n"
    )
    assert run("want", "export", "--format", "txt", "--added-after", "2999-01-01").stdout == ""
    assert run("want", "export", "--format", "m3u8").stdout.startswith("#EXTM3U\n#PLAYLIST:mixtrove wanted\n")


def on_terminal(width: int, home: Path, *args: str) -> list[str]:
    """What a command prints on a terminal of this width, without its colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", "mixtrove", *args], stdout=theirs, stdin=subprocess.DEVNULL,
        env={**environment, "MIXTROVE_HOME": str(home), "NO_COLOR": "1"}, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    os.close(theirs)
    data = b""
    while True:
        try:
            some = os.read(ours, 65_536)
        except OSError:
            break
        if not some:
            break
        data += some
    os.close(ours)
    assert process.wait() == 0
    return data.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()


def test_lists_fit_the_terminal(run: Run, tmp_path: Path, make_tracklist: Callable[..., Any]) -> None:
    store = Store.open(Settings())
    long = "Somebody With A Very Long Name & Somebody Else - A Title Of Many Words (An Even Longer Remix)"
    mix = import_and_decide(store, make_tracklist(long, dj="A DJ " * 8, title="A title " * 8))
    store.close()
    for args in (("library", "list"), ("tracklist", "list"), ("tracklist", "show", mix)):
        for width in (60, 80, 120):
            lines = on_terminal(width, tmp_path, *args)
            assert all(len(line) <= width for line in lines if "·" not in line), (args, width)
        assert sum(mix[-8:] in line for line in on_terminal(80, tmp_path, "tracklist", "list")) == 1
    assert long.partition(" - ")[0] in run("library", "list").stdout


def completed(*words: str) -> list[str]:
    *before, begun = words
    found = ShellComplete(main, {}, "mixtrove", "_MIXTROVE_COMPLETE").get_completions(list(before), begun)
    return [one.value for one in found]


def test_a_shell_completes_commands_choices_and_ids(run: Run, mixes: tuple[str, str]) -> None:
    assert completed("li") == ["library"]
    assert completed("library", "ex") == ["export"]
    assert completed("library", "list", "--sort", "") == ["heard", "artist", "newest"]
    assert completed("tracklist", "show", "") == [mixes[1][-8:], mixes[0][-8:]]
    assert completed("library", "list", "--new-in", mixes[0][-8:-2]) == [mixes[0][-8:]]
    assert len(completed("library", "show", "")) == 4


def test_ids_are_not_completed_without_a_store(run: Run, tmp_path: Path) -> None:
    assert completed("tracklist", "show", "") == []
    (tmp_path / "mixtrove.db").write_bytes(b"no database" * 200)
    assert completed("library", "edit", "") == []


@pytest.mark.parametrize(
    ("shell", "text"), [("bash", "complete -o"), ("zsh", "#compdef mixtrove"), ("fish", "complete ")]
)
def test_a_script_for_the_shell_is_printed(run: Run, shell: str, text: str) -> None:
    done = run("completion", shell)
    assert done.exit_code == 0
    assert text in done.stdout
    assert "_MIXTROVE_COMPLETE" in done.stdout
