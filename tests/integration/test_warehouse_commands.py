"""`mixtrove stats` and `mixtrove query`, as a person and as a program use them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mixtrove.cli import main
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse.refresh import refresh
from tests.integration.warehouse_scene import small


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
    assert lines[0][:5] == ["period_start", "period_end", "entries", "tracks", "new_tracks"]
    assert [line[:5] for line in lines[1:]] == [
        ["2024-12-01", "2024-12-31", "2", "2", "2"],
        ["2025-01-01", "2025-01-31", "3", "2", "1"],
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
        "nothing was heard in 3 mixes within the 60 days to 2025-01-01; try a lower --min-mixes\n"
    )


@pytest.mark.usefixtures("home")
def test_trends_of_fewer_mixes_are_shown_when_asked_for() -> None:
    rows = json.loads(run("stats", "trends", "--min-mixes", "1", "--kind", "track", "--json").stdout)
    assert {row["kind"] for row in rows} == {"track"}
    assert min(row["mixes"] for row in rows) == 1
    late = run("stats", "trends", "--min-mixes", "1", "--kind", "track", "--as-of", "2026-01-01").stdout
    assert late == (
        "no track was heard in 1 mix within the 60 days to 2026-01-01; "
        f"the latest day with trends is {rows[0]['as_of']} (--as-of {rows[0]['as_of']})\n"
    )


@pytest.mark.usefixtures("home")
def test_query_answers_sql_from_an_argument_and_from_standard_input() -> None:
    sql = "SELECT title, plays FROM tracks ORDER BY plays DESC, title LIMIT 1"
    assert json.loads(run("query", sql, "--json").stdout) == [{"title": "Opus", "plays": 2}]
    assert run("query", "-", "--csv", stdin=sql).stdout == "title,plays\nOpus,2\n"


@pytest.mark.usefixtures("home")
def test_query_without_sql_lists_the_tables() -> None:
    rows = json.loads(run("query", "--json").stdout)
    assert {"table": "tracks", "column": "bpm", "type": "DOUBLE", "about": "beats per minute"} in rows


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM tracks", "SELECT * FROM read_text('/etc/hostname')", "SELEC 1", "   ", "SET threads = 1"],
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
