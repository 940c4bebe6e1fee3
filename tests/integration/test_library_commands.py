"""The commands over the store, as a person runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mixtrove.cli import COMMANDS, main
from mixtrove.cli.output import FOLLOW
from mixtrove.library.discoveries import Candidate, EntryDecision, entries_to_identify, write_decisions
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.matching import Credit
from mixtrove.settings import Settings

Run = Callable[..., Result]
FOLLOWS = "Wants and statistics follow with the next `mixtrove discover`."
OURS = ("tracklist", "library", "review", "want", "owned", "db")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))

    def invoke(*args: str, **options: Any) -> Result:
        return CliRunner().invoke(main, args, **options)

    return invoke


@pytest.fixture
def mix(run: Run, make_tracklist: Callable[..., Any]) -> str:
    """A mix with one line that waits for review; its id."""
    store = Store.open(Settings())
    lines = ("Eric Prydz - Opus", "ID - ID")
    done = import_tracklist(store, make_tracklist(*lines, dj="Ben UFO", title="Rinse"))
    with store.read() as connection:
        [entry] = entries_to_identify(connection, "c")
    offer = Candidate(
        "catalogue", "x:1", Credit.parse("Eric Prydz", "Opus (Dub)"), 0.8, 0.7, "unsure", ("?",)
    )
    write_decisions(store, [EntryDecision(entry.entry_id, "provisional", candidates=(offer,))])
    store.close()
    return done.tracklist_id


def test_a_line_is_reviewed_wanted_and_exported(run: Run, mix: str, tmp_path: Path) -> None:
    [item] = json.loads(run("review", "list", "--json").stdout)
    assert (item["line"], item["offers"][0]["credit"]) == ("Eric Prydz - Opus", "Eric Prydz - Opus (Dub)")
    said = run("review", "accept", item["entry_id"][-8:])
    assert said.stdout == f"decided for 1 entry in all mixes\n{FOLLOWS}\n"
    assert run("review", "list").stdout == "nothing waits for a decision\n"
    [track] = json.loads(run("library", "list", "--json").stdout)
    assert (track["title"], track["version"], track["heard"]) == ("Opus", "Dub", 1)
    assert run("want", "add", track["id"], "--priority", "5").exit_code == 0
    assert run("want", "export", "--format", "txt").stdout == "Eric Prydz - Opus (Dub)\n"
    target = tmp_path / "library.csv"
    assert run("library", "export", "--out", str(target)).exit_code == 0
    assert target.read_text().splitlines()[1].startswith("Eric Prydz,Opus,Dub,")
    shown = run("tracklist", "show", mix[-8:]).stdout
    assert "Ben UFO · Rinse" in shown
    assert "unknown track (ID)" in shown
    undone = run("review", "undo", item["entry_id"]).stdout
    assert undone.startswith("taken back for 1 entry")
    assert undone.endswith(f"\n{FOLLOWS}\n")


def test_an_identified_line_is_corrected_by_the_id_that_its_tracklist_shows(run: Run, mix: str) -> None:
    [item] = json.loads(run("review", "list", "--json").stdout)
    run("review", "accept", item["entry_id"])
    short = next(
        line.split()[0] for line in run("tracklist", "show", mix).stdout.splitlines() if "Prydz" in line
    )
    assert item["entry_id"].endswith(short)
    assert run("review", "assign", short, "Eric Prydz - Opus (Four Tet Remix)").exit_code == 0
    assert "Four Tet Remix" in run("tracklist", "show", mix).stdout
    heard = json.loads(run("library", "list", "--json", "--identified").stdout)[0]
    run("want", "add", heard["id"])
    [want] = json.loads(run("want", "list", "--json").stdout)
    said = run("review", "reject", short).stdout
    assert f"want {want['id'][-8:]} stands for a track that is heard nowhere now" in said
    assert "provisional" in run("tracklist", "show", mix).stdout


def test_a_tracklist_is_edited_exported_and_deleted(run: Run, mix: str) -> None:
    assert run("tracklist", "edit", mix, "--date", "2026-05-01").stdout == f"changed\n{FOLLOW}\n"
    assert "lies in the future" in run("tracklist", "edit", mix, "--date", "9999-12-31").stderr
    [row] = json.loads(run("tracklist", "list", "--json").stdout)
    assert (row["played_on"], row["entries"], row["skipped"]) == ("2026-05-01", 2, 1)
    assert run("tracklist", "export", mix).stdout == "Eric Prydz - Opus\nID - ID\n"
    assert run("tracklist", "delete", mix, input="n\n").exit_code == 1
    assert run("tracklist", "delete", mix, "--yes").stdout == f"deleted Ben UFO - Rinse\n{FOLLOW}\n"
    assert run("tracklist", "list").stdout.startswith("no tracklist yet")


def test_owned_and_wanted_files_come_in(run: Run, tmp_path: Path) -> None:
    owned, wishes = tmp_path / "owned.csv", tmp_path / "wishes.csv"
    owned.write_text("artist,title\nA,One\n")
    wishes.write_text("artist,title,priority\nA,Two,4\nB,,1\n")
    assert run("owned", "import", str(owned)).stdout.startswith("1 owned, 1 of them new, 0 linked")
    done = run("want", "import", str(wishes))
    assert done.stdout == "2 rows, 1 refused: 1 added, 0 raised, 0 there already\n"
    assert done.stderr == (
        "refused: wishes.csv, line 3, title: nothing is written there, and a want needs artist and title\n"
    )
    assert done.exit_code == 2
    [want] = json.loads(run("want", "list", "--json").stdout)
    unclear = run("want", "set", want["id"], "--status", "purchased", "--price", "1,999")
    assert unclear.exit_code == 2
    assert unclear.stderr == "mixtrove: price '1,999' is not an amount such as 1.99\n"
    assert run("want", "set", want["id"], "--status", "purchased", "--price", "1,99").exit_code == 0
    [bought] = json.loads(run("want", "export", "--format", "json").stdout)
    assert (bought["status"], bought["purchase_price"]) == ("purchased", "1.99")
    assert run("want", "export", "--format", "txt").stdout == ""
    assert run("want", "export", "--format", "txt", "--status", "all").stdout == "A - Two\n"
    assert run("want", "remove", want["id"]).stdout == f"removed 1\n{FOLLOW}\n"
    assert run("want", "list", "--all").stdout == "nothing is wanted\n"


def test_a_wrong_id_is_one_sentence_and_exit_code_2(run: Run) -> None:
    done = run("tracklist", "show", "nope")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "mixtrove: there is no tracklist 'nope': `mixtrove tracklist list` shows them\n"


def test_a_misspelled_command_is_answered_with_the_nearest(run: Run) -> None:
    done = run("impot")
    assert done.exit_code == 2
    assert "No such command 'impot'. Did you mean 'import'?" in done.stderr
    assert "Did you mean" not in run("xyzzy").stderr
    assert "No such option" in run("--impotr").stderr


def test_a_store_that_cannot_be_used_is_exit_code_3(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mixtrove.db").write_bytes(b"no database" * 200)
    done = run("want", "list")
    assert done.exit_code == 3
    assert "is not a SQLite database" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", OURS)
def test_every_help_has_an_example(run: Run, name: str) -> None:
    assert f"mixtrove {name} " in run(name, "--help").stdout
    group: Any = main.get_command(None, name)  # type: ignore[arg-type]
    for sub in group.commands:
        assert f"mixtrove {name} {sub}" in run(name, sub, "--help").stdout


def test_the_help_lists_all_commands_without_importing_them() -> None:
    code = (
        "import sys; from mixtrove.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'sqlalchemy', 'pydantic', 'polars', 'duckdb', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.endswith("[]\n")
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
