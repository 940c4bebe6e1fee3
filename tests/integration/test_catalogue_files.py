"""Catalogues on disk: building, killing, replacing, matching, and the commands for it."""

from __future__ import annotations

import csv
import gzip
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.directory import DESCRIPTION, describe
from mixtrove.catalogue.match import CHUNK, match_chunks, match_lines
from mixtrove.catalogue.search import Catalogue
from mixtrove.cli import main
from mixtrove.errors import BadInput, MixtroveError, StoreUnavailable
from mixtrove.matching import Credit

ROWS = [
    ("x:2", "Eric Prydz", "Opus", "Pryda"),
    ("x:1", "Eric Prydz", "Opus (Original Mix)", "Pryda"),
    ("x:4", "ERIC PRYDZ", "opus", "pryda"),
    ("x:3", "Eric Prydz", "Opus (Four Tet Remix)", "Pryda"),
    ("x:5", "", "Nobody", ""),
    ("x:6", "Nobody", "", ""),
]


def write(path: Path, rows: Sequence[Sequence[str]] = ROWS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("id", "artist", "title", "label"), *rows])
    return path


def test_equal_rows_are_folded_to_the_lowest_id_and_unusable_ones_counted(tmp_path: Path) -> None:
    info = build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")
    assert (info.recordings, info.rows_read, info.rows_skipped, info.rows_folded) == (3, 4, 2, 1)
    with Catalogue(tmp_path / "cat") as catalogue:
        [found] = catalogue.candidates([Credit.parse("Eric Prydz", "Opus")])
        assert sorted(one.id for one in found) == ["x:1", "x:2", "x:3"]
        assert catalogue.records(["x:2", "x:4"])["x:2"]["title"] == "Opus"
        assert list(catalogue.records(["x:4"])) == []


def test_every_row_of_a_large_source_is_found_again(tmp_path: Path) -> None:
    many = [(f"y:{number}", f"Artist {number % 977}", f"Title {number:x}", "") for number in range(25_000)]
    one = build_catalogue([write(tmp_path / "many.csv", many)], tmp_path / "one", processes=1)
    two = build_catalogue([tmp_path / "many.csv"], tmp_path / "two", processes=2)
    assert one.recordings == two.recordings == 25_000
    assert one.id == two.id
    with Catalogue(tmp_path / "one") as catalogue:
        assert len(catalogue.records([row[0] for row in many])) == 25_000


