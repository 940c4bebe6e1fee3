"""docs/querying.md is true: its queries run, and it explains every table and column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mixtrove.library.store import Store
from mixtrove.settings import Settings
from mixtrove.warehouse import read
from mixtrove.warehouse.refresh import refresh
from tests.integration.warehouse_scene import small

PAGE = (Path(__file__).parents[2] / "docs" / "querying.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)\n```\n```\n(\S.*?)\n```", PAGE, flags=re.DOTALL)


@pytest.fixture
def warehouse(sqlite_store: Store, tmp_path: Path) -> Path:
    settings = Settings(home=tmp_path / "home")
    small(sqlite_store)
    refresh(sqlite_store, settings)
    return settings.warehouse_path


def test_every_query_runs_and_has_the_columns_shown(warehouse: Path) -> None:
    assert len(QUERIES) == 10
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
