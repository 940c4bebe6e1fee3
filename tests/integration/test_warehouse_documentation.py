"""docs/querying.md is true: its queries run, and it explains every table and column."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mixtrove.cli import main
from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse import read
from mixtrove.warehouse.refresh import refresh
from tests.integration.warehouse_scene import small

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
from answers import answered, described  # noqa: E402 - the script lies beside the page

PAGE = (ROOT / "docs" / "querying.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)\n```\n```\n(\S.*?)\n```", PAGE, flags=re.DOTALL)


@pytest.fixture
def warehouse(sqlite_store: Store, tmp_path: Path) -> Path:
    settings = Settings(home=tmp_path / "home")
    small(sqlite_store)
    refresh(sqlite_store, settings)
    return settings.warehouse_path


def test_every_query_runs_and_has_the_columns_shown(warehouse: Path) -> None:
    assert len(QUERIES) == 20
    with read.open_published(warehouse) as connection:
        for sql, shown in QUERIES:
            cursor = connection.execute(sql)
            columns = [column[0] for column in cursor.description or ()]
            assert shown.splitlines()[0].split() == columns


def test_every_table_and_column_is_explained(warehouse: Path) -> None:
    for table in read.tables(warehouse):
        assert re.search(rf"^###.*\b{table.name}\b|`{table.name}`", PAGE, flags=re.MULTILINE)
        for column, _, about in table.columns:
            assert table.name == "_meta" or f"| `{column}` | {about} |" in PAGE


def test_the_tables_are_those_of_the_models() -> None:
    assert described(PAGE) == PAGE


def test_the_answers_shown_are_those_of_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXTROVE_HOME", str(tmp_path / "demo"))
    examples = ROOT / "examples"
    for command in (
        ("import", str(examples / "tracklists")),
        ("owned", "import", str(examples / "owned.csv")),
        ("catalogue", "build", str(examples / "catalogue.csv")),
        ("discover", "--offline"),
    ):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output
    assert answered(PAGE, tmp_path / "demo" / "warehouse.duckdb") == PAGE
