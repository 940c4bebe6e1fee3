"""Write the answers into querying.md: run each of its queries on a warehouse and put what comes out below it.

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
from mixtrove.warehouse.read import open_published, plain

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


def main() -> None:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("warehouse", type=Path, help="a published warehouse file")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page differs")
    arguments = parser.parse_args()
    before = PAGE.read_text(encoding="utf-8")
    after = answered(before, arguments.warehouse)
    if not arguments.check:
        PAGE.write_text(after, encoding="utf-8")
    elif after != before:
        sys.exit(f"{PAGE.name} shows other answers: run this without --check")


if __name__ == "__main__":
    main()
