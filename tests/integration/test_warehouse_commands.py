"""`mixtrove stats` and `mixtrove query`, as a person and as a program use them."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.errors import BadInput
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse import read
from mixtrove.warehouse.refresh import refresh
from tests.integration.warehouse_scene import Scene, at, small


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a published warehouse of the small store."""
    settings = Settings(home=tmp_path / "home")
    store = Store.open(settings)
    small(store)
    refresh(store, settings)
    store.close()
    monkeypatch.setenv("MIXTROVE_HOME", str(settings.home))
    return settings.home


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


@pytest.mark.usefixtures("home")
def test_show_prints_a_line_a_period() -> None:
    result = run("stats", "show", "--period", "monthly", "--basis", "played")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0][:6] == ["period_start", "period_end", "entries", "plays", "tracks", "new_tracks"]
    assert [line[:6] for line in lines[1:]] == [
        ["2024-12-01", "2024-12-31", "2", "2", "2", "2"],
        ["2025-01-01", "2025-01-31", "3", "2", "2", "1"],
    ]


@pytest.mark.usefixtures("home")
def test_one_period_is_shown_with_its_charts() -> None:
    result = run("stats", "show")
    assert "top artists" in result.stdout
    assert "Four Tet Remix" in result.stdout


@pytest.mark.usefixtures("home")
def test_show_gives_programs_everything() -> None:
    days = json.loads(run("stats", "show", "--period", "daily", "--json").stdout)
    assert [day["entries"] for day in days] == [4, 2, 1]
    assert days[2]["top_artists"][0] == {"artist": "Bicep", "plays": 1, "tracks": 1}
    rows = list(csv.DictReader(io.StringIO(run("stats", "show", "--csv").stdout)))
    assert [row["tracks"] for row in rows] == ["4"]


@pytest.mark.usefixtures("home")
def test_show_takes_a_range() -> None:
    result = run("stats", "show", "--period", "daily", "--from", "2026-03-02", "--to", "2026-03-30", "--json")
    assert [day["period_start"] for day in json.loads(result.stdout)] == ["2026-03-02"]


@pytest.mark.usefixtures("home")
def test_a_range_turned_round_is_refused() -> None:
    result = run("stats", "show", "--from", "2026-03-02", "--to", "2026-03-01")
    assert result.exit_code == 2
    assert result.stderr == "mixtrove: --to 2026-03-01 lies before --from 2026-03-02: swap them\n"


@pytest.mark.usefixtures("home")
def test_no_trends_is_said() -> None:
    result = run("stats", "trends")
    assert result.exit_code == 0
    assert result.stdout == (
        "nothing was played in the 30 days before those to 2025-01-01, so there is nothing to compare; "
        "nor to any of the last 120 days with data\n"
    )


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            ("show", "--period", "daily", "--from", "1990-01-01", "--to", "1990-01-02"),
            (
                "nothing was discovered from 1990-01-01 to 1990-01-02; "
                "there are data from 2026-03-01 to 2026-03-31\n"
            ),
        ),
        (
            ("sources", "--basis", "played", "--to", "1990-01-02"),
            "nothing was played to 1990-01-02; there are data from 2024-12-30 to 2025-01-01\n",
        ),
        (
            ("pace", "--as-of", "1990-03-01"),
            (
                "nothing was discovered from 1990-01-01 to 1990-03-01; "
                "there are data from 2026-03-01 to 2026-03-31\n"
            ),
        ),
    ],
)
@pytest.mark.usefixtures("home")
def test_an_empty_stretch_is_named_beside_the_days_that_have_data(
    command: tuple[str, ...], sentence: str
) -> None:
    assert run("stats", *command).stdout == sentence


def test_without_any_data_the_other_basis_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path / "home")
    store = Store.open(settings)
    refresh(store, settings)
    store.close()
    monkeypatch.setenv("MIXTROVE_HOME", str(settings.home))
    said = run("stats", "show", "--from", "2020-01-01").stdout
    assert said == "no data on the basis discovered; try --basis played\n"


@pytest.mark.usefixtures("home")
def test_wants_and_lines_of_a_source_are_of_the_same_days(home: Path) -> None:
    settings = Settings(home=home)
    with closing(Store.open(settings)) as store:
        scene = Scene(store)
        scene.want(scene.track("Nobody", "Played it"), at("2024-12-30 12:00"))  # wanted from no mix
        refresh(store, settings)
    path = settings.warehouse_path

    def wants(basis: str, start: date | None, end: date | None) -> list[tuple[object, ...]]:
        found = read.sources(path, basis, start=start, end=end)
        return [(one.source, one.entries, one.wants, one.purchased) for one in found]

    day = date(2024, 12, 30)  # what was played in December was wanted in March and April 2026
    assert wants("played", day, day) == [("mixesdb", 2, 2, 1), ("unknown", 0, 1, 0)]
    assert wants("played", date(2026, 3, 1), None) == []
    assert wants("discovered", date(2026, 3, 1), date(2026, 3, 1)) == [
        ("mixesdb", 2, 2, 1),
        ("paste", 1, 0, 0),
        ("unknown", 1, 0, 0),
    ]
    assert sum(one.wants for one in read.sources(path, "discovered")) == 3


