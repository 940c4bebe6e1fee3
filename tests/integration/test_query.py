"""`mixtrove query` beside the pipeline, and `mixtrove warehouse export`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse.buildfile import open_build
from mixtrove.warehouse.read import open_published, tables
from mixtrove.warehouse.refresh import refresh
from tests.integration.warehouse_scene import Scene, small


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    settings = Settings(home=tmp_path / "home")
    store = Store.open(settings)
    found = small(store)
    refresh(store, settings)
    monkeypatch.setenv("MIXTROVE_HOME", str(settings.home))
    return found


def settings_of(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


@pytest.mark.usefixtures("scene")
def test_sql_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "q.sql"
    file.write_text("-- the question\nSELECT count(*) AS n FROM tracks\n", encoding="utf-8")
    assert run("query", "--file", str(file), "--csv").stdout == "n\n4\n"
    assert run("query", "--file", "-", "--csv", stdin="SELECT 1 AS n").stdout == "n\n1\n"


# The columns offered after the nearest one are DuckDB's choice among all that the table has.
REFUSALS = {
    "SELECT title\nFROM tracks\nWHERE artst = 'x'": (
        r'Binder Error: Referenced column "artst" not found in FROM clause!; '
        r'candidate bindings: "artist"(, "\w+")* \(line 3, column 7\)'
    ),
    "SELEC 1": r'Parser Error: syntax error at or near "SELEC" \(line 1, column 1\)',
    "DELETE FROM tracks": (
        r'Invalid Input Error: Cannot execute statement of type "DELETE" on database "warehouse" '
        r"which is attached in read-only mode!"
    ),
}


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("sql", REFUSALS)
def test_a_refusal_is_one_sentence_with_the_place(sql: str) -> None:
    done = run("query", sql)
    assert done.exit_code == 2
    assert re.fullmatch(rf"mixtrove: the query was refused: {REFUSALS[sql]}\n", done.stderr)


@pytest.mark.usefixtures("scene")
def test_sql_that_is_not_there_or_there_twice_is_refused() -> None:
    twice = run("query", "SELECT 1", "--file", "x.sql")
    assert "given twice, as an argument and as --file: choose one" in twice.stderr
    absent = run("query", "--file", "absent.sql")
    assert "absent.sql cannot be read: No such file or directory" in absent.stderr
    assert (twice.exit_code, absent.exit_code) == (2, 2)


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize(
    "sql",
    [
        "COPY tracks TO '{folder}/x.csv'",
        "ATTACH '{folder}/x.duckdb'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM '{folder}/x.parquet'",
        "CREATE TABLE other AS SELECT 1",
    ],
)
def test_nothing_is_written_and_no_other_file_read(sql: str, tmp_path: Path) -> None:
    folder = tmp_path / "beside"
    folder.mkdir()
    done = run("query", sql.format(folder=folder))
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("form", [(), ("--csv",), ("--json",)])
def test_a_limit_bounds_every_form_and_says_so(form: tuple[str, ...]) -> None:
    done = run("query", "SELECT n FROM range(5) AS t(n)", "--limit", "2", *form)
    numbers = [int(word) for word in done.stdout.replace('"', " ").split() if word.isdigit()]
    assert numbers == [0, 1]
    assert "the first 2 rows" in done.stderr
    assert run("query", "SELECT n FROM range(5) AS t(n)", "--limit", "5", *form).stderr == ""


def test_an_open_query_and_a_publication_do_not_wait_for_each_other(scene: Scene, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    with open_published(settings.warehouse_path) as connection:
        cursor = connection.execute("SELECT title FROM tracks ORDER BY title")
        assert cursor.fetchone() == ("Dahlia",)
        scene.track("New", "Zebra")
        before = settings.warehouse_path.stat().st_ino
        assert refresh(scene.store, settings).changed
        assert settings.warehouse_path.stat().st_ino != before
        assert cursor.fetchall() == [("Glue",), ("Opus",), ("Something",)]
    assert json.loads(run("query", "SELECT count(*) AS n FROM tracks", "--json").stdout) == [{"n": 5}]


@pytest.mark.usefixtures("scene")
def test_a_query_is_answered_while_the_warehouse_is_built(tmp_path: Path) -> None:
    with open_build(settings_of(tmp_path).warehouse_path) as build, build.transaction() as connection:
        connection.execute("DELETE FROM tracks")
        assert run("query", "SELECT count(*) AS n FROM tracks", "--csv").stdout == "n\n4\n"


def test_an_export_is_every_table_and_the_same_rows(scene: Scene, tmp_path: Path) -> None:
    out = tmp_path / "exports"
    done = run("warehouse", "export", "--out", str(out), "--json")
    path = settings_of(tmp_path).warehouse_path
    with open_published(path) as connection:
        for table in tables(path):
            expected = connection.table(table.name).pl()
            found = pl.read_parquet(out / "current" / f"{table.name}.parquet")
            assert found.columns == expected.columns
            assert found.height == expected.height == json.loads(done.stdout)["rows"][table.name]
        titles = pl.read_parquet(out / "current" / "tracks.parquet")["title"].sort().to_list()
    assert titles == ["Dahlia", "Glue", "Opus", "Something"]
    assert pl.read_parquet(out / "current" / "_meta.parquet").height == 1


def test_the_version_before_stays_and_the_one_before_that_goes(scene: Scene, tmp_path: Path) -> None:
    out = tmp_path / "exports"
    names = []
    for number in range(3):
        scene.track("New", f"Track {number}")
        refresh(scene.store, settings_of(tmp_path))
        done = json.loads(run("warehouse", "export", "--out", str(out), "--json").stdout)
        assert done["changed"]
        names.append(Path(done["folder"]).name)
        assert (out / "current").resolve().name == names[-1]
    assert sorted(path.name for path in out.iterdir() if path.name[0].isdigit()) == sorted(names[1:])
    assert not json.loads(run("warehouse", "export", "--out", str(out), "--json").stdout)["changed"]


@pytest.mark.usefixtures("scene")
def test_an_export_touches_no_folder_of_others(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    done = run("warehouse", "export", "--out", str(tmp_path / "mine"))
    assert done.exit_code == 2
    assert "holds other files" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
