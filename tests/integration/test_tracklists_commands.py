"""``mixtrove parse`` and ``mixtrove import`` as a person or a program calls them, on a real store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.library import schema
from mixtrove.library.store import Store

MIX = (
    "Hardwell @ Ultra Music Festival, Miami 2016-03-18\n\n"
    "[00] A - B [Label - CAT1]\n[03] w/ C - D\n[05] ID - ID\n"
)
KEYS = [
    *("line_no", "kind", "skip_reason", "position", "component", "cue_seconds", "raw", "artists", "featured"),
    *("title", "version", "mix_type", "cut", "remixers", "label", "catalog_number", "is_id", "unreleased"),
    *("layered", "mashup"),
]


def run(*args: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def imported(home: Path) -> list[tuple[str | None, str | None]]:
    store = Store.open(f"sqlite:///{home / 'mixtrove.db'}")
    with store.read() as connection:
        rows = connection.execute(
            sa.select(schema.tracklist.c.dj, schema.tracklist.c.title).order_by(schema.tracklist.c.title)
        ).all()
    store.close()
    return [(row.dj, row.title) for row in rows]


def test_parse_prints_one_object_a_component_with_the_promised_keys(tmp_path: Path) -> None:
    path = tmp_path / "mix.txt"
    path.write_text(MIX)
    result = run("parse", path, "--json")
    assert result.exit_code == 0
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(list(record) == KEYS for record in records)
    assert [(one["line_no"], one["kind"], one["position"], one["component"]) for one in records] == [
        (1, "heading", None, None),
        (2, "blank", None, None),
        (3, "track", 1, 1),
        (4, "track", 2, 1),
        (5, "id", 3, 1),
    ]
    assert (records[2]["label"], records[2]["catalog_number"]) == ("Label", "CAT1")
    assert [one["layered"] for one in records] == [False, False, False, True, False]


def test_parse_reads_standard_input_and_shows_a_table_to_people() -> None:
    result = run("parse", "-", stdin=MIX.encode())
    assert "DJ: Hardwell" in result.stdout
    assert "assumed: date 2016-03-18 from line 1" in result.stdout
    assert "heading: above the tracklist" in result.stdout


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("empty.txt", b"", "is empty"),
        ("x.txt", b"\x89PNG\r\n\x1a\n", "is not a text file (it is a PNG image)"),
        ("x.csv", b"foo,bar\n1,2\n", "x.csv, line 1: columns found: “foo”, “bar”; wanted:"),
        ("x.json", b'[{"a" 1}]', "x.json, line 1, column 7: the JSON is broken"),
        ("x.cue", b'FILE "a" WAVE\nTRACK 01 AUDIO\n', "x.cue, line 2: the CUE sheet is broken"),
    ],
)
@pytest.mark.parametrize("command", ["parse", "import"])
def test_bad_input_is_one_sentence_and_exit_code_2(
    tmp_path: Path, home: Path, command: str, name: str, data: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    result = run(command, path)
    assert result.exit_code == 2
    assert result.stderr.startswith("mixtrove: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert not home.exists()


def test_import_says_what_it_assumed_and_again_changes_nothing(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "mix.txt"
    path.write_text(MIX)
    first = run("import", path)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines() == [
        f"new: {path}, 3 entries, 1 unknown (ID)",
        "  assumed: DJ “Hardwell” from line 1",
        "  assumed: title “Ultra Music Festival, Miami” from line 1",
        "  assumed: date 2016-03-18 from line 1",
    ]
    assert run("import", path).stdout.startswith("unchanged: ")
    path.write_text(MIX.replace("ID - ID", "Four Tet - Opus"))
    changed = run("import", path, "--json")
    (report,) = json.loads(changed.stdout)
    assert (report["outcome"], report["unknown"]) == ("updated", 0)
    assert len(report["changes"]) == 1
    assert imported(home) == [("Hardwell", "Ultra Music Festival, Miami")]


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "sets"
    (folder / "deeper").mkdir(parents=True)
    (folder / "2014-06-13 X - Y.txt").write_text("A - B\nC - D\n")
    (folder / "bad.json").write_text("[{")
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "z.csv").write_text("artist,title\nE,F\n")
    result = run("import", folder, tmp_path / "none.txt")
    assert result.exit_code == 2
    assert "passed over: " in result.stderr
    assert "bad.json, line 1, column 3: the JSON is broken" in result.stderr
    assert "none.txt does not exist" in result.stderr
    assert result.stdout.splitlines()[-1] == "4 files: 2 new, 2 failed"
    assert imported(home) == [("X", "Y"), (None, "z")]


def test_options_win_and_a_title_is_of_one_file(tmp_path: Path, home: Path) -> None:
    result = run("import", "-", "--dj", "Four Tet", "--date", "2014-06-13", "--title", "T", stdin=b"A - B\n")
    assert result.stdout.splitlines() == ["new: standard input, 1 entry"]
    assert imported(home) == [("Four Tet", "T")]
    refused = run("import", tmp_path / "a.txt", tmp_path / "b.txt", "--title", "T")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)


def test_the_same_lines_under_another_name_are_a_second_mix_and_the_import_says_so(
    tmp_path: Path, home: Path
) -> None:
    path = tmp_path / "mix.txt"
    path.write_text("A - B\nC - D\n")
    assert "warning" not in run("import", path, "--dj", "Hardwel").stdout
    again = run("import", path, "--dj", "Hardwell", "--json")
    second = json.loads(again.stdout)[0]["tracklist"][-8:]
    [first] = [
        one["id"][-8:]
        for one in json.loads(run("tracklist", "list", "--json", "--dj", "l").stdout)
        if one["dj"] == "Hardwel"
    ]
    twin = (
        f"the same lines are mix {first} (Hardwel) already, and every play counts twice now: if they are "
        f"one, correct that one with `mixtrove tracklist edit {first}` and take this one away with "
        f"`mixtrove tracklist delete {second}`"
    )
    assert json.loads(again.stdout)[0]["twin"] == twin
    assert f"  warning: the same lines are mix {first}" in run("import", path, "--dj", "Oliver").stdout
    assert "warning" not in run("import", path, "--dj", "Hardwell").stdout  # that one is known


def test_a_folder_without_tracklists_and_a_text_without_tracks_are_refused(
    tmp_path: Path, home: Path
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    path = tmp_path / "prose.txt"
    path.write_text("just some words\n")
    assert "holds no tracklist file" in run("import", folder).stderr
    result = run("import", path)
    assert (result.exit_code, "no line is a track" in result.stderr) == (2, True)


def test_the_help_has_an_example() -> None:
    assert "mixtrove parse mix.txt" in run("parse", "--help").stdout
    assert "mixtrove import sets/" in run("import", "--help").stdout


def test_the_good_part_of_a_broken_cue_sheet_is_kept_and_the_exit_code_says_so(
    tmp_path: Path, home: Path
) -> None:
    sheet = tmp_path / "mix.cue"
    sheet.write_text(
        'FILE "mix.wav" WAVE\n  TRACK 01 AUDIO\n    TITLE "Opus"\n    PERFORMER "Eric Prydz"\n'
        "    INDEX 01 99\n"
    )

    done = run("import", sheet)

    assert done.exit_code == 2
    assert "new: " in done.stdout
    assert "1 entry" in done.stdout
    assert len(imported(home)) == 1
    assert f"mixtrove: {sheet}, line 5: INDEX needs 'nn mm:ss:ff', not '01 99'" in done.stderr