def test_a_file_that_is_open_for_writing_elsewhere_is_said(home: Path) -> None:
    path = home / "warehouse.duckdb"
    code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        result = run("stats", "show")
        writer.communicate()
    assert result.exit_code == 3
    assert re.fullmatch(
        rf"mixtrove: the warehouse {path} is open for writing elsewhere, in .+ \(PID {writer.pid}\): "
        r"close that connection, and open the file read-only there\n",
        result.stderr,
    )
    with closing(duckdb.connect(str(path))):
        assert "in another way: close that connection" in run("stats", "show").stderr


def test_statistics_take_a_path_as_text_and_refuse_what_there_is_not(home: Path) -> None:
    path = str(home / "warehouse.duckdb")
    assert len(read.statistics(path, "daily", "discovered")) == 3
    for ask in (read.trends, read.pace, read.sources, read.last_day, read.latest_trends):
        assert ask(path, "played") is not None or ask is read.latest_trends
        with pytest.raises(BadInput, match="use discovered or played"):
            ask(path, "dreamt")
    with pytest.raises(BadInput, match="use discovered or played"):
        read.statistics(path, "daily", "dreamt")
    with pytest.raises(BadInput, match="use one of daily, weekly, monthly, all-time"):
        read.statistics(path, "hourly", "played")  # type: ignore[arg-type]


def test_trends_of_fewer_mixes_are_shown_when_asked_for(home: Path) -> None:
    settings = Settings(home=home)
    with closing(Store.open(settings)) as store:
        scene = Scene(store)
        mix = scene.mix("DJ", date(2024, 11, 20))  # there is something to compare with
        scene.entry(mix, 1, "identified", track=scene.track("A", "B"), discovered=at("2026-03-01 12:00"))
        refresh(store, settings)
    rows = json.loads(run("stats", "trends", "--min-mixes", "1", "--kind", "track", "--json").stdout)
    assert {row["kind"] for row in rows} == {"track"}
    assert min(row["mixes"] for row in rows) == 1
    late = run("stats", "trends", "--min-mixes", "1", "--kind", "track", "--as-of", "2026-01-01").stdout
    assert late == (
        "nothing was played in the 30 days to 2026-01-01, so there is nothing to compare; "
        f"the latest day with trends is {rows[0]['as_of']} (--as-of {rows[0]['as_of']})\n"
    )


@pytest.mark.usefixtures("home")
def test_query_answers_sql_from_an_argument_and_from_standard_input() -> None:
    sql = "SELECT title, plays FROM tracks ORDER BY plays DESC, title LIMIT 1"
    assert json.loads(run("query", sql, "--json").stdout) == [{"title": "Opus", "plays": 2}]
    assert run("query", "-", "--csv", stdin=sql).stdout == "title,plays\nOpus,2\n"


@pytest.mark.usefixtures("home")
def test_columns_of_one_name_are_all_in_the_objects() -> None:
    sql = "SELECT 1 AS n, 2 AS n, 3 AS n_2, 4 AS n"
    assert json.loads(run("query", sql, "--json").stdout) == [{"n": 1, "n_3": 2, "n_2": 3, "n_4": 4}]
    assert run("query", sql, "--csv").stdout == "n,n,n_2,n\n1,2,3,4\n"


@pytest.mark.usefixtures("home")
def test_query_without_sql_lists_the_tables() -> None:
    rows = json.loads(run("query", "--json").stdout)
    assert {"table": "tracks", "column": "bpm", "type": "DOUBLE", "about": "beats per minute"} in rows


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "sql",
    [
        *("DELETE FROM tracks", "SELECT * FROM read_text('/etc/hostname')", "SELEC 1", "SET threads = 1"),
        *("   ", " ;", "/* nothing but a comment */"),
    ],
)
def test_query_refuses_what_is_no_question(sql: str) -> None:
    result = run("query", sql)
    assert result.exit_code == 2
    assert result.stderr.startswith("mixtrove: the query ")


def test_before_the_first_publication_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path))
    result = run("stats", "show")
    assert result.exit_code == 3
    assert "run `mixtrove discover`" in result.stderr


@pytest.mark.usefixtures("home")
def test_cells_that_a_spreadsheet_would_run_are_defused() -> None:
    assert run("query", "SELECT '=1+1' AS cell", "--csv").stdout == "cell\n'=1+1\n"


@pytest.mark.usefixtures("home")
def test_a_long_answer_is_cut_in_a_table_and_whole_in_csv() -> None:
    sql = "SELECT n FROM range(2500) AS t(n)"
    table = run("query", sql)
    assert len(table.stdout.splitlines()) == 1001
    assert "the first 1,000 rows" in table.stderr
    whole = run("query", sql, "--csv").stdout.splitlines()
    assert whole == ["n", *map(str, range(2500))]
    assert run("query", "SELECT n FROM range(2000) AS t(n)", "--csv").stdout.count("\n") == 2001
