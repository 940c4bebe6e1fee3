"""Write what can be written by itself into querying.md: the answers to its queries, and its tables.

Each query is run on a warehouse and what comes out is put below it; the tables are the headers of sql/marts.

    python docs/answers.py data/warehouse.duckdb            # the home of `make demo`
    python docs/answers.py data/warehouse.duckdb --check    # say whether the page is what comes out

The demo's answers are the same everywhere, but for days that are the day of the run: no query may show those.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from mixtrove.cli.output import text_of
from mixtrove.cli.tables import Column, table
from mixtrove.warehouse.marts import STATISTICS
from mixtrove.warehouse.models import model
from mixtrove.warehouse.read import open_published, plain

ORDER = (
    *("discoveries", "tracks", "track_artists", "artists", "labels", "genres", "tracklists"),
    *("wants", "purchases", "conversion", "trends", "discovery_pace", "statistics", "provider_requests"),
    *("plays_by_discovered", "plays_by_played"),
)
"""How the page goes through the tables; a test says when one is missing."""

PAGE = Path(__file__).with_name("querying.md")
QUESTION = re.compile(
    r"```sql\n(?P<sql>(?:(?!```).)*?)\n```\n```\n(?P<answer>(?:(?!```).)*?)\n```", flags=re.DOTALL
)


def answered(text: str, warehouse: Path) -> str:
    """The page with every answer as it is now."""
    with open_published(warehouse) as connection:

        def answer(found: re.Match[str]) -> str:
            cursor = connection.execute(found["sql"])
            names = [column[0] for column in cursor.description or ()]
            rows = [[plain(value) for value in row] for row in cursor.fetchall()]
            columns = [
                Column(
                    name,
                    [text_of(row[index]) for row in rows],
                    right=all(row[index] is None or isinstance(row[index], int | float) for row in rows),
                )
                for index, name in enumerate(names)
            ]
            lines = "\n".join(line.rstrip() for line in table(columns))
            return f"```sql\n{found['sql']}\n```\n```\n{lines}\n```"

        return QUESTION.sub(answer, text)


def described(text: str) -> str:
    """The page with the tables as their files describe them."""
    parts = []
    for name in ORDER:
        item = model("marts", name)
        title = ", ".join(STATISTICS.values()) if name == "statistics" else name
        key = ", ".join(f"`{column}`" for column in item.key)
        columns = "\n".join(f"| `{column}` | {meaning} |" for column, meaning in item.columns.items())
        about = f"{item.description}\nOne row: {item.grain}. Key: {key}."
        parts.append(f"### {title}\n\n{about}\n\n| column | |\n|---|---|\n{columns}\n\n")
    begin, end = text.index("### discoveries\n"), text.index("`_meta` has one row")
    return text[:begin] + "".join(parts) + text[end:]


def main() -> None:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("warehouse", type=Path, help="a published warehouse file")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page differs")
    arguments = parser.parse_args()
    before = PAGE.read_text(encoding="utf-8")
    after = described(answered(before, arguments.warehouse))
    if not arguments.check:
        PAGE.write_text(after, encoding="utf-8")
    elif after != before:
        sys.exit(f"{PAGE.name} shows other answers or tables: run this without --check")


if __name__ == "__main__":
    main()