def test_the_same_sources_again_change_nothing_and_other_content_is_another_catalogue(tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv")
    first = build_catalogue([source], tmp_path / "cat")
    assert build_catalogue([source], tmp_path / "cat") == first
    write(source, ROWS[:1])
    second = build_catalogue([source], tmp_path / "cat")
    assert second.id != first.id
    assert [path.name for path in (tmp_path / "cat").glob("recordings-*")] == [second.folder]


def test_a_catalogue_of_another_parser_is_refused_and_built_again(tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv")
    first = build_catalogue([source], tmp_path / "cat")
    path = tmp_path / "cat" / DESCRIPTION
    path.write_text(json.dumps(json.loads(path.read_text()) | {"parser": "0" * 16}))
    with pytest.raises(BadInput, match=r"takes names and titles apart\s+otherwise; build it again"):
        Catalogue(tmp_path / "cat")
    again = build_catalogue([source], tmp_path / "cat")
    assert (again.id, again.folder != first.folder) == (first.id, True)


def test_who_reads_the_old_catalogue_goes_on_while_a_new_one_takes_its_place(tmp_path: Path) -> None:
    build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")
    with Catalogue(tmp_path / "cat") as reader:
        build_catalogue([write(tmp_path / "a.csv", ROWS[:1])], tmp_path / "cat")
        [found] = reader.candidates([Credit.parse("Eric Prydz", "Opus (Four Tet Remix)")])
        assert "x:3" in {one.id for one in found}
    with Catalogue(tmp_path / "cat") as newer:
        assert newer.info.recordings == 1


def test_a_killed_build_leaves_no_catalogue_and_the_next_one_clears_up(tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv", [(f"z:{n}", f"Artist {n}", f"Title {n}", "") for n in range(30_000)])
    code = (
        "import sys; from pathlib import Path; from mixtrove.catalogue.build import build_catalogue; "
        "build_catalogue([Path(sys.argv[1])], Path(sys.argv[2]), processes=1)"
    )
    out = tmp_path / "cat"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    building = subprocess.Popen([sys.executable, "-c", code, str(source), str(out)], env=environment)
    deadline = time.monotonic() + 60
    while not list(out.glob("recordings-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    building.send_signal(signal.SIGKILL)
    building.wait()
    assert list(out.glob("recordings-*"))
    with pytest.raises(BadInput, match="there is no catalogue"):
        describe(out)
    small = build_catalogue([write(tmp_path / "b.csv")], out)
    assert [path.name for path in out.glob("recordings-*")] == [small.folder]


def test_a_source_that_breaks_half_way_leaves_the_old_catalogue_in_use(tmp_path: Path) -> None:
    first = build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")
    broken = tmp_path / "b.csv"
    broken.write_text('id,artist,title\n1,a,b\n2,a,"' + "x" * 200_000)
    with pytest.raises(BadInput, match="check the quotes"):
        build_catalogue([broken], tmp_path / "cat")
    assert describe(tmp_path / "cat") == first
    assert [path.name for path in (tmp_path / "cat").glob("recordings-*")] == [first.folder]


def _building(source: Path, out: Path, *, before: str = "") -> subprocess.Popen[str]:
    """A process that builds ``source`` in ``out``, after it ran the code ``before``."""
    code = (
        f"import sys; from pathlib import Path; {before}\n"
        "from mixtrove.catalogue.build import build_catalogue\n"
        "from mixtrove.errors import MixtroveError\n"
        "try:\n    build_catalogue([Path(sys.argv[1])], Path(sys.argv[2]), processes=1)\n"
        "except MixtroveError as error:\n    sys.exit(str(error))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(source), str(out)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        text=True,
    )


def many(count: int) -> list[tuple[str, ...]]:
    return [(f"z:{n}", f"Artist {n}", f"Title {n}", "") for n in range(count)]


def test_of_two_builds_at_once_the_second_is_told_who_builds(tmp_path: Path) -> None:
    out = tmp_path / "cat"
    first = build_catalogue([write(tmp_path / "a.csv")], out)
    with _building(write(tmp_path / "b.csv", many(60_000)), out) as building:
        deadline = time.monotonic() + 60
        while len(list(out.glob("recordings-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(
            StoreUnavailable, match=rf"being built in .* by process {building.pid}, .* try again"
        ):
            build_catalogue([write(tmp_path / "c.csv", ROWS[:1])], out)
        assert describe(out) == first
        assert building.wait() == 0
    assert describe(out).recordings == 60_000


def test_a_disk_that_is_full_is_one_sentence_and_the_old_catalogue_serves(tmp_path: Path) -> None:
    out = tmp_path / "cat"
    first = build_catalogue([write(tmp_path / "a.csv")], out)
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    for size in (100_000, 1_000_000, 3_000_000):  # while reading, while writing, while filing
        full = f"{limit}resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
        with _building(write(tmp_path / "b.csv", many(40_000)), out, before=full) as building:
            assert building.stderr is not None
            said = building.stderr.read()
        assert building.returncode == 1
        assert "the catalogue cannot be written to" in said.strip().splitlines()[-1]
        assert "free disk space" in said
        assert describe(out) == first
        assert [path.name for path in out.glob("recordings-*")] == [first.folder]


def test_readers_never_fail_while_catalogues_take_each_others_place(tmp_path: Path) -> None:
    sources = [write(tmp_path / "a.csv"), write(tmp_path / "b.csv", [*ROWS, ("x:9", "New", "One", "")])]
    out = tmp_path / "cat"
    build_catalogue(sources[:1], out)
    reading = (
        "import sys, time; from pathlib import Path; from mixtrove.catalogue.search import Catalogue\n"
        "from mixtrove.catalogue.match import match_credits; from mixtrove.matching import Credit\n"
        "seen = set()\n"
        "while not Path(sys.argv[2]).exists():\n"
        "    with Catalogue(Path(sys.argv[1])) as catalogue:\n"
        "        [found] = match_credits(catalogue, [[Credit.parse('Eric Prydz', 'Opus')]])\n"
        "        assert (found.choice, found.ranked[0].candidate.id) == ('accept', 'x:1')\n"
        "        if not seen:\n"
        "            print('reads', flush=True)\n"
        "        seen.add(catalogue.id)\n"
        "print(len(seen))\n"
    )
    done = tmp_path / "done"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", reading, str(out), str(done)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        assert [reader.stdout and reader.stdout.readline() for reader in readers] == ["reads\n"] * 2
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for source in sources[::-1]:
                build_catalogue([source], out, processes=1)
    finally:
        done.touch()
    said = [reader.communicate(timeout=60)[0] for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0]
    assert [int(one) for one in said] == [2, 2]


def test_what_somebody_else_keeps_in_the_folder_stays(tmp_path: Path) -> None:
    source = write(tmp_path / "recordings-2024.csv")
    (tmp_path / "recordings-live").mkdir()
    build_catalogue([source], tmp_path)
    build_catalogue([write(source, ROWS[:1])], tmp_path)
    assert source.exists()
    assert (tmp_path / "recordings-live").is_dir()
    assert len(list(tmp_path.glob("recordings-*"))) == 3


def test_a_build_that_is_stopped_while_it_tidies_up_has_done_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    other = write(tmp_path / "a.csv", ROWS[:1])
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", stopped)
        with pytest.raises(KeyboardInterrupt):
            build_catalogue([other], tmp_path / "cat")
    assert describe(tmp_path / "cat").recordings == 1
    last = build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")
    assert [path.name for path in (tmp_path / "cat").glob("recordings-*")] == [last.folder]


@pytest.mark.parametrize("change", [{"folder": None}, {"more": 1}, {"files": 3}])
def test_a_description_that_lacks_something_is_refused_and_built_again(
    tmp_path: Path, change: dict[str, object]
) -> None:
    source = write(tmp_path / "a.csv")
    build_catalogue([source], tmp_path / "cat")
    path = tmp_path / "cat" / DESCRIPTION
    found = json.loads(path.read_text()) | change
    if found["folder"] is None:
        del found["folder"]
    path.write_text(json.dumps(found))
    with pytest.raises(BadInput, match=r"lacks what it must say .*; build the catalogue again"):
        Catalogue(tmp_path / "cat")
    assert build_catalogue([source], tmp_path / "cat").recordings == 3


def test_lines_may_come_through_a_pipe(tmp_path: Path) -> None:
    build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")
    command = [sys.executable, "-m", "mixtrove", "catalogue", "match", "--catalogue", str(tmp_path / "cat")]
    done = subprocess.run(
        [*command, "--lines", "/dev/stdin", "--out", str(tmp_path / "out.csv")],
        input="Eric Prydz - Opus\nEric Prydz - Allein\n", capture_output=True, text=True, check=True,
        timeout=60, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert "2 lines; 1 accepted, 0 provisional, 1 none" in done.stdout


def test_a_process_that_is_ended_from_outside_is_one_sentence(tmp_path: Path) -> None:
    build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")
    chunks = match_chunks(tmp_path / "cat", ["Eric Prydz - Opus"] * 12 * CHUNK, processes=2)
    next(chunks)
    for child in multiprocessing.active_children():
        child.kill()
    with pytest.raises(MixtroveError, match=r"ended from outside, .* run it again"):
        list(chunks)


def test_a_file_that_is_cut_or_changed_is_refused_with_what_to_do(tmp_path: Path) -> None:
    info = build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")
    path = tmp_path / "cat" / info.folder / "records.bin"
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    with pytest.raises(BadInput, match=r"records.bin has .* bytes instead of .*; build the catalogue again"):
        Catalogue(tmp_path / "cat")
    path.write_bytes(b"\xff" * len(whole))
    with (
        Catalogue(tmp_path / "cat") as catalogue,
        pytest.raises(BadInput, match=r"holds a damaged record .*; build the catalogue again"),
    ):
        catalogue.weigh([[Credit.parse("Eric Prydz", "Opus")]])
    path.unlink()
    with pytest.raises(BadInput, match=r"records.bin is missing; build the catalogue again"):
        Catalogue(tmp_path / "cat")


def test_damage_that_no_size_shows_is_found_by_doctor_and_mended_by_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))
    out = tmp_path / "catalogues" / "default"
    info = build_catalogue([write(tmp_path / "a.csv")], out)
    path = out / info.folder / "titles.versions.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x55")
    said = CliRunner().invoke(main, ["doctor"]).output
    assert "titles.versions.npy was damaged since it was written" in " ".join(said.split())
    again = build_catalogue([tmp_path / "a.csv"], out)
    assert (again.id, again.folder != info.folder) == (info.id, True)
    assert "damaged" not in CliRunner().invoke(main, ["doctor"]).output


def test_damaged_tables_never_lead_out_of_the_files(tmp_path: Path) -> None:
    info = build_catalogue([write(tmp_path / "a.csv", [*ROWS, *many(3_000)])], tmp_path / "cat")
    matching = """
import sys
from pathlib import Path
from mixtrove.catalogue.match import match_lines
from mixtrove.errors import BadInput

lines = [f"Artist {n} - Title {n + 1}" for n in range(300)] + ["Eric Pryds - Opuss", "Artistt 7 - Titel 7"]
for path in sorted(Path(sys.argv[1], sys.argv[2]).glob("*.npy")):
    whole = path.read_bytes()
    for damage in (b"\\xff", b"\\x00", b"\\x7f"):
        print(path.name, damage, flush=True)
        path.unlink()
        path.write_bytes(whole[:128] + damage * (len(whole) - 128))
        try:
            list(match_lines(Path(sys.argv[1]), lines, processes=1))
        except BadInput:
            pass
    path.write_bytes(whole)
"""
    done = subprocess.run(
        [sys.executable, "-c", matching, str(tmp_path / "cat"), info.folder],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == 3 * sum(name.endswith(".npy") for name in info.files)


def test_ids_that_stand_for_several_recordings_are_told(tmp_path: Path) -> None:
    rows = [
        ("1", "A", "One", ""),
        ("1", "B", "Two", ""),
        ("1", "A", "One (Foo Remix)", ""),
        ("2", "C", "Three", ""),
    ]
    source = write(tmp_path / "a.csv", [*rows, ("2", "c", "three", "")])
    info = build_catalogue([source], tmp_path / "cat")
    assert (info.recordings, info.ids_shared, info.shared_id) == (4, 1, "1")
    out = ["--out", str(tmp_path / "other")]
    done = CliRunner().invoke(main, ["catalogue", "build", *out, str(source)])
    assert "1 ids stand for several recordings, 1 for one" in done.output
    again = CliRunner().invoke(main, ["catalogue", "build", *out, str(source)])
    assert "the same sources as before, nothing was built" in again.output


def test_what_a_killed_build_left_is_gone_when_the_next_one_begins(tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv")
    first = build_catalogue([source], tmp_path / "cat")
    (tmp_path / "cat" / "recordings-4711-18eb45659653824c").mkdir()
    assert build_catalogue([source], tmp_path / "cat") == first
    assert [path.name for path in (tmp_path / "cat").glob("recordings-*")] == [first.folder]


def test_matching_gives_a_row_a_component_and_a_reason_for_the_rest(tmp_path: Path) -> None:
    build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")
    lines = [
        "Eric Prydz - Opus",
        "",
        "Eric Prydz - Opus w/ Eric Prydz - Opus (Four Tet Remix)",
        "Eric Prydz - ID",
    ]
    found = list(match_lines(tmp_path / "cat", lines))
    assert list(found[0]) == [
        "line_no", "component", "raw", "decision", "confidence", "candidate_id", "artist", "title",
        "runner_up", "reasons",
    ]  # fmt: skip
    assert [(one["line_no"], one["component"], one["decision"], one["candidate_id"]) for one in found] == [
        (1, 1, "accept", "x:1"),
        (2, None, "none", None),
        (3, 1, "accept", "x:1"),
        (3, 2, "accept", "x:3"),
        (4, 1, "none", None),
    ]
    assert found[1]["reasons"] == "blank line"


def test_one_process_and_two_give_the_same_rows(tmp_path: Path) -> None:
    build_catalogue([write(tmp_path / "a.csv")], tmp_path / "cat")
    lines = ["Eric Prydz - Opus", "x", "Eric Prydz - Opuss (Four Tet Remix)"] * (CHUNK + 10)
    one = list(match_lines(tmp_path / "cat", lines, processes=1))
    assert one == list(match_lines(tmp_path / "cat", lines, processes=2))
    assert [row["line_no"] for row in one] == list(range(1, len(lines) + 1))


def test_the_commands_build_and_match(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    source, cat, lines = write(tmp_path / "a.csv"), tmp_path / "cat", tmp_path / "lines.txt"
    lines.write_text("Eric Prydz - Opus (Four Tet Remix)\r\n\nEric Prydz - Allein\n", encoding="utf-8")
    built = CliRunner().invoke(main, ["catalogue", "build", "--out", str(cat), str(source)])
    assert built.exit_code == 0
    assert "3 recordings from 4 rows (1 folded, 2 skipped for want of id, artist or title)" in built.output
    for name in ("out.csv", "out.parquet"):
        arguments = ["--catalogue", str(cat), "--lines", str(lines), "--out", str(tmp_path / name)]
        done = CliRunner().invoke(main, ["catalogue", "match", *arguments])
        assert done.exit_code == 0
        assert "3 lines; 1 accepted, 0 provisional, 2 none" in done.output
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        flat = list(csv.DictReader(stream))
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["candidate_id"] for row in rows] == ["x:3", None, None]
    assert [row["candidate_id"] or None for row in flat] == ["x:3", None, None]
    assert rows[0]["raw"] == "Eric Prydz - Opus (Four Tet Remix)"
    assert list(rows[0]) == list(flat[0])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("columns.csv", b"id,name\n1,a\n", "line 1: no column artist, title"),
        (
            "cut.csv.gz",
            gzip.compress(b"id,artist,title\n1,a,b\n", mtime=0)[:-9],
            "cannot be read to its end",
        ),
        ("rows.csv", b"id,artist,title\n1,,\n", "no row has an id, an artist and a title"),
        (".", b"", "is a directory"),
        ("none.csv", None, "no such file"),
    ],
)
def test_a_source_that_cannot_be_used_is_one_sentence_and_a_failure(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content and not path.is_dir():
        path.write_bytes(content)
    elif content is not None and not path.is_dir():
        path.touch()
    code = [sys.executable, "-m", "mixtrove", "catalogue", "build", "--out", str(tmp_path / "cat"), str(path)]
    done = subprocess.run(
        code, capture_output=True, text=True, check=False, timeout=60, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 2
    assert done.stderr.startswith("mixtrove: ")
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "cat" / DESCRIPTION).exists()
